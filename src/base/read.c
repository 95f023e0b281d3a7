// SPDX-License-Identifier: BSD-3-Clause
// Reading files whole: inputs that users name, which may be pipes, and files of a run, which may not.
#include "elbow/base/file.h"

#include "elbow/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIPE_SECONDS = 30 };

// Whether somebody may still write into a pipe, or has: tee looks without taking anything out.
static bool has_writer(int file)
{
    int copy[2];
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK) != 0)
        return true;
    bool has = tee(file, copy[1], 1, SPLICE_F_NONBLOCK) != 0;
    close(copy[0]);
    close(copy[1]);
    return has;
}

// 0, or why the file is no input. A device is not even opened.
static int judge_input(const struct stat *about, bool takes_pipes)
{
    if (S_ISDIR(about->st_mode))
        return EISDIR;
    return S_ISREG(about->st_mode) || (takes_pipes && S_ISFIFO(about->st_mode)) ? 0 : ENXIO;
}

// O_NONBLOCK opens a pipe without a writer at once.
int elbow_file_open_input(const char *path, bool takes_pipes)
{
    struct stat about;
    int reason = stat(path, &about) != 0 ? errno : judge_input(&about, takes_pipes);
    if (reason != 0) {
        errno = reason;
        return -1;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return -1;
    if (fstat(file, &about) != 0)
        reason = errno;
    else
        reason = judge_input(&about, takes_pipes);
    if (reason == 0 && S_ISFIFO(about.st_mode) && !has_writer(file))
        reason = EPIPE;
    if (reason == 0 && fcntl(file, F_SETFL, O_RDONLY) == 0)
        return file;
    reason = reason != 0 ? reason : errno;
    close(file);
    errno = reason;
    return -1;
}

// A pipe is waited for as long as something comes out of it.
static bool waits_in_vain(int file)
{
    struct pollfd wanted = {.fd = file, .events = POLLIN};
    int ready;
    while ((ready = poll(&wanted, 1, PIPE_SECONDS * 1000)) < 0 && errno == EINTR)
        continue;
    return ready == 0;
}

// Up to size bytes, fewer at the end only.
static enum elbow_status read_bytes(int file, bool is_pipe, const char *path, char *bytes, size_t size, size_t *got,
                                    struct elbow_error *error)
{
    *got = 0;
    while (*got < size) {
        if (is_pipe && waits_in_vain(file))
            return elbow_error_set(error, ELBOW_FILE, "%s: is a pipe that has delivered nothing for %d s", path,
                                   PIPE_SECONDS);
        ssize_t count = read(file, bytes + *got, size - *got);
        if (count == 0)
            return ELBOW_OK;
        if (count < 0 && errno != EINTR)
            return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", path, strerror(errno));
        *got += count > 0 ? (size_t)count : 0;
    }
    return ELBOW_OK;
}

static enum elbow_status read_all(int file, const char *path, size_t limit, char **text, size_t *size,
                                  struct elbow_error *error)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", path, strerror(errno));
    // A pipe has no size: it is read up to the limit, and a byte more.
    bool is_pipe = S_ISFIFO(about.st_mode);
    size_t capacity = is_pipe ? limit + 1 : (size_t)about.st_size;
    if (!is_pipe && capacity > limit)
        return elbow_error_set(error, ELBOW_FILE, "%s: has %s, more than the maximum of %s", path,
                               elbow_text_bytes(capacity).text, elbow_text_bytes(limit).text);
    enum elbow_status status = elbow_allocate(text, capacity + 1, 1, path, error);
    if (status == ELBOW_OK)
        status = read_bytes(file, is_pipe, path, *text, capacity, size, error);
    if (status == ELBOW_OK && *size > limit)
        status = elbow_error_set(error, ELBOW_FILE, "%s: delivers more than the maximum of %s", path,
                                 elbow_text_bytes(limit).text);
    if (status != ELBOW_OK)
        elbow_release(text);
    return status;
}

enum elbow_status elbow_file_read_input(const char *path, size_t limit, char **text, size_t *size,
                                        struct elbow_error *error)
{
    *text = NULL;
    int file = elbow_file_open_input(path, true);
    if (file < 0 && errno == EISDIR)
        return elbow_error_set(error, ELBOW_FILE, "%s: is a directory, not a file", path);
    if (file < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be opened: %s", path, elbow_file_reason(errno));
    enum elbow_status status = read_all(file, path, limit, text, size, error);
    close(file);
    return status;
}

static enum elbow_status cannot_read(const char *name, int reason, struct elbow_error *error)
{
    elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", name, elbow_file_reason(reason));
    errno = reason;
    return ELBOW_FILE;
}

ssize_t elbow_file_get(int file, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t part = read(file, (char *)bytes + done, size - done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return -1;
        if (part == 0)
            break;
        done += (size_t)part;
    }
    return (ssize_t)done;
}

static enum elbow_status read_open(int file, const char *name, size_t limit, char **bytes, size_t *size,
                                   struct elbow_error *error)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return cannot_read(name, errno, error);
    if (!S_ISREG(about.st_mode))
        return cannot_read(name, ENXIO, error);
    if ((uint64_t)about.st_size > limit) {
        elbow_error_set(error, ELBOW_FILE, "%s: has %s, more than the maximum of %s", name,
                        elbow_text_bytes((uint64_t)about.st_size).text, elbow_text_bytes(limit).text);
        errno = EFBIG;
        return ELBOW_FILE;
    }
    enum elbow_status status = elbow_allocate(bytes, (size_t)about.st_size + 1, 1, name, error);
    if (status != ELBOW_OK)
        return status;
    ssize_t length = elbow_file_get(file, *bytes, (size_t)about.st_size);
    if (length >= 0) {
        *size = (size_t)length;
        return ELBOW_OK;
    }
    int reason = errno;
    elbow_release(bytes);
    return cannot_read(name, reason, error);
}

enum elbow_status elbow_file_read(const struct elbow_directory *directory, const char *path, size_t limit, char **bytes,
                                  size_t *size, struct elbow_error *error)
{
    elbow_path name;
    *bytes = NULL;
    *size = 0;
    elbow_directory_name(directory, path, name);
    // A pipe would keep us waiting.
    int file = openat(elbow_directory_descriptor(directory), path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return cannot_read(name, errno, error);
    enum elbow_status status = read_open(file, name, limit, bytes, size, error);
    int reason = errno;
    close(file);
    errno = reason;
    return status;
}
