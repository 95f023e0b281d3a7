// SPDX-License-Identifier: BSD-3-Clause
// Files that wait for room are written in the order they came.
#include "elbow/run/arrears.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"

#include <errno.h>
#include <string.h>

static const size_t BYTES_MAX = (size_t)64 << 20;

static void forget_first(struct elbow_arrears *arrears)
{
    arrears->bytes -= arrears->files[0].size;
    elbow_release(&arrears->files[0].bytes);
    --arrears->count;
    memmove(arrears->files, arrears->files + 1, arrears->count * sizeof *arrears->files);
}

static enum elbow_status try_to_write(struct elbow_arrears *arrears, const char *path, const char *bytes, size_t size,
                                      struct elbow_error *error)
{
    struct elbow_error trouble = {0};
    elbow_path folder;
    elbow_file_directory_of(path, folder);
    elbow_directory_make(arrears->directory, folder, NULL); // it may have been removed; if that fails, writing does
    enum elbow_status status = elbow_part_write(arrears->directory, path, bytes, size, ELBOW_PUBLISH_REPLACE, &trouble);
    if (status == ELBOW_OK)
        return ELBOW_OK;
    arrears->reason = errno;
    if (error != NULL)
        *error = trouble;
    return status;
}

enum elbow_status elbow_arrears_flush(struct elbow_arrears *arrears, struct elbow_error *error)
{
    while (arrears->count > 0) {
        const struct elbow_arrear *first = &arrears->files[0];
        enum elbow_status status = try_to_write(arrears, first->path, first->bytes, first->size, error);
        if (status != ELBOW_OK)
            return status;
        forget_first(arrears);
    }
    return ELBOW_OK;
}

enum elbow_status elbow_arrears_write(struct elbow_arrears *arrears, const char *path, char **bytes, size_t size,
                                      struct elbow_error *error)
{
    if (arrears->is_closed)
        return ELBOW_OK;
    enum elbow_status status = elbow_arrears_flush(arrears, error);
    if (status == ELBOW_OK)
        status = try_to_write(arrears, path, *bytes, size, error);
    struct elbow_arrear *file = &arrears->files[arrears->count];
    if (status == ELBOW_OK || arrears->count == ELBOW_ARREARS_MAX || size > BYTES_MAX - arrears->bytes ||
        !elbow_text_format(file->path, sizeof file->path, "%s", path))
        return status;
    file->bytes = *bytes;
    file->size = size;
    *bytes = NULL;
    ++arrears->count;
    arrears->bytes += size;
    return status;
}

bool elbow_arrears_wait_for_room(const struct elbow_arrears *arrears)
{
    return arrears->count > 0 && elbow_file_is_full(arrears->reason);
}

void elbow_arrears_clear(struct elbow_arrears *arrears)
{
    while (arrears->count > 0)
        forget_first(arrears);
}

void elbow_arrears_end(struct elbow_arrears *arrears)
{
    elbow_arrears_clear(arrears);
    arrears->is_closed = true;
}
