// SPDX-License-Identifier: BSD-3-Clause
// elbow eval
#include "elbow/base/json.h"
#include "elbow/cli/command.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/session.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 64 }; // of a class, in words; longer ones are cut

// What a class is called: its name, or its number.
static void name_class(const struct elbow_class_means *class, char *text, size_t size)
{
    if (class->name != NULL)
        elbow_text_format(text, size, "%s", class->name);
    else if (class->label == ELBOW_LABEL_UNKNOWN)
        elbow_text_format(text, size, "unknown");
    else
        elbow_text_format(text, size, "%lld", (long long)class->label);
}

// The characters of a text in UTF-8: bytes that begin one.
static int characters(const char *text)
{
    int count = 0;
    for (; *text != '\0'; ++text)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static void print_classes(const struct elbow_evaluation *evaluation)
{
    char text[NAME_SIZE];
    int width = 10;
    for (size_t c = 0; c < evaluation->class_count; ++c) {
        name_class(&evaluation->classes[c], text, sizeof text);
        width = characters(text) > width ? characters(text) : width;
    }
    if (evaluation->class_count > 0)
        printf("\n%*s %10s %12s %12s %12s\n", width, "label", "samples", "elbo", "recon", "kl");
    for (size_t c = 0; c < evaluation->class_count; ++c) {
        const struct elbow_means *means = &evaluation->classes[c].means;
        name_class(&evaluation->classes[c], text, sizeof text);
        elbow_text_print(stdout, "%*s%s %10.0f %12.4f %12.4f %12.4f\n", width - characters(text), "", text,
                         means->samples, means->elbo, means->recon, means->kl);
    }
}

static void print_words(const struct elbow_session *session, const struct elbow_evaluation *evaluation,
                        int64_t importance)
{
    elbow_text_print(stdout, "checkpoint     %s (step %llu)\n", session->checkpoint.path,
                     (unsigned long long)session->checkpoint.state.step);
    elbow_text_print(stdout, "data           %s\n", session->dataset.name);
    printf("samples        %.0f\n", evaluation->means.samples);
    printf("elbo           %.4f nats per sample\n", evaluation->means.elbo);
    printf("recon          %.4f\n", evaluation->means.recon);
    printf("kl             %.4f\n", evaluation->means.kl);
    printf("active_units   %zu of %zu\n", evaluation->active_units, evaluation->latent);
    if (importance > 0) {
        printf("log_likelihood %.4f by %lld importance samples\n", evaluation->log_likelihood, (long long)importance);
        printf("effective_samples %.1f\n", evaluation->effective);
    }
    print_classes(evaluation);
}

static void print_means(struct elbow_json *json, const struct elbow_means *means)
{
    elbow_json_integer(json, "samples", (int64_t)means->samples);
    elbow_json_number(json, "elbo", means->elbo);
    elbow_json_number(json, "recon", means->recon);
    elbow_json_number(json, "kl", means->kl);
}

static void print_json(const struct elbow_evaluation *evaluation, int64_t importance)
{
    struct elbow_json json = {.out = stdout};
    elbow_json_open(&json, NULL, '{');
    print_means(&json, &evaluation->means);
    elbow_json_integer(&json, "active_units", (int64_t)evaluation->active_units);
    if (importance > 0) {
        elbow_json_integer(&json, "importance", importance);
        elbow_json_number(&json, "log_likelihood", evaluation->log_likelihood);
        elbow_json_number(&json, "effective_samples", evaluation->effective);
    }
    if (evaluation->class_count > 0) {
        elbow_json_open(&json, "classes", '[');
        for (size_t c = 0; c < evaluation->class_count; ++c) {
            elbow_json_open(&json, NULL, '{');
            elbow_json_integer(&json, "label", evaluation->classes[c].label);
            if (evaluation->classes[c].name != NULL)
                elbow_json_text(&json, "name", evaluation->classes[c].name);
            print_means(&json, &evaluation->classes[c].means);
            elbow_json_close(&json, '}');
        }
        elbow_json_close(&json, ']');
    }
    elbow_json_close(&json, '}');
}

// What the command line says.
struct wish {
    struct elbow_session_request request;
    int64_t importance;
    bool json;
};

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct wish, request.checkpoint)),
    ELBOW_ROW_DATA(offsetof(struct wish, request.data)),
    ELBOW_ROW_BINARIZE(offsetof(struct wish, request.binarize)),
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS,
     .offset = offsetof(struct wish, request.labels)},
    {.name = "importance",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "also the log-likelihood by K importance samples",
     .offset = offsetof(struct wish, importance),
     .least = 1},
    ELBOW_ROW_BEST(offsetof(struct wish, request.best)),
    ELBOW_ROW_JSON(offsetof(struct wish, json)),
};

static void preview(const struct elbow_call *call, char *note)
{
    struct wish wish = {.request = {.wants_data = true}};
    struct elbow_error error = {0};
    if (elbow_flags_read(call, &wish, &error) == ELBOW_OK)
        elbow_session_preview(&wish.request, note);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct wish wish = {.request = {.wants_data = true}};
    enum elbow_status status = elbow_flags_read(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_session session;
    struct elbow_evaluation evaluation = {0};
    status = elbow_session_open(call->comm, &wish.request, call->log, &session, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_evaluation_request request = {
        .comm = call->comm,
        .model = session.model,
        .parameters = session.checkpoint.values,
        .dataset = &session.dataset,
        .config = &session.checkpoint.config,
        .terms = elbow_objective_terms(&session.checkpoint.config, session.checkpoint.config.objective.beta),
        .importance = wish.importance,
        .per_class = true};
    status = elbow_evaluate(&request, &evaluation, error);
    if (status == ELBOW_OK && evaluation.has_too_many_classes)
        elbow_log_warn(call->log, "the labels have more than 1000 values: no figures per class");
    if (status == ELBOW_OK && elbow_comm_place(call->comm).rank == 0) {
        if (wish.json)
            print_json(&evaluation, wish.importance);
        else
            print_words(&session, &evaluation, wish.importance);
    }
    elbow_evaluation_clear(&evaluation);
    elbow_session_close(call->comm, &session);
    return status;
}

const struct elbow_command elbow_command_eval = {
    .name = "eval",
    .summary = "tell the ELBO of a model on a dataset",
    .text = "The ELBO and its parts, recon and kl, in nats per sample, and per class where there are labels (samples\n"
            "whose label is unknown are a class of their own); with --importance also the importance-sampled\n"
            "log-likelihood. Data are binarised as in training, each row always to the same zeros and ones;\n"
            "--binarize chooses otherwise.\n",
    .examples =
        "elbow eval runs/shapes\n"
        "mpirun -n 8 elbow eval runs/mnist-mlp --best --data data/mnist.h5:/test/images --importance 500 --json\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .preview = preview,
};
