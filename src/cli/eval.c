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

// What the command line says.
struct wish {
    struct elbow_session_request request;
    struct elbow_words conditions;
    int64_t importance;
    double hide;
    bool kl_parts, json;
};

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct wish, request.checkpoint)),
    ELBOW_ROW_DATA(offsetof(struct wish, request.data)),
    ELBOW_ROW_MASK(offsetof(struct wish, request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct wish, request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct wish, conditions), "the rows of --data"),
    ELBOW_ROW_BINARIZE(offsetof(struct wish, request.binarize)),
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS,
     .offset = offsetof(struct wish, request.labels)},
    {.name = "importance",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "also the log-likelihood, from K importance samples",
     .offset = offsetof(struct wish, importance),
     .least = 1},
    {.name = "kl-parts",
     .help = "also mutual information, total correlation and the KL of the dimensions, which add up to a sampled KL",
     .offset = offsetof(struct wish, kl_parts)},
    {.name = "hide",
     .kind = ELBOW_FLAG_SHARE,
     .value = "SHARE",
     .help =
         "hides this share of the known values from the model, and measures how well it predicts them from the others",
     .offset = offsetof(struct wish, hide)},
    ELBOW_ROW_CORRUPT(
        offsetof(struct wish, request.corrupt),
        "corrupts the encoder's input, as in training, and measures how well the model removes the corruption"),
    {.name = "confusion",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE",
     .help = "also writes the confusion matrix of a classifier, a row for each pair of label and most probable class, "
             "to a file with one of these endings:" ELBOW_SINK_TABLE_ENDINGS,
     .offset = offsetof(struct wish, request.output)},
    ELBOW_ROW_FORCE(offsetof(struct wish, request.force)),
    ELBOW_ROW_BEST(offsetof(struct wish, request.best)),
    ELBOW_ROW_RAW(offsetof(struct wish, request.is_raw)),
    ELBOW_ROW_JSON(offsetof(struct wish, json)),
};

static enum elbow_status read_wish(const struct elbow_call *call, struct wish *wish, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, wish, error);
    wish->request.condition_from = wish->conditions.words;
    wish->request.condition_count = (size_t)wish->conditions.count;
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct wish wish = {.request = {.wants_data = true}};
    struct elbow_error error = {0};
    if (read_wish(call, &wish, &error) == ELBOW_OK)
        elbow_session_preview(&wish.request, note);
}

// Collective. The file that --confusion names.
static enum elbow_status write_confusion(struct elbow_call *call, const struct wish *wish,
                                         const struct elbow_session *session, const struct elbow_evaluation *evaluation,
                                         struct elbow_error *error)
{
    if (elbow_comm_place(call->comm).rank == 0)
        elbow_confusion_write(evaluation, &session->checkpoint.data.classes, wish->request.output,
                              elbow_output_publishing(wish->request.force), error);
    return elbow_comm_agree_root(call->comm, error);
}

// Whether there will be a confusion matrix.
static enum elbow_status check_confusion(const struct wish *wish, const struct elbow_session *session,
                                         struct elbow_error *error)
{
    if (wish->request.output == NULL || session->dataset.has_labels)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "--confusion %.500s: %.500s has no labels; --labels names some",
                           wish->request.output, session->dataset.name);
}

// What is not finite says nothing of the model but that. All ranks have the same figures.
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
    struct wish wish = {.request = {.wants_data = true}};
    enum elbow_status status = read_wish(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_session session;
    struct elbow_evaluation evaluation = {0};
    if (wish.importance > 0)
        wish.request.needs_prior = (struct elbow_session_needs){"--importance", ELBOW_WHY_NO_IMPORTANCE};
    else if (wish.kl_parts)
        wish.request.needs_prior = (struct elbow_session_needs){"--kl-parts", "without a KL; leave it out"};
    wish.request.needs_classifier = wish.request.output != NULL ? "--confusion" : NULL;
    status = elbow_session_open(call->comm, &wish.request, call->log, &session, error);
    if (status != ELBOW_OK)
        return status;
    if (wish.kl_parts && (session.model->prior->pull == NULL || session.model->classes > 1)) {
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "--kl-parts: %.500s has %s: its parts are of one prior, and one posterior, for all "
                                 "rows; leave it out",
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
        .importance = wish.importance,
        .kl_block = wish.kl_parts ? ELBOW_KL_BLOCK : 0,
        .per_class = true,
        .deviance = true,
        .hide = wish.hide,
        .corrupt = wish.request.corrupt};
    status = check_confusion(&wish, &session, error);
    if (status == ELBOW_OK)
        status = elbow_evaluate(&request, &evaluation, error);
    if (status == ELBOW_OK && wish.request.output != NULL)
        status = write_confusion(call, &wish, &session, &evaluation, error);
    if (status == ELBOW_OK && evaluation.has_too_many_classes)
        elbow_log_warn(call->log, "the labels have more than 1000 values: no figures per class");
    if (status == ELBOW_OK && elbow_comm_place(call->comm).rank == 0)
        elbow_eval_print(&session, &evaluation, wish.json);
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
