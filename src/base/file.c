// SPDX-License-Identifier: BSD-3-Clause
// Writing in one go: a reader, and a crash at any moment, sees the old file or the new one. All calls that bring bytes
// to disk, but for those of HDF5 and stdio, go through four functions that count them and can be made to fail.
#include "elbow/base/file.h"

#include "elbow/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    atomic_ullong calls, fail_from, fail_to;
} counts;

// Counts a call, and makes it fail as a full disk would where a test asks for it.
static bool must_fail(void)
{
    unsigned long long number = atomic_fetch_add(&counts.calls, 1) + 1;
    if (number < atomic_load(&counts.fail_from) || number >= atomic_load(&counts.fail_to))
        return false;
    errno = ENOSPC;
    return true;
}

void elbow_file_fail_at(uint64_t n, uint64_t times)
{
    uint64_t from = n == 0 ? UINT64_MAX : atomic_load(&counts.calls) + n;
    atomic_store(&counts.fail_to, 0);
    atomic_store(&counts.fail_from, from);
    atomic_store(&counts.fail_to, times < UINT64_MAX - from ? from + times : UINT64_MAX);
}

uint64_t elbow_file_count(void)
{
    return atomic_load(&counts.calls);
}

int elbow_file_open(const char *path, int flags)
{
    return must_fail() ? -1 : open(path, flags | O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
}

bool elbow_file_put(int file, const void *bytes, size_t size)
{
    const char *at = bytes;
    bool fails = must_fail();
    if (fails)
        size = size < 100 ? size / 2 : 50; // a disk fills up in the middle of something
    while (size > 0) {
        ssize_t written = write(file, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    if (fails)
        errno = ENOSPC;
    return !fails;
}

bool elbow_file_sync(int file)
{
    // Some file systems and pipes cannot sync; what they took is as safe as they make it.
    return !must_fail() && (fsync(file) == 0 || errno == EINVAL || errno == EROFS);
}

bool elbow_file_rename(const char *from, const char *to)
{
    return !must_fail() && rename(from, to) == 0;
}

bool elbow_file_is_full(int reason)
{
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

// Leaves errno as it is.
static enum elbow_status trouble(const char *path, const char *what, struct elbow_error *error)
{
    int reason = errno;
    elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be %s: %s", path, what, strerror(reason));
    errno = reason;
    return ELBOW_OUTPUT;
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

void elbow_file_sync_directory_of(const char *path)
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
    bool synced = file >= 0 && elbow_file_sync(file);
    if (file >= 0)
        close(file);
    if (!synced || !elbow_file_rename(part, path)) {
        int reason = errno;
        trouble(path, "written", error);
        unlink(part);
        errno = reason;
        return ELBOW_OUTPUT;
    }
    elbow_file_sync_directory_of(path);
    return ELBOW_OK;
}

void elbow_file_sweep(const char *directory)
{
    static const char ending[] = ".part";
    DIR *open_directory = opendir(directory);
    if (open_directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(open_directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length > sizeof ending - 1 && strcmp(entry->d_name + length - (sizeof ending - 1), ending) == 0)
            unlinkat(dirfd(open_directory), entry->d_name, 0);
    }
    closedir(open_directory);
}

enum elbow_status elbow_file_write(const char *path, const void *bytes, size_t size, struct elbow_error *error)
{
    elbow_path part;
    if (!elbow_text_format(part, sizeof part, "%s.part", path))
        return elbow_error_set(error, ELBOW_OUTPUT, "%.60s...: the path is longer than %d bytes", path,
                               ELBOW_PATH_SIZE - 6);
    int file = elbow_file_open(part, O_TRUNC);
    if (file < 0)
        return trouble(path, "created", error);
    bool is_written = elbow_file_put(file, bytes, size);
    int reason = errno;
    if (close(file) != 0 && is_written) {
        is_written = false;
        reason = errno;
    }
    if (is_written)
        return elbow_file_publish(part, path, error);
    unlink(part);
    errno = reason;
    return trouble(path, "written", error);
}
