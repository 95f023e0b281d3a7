// SPDX-License-Identifier: BSD-3-Clause
// Standard streams. A descriptor may have been made non-blocking by whoever shares it: then it is waited for.
#include "elbow/base/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
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

int elbow_streams_end(const char *program, int exit_status)
{
    int reason = elbow_streams_finish(stdout);
    if (exit_status != 0 || reason == 0 || reason == EPIPE)
        return exit_status;
    fprintf(stderr, "%s: standard output cannot be written: %s\n", program, strerror(reason));
    return 1;
}
