// SPDX-License-Identifier: BSD-3-Clause
// The lock of a run directory. It belongs to the open file, not to the process: another descriptor of the file that is
// closed does not drop it. Whoever ends removes the file, so a lock counts only if its file is still the one at its
// name. A new file gets its name when it is locked and says by whom: nobody ever sees an empty one.
#include "elbow/base/lock.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char NAME[] = "lock", HEAD[] = "process ";
enum { HOLDER_SIZE = 256, ATTEMPTS = 100 };

// How an attempt went.
enum attempt {
    TAKEN,
    AGAIN,     // somebody was quicker: another attempt
    REFUSED,   // another run holds it
    FOREIGN,   // a file of that name is no lock
    NO_LOCKS,  // the file system has none
    NO_RIGHTS, // nobody holds it, and nothing can be written here
    FAILED,    // for another reason
};

// Whether the open file is the one of that name; false with errno 0 if it certainly is not.
static bool is_in_place(const struct elbow_lock *lock)
{
    struct stat open_one, named;
    if (fstat(lock->file, &open_one) != 0)
        return false;
    if (fstatat(elbow_directory_descriptor(lock->directory), NAME, &named, AT_SYMLINK_NOFOLLOW) != 0) {
        errno = errno == ENOENT ? 0 : errno;
        return false;
    }
    errno = 0;
    return open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
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
    int length = snprintf(text, sizeof text, "%s%ld on %s since %s\n", HEAD, (long)getpid(), host, now);
    // The text is a courtesy: the lock holds without it.
    if (ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)length, 0) != length)
        return;
}

static void read_holder(int file, char text[HOLDER_SIZE])
{
    ssize_t length = pread(file, text, HOLDER_SIZE - 1, 0);
    text[length > 0 ? length : 0] = 0;
    text[strcspn(text, "\n")] = 0;
}

bool elbow_lock_is_ours(const char *text)
{
    return strncmp(text, HEAD, sizeof HEAD - 1) == 0;
}

static enum attempt judge(int reason)
{
    if (reason == EACCES || reason == EAGAIN)
        return REFUSED;
    bool has_none = reason == ENOLCK || reason == ENOTSUP || reason == ENOSYS;
    has_none |= reason == EOPNOTSUPP; // on Linux the same number as ENOTSUP
    return has_none || reason == EINVAL ? NO_LOCKS : FAILED;
}

static enum attempt judge_opening(int reason)
{
    return reason == EACCES || reason == EROFS || reason == EPERM ? NO_RIGHTS : FAILED;
}

// Locks the open file of that name. Errno is that of a failure.
static enum attempt lock_open(struct elbow_lock *lock)
{
    int reason = lock_file(lock->file);
    if (reason != 0) {
        errno = reason;
        return judge(reason);
    }
    lock->is_held = is_in_place(lock);
    if (!lock->is_held)
        return AGAIN;
    write_holder(lock->file);
    return TAKEN;
}

// The plain way, where a file cannot get its name later.
static enum attempt create(struct elbow_lock *lock)
{
    lock->file = openat(elbow_directory_descriptor(lock->directory), NAME, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (lock->file < 0)
        return errno == EEXIST ? AGAIN : judge_opening(errno);
    enum attempt attempt = lock_open(lock);
    if (attempt == NO_LOCKS || attempt == FAILED)
        unlinkat(elbow_directory_descriptor(lock->directory), NAME, 0); // it would only look like a lock
    return attempt;
}

// A new file, locked before it has its name.
static enum attempt make(struct elbow_lock *lock)
{
    struct elbow_part part;
    if (elbow_part_begin(lock->directory, NAME, &part, &lock->file, NULL) != ELBOW_OK)
        return judge_opening(errno);
    int reason = lock_file(lock->file);
    if (reason != 0) {
        elbow_part_abandon(&part);
        errno = reason;
        return judge(reason);
    }
    write_holder(lock->file);
    lock->is_held = elbow_file_rename_new(lock->directory, part.part, NAME);
    if (lock->is_held)
        return TAKEN;
    reason = errno;
    elbow_part_abandon(&part);
    close(lock->file);
    lock->file = -1;
    return reason == EEXIST ? AGAIN : create(lock);
}

// Opens the file of that name, whatever it is.
static int open_named(const struct elbow_lock *lock, int access)
{
    return openat(elbow_directory_descriptor(lock->directory), NAME,
                  access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

// Whether somebody holds a lock that can only be read: another user's run is one, too. Errno is that of a failure.
static enum attempt ask_open(const struct elbow_lock *lock)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int answer = fcntl(lock->file, F_OFD_GETLK, &whole);
    if (answer != 0 && errno == EINVAL) { // before 3.15
        whole = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
        answer = fcntl(lock->file, F_GETLK, &whole);
    }
    if (answer != 0)
        return judge(errno);
    return whole.l_type == F_UNLCK ? NO_RIGHTS : REFUSED;
}

// One attempt; the file stays open if the lock is held, or if it is another's. *holder: who that is.
static enum attempt attempt_once(struct elbow_lock *lock, char holder[HOLDER_SIZE])
{
    struct stat about;
    lock->file = open_named(lock, O_RDWR);
    if (lock->file < 0 && errno == ENOENT)
        return make(lock);
    bool may_write = lock->file >= 0;
    if (!may_write && judge_opening(errno) == NO_RIGHTS)
        lock->file = open_named(lock, O_RDONLY);
    if (lock->file < 0)
        return errno == ENOENT ? AGAIN : FAILED; // one that cannot be read may be held
    if (fstat(lock->file, &about) != 0)
        return FAILED;
    if (!S_ISREG(about.st_mode)) {
        errno = ENXIO;
        return FAILED;
    }
    read_holder(lock->file, holder);
    if (holder[0] != 0 && !elbow_lock_is_ours(holder))
        return FOREIGN;
    return may_write ? lock_open(lock) : ask_open(lock);
}

static enum attempt attempt(struct elbow_lock *lock, char holder[HOLDER_SIZE])
{
    enum attempt result = AGAIN;
    for (int i = 0; i < ATTEMPTS && result == AGAIN; ++i) {
        holder[0] = 0;
        lock->file = -1;
        result = attempt_once(lock, holder);
        int reason = errno;
        if (result != TAKEN && lock->file >= 0)
            close(lock->file);
        errno = reason;
    }
    return result;
}

static enum elbow_status refuse(const char *run, const char *holder, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FILE,
                           "%s: another run is at work in it (%s); wait for its end, or take another directory with "
                           "--run-dir",
                           run, holder[0] != 0 ? holder : "its lock file does not name it yet");
}

enum elbow_status elbow_lock_take(const struct elbow_directory *directory, struct elbow_log *log,
                                  struct elbow_lock *lock, struct elbow_error *error)
{
    char holder[HOLDER_SIZE];
    if (lock->is_held || lock->is_impossible)
        return ELBOW_OK;
    *lock = (struct elbow_lock){.directory = directory};
    enum attempt result = attempt(lock, holder);
    int reason = errno;
    switch (result) {
    case TAKEN:
    case NO_RIGHTS:
        return ELBOW_OK;
    case REFUSED:
        return refuse(directory->path, holder, error);
    case FOREIGN:
        return elbow_error_set(error, ELBOW_FILE,
                               "%s/lock: is not a lock file of Elbow, and a run would replace it; move it elsewhere",
                               directory->path);
    case NO_LOCKS:
        lock->is_impossible = true;
        elbow_log_warn(log, "%s: the file system has no locks (%s); make sure that no other run uses this directory",
                       directory->path, strerror(reason));
        return ELBOW_OK;
    case AGAIN:
        return elbow_error_set(error, ELBOW_FILE, "%s/lock: disappears each time it is locked", directory->path);
    case FAILED:
        break;
    }
    return elbow_error_set(error, ELBOW_FILE, "%s/lock: cannot be locked: %s", directory->path,
                           elbow_file_reason(reason));
}

enum elbow_status elbow_lock_keep(struct elbow_lock *lock, bool *was_lost, struct elbow_error *error)
{
    char holder[HOLDER_SIZE];
    struct elbow_lock anew = {.directory = lock->directory};
    *was_lost = false;
    if (!lock->is_held || is_in_place(lock) || errno != 0)
        return ELBOW_OK;
    enum attempt result = attempt(&anew, holder);
    if (result == REFUSED)
        return elbow_error_set(error, ELBOW_FILE, "%s: another run is at work in it now (%s)", lock->directory->path,
                               holder[0] != 0 ? holder : "its lock file does not name it yet");
    if (result != TAKEN)
        return ELBOW_OK; // the next time, perhaps
    close(lock->file);
    *lock = anew;
    *was_lost = true;
    return ELBOW_OK;
}

void elbow_lock_release(struct elbow_lock *lock)
{
    if (!lock->is_held)
        return;
    if (is_in_place(lock)) // it may have been removed, and another run may be at work
        unlinkat(elbow_directory_descriptor(lock->directory), NAME, 0);
    close(lock->file);
    *lock = (struct elbow_lock){0};
}
