// SPDX-License-Identifier: BSD-3-Clause
// Writing in one go: a reader, and a crash at any moment, sees the old file or the new one.
#include "elbow/base/file.h"

#include "elbow/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum elbow_status trouble(const char *path, const char *what, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be %s: %s", path, what, strerror(errno));
}

// The directory that holds path.
static void directory_of(const char *path, elbow_path directory)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        elbow_text_format(directory, ELBOW_PATH_SIZE, ".");
    else
        elbow_text_format(directory, ELBOW_PATH_SIZE, "%.*s", (int)(slash - path) + 1, path);
}

// Syncs the directory that holds path, so that the new name survives a crash. File systems that cannot are forgiven.
static void sync_directory_of(const char *path)
{
    elbow_path directory;
    directory_of(path, directory);
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return;
    fsync(file);
    close(file);
}

enum elbow_status elbow_file_make_directory_of(const char *path, struct elbow_error *error)
{
    elbow_path directory;
    directory_of(path, directory);
    return elbow_text_make_directory(directory, error);
}

enum elbow_status elbow_file_publish(const char *part, const char *path, struct elbow_error *error)
{
    int file = open(part, O_RDONLY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    if (!synced || rename(part, path) != 0) {
        trouble(path, "written", error);
        unlink(part);
        return ELBOW_OUTPUT;
    }
    sync_directory_of(path);
    return ELBOW_OK;
}

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

enum elbow_status elbow_file_write(const char *path, const void *bytes, size_t size, struct elbow_error *error)
{
    elbow_path part;
    if (!elbow_text_format(part, sizeof part, "%s.part", path))
        return elbow_error_set(error, ELBOW_OUTPUT, "%.60s...: the path is longer than %d bytes", path,
                               ELBOW_PATH_SIZE - 6);
    int file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return trouble(path, "created", error);
    if (!write_all(file, bytes, size)) {
        trouble(path, "written", error);
        close(file);
        unlink(part);
        return ELBOW_OUTPUT;
    }
    if (close(file) != 0) {
        trouble(path, "written", error);
        unlink(part);
        return ELBOW_OUTPUT;
    }
    return elbow_file_publish(part, path, error);
}
