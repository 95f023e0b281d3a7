// SPDX-License-Identifier: BSD-3-Clause
// The compared parts of a run: figures of each row, its latents, its tables.
#include "elbow/evaluate/comparison.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/comparison.h"
#include "elbow/evaluate/measure.h"
#include "elbow/parallel/ordered_rows.h"

#include <math.h>
#include <string.h>

const char *const elbow_compared_names[ELBOW_COMPARED_FIGURES] = {"elbo", "recon", "kl"};
const char *const elbow_compared_curves[ELBOW_HISTORY_CURVES] = {"step", "elbo", "recon", "kl", "objective", "rate"};

enum { TABLE_BYTES_MAX = 1 << 30 };

// The figures of all rows, while they are gathered.
struct gathering {
    struct elbow_compared *compared;
    struct elbow_measured measured;
    size_t figures; // of a row: recon, and kl if there is one
};

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct gathering *gathering = user;
    double *figures = results;
    elbow_measured_evaluate(&gathering->measured, first, count);
    for (size_t i = 0; i < count; ++i) {
        figures[i * gathering->figures] = gathering->measured.recon[i];
        if (gathering->figures > 1)
            figures[i * gathering->figures + 1] = gathering->measured.kl[i];
    }
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct gathering *gathering = user;
    struct elbow_compared *compared = gathering->compared;
    const double *figures = results;
    (void)error;
    for (size_t i = 0; i < count; ++i) {
        const double *row = figures + i * gathering->figures;
        compared->figures[ELBOW_COMPARED_RECON][first + i] = row[0];
        if (gathering->figures == 1)
            continue;
        compared->figures[ELBOW_COMPARED_KL][first + i] = row[1];
        compared->figures[ELBOW_COMPARED_ELBO][first + i] = row[0] - row[1];
    }
    return ELBOW_OK;
}

static enum elbow_status allocate_workspace(struct elbow_compared *compared, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (int f = 0; f < ELBOW_COMPARED_FIGURES && status == ELBOW_OK; ++f)
        if (compared->has_kl || f == ELBOW_COMPARED_RECON)
            status =
                elbow_allocate(&compared->figures[f], compared->rows, sizeof(double), "the figures of all rows", error);
    return status;
}

// Collective.
static enum elbow_status gather(const struct elbow_evaluation_request *evaluation, struct elbow_compared *compared,
                                struct elbow_error *error)
{
    struct elbow_measure_plan plan = {.request = evaluation, .latent = evaluation->model->latent};
    struct gathering gathering = {.compared = compared, .figures = compared->has_kl ? 2 : 1};
    struct elbow_ordered_rows_job job = {.rows = compared->rows,
                                         .microbatch = (size_t)evaluation->config->train.microbatch,
                                         .row_bytes = gathering.figures * sizeof(double),
                                         .user = &gathering,
                                         .produce = produce,
                                         .consume = consume,
                                         .check = elbow_dataset_check_rows,
                                         .source = evaluation->dataset,
                                         .runs = elbow_dataset_runs(evaluation->dataset)};
    *error = (struct elbow_error){0};
    if (elbow_measured_create(&plan, job.microbatch, &gathering.measured, error) == ELBOW_OK &&
        elbow_comm_place(evaluation->comm).rank == 0)
        allocate_workspace(compared, error);
    if (elbow_comm_agree(evaluation->comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(evaluation->comm, &job, error);
    if (error->status == ELBOW_OK) {
        if (elbow_comm_place(evaluation->comm).rank == 0)
            elbow_comparison_reconstruct(evaluation, &gathering.measured, &compared->reconstructions, error);
        elbow_comm_agree_root(evaluation->comm, error);
    }
    elbow_measured_destroy(&gathering.measured);
    return error->status;
}

// A table of a run directory; a checkpoint by itself has none.
static enum elbow_status take_table(const char *run, const char *name, const char *const *names, size_t count,
                                    struct elbow_history *train, struct elbow_history *valid, struct elbow_error *error)
{
    elbow_path path;
    char *text = NULL;
    size_t size = 0;
    struct elbow_error none = {0};
    if (!elbow_text_format(path, sizeof path, "%s/%s", run, name) ||
        elbow_file_read_input(path, TABLE_BYTES_MAX, &text, &size, &none) != ELBOW_OK)
        return ELBOW_OK;
    enum elbow_status status = elbow_history_take(text, "train", names, count, train, error);
    if (status == ELBOW_OK)
        status = elbow_history_take(text, "valid", names, count, valid, error);
    elbow_release(&text);
    return status;
}

// The KL of each dimension over training: of evaluations or of training, the one with more rows.
static enum elbow_status take_kl(const char *run, struct elbow_compared *compared, struct elbow_error *error)
{
    static const char *const STEP[] = {"step"};
    struct elbow_history other = {0}, other_steps = {0};
    enum elbow_status status = take_table(run, "kl.csv", NULL, 0, &other, &compared->kl, error);
    if (status == ELBOW_OK)
        status = take_table(run, "kl.csv", STEP, 1, &other_steps, &compared->kl_steps, error);
    if (status == ELBOW_OK && compared->kl.rows < other.rows) {
        struct elbow_history kl = compared->kl, steps = compared->kl_steps;
        compared->kl = other;
        compared->kl_steps = other_steps;
        other = kl;
        other_steps = steps;
    }
    elbow_history_clear(&other);
    elbow_history_clear(&other_steps);
    return status;
}

static enum elbow_status take_tables(const char *run, struct elbow_compared *compared, struct elbow_error *error)
{
    enum elbow_status status = take_table(run, "metrics.csv", elbow_compared_curves, ELBOW_HISTORY_CURVES,
                                          &compared->train, &compared->valid, error);
    return status == ELBOW_OK ? take_kl(run, compared, error) : status;
}

static struct elbow_evaluation_request evaluation_of(struct elbow_comm *comm, const struct elbow_session *session)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    return (struct elbow_evaluation_request){
        .comm = comm,
        .model = session->model,
        .parameters = checkpoint->values,
        .dataset = &session->dataset,
        .config = &checkpoint->config,
        .terms = elbow_objective_terms(&checkpoint->config, checkpoint->config.objective.beta)};
}

enum elbow_status elbow_compared_take(struct elbow_comm *comm, const char *run, struct elbow_session *session,
                                      struct elbow_compared *compared, struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    const struct elbow_evaluation_request evaluation = evaluation_of(comm, session);
    const struct elbow_map_request map = {.evaluation = &evaluation,
                                          .axes = session->model->latent < 2 ? 1 : 2,
                                          .colour = session->dataset.has_labels ? ELBOW_MAP_LABELS : ELBOW_MAP_PLAIN};
    compared->has_kl = session->model->prior != NULL;
    compared->step = checkpoint->state.step;
    compared->rows = (size_t)session->dataset.samples;
    enum elbow_status status = elbow_dataset_compare(comm, &session->dataset, error);
    compared->hash = session->dataset.hash ^ elbow_selection_hash(&session->dataset.selection);
    if (status == ELBOW_OK)
        status = elbow_map_make(&map, &compared->map, error);
    if (status == ELBOW_OK)
        status = gather(&evaluation, compared, error);
    if (status != ELBOW_OK)
        return status;
    if (elbow_comm_place(comm).rank == 0 && take_tables(run, compared, error) == ELBOW_OK && session->frozen == NULL)
        elbow_comparison_sample(&evaluation, &compared->samples, error);
    return elbow_comm_agree_root(comm, error);
}

enum elbow_status elbow_compared_traverse(struct elbow_comm *comm, struct elbow_session *session,
                                          struct elbow_compared *compared, struct elbow_error *error)
{
    const struct elbow_evaluation_request evaluation = evaluation_of(comm, session);
    if (session->frozen != NULL)
        return ELBOW_OK;
    return elbow_comparison_traverse(&evaluation, &session->checkpoint.data, &compared->traversals, error);
}

const char *elbow_compared_name(const char *const *runs, int count, int run)
{
    const char *slash = strrchr(runs[run], '/');
    const char *name = slash == NULL || slash[1] == '\0' ? runs[run] : slash + 1;
    for (int i = 0; i < count; ++i) {
        slash = strrchr(runs[i], '/');
        if (i != run && strcmp(slash == NULL || slash[1] == '\0' ? runs[i] : slash + 1, name) == 0)
            return runs[run];
    }
    return name;
}

void elbow_compared_clear(struct elbow_compared *compared)
{
    for (int f = 0; f < ELBOW_COMPARED_FIGURES; ++f)
        elbow_release(&compared->figures[f]);
    elbow_map_clear(&compared->map);
    elbow_history_clear(&compared->train);
    elbow_history_clear(&compared->valid);
    elbow_history_clear(&compared->kl);
    elbow_history_clear(&compared->kl_steps);
    elbow_release(&compared->samples.pixels);
    elbow_release(&compared->reconstructions.pixels);
    elbow_release(&compared->traversals.pixels);
    *compared = (struct elbow_compared){0};
}

// Of figures, or of their differences to others.
static struct elbow_compared_mean mean_of(size_t rows, const double *figures, const double *others)
{
    struct elbow_compared_mean result = {NAN, NAN};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < rows; ++i)
        sum += figures[i] - (others == NULL ? 0 : others[i]);
    result.mean = sum / (double)rows;
    for (size_t i = 0; i < rows; ++i)
        squares += pow(figures[i] - (others == NULL ? 0 : others[i]) - result.mean, 2);
    if (rows > 1)
        result.error = sqrt(squares / (double)(rows - 1) / (double)rows);
    return result;
}

struct elbow_compared_mean elbow_compared_mean(const struct elbow_compared *compared, enum elbow_compared_figure figure)
{
    if (compared->figures[figure] == NULL)
        return (struct elbow_compared_mean){NAN, NAN};
    return mean_of(compared->rows, compared->figures[figure], NULL);
}

struct elbow_compared_mean elbow_compared_difference(const struct elbow_compared *first,
                                                     const struct elbow_compared *other,
                                                     enum elbow_compared_figure figure)
{
    if (first->figures[figure] == NULL || other->figures[figure] == NULL || first->rows != other->rows ||
        first->hash != other->hash || first->hash == 0)
        return (struct elbow_compared_mean){NAN, NAN};
    return mean_of(first->rows, other->figures[figure], first->figures[figure]);
}
