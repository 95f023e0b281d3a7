// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/detail/written.h"

#include "elbow/parallel/ordered_rows.h"

struct writing {
    const struct elbow_written *written;
    struct elbow_sink sink; // rank zero
    uint64_t first;         // of the block
};

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    const struct writing *writing = user;
    writing->written->produce(writing->written->user, writing->first + first, count, results);
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct writing *writing = user;
    return elbow_sink_put(&writing->sink, writing->first + first, count, results, error);
}

// Collective.
static enum elbow_status write_block(struct elbow_comm *comm, struct writing *writing, uint64_t count,
                                     struct elbow_error *error)
{
    const struct elbow_written *written = writing->written;
    const struct elbow_ordered_rows_job job = {.rows = count,
                                               .microbatch = written->microbatch,
                                               .row_bytes = written->row_bytes,
                                               .user = writing,
                                               .produce = produce,
                                               .consume = consume};
    if (written->prepare != NULL && written->prepare(written->user, writing->first, count, error) != ELBOW_OK)
        return error->status;
    return elbow_ordered_rows_run(comm, &job, error);
}

enum elbow_status elbow_written_run(struct elbow_comm *comm, const struct elbow_written *written,
                                    struct elbow_error *error)
{
    struct writing writing = {.written = written};
    bool is_root = elbow_comm_place(comm).rank == 0;
    uint64_t rows = written->plan->rows, block = written->block > 0 ? written->block : rows;
    ELBOW_CHECK(written->block % written->microbatch == 0);
    if (is_root)
        elbow_sink_open(written->plan, &writing.sink, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    if (error->status != ELBOW_OK)
        return error->status;
    for (; writing.first < rows && error->status == ELBOW_OK; writing.first += block)
        write_block(comm, &writing, rows - writing.first < block ? rows - writing.first : block, error);
    if (is_root)
        elbow_sink_close(&writing.sink, error);
    elbow_comm_broadcast(comm, error, sizeof *error);
    return error->status;
}
