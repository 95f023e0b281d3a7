// SPDX-License-Identifier: BSD-3-Clause
// Open directories. O_RDONLY, not O_PATH: a directory is synced through the same descriptor.
#include "elbow/base/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum elbow_status elbow_directory_open(const char *path, struct elbow_directory *directory, struct elbow_error *error)
{
    *directory = (struct elbow_directory){.descriptor = -1};
    if (!elbow_text_format(directory->path, sizeof directory->path, "%s", path))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is longer than %d bytes", path,
                               ELBOW_PATH_SIZE - 1);
    directory->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory->descriptor < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: the directory cannot be opened: %s", path, strerror(errno));
    directory->is_open = true;
    return ELBOW_OK;
}

void elbow_directory_close(struct elbow_directory *directory)
{
    if (directory->is_open)
        close(directory->descriptor);
    *directory = (struct elbow_directory){.descriptor = -1};
}

int elbow_directory_descriptor(const struct elbow_directory *directory)
{
    ELBOW_CHECK(directory == NULL || directory->is_open);
    return directory == NULL ? AT_FDCWD : directory->descriptor;
}

void elbow_directory_name(const struct elbow_directory *directory, const char *path, elbow_path name)
{
    if (directory == NULL || path[0] == '/')
        elbow_text_format(name, ELBOW_PATH_SIZE, "%s", path);
    else
        elbow_text_format(name, ELBOW_PATH_SIZE, "%s/%s", directory->path, path);
}

enum elbow_status elbow_directory_make(const struct elbow_directory *directory, const char *path,
                                       struct elbow_error *error)
{
    struct stat about;
    elbow_path name;
    int at = elbow_directory_descriptor(directory);
    if (mkdirat(at, path, 0777) == 0) {
        if (directory != NULL)
            fsync(at); // file systems that cannot are forgiven
        return ELBOW_OK;
    }
    int reason = errno;
    if (reason == EEXIST && fstatat(at, path, &about, 0) == 0 && S_ISDIR(about.st_mode))
        return ELBOW_OK;
    elbow_directory_name(directory, path, name);
    elbow_error_set(error, ELBOW_FILE, "%s: the directory cannot be made: %s", name,
                    reason == EEXIST ? "a file of that name is there" : strerror(reason));
    errno = reason;
    return ELBOW_FILE;
}

DIR *elbow_directory_list(const struct elbow_directory *directory, const char *path)
{
    int file = openat(elbow_directory_descriptor(directory), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = file < 0 ? NULL : fdopendir(file);
    if (stream == NULL && file >= 0) {
        int reason = errno;
        close(file);
        errno = reason;
    }
    return stream;
}

bool elbow_directory_is_removed(const struct elbow_directory *directory)
{
    struct stat about;
    if (fstat(elbow_directory_descriptor(directory), &about) != 0)
        return errno == ESTALE; // what NFS says of a directory that was removed on another host
    return about.st_nlink == 0;
}
