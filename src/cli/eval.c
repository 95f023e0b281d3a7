// SPDX-License-Identifier: BSD-3-Clause
// elbow eval
#include "elbow/base/json.h"
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

enum { NAME_SIZE = 64 }; // of a class, in words; longer ones are cut

// What a class is called: its name, or its number.
static void name_class(const struct elbow_class_figures *class, char *text, size_t size)
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

enum { CONFUSION_MOST = 16, CONFUSION_WIDTH = 20 };                  // classes, letters of a name, that a screen holds
enum { NAME_WIDTH = 14, CLASS_WIDTH = 10, CLASS_FIGURE_WIDTH = 12 }; // of columns

static int width_in_classes(const struct elbow_figure *figure)
{
    int width = figure->digits == 0 ? CLASS_WIDTH : CLASS_FIGURE_WIDTH, length = (int)strlen(figure->name);
    return length > width ? length : width;
}

// What a line says behind its number: its standard error, its unit, where the lines before have not said it, and what
// it is out of.
static void print_rest(const struct elbow_evaluation *evaluation, enum elbow_figure_kind kind, const char **unit)
{
    const struct elbow_figure *figure = elbow_figure_row(kind);
    if (evaluation->figures.has_error[kind])
        printf(" +- %.2g", evaluation->figures.errors[kind]);
    if (*figure->unit != '\0' && strcmp(figure->unit, *unit) != 0)
        printf(" %s", *unit = figure->unit);
    if (kind == ELBOW_FIGURE_ACTIVE_UNITS)
        printf(" of %zu", evaluation->latent);
    if (kind == ELBOW_FIGURE_KL && evaluation->has_sampled_kl)
        printf(" sampled, by one draw of z");
    if (kind == ELBOW_FIGURE_LOG_LIKELIHOOD)
        printf(" by %.0f importance samples", elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_IMPORTANCE));
    putchar('\n');
}

static void print_class(const struct elbow_class_figures *class, int width)
{
    char name[NAME_SIZE];
    name_class(class, name, sizeof name);
    elbow_text_print(stdout, "%*s%s", width - characters(name), "", name);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        const struct elbow_figure *figure = elbow_figure_row(kind);
        if (elbow_figures_has(&class->figures, kind, ELBOW_FIGURE_IN_CLASSES))
            printf(" %*.*f", width_in_classes(figure), figure->digits, class->figures.values[kind]);
    }
    putchar('\n');
}

static void print_classes(const struct elbow_evaluation *evaluation)
{
    char name[NAME_SIZE];
    int width = CLASS_WIDTH;
    for (size_t c = 0; c < evaluation->class_count; ++c) {
        name_class(&evaluation->classes[c], name, sizeof name);
        width = characters(name) > width ? characters(name) : width;
    }
    printf("\n%*s", width, "label");
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        const struct elbow_figure *figure = elbow_figure_row(kind);
        if (elbow_figures_has(&evaluation->classes[0].figures, kind, ELBOW_FIGURE_IN_CLASSES))
            printf(" %*s", width_in_classes(figure), figure->name);
    }
    putchar('\n');
    for (size_t c = 0; c < evaluation->class_count; ++c)
        print_class(&evaluation->classes[c], width);
}

// Which class rows are taken for, as far as a screen holds it.
static void print_confusion(const struct elbow_session *session, const struct elbow_evaluation *evaluation)
{
    const struct elbow_conditions *names = &session->checkpoint.data.classes;
    size_t classes = evaluation->confusion_classes;
    int width = CLASS_WIDTH;
    for (size_t y = 0; y < classes; ++y) {
        int length = characters(elbow_class_name(names, y));
        width = length > width ? length : width;
    }
    if (classes > CONFUSION_MOST || width > CONFUSION_WIDTH) {
        printf("\nthe confusion matrix of %zu classes is in --json and --confusion FILE\n", classes);
        return;
    }
    printf("\n%*s  of rows with this label the likeliest class is\n%*s", width, "", width, "label");
    for (size_t y = 0; y < classes; ++y)
        elbow_text_print(stdout, "%*s%s", 1 + width - characters(elbow_class_name(names, y)), "",
                         elbow_class_name(names, y));
    for (size_t n = 0; n < classes * classes; ++n) {
        const char *name = elbow_class_name(names, n / classes);
        if (n % classes == 0)
            elbow_text_print(stdout, "\n%*s%s", width - characters(name), "", name);
        printf(" %*.0f", width, evaluation->confusion[n]);
    }
    putchar('\n');
}

// Of the column of names: wider where a long one is shown.
static int width_of_names(const struct elbow_evaluation *evaluation)
{
    int width = NAME_WIDTH;
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        int length = (int)strlen(elbow_figure_row(kind)->name);
        if (length > width && elbow_figures_has(&evaluation->figures, kind, ELBOW_FIGURE_IN_WORDS))
            width = length;
    }
    for (size_t i = 0; i < evaluation->figures.part_count; ++i) {
        char name[ELBOW_FIGURE_NAME];
        const struct elbow_part_figure *own = &evaluation->figures.parts[i];
        int length = (int)strlen(elbow_figure_name_part(own->kind, own->part, name));
        width = length > width ? length : width;
    }
    return width;
}

static void print_words(const struct elbow_session *session, const struct elbow_evaluation *evaluation)
{
    const char *unit = "";
    int width = width_of_names(evaluation);
    char text[ELBOW_FIGURE_TEXT];
    elbow_text_print(stdout, "%-*s %s (step %llu)\n", width, "checkpoint", session->checkpoint.path,
                     (unsigned long long)session->checkpoint.state.step);
    elbow_text_print(stdout, "%-*s %s\n", width, "data", session->dataset.name);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        const struct elbow_figure *figure = elbow_figure_row(kind);
        if (!elbow_figures_has(&evaluation->figures, kind, ELBOW_FIGURE_IN_WORDS))
            continue;
        printf("%-*s %s", width, figure->name, elbow_figure_text(kind, evaluation->figures.values[kind], text));
        print_rest(evaluation, kind, &unit);
    }
    for (size_t i = 0; i < evaluation->figures.part_count; ++i) {
        char name[ELBOW_FIGURE_NAME];
        const struct elbow_part_figure *own = &evaluation->figures.parts[i];
        printf("%-*s %s\n", width, elbow_figure_name_part(own->kind, own->part, name),
               elbow_figure_text(own->kind, own->value, text));
    }
    if (evaluation->class_count > 0)
        print_classes(evaluation);
    if (evaluation->confusion != NULL)
        print_confusion(session, evaluation);
}

// A mean over samples has its standard error behind it.
static void print_error(struct elbow_json *json, const struct elbow_figures *figures, enum elbow_figure_kind kind,
                        enum elbow_figure_place place)
{
    char name[ELBOW_FIGURE_NAME];
    if (!elbow_figures_has(figures, kind, place) || !figures->has_error[kind])
        return;
    snprintf(name, sizeof name, "%s_error", elbow_figure_row(kind)->name);
    elbow_json_number(json, name, figures->errors[kind]);
}

// kl_is: how the KL was found; NULL: not told.
static void print_figures(struct elbow_json *json, const struct elbow_figures *figures, enum elbow_figure_place place,
                          const char *kl_is)
{
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        if (elbow_figures_has(figures, kind, place))
            elbow_json_number(json, elbow_figure_row(kind)->name, figures->values[kind]);
        print_error(json, figures, kind, place);
        if (kind == ELBOW_FIGURE_KL && kl_is != NULL && elbow_figures_has(figures, kind, place))
            elbow_json_text(json, "kl_is", kl_is);
    }
    for (size_t i = 0; i < figures->part_count && place == ELBOW_FIGURE_IN_JSON; ++i) {
        char name[ELBOW_FIGURE_NAME];
        elbow_json_number(json, elbow_figure_name_part(figures->parts[i].kind, figures->parts[i].part, name),
                          figures->parts[i].value);
    }
}

static void print_confusion_json(struct elbow_json *json, const struct elbow_conditions *names,
                                 const struct elbow_evaluation *evaluation)
{
    size_t classes = evaluation->confusion_classes;
    elbow_json_open(json, "confusion", '{');
    elbow_json_open(json, "classes", '[');
    for (size_t y = 0; y < classes; ++y)
        elbow_json_text(json, NULL, elbow_class_name(names, y));
    elbow_json_close(json, ']');
    elbow_json_open(json, "rows", '[');
    for (size_t y = 0; y < classes; ++y) {
        elbow_json_open(json, NULL, '[');
        for (size_t k = 0; k < classes; ++k)
            elbow_json_integer(json, NULL, (int64_t)evaluation->confusion[y * classes + k]);
        elbow_json_close(json, ']');
    }
    elbow_json_close(json, ']');
    elbow_json_close(json, '}');
}

static void print_json(const struct elbow_session *session, const struct elbow_evaluation *evaluation)
{
    struct elbow_json json = {.out = stdout};
    elbow_json_open(&json, NULL, '{');
    print_figures(&json, &evaluation->figures, ELBOW_FIGURE_IN_JSON, evaluation->has_sampled_kl ? "sampled" : "exact");
    if (evaluation->class_count > 0) {
        elbow_json_open(&json, "classes", '[');
        for (size_t c = 0; c < evaluation->class_count; ++c) {
            elbow_json_open(&json, NULL, '{');
            elbow_json_integer(&json, "label", evaluation->classes[c].label);
            if (evaluation->classes[c].name != NULL)
                elbow_json_text(&json, "name", evaluation->classes[c].name);
            print_figures(&json, &evaluation->classes[c].figures, ELBOW_FIGURE_IN_CLASSES, NULL);
            elbow_json_close(&json, '}');
        }
        elbow_json_close(&json, ']');
    }
    if (evaluation->confusion != NULL)
        print_confusion_json(&json, &session->checkpoint.data.classes, evaluation);
    elbow_json_close(&json, '}');
}

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
     .help = "also the log-likelihood by K importance samples",
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
    ELBOW_ROW_CORRUPT(offsetof(struct wish, request.corrupt),
                      "corrupts what the encoder sees, as in training, and measures how well the model undoes that"),
    {.name = "confusion",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE",
     .help = "also writes the confusion matrix of a classifier, a row for each pair of label and likeliest class, to a "
             "file with one of these endings:" ELBOW_SINK_TABLE_ENDINGS,
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

// What is not finite says nothing of the model but that.
static void warn_of_infinite(const struct elbow_dataset *dataset, const struct elbow_figures *figures,
                             struct elbow_log *log)
{
    bool has_elbo = elbow_figures_has(figures, ELBOW_FIGURE_ELBO, ELBOW_FIGURE_IN_JSON);
    if (!isfinite(figures->values[ELBOW_FIGURE_RECON] + (has_elbo ? figures->values[ELBOW_FIGURE_ELBO] : 0)))
        elbow_log_warn(
            log,
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
    if (status == ELBOW_OK)
        warn_of_infinite(&session.dataset, &evaluation.figures, call->log);
    if (status == ELBOW_OK && elbow_comm_place(call->comm).rank == 0) {
        if (wish.json)
            print_json(&session, &evaluation);
        else
            print_words(&session, &evaluation);
    }
    elbow_evaluation_clear(&evaluation);
    elbow_session_close(call->comm, &session);
    return status;
}

const struct elbow_command elbow_command_eval = {
    .name = "eval",
    .summary = "tell the ELBO of a model on a dataset",
    .text =
        "The ELBO and its parts, recon and kl, in nats per sample, and per class where there are labels (samples\n"
        "whose label is unknown are a class of their own); of a deterministic autoencoder recon alone. With\n"
        "--importance also the importance-sampled log-likelihood, with --kl-parts the parts of the KL, whose pairs of\n"
        "rows take longer than all else. Data are binarised as in training, each row always\n"
        "to the same zeros and ones; --binarize chooses otherwise.\n",
    .examples =
        "elbow eval runs/shapes\n"
        "mpirun -n 8 elbow eval runs/mnist-mlp --best --data data/mnist.h5:/test/images --importance 500 --json\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .preview = preview,
};
