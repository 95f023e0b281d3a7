// SPDX-License-Identifier: BSD-3-Clause
// Rank zero computes: the tables are small, and the bits of one thread are those of any number of ranks.
#include "elbow/evaluate/measuring.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/preview.h"
#include "elbow/evaluate/baseline.h"
#include "elbow/evaluate/detail/tables.h"

#include <string.h>

// The codes of PCA, and its reconstructions.
struct baseline {
    double *codes, *exact;
    float *reconstructions;
    size_t width;
};

static enum elbow_yardstick_kind nearest(const char *word)
{
    enum elbow_yardstick_kind best = 0;
    for (enum elbow_yardstick_kind kind = 1; kind < ELBOW_YARDSTICKS; ++kind)
        if (elbow_text_distance(word, elbow_yardstick_row(kind)->word) <
            elbow_text_distance(word, elbow_yardstick_row(best)->word))
            best = kind;
    return best;
}

enum elbow_status elbow_measuring_choose(const char *only, bool asked[ELBOW_YARDSTICKS], struct elbow_error *error)
{
    for (size_t kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        asked[kind] = only == NULL;
    for (const char *at = only; at != NULL;) {
        char word[64];
        size_t length = strcspn(at, ",");
        elbow_text_format(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), at);
        enum elbow_yardstick_kind kind = nearest(word);
        if (strcmp(elbow_yardstick_row(kind)->word, word) != 0)
            return elbow_error_set(error, ELBOW_USAGE,
                                   "--only %.500s: no measure is called '%s'; did you mean %s? (elbow measure --help "
                                   "lists all)",
                                   only, word, elbow_yardstick_row(kind)->word);
        asked[kind] = true;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return ELBOW_OK;
}

// Why a measure cannot be computed from the inputs; NULL: it can.
static const char *why_not(const struct elbow_yardstick *row, const struct elbow_measure_tables *tables, char *text,
                           size_t size)
{
    const struct elbow_yardstick_input *input = &tables->input;
    const struct {
        unsigned need;
        bool is_there;
        const char *why, *what;
    } needs[] = {
        {ELBOW_YARDSTICK_NEEDS_FACTORS, input->factors != NULL, NULL,
         "factors; give them with --factors FILE:/dataset"},
        {ELBOW_YARDSTICK_NEEDS_LABELS, input->labels != NULL, NULL, "labels; give them with --labels FILE:/dataset"},
        {ELBOW_YARDSTICK_NEEDS_DATA, input->data != NULL, tables->no_data,
         "the rows that were encoded; give them with --data FILE:/dataset"},
        {ELBOW_YARDSTICK_NEEDS_RECONSTRUCTIONS, input->reconstructions != NULL, tables->no_reconstructions,
         "reconstructions"},
        {ELBOW_YARDSTICK_NEEDS_SAMPLES, input->samples != NULL, tables->no_samples,
         "samples; give them with --samples FILE:/dataset"},
        {ELBOW_YARDSTICK_NEEDS_KL, input->kl != NULL, tables->no_kl, "a posterior and a prior"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; ++i) {
        if ((row->needs & needs[i].need) == 0 || needs[i].is_there)
            continue;
        if (needs[i].why != NULL) {
            size_t length = strcspn(needs[i].what, ";");
            elbow_text_format(text, size, "needs %.*s, and %s", (int)length, needs[i].what, needs[i].why);
        } else {
            elbow_text_format(text, size, "needs %s", needs[i].what);
        }
        return text;
    }
    return NULL;
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

// PCA of the training data, or of the measured rows themselves if there are no training data or values are missing.
static enum elbow_status fit(const struct elbow_measuring_request *request, const struct elbow_yardstick_input *input,
                             size_t components, struct elbow_pca **pca, uint64_t *fitted, struct elbow_error *error)
{
    const struct elbow_dataset *training = request->training;
    enum elbow_status status = ELBOW_OK;
    *fitted = 0;
    if (training != NULL && elbow_baseline_rows(training) >= components && elbow_baseline_rows(training) > 1)
        status = elbow_baseline_fit_seen(request->model->config, training, components, pca, error);
    if (status == ELBOW_OK && *pca != NULL)
        *fitted = elbow_baseline_rows(training);
    else if (status == ELBOW_OK)
        status = elbow_pca_fit(input->rows, input->values, input->data, components, pca, error);
    return status;
}

// PCA with as many dimensions as the codes have, if the rows have that many.
static enum elbow_status find_baseline(const struct elbow_measuring_request *request,
                                       const struct elbow_yardstick_input *input, struct baseline *baseline,
                                       uint64_t *fitted, struct elbow_error *error)
{
    struct elbow_pca *pca = NULL;
    size_t count = input->rows * input->values;
    baseline->width = least_of(input->width, least_of(input->rows, input->values));
    const struct elbow_array arrays[] = {ELBOW_ARRAY(baseline->codes, input->rows * baseline->width),
                                         ELBOW_ARRAY(baseline->exact, count),
                                         ELBOW_ARRAY(baseline->reconstructions, count)};
    enum elbow_status status = elbow_allocate_all(arrays, 3, "principal components", error);
    if (status == ELBOW_OK)
        status = fit(request, input, baseline->width, &pca, fitted, error);
    if (status == ELBOW_OK)
        status = elbow_pca_project(pca, input->rows, input->data, baseline->codes, error);
    if (status == ELBOW_OK)
        elbow_pca_reconstruct(pca, input->rows, baseline->codes, baseline->exact);
    for (size_t i = 0; status == ELBOW_OK && i < count; ++i)
        baseline->reconstructions[i] = (float)baseline->exact[i];
    elbow_release(&baseline->exact);
    elbow_pca_free(&pca);
    return status;
}

static enum elbow_status compute(enum elbow_yardstick_kind kind, const struct elbow_measure_tables *tables,
                                 const struct baseline *baseline, struct elbow_measured_yardstick *told,
                                 struct elbow_error *error)
{
    const struct elbow_yardstick_input *input = &tables->input;
    enum elbow_status status = elbow_yardstick_compute(kind, input, &told->figures, error);
    told->is_told = status == ELBOW_OK;
    if (status != ELBOW_OK || baseline->codes == NULL ||
        (elbow_yardstick_row(kind)->needs & ELBOW_YARDSTICK_OF_PCA) == 0)
        return status;
    struct elbow_yardstick_input other = *input;
    other.codes = baseline->codes;
    other.width = baseline->width;
    other.reconstructions = baseline->reconstructions;
    told->has_baseline = elbow_yardstick_compute(kind, &other, &told->baseline, error) == ELBOW_OK;
    return error->status;
}

// Local. Rank zero's work.
static enum elbow_status measure(const struct elbow_measuring_request *request, const bool *asked,
                                 const struct elbow_measure_tables *tables, struct elbow_measuring *measuring,
                                 struct elbow_error *error)
{
    struct baseline baseline = {0};
    enum elbow_status status = ELBOW_OK;
    if (tables->input.rows < 2)
        return elbow_error_set(error, ELBOW_DATA, "a single row does not describe a latent space; give at least two");
    if (tables->input.data != NULL)
        status = find_baseline(request, &tables->input, &baseline, &measuring->baseline_rows, error);
    measuring->has_baseline = baseline.codes != NULL;
    for (enum elbow_yardstick_kind kind = 0; status == ELBOW_OK && kind < ELBOW_YARDSTICKS; ++kind) {
        struct elbow_measured_yardstick *told = &measuring->told[kind];
        const struct elbow_yardstick *row = elbow_yardstick_row(kind);
        if (!asked[kind])
            continue;
        const char *why = why_not(row, tables, told->why_not, sizeof told->why_not);
        if (why != NULL && request->only != NULL)
            status = elbow_error_set(error, ELBOW_USAGE, "--only %.100s: %s", row->word, why);
        if (why != NULL)
            continue;
        status = compute(kind, tables, &baseline, told, error);
        if (status != ELBOW_DATA || request->only != NULL)
            continue;
        elbow_text_format(told->why_not, sizeof told->why_not, "%s", error->message + strlen(row->word) + 2);
        *error = (struct elbow_error){0};
        status = ELBOW_OK;
    }
    elbow_release(&baseline.codes);
    elbow_release(&baseline.reconstructions);
    return status;
}

enum elbow_status elbow_measure_latents(const struct elbow_measuring_request *request,
                                        struct elbow_measuring *measuring, struct elbow_error *error)
{
    bool asked[ELBOW_YARDSTICKS];
    unsigned needs = 0;
    struct elbow_measure_tables tables = {0};
    *error = (struct elbow_error){0};
    *measuring = (struct elbow_measuring){0};
    elbow_measuring_choose(request->only, asked, error);
    if (elbow_comm_agree(request->comm, error) != ELBOW_OK)
        return error->status;
    for (enum elbow_yardstick_kind kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        asked[kind] = asked[kind] && (request->left_out >> kind & 1) == 0;
    for (enum elbow_yardstick_kind kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        needs |= asked[kind] ? elbow_yardstick_row(kind)->needs : 0;
    enum elbow_status status = elbow_measure_tables_load(request, needs, &tables, error);
    if (status == ELBOW_OK) {
        measuring->rows = tables.input.rows;
        measuring->width = tables.input.width;
        measuring->classes = tables.input.labels != NULL ? tables.input.classes : 0;
        measuring->factors = tables.input.factor_count;
        measuring->samples = tables.samples;
        if (elbow_comm_place(request->comm).rank == 0)
            measure(request, asked, &tables, measuring, error);
        status = elbow_comm_agree_root(request->comm, error);
    }
    elbow_measure_tables_clear(&tables);
    return status;
}

void elbow_measuring_preview(const struct elbow_measuring_request *request, char *note)
{
    const struct {
        const char *flag, *place;
    } tables[] = {{"--codes", request->codes},
                  {"--factors", request->factors},
                  {"--data", request->data},
                  {"--samples", request->samples}};
    elbow_path codes = "", file, dataset;
    struct elbow_error error = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; ++i) {
        if (tables[i].place == NULL || elbow_measure_place(tables[i].flag, tables[i].place, i > 0 ? codes : NULL, file,
                                                           dataset, &error) != ELBOW_OK)
            continue;
        if (i == 0)
            memcpy(codes, file, sizeof codes);
        elbow_preview_dataset(file, dataset, note);
    }
    if (request->labels != NULL &&
        elbow_measure_place("--labels", request->labels, codes, file, dataset, &error) == ELBOW_OK)
        elbow_preview_labels(file, dataset, note);
}
