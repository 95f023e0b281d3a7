// SPDX-License-Identifier: BSD-3-Clause
// metrics.csv and kl.csv. A row is written by one call and taken back if the disk took only part of it, so that the
// tables hold whole rows only; what a crash leaves all the same goes at the next opening.
#include "elbow/run/metrics.h"

#include "elbow/base/memory.h"
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char METRICS_HEADER[] =
    "step,epoch,split,objective,elbo,recon,kl,beta,rate,grad_norm,active_units,skipped,seconds,samples_per_s,compute,"
    "exchange,data\n";
static const char *const SPLITS[] = {[ELBOW_SPLIT_TRAIN] = "train", [ELBOW_SPLIT_VALID] = "valid"};
static const size_t TABLE_BYTES_MAX = (size_t)1 << 36;
enum { NUMBER_SIZE = 32, ROW_SIZE = 1024 }; // bytes: of a number and its comma, of a row of metrics.csv

// A row being written into a buffer that is large enough.
struct row_text {
    char *text;
    size_t length, size;
};

static void add_text(struct row_text *row, const char *text)
{
    size_t length = strlen(text);
    ELBOW_CHECK(row->length + length < row->size);
    memcpy(row->text + row->length, text, length + 1);
    row->length += length;
}

static void add_integer(struct row_text *row, uint64_t value)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%" PRIu64, value);
    add_text(row, text);
}

// A comma and the number; nothing behind the comma for a NaN.
static void add_number(struct row_text *row, double value)
{
    char text[NUMBER_SIZE] = ",";
    if (!isnan(value))
        snprintf(text, sizeof text, ",%.17g", value);
    add_text(row, text);
}

static void add_place(struct row_text *row, const struct elbow_metrics_row *metrics)
{
    add_integer(row, metrics->step);
    add_text(row, ",");
    add_integer(row, metrics->epoch);
    add_text(row, ",");
    add_text(row, SPLITS[metrics->split]);
}

static void add_metrics(struct row_text *row, const struct elbow_metrics_row *metrics)
{
    const double figures[] = {metrics->objective, metrics->elbo, metrics->recon,    metrics->kl,
                              metrics->beta,      metrics->rate, metrics->grad_norm};
    const double timing[] = {metrics->seconds, metrics->samples_per_s, metrics->compute, metrics->exchange,
                             metrics->data};
    add_place(row, metrics);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; ++i)
        add_number(row, figures[i]);
    add_text(row, ",");
    if (metrics->active_units >= 0)
        add_integer(row, (uint64_t)metrics->active_units);
    add_text(row, ",");
    add_integer(row, metrics->skipped);
    for (size_t i = 0; i < sizeof timing / sizeof *timing; ++i)
        add_number(row, timing[i]);
    add_text(row, "\n");
}

static size_t kl_row_size(size_t latent)
{
    return ROW_SIZE + latent * NUMBER_SIZE;
}

static enum elbow_status make_kl_header(size_t latent, char **header, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(header, kl_row_size(latent), 1, "the header of kl.csv", error);
    if (status != ELBOW_OK)
        return status;
    struct row_text row = {.text = *header, .size = kl_row_size(latent)};
    add_text(&row, "step,epoch,split");
    for (size_t j = 0; j < latent; ++j) {
        add_text(&row, ",kl_");
        add_integer(&row, j);
    }
    add_text(&row, "\n");
    return ELBOW_OK;
}

static size_t count_commas(const char *line, size_t length)
{
    size_t commas = 0;
    for (size_t i = 0; i < length; ++i)
        commas += line[i] == ',';
    return commas;
}

// A whole row of a step that is kept. Rows without a number or with another number of columns are what a crash leaves.
static bool is_kept(const char *line, size_t length, size_t commas, uint64_t step)
{
    char *end;
    if (line[0] < '0' || line[0] > '9' || memchr(line, '\0', length) != NULL || count_commas(line, length) != commas)
        return false;
    errno = 0;
    uint64_t found = strtoull(line, &end, 10);
    return errno == 0 && *end == ',' && found <= step;
}

// Keeps the rows of a table's text up to `step`, in place; returns the new length.
static size_t cut_rows(char *text, size_t size, size_t header_length, uint64_t step)
{
    size_t kept = header_length, commas = count_commas(text, header_length);
    for (size_t at = header_length; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        if (end == NULL)
            break;
        size_t length = (size_t)(end - text) + 1 - at;
        if (is_kept(text + at, length, commas, step)) {
            memmove(text + kept, text + at, length);
            kept += length;
        }
        at += length;
    }
    return kept;
}

static enum elbow_status write_all(int descriptor, const char *text, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t part = write(descriptor, text + done, length - done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return ELBOW_OUTPUT;
        done += (size_t)part;
    }
    return ELBOW_OK;
}

// Writes the table anew and puts it into its place.
static enum elbow_status replace(const char *path, const char *text, size_t length, struct elbow_error *error)
{
    struct elbow_output output;
    if (elbow_output_begin(path, &output, error) != ELBOW_OK)
        return error->status;
    FILE *stream = fopen(output.part, "we");
    if (stream == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", output.part, strerror(errno));
    int descriptor = fileno(stream);
    bool is_written = write_all(descriptor, text, length) == ELBOW_OK && fsync(descriptor) == 0;
    int reason = errno;
    fclose(stream);
    if (is_written)
        return elbow_output_commit(&output, error);
    elbow_output_abandon(&output);
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", output.part, strerror(reason));
}

// The rows of an existing table up to `step`, behind the header, into a new text.
static enum elbow_status read_kept(const char *path, const char *header, uint64_t step, char **text, size_t *length,
                                   struct elbow_error *error)
{
    size_t header_length = strlen(header), size = 0;
    enum elbow_status status = elbow_text_read(path, TABLE_BYTES_MAX, text, &size, error);
    if (status != ELBOW_OK)
        return status;
    if (size >= header_length && memcmp(*text, header, header_length) == 0) {
        *length = cut_rows(*text, size, header_length, step);
        return ELBOW_OK;
    }
    // A start that a crash cut off in the header's middle left no rows.
    bool is_cut_off = size < header_length && memcmp(*text, header, size) == 0;
    elbow_release(text);
    *length = header_length;
    if (is_cut_off)
        return elbow_duplicate(text, header, error);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: begins with another header than this run's (%.60s...); move the file aside", path,
                           header);
}

static enum elbow_status open_table(const char *directory, const char *name, const char *header, uint64_t step,
                                    FILE **stream, struct elbow_error *error)
{
    elbow_path path;
    char *text = NULL;
    size_t length = strlen(header);
    if (!elbow_text_format(path, sizeof path, "%s/%s", directory, name))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is longer than %d bytes", directory,
                               ELBOW_PATH_SIZE - 1);
    bool keeps = step > 0 && access(path, F_OK) == 0;
    enum elbow_status status = keeps ? read_kept(path, header, step, &text, &length, error) : ELBOW_OK;
    if (status == ELBOW_OK)
        status = replace(path, keeps ? text : header, length, error);
    elbow_release(&text);
    if (status == ELBOW_OUTPUT) // before a run has begun, this is no run whose output is missing
        status = error->status = ELBOW_FILE;
    if (status != ELBOW_OK)
        return status;
    *stream = fopen(path, "ae");
    if (*stream == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", path, strerror(errno));
    return ELBOW_OK;
}

enum elbow_status elbow_metrics_open(const char *directory, size_t latent, uint64_t step, struct elbow_metrics *metrics,
                                     struct elbow_error *error)
{
    *metrics = (struct elbow_metrics){.latent = latent};
    char *kl_header = NULL;
    enum elbow_status status = make_kl_header(latent, &kl_header, error);
    if (status == ELBOW_OK)
        status = open_table(directory, "metrics.csv", METRICS_HEADER, step, &metrics->metrics, error);
    if (status == ELBOW_OK)
        status = open_table(directory, "kl.csv", kl_header, step, &metrics->kl, error);
    elbow_text_format(metrics->directory, sizeof metrics->directory, "%s", directory);
    elbow_release(&kl_header);
    if (status != ELBOW_OK)
        elbow_metrics_close(metrics);
    return status;
}

// Appends the row whole, or not at all.
static enum elbow_status append(const struct elbow_metrics *metrics, FILE *stream, const char *name,
                                const struct row_text *row, struct elbow_error *error)
{
    int descriptor = fileno(stream);
    off_t before = lseek(descriptor, 0, SEEK_END);
    if (write_all(descriptor, row->text, row->length) == ELBOW_OK)
        return ELBOW_OK;
    int reason = errno;
    if (before >= 0 && ftruncate(descriptor, before) != 0)
        reason = errno;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s/%s: cannot be written: %s", metrics->directory, name,
                           strerror(reason));
}

enum elbow_status elbow_metrics_append(struct elbow_metrics *metrics, const struct elbow_metrics_row *row,
                                       const double *kl, struct elbow_error *error)
{
    ELBOW_CHECK(metrics->metrics != NULL && metrics->kl != NULL && kl != NULL);
    struct row_text text = {.size = kl_row_size(metrics->latent)};
    enum elbow_status status = elbow_allocate(&text.text, text.size, 1, "a row of kl.csv", error);
    if (status != ELBOW_OK)
        return status;
    add_metrics(&text, row);
    status = append(metrics, metrics->metrics, "metrics.csv", &text, error);
    text.length = 0;
    add_place(&text, row);
    for (size_t j = 0; j < metrics->latent; ++j)
        add_number(&text, kl[j]);
    add_text(&text, "\n");
    if (status == ELBOW_OK)
        status = append(metrics, metrics->kl, "kl.csv", &text, error);
    elbow_release(&text.text);
    return status;
}

static enum elbow_status sync_table(const struct elbow_metrics *metrics, FILE *stream, const char *name,
                                    struct elbow_error *error)
{
    // Some file systems and pipes cannot sync; what they took is as safe as they make it.
    if (fsync(fileno(stream)) == 0 || errno == EINVAL || errno == EROFS)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s/%s: cannot be brought to disk: %s", metrics->directory, name,
                           strerror(errno));
}

enum elbow_status elbow_metrics_sync(struct elbow_metrics *metrics, struct elbow_error *error)
{
    enum elbow_status status = sync_table(metrics, metrics->metrics, "metrics.csv", error);
    return status == ELBOW_OK ? sync_table(metrics, metrics->kl, "kl.csv", error) : status;
}

void elbow_metrics_close(struct elbow_metrics *metrics)
{
    if (metrics->metrics != NULL)
        fclose(metrics->metrics);
    if (metrics->kl != NULL)
        fclose(metrics->kl);
    *metrics = (struct elbow_metrics){0};
}
