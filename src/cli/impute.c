// SPDX-License-Identifier: BSD-3-Clause
// elbow impute: rows of a dataset with their missing values filled in.
#include "elbow/cli/command.h"
#include "elbow/evaluate/imputer.h"
#include "elbow/evaluate/session.h"

#include <inttypes.h>
#include <stddef.h>

// The options on the command line.
struct options {
    struct elbow_session_request request;
    struct elbow_words conditions;
    int64_t importance, draws;
    double hide;
};

static struct options presets(void)
{
    return (struct options){.request = {.wants_data = true, .wants_names = true},
                            .importance = ELBOW_IMPUTATION_IMPORTANCE};
}

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    options->request.condition_from = options->conditions.words;
    options->request.condition_count = (size_t)options->conditions.count;
    return status;
}

static void report(const struct elbow_call *call, const struct options *options, const struct elbow_session *session,
                   const struct elbow_imputation *imputation)
{
    elbow_log_say(call->log, "%s: %s, %" PRIu64 " with missing values, imputed by step %" PRIu64 " of %s",
                  options->request.output, elbow_text_count(session->dataset.samples, "row").text, imputation->rows,
                  session->checkpoint.state.step, session->checkpoint.path);
    if (imputation->rows == 0)
        elbow_log_warn(
            call->log,
            "%s: no value is missing; data.missing and data.mask of the configuration, and --mask, mark missing "
            "values",
            session->dataset.name);
    if (imputation->few > 0)
        elbow_log_warn(call->log,
                       "%" PRIu64 " of %s with missing values %s fewer than %d effective samples, so that a few draws "
                       "determine their imputed values; set --importance above %" PRId64,
                       imputation->few, elbow_text_count(imputation->rows, "row").text,
                       imputation->few == 1 ? "has" : "have", ELBOW_IMPUTATION_FEW, options->importance);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    struct elbow_session session = {0};
    struct elbow_imputation imputation = {0};
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    options.request.needs_prior = (struct elbow_session_needs){"impute", "without a distribution of z to draw from"};
    status = elbow_session_open(call->comm, &options.request, call->log, &session, error);
    if (status == ELBOW_OK && session.frozen != NULL)
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "impute: %.500s was trained on latents (data.through), of which none is missing; "
                                 "impute with the model in front of the data, %.500s",
                                 session.checkpoint.path, session.frozen->through.name);
    if (status == ELBOW_OK) {
        struct elbow_imputation_request request = {.comm = call->comm,
                                                   .model = session.model,
                                                   .parameters = session.checkpoint.values,
                                                   .dataset = &session.dataset,
                                                   .config = &session.checkpoint.config,
                                                   .log = call->log,
                                                   .importance = options.importance,
                                                   .draws = options.draws,
                                                   .hide = options.hide};
        status = elbow_impute(&request, options.request.output, elbow_output_publishing(options.request.force),
                              &imputation, error);
    }
    if (status == ELBOW_OK)
        report(call, &options, &session, &imputation);
    elbow_session_close(call->comm, &session);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = presets();
    struct elbow_error error = {0};
    if (read_options(call, &options, &error) == ELBOW_OK)
        elbow_session_preview(&options.request, note);
}

enum { DRAWS_MOST = 1 << 20 }; // of the 2^24 that the keys of a row distinguish

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, request.checkpoint)),
    ELBOW_ROW_TABLE(offsetof(struct options, request.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, request.force)),
    ELBOW_ROW_DATA(offsetof(struct options, request.data)),
    ELBOW_ROW_MASK(offsetof(struct options, request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, conditions), "the rows of --data"),
    ELBOW_ROW_BINARIZE(offsetof(struct options, request.binarize)),
    ELBOW_ROW_NAMES(offsetof(struct options, request.names)),
    {.name = "importance",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "draws of z for each row, weighted by how well they explain its known values (100)",
     .offset = offsetof(struct options, importance),
     .least = 1},
    {.name = "draws",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "also N completions of each row, drawn from p(x|z) of these z according to their weights",
     .offset = offsetof(struct options, draws),
     .least = 1,
     .most = DRAWS_MOST},
    {.name = "hide",
     .kind = ELBOW_FLAG_SHARE,
     .value = "SHARE",
     .help = "also treats this share of the known values as missing: the same values as eval --hide",
     .offset = offsetof(struct options, hide)},
    ELBOW_ROW_BEST(offsetof(struct options, request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.is_raw)),
};

const struct elbow_command elbow_command_impute = {
    .name = "impute",
    .summary = "fill in the missing values of a dataset",
    .text = "Writes every row, in input order, with its missing values filled in: the mean of p(x|z) over draws of z\n"
            "from q(z|known), weighted by importance. Known values do not change. With --draws also completions for\n"
            "multiple imputation. Datasets of an HDF5 file, or columns of a CSV file, depending on the ending of\n"
            "FILE.\n",
    .examples = "elbow impute runs/gaps -o filled.h5\n"
                "mpirun -n 8 elbow impute runs/gaps -o filled.h5 --data gaps.h5:/test --importance 1000 --draws 20\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
