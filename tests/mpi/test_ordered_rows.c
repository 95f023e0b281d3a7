// SPDX-License-Identifier: BSD-3-Clause
// Ordered work: every row once, in order, whole, at any number of ranks; one status for all.
#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/ordered_rows.h"
#include "mpi_unit.h"

#include <string.h>

// A job whose results can be distinguished: each word of a row's result is a function of the row.
struct work {
    size_t words; // of a row
    size_t microbatch;
    uint64_t rows;
    int fails_at; // call of consume, from 1; 0: never
    uint64_t run; // rows of each run; 0: there are none
    bool may_end_anywhere;
    // Observations.
    uint64_t produced, next;
    int consumed;
    bool is_wrong;
};

// Of long rows only some words are checked.
static size_t stride_of(const struct work *work)
{
    return work->words > 1000 ? 509 : 1;
}

static uint64_t word_of(uint64_t row, size_t word)
{
    return (row + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ word;
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct work *work = user;
    uint64_t *out = results, left = work->rows - first;
    size_t expected = left < work->microbatch ? (size_t)left : work->microbatch;
    work->is_wrong |= first % work->microbatch != 0 || count != expected;
    work->produced += count;
    for (size_t i = 0; i < count; ++i)
        for (size_t w = 0; w < work->words; w += stride_of(work))
            out[i * work->words + w] = word_of(first + i, w);
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct work *work = user;
    const uint64_t *in = results;
    work->is_wrong |= first != work->next || count == 0 || elbow_comm_place(mpi_comm).rank != 0;
    for (uint64_t i = 0; i < count; ++i)
        for (size_t w = 0; w < work->words; w += stride_of(work))
            work->is_wrong |= in[i * work->words + w] != word_of(first + i, w);
    // A round ends where a run does, or in the microbatch that lies across that.
    uint64_t past = work->run > 0 ? (first + count + work->microbatch - 1) % work->run : 0;
    work->is_wrong |= first + count < work->rows && !work->may_end_anywhere && past >= work->microbatch;
    work->next = first + count;
    if (++work->consumed != work->fails_at)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "call %d failed", work->consumed);
}

static enum elbow_status run(struct work *work, struct elbow_error *error)
{
    struct elbow_ordered_rows_job job = {.rows = work->rows,
                                         .microbatch = work->microbatch,
                                         .row_bytes = work->words * sizeof(uint64_t),
                                         .user = work,
                                         .produce = produce,
                                         .consume = consume};
    uint64_t begins[64] = {0};
    for (uint64_t row = 0; work->run > 0 && row < work->rows; row += work->run)
        begins[job.runs.count++] = row;
    job.runs.first = begins;
    return elbow_ordered_rows_run(mpi_comm, &job, error);
}

// The results of all ranks.
static uint64_t produced_by_all(const struct work *work)
{
    double mine = (double)work->produced, sum = 0, all[64];
    int size = elbow_comm_place(mpi_comm).size;
    elbow_comm_gather_all(mpi_comm, &mine, 1, all);
    for (int r = 0; r < size; ++r)
        sum += all[r];
    return (uint64_t)sum;
}

START_TEST(every_row_once_and_in_order)
{
    static const uint64_t rows[] = {0, 1, 2, 3, 7, 8, 9, 1000, 1001};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (size_t microbatch = 1; microbatch < 12; microbatch += 5) {
            struct work work = {.words = 3, .microbatch = microbatch, .rows = rows[i]};
            struct elbow_error error = {0};
            mpi_assert(run(&work, &error) == ELBOW_OK);
            mpi_assert(!work.is_wrong);
            mpi_assert(produced_by_all(&work) == rows[i]);
            mpi_assert(elbow_comm_place(mpi_comm).rank != 0 || work.next == rows[i]);
        }
}
END_TEST

// Results of 148 MB: more than a round holds.
static struct work large_work(void)
{
    return (struct work){.words = (size_t)1 << 19, .microbatch = 4, .rows = 37};
}

START_TEST(large_results_come_in_rounds)
{
    struct work work = large_work();
    struct elbow_error error = {0};
    size_t before = elbow_memory_count().peak_bytes;
    mpi_assert(run(&work, &error) == ELBOW_OK);
    mpi_assert(!work.is_wrong);
    mpi_assert(produced_by_all(&work) == 37);
    mpi_assert(elbow_comm_place(mpi_comm).rank != 0 || (work.consumed >= 3 && work.next == 37));
    // A round of 64 MiB on rank zero and, alone, as much again of its own; nothing near the whole.
    mpi_assert(elbow_memory_count().peak_bytes < before + (size_t)140000000);
}
END_TEST

// 128 rows of 512 KiB fit into a round, of three ranks 126.
START_TEST(rounds_end_where_runs_do)
{
    static const uint64_t runs[] = {33, 50, 51, 64, 100};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; ++i) {
        struct work work = {.words = (size_t)1 << 16, .microbatch = 2, .rows = 501, .run = runs[i]};
        struct elbow_error error = {0};
        mpi_assert(run(&work, &error) == ELBOW_OK);
        mpi_assert(!work.is_wrong);
        mpi_assert(produced_by_all(&work) == work.rows);
        mpi_assert(elbow_comm_place(mpi_comm).rank != 0 || work.next == work.rows);
    }
}
END_TEST

// If that would leave ranks without work, rounds have their usual length.
START_TEST(long_runs_do_not_shorten_rounds)
{
    struct work work = large_work(), other = large_work();
    struct elbow_error error = {0};
    other.run = 36;
    other.may_end_anywhere = true;
    mpi_assert(run(&work, &error) == ELBOW_OK && run(&other, &error) == ELBOW_OK);
    mpi_assert(!other.is_wrong && other.consumed == work.consumed);
}
END_TEST

START_TEST(all_ranks_have_some)
{
    int size = elbow_comm_place(mpi_comm).size;
    struct work work = {.words = 1, .microbatch = 2, .rows = 2 * (uint64_t)size};
    struct elbow_error error = {0};
    mpi_assert(run(&work, &error) == ELBOW_OK);
    mpi_assert(work.produced == 2);
}
END_TEST

START_TEST(a_failing_consumer_stops_all)
{
    for (int call = 1; call <= 3; ++call) {
        struct work work = large_work();
        struct elbow_error error = {0};
        char expected[32];
        snprintf(expected, sizeof expected, "call %d failed", call);
        work.fails_at = call;
        mpi_assert(run(&work, &error) == ELBOW_OUTPUT);
        mpi_assert(error.status == ELBOW_OUTPUT);
        mpi_assert(strcmp(error.message, expected) == 0);
        mpi_assert(work.consumed == (elbow_comm_place(mpi_comm).rank == 0 ? call : 0));
    }
}
END_TEST

START_TEST(a_rank_without_memory_stops_all)
{
    struct elbow_place place = elbow_comm_place(mpi_comm);
    struct elbow_memory_counts before = elbow_memory_count();
    for (uint64_t nth = 1; nth <= 2; ++nth) {
        struct work work = {.words = 3, .microbatch = 2, .rows = 100};
        struct elbow_error error = {0};
        if (place.rank == place.size - 1)
            elbow_memory_fail_at(nth);
        enum elbow_status status = run(&work, &error);
        elbow_memory_fail_at(0);
        mpi_assert(status == ELBOW_MEMORY && error.status == ELBOW_MEMORY);
        mpi_assert(work.produced == 0 && work.consumed == 0);
    }
    mpi_assert(elbow_memory_count().blocks == before.blocks);
}
END_TEST

MPI_UNIT_MAIN("run/rows", every_row_once_and_in_order, large_results_come_in_rounds, rounds_end_where_runs_do,
              long_runs_do_not_shorten_rounds, all_ranks_have_some, a_failing_consumer_stops_all,
              a_rank_without_memory_stops_all)
