// SPDX-License-Identifier: BSD-3-Clause
// Outputs of commands: what stands at their places is looked at before the work, and again, without a gap, at its end.
#include "elbow/base/output.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum elbow_publish elbow_output_publishing(bool force)
{
    return force ? ELBOW_PUBLISH_REPLACE : ELBOW_PUBLISH_NEW;
}

static bool is_spared(const char *path)
{
    char first[sizeof ELBOW_OUTPUT_SPARED - 1];
    int file = elbow_file_open_input(path, false);
    if (file < 0)
        return false;
    bool is_one =
        read(file, first, sizeof first) == sizeof first && memcmp(first, ELBOW_OUTPUT_SPARED, sizeof first) == 0;
    close(file);
    return is_one;
}

static enum elbow_status check_present(const char *path, const struct stat *about, enum elbow_publish publish,
                                       struct elbow_error *error)
{
    if (S_ISDIR(about->st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%.500s: is a directory; name a file in it", path);
    if (!S_ISREG(about->st_mode))
        return elbow_error_set(error, ELBOW_FILE,
                               "%.500s: is a pipe, a device or a socket; give the name of a regular file", path);
    if (elbow_inputs_have(NULL, path))
        return elbow_error_set(error, ELBOW_USAGE,
                               "%.500s: is a file that is read, and is never replaced; give another name", path);
    if (is_spared(path))
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: is a checkpoint, and is never replaced; give another name",
                               path);
    if (publish == ELBOW_PUBLISH_REPLACE)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FILE, "%.500s: exists already; give another name, or --force to replace it",
                           path);
}

// Only making a file proves that one can be made: permissions say nothing to root, nor on every file system.
enum elbow_status elbow_output_check(const char *path, enum elbow_publish publish, struct elbow_error *error)
{
    struct stat about;
    struct elbow_part part;
    if (stat(path, &about) == 0) {
        enum elbow_status status = check_present(path, &about, publish, error);
        if (status != ELBOW_OK)
            return status;
    }
    if (elbow_part_begin(NULL, path, &part, NULL, NULL) != ELBOW_OK)
        return elbow_error_set(error, ELBOW_FILE, "%.500s: cannot be written: %s; nothing was computed", path,
                               elbow_file_reason(errno));
    elbow_part_abandon(&part);
    return ELBOW_OK;
}

enum elbow_status elbow_output_publish(struct elbow_part *part, enum elbow_publish publish, struct elbow_error *error)
{
    if (is_spared(part->path)) {
        elbow_part_abandon(part);
        return elbow_error_set(error, ELBOW_OUTPUT, "%.500s: is a checkpoint, and is never replaced; give another name",
                               part->path);
    }
    enum elbow_status status = elbow_part_publish(part, publish, error);
    if (status == ELBOW_OK || errno != EEXIST || publish == ELBOW_PUBLISH_REPLACE)
        return status;
    return elbow_error_set(error, ELBOW_FILE,
                           "%.500s: another program has made this file meanwhile, and it is kept; give another name, "
                           "or --force to replace it",
                           part->path);
}

enum elbow_status elbow_output_write(const char *path, const void *bytes, size_t size, enum elbow_publish publish,
                                     struct elbow_error *error)
{
    struct elbow_part part;
    enum elbow_status status = elbow_part_begin_bytes(NULL, path, bytes, size, &part, error);
    return status == ELBOW_OK ? elbow_output_publish(&part, publish, error) : status;
}

enum elbow_status elbow_output_error(struct elbow_error *error)
{
    if (error->status == ELBOW_FILE)
        error->status = ELBOW_OUTPUT;
    return error->status;
}

bool elbow_output_ends(const char *path, const char *ending)
{
    size_t length = strlen(path), end = strlen(ending);
    return length > end && strcmp(path + length - end, ending) == 0;
}
