// SPDX-License-Identifier: BSD-3-Clause
// To be preloaded: reads of a file at an offset, as libhdf5 makes them, fail, are late, or find the file changed.
//
//   ELBOW_TEST_READS=RANK:NAME:AFTER:COUNT:ACTION
//
// On rank RANK (of Open MPI) the ACTION applies to COUNT reads of files whose path ends in NAME, as soon as a file
// AFTER exists:
//
//   eio      they fail
//   stale    all fail until the file has been opened COUNT times (an opening begins with a read at offset 0)
//   hold     they wait until there is a file AFTER.go
//   cut      the file loses its second half before the first of them
//   remove   the file is removed then; with `stale` behind it (remove-stale), that follows
//   replace  the file NAME.new takes its place then; likewise
//   flipN    of those of N bytes the last bit is wrong
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_ullong reads, openings;

// True if a descriptor is of a file of this name; its path.
static bool is_of(int file, const char *name, char *path, size_t size)
{
    static const char gone[] = " (deleted)";
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0)
        return false;
    path[length] = 0;
    char *end = strstr(path, gone);
    if (end != NULL)
        *end = 0;
    size_t wanted = strlen(name), there = strlen(path);
    return there >= wanted && strcmp(path + there - wanted, name) == 0;
}

static void cut(const char *path)
{
    struct stat about;
    if (stat(path, &about) == 0 && truncate(path, about.st_size / 2) != 0)
        perror(path);
}

static void replace(const char *path)
{
    char other[4200];
    snprintf(other, sizeof other, "%s.new", path);
    if (rename(other, path) != 0)
        perror(path);
}

// Applies the action to a read.
struct order {
    char name[64], after[256], action[32], path[4096];
    unsigned long long count, number; // number: of the read, from 1 on
};

static bool find_order(int file, struct order *order)
{
    const char *text = getenv("ELBOW_TEST_READS"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    int wanted;
    if (text == NULL || sscanf(text, "%d:%63[^:]:%255[^:]:%llu:%31s", &wanted, order->name, order->after, &order->count,
                               order->action) != 5)
        return false;
    if (wanted != (rank == NULL ? 0 : atoi(rank)) || !is_of(file, order->name, order->path, sizeof order->path) ||
        access(order->after, F_OK) != 0)
        return false;
    order->number = atomic_fetch_add(&reads, 1) + 1;
    return true;
}

static void hold(const struct order *order)
{
    char go[300];
    snprintf(go, sizeof go, "%s.go", order->after);
    while (access(go, F_OK) != 0)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static bool is_stale(const struct order *order, off_t offset)
{
    unsigned long long count = offset == 0 ? atomic_fetch_add(&openings, 1) + 1 : atomic_load(&openings);
    return count < order->count;
}

// The error of the read, or 0.
static int meet(const struct order *order, off_t offset)
{
    if (order->number == 1 && strncmp(order->action, "remove", 6) == 0)
        unlink(order->path);
    if (order->number == 1 && strncmp(order->action, "replace", 7) == 0)
        replace(order->path);
    if (strstr(order->action, "stale") != NULL)
        return is_stale(order, offset) ? ESTALE : 0;
    if (order->number > order->count)
        return 0;
    if (strcmp(order->action, "hold") == 0)
        hold(order);
    if (order->number == 1 && strcmp(order->action, "cut") == 0)
        cut(order->path);
    return strcmp(order->action, "eio") == 0 ? EIO : 0;
}

static ssize_t read_at(int file, void *bytes, size_t size, off_t offset)
{
    struct order order;
    size_t flipped = 0;
    bool is_met = find_order(file, &order);
    int trouble = is_met ? meet(&order, offset) : 0;
    if (trouble != 0) {
        errno = trouble;
        return -1;
    }
    ssize_t length = (ssize_t)syscall(SYS_pread64, file, bytes, size, offset);
    if (is_met && sscanf(order.action, "flip%zu", &flipped) == 1 && length == (ssize_t)flipped)
        ((unsigned char *)bytes)[length - 1] ^= 1;
    return length;
}

ssize_t pread(int file, void *bytes, size_t size, off_t offset)
{
    return read_at(file, bytes, size, offset);
}

ssize_t pread64(int file, void *bytes, size_t size, off64_t offset)
{
    return read_at(file, bytes, size, offset);
}
