// SPDX-License-Identifier: BSD-3-Clause
// Tables of a report: the figures of `elbow eval` and `elbow measure` for each run, with units and meanings.
#include "elbow/report/detail/page.h"

#include "elbow/base/text.h"
#include "elbow/output/html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { CLASSES_SHOWN = 50, TEXT = 128 };

static void begin_table(const char *label, FILE *out)
{
    fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"", out);
    elbow_html_text(out, label);
    fputs("\"><table>\n<thead><tr>", out);
}

static void end_table(FILE *out)
{
    fputs("</tbody></table></div>\n", out);
}

static void write_head(const char *text, FILE *out)
{
    elbow_html_element(out, "th scope=\"col\"", text);
}

// A number and its error; a dash if there is none.
static void write_number(const char *value, double error, FILE *out)
{
    fputs("<td>", out);
    if (value == NULL)
        fputs("&ndash;", out);
    else
        elbow_html_text(out, value);
    if (value != NULL && !isnan(error))
        fprintf(out, error < 9.95 ? " &plusmn; %#.2g" : " &plusmn; %.0f", error);
    fputs("</td>", out);
}

static void write_given(const struct elbow_figures *figures, enum elbow_figure_kind kind, enum elbow_figure_place place,
                        FILE *out)
{
    char text[ELBOW_FIGURE_TEXT];
    if (!elbow_figures_has(figures, kind, place))
        write_number(NULL, NAN, out);
    else
        write_number(elbow_figure_text(kind, figures->values[kind], text),
                     figures->has_error[kind] ? figures->errors[kind] : (double)NAN, out);
}

static bool is_known(const struct elbow_report *report, enum elbow_figure_kind kind)
{
    for (size_t r = 0; r < report->count; ++r)
        if (elbow_figures_has(&report->reported[r].evaluation.figures, kind, ELBOW_FIGURE_IN_WORDS))
            return true;
    return false;
}

static void begin_figure(const char *name, const char *unit, FILE *out)
{
    fputs("<tr><th scope=\"row\">", out);
    elbow_html_text(out, name);
    if (*unit != '\0')
        elbow_html_element(out, "small", unit);
    fputs("</th>", out);
}

static void end_figure(const char *meaning, FILE *out)
{
    elbow_html_element(out, "td class=\"words\"", meaning);
    fputs("</tr>\n", out);
}

// The figures that each of several likelihoods of a model has, of one run.
static void write_parts(const struct elbow_report *report, size_t run, FILE *out)
{
    const struct elbow_figures *figures = &report->reported[run].evaluation.figures;
    for (size_t i = 0; i < figures->part_count; ++i) {
        const struct elbow_part_figure *own = &figures->parts[i];
        char name[ELBOW_FIGURE_NAME], text[ELBOW_FIGURE_TEXT];
        begin_figure(elbow_figure_name_part(own->kind, own->part, name), elbow_figure_row(own->kind)->unit, out);
        for (size_t r = 0; r < report->count; ++r)
            write_number(r == run ? elbow_figure_text(own->kind, own->value, text) : NULL, NAN, out);
        end_figure(elbow_figure_row(own->kind)->meaning, out);
    }
}

static void write_evaluation(const struct elbow_report *report, FILE *out)
{
    begin_table("Figures of the evaluation", out);
    write_head("figure", out);
    for (size_t r = 0; r < report->count; ++r)
        write_head(report->runs[r].name, out);
    fputs("<th scope=\"col\" class=\"words\">meaning</th></tr></thead>\n<tbody>\n", out);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        if (!is_known(report, kind))
            continue;
        begin_figure(elbow_figure_row(kind)->name, elbow_figure_row(kind)->unit, out);
        for (size_t r = 0; r < report->count; ++r)
            write_given(&report->reported[r].evaluation.figures, kind, ELBOW_FIGURE_IN_WORDS, out);
        end_figure(elbow_figure_row(kind)->meaning, out);
    }
    for (size_t r = 0; r < report->count; ++r)
        write_parts(report, r, out);
    end_table(out);
}

static void write_class(const struct elbow_class_figures *class, FILE *out)
{
    char number[TEXT];
    elbow_text_format(number, sizeof number, "%" PRId64, class->label);
    fputs("<tr>", out);
    elbow_html_element(out, "th scope=\"row\"",
                       class->name != NULL                   ? class->name
                       : class->label == ELBOW_LABEL_UNKNOWN ? "unknown"
                                                             : number);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        if (elbow_figures_has(&class->figures, kind, ELBOW_FIGURE_IN_CLASSES))
            write_given(&class->figures, kind, ELBOW_FIGURE_IN_CLASSES, out);
    fputs("</tr>\n", out);
}

static void write_classes(const struct elbow_evaluation *evaluation, const char *name, FILE *out)
{
    char label[ELBOW_PATH_SIZE + TEXT];
    elbow_text_format(label, sizeof label, "By label: %s", name);
    fputs("<div>\n", out);
    elbow_html_element(out, "h3", label);
    begin_table(label, out);
    write_head("label", out);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        if (elbow_figures_has(&evaluation->classes[0].figures, kind, ELBOW_FIGURE_IN_CLASSES))
            write_head(elbow_figure_row(kind)->name, out);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t c = 0; c < evaluation->class_count; ++c)
        write_class(&evaluation->classes[c], out);
    end_table(out);
    fputs("</div>\n", out);
}

void elbow_report_write_evaluation(const struct elbow_report *report, FILE *out)
{
    elbow_html_element(out, "h3", "Evaluation");
    write_evaluation(report, out);
    elbow_html_element(out, "p class=\"note\"", "The figures of elbow eval. Means over rows have a standard error.");
    fputs("<div class=\"tables\">\n", out);
    for (size_t r = 0; r < report->count; ++r) {
        const struct elbow_evaluation *evaluation = &report->reported[r].evaluation;
        if (evaluation->class_count > 0 && evaluation->class_count <= CLASSES_SHOWN)
            write_classes(evaluation, report->runs[r].name, out);
    }
    fputs("</div>\n", out);
}

static const struct elbow_yardstick_figure *figure_at(const struct elbow_yardstick_figures *figures, bool is_there,
                                                      const char *name)
{
    for (size_t i = 0; is_there && i < figures->count; ++i)
        if (strcmp(figures->figures[i].name, name) == 0)
            return &figures->figures[i];
    return NULL;
}

static void write_measured(const struct elbow_yardstick_figure *figure, FILE *out)
{
    char text[TEXT];
    if (figure != NULL)
        elbow_text_format(text, sizeof text, "%.4g", figure->value);
    write_number(figure != NULL ? text : NULL, figure != NULL ? figure->error : (double)NAN, out);
}

static bool has_baseline(const struct elbow_report *report, size_t run)
{
    return report->reported[run].why_unmeasured == NULL && report->reported[run].measuring->has_baseline;
}

static bool is_equal(const struct elbow_measuring *a, const struct elbow_measuring *b)
{
    bool equal = a->width == b->width;
    for (int kind = 0; kind < ELBOW_YARDSTICKS && equal; ++kind) {
        const struct elbow_measured_yardstick *one = &a->told[kind], *other = &b->told[kind];
        equal = one->has_baseline == other->has_baseline && one->baseline.count == other->baseline.count;
        for (size_t i = 0; one->has_baseline && equal && i < one->baseline.count; ++i)
            equal = memcmp(&one->baseline.figures[i].value, &other->baseline.figures[i].value, sizeof(double)) == 0;
    }
    return equal;
}

// True if the PCA of a run gets its own column. Runs with the same rows and number of dimensions share that of the last
// one.
static bool shows_baseline(const struct elbow_report *report, size_t run)
{
    if (!has_baseline(report, run))
        return false;
    for (size_t r = run + 1; r < report->count; ++r)
        if (has_baseline(report, r))
            return !is_equal(report->reported[run].measuring, report->reported[r].measuring);
    return true;
}

static void write_measure(const struct elbow_report *report, enum elbow_yardstick_kind kind, const char *name,
                          FILE *out)
{
    begin_figure(name, "", out);
    for (size_t r = 0; r < report->count; ++r) {
        const struct elbow_measured_yardstick *told = &report->reported[r].measuring->told[kind];
        write_measured(figure_at(&told->figures, told->is_told, name), out);
        if (shows_baseline(report, r))
            write_measured(figure_at(&told->baseline, told->has_baseline, name), out);
    }
    end_figure(elbow_yardstick_row(kind)->meaning, out);
}

// All figures of a measure, as the first run that has them names them.
static void write_kind(const struct elbow_report *report, enum elbow_yardstick_kind kind, FILE *out)
{
    for (size_t r = 0; r < report->count; ++r) {
        const struct elbow_measured_yardstick *told = &report->reported[r].measuring->told[kind];
        for (size_t i = 0; told->is_told && i < told->figures.count; ++i)
            write_measure(report, kind, told->figures.figures[i].name, out);
        if (told->is_told)
            return;
    }
}

static void write_measures(const struct elbow_report *report, FILE *out)
{
    begin_table("Measures of the latent space", out);
    write_head("measure", out);
    for (size_t r = 0; r < report->count; ++r) {
        char text[ELBOW_PATH_SIZE + TEXT];
        write_head(report->runs[r].name, out);
        elbow_text_format(text, sizeof text, "PCA, %zu", report->reported[r].measuring->width);
        if (shows_baseline(report, r))
            write_head(text, out);
    }
    fputs("<th scope=\"col\" class=\"words\">meaning</th></tr></thead>\n<tbody>\n", out);
    for (enum elbow_yardstick_kind kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        write_kind(report, kind, out);
    end_table(out);
}

// The number of rows, and the measures that were left out.
static void write_scope(const struct elbow_report *report, size_t run, FILE *out)
{
    const struct elbow_reported *reported = &report->reported[run];
    const struct elbow_measuring *measuring = reported->measuring;
    fputs("<p class=\"note\"><strong>", out);
    elbow_html_text(out, report->runs[run].name);
    if (reported->why_unmeasured != NULL) {
        fputs("</strong>: not measured: ", out);
        elbow_html_text(out, reported->why_unmeasured);
        fputs(".</p>\n", out);
        return;
    }
    fprintf(out, "</strong>: means of q(z|x) of %zu of %" PRIu64 " rows.", measuring->rows, measuring->samples);
    for (enum elbow_yardstick_kind kind = 0; kind < ELBOW_YARDSTICKS; ++kind)
        if (!measuring->told[kind].is_told && measuring->told[kind].why_not[0] != '\0') {
            const char *why = measuring->told[kind].why_not;
            fprintf(out, " No %s: ", elbow_yardstick_row(kind)->word);
            elbow_html_text_of(out, why, strcspn(why, ";"));
            fputc('.', out);
        }
    fputs("</p>\n", out);
}

void elbow_report_write_measures(const struct elbow_report *report, FILE *out)
{
    bool has_any = false;
    for (size_t r = 0; r < report->count; ++r)
        has_any = has_any || report->reported[r].why_unmeasured == NULL;
    if (has_any)
        write_measures(report, out);
    elbow_html_element(out, "p class=\"note\"",
                       "The figures of elbow measure, compared with a PCA of the same rows with the same number of "
                       "dimensions. Adjacent runs with the same PCA share its column.");
    for (size_t r = 0; r < report->count; ++r)
        write_scope(report, r, out);
}
