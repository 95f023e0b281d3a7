// SPDX-License-Identifier: BSD-3-Clause
// elbow measure: figures of a latent space.
#include "elbow/base/json.h"
#include "elbow/base/text.h"
#include "elbow/cli/command.h"
#include "elbow/evaluate/baseline.h"
#include "elbow/evaluate/measuring.h"
#include "elbow/evaluate/session.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

// The options on the command line.
struct options {
    struct elbow_session_request request;
    struct elbow_words conditions;
    const char *only, *codes, *factors, *samples;
    int64_t rows, neighbours, seed;
    bool json;
};

static struct options presets(void)
{
    return (struct options){.request = {.wants_data = true},
                            .rows = ELBOW_MEASURING_ROWS,
                            .neighbours = ELBOW_MEASURING_NEIGHBOURS,
                            .seed = -1};
}

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    options->request.condition_from = options->conditions.words;
    options->request.condition_count = (size_t)options->conditions.count;
    return status;
}

// Refuses options of tables for a checkpoint, and options of a checkpoint for tables.
static enum elbow_status check_options(const struct options *options, struct elbow_error *error)
{
    const struct elbow_session_request *request = &options->request;
    const struct {
        const char *flag;
        bool is_given;
    } of_checkpoint[] = {{"--best", request->best},
                         {"--raw-weights", request->is_raw},
                         {"--mask", request->mask != NULL},
                         {"--size", request->size != NULL},
                         {"--condition-from", request->condition_count > 0},
                         {"--binarize", request->binarize != NULL}};
    bool asked[ELBOW_YARDSTICKS];
    if (request->checkpoint == NULL && options->codes == NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "measure: nothing to measure; give a CHECKPOINT, or a table with --codes "
                               "FILE:/dataset");
    if (request->checkpoint != NULL && options->codes != NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--codes %.500s: measures this table instead of %.500s; leave one of the two out",
                               options->codes, request->checkpoint);
    if (request->checkpoint != NULL && options->samples != NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--samples %.500s: samples are drawn from %.500s; leave it out, or measure tables with "
                               "--codes",
                               options->samples, request->checkpoint);
    for (size_t i = 0; options->codes != NULL && i < sizeof of_checkpoint / sizeof *of_checkpoint; ++i)
        if (of_checkpoint[i].is_given)
            return elbow_error_set(error, ELBOW_USAGE, "%s: belongs to a CHECKPOINT, not to --codes; leave it out",
                                   of_checkpoint[i].flag);
    return elbow_measuring_choose(options->only, asked, error);
}

static struct elbow_measuring_request request_of(const struct elbow_call *call, const struct options *options)
{
    bool is_tables = options->codes != NULL;
    return (struct elbow_measuring_request){.comm = call->comm,
                                            .log = call->log,
                                            .only = options->only,
                                            .codes = options->codes,
                                            .data = is_tables ? options->request.data : NULL,
                                            .labels = is_tables ? options->request.labels : NULL,
                                            .samples = options->samples,
                                            .factors = options->factors,
                                            .rows = (size_t)options->rows,
                                            .neighbours = (size_t)options->neighbours,
                                            .seed = options->seed < 0 ? 0 : (uint64_t)options->seed};
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = presets();
    struct elbow_error error = {0};
    if (read_options(call, &options, &error) != ELBOW_OK || check_options(&options, &error) != ELBOW_OK)
        return;
    if (options.codes == NULL)
        elbow_session_preview(&options.request, note);
    struct elbow_measuring_request request = request_of(call, &options);
    elbow_measuring_preview(&request, note);
}

// "0.9123 +- 0.0028"
static void format(const struct elbow_yardstick_figure *figure, char *text, size_t size)
{
    if (isnan(figure->error))
        elbow_text_format(text, size, "%.6g", figure->value);
    else
        elbow_text_format(text, size, "%.6g +- %.2g", figure->value, figure->error);
}

enum { NAME_WIDTH = 22, FIGURE_WIDTH = 24 };

static void print_figures(const struct elbow_measured_yardstick *measured)
{
    char text[64];
    for (size_t i = 0; i < measured->figures.count; ++i) {
        format(&measured->figures.figures[i], text, sizeof text);
        printf("%-*s%-*s", NAME_WIDTH, measured->figures.figures[i].name, measured->has_baseline ? FIGURE_WIDTH : 0,
               text);
        if (measured->has_baseline && i < measured->baseline.count) {
            format(&measured->baseline.figures[i], text, sizeof text);
            printf("%s", text);
        }
        putchar('\n');
    }
}

static void print_words(const char *name, const struct elbow_measuring *measuring)
{
    elbow_text_print(stdout, "%-*s%s\n", NAME_WIDTH, "of", name);
    printf("%-*s%zu of %" PRIu64 "\n%-*s%zu\n", NAME_WIDTH, "rows", measuring->rows, measuring->samples, NAME_WIDTH,
           "codes", measuring->width);
    if (measuring->has_baseline && measuring->baseline_rows > 0)
        printf("%-*sfitted to %s of the training data\n", NAME_WIDTH, "pca",
               elbow_text_count(measuring->baseline_rows, "row").text);
    else if (measuring->has_baseline)
        printf("%-*sfitted to the measured rows, which favours it\n", NAME_WIDTH, "pca");
    if (measuring->has_baseline)
        printf("%-*s%-*s%s\n", NAME_WIDTH, "", FIGURE_WIDTH, "codes", "PCA");
    for (size_t kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        if (measuring->told[kind].is_told)
            print_figures(&measuring->told[kind]);
}

static void print_json(const struct elbow_measuring *measuring)
{
    struct elbow_json json = {.out = stdout};
    elbow_json_open(&json, NULL, '{');
    elbow_json_integer(&json, "rows", (int64_t)measuring->rows);
    elbow_json_integer(&json, "codes", (int64_t)measuring->width);
    elbow_json_integer(&json, "classes", (int64_t)measuring->classes);
    elbow_json_integer(&json, "factors", (int64_t)measuring->factors);
    if (measuring->has_baseline)
        elbow_json_integer(&json, "pca_training_rows", (int64_t)measuring->baseline_rows);
    elbow_json_open(&json, "figures", '{');
    for (size_t kind = 0; kind < ELBOW_YARDSTICKS; ++kind) {
        const struct elbow_measured_yardstick *measured = &measuring->told[kind];
        for (size_t i = 0; measured->is_told && i < measured->figures.count; ++i) {
            const struct elbow_yardstick_figure *figure = &measured->figures.figures[i];
            elbow_json_open(&json, figure->name, '{');
            elbow_json_number(&json, "value", figure->value);
            if (!isnan(figure->error))
                elbow_json_number(&json, "error", figure->error);
            if (measured->has_baseline && i < measured->baseline.count) {
                elbow_json_number(&json, "pca", measured->baseline.figures[i].value);
                if (!isnan(figure->error))
                    elbow_json_number(&json, "pca_error", measured->baseline.figures[i].error);
            }
            elbow_json_close(&json, '}');
        }
    }
    elbow_json_close(&json, '}');
    elbow_json_open(&json, "left_out", '{');
    for (enum elbow_yardstick_kind kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        if (!measuring->told[kind].is_told && measuring->told[kind].why_not[0] != '\0')
            elbow_json_text(&json, elbow_yardstick_row(kind)->word, measuring->told[kind].why_not);
    elbow_json_close(&json, '}');
    elbow_json_close(&json, '}');
}

// Measures that are left out for the same reason share a line.
static void log_left_out(const struct elbow_call *call, const struct elbow_measuring *measuring)
{
    for (size_t kind = 0; kind < ELBOW_YARDSTICKS; ++kind) {
        char words[200] = "";
        size_t length = 0;
        const char *why = measuring->told[kind].why_not;
        bool is_first = why[0] != '\0';
        for (size_t other = 0; other < kind; ++other)
            is_first = is_first && strcmp(measuring->told[other].why_not, why) != 0;
        for (size_t other = kind; is_first && other < ELBOW_YARDSTICKS; ++other)
            if (strcmp(measuring->told[other].why_not, why) == 0)
                length += (size_t)snprintf(words + length, sizeof words - length, "%s%s", length > 0 ? ", " : "",
                                           elbow_yardstick_row((enum elbow_yardstick_kind)other)->word);
        if (is_first)
            elbow_log_say(call->log, "left out: %s (%s)", words, why);
    }
}

// Collective.
static enum elbow_status measure_and_print(struct elbow_call *call, const struct options *options, const char *name,
                                           const struct elbow_measuring_request *request, struct elbow_error *error)
{
    struct elbow_measuring measuring;
    if (elbow_measure_latents(request, &measuring, error) != ELBOW_OK)
        return error->status;
    if (elbow_comm_place(call->comm).rank != 0)
        return ELBOW_OK;
    log_left_out(call, &measuring);
    if (options->json)
        print_json(&measuring);
    else
        print_words(name, &measuring);
    return ELBOW_OK;
}

// True if PCA is fitted to the training data: if they are not the measured data, and not too many.
static bool wants_training(const struct options *options, const struct elbow_session *own)
{
    const struct elbow_config *config = &own->checkpoint.config;
    const struct elbow_data_facts *facts = &own->checkpoint.data;
    bool asked[ELBOW_YARDSTICKS], is_compared = false;
    struct elbow_error none = {0};
    elbow_measuring_choose(options->only, asked, &none);
    for (enum elbow_yardstick_kind kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        is_compared = is_compared || (asked[kind] && (elbow_yardstick_row(kind)->needs & ELBOW_YARDSTICK_OF_PCA) != 0);
    bool are_others = options->request.data != NULL || config->data.valid[0] != '\0' || config->data.valid_share > 0;
    return is_compared && are_others && config->data.synthetic == 0 && own->frozen == NULL &&
           facts->samples * facts->values <= ELBOW_BASELINE_VALUES;
}

// Collective. Data that cannot be had are no failure: then PCA is that of the measured rows.
static bool open_training(struct elbow_call *call, const struct options *options, const struct elbow_session *own,
                          struct elbow_session *training)
{
    struct elbow_log quiet = elbow_log_open(false, NULL);
    struct elbow_error error = {0};
    const struct elbow_session_request request = {.checkpoint = options->request.checkpoint,
                                                  .best = options->request.best,
                                                  .is_raw = options->request.is_raw,
                                                  .binarize = options->request.binarize,
                                                  .wants_data = true,
                                                  .is_training = true};
    if (!wants_training(options, own))
        return false;
    enum elbow_status status = elbow_session_open(call->comm, &request, &quiet, training, &error);
    elbow_log_close(&quiet);
    if (status == ELBOW_OK)
        return true;
    elbow_log_say(call->log, "PCA is fitted to the measured rows: %s", error.message);
    return false;
}

// Collective. Measures a checkpoint with its data.
static enum elbow_status measure_checkpoint(struct elbow_call *call, const struct options *options,
                                            struct elbow_error *error)
{
    struct elbow_session session = {0};
    enum elbow_status status = elbow_session_open(call->comm, &options->request, call->log, &session, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_config *config = &session.checkpoint.config;
    const struct elbow_evaluation_request model = {.comm = call->comm,
                                                   .model = session.model,
                                                   .parameters = session.checkpoint.values,
                                                   .dataset = &session.dataset,
                                                   .config = config,
                                                   .terms = elbow_objective_terms(config, config->objective.beta)};
    struct elbow_measuring_request request = request_of(call, options);
    request.model = &model;
    request.facts = &session.checkpoint.data;
    request.seed = (uint64_t)(options->seed >= 0 ? options->seed : config->seed);
    struct elbow_session training = {0};
    if (open_training(call, options, &session, &training))
        request.training = &training.dataset;
    char name[ELBOW_DATASET_NAME_SIZE + 200];
    elbow_text_format(name, sizeof name, "%s (step %" PRIu64 "), %s", session.checkpoint.path,
                      session.checkpoint.state.step, session.dataset.name);
    status = measure_and_print(call, options, name, &request, error);
    elbow_session_close(call->comm, &training);
    elbow_session_close(call->comm, &session);
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    if (read_options(call, &options, error) != ELBOW_OK || check_options(&options, error) != ELBOW_OK)
        return error->status;
    if (options.codes == NULL)
        return measure_checkpoint(call, &options, error);
    struct elbow_measuring_request request = request_of(call, &options);
    return measure_and_print(call, &options, options.codes, &request, error);
}

#define LISTED(name, word, needs, meaning) "  " #word ": " meaning "\n"

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .value = "CHECKPOINT",
     .help = "a checkpoint, or a run directory, whose newest checkpoint is used; without it --codes is required",
     .offset = offsetof(struct options, request.checkpoint)},
    {.name = "data",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE[:/dataset]",
     .help = "the dataset (the checkpoint's held-back rows; if there are none, its validation data; else its training "
             "data); with --codes the rows that were encoded",
     .offset = offsetof(struct options, request.data)},
    {.name = "codes",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE:/dataset",
     .help = "a table of codes, one per row, instead of those of a checkpoint",
     .offset = offsetof(struct options, codes)},
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = "the labels of the rows",
     .offset = offsetof(struct options, request.labels)},
    {.name = "factors",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE:/dataset",
     .help = "the factors of the rows, a table with a column for each, or a list of one",
     .offset = offsetof(struct options, factors)},
    {.name = "samples",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE:/dataset",
     .help = "with --codes and --data: samples of a model, for comparison with the data",
     .offset = offsetof(struct options, samples)},
    {.name = "only",
     .kind = ELBOW_FLAG_TEXT,
     .value = "MEASURE,...",
     .help = "only these measures of those above (all that are possible)",
     .offset = offsetof(struct options, only)},
    {.name = "rows",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "maximum number of rows, drawn by the seed (10000); the KL is that of all rows",
     .offset = offsetof(struct options, rows),
     .least = 2,
     .most = 1 << 24},
    {.name = "neighbours",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "neighbours of knn, embedding and coverage (5)",
     .offset = offsetof(struct options, neighbours),
     .least = 1,
     .most = 1 << 16},
    ELBOW_ROW_SEED(offsetof(struct options, seed)),
    ELBOW_ROW_MASK(offsetof(struct options, request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, conditions), "the rows of --data"),
    ELBOW_ROW_BINARIZE(offsetof(struct options, request.binarize)),
    ELBOW_ROW_BEST(offsetof(struct options, request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.is_raw)),
    ELBOW_ROW_JSON(offsetof(struct options, json)),
};

const struct elbow_command elbow_command_measure = {
    .name = "measure",
    .summary = "measure a latent space",
    .text = "Prints figures of the codes (means of q(z|x)) of rows, beside those of PCA with the same number of\n"
            "dimensions: of a checkpoint, or of plain tables of any program. A mean over rows has its standard\n"
            "error. Measures whose inputs are missing are left out, with a line that names the missing "
            "input:\n" ELBOW_YARDSTICK_LIST(LISTED),
    .examples = "elbow measure runs/shapes\n"
                "elbow measure runs/mnist-mlp --data data/mnist.h5:/test/images --labels /test/labels --json\n"
                "elbow measure --codes latents.h5:/mean --factors factors.h5:/factors --only mig,dci\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .preview = preview,
};
