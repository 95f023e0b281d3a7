// SPDX-License-Identifier: BSD-3-Clause
// metrics.csv and kl.csv. Rows are written by one call, and taken back if the disk took only part of them: the tables
// hold whole rows only, and what could not be written waits in memory. What a crash leaves goes at the next opening.
#include "elbow/run/metrics.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char METRICS_HEADER[] =
    "step,epoch,split,objective,elbo,recon,kl,beta,rate,grad_norm,active_units,skipped,seconds,samples_per_s,compute,"
    "exchange,data\n";
static const char *const SPLITS[] = {[ELBOW_SPLIT_TRAIN] = "train", [ELBOW_SPLIT_VALID] = "valid"};
static const size_t TABLE_BYTES_MAX = (size_t)1 << 36;
// Bytes: of a number and its comma, of a row of metrics.csv; rows, and bytes, that may wait.
enum { NUMBER_SIZE = 32, ROW_SIZE = 1024, WAITING_ROWS = 64, WAITING_SIZE = 1 << 18 };

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

static enum elbow_status open_table(const char *name, const struct elbow_metrics *metrics, const char *header,
                                    uint64_t step, struct elbow_table *table, struct elbow_error *error)
{
    char *text = NULL;
    size_t length = strlen(header);
    if (!elbow_text_format(table->path, sizeof table->path, "%s/%s", metrics->directory, name))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is longer than %d bytes", metrics->directory,
                               ELBOW_PATH_SIZE - 1);
    bool keeps = step > 0 && access(table->path, F_OK) == 0;
    enum elbow_status status = keeps ? read_kept(table->path, header, step, &text, &length, error) : ELBOW_OK;
    if (status == ELBOW_OK)
        status = elbow_part_write(NULL, table->path, keeps ? text : header, length, ELBOW_PUBLISH_REPLACE, error);
    elbow_release(&text);
    size_t rows = WAITING_ROWS * kl_row_size(metrics->latent);
    table->size = rows > WAITING_SIZE ? rows : WAITING_SIZE;
    if (status == ELBOW_OK)
        status = elbow_allocate(&table->waiting, table->size, 1, "rows", error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&table->header, header, error);
    if (status == ELBOW_OUTPUT) // before a run has begun, this is no run whose output is missing
        status = error->status = ELBOW_FILE;
    if (status != ELBOW_OK)
        return status;
    table->file = elbow_file_open(NULL, table->path, O_APPEND);
    if (table->file < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", table->path, strerror(errno));
    table->is_open = true;
    table->end = (off_t)length;
    return ELBOW_OK;
}

enum elbow_status elbow_metrics_open(const char *directory, size_t latent, uint64_t step, struct elbow_metrics *metrics,
                                     struct elbow_error *error)
{
    *metrics = (struct elbow_metrics){.latent = latent};
    char *kl_header = NULL;
    if (!elbow_text_format(metrics->directory, sizeof metrics->directory, "%s", directory))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is longer than %d bytes", directory,
                               ELBOW_PATH_SIZE - 1);
    enum elbow_status status = make_kl_header(latent, &kl_header, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&metrics->row, kl_row_size(latent), 1, "a row", error);
    if (status == ELBOW_OK)
        status = open_table("metrics.csv", metrics, METRICS_HEADER, step, &metrics->metrics, error);
    if (status == ELBOW_OK)
        status = open_table("kl.csv", metrics, kl_header, step, &metrics->kl, error);
    elbow_release(&kl_header);
    if (status != ELBOW_OK)
        elbow_metrics_close(metrics);
    return status;
}

static enum elbow_status fail(struct elbow_table *table, int reason, struct elbow_error *error)
{
    table->reason = reason;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", table->path, strerror(reason));
}

// A table that somebody has removed begins anew: it takes the rows from now on.
static enum elbow_status begin_anew(struct elbow_table *table, const char *directory, struct elbow_error *error)
{
    if (elbow_text_make_directory(directory, NULL) != ELBOW_OK)
        return fail(table, errno, error);
    int file = elbow_file_open(NULL, table->path, O_APPEND);
    if (file < 0)
        return fail(table, errno, error);
    close(table->file);
    table->file = file;
    table->end = 0;
    if (!elbow_file_put(file, table->header, strlen(table->header)))
        return fail(table, errno, error);
    table->end = (off_t)strlen(table->header);
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: has been removed: it begins anew, its former rows are lost",
                           table->path);
}

static bool is_removed(const struct elbow_table *table)
{
    struct stat about;
    return fstat(table->file, &about) == 0 && about.st_nlink == 0;
}

// Writes what waits, whole or not at all.
static enum elbow_status flush(struct elbow_table *table, const char *directory, struct elbow_error *error)
{
    struct elbow_error removed = {0};
    if (is_removed(table) && begin_anew(table, directory, &removed) != ELBOW_OK && is_removed(table)) {
        if (error != NULL)
            *error = removed;
        return removed.status;
    }
    // What was left of a row the last time, and could not be taken back then.
    off_t now = lseek(table->file, 0, SEEK_END);
    if (now > table->end && ftruncate(table->file, table->end) != 0)
        return fail(table, errno, error);
    if (table->length > 0 && !elbow_file_put(table->file, table->waiting, table->length)) {
        int reason = errno;
        if (ftruncate(table->file, table->end) != 0)
            reason = errno;
        return fail(table, reason, error);
    }
    table->end += (off_t)table->length;
    table->length = 0;
    if (removed.status != ELBOW_OK && error != NULL)
        *error = removed;
    return removed.status;
}

// The row goes behind those that wait, and then all of them to disk. A row that finds no room is lost.
static enum elbow_status append(struct elbow_table *table, const char *directory, const struct row_text *row,
                                struct elbow_error *error)
{
    struct elbow_error trouble = {0};
    bool has_room = row->length <= table->size - table->length;
    if (has_room) {
        memcpy(table->waiting + table->length, row->text, row->length);
        table->length += row->length;
    }
    flush(table, directory, &trouble);
    if (!has_room)
        elbow_error_set(&trouble, ELBOW_OUTPUT, "%s: rows are lost: more wait than there is memory for", table->path);
    if (trouble.status != ELBOW_OK && error != NULL && error->status == ELBOW_OK)
        *error = trouble;
    return trouble.status;
}

enum elbow_status elbow_metrics_append(struct elbow_metrics *metrics, const struct elbow_metrics_row *row,
                                       const double *kl, struct elbow_error *error)
{
    ELBOW_CHECK(metrics->metrics.is_open && metrics->kl.is_open && kl != NULL);
    struct elbow_error trouble = {0};
    struct row_text text = {.text = metrics->row, .size = kl_row_size(metrics->latent)};
    add_metrics(&text, row);
    append(&metrics->metrics, metrics->directory, &text, &trouble);
    text.length = 0;
    add_place(&text, row);
    for (size_t j = 0; j < metrics->latent; ++j)
        add_number(&text, kl[j]);
    add_text(&text, "\n");
    append(&metrics->kl, metrics->directory, &text, &trouble);
    if (trouble.status != ELBOW_OK && error != NULL)
        *error = trouble;
    return trouble.status;
}

enum elbow_status elbow_metrics_flush(struct elbow_metrics *metrics, struct elbow_error *error)
{
    enum elbow_status first = flush(&metrics->metrics, metrics->directory, error);
    enum elbow_status second = flush(&metrics->kl, metrics->directory, first == ELBOW_OK ? error : NULL);
    return first != ELBOW_OK ? first : second;
}

static bool waits_for_room(const struct elbow_table *table)
{
    return table->is_open && table->length > 0 && elbow_file_is_full(table->reason);
}

bool elbow_metrics_waits_for_room(const struct elbow_metrics *metrics)
{
    return waits_for_room(&metrics->metrics) || waits_for_room(&metrics->kl);
}

void elbow_metrics_descriptors(const struct elbow_metrics *metrics, int descriptors[2])
{
    descriptors[0] = metrics->metrics.is_open ? metrics->metrics.file : -1;
    descriptors[1] = metrics->kl.is_open ? metrics->kl.file : -1;
}

static void close_table(struct elbow_table *table)
{
    if (table->is_open)
        close(table->file);
    elbow_release(&table->header);
    elbow_release(&table->waiting);
}

void elbow_metrics_close(struct elbow_metrics *metrics)
{
    close_table(&metrics->metrics);
    close_table(&metrics->kl);
    elbow_release(&metrics->row);
    *metrics = (struct elbow_metrics){0};
}
