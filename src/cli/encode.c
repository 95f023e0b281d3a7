// SPDX-License-Identifier: BSD-3-Clause
// elbow encode: latents and bounds of every row of a dataset.
#include "elbow/cli/command.h"
#include "elbow/evaluate/encoder.h"
#include "elbow/evaluate/session.h"

#include <inttypes.h>
#include <stddef.h>

// The options on the command line.
struct options {
    struct elbow_session_request request;
    struct elbow_words conditions;
    int64_t importance;
    bool errors;
    const char *into;
};

// Collective.
static enum elbow_status encode(struct elbow_call *call, struct elbow_session *session, const struct options *options,
                                struct elbow_error *error)
{
    const struct elbow_session_request *wanted = &options->request;
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    struct elbow_evaluation_request request = {
        .comm = call->comm,
        .model = session->model,
        .parameters = checkpoint->values,
        .dataset = &session->dataset,
        .config = &checkpoint->config,
        .terms = elbow_objective_terms(&checkpoint->config, checkpoint->config.objective.beta),
        .importance = options->importance,
        .decodes = options->errors};
    const char *output = wanted->output;
    struct elbow_encode_output to = {.path = output,
                                     .publish = elbow_output_publishing(wanted->force),
                                     .checkpoint = checkpoint,
                                     .into = options->into,
                                     .is_averaged = checkpoint->config.train.average > 0 && !wanted->is_raw};
    enum elbow_status status = elbow_encode(&request, &to, error);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %s encoded by step %" PRIu64 " of %s", output,
                      elbow_text_count(session->dataset.samples, "row").text, checkpoint->state.step, checkpoint->path);
    return status;
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, request.checkpoint)),
    ELBOW_ROW_TABLE(offsetof(struct options, request.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, request.force)),
    ELBOW_ROW_DATA(offsetof(struct options, request.data)),
    ELBOW_ROW_MASK(offsetof(struct options, request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, conditions), "the rows of --data"),
    ELBOW_ROW_BINARIZE(offsetof(struct options, request.binarize)),
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS ", which are copied",
     .offset = offsetof(struct options, request.labels)},
    ELBOW_ROW_NAMES(offsetof(struct options, request.names)),
    {.name = "importance",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "also the log-likelihood of every row, from K importance samples",
     .offset = offsetof(struct options, importance),
     .least = 1},
    {.name = "errors",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "also the error of each value: itself minus the mean of p(x|z) at the mean of q(z|x)",
     .offset = offsetof(struct options, errors)},
    {.name = "into",
     .kind = ELBOW_FLAG_TEXT,
     .value = "/obsm/NAME",
     .help =
         "makes FILE.h5ad a copy of the AnnData file of the rows, with means as NAME and variances as NAME_variance",
     .offset = offsetof(struct options, into)},
    ELBOW_ROW_BEST(offsetof(struct options, request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.is_raw)),
};

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    options->request.condition_from = options->conditions.words;
    options->request.condition_count = (size_t)options->conditions.count;
    options->request.is_copy = options->into != NULL;
    if (status == ELBOW_OK && options->into != NULL && (options->errors || options->importance > 0))
        return elbow_error_set(error, ELBOW_USAGE,
                               "encode: --into writes means and variances only; leave --errors and --importance out");
    if (status == ELBOW_OK && options->into != NULL)
        status = elbow_encode_check_into(options->request.output, options->into, error);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {.request = {.wants_data = true, .wants_names = true}};
    struct elbow_error error = {0};
    if (read_options(call, &options, &error) == ELBOW_OK)
        elbow_session_preview(&options.request, note);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {.request = {.wants_data = true, .wants_names = true}};
    struct elbow_session session = {0};
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    if (options.importance > 0)
        options.request.needs_prior = (struct elbow_session_needs){"--importance", ELBOW_WHY_NO_IMPORTANCE};
    status = elbow_session_open(call->comm, &options.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = encode(call, &session, &options, error);
    elbow_session_close(call->comm, &session);
    return status;
}

const struct elbow_command elbow_command_encode = {
    .name = "encode",
    .summary = "write latents and bounds of every row of a dataset",
    .text = "Writes mean, log_variance, recon, kl and elbo of every row, in input order (for a deterministic\n"
            "autoencoder mean and recon; for a full posterior also its Cholesky factor): datasets of an HDF5 file, or\n"
            "columns of a CSV file, depending on the ending of FILE. If the configuration binarises the data, the\n"
            "results are those of the zeros and ones: --binarize none gives those of the values. With --into,\n"
            "FILE.h5ad is a copy of the AnnData file of the rows, with means and variances added.\n",
    .examples = "elbow encode runs/shapes -o latents.h5\n"
                "elbow encode runs/cells --data cells.h5ad:/X -o latents.h5ad --into /obsm/X_elbow\n"
                "mpirun -n 8 elbow encode runs/mnist-mlp -o latents.h5 --data data/mnist.h5:/train/images\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
