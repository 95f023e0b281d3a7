// SPDX-License-Identifier: BSD-3-Clause
// Whether there is a place for what a command shall write.
#include "output.h"

#include "elbow/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Only making a file proves that one can be made: permissions say nothing to root, nor on every file system.
enum elbow_status elbow_output_has_place(const char *path, struct elbow_error *error)
{
    struct stat about;
    struct elbow_part part;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%.500s: is a directory; name a file in it", path);
    if (elbow_part_begin(NULL, path, &part, NULL, NULL) != ELBOW_OK)
        return elbow_error_set(error, ELBOW_FILE, "%.500s: cannot be written: %s; nothing was computed", path,
                               elbow_file_reason(errno));
    elbow_part_abandon(&part);
    return ELBOW_OK;
}

enum elbow_status elbow_output_spares(const char *path, const char *file, struct elbow_error *error)
{
    struct stat output, input;
    if (stat(path, &output) != 0 || stat(file, &input) != 0 || output.st_dev != input.st_dev ||
        output.st_ino != input.st_ino)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%.500s: is a file that is read, and would be lost; give another name",
                           path);
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
