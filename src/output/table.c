// SPDX-License-Identifier: BSD-3-Clause
// A table of a run. Rows are written by one call, and removed again if the disk took only part of them: the table
// contains whole rows only, and the others wait in memory. Remains of a crash are removed when the table is opened
// again.
#include "elbow/output/table.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/math/hash.h"
#include "elbow/output/detail/table_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The new text of an existing table, instead of its old one; *length is unchanged if it need not change.
static enum elbow_status cut_table(const struct elbow_table *table, const struct elbow_table_request *request,
                                   uint64_t step, char **text, size_t *length, struct elbow_error *error)
{
    size_t header_length = strlen(request->header), size = *length;
    bool is_same = size >= header_length && memcmp(*text, request->header, header_length) == 0;
    // A start that a crash cut off in the header's middle left no rows; where no checkpoint was left, no row is kept.
    bool begins_anew = size < header_length && memcmp(*text, request->header, size) == 0;
    begins_anew = begins_anew || (!is_same && step == 0 && elbow_table_is_own(*text, size));
    if (begins_anew) {
        elbow_release(text);
        *length = header_length;
        return elbow_duplicate(text, request->header, error);
    }
    if (!is_same)
        header_length = request->may_lack_columns ? elbow_table_columns(*text, request->header) : 0;
    if (header_length == 0)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: has another header than this run (%.60s...); move the file elsewhere", table->path,
                               request->header);
    *length = elbow_table_cut(*text, size, header_length, step);
    return ELBOW_OK;
}

static enum elbow_status keep_header(struct elbow_table *table, const char *text, struct elbow_error *error)
{
    size_t length = strcspn(text, "\n") + 1;
    enum elbow_status status = elbow_allocate(&table->header, length + 1, 1, "a header", error);
    if (status == ELBOW_OK)
        memcpy(table->header, text, length);
    return status;
}

// Prepares the table at the beginning of a start; *length is then its length.
static enum elbow_status prepare(const struct elbow_table_request *request, uint64_t step, struct elbow_table *table,
                                 size_t *length, struct elbow_error *error)
{
    char *text = NULL, *before = NULL;
    size_t size = 0;
    struct elbow_error trouble = {0};
    enum elbow_status status =
        elbow_file_read(table->directory, table->name, (size_t)1 << ELBOW_TABLE_BYTES_LOG2, &before, &size, &trouble);
    bool is_new = status == ELBOW_FILE && errno == ENOENT;
    *length = strlen(request->header);
    if (is_new)
        status = keep_header(table, request->header, error);
    if (is_new && status == ELBOW_OK)
        status =
            elbow_part_write(table->directory, table->name, request->header, *length, ELBOW_PUBLISH_REPLACE, error);
    if (is_new)
        return status;
    if (status != ELBOW_OK) {
        *error = trouble;
        return status;
    }
    uint64_t hash = elbow_hash_bytes(before, size);
    text = before;
    *length = size;
    status = cut_table(table, request, step, &text, length, error);
    if (status == ELBOW_OK)
        status = keep_header(table, text, error);
    if (status == ELBOW_OK && (*length != size || elbow_hash_bytes(text, size) != hash))
        status = elbow_part_write(table->directory, table->name, text, *length, ELBOW_PUBLISH_REPLACE, error);
    elbow_release(&text);
    return status;
}

enum elbow_status elbow_table_open(const struct elbow_table_request *request, uint64_t step, struct elbow_table *table,
                                   struct elbow_error *error)
{
    size_t length;
    *table = (struct elbow_table){.directory = request->directory, .log = request->log, .size = request->capacity};
    elbow_text_format(table->name, sizeof table->name, "%s", request->name);
    elbow_directory_name(table->directory, table->name, table->path);
    enum elbow_status status = prepare(request, step, table, &length, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&table->waiting, table->size, 1, "rows", error);
    if (status == ELBOW_OUTPUT) // before a run has begun, this is no run whose output is missing
        status = error->status = ELBOW_FILE;
    if (status != ELBOW_OK)
        return status;
    table->file = elbow_file_open(table->directory, table->name, O_APPEND);
    if (table->file < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", table->path, elbow_file_reason(errno));
    table->is_open = true;
    table->end = (off_t)length;
    return ELBOW_OK;
}

static enum elbow_status fail(struct elbow_table *table, int reason, struct elbow_error *error)
{
    table->reason = reason;
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", table->path, elbow_file_reason(reason));
}

// Opens the file that has the table's name now, instead of the old one.
static bool reopen(struct elbow_table *table)
{
    int file = elbow_file_open(table->directory, table->name, O_APPEND);
    if (file < 0)
        return false;
    close(table->file);
    table->file = file;
    table->end = 0; // none of its bytes has been checked
    table->owes_end = false;
    return true;
}

// A table that somebody has removed begins again with the next row.
static bool begin_anew(struct elbow_table *table, struct elbow_error *error)
{
    size_t length = strlen(table->header);
    if (elbow_part_write(table->directory, table->name, table->header, length, ELBOW_PUBLISH_NEW, NULL) != ELBOW_OK ||
        !reopen(table)) {
        fail(table, errno, error);
        return false;
    }
    table->end = (off_t)length;
    elbow_error_set(error, ELBOW_OUTPUT, "%s: has been removed; it begins again, and its former rows are lost",
                    table->path);
    return true;
}

// Reads a piece of the table's file, which is the one of its name.
static bool read_piece(const struct elbow_table *table, off_t from, char *bytes, size_t size)
{
    int file = openat(elbow_directory_descriptor(table->directory), table->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = file < 0 ? -1 : pread(file, bytes, size, from);
    int reason = errno;
    if (file >= 0)
        close(file);
    errno = length < 0 ? reason : EIO;
    return length == (ssize_t)size;
}

// Bytes behind the last whole row may be the beginning of pending rows, which are removed: *is_own. Any others belong
// to somebody else. False with errno if they cannot be read, or not be removed.
static bool take_back(struct elbow_table *table, off_t now, bool *is_own)
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
    bool is_read = read_piece(table, table->end, bytes, rest);
    *is_own = is_read && memcmp(bytes, table->waiting, rest) == 0;
    int reason = errno;
    elbow_release(&bytes);
    errno = reason;
    return is_read && (!*is_own || ftruncate(table->file, table->end) == 0);
}

// Another process has changed the table: its contents stay, and whole rows continue behind them.
static bool go_on_behind(struct elbow_table *table, off_t now)
{
    char last = '\n';
    if (now > 0 && !read_piece(table, now - 1, &last, 1))
        return false;
    table->end = now;
    table->owes_end = last != '\n';
    elbow_log_warn(table->log, "%s: has been changed by another program; its contents stay, and new rows follow them",
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

// Adjusts file and end to the current file. False, with an error, if no rows can be written; an error, too, if earlier
// rows are lost.
static bool follow(struct elbow_table *table, struct elbow_error *error)
{
    struct stat open_one, named;
    bool is_own = false;
    if (fstatat(elbow_directory_descriptor(table->directory), table->name, &named, 0) != 0) {
        if (errno == ENOENT)
            return begin_anew(table, error);
        return fail(table, errno, error) == ELBOW_OK;
    }
    bool is_good = fstat(table->file, &open_one) == 0;
    if (is_good && (open_one.st_ino != named.st_ino || open_one.st_dev != named.st_dev))
        is_good = reopen(table) && go_on_behind(table, named.st_size);
    else if (is_good && named.st_size != table->end)
        is_good = (named.st_size < table->end || take_back(table, named.st_size, &is_own)) &&
                  (is_own || go_on_behind(table, named.st_size));
    is_good = is_good && put_end(table);
    return is_good || fail(table, errno, error) == ELBOW_OK;
}

enum elbow_status elbow_table_flush(struct elbow_table *table, struct elbow_error *error)
{
    struct elbow_error removed = {0};
    struct stat about;
    bool is_own;
    if (!follow(table, &removed)) {
        if (error != NULL)
            *error = removed;
        return removed.status;
    }
    if (table->length > 0 && !elbow_file_put(table->file, table->waiting, table->length)) {
        int reason = errno;
        if (fstat(table->file, &about) == 0 && about.st_size > table->end)
            take_back(table, about.st_size, &is_own);
        return fail(table, reason, error);
    }
    table->end += (off_t)table->length;
    table->length = 0;
    if (removed.status != ELBOW_OK && error != NULL)
        *error = removed;
    return removed.status;
}

enum elbow_status elbow_table_append(struct elbow_table *table, const char *row, size_t length,
                                     struct elbow_error *error)
{
    struct elbow_error trouble = {0};
    bool fits = length <= table->size - table->length;
    if (fits) {
        memcpy(table->waiting + table->length, row, length);
        table->length += length;
    }
    elbow_table_flush(table, &trouble);
    if (!fits)
        elbow_error_set(&trouble, ELBOW_OUTPUT, "%s: rows are lost: there is no memory for more pending ones",
                        table->path);
    if (trouble.status != ELBOW_OK && error != NULL && error->status == ELBOW_OK)
        *error = trouble;
    return trouble.status;
}

bool elbow_table_waits_for_space(const struct elbow_table *table)
{
    return table->is_open && table->length > 0 && elbow_file_is_full(table->reason);
}

void elbow_table_close(struct elbow_table *table)
{
    if (table->is_open)
        close(table->file);
    elbow_release(&table->header);
    elbow_release(&table->waiting);
    *table = (struct elbow_table){0};
}
