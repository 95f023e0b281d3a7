// SPDX-License-Identifier: BSD-3-Clause
// Work row by row. The microbatches of the job are dealt out in rounds, whose results rank zero holds at once; which
// rank makes a microbatch never shows in it, and rank zero sees all results in the order of the rows.
#include "elbow/parallel/ordered_rows.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

// Results of a round on rank zero; one microbatch for each rank may be more.
static const uint64_t ROUND_BYTES = UINT64_C(1) << 26;

// Microbatches of each rank in a round that ends early, at least: some ranks have one more than others.
enum { FEW = 4 };

struct rounds {
    struct elbow_comm *comm;
    const struct elbow_ordered_rows_job *job;
    uint64_t microbatches; // of a round
    size_t *first;         // [ranks + 1] rows of a round that each rank makes
    char *mine, *all;      // results of this rank; rank zero: of the round
};

// As many as fit, every rank the same number of them, at least one, not more than there are.
static uint64_t microbatches_of_round(const struct elbow_ordered_rows_job *job, uint64_t ranks)
{
    uint64_t fit = ROUND_BYTES / ((uint64_t)job->microbatch * job->row_bytes);
    uint64_t round = fit > ranks ? fit / ranks * ranks : ranks;
    uint64_t all = (job->rows + job->microbatch - 1) / job->microbatch;
    return round < all ? round : all;
}

static enum elbow_status allocate_workspace(struct rounds *rounds, struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(rounds->comm);
    uint64_t ranks = (uint64_t)place.size, each = (rounds->microbatches + ranks - 1) / ranks;
    size_t microbatch_bytes = rounds->job->microbatch * rounds->job->row_bytes;
    enum elbow_status status =
        elbow_allocate(&rounds->first, ranks + 1, sizeof *rounds->first, "the rows of each rank", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&rounds->mine, each, microbatch_bytes, "results", error);
    if (status == ELBOW_OK && place.rank == 0)
        status = elbow_allocate(&rounds->all, rounds->microbatches, microbatch_bytes, "results", error);
    return status;
}

static void give_room_back(struct rounds *rounds)
{
    elbow_release(&rounds->first);
    elbow_release(&rounds->mine);
    elbow_release(&rounds->all);
}

// Makes this rank's rows of the round that begins at row `begin`.
static void produce(const struct rounds *rounds, uint64_t begin)
{
    const struct elbow_ordered_rows_job *job = rounds->job;
    int rank = elbow_comm_place(rounds->comm).rank;
    size_t last = rounds->first[rank + 1];
    char *results = rounds->mine;
    for (size_t row = rounds->first[rank]; row < last; row += job->microbatch) {
        size_t count = last - row < job->microbatch ? last - row : job->microbatch;
        job->produce(job->user, begin + row, count, results);
        results += count * job->row_bytes;
    }
}

// Collective. One round of `count` rows.
static enum elbow_status run_round(struct rounds *rounds, uint64_t begin, uint64_t count, struct elbow_error *error)
{
    const struct elbow_ordered_rows_job *job = rounds->job;
    struct elbow_place place = elbow_comm_place(rounds->comm);
    uint64_t microbatches = (count + job->microbatch - 1) / job->microbatch;
    for (int r = 0; r < place.size; ++r) {
        uint64_t last = elbow_partition(microbatches, r, place.size).last * job->microbatch;
        rounds->first[r + 1] = (size_t)(last < count ? last : count);
    }
    produce(rounds, begin);
    if (job->check != NULL) {
        job->check(job->source, error);
        if (elbow_comm_agree(rounds->comm, error) != ELBOW_OK)
            return error->status;
    }
    elbow_comm_gather(rounds->comm, rounds->mine, job->row_bytes, rounds->first, rounds->all);
    if (place.rank == 0)
        job->consume(job->user, begin, count, rounds->all, error);
    elbow_comm_broadcast(rounds->comm, error, sizeof *error); // rank zero alone could fail: its word holds for all
    return error->status;
}

// The last run that begins at this row or before it.
static uint64_t last_run(const struct elbow_row_runs *runs, uint64_t row)
{
    uint64_t low = 0, high = runs->count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (runs->first[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return runs->first[low];
}

// Rows of the round that begins at row `begin`: whole microbatches, but at the end of the job.
static uint64_t round_rows(const struct rounds *rounds, uint64_t begin)
{
    const struct elbow_ordered_rows_job *job = rounds->job;
    uint64_t ranks = (uint64_t)elbow_comm_place(rounds->comm).size, all = rounds->microbatches;
    if (job->rows - begin <= all * job->microbatch)
        return job->rows - begin;
    uint64_t end = job->runs.count > 0 ? last_run(&job->runs, begin + all * job->microbatch) : begin;
    uint64_t whole = end > begin ? (end - begin) / job->microbatch : 0;
    return (whole >= FEW * ranks && whole >= (all + 1) / 2 ? whole : all) * job->microbatch;
}

enum elbow_status elbow_ordered_rows_run(struct elbow_comm *comm, const struct elbow_ordered_rows_job *job,
                                         struct elbow_error *error)
{
    ELBOW_CHECK(job->microbatch > 0 && job->row_bytes > 0 && job->produce != NULL && job->consume != NULL);
    struct rounds rounds = {.comm = comm, .job = job};
    rounds.microbatches = microbatches_of_round(job, (uint64_t)elbow_comm_place(comm).size);
    *error = (struct elbow_error){0};
    allocate_workspace(&rounds, error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    for (uint64_t row = 0, count; status == ELBOW_OK && row < job->rows; row += count) {
        count = round_rows(&rounds, row);
        status = run_round(&rounds, row, count, error);
    }
    give_room_back(&rounds);
    return status;
}
