// SPDX-License-Identifier: BSD-3-Clause
// Files that appear complete or not at all: a rename is the only thing that ever happens to the path itself.
#include "output.h"

#include "elbow/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum elbow_status elbow_output_begin(const char *path, struct elbow_output *output, struct elbow_error *error)
{
    *output = (struct elbow_output){0};
    if (elbow_text_format(output->part, sizeof output->part, "%s.part", path) &&
        elbow_text_format(output->path, sizeof output->path, "%s", path))
        return ELBOW_OK;
    *output = (struct elbow_output){0};
    return elbow_error_set(error, ELBOW_OUTPUT, "%.60s...: the path is longer than %d bytes", path,
                           ELBOW_PATH_SIZE - 6);
}

enum elbow_status elbow_output_commit(const struct elbow_output *output, struct elbow_error *error)
{
    return elbow_file_publish(output->part, output->path, error);
}

void elbow_output_abandon(const struct elbow_output *output)
{
    if (output->part[0] != '\0')
        unlink(output->part);
}

// Only making a file proves that one can be made: permissions say nothing to root, nor on every file system.
enum elbow_status elbow_output_has_place(const char *path, struct elbow_error *error)
{
    struct stat about;
    elbow_path part;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%.500s: is a directory; name a file in it", path);
    if (!elbow_text_format(part, sizeof part, "%s.part", path))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
    int file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno != EEXIST)
        return elbow_error_set(error, ELBOW_FILE, "%.500s: cannot be written: %s; nothing was computed", path,
                               strerror(errno));
    if (file < 0)
        return ELBOW_OK;
    close(file);
    unlink(part);
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
