// SPDX-License-Identifier: BSD-3-Clause
// The lock of a run directory: it refuses a second holder, survives no holder, and does not stop a run where there are
// no locks.
#include "elbow/base/lock.h"

#include "elbow/base/file.h"

#include "scratch.h"
#include "scratch_open.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// Stands before the C library's: locks fail with this, if it is not 0; kernels without the newer locks are mimicked.
static int lock_failure;
static bool is_old_kernel;
// Files cannot be opened for writing, as another user's; nor for reading. (Root may open all.)
static int write_failure, read_failure;

int openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    int failure = (flags & O_ACCMODE) == O_RDONLY ? read_failure : write_failure;
    if (failure != 0 && ((flags & O_CREAT) != 0 || faccessat(directory, path, F_OK, 0) == 0)) {
        errno = failure;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

int fcntl(int file, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    bool is_new = command == F_OFD_SETLK || command == F_OFD_GETLK;
    bool is_lock = is_new || command == F_SETLK || command == F_GETLK;
    if (is_lock && (lock_failure != 0 || (is_old_kernel && is_new))) {
        errno = lock_failure != 0 ? lock_failure : EINVAL;
        return -1;
    }
    return (int)syscall(SYS_fcntl, file, command, argument);
}

struct place {
    struct scratch scratch;
    struct elbow_directory directory;
    FILE *screen; // what is told goes to the log's file
    struct elbow_log log;
};

static struct place open_place(void)
{
    struct place place = {.scratch = scratch_make(), .screen = fopen("/dev/null", "w")};
    struct elbow_error error = {0};
    place.directory = scratch_open(place.scratch.directory);
    place.log = elbow_log_open(true, place.screen);
    ck_assert_int_eq(elbow_log_append_to(&place.log, NULL, scratch_path(&place.scratch, "log.txt"), &error), ELBOW_OK);
    return place;
}

static void close_place(struct place *place)
{
    lock_failure = write_failure = read_failure = 0;
    is_old_kernel = false;
    place->log.line_is_open = false;
    elbow_log_close(&place->log);
    fclose(place->screen);
    elbow_directory_close(&place->directory);
    scratch_clear(&place->scratch);
}

static enum elbow_status take(struct place *place, struct elbow_lock *lock, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    return elbow_lock_take(&place->directory, &place->log, lock, error);
}

static bool has_lock_file(struct place *place)
{
    return access(scratch_path(&place->scratch, "lock"), F_OK) == 0;
}

START_TEST(a_second_holder_is_refused)
{
    struct place place = open_place();
    struct elbow_lock first = {0}, second = {0};
    struct elbow_error error;
    ck_assert_int_eq(take(&place, &first, &error), ELBOW_OK);
    ck_assert(first.is_held);
    ck_assert_int_eq(take(&place, &first, &error), ELBOW_OK); // is its own already
    char host[128] = "", who[64];
    gethostname(host, sizeof host - 1);
    snprintf(who, sizeof who, "process %ld on ", (long)getpid());
    ck_assert_int_eq(take(&place, &second, &error), ELBOW_FILE);
    ck_assert(!second.is_held);
    ck_assert_ptr_nonnull(strstr(error.message, who));
    ck_assert_ptr_nonnull(strstr(error.message, host));
    // Another descriptor that is closed (as `cat` in this process would) must not drop the lock.
    close(open(scratch_path(&place.scratch, "lock"), O_RDWR));
    ck_assert_int_eq(take(&place, &second, &error), ELBOW_FILE);
    elbow_lock_release(&first);
    ck_assert(!has_lock_file(&place));
    ck_assert_int_eq(take(&place, &second, &error), ELBOW_OK);
    ck_assert(second.is_held);
    elbow_lock_release(&second);
    elbow_lock_release(&second);
    close_place(&place);
}
END_TEST

// Takes the lock in a child process that then waits to be killed.
static pid_t hold_elsewhere(struct place *place)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct elbow_lock lock = {0};
        struct elbow_error error;
        if (take(place, &lock, &error) == ELBOW_OK && lock.is_held && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void check_other_process(struct place *place)
{
    struct elbow_lock lock = {0};
    struct elbow_error error;
    char who[64];
    pid_t child = hold_elsewhere(place);
    snprintf(who, sizeof who, "process %ld on ", (long)child);
    ck_assert_int_eq(take(place, &lock, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, who));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert(has_lock_file(place)); // stale
    ck_assert_int_eq(take(place, &lock, &error), ELBOW_OK);
    ck_assert(lock.is_held);
    elbow_lock_release(&lock);
}

START_TEST(a_dead_holder_refuses_nobody)
{
    struct place place = open_place();
    check_other_process(&place);
    is_old_kernel = true;
    check_other_process(&place);
    close_place(&place);
}
END_TEST

// A read-only lock is tested: a run of another user that holds it is found.
START_TEST(a_lock_of_another_user_counts)
{
    static const int reasons[] = {EACCES, EPERM, EROFS};
    for (size_t i = 0; i < 2 * (sizeof reasons / sizeof *reasons); ++i) {
        struct place place = open_place();
        struct elbow_lock lock = {0};
        struct elbow_error error;
        char who[64];
        is_old_kernel = i % 2 == 1;
        pid_t child = hold_elsewhere(&place);
        snprintf(who, sizeof who, "another run is at work in it (process %ld on ", (long)child);
        write_failure = reasons[i / 2];
        ck_assert_int_eq(take(&place, &lock, &error), ELBOW_FILE);
        ck_assert_ptr_nonnull(strstr(error.message, who));
        read_failure = EACCES; // the state is unknown
        ck_assert_int_eq(take(&place, &lock, &error), ELBOW_FILE);
        ck_assert_ptr_nonnull(strstr(error.message, "lock: cannot be locked: Permission denied"));
        read_failure = 0;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        ck_assert(has_lock_file(&place)); // stale
        ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
        ck_assert(!lock.is_held && !lock.is_impossible);
        write_failure = 0;
        ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
        ck_assert(lock.is_held);
        elbow_lock_release(&lock);
        write_failure = reasons[i / 2]; // a directory in which no file can be made
        ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
        ck_assert(!lock.is_held && !has_lock_file(&place));
        close_place(&place);
    }
}
END_TEST

START_TEST(file_systems_without_locks)
{
    static const int reasons[] = {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; ++i) {
        struct place place = open_place();
        struct elbow_lock lock = {0};
        struct elbow_error error;
        size_t size;
        lock_failure = reasons[i];
        ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
        ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
        ck_assert(!lock.is_held && !has_lock_file(&place));
        elbow_lock_release(&lock);
        char *log = scratch_read(scratch_path(&place.scratch, "log.txt"), &size);
        log[size] = 0;
        char *warning = strstr(log, "has no locks");
        ck_assert_ptr_nonnull(warning);
        ck_assert_ptr_null(strstr(warning + 1, "has no locks")); // reported once
        free(log);
        close_place(&place);
    }
}
END_TEST

START_TEST(other_troubles_are_told)
{
    struct place place = open_place();
    struct elbow_lock lock = {0};
    struct elbow_error error;
    lock_failure = EIO;
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, strerror(EIO)));
    lock_failure = 0;
    ck_assert_int_eq(mkdir(scratch_path(&place.scratch, "lock"), 0777), 0);
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_FILE);
    ck_assert(!lock.is_held);
    close_place(&place);
}
END_TEST

// If a run directory was moved away under a run, its old place belongs to the new owner.
START_TEST(a_moved_directory_keeps_its_new_lock)
{
    struct place place = open_place();
    struct elbow_lock lock = {0}, other = {0};
    struct elbow_error error;
    char moved[300];
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
    snprintf(moved, sizeof moved, "%s-moved", place.scratch.directory);
    ck_assert_int_eq(rename(place.scratch.directory, moved), 0);
    ck_assert_int_eq(mkdir(place.scratch.directory, 0777), 0);
    struct elbow_directory another = scratch_open(place.scratch.directory);
    ck_assert_int_eq(elbow_lock_take(&another, &place.log, &other, &error), ELBOW_OK);
    ck_assert(other.is_held);
    elbow_lock_release(&lock);
    ck_assert(has_lock_file(&place));
    char left[320];
    snprintf(left, sizeof left, "%s/lock", moved);
    ck_assert_int_ne(access(left, F_OK), 0);
    elbow_lock_release(&other);
    elbow_directory_close(&another);
    struct scratch former;
    snprintf(former.directory, sizeof former.directory, "%.255s", moved);
    scratch_clear(&former);
    close_place(&place);
}
END_TEST

// Only the file may be removed: the lock is taken again, unless another process has it by now.
START_TEST(a_removed_file_is_made_anew)
{
    struct place place = open_place();
    struct elbow_lock lock = {0}, other = {0};
    struct elbow_error error = {0};
    bool was_lost = true;
    ck_assert_int_eq(elbow_lock_keep(&lock, &was_lost, &error), ELBOW_OK); // holds none
    ck_assert(!was_lost);
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_lock_keep(&lock, &was_lost, &error), ELBOW_OK);
    ck_assert(!was_lost);
    ck_assert_int_eq(unlink(scratch_path(&place.scratch, "lock")), 0);
    ck_assert_int_eq(elbow_lock_keep(&lock, &was_lost, &error), ELBOW_OK);
    ck_assert(was_lost && lock.is_held && has_lock_file(&place));
    ck_assert_int_eq(take(&place, &other, &error), ELBOW_FILE);
    ck_assert_int_eq(unlink(scratch_path(&place.scratch, "lock")), 0);
    ck_assert_int_eq(take(&place, &other, &error), ELBOW_OK);
    error = (struct elbow_error){0};
    ck_assert_int_eq(elbow_lock_keep(&lock, &was_lost, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "another run is at work in it now (process "));
    elbow_lock_release(&lock);
    ck_assert(has_lock_file(&place)); // the other's
    elbow_lock_release(&other);
    // A directory that is gone has no lock to be taken, which is no other run.
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
    struct scratch whole = place.scratch;
    scratch_clear(&whole);
    ck_assert_int_eq(elbow_lock_keep(&lock, &was_lost, &error), ELBOW_OK);
    ck_assert(!was_lost && lock.is_held);
    elbow_lock_release(&lock);
    close_place(&place);
}
END_TEST

// An existing file is never overwritten, and never waited for.
START_TEST(a_file_of_that_name_is_let_alone)
{
    struct place place = open_place();
    struct elbow_lock lock = {0};
    struct elbow_error error;
    size_t size;
    char path[300];
    snprintf(path, sizeof path, "%s/lock", place.scratch.directory);
    scratch_write(path, "of mine\n", 8);
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "is not a lock file of Elbow"));
    char *bytes = scratch_read(path, &size);
    ck_assert(!lock.is_held && size == 8 && memcmp(bytes, "of mine\n", 8) == 0);
    free(bytes);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "it is not a regular file"));
    unlink(path);
    ck_assert_int_eq(symlink("elsewhere", path), 0);
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_FILE);
    ck_assert_int_ne(access(scratch_path(&place.scratch, "elsewhere"), F_OK), 0);
    close_place(&place);
}
END_TEST

// If a file cannot get its name later, it is locked in place.
START_TEST(the_plain_way)
{
    struct place place = open_place();
    struct elbow_lock lock = {0}, other = {0};
    struct elbow_error error;
    elbow_file_fail_at(2, 1); // the part can be made, not renamed
    ck_assert_int_eq(take(&place, &lock, &error), ELBOW_OK);
    elbow_file_fail_at(0, 0);
    ck_assert(lock.is_held && has_lock_file(&place));
    ck_assert_int_eq(take(&place, &other, &error), ELBOW_FILE);
    elbow_lock_release(&lock);
    ck_assert(!has_lock_file(&place));
    close_place(&place);
}
END_TEST

UNIT_MAIN("run/lock", a_removed_file_is_made_anew, a_file_of_that_name_is_let_alone, the_plain_way,
          a_second_holder_is_refused, a_dead_holder_refuses_nobody, a_lock_of_another_user_counts,
          file_systems_without_locks, other_troubles_are_told, a_moved_directory_keeps_its_new_lock)
