// SPDX-License-Identifier: BSD-3-Clause
// elbow eval
#include "elbow/cli/eval.h"
#include "elbow/cli/command.h"
#include "elbow/evaluate/confusion.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/session.h"
#include "elbow/output/sink.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

// The options on the command line.
struct options {
    struct elbow_session_request request;
    struct elbow_words conditions;
    int64_t importance;
    double hide;
    bool kl_parts, json;
};

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, request.checkpoint)),
    ELBOW_ROW_DATA(offsetof(struct options, request.data)),
    ELBOW_ROW_MASK(offsetof(struct options, request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, conditions), "the rows of --data"),
    ELBOW_ROW_BINARIZE(offsetof(struct options, request.binarize)),
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS,
     .offset = offsetof(struct options, request.labels)},
    {.name = "importance",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "also the log-likelihood, from K importance samples",
     .offset = offsetof(struct options, importance),
     .least = 1},
    {.name = "kl-parts",
     .help = "also mutual information, total correlation and the KL of the dimensions, which add up to a sampled KL",
     .offset = offsetof(struct options, kl_parts)},
    {.name = "hide",
     .kind = ELBOW_FLAG_SHARE,
     .value = "SHARE",
     .help =
         "hides this share of the known values from the model, and measures how well it predicts them from the others",
     .offset = offsetof(struct options, hide)},
    ELBOW_ROW_CORRUPT(
        offsetof(struct options, request.corrupt),
        "corrupts the encoder's input, as in training, and measures how well the model removes the corruption"),
    {.name = "confusion",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE",
     .help = "also writes the confusion matrix of a classifier, a row for each pair of label and most probable class, "
             "to a file with one of these endings:" ELBOW_SINK_TABLE_ENDINGS,
     .offset = offsetof(struct options, request.output)},
    ELBOW_ROW_FORCE(offsetof(struct options, request.force)),
    ELBOW_ROW_BEST(offsetof(struct options, request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.is_raw)),
    ELBOW_ROW_JSON(offsetof(struct options, json)),
};

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    options->request.condition_from = options->conditions.words;
    options->request.condition_count = (size_t)options->conditions.count;
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {.request = {.wants_data = true}};
    struct elbow_error error = {0};
    if (read_options(call, &options, &error) == ELBOW_OK)
        elbow_session_preview(&options.request, note);
}

// Collective. The file that --confusion names.
static enum elbow_status write_confusion(struct elbow_call *call, const struct options *options,
                                         const struct elbow_session *session, const struct elbow_evaluation *evaluation,
                                         struct elbow_error *error)
{
    if (elbow_comm_place(call->comm).rank == 0)
        elbow_confusion_write(evaluation, &session->checkpoint.data.classes, options->request.output,
                              elbow_output_publishing(options->request.force), error);
    return elbow_comm_agree_root(call->comm, error);
}

// Checks that there will be a confusion matrix.
static enum elbow_status check_confusion(const struct options *options, const struct elbow_session *session,
                                         struct elbow_error *error)
{
    if (options->request.output == NULL || session->dataset.has_labels)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "--confusion %.500s: %.500s has no labels; give them with --labels",
                           options->request.output, session->dataset.name);
}

// Figures that are not finite are an error. All ranks have the same ones.
static enum elbow_status check_finite(const struct elbow_dataset *dataset, const struct elbow_figures *figures,
                                      struct elbow_error *error)
{
    bool has_elbo = elbow_figures_has(figures, ELBOW_FIGURE_ELBO, ELBOW_FIGURE_IN_JSON);
    if (isfinite(figures->values[ELBOW_FIGURE_RECON] + (has_elbo ? figures->values[ELBOW_FIGURE_ELBO] : 0)))
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_NUMBERS,
        "the figures are not finite: values of %.500s lie far from those of the training data (from %g to %g), "
        "or the weights have diverged",
        dataset->name, dataset->trained_min, dataset->trained_max);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {.request = {.wants_data = true}};
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_session session;
    struct elbow_evaluation evaluation = {0};
    if (options.importance > 0)
        options.request.needs_prior = (struct elbow_session_needs){"--importance", ELBOW_WHY_NO_IMPORTANCE};
    else if (options.kl_parts)
        options.request.needs_prior = (struct elbow_session_needs){"--kl-parts", "without a KL; leave it out"};
    options.request.needs_classifier = options.request.output != NULL ? "--confusion" : NULL;
    status = elbow_session_open(call->comm, &options.request, call->log, &session, error);
    if (status != ELBOW_OK)
        return status;
    if (options.kl_parts && (session.model->prior->pull == NULL || session.model->classes > 1)) {
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "--kl-parts: %.500s has %s, but the parts of the KL are those of one prior and one "
                                 "posterior for all rows; leave it out",
                                 session.checkpoint.path,
                                 session.model->classes > 1 ? "model.classifier" : "model.condition.prior: true");
        elbow_session_close(call->comm, &session);
        return status;
    }
    struct elbow_evaluation_request request = {
        .comm = call->comm,
        .model = session.model,
        .parameters = session.checkpoint.values,
        .dataset = &session.dataset,
        .config = &session.checkpoint.config,
        .terms = elbow_objective_terms(&session.checkpoint.config, session.checkpoint.config.objective.beta),
        .importance = options.importance,
        .kl_block = options.kl_parts ? ELBOW_KL_BLOCK : 0,
        .per_class = true,
        .deviance = true,
        .hide = options.hide,
        .corrupt = options.request.corrupt};
    status = check_confusion(&options, &session, error);
    if (status == ELBOW_OK)
        status = elbow_evaluate(&request, &evaluation, error);
    if (status == ELBOW_OK && options.request.output != NULL)
        status = write_confusion(call, &options, &session, &evaluation, error);
    if (status == ELBOW_OK && evaluation.has_too_many_classes)
        elbow_log_warn(call->log, "the labels have more than 1000 values: no figures per class");
    if (status == ELBOW_OK && elbow_comm_place(call->comm).rank == 0)
        elbow_eval_print(&session, &evaluation, options.json);
    if (status == ELBOW_OK)
        status = check_finite(&session.dataset, &evaluation.figures, error);
    elbow_evaluation_clear(&evaluation);
    elbow_session_close(call->comm, &session);
    return status;
}

const struct elbow_command elbow_command_eval = {
    .name = "eval",
    .summary = "compute the ELBO of a model on a dataset",
    .text = "Prints the ELBO and its parts, recon and kl, in nats per sample, and per class if there are labels\n"
            "(samples of unknown label are a class of their own); for a deterministic autoencoder only recon. With\n"
            "--importance also the importance-sampled log-likelihood, with --kl-parts the parts of the KL, which take\n"
            "most of the time. Data are binarised as in training, each row always to the same zeros and ones;\n"
            "--binarize overrides this.\n",
    .examples =
        "elbow eval runs/shapes\n"
        "mpirun -n 8 elbow eval runs/mnist-mlp --best --data data/mnist.h5:/test/images --importance 500 --json\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .preview = preview,
};
