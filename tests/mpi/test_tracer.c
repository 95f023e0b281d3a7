// SPDX-License-Identifier: BSD-3-Clause
// The tracks of several ranks become one file, or none, and all ranks know which.
#include "elbow/base/memory.h"

#include "elbow/output/tracer.h"
#include "elbow/parallel/collectives.h"

#include "mpi_unit.h"
#include "scratch.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// Stands before the C library's: no stream can be opened while this is set.
static bool streams_fail;

FILE *fopen(const char *path, const char *mode)
{
    static FILE *(*real)(const char *, const char *);
    if (streams_fail) {
        errno = EMFILE;
        return NULL;
    }
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "fopen");
    return real(path, mode);
}

struct fixture {
    struct scratch scratch;
    char path[400];
    struct elbow_tracer_order order;
    struct elbow_tracer tracer;
    struct elbow_error error;
};

static void setup(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    fixture->scratch = mpi_scratch_make();
    snprintf(fixture->path, sizeof fixture->path, "%s/t.json", fixture->scratch.directory);
    fixture->order = (struct elbow_tracer_order){.path = fixture->path, .first = 1, .last = UINT64_MAX};
}

static void teardown(struct fixture *fixture)
{
    elbow_comm_trace(mpi_comm, NULL);
    elbow_tracer_close(&fixture->tracer);
    mpi_scratch_clear(&fixture->scratch);
}

// Number of occurrences of a text in the file; rank zero's count. -1: there is no file.
static int occurrences(const struct fixture *fixture, const char *text)
{
    double count = -1;
    size_t size = 0;
    if (is_root() && access(fixture->path, F_OK) == 0) {
        char *bytes = scratch_read(fixture->path, &size);
        count = 0;
        for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), text, strlen(text))) != NULL; ++at)
            count += 1;
        free(bytes);
    }
    elbow_comm_broadcast(mpi_comm, &count, sizeof count);
    return (int)count;
}

// Rank r notes r + 1 events of its main thread and one of its writer, in each of `steps` steps.
static void note_events(struct fixture *fixture, uint64_t steps)
{
    int rank = elbow_comm_place(mpi_comm).rank;
    for (uint64_t step = 1; step <= steps; ++step) {
        elbow_tracer_begin_step(&fixture->tracer, step);
        for (int i = 0; i <= rank; ++i) {
            struct elbow_track *track = elbow_tracer_track(&fixture->tracer, ELBOW_TRACER_MAIN);
            elbow_trace_end(track, ELBOW_TRACE_REDUCE, (uint64_t)i, elbow_trace_begin(track));
        }
        struct elbow_track *track = elbow_tracer_track(&fixture->tracer, ELBOW_TRACER_WRITER);
        elbow_trace_end(track, ELBOW_TRACE_WRITE, step, elbow_trace_begin(track));
    }
}

static enum elbow_status write_trace(struct fixture *fixture, uint64_t *held, uint64_t *noted)
{
    enum elbow_status status = elbow_tracer_write(mpi_comm, &fixture->tracer, held, noted, &fixture->error);
    double least = (double)status, most = (double)status;
    elbow_comm_min(mpi_comm, &least, 1);
    elbow_comm_max(mpi_comm, &most, 1);
    mpi_assert(least == most);
    return status;
}

START_TEST(all_events_of_all_ranks_are_there)
{
    struct fixture fixture;
    uint64_t held, noted;
    int size = elbow_comm_place(mpi_comm).size;
    setup(&fixture);
    fixture.order.first = 3;
    fixture.order.last = 6;
    mpi_assert(elbow_tracer_open(mpi_comm, &fixture.order, &fixture.tracer, &fixture.error) == ELBOW_OK);
    uint64_t allocations = elbow_memory_count().allocations;
    note_events(&fixture, 10);
    mpi_assert(elbow_memory_count().allocations == allocations);
    mpi_assert(write_trace(&fixture, &held, &noted) == ELBOW_OK);
    mpi_assert(occurrences(&fixture, "\"name\": \"reduce\"") == 4 * size * (size + 1) / 2);
    mpi_assert(occurrences(&fixture, "\"name\": \"write\"") == 4 * size);
    mpi_assert(occurrences(&fixture, "\"args\": {\"step\": 3}") == size);
    mpi_assert(occurrences(&fixture, "\"args\": {\"step\": 2}") == 0);
    for (int r = 0; r < size; ++r) {
        char name[64];
        snprintf(name, sizeof name, "\"name\": \"rank %d on ", r);
        mpi_assert(occurrences(&fixture, name) == 1);
    }
    if (!is_root())
        held = noted = (uint64_t)(4 * size * (size + 1) / 2 + 4 * size);
    mpi_assert(held == noted && held == (uint64_t)(4 * size * (size + 1) / 2 + 4 * size));
    teardown(&fixture);
}
END_TEST

START_TEST(what_has_no_room_is_counted)
{
    struct fixture fixture;
    uint64_t held, noted;
    int size = elbow_comm_place(mpi_comm).size;
    setup(&fixture);
    mpi_assert(elbow_tracer_open(mpi_comm, &fixture.order, &fixture.tracer, &fixture.error) == ELBOW_OK);
    note_events(&fixture, ELBOW_TRACER_WRITER_EVENTS + 10);
    mpi_assert(write_trace(&fixture, &held, &noted) == ELBOW_OK);
    if (is_root())
        ck_assert_uint_eq(noted - held, (unsigned)size * 10);
    mpi_assert(occurrences(&fixture, "\"name\": \"write\"") == size * ELBOW_TRACER_WRITER_EVENTS);
    mpi_assert(occurrences(&fixture, "\"args\": {\"step\": 10}") == 0); // the oldest
    mpi_assert(occurrences(&fixture, "\"args\": {\"step\": 11}") == size);
    teardown(&fixture);
}
END_TEST

// Flags differ between ranks: those of rank zero count.
START_TEST(rank_zero_decides)
{
    struct fixture fixture;
    uint64_t held, noted;
    setup(&fixture);
    if (!is_root())
        fixture.order = (struct elbow_tracer_order){.path = NULL};
    mpi_assert(elbow_tracer_open(mpi_comm, &fixture.order, &fixture.tracer, &fixture.error) == ELBOW_OK);
    note_events(&fixture, 1);
    mpi_assert(write_trace(&fixture, &held, &noted) == ELBOW_OK);
    mpi_assert(occurrences(&fixture, "\"name\": \"write\"") == elbow_comm_place(mpi_comm).size);
    teardown(&fixture);
    setup(&fixture);
    if (is_root())
        fixture.order = (struct elbow_tracer_order){.path = NULL};
    mpi_assert(elbow_tracer_open(mpi_comm, &fixture.order, &fixture.tracer, &fixture.error) == ELBOW_OK);
    mpi_assert(elbow_tracer_track(&fixture.tracer, ELBOW_TRACER_MAIN) == NULL);
    note_events(&fixture, 1);
    mpi_assert(write_trace(&fixture, &held, &noted) == ELBOW_OK);
    mpi_assert(occurrences(&fixture, "") == -1);
    teardown(&fixture);
}
END_TEST

// Rank zero meets a limit of this number of bytes for files.
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    if (is_root())
        setrlimit(RLIMIT_FSIZE, &limit);
}

START_TEST(a_full_disk_leaves_nothing_and_is_told)
{
    struct fixture fixture;
    uint64_t held, noted;
    setup(&fixture);
    fixture.order.publish = ELBOW_PUBLISH_REPLACE;
    signal(SIGXFSZ, SIG_IGN);
    for (int round = 0; round < 3; ++round) { // an earlier trace stays, if there was one
        mpi_assert(elbow_tracer_open(mpi_comm, &fixture.order, &fixture.tracer, &fixture.error) == ELBOW_OK);
        note_events(&fixture, 200);
        limit_files(round == 1 ? RLIM_INFINITY : 5000);
        enum elbow_status status = write_trace(&fixture, &held, &noted);
        limit_files(RLIM_INFINITY);
        mpi_assert(status == (round == 1 ? ELBOW_OK : ELBOW_OUTPUT));
        mpi_assert(round == 1 || strstr(fixture.error.message, "t.json: the trace was not written: File too large"));
        mpi_assert((occurrences(&fixture, "\"name\": \"write\"") == -1) == (round == 0));
        mpi_assert(!is_root() || scratch_parts(&fixture.scratch) == 0);
        elbow_tracer_close(&fixture.tracer);
    }
    teardown(&fixture);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_leaves_nothing)
{
    struct fixture fixture;
    uint64_t held, noted;
    setup(&fixture);
    mpi_assert(elbow_tracer_open(mpi_comm, &fixture.order, &fixture.tracer, &fixture.error) == ELBOW_OK);
    note_events(&fixture, 1);
    streams_fail = true;
    enum elbow_status status = write_trace(&fixture, &held, &noted);
    streams_fail = false;
    mpi_assert(status == ELBOW_OUTPUT);
    mpi_assert(strstr(fixture.error.message, "t.json: the trace was not written: Too many open files") != NULL);
    mpi_assert(occurrences(&fixture, "") == -1);
    mpi_assert(!is_root() || scratch_parts(&fixture.scratch) == 0);
    teardown(&fixture);
}
END_TEST

START_TEST(lack_of_memory_is_the_same_error_everywhere)
{
    struct fixture fixture;
    int size = elbow_comm_place(mpi_comm).size, provoked = 0;
    setup(&fixture);
    for (int culprit = 0; culprit<size; culprit += size> 1 ? size - 1 : 1)
        for (uint64_t n = 1;; ++n) {
            size_t blocks = elbow_memory_count().blocks;
            elbow_memory_fail_at(elbow_comm_place(mpi_comm).rank == culprit ? n : 0);
            enum elbow_status status = elbow_tracer_open(mpi_comm, &fixture.order, &fixture.tracer, &fixture.error);
            elbow_memory_fail_at(0);
            mpi_assert(status == ELBOW_OK || status == ELBOW_MEMORY);
            elbow_comm_trace(mpi_comm, NULL);
            elbow_tracer_close(&fixture.tracer);
            mpi_assert(elbow_memory_count().blocks == blocks);
            double least = (double)status;
            elbow_comm_min(mpi_comm, &least, 1);
            mpi_assert(least == (double)status);
            if (status == ELBOW_OK)
                break;
            ++provoked;
        }
    mpi_assert(provoked >= 4); // the parts and three tracks, of each culprit
    teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/tracer", all_events_of_all_ranks_are_there, what_has_no_room_is_counted, rank_zero_decides,
              a_full_disk_leaves_nothing_and_is_told, a_file_that_cannot_be_opened_leaves_nothing,
              lack_of_memory_is_the_same_error_everywhere)
