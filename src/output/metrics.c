// SPDX-License-Identifier: BSD-3-Clause
// metrics.csv and kl.csv. Rows are written by one call, and taken back if the disk took only part of them: the tables
// hold whole rows only, and what could not be written waits in memory. What a crash leaves goes at the next opening.
// Nothing is cut away but what is proved to be Elbow's own.
#include "elbow/output/metrics.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/math/hash.h"

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

// What a line of a table is. A crash leaves at most the beginning of a row at the end, and blocks of zeros in the place
// of rows; all else that is no row has been put there by somebody.
enum line { LINE_OWN, LINE_TORN, LINE_FOREIGN };

// What rows are written with, behind their split; and all of a row.
static const char NUMBERS[] = "0123456789.,+-einfa", ROWS[] = "0123456789.,+-einfatrvld";

// Whether a whole line, its end included, is a row of so many commas; *step is then its step.
static bool is_row(const char *line, size_t length, size_t commas, uint64_t *step)
{
    char *end;
    if (line[0] < '0' || line[0] > '9' || memchr(line, '\0', length) != NULL || count_commas(line, length) != commas)
        return false;
    errno = 0;
    *step = strtoull(line, &end, 10);
    if (errno != 0 || *end != ',')
        return false;
    end += 1 + strspn(end + 1, "0123456789");
    for (size_t i = 0; i < sizeof SPLITS / sizeof *SPLITS; ++i) {
        size_t size = strlen(SPLITS[i]);
        if (*end == ',' && strncmp(end + 1, SPLITS[i], size) == 0 && end[1 + size] == ',')
            return end[1 + size + strspn(end + 1 + size, NUMBERS)] == '\n';
    }
    return false;
}

static bool is_torn(const char *line, size_t length, bool is_whole)
{
    bool has_zeros = memchr(line, '\0', length) != NULL;
    for (size_t i = 0; i + is_whole < length; ++i)
        if (memchr(ROWS, line[i], sizeof ROWS) == NULL) // the zero at their end is one
            return false;
    return has_zeros || (!is_whole && line[0] >= '0' && line[0] <= '9');
}

static enum line judge_line(const char *line, size_t length, bool is_whole, size_t commas, uint64_t *step)
{
    if (is_whole && is_row(line, length, commas, step))
        return LINE_OWN;
    return is_torn(line, length, is_whole) ? LINE_TORN : LINE_FOREIGN;
}

// Takes a table's own rows of steps after `step` out of its text, in place, and what a crash has left; lines of others
// stay. Returns the new length: at most one more than before, for the end of a last line that has none.
static size_t cut_rows(char *text, size_t size, size_t header_length, uint64_t step)
{
    size_t kept = header_length, commas = count_commas(text, header_length);
    for (size_t at = header_length; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = (end == NULL ? size : (size_t)(end - text) + 1) - at;
        uint64_t found = 0;
        enum line line = judge_line(text + at, length, end != NULL, commas, &found);
        if (line == LINE_FOREIGN || (line == LINE_OWN && found <= step)) {
            memmove(text + kept, text + at, length);
            kept += length;
            if (end == NULL)
                text[kept++] = '\n';
        }
        at += length;
    }
    return kept;
}

// Whether a text is a table of some other run of Elbow's, with nothing of anybody else's in it.
static bool is_all_own(const char *text, size_t size)
{
    static const char head[] = "step,epoch,split,";
    const char *end = memchr(text, '\n', size);
    if (end == NULL || strncmp(text, head, sizeof head - 1) != 0)
        return false;
    size_t header_length = (size_t)(end - text) + 1, commas = count_commas(text, header_length);
    for (size_t at = header_length; at < size;) {
        uint64_t step;
        end = memchr(text + at, '\n', size - at);
        size_t length = (end == NULL ? size : (size_t)(end - text) + 1) - at;
        if (judge_line(text + at, length, end != NULL, commas, &step) == LINE_FOREIGN)
            return false;
        at += length;
    }
    return true;
}

bool elbow_metrics_is_table(const char *text)
{
    static const char *const heads[] = {"step,epoch,split,objective,elbo,", "step,epoch,split,kl_0"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; ++i)
        if (strncmp(text, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

bool elbow_metrics_has_rows(const struct elbow_directory *directory, const char *name)
{
    char *text = NULL;
    size_t size = 0;
    bool is_read = elbow_file_read(directory, name, TABLE_BYTES_MAX, &text, &size, NULL) == ELBOW_OK;
    const char *end = is_read && elbow_metrics_is_table(text) ? memchr(text, '\n', size) : NULL;
    bool has_rows = end != NULL && (size_t)(end - text) + 1 < size;
    elbow_release(&text);
    return has_rows;
}

// What an existing table shall hold, in place of its text; *length as before if that is what it holds.
static enum elbow_status cut_table(const char *path, const char *header, uint64_t step, char **text, size_t *length,
                                   struct elbow_error *error)
{
    size_t header_length = strlen(header), size = *length;
    if (size >= header_length && memcmp(*text, header, header_length) == 0) {
        *length = cut_rows(*text, size, header_length, step);
        return ELBOW_OK;
    }
    // A start that a crash cut off in the header's middle left no rows; where no checkpoint was left, no row is kept.
    bool begins_anew = size < header_length && memcmp(*text, header, size) == 0;
    begins_anew = begins_anew || (step == 0 && is_all_own(*text, size));
    if (!begins_anew)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: begins with another header than this run's (%.60s...); move the file aside", path,
                               header);
    elbow_release(text);
    *length = header_length;
    return elbow_duplicate(text, header, error);
}

// Makes the table what it shall be at the beginning of a start; *length is then its own.
static enum elbow_status prepare_table(const struct elbow_directory *directory, const struct elbow_table *table,
                                       const char *header, uint64_t step, size_t *length, struct elbow_error *error)
{
    char *text = NULL, *before = NULL;
    size_t size = 0;
    struct elbow_error trouble = {0};
    enum elbow_status status = elbow_file_read(directory, table->name, TABLE_BYTES_MAX, &before, &size, &trouble);
    bool is_new = status == ELBOW_FILE && errno == ENOENT;
    *length = strlen(header);
    if (is_new)
        return elbow_part_write(directory, table->name, header, *length, ELBOW_PUBLISH_REPLACE, error);
    if (status != ELBOW_OK) {
        *error = trouble;
        return status;
    }
    uint64_t hash = elbow_hash_bytes(before, size);
    text = before;
    *length = size;
    status = cut_table(table->path, header, step, &text, length, error);
    if (status == ELBOW_OK && (*length != size || elbow_hash_bytes(text, size) != hash))
        status = elbow_part_write(directory, table->name, text, *length, ELBOW_PUBLISH_REPLACE, error);
    elbow_release(&text);
    return status;
}

static enum elbow_status open_table(const char *name, const struct elbow_metrics *metrics, const char *header,
                                    uint64_t step, struct elbow_table *table, struct elbow_error *error)
{
    size_t length;
    elbow_text_format(table->name, sizeof table->name, "%s", name);
    elbow_directory_name(metrics->directory, name, table->path);
    enum elbow_status status = prepare_table(metrics->directory, table, header, step, &length, error);
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
    table->file = elbow_file_open(metrics->directory, name, O_APPEND);
    if (table->file < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", table->path, elbow_file_reason(errno));
    table->is_open = true;
    table->end = (off_t)length;
    return ELBOW_OK;
}

enum elbow_status elbow_metrics_open(const struct elbow_directory *directory, size_t latent, uint64_t step,
                                     struct elbow_log *log, struct elbow_metrics *metrics, struct elbow_error *error)
{
    *metrics = (struct elbow_metrics){.latent = latent, .directory = directory, .log = log};
    char *kl_header = NULL;
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
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", table->path, elbow_file_reason(reason));
}

// The file of the table's name, in place of the one that was written so far.
static bool reopen(const struct elbow_metrics *metrics, struct elbow_table *table)
{
    int file = elbow_file_open(metrics->directory, table->name, O_APPEND);
    if (file < 0)
        return false;
    close(table->file);
    table->file = file;
    table->end = 0; // of its bytes none is known
    table->owes_end = false;
    return true;
}

// A table that somebody has removed begins anew: it takes the rows from now on.
static bool begin_anew(const struct elbow_metrics *metrics, struct elbow_table *table, struct elbow_error *error)
{
    size_t length = strlen(table->header);
    if (elbow_part_write(metrics->directory, table->name, table->header, length, ELBOW_PUBLISH_NEW, NULL) != ELBOW_OK ||
        !reopen(metrics, table)) {
        fail(table, errno, error);
        return false;
    }
    table->end = (off_t)length;
    elbow_error_set(error, ELBOW_OUTPUT, "%s: has been removed: it begins anew, its former rows are lost", table->path);
    return true;
}

// Reads a piece of the table's file, which is the one of its name.
static bool read_piece(const struct elbow_metrics *metrics, const struct elbow_table *table, off_t from, char *bytes,
                       size_t size)
{
    int file = openat(elbow_directory_descriptor(metrics->directory), table->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = file < 0 ? -1 : pread(file, bytes, size, from);
    int reason = errno;
    if (file >= 0)
        close(file);
    errno = length < 0 ? reason : EIO;
    return length == (ssize_t)size;
}

// What stands behind the last whole row may be the beginning of what waits, which is taken back: *is_own. Anything else
// is somebody's. False with errno if that cannot be found out, or not be taken back.
static bool take_back(const struct elbow_metrics *metrics, struct elbow_table *table, off_t now, bool *is_own)
{
    size_t rest = (size_t)(now - table->end);
    char *bytes = NULL;
    *is_own = false;
    if (rest > table->length)
        return true;
    if (elbow_allocate(&bytes, rest, 1, "half a row", NULL) != ELBOW_OK) {
        errno = ENOMEM;
        return false;
    }
    bool is_read = read_piece(metrics, table, table->end, bytes, rest);
    *is_own = is_read && memcmp(bytes, table->waiting, rest) == 0;
    int reason = errno;
    elbow_release(&bytes);
    errno = reason;
    return is_read && (!*is_own || ftruncate(table->file, table->end) == 0);
}

// Somebody has changed the table: all that is there stays, and whole rows go on behind it.
static bool go_on_behind(const struct elbow_metrics *metrics, struct elbow_table *table, off_t now)
{
    char last = '\n';
    if (now > 0 && !read_piece(metrics, table, now - 1, &last, 1))
        return false;
    table->end = now;
    table->owes_end = last != '\n';
    elbow_log_warn(metrics->log, "%s: has been changed by somebody else; what is there stays, and rows go on behind it",
                   table->path);
    return true;
}

// Ends somebody's last line that has no end, so that no row is joined to it; tried until there is room for that.
static bool put_end(struct elbow_table *table)
{
    if (!table->owes_end)
        return true;
    table->owes_end = !elbow_file_put(table->file, "\n", 1);
    table->end += !table->owes_end;
    return !table->owes_end;
}

// Brings file and end to what is there now. False, with an error, if no rows can be written; an error as well where
// those before are lost.
static bool follow(const struct elbow_metrics *metrics, struct elbow_table *table, struct elbow_error *error)
{
    struct stat open_one, named;
    bool is_own = false;
    if (fstatat(elbow_directory_descriptor(metrics->directory), table->name, &named, 0) != 0) {
        if (errno == ENOENT)
            return begin_anew(metrics, table, error);
        return fail(table, errno, error) == ELBOW_OK;
    }
    bool is_good = fstat(table->file, &open_one) == 0;
    if (is_good && (open_one.st_ino != named.st_ino || open_one.st_dev != named.st_dev))
        is_good = reopen(metrics, table) && go_on_behind(metrics, table, named.st_size);
    else if (is_good && named.st_size != table->end)
        is_good = (named.st_size < table->end || take_back(metrics, table, named.st_size, &is_own)) &&
                  (is_own || go_on_behind(metrics, table, named.st_size));
    is_good = is_good && put_end(table);
    return is_good || fail(table, errno, error) == ELBOW_OK;
}

// Writes what waits, whole or not at all.
static enum elbow_status flush(const struct elbow_metrics *metrics, struct elbow_table *table,
                               struct elbow_error *error)
{
    struct elbow_error removed = {0};
    struct stat about;
    bool is_own;
    if (!follow(metrics, table, &removed)) {
        if (error != NULL)
            *error = removed;
        return removed.status;
    }
    if (table->length > 0 && !elbow_file_put(table->file, table->waiting, table->length)) {
        int reason = errno;
        if (fstat(table->file, &about) == 0 && about.st_size > table->end)
            take_back(metrics, table, about.st_size, &is_own);
        return fail(table, reason, error);
    }
    table->end += (off_t)table->length;
    table->length = 0;
    if (removed.status != ELBOW_OK && error != NULL)
        *error = removed;
    return removed.status;
}

// The row goes behind those that wait, and then all of them to disk. A row that finds no room is lost.
static enum elbow_status append(const struct elbow_metrics *metrics, struct elbow_table *table,
                                const struct row_text *row, struct elbow_error *error)
{
    struct elbow_error trouble = {0};
    bool has_room = row->length <= table->size - table->length;
    if (has_room) {
        memcpy(table->waiting + table->length, row->text, row->length);
        table->length += row->length;
    }
    flush(metrics, table, &trouble);
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
    append(metrics, &metrics->metrics, &text, &trouble);
    text.length = 0;
    add_place(&text, row);
    for (size_t j = 0; j < metrics->latent; ++j)
        add_number(&text, kl[j]);
    add_text(&text, "\n");
    append(metrics, &metrics->kl, &text, &trouble);
    if (trouble.status != ELBOW_OK && error != NULL)
        *error = trouble;
    return trouble.status;
}

enum elbow_status elbow_metrics_flush(struct elbow_metrics *metrics, struct elbow_error *error)
{
    enum elbow_status first = flush(metrics, &metrics->metrics, error);
    enum elbow_status second = flush(metrics, &metrics->kl, first == ELBOW_OK ? error : NULL);
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
