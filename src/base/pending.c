// SPDX-License-Identifier: BSD-3-Clause
// Files that wait for room are written in the order they came.
#include "elbow/base/pending.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"

#include <errno.h>
#include <string.h>

static const size_t BYTES_MAX = (size_t)64 << 20;

static void forget_first(struct elbow_pending *pending)
{
    pending->bytes -= pending->files[0].size;
    elbow_release(&pending->files[0].bytes);
    --pending->count;
    memmove(pending->files, pending->files + 1, pending->count * sizeof *pending->files);
}

static enum elbow_status try_to_write(struct elbow_pending *pending, const char *path, const char *bytes, size_t size,
                                      struct elbow_error *error)
{
    struct elbow_error trouble = {0};
    elbow_path folder;
    elbow_file_directory_of(path, folder);
    elbow_directory_make(pending->directory, folder, NULL); // it may have been removed; if that fails, writing does
    enum elbow_status status = elbow_part_write(pending->directory, path, bytes, size, ELBOW_PUBLISH_REPLACE, &trouble);
    if (status == ELBOW_OK)
        return ELBOW_OK;
    pending->reason = errno;
    if (error != NULL)
        *error = trouble;
    return status;
}

enum elbow_status elbow_pending_flush(struct elbow_pending *pending, struct elbow_error *error)
{
    while (pending->count > 0) {
        const struct elbow_pending_file *first = &pending->files[0];
        enum elbow_status status = try_to_write(pending, first->path, first->bytes, first->size, error);
        if (status != ELBOW_OK)
            return status;
        forget_first(pending);
    }
    return ELBOW_OK;
}

enum elbow_status elbow_pending_write(struct elbow_pending *pending, const char *path, char **bytes, size_t size,
                                      struct elbow_error *error)
{
    if (pending->is_closed)
        return ELBOW_OK;
    enum elbow_status status = elbow_pending_flush(pending, error);
    if (status == ELBOW_OK)
        status = try_to_write(pending, path, *bytes, size, error);
    struct elbow_pending_file *file = &pending->files[pending->count];
    if (status == ELBOW_OK || pending->count == ELBOW_PENDING_MAX || size > BYTES_MAX - pending->bytes ||
        !elbow_text_format(file->path, sizeof file->path, "%s", path))
        return status;
    file->bytes = *bytes;
    file->size = size;
    *bytes = NULL;
    ++pending->count;
    pending->bytes += size;
    return status;
}

bool elbow_pending_wait_for_space(const struct elbow_pending *pending)
{
    return pending->count > 0 && elbow_file_is_full(pending->reason);
}

void elbow_pending_clear(struct elbow_pending *pending)
{
    while (pending->count > 0)
        forget_first(pending);
}

void elbow_pending_end(struct elbow_pending *pending)
{
    elbow_pending_clear(pending);
    pending->is_closed = true;
}
