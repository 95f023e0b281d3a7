// SPDX-License-Identifier: BSD-3-Clause
// The lock of a run directory. It belongs to the open file, not to the process: another descriptor of the file that is
// closed does not drop it. Whoever ends removes the file, so a lock counts only if its file is still the one at the
// path.
#include "elbow/run/lock.h"

#include "elbow/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOLDER_SIZE = 256, ATTEMPTS = 100 };

// Whether the open file is the one at the path.
static bool is_at_path(const struct elbow_lock *lock)
{
    struct stat open_one, named;
    return fstat(lock->file, &open_one) == 0 && stat(lock->path, &named) == 0 && open_one.st_dev == named.st_dev &&
           open_one.st_ino == named.st_ino;
}

// 0, or what the system says. Kernels before 3.15 know only the locks that belong to a process.
static int lock_file(int file)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(file, F_OFD_SETLK, &whole) == 0)
        return 0;
    if (errno == EINVAL && fcntl(file, F_SETLK, &whole) == 0)
        return 0;
    return errno;
}

static void write_holder(int file)
{
    char host[128] = "an unknown host", now[32], text[HOLDER_SIZE];
    gethostname(host, sizeof host - 1);
    elbow_clock_now(now, sizeof now);
    int length = snprintf(text, sizeof text, "process %ld on %s since %s\n", (long)getpid(), host, now);
    // The text is a courtesy: the lock holds without it.
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)length, 0) != length)
        return;
}

static enum elbow_status refuse(const char *run, int file, struct elbow_error *error)
{
    char text[HOLDER_SIZE];
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    return elbow_error_set(error, ELBOW_FILE,
                           "%s: another run is at work in it (%s); wait for its end, or take another directory with "
                           "--run-dir",
                           run, text[0] != 0 ? text : "it has not said who it is");
}

static bool has_no_locks(int reason)
{
    return reason == ENOLCK || reason == ENOTSUP || reason == EOPNOTSUPP || reason == ENOSYS || reason == EINVAL;
}

// The lock could not be had for this reason.
static enum elbow_status give_up(const char *run, int reason, struct elbow_log *log, struct elbow_lock *lock,
                                 struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    if (has_no_locks(reason)) {
        lock->is_impossible = true;
        elbow_log_warn(log, "%s: the file system has no locks (%s): see to it that no other run uses this directory",
                       run, strerror(reason));
    } else if (reason == EACCES || reason == EAGAIN) {
        status = refuse(run, lock->file, error);
    } else {
        status = elbow_error_set(error, ELBOW_FILE, "%s: cannot be locked: %s", lock->path, strerror(reason));
    }
    if (reason != EACCES && reason != EAGAIN)
        unlink(lock->path); // it would only look like a lock
    close(lock->file);
    return status;
}

enum elbow_status elbow_lock_take(const char *run, struct elbow_log *log, struct elbow_lock *lock,
                                  struct elbow_error *error)
{
    if (lock->is_held || lock->is_impossible)
        return ELBOW_OK;
    if (!elbow_text_format(lock->path, sizeof lock->path, "%s/lock", run))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", run);
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
        lock->file = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (lock->file < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
            return ELBOW_OK;
        if (lock->file < 0)
            return elbow_error_set(error, ELBOW_FILE, "%s: cannot be made: %s", lock->path, strerror(errno));
        int reason = lock_file(lock->file);
        if (reason != 0)
            return give_up(run, reason, log, lock, error);
        lock->is_held = is_at_path(lock);
        if (lock->is_held) {
            write_holder(lock->file);
            return ELBOW_OK;
        }
        close(lock->file);
    }
    return elbow_error_set(error, ELBOW_FILE, "%s: vanishes whenever it is locked", lock->path);
}

void elbow_lock_release(struct elbow_lock *lock)
{
    if (!lock->is_held)
        return;
    if (is_at_path(lock)) // the directory may have been moved, and another run may be where it was
        unlink(lock->path);
    close(lock->file);
    *lock = (struct elbow_lock){0};
}
