// SPDX-License-Identifier: BSD-3-Clause
// The output of elbow eval: text, or one JSON object.
#include "elbow/cli/eval.h"

#include "elbow/base/json.h"
#include "elbow/base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 64 }; // of a class, in words; longer ones are cut

// A class in the text: its name, or its number.
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

// Prints the rest of a line after its number: its standard error, its unit if it differs from that of the previous
// lines, and a remark.
static void print_rest(const struct elbow_evaluation *evaluation, enum elbow_figure_kind kind, const char **unit)
{
    const struct elbow_figure *figure = elbow_figure_row(kind);
    if (evaluation->figures.has_error[kind])
        printf(" +- %.2g", evaluation->figures.errors[kind]);
    if (*figure->unit != '\0' && strcmp(figure->unit, *unit) != 0)
        printf(" %s", figure->unit);
    *unit = figure->unit;
    if (kind == ELBOW_FIGURE_ACTIVE_UNITS)
        printf(" of %zu", evaluation->latent);
    if (kind == ELBOW_FIGURE_KL && evaluation->has_sampled_kl)
        printf(" estimated from one draw of z");
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

// The confusion matrix, if it fits on a screen.
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
        printf("\nthe confusion matrix of %zu classes is not printed; --json and --confusion FILE write it\n", classes);
        return;
    }
    printf("\n%*s  rows with each label, by their most probable class\n%*s", width, "", width, "label");
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

// The width of the column of names: wider if a long one is shown.
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

// The standard error of a mean over samples follows it.
static void print_error(struct elbow_json *json, const struct elbow_figures *figures, enum elbow_figure_kind kind,
                        enum elbow_figure_place place)
{
    char name[ELBOW_FIGURE_NAME];
    if (!elbow_figures_has(figures, kind, place) || !figures->has_error[kind])
        return;
    snprintf(name, sizeof name, "%s_error", elbow_figure_row(kind)->name);
    elbow_json_number(json, name, figures->errors[kind]);
}

// kl_is: "exact" or "sampled"; NULL: not printed.
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

void elbow_eval_print(const struct elbow_session *session, const struct elbow_evaluation *evaluation, bool json)
{
    (json ? print_json : print_words)(session, evaluation);
}
