// SPDX-License-Identifier: BSD-3-Clause
// The data of a report from the directory of a run: tables as JSON, pictures over training, warnings.
#include "elbow/report/detail/page.h"

#include "elbow/base/file.h"
#include "elbow/base/json.h"
#include "elbow/base/memory.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/output/html.h"
#include "elbow/vae/objective.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 1 << 26,
    PICTURE_MAX = 1 << 24,
    PICTURES_MAX = 1600000, // bytes of the pictures over training, of all runs
    FRAMES_MAX = 24,        // steps of a slider
    POINTS_MAX = 3000,      // of the curves, of all runs
    WARNINGS_MAX = 20       // lines of a log
};

static char *read_text(const char *run, const char *name, size_t limit, size_t *size)
{
    elbow_path path;
    char *text = NULL;
    struct elbow_error none = {0};
    if (elbow_text_format(path, sizeof path, "%s/%s", run, name))
        elbow_file_read(NULL, path, limit, &text, size, &none);
    return text;
}

enum elbow_status elbow_reported_take(const char *run, const char *config, struct elbow_reported *reported,
                                      struct elbow_error *error)
{
    struct elbow_directory directory = {0};
    struct elbow_error none = {0};
    size_t size, length = strlen(config);
    reported->path = run;
    enum elbow_status status = elbow_allocate(&reported->config, length + 1, 1, "a configuration", error);
    if (status != ELBOW_OK)
        return status;
    memcpy(reported->config, config, length);
    if (elbow_directory_open(run, &directory, &none) != ELBOW_OK)
        return ELBOW_OK;
    reported->receipt = read_text(run, "receipt.txt", TEXT_MAX, &size);
    reported->log = read_text(run, "log.txt", TEXT_MAX, &size);
    status = elbow_gallery_steps(&directory, &reported->steps, &reported->step_count, error);
    elbow_directory_close(&directory);
    return status;
}

void elbow_reported_clear(struct elbow_reported *reported)
{
    elbow_release(&reported->config);
    elbow_release(&reported->receipt);
    elbow_release(&reported->log);
    elbow_release(&reported->steps);
    elbow_evaluation_clear(&reported->evaluation);
    for (int n = 0; n < ELBOW_REPORTED_LINES; ++n)
        elbow_release(&reported->lines[n].bytes);
    elbow_release(&reported->names);
    elbow_release(&reported->measuring);
    elbow_release(&reported->why_unmeasured);
    *reported = (struct elbow_reported){0};
}

// Of a table with many rows, evenly spread rows and the last one.
static void write_table(struct elbow_json *json, const char *split, const struct elbow_history *curves, size_t most)
{
    size_t stride = curves->rows / most + 1;
    elbow_json_open(json, split, '[');
    for (size_t c = 0; c < curves->columns; ++c) {
        const double *column = elbow_history_column(curves, c);
        elbow_json_open(json, NULL, '[');
        for (size_t i = 0; i < curves->rows; ++i)
            if (i % stride == 0 || i + 1 == curves->rows)
                elbow_json_number(json, NULL, column[i]);
        elbow_json_close(json, ']');
    }
    elbow_json_close(json, ']');
}

void elbow_report_write_curves(const struct elbow_report *report, FILE *out)
{
    struct elbow_json json = {.out = out};
    elbow_json_open(&json, NULL, '{');
    elbow_json_open(&json, "columns", '[');
    for (int c = 0; c < ELBOW_HISTORY_CURVES; ++c)
        elbow_json_text(&json, NULL, elbow_compared_curves[c]);
    elbow_json_close(&json, ']');
    elbow_json_open(&json, "runs", '[');
    for (size_t r = 0; r < report->count; ++r) {
        elbow_json_open(&json, NULL, '{');
        elbow_json_text(&json, "name", report->runs[r].name);
        write_table(&json, "train", &report->runs[r].train, POINTS_MAX / report->count);
        write_table(&json, "valid", &report->runs[r].valid, POINTS_MAX / report->count);
        elbow_json_close(&json, '}');
    }
    elbow_json_close(&json, ']');
    elbow_json_close(&json, '}');
}

static char *read_picture(const struct elbow_reported *reported, uint64_t step, bool of_reconstructions, size_t *size)
{
    char name[ELBOW_GALLERY_NAME_SIZE], beneath[ELBOW_GALLERY_NAME_SIZE + sizeof "samples/"];
    *size = 0;
    elbow_gallery_name(step, of_reconstructions, name);
    elbow_text_format(beneath, sizeof beneath, "samples/%s", name);
    return read_text(reported->path, beneath, PICTURE_MAX, size);
}

// The step of a frame: evenly, with the first and the last one.
static size_t step_of_frame(size_t frame, size_t frames, size_t steps)
{
    return frames < 2 ? steps - 1 : frame * (steps - 1) / (frames - 1);
}

// The number of steps that fit.
static size_t count_frames(const struct elbow_reported *reported, size_t capacity)
{
    size_t last = 0;
    if (reported->step_count == 0)
        return 0;
    for (int of_reconstructions = 0; of_reconstructions <= 1; ++of_reconstructions) {
        size_t size;
        char *bytes = read_picture(reported, reported->steps[reported->step_count - 1], of_reconstructions, &size);
        elbow_release(&bytes);
        last += size;
    }
    size_t frames = last == 0 ? FRAMES_MAX : capacity / last;
    frames = frames > FRAMES_MAX ? FRAMES_MAX : frames > 0 ? frames : 1;
    return frames < reported->step_count ? frames : reported->step_count;
}

static void write_frame(const struct elbow_reported *reported, const char *name, uint64_t step, bool is_last, FILE *out)
{
    fprintf(out, "<div class=\"frame\" data-step=\"%" PRIu64 "\"%s>\n", step, is_last ? "" : " hidden");
    for (int of_reconstructions = 0; of_reconstructions <= 1; ++of_reconstructions) {
        char alt[ELBOW_PATH_SIZE + 128];
        size_t size;
        char *bytes = read_picture(reported, step, of_reconstructions, &size);
        if (bytes != NULL && size > 0) {
            elbow_text_format(alt, sizeof alt, "%s of %s at step %" PRIu64,
                              of_reconstructions ? "Rows and their reconstructions" : "Samples", name, step);
            fputs("<figure class=\"pixels\">", out);
            elbow_html_element(out, "figcaption", of_reconstructions ? "Rows and reconstructions" : "Samples");
            elbow_html_image(out, "image/png", bytes, size, alt);
            fputs("</figure>\n", out);
        }
        elbow_release(&bytes);
    }
    fputs("</div>\n", out);
}

void elbow_report_write_steps(const struct elbow_report *report, size_t run, FILE *out)
{
    const struct elbow_reported *reported = &report->reported[run];
    const char *name = report->runs[run].name;
    size_t frames = count_frames(reported, PICTURES_MAX / report->count);
    fprintf(out, "<div class=\"steps\" id=\"steps-%zu\">\n", run);
    elbow_html_element(out, "h3", name);
    for (size_t n = 0; n < frames; ++n)
        write_frame(reported, name, reported->steps[step_of_frame(n, frames, reported->step_count)], n + 1 == frames,
                    out);
    if (frames == 0)
        elbow_html_element(out, "p class=\"note\"", "There are no pictures in samples/.");
    if (frames > 1) {
        fprintf(out,
                "<p class=\"scripted-only\"><label for=\"slider-%zu\">Step <output>%" PRIu64 "</output></label>"
                "<input type=\"range\" id=\"slider-%zu\" min=\"0\" max=\"%zu\" value=\"%zu\"></p>\n",
                run, reported->steps[reported->step_count - 1], run, frames - 1, frames - 1);
    }
    fputs("</div>\n", out);
}

void elbow_report_write_lines(const struct elbow_report *report, size_t run, FILE *out)
{
    fputs("<div>\n", out);
    elbow_html_element(out, "h3", report->runs[run].name);
    fputs("<div class=\"lines\">\n", out);
    for (int n = 0; n < ELBOW_REPORTED_LINES; ++n) {
        const struct elbow_gallery_plot *plot = &report->reported[run].lines[n];
        char alt[ELBOW_PATH_SIZE + 128];
        elbow_text_format(alt, sizeof alt, "Row %d and its reconstruction as lines, %s", n + 1, report->runs[run].name);
        if (plot->bytes == NULL)
            break;
        fputs("<figure class=\"drawn\">", out);
        elbow_html_image(out, "image/png", plot->bytes, plot->size, alt);
        fputs("</figure>\n", out);
    }
    fputs("</div>\n</div>\n", out);
}

static void begin_warning(const struct elbow_compared *run, bool *has_any, FILE *out)
{
    fputs(*has_any ? "<li>" : "<ul class=\"warnings\">\n<li>", out);
    *has_any = true;
    fputs("<strong>", out);
    elbow_html_text(out, run->name);
    fputs("</strong>: ", out);
}

// The KL of the dimensions in the last row of kl.csv.
static void warn_of_collapse(const struct elbow_compared *run, bool *has_any, FILE *out)
{
    const struct elbow_history *kl = &run->kl;
    size_t idle = 0;
    for (size_t j = 0; j < kl->columns && kl->rows > 0; ++j)
        idle += elbow_kl_has_collapsed(&elbow_history_column(kl, j)[kl->rows - 1], 1);
    if (idle == 0)
        return;
    begin_warning(run, has_any, out);
    if (idle == kl->columns)
        fputs("posterior collapse: no latent dimension is in use, so the decoder ignores z. A longer objective.warmup "
              "or a lower objective.beta may help.</li>\n",
              out);
    else
        fprintf(out, "%zu of %zu latent dimensions are not in use.</li>\n", idle, kl->columns);
}

// Overfitting: since the best evaluation valid has lost more than a hundredth of all it had won, while train won.
static void warn_of_overfitting(const struct elbow_compared *run, bool *has_any, FILE *out)
{
    enum elbow_compared_curve curve = run->has_kl ? ELBOW_CURVE_ELBO : ELBOW_CURVE_RECON;
    if (run->valid.rows < 3 || run->train.rows < 2)
        return;
    const double *steps = elbow_history_column(&run->valid, ELBOW_CURVE_STEP);
    const double *valid = elbow_history_column(&run->valid, curve), *train = elbow_history_column(&run->train, curve);
    const double *trained = elbow_history_column(&run->train, ELBOW_CURVE_STEP);
    size_t best = 0, last = run->valid.rows - 1, at = 0;
    for (size_t i = 0; i <= last; ++i)
        best = valid[i] > valid[best] ? i : best;
    while (at + 1 < run->train.rows && trained[at + 1] <= steps[best])
        ++at;
    if (!(valid[best] - valid[last] > (valid[best] - valid[0]) / 100) || !(train[run->train.rows - 1] > train[at]))
        return;
    begin_warning(run, has_any, out);
    fprintf(
        out,
        "overfitting: on validation rows, %s was best at step %.0f (%.4f nats a row) and is %.4f at step %.0f, while "
        "it kept rising on training rows. <code>--best</code> makes the report of the best checkpoint.</li>\n",
        elbow_compared_curves[curve], steps[best], valid[best], valid[last], steps[last]);
}

static void repeat_warnings(const struct elbow_compared *run, const char *log, bool *has_any, FILE *out)
{
    static const char MARK[] = "elbow: warning: ";
    size_t told = 0;
    for (const char *line = log; line != NULL && *line != '\0' && told < WARNINGS_MAX;) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, MARK, sizeof MARK - 1) == 0) {
            begin_warning(run, has_any, out);
            elbow_html_text_of(out, line + sizeof MARK - 1, length - (sizeof MARK - 1));
            fputs("</li>\n", out);
            ++told;
        }
        line += length + (line[length] == '\n');
    }
}

void elbow_report_write_warnings(const struct elbow_report *report, FILE *out)
{
    bool has_any = false;
    for (size_t r = 0; r < report->count; ++r) {
        warn_of_collapse(&report->runs[r], &has_any, out);
        warn_of_overfitting(&report->runs[r], &has_any, out);
        repeat_warnings(&report->runs[r], report->reported[r].log, &has_any, out);
    }
    if (has_any)
        fputs("</ul>\n", out);
    else
        elbow_html_element(out, "p", "None: no collapse, no overfitting, no warning in log.txt.");
}
