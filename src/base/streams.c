// SPDX-License-Identifier: BSD-3-Clause
// Standard streams. A descriptor may have been made non-blocking by whoever shares it: then it is waited for.
#include "elbow/base/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void elbow_streams_start(void)
{
    int file;
    do
        file = open("/dev/null", O_RDWR);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file >= 0)
        close(file);
    signal(SIGPIPE, SIG_IGN);
}

static bool has_reader(int file)
{
    struct pollfd wanted = {.fd = file, .events = POLLOUT};
    return poll(&wanted, 1, 0) <= 0 || (wanted.revents & (POLLERR | POLLHUP)) == 0;
}

static bool may_try_again(int file)
{
    struct pollfd wanted = {.fd = file, .events = POLLOUT};
    if (errno == EINTR)
        return true;
    return (errno == EAGAIN || errno == EWOULDBLOCK) && (poll(&wanted, 1, -1) >= 0 || errno == EINTR);
}

// A stream of memory or of somebody's functions.
static int put_through(FILE *stream, const void *bytes, size_t size)
{
    errno = 0;
    if (fwrite(bytes, 1, size, stream) == size && fflush(stream) == 0)
        return 0;
    return errno != 0 ? errno : EIO;
}

int elbow_streams_put(FILE *stream, const void *bytes, size_t size)
{
    const char *at = bytes;
    int file = fileno(stream);
    if (file < 0)
        return put_through(stream, bytes, size);
    fflush(stream);
    while (size > 0) {
        ssize_t written = write(file, at, size);
        if (written < 0 && may_try_again(file))
            continue;
        if (written < 0)
            return errno;
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

int elbow_streams_finish(FILE *stream)
{
    errno = 0;
    if (fflush(stream) == 0 && !ferror(stream))
        return 0;
    int reason = errno != 0 ? errno : EIO;
    return has_reader(fileno(stream)) ? reason : EPIPE;
}

enum { LINK_SIZE = 256, ANCESTORS_MOST = 32 };

// What standard output of a process leads to; false if that cannot be seen.
static bool read_output(pid_t process, char target[LINK_SIZE])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/1", (int)process);
    ssize_t length = readlink(link, target, LINK_SIZE - 1);
    target[length < 0 ? 0 : length] = 0;
    return length > 0;
}

// 0 if that cannot be seen.
static pid_t parent_of(pid_t process)
{
    char name[64], line[256];
    int parent = 0;
    snprintf(name, sizeof name, "/proc/%d/status", (int)process);
    FILE *file = fopen(name, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "PPid: %d", &parent) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return parent;
}

bool elbow_streams_is_watched(bool is_launched)
{
    char own[LINK_SIZE], other[LINK_SIZE];
    if (!isatty(STDOUT_FILENO))
        return false;
    if (!is_launched)
        return true;
    if (!read_output(getpid(), own))
        return false;
    pid_t process = getppid();
    for (int i = 0; i < ANCESTORS_MOST && process > 1 && read_output(process, other); ++i) {
        if (strcmp(own, other) != 0)
            return strncmp(other, "/dev/pts/", 9) == 0 || strncmp(other, "/dev/tty", 8) == 0;
        process = parent_of(process); // a script between the launcher and this program
    }
    return false;
}

int elbow_streams_end(const char *program, int exit_status)
{
    int reason = elbow_streams_finish(stdout);
    if (exit_status != 0 || reason == 0 || reason == EPIPE)
        return exit_status;
    fprintf(stderr, "%s: standard output cannot be written: %s\n", program, strerror(reason));
    return 1;
}
