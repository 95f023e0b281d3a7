// SPDX-License-Identifier: BSD-3-Clause
// Uses files as a run would: the lock of a run directory as run/lock takes it, a synced write, a read of the data that
// does not come from the page cache. A failure is a fact, not an error.
#include "elbow/doctor/detail/doctor.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/lock.h"
#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, WRITE_BLOCKS = 64, READ_BLOCKS = 256 };
static const double SECONDS_MAX = 2; // enough to recognise a slow file system

// The directory, or the next one above it that is there.
static void find_existing(const char *path, elbow_path existing)
{
    struct stat about;
    elbow_text_format(existing, ELBOW_PATH_SIZE, "%s", path);
    while (existing[0] != 0 && stat(existing, &about) != 0) {
        char *slash = strrchr(existing, '/');
        if (slash == existing && existing[1] != 0)
            slash[1] = 0;
        else
            *(slash == NULL ? existing : slash) = 0;
    }
    if (existing[0] == 0)
        elbow_text_format(existing, ELBOW_PATH_SIZE, ".");
}

// Bytes per second of writing to a new file and syncing it; *bytes: the number written.
static double measure_write(const char *directory, const char *block, uint64_t *bytes)
{
    elbow_path path;
    if (!elbow_text_format(path, sizeof path, "%s/speed", directory))
        return 0;
    int file = elbow_file_open(NULL, path, O_EXCL);
    double start = elbow_clock_seconds();
    *bytes = 0;
    bool is_good = file >= 0;
    while (is_good && *bytes < (uint64_t)WRITE_BLOCKS * BLOCK && elbow_clock_seconds() - start < SECONDS_MAX) {
        is_good = elbow_file_put(file, block, BLOCK);
        *bytes += is_good ? BLOCK : 0;
    }
    is_good = is_good && elbow_file_sync(file);
    double seconds = elbow_clock_seconds() - start;
    if (file >= 0)
        close(file);
    unlink(path);
    return is_good ? (double)*bytes / seconds : 0;
}

// Bytes per second of reading, after a request to the kernel to drop the file from its cache.
static double measure_read(const char *path, char *block, uint64_t *bytes)
{
    int file = elbow_file_open_input(path, false);
    *bytes = 0;
    if (file < 0)
        return 0;
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    double start = elbow_clock_seconds();
    ssize_t part = 1;
    while (part > 0 && *bytes < (uint64_t)READ_BLOCKS * BLOCK && elbow_clock_seconds() - start < SECONDS_MAX) {
        part = read(file, block, BLOCK);
        *bytes += part > 0 ? (uint64_t)part : 0;
    }
    double seconds = elbow_clock_seconds() - start;
    close(file);
    return *bytes > 0 ? (double)*bytes / seconds : 0;
}

// Collective. The first rank of every other node tries to take the lock that rank zero holds. The result is the same
// on all ranks: 1 if one of them got it, 2 if one did not see the directory.
static int try_elsewhere(struct elbow_comm *comm, const char *directory)
{
    struct elbow_place place = elbow_comm_place(comm);
    double found = 0;
    if (place.node_rank == 0 && place.rank != 0) {
        struct elbow_log silent = {0};
        struct elbow_lock lock = {0};
        struct elbow_directory open_one;
        bool is_seen = elbow_directory_open(directory, &open_one, NULL) == ELBOW_OK;
        if (is_seen)
            elbow_lock_take(&open_one, &silent, &lock, NULL);
        found = !is_seen ? 2 : lock.is_held ? 1 : 0;
        elbow_lock_release(&lock);
        elbow_directory_close(&open_one);
    }
    elbow_comm_max(comm, &found, 1);
    return (int)found;
}

// Rank zero. Makes a directory of its own to try things in; NO_ENTRY, with the reason, if that is impossible.
static bool make_place(struct elbow_doctor_facts *facts, elbow_path directory)
{
    find_existing(facts->run, facts->tried_in);
    if (elbow_text_format(directory, ELBOW_PATH_SIZE, "%s/.elbow-doctor-XXXXXX", facts->tried_in) &&
        mkdtemp(directory) != NULL)
        return true;
    facts->lock = ELBOW_DOCTOR_LOCK_NO_ENTRY;
    elbow_text_format(facts->lock_reason, sizeof facts->lock_reason, "%s", strerror(errno));
    return false;
}

// Collective. Locks the directory, which rank zero has made.
static void try_lock(struct elbow_comm *comm, const char *directory, struct elbow_doctor_facts *facts)
{
    struct elbow_log silent = {0};
    struct elbow_lock lock = {0};
    struct elbow_error error = {0};
    struct elbow_directory open_one = {0};
    if (facts->place.rank == 0 && elbow_directory_open(directory, &open_one, &error) == ELBOW_OK)
        elbow_lock_take(&open_one, &silent, &lock, &error);
    elbow_comm_barrier(comm);
    int elsewhere = try_elsewhere(comm, directory);
    facts->lock = !lock.is_held    ? ELBOW_DOCTOR_LOCK_IMPOSSIBLE
                  : elsewhere == 1 ? ELBOW_DOCTOR_LOCK_ALONE
                  : elsewhere == 2 ? ELBOW_DOCTOR_LOCK_UNSEEN
                                   : ELBOW_DOCTOR_LOCK_WORKS;
    elbow_text_format(facts->lock_reason, sizeof facts->lock_reason, "%s", error.message);
    elbow_lock_release(&lock);
    elbow_directory_close(&open_one);
}

void elbow_doctor_try_files(struct elbow_comm *comm, struct elbow_doctor_facts *facts)
{
    elbow_path directory = "";
    char *block = NULL;
    bool is_root = facts->place.rank == 0;
    if (is_root && facts->run[0] != 0 && !make_place(facts, directory))
        directory[0] = 0;
    elbow_comm_broadcast(comm, directory, sizeof directory);
    if (directory[0] != 0)
        try_lock(comm, directory, facts);
    if (is_root && elbow_allocate(&block, BLOCK, 1, "a block", NULL) == ELBOW_OK) {
        if (directory[0] != 0)
            facts->write_per_second = measure_write(directory, block, &facts->write_bytes);
        if (facts->data[0] != 0)
            facts->read_per_second = measure_read(facts->data, block, &facts->read_bytes);
    }
    elbow_release(&block);
    elbow_comm_barrier(comm);
    if (is_root && directory[0] != 0)
        rmdir(directory);
}
