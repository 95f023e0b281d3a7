// SPDX-License-Identifier: BSD-3-Clause
// The page of a report, section by section.
#include "elbow/report/detail/page.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/output/html.h"
#include "elbow/output/image.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The sections with a picture of each run, or one of all runs: a plot, or images of the runs. A note explains it.
static const struct drawn {
    const char *id, *heading, *note, *alt;
    enum elbow_compared_part plot;
    size_t images; // their place in a run; 0: a plot
} drawn[] = {
    {"rates", "Rate against distortion", "Each line follows a run over training and ends at the point.",
     "Rate (KL) against distortion (-recon), a line for each run", ELBOW_COMPARED_RATES, 0},
    {"dimensions", "KL of each dimension",
     "The most used dimension is at the bottom. Each run has its own colour scale.",
     "Heat map of the KL of each latent dimension over training", ELBOW_COMPARED_DIMENSIONS, 0},
    {"prior", "Decoded from the prior", "Models with the same number of dimensions decode the same draws of N(0, I).",
     "Images decoded from draws of N(0, I)", ELBOW_COMPARED_IMAGES, offsetof(struct elbow_compared, samples)},
    {"reconstructions", "Reconstructions",
     "Rows above, their reconstructions below. Of rows that are not images the first ones are drawn as lines.",
     "Rows of the data, and below each its reconstruction", ELBOW_COMPARED_IMAGES,
     offsetof(struct elbow_compared, reconstructions)},
    {"map", "Latent space",
     "Means of q(z|x) of all rows, coloured by label if there are labels. The ring marks two standard deviations of "
     "N(0, I).",
     "Scatter plot of the latent means", ELBOW_COMPARED_MAPS, 0},
    {"traversals", "Traversals",
     "One row for each dimension, the most used one at the top. From left to right this dimension goes through the "
     "quantiles of the latents of the data; the others stay at the centre.",
     "Images decoded along each latent dimension", ELBOW_COMPARED_IMAGES, offsetof(struct elbow_compared, traversals)},
};
enum { DRAWN = sizeof drawn / sizeof *drawn, SIDE_MAX = 800 };

static void write_mean(struct elbow_compared_mean mean, FILE *out)
{
    if (isnan(mean.mean))
        fputs("<td>&ndash;</td>", out);
    else
        fprintf(out, "<td>%.4f &plusmn; %.4f</td>", mean.mean, mean.error);
}

static void write_figures(const struct elbow_report *report, FILE *out)
{
    elbow_html_section(out, "figures", "Figures");
    fputs("<div class=\"wide\" role=\"region\" aria-label=\"Figures\" tabindex=\"0\"><table>\n<thead><tr><th "
          "scope=\"col\">run</th><th scope=\"col\">step</th>"
          "<th scope=\"col\">rows</th>",
          out);
    for (int f = 0; f < ELBOW_COMPARED_FIGURES; ++f)
        fprintf(out, "<th scope=\"col\">%s</th>", elbow_compared_names[f]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t r = 0; r < report->count; ++r) {
        const struct elbow_compared *run = &report->runs[r];
        fputs("<tr><th scope=\"row\">", out);
        elbow_html_text(out, run->name);
        fprintf(out, "</th><td>%" PRIu64 "</td><td>%zu</td>", run->step, run->rows);
        for (int f = 0; f < ELBOW_COMPARED_FIGURES; ++f)
            write_mean(elbow_compared_mean(run, (enum elbow_compared_figure)f), out);
        fputs("</tr>\n", out);
    }
    for (size_t r = 1; r < report->count; ++r) {
        const struct elbow_compared *first = &report->runs[0], *run = &report->runs[r];
        if (isnan(elbow_compared_difference(first, run, ELBOW_COMPARED_RECON).mean))
            continue;
        fputs("<tr><th scope=\"row\">", out);
        elbow_html_text(out, run->name);
        fputs(" &minus; ", out);
        elbow_html_text(out, first->name);
        fputs("</th><td></td><td></td>", out);
        for (int f = 0; f < ELBOW_COMPARED_FIGURES; ++f)
            write_mean(elbow_compared_difference(first, run, (enum elbow_compared_figure)f), out);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    elbow_html_element(out, "p class=\"note\"",
                       report->count > 1 ? "Means over rows and their standard errors, in nats a row. Differences of "
                                           "two runs are paired row by row; they need the same rows."
                                         : "Means over rows and their standard errors, in nats a row.");
    elbow_report_write_evaluation(report, out);
    elbow_html_section_end(out);
}

static void write_measures(const struct elbow_report *report, FILE *out)
{
    elbow_html_section(out, "measures", "Measures");
    elbow_report_write_measures(report, out);
    elbow_html_section_end(out);
}

static void write_warnings(const struct elbow_report *report, FILE *out)
{
    elbow_html_section(out, "warnings", "Warnings");
    elbow_report_write_warnings(report, out);
    elbow_html_section_end(out);
}

static void write_figure(const char *kind, const char *name, const char *what, const char *bytes, size_t size,
                         FILE *out)
{
    char alt[ELBOW_PATH_SIZE + 128];
    elbow_text_format(alt, sizeof alt, "%s%s%s", what, name == NULL ? "" : ", ", name == NULL ? "" : name);
    fprintf(out, "<figure class=\"%s\">", kind);
    if (name != NULL)
        elbow_html_element(out, "figcaption", name);
    if (bytes != NULL)
        elbow_html_image(out, "image/png", bytes, size, alt);
    else
        elbow_html_element(out, "p class=\"note\"", "There is nothing to draw.");
    fputs("</figure>\n", out);
}

// `name`: the run to draw; NULL: all runs
static enum elbow_status write_plot(const struct elbow_compared *runs, size_t count, const char *name,
                                    enum elbow_compared_part part, const char *what, FILE *out,
                                    struct elbow_error *error)
{
    char *bytes = NULL;
    size_t size = 0;
    enum elbow_status status = elbow_comparison_encode(runs, count, part, &bytes, &size, error);
    if (status == ELBOW_OK)
        write_figure("drawn", name, what, bytes, size, out);
    elbow_release(&bytes);
    return status;
}

// The mean of the pixels of a square.
static uint8_t shade_of(const struct elbow_compared_pictures *images, size_t scale, size_t y, size_t x, size_t channel)
{
    double sum = 0, count = 0;
    for (size_t i = y * scale; i < (y + 1) * scale && i < images->rows; ++i)
        for (size_t k = x * scale; k < (x + 1) * scale && k < images->columns; ++k) {
            sum += fmin(fmax(images->pixels[(i * images->columns + k) * images->channels + channel], 0), 1);
            ++count;
        }
    return (uint8_t)(sum / count * UINT8_MAX + 0.5);
}

// Large ones are made smaller by a whole factor.
static enum elbow_status write_images(const struct elbow_compared_pictures *images, const char *name, const char *what,
                                      FILE *out, struct elbow_error *error)
{
    size_t side = images->rows > images->columns ? images->rows : images->columns, size = 0;
    size_t scale = (side + SIDE_MAX - 1) / SIDE_MAX, channels = images->channels;
    char *bytes = NULL;
    if (images->pixels == NULL) {
        write_figure("pixels", name, what, NULL, 0, out);
        return ELBOW_OK;
    }
    struct elbow_picture picture = {.height = (images->rows + scale - 1) / scale,
                                    .width = (images->columns + scale - 1) / scale,
                                    .channels = channels};
    enum elbow_status status =
        elbow_allocate(&picture.pixels, picture.height * picture.width * channels, 1, "images of a report", error);
    for (size_t k = 0; status == ELBOW_OK && k < picture.height * picture.width * channels; ++k)
        picture.pixels[k] =
            shade_of(images, scale, k / channels / picture.width, k / channels % picture.width, k % channels);
    if (status == ELBOW_OK)
        status = elbow_picture_encode(&picture, "a report", &bytes, &size, error);
    if (status == ELBOW_OK)
        write_figure("pixels", name, what, bytes, size, out);
    elbow_release(&bytes);
    elbow_picture_clear(&picture);
    return status;
}

static enum elbow_status write_curves(const struct elbow_report *report, FILE *out, struct elbow_error *error)
{
    static const char *const CURVES[][2] = {
        {"objective", "objective, nats a row"},
        {"elbo", "elbo, nats a row"},
        {"recon", "recon, nats a row"},
        {"kl", "kl, nats a row"},
        {"rate", "learning rate"},
        {"gap", "train minus valid, nats a row"},
    };
    char *json = NULL;
    size_t size = 0;
    elbow_html_section(out, "curves", "Curves");
    fputs("<noscript>\n", out);
    enum elbow_status status =
        write_plot(report->runs, report->count, NULL, ELBOW_COMPARED_CURVES, "Curves over training", out, error);
    if (status != ELBOW_OK)
        return status;
    fputs("</noscript>\n<div class=\"scripted-only\">\n<div class=\"legend\" id=\"curves-legend\"></div>\n<p "
          "class=\"hint\"><button type=\"button\" id=\"zoom-in\">Zoom in</button> <button type=\"button\" "
          "id=\"zoom-out\">Zoom out</button> <button type=\"button\" id=\"zoom-all\">All steps</button></p>\n<p "
          "class=\"note hint\">Drag over a curve to zoom in; a double click shows all. Keys on a curve: arrows show "
          "the values step by step, + and &minus; zoom, 0 shows all.</p>\n<div class=\"grid\">\n",
          out);
    for (size_t c = 0; c < sizeof CURVES / sizeof *CURVES; ++c)
        fprintf(out,
                "<figure><figcaption>%s</figcaption><div class=\"chart\" id=\"chart-%s\" data-curve=\"%s\" "
                "tabindex=\"0\" role=\"group\" aria-label=\"Curve: %s, by step\"></div></figure>\n",
                CURVES[c][1], CURVES[c][0], CURVES[c][0], CURVES[c][1]);
    fputs("</div>\n</div>\n", out);
    FILE *text = open_memstream(&json, &size);
    if (text == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "the curves do not fit into memory");
    elbow_report_write_curves(report, text);
    if (fclose(text) != 0)
        status = elbow_error_set(error, ELBOW_MEMORY, "the curves do not fit into memory");
    else
        elbow_html_json(out, "curves-data", json);
    free(json);
    elbow_html_section_end(out);
    return status;
}

// Of rows that are no images there are lines.
static bool has_lines(const struct drawn *of, const struct elbow_report *report, size_t run)
{
    return of->images == offsetof(struct elbow_compared, reconstructions) &&
           report->reported[run].lines[0].bytes != NULL;
}

// True if any run has such images.
static bool has_images(const struct drawn *of, const struct elbow_report *report)
{
    for (size_t r = 0; r < report->count; ++r) {
        const void *images = (const char *)&report->runs[r] + of->images;
        if (((const struct elbow_compared_pictures *)images)->pixels != NULL || has_lines(of, report, r))
            return true;
    }
    return false;
}

// One picture for each run, so that the browser places them side by side or, in a narrow window, below each other.
static enum elbow_status write_run(const struct drawn *of, const struct elbow_report *report, size_t r, FILE *out,
                                   struct elbow_error *error)
{
    const struct elbow_compared *run = &report->runs[r];
    if (has_lines(of, report, r)) {
        elbow_report_write_lines(report, r, out);
        return ELBOW_OK;
    }
    if (of->images == 0)
        return write_plot(run, 1, run->name, of->plot, of->alt, out, error);
    const void *images = (const char *)run + of->images;
    return write_images(images, run->name, of->alt, out, error);
}

static enum elbow_status write_drawn(const struct elbow_report *report, FILE *out, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t d = 0; d < DRAWN && status == ELBOW_OK; ++d) {
        bool is_of_all = drawn[d].plot == ELBOW_COMPARED_RATES;
        elbow_html_section(out, drawn[d].id, drawn[d].heading);
        if (drawn[d].images != 0 && !has_images(&drawn[d], report)) {
            elbow_html_element(out, "p class=\"note\"",
                               "Nothing to draw: the rows are not images, or the model decodes under conditions.");
            elbow_html_section_end(out);
            continue;
        }
        elbow_html_element(out, "p class=\"note\"", drawn[d].note);
        fputs("<div class=\"grid\">\n", out);
        if (is_of_all)
            status = write_plot(report->runs, report->count, NULL, drawn[d].plot, drawn[d].alt, out, error);
        for (size_t r = 0; r < report->count && !is_of_all && status == ELBOW_OK; ++r)
            status = write_run(&drawn[d], report, r, out, error);
        fputs("</div>\n", out);
        elbow_html_section_end(out);
    }
    return status;
}

static void write_steps(const struct elbow_report *report, FILE *out)
{
    elbow_html_section(out, "samples", "Over training");
    fputs("<div class=\"grid\">\n", out);
    for (size_t r = 0; r < report->count; ++r)
        elbow_report_write_steps(report, r, out);
    fputs("</div>\n", out);
    elbow_html_section_end(out);
}

// True if a text has this line.
static bool has_line(const char *text, const char *line, size_t length)
{
    while (*text != '\0') {
        size_t other = strcspn(text, "\n");
        if (other == length && memcmp(text, line, length) == 0)
            return true;
        text += other + (text[other] == '\n');
    }
    return false;
}

// Lines that the first run does not have are marked.
static void write_configuration(const char *config, const char *first, FILE *out)
{
    fputs("<pre tabindex=\"0\">", out);
    for (const char *line = config; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        bool is_new = !has_line(first, line, length);
        fputs(is_new ? "<mark>" : "", out);
        elbow_html_text_of(out, line, length);
        fputs(is_new ? "</mark>\n" : "\n", out);
        line += length + (line[length] == '\n');
    }
    fputs("</pre>\n", out);
}

static void write_texts(const struct elbow_report *report, FILE *out)
{
    elbow_html_section(out, "configuration", "Configuration");
    if (report->count > 1)
        elbow_html_element(out, "p class=\"note\"", "Lines that the first run does not have are marked.");
    fputs("<div class=\"grid\">\n", out);
    for (size_t r = 0; r < report->count; ++r) {
        fputs("<div>\n", out);
        elbow_html_element(out, "h3", report->runs[r].name);
        write_configuration(report->reported[r].config, report->reported[0].config, out);
        fputs("</div>\n", out);
    }
    fputs("</div>\n", out);
    elbow_html_section_end(out);
    elbow_html_section(out, "receipt", "Machine and receipt");
    for (size_t r = 0; r < report->count; ++r) {
        elbow_html_element(out, "h3", report->runs[r].name);
        if (report->reported[r].receipt != NULL)
            elbow_html_element(out, "pre class=\"receipt\" tabindex=\"0\"", report->reported[r].receipt);
        else
            elbow_html_element(out, "p class=\"note\"", "A checkpoint by itself has no receipt.");
    }
    elbow_html_section_end(out);
}

static void write_head(const struct elbow_report *report, FILE *out)
{
    static const char *const PLACES[][2] = {
        {"figures", "Figures"}, {"warnings", "Warnings"}, {"curves", "Curves"}, {"samples", "Over training"}};
    char title[1024] = "";
    size_t length = 0;
    for (size_t r = 0; r < report->count && length < sizeof title; ++r) {
        elbow_text_format(title + length, sizeof title - length, "%s%s", r > 0 ? ", " : "", report->runs[r].name);
        length = strlen(title);
    }
    elbow_html_begin(out, title, elbow_report_style);
    elbow_html_element(out, "h1", title);
    fputs("<nav aria-label=\"Sections\">\n", out);
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; ++i)
        fprintf(out, "<a href=\"#%s\">%s</a>\n", PLACES[i][0], PLACES[i][1]);
    for (size_t d = 0; d < DRAWN; ++d)
        fprintf(out, "<a href=\"#%s\">%s</a>\n", drawn[d].id, drawn[d].heading);
    fputs("<a href=\"#measures\">Measures</a>\n<a href=\"#configuration\">Configuration</a>\n<a "
          "href=\"#receipt\">Machine and receipt</a>\n</nav>\n<main>\n",
          out);
}

enum elbow_status elbow_report_write(const struct elbow_report *report, FILE *out, struct elbow_error *error)
{
    write_head(report, out);
    write_figures(report, out);
    write_warnings(report, out);
    enum elbow_status status = write_curves(report, out, error);
    if (status != ELBOW_OK)
        return status;
    write_steps(report, out);
    status = write_drawn(report, out, error);
    if (status != ELBOW_OK)
        return status;
    write_measures(report, out);
    write_texts(report, out);
    fputs("</main>\n", out);
    elbow_html_end(out, elbow_report_script);
    return ELBOW_OK;
}
