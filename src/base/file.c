// SPDX-License-Identifier: BSD-3-Clause
// All calls that bring bytes to disk, but for those of HDF5 and stdio, go through a few functions that count them and
// can be made to fail.
#include "elbow/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    atomic_ullong calls, fail_from, fail_to;
} counts;
static atomic_bool is_plain; // for tests: a file system that knows neither links nor a rename that replaces nothing

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

// Opening a pipe for writing waits for a reader; O_NONBLOCK makes that ENXIO, and regular files do not heed it.
int elbow_file_open(const struct elbow_directory *directory, const char *path, int flags)
{
    struct stat about;
    if (must_fail())
        return -1;
    int file = openat(elbow_directory_descriptor(directory), path,
                      flags | O_CREAT | O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (file < 0 || (fstat(file, &about) == 0 && S_ISREG(about.st_mode)))
        return file;
    close(file);
    errno = ENXIO;
    return -1;
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

bool elbow_file_rename(const struct elbow_directory *directory, const char *from, const char *to)
{
    int at = elbow_directory_descriptor(directory);
    return !must_fail() && renameat(at, from, at, to) == 0;
}

static bool has_neither(int reason)
{
    return reason == EPERM || reason == ENOSYS || reason == EINVAL || reason == EOPNOTSUPP || reason == EMLINK;
}

static bool rename_only_new(int at, const char *from, const char *to)
{
    if (atomic_load(&is_plain)) {
        errno = EINVAL;
        return false;
    }
    return renameat2(at, from, at, to, RENAME_NOREPLACE) == 0;
}

static bool link_new(int at, const char *from, const char *to)
{
    if (atomic_load(&is_plain)) {
        errno = EPERM;
        return false;
    }
    if (linkat(at, from, at, to, 0) != 0)
        return false;
    unlinkat(at, from, 0);
    return true;
}

// An empty file takes the name, if nobody has it, and gives way at once: no other new file comes between.
static bool claim_new(int at, const char *from, const char *to)
{
    int file = openat(at, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return false;
    close(file);
    if (renameat(at, from, at, to) == 0)
        return true;
    int reason = errno;
    unlinkat(at, to, 0);
    errno = reason;
    return false;
}

// A directory, of which there are no links: rename replaces at most an empty one by it.
static bool rename_directory(int at, const char *from, const char *to)
{
    struct stat about;
    if (fstatat(at, to, &about, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return false;
    }
    return errno == ENOENT && renameat(at, from, at, to) == 0;
}

static bool is_directory(int at, const char *path)
{
    struct stat about;
    return fstatat(at, path, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(about.st_mode);
}

// File systems that know no rename without replacement may know links; some know neither.
bool elbow_file_rename_new(const struct elbow_directory *directory, const char *from, const char *to)
{
    int at = elbow_directory_descriptor(directory);
    if (must_fail())
        return false;
    if (rename_only_new(at, from, to))
        return true;
    if (!has_neither(errno))
        return false;
    if (is_directory(at, from))
        return rename_directory(at, from, to);
    if (link_new(at, from, to))
        return true;
    return has_neither(errno) && claim_new(at, from, to);
}

void elbow_file_pretend_plain(bool plain)
{
    atomic_store(&is_plain, plain);
}

bool elbow_file_is_full(int reason)
{
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

const char *elbow_file_reason(int reason)
{
    if (reason == ENXIO)
        return "it is not a regular file";
    if (reason == EEXIST)
        return "a file of that name is there";
    if (reason == EPIPE)
        return "it is a pipe that nobody writes into";
    return strerror(reason);
}

// The directory that holds path, beneath the one that path is beneath.
void elbow_file_directory_of(const char *path, elbow_path holder)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        elbow_text_format(holder, ELBOW_PATH_SIZE, ".");
    else
        elbow_text_format(holder, ELBOW_PATH_SIZE, "%.*s", (int)(slash - path) + 1, path);
}

void elbow_file_sync_directory_of(const struct elbow_directory *directory, const char *path)
{
    elbow_path holder;
    elbow_file_directory_of(path, holder);
    int file = openat(elbow_directory_descriptor(directory), holder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return;
    fsync(file);
    close(file);
}

static enum elbow_status make_one_directory(const char *path, struct elbow_error *error)
{
    struct stat about;
    if (mkdir(path, 0777) == 0) {
        elbow_file_sync_directory_of(NULL, path);
        return ELBOW_OK;
    }
    if (errno == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return ELBOW_OK;
    const char *reason = errno == EEXIST ? "a file of that name is there" : strerror(errno);
    return elbow_error_set(error, ELBOW_FILE, "%s: the directory cannot be made: %s", path, reason);
}

enum elbow_status elbow_file_make_directory(const char *path, struct elbow_error *error)
{
    char part[ELBOW_PATH_SIZE];
    if (!elbow_text_format(part, sizeof part, "%s", path))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is longer than %d bytes", path,
                               ELBOW_PATH_SIZE - 1);
    for (char *slash = part + 1; *part != 0 && (slash = strchr(slash, '/')) != NULL; ++slash) {
        *slash = 0;
        enum elbow_status status = make_one_directory(part, error);
        if (status != ELBOW_OK)
            return status;
        *slash = '/';
    }
    return make_one_directory(part, error);
}

enum elbow_status elbow_file_make_directory_of(const char *path, struct elbow_error *error)
{
    elbow_path directory;
    elbow_file_directory_of(path, directory);
    return elbow_file_make_directory(directory, error);
}
