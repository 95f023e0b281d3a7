// SPDX-License-Identifier: BSD-3-Clause
// The writer's thread lives for one checkpoint: starting and joining it is all the synchronisation there is.
#include "elbow/checkpoint/writer.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { TABLES = 3 };

enum elbow_status elbow_writer_open(struct elbow_comm *comm, const struct elbow_directory *run,
                                    const struct elbow_checkpoint_source *source, struct elbow_writer *writer,
                                    struct elbow_error *error)
{
    *writer = (struct elbow_writer){.run = run};
    if (elbow_snapshot_open(comm, source, &writer->snapshot, error) != ELBOW_OK)
        return error->status;
    if (elbow_comm_place(comm).rank == 0)
        elbow_retention_open(run, &writer->retention, error);
    return elbow_comm_agree(comm, error);
}

// A checkpoint says that rows of tables are written, so they must be on disk before it.
static enum elbow_status sync_tables(const struct elbow_writer *writer, struct elbow_error *error)
{
    for (int i = 0; i < TABLES; ++i) {
        int table = writer->order.tables[i];
        if (table >= 0 && !elbow_file_sync(table))
            return elbow_error_set(error, ELBOW_OUTPUT,
                                   "the checkpoint was not written: %s: the tables cannot be written to disk: %s",
                                   writer->run->path, strerror(errno));
    }
    return ELBOW_OK;
}

// The writer duplicates the descriptors, because the tables may be reopened meanwhile. A table that could not be synced
// later must stop the checkpoint now.
static enum elbow_status take_tables(struct elbow_writer *writer, const struct elbow_writer_order *order,
                                     struct elbow_error *error)
{
    for (int i = 0; i < TABLES; ++i)
        writer->order.tables[i] = -1;
    for (int i = 0; i < TABLES; ++i) {
        if (order->tables[i] < 0)
            continue;
        writer->order.tables[i] = fcntl(order->tables[i], F_DUPFD_CLOEXEC, 0);
        if (writer->order.tables[i] < 0)
            return elbow_error_set(error, ELBOW_OUTPUT,
                                   "the checkpoint was not written: %s: no descriptor for a table: %s",
                                   writer->run->path, strerror(errno));
    }
    return ELBOW_OK;
}

static void release_tables(struct elbow_writer *writer)
{
    for (int i = 0; i < TABLES; ++i) {
        if (writer->order.tables[i] >= 0)
            close(writer->order.tables[i]);
        writer->order.tables[i] = -1;
    }
}

static enum elbow_status write_all(struct elbow_writer *writer)
{
    struct elbow_trace_start begin = elbow_trace_begin(writer->track);
    enum elbow_status status = sync_tables(writer, &writer->trouble);
    elbow_trace_end(writer->track, ELBOW_TRACE_SYNC_TABLES, 0, begin);
    if (status != ELBOW_OK)
        return status;
    begin = elbow_trace_begin(writer->track);
    status = elbow_checkpoint_write(writer->run, &writer->snapshot, &writer->trouble);
    elbow_trace_end(writer->track, ELBOW_TRACE_WRITE_FILE, 0, begin);
    return status;
}

// Updates the link to the best checkpoint, and deletes those that are not kept.
static void tidy(struct elbow_writer *writer)
{
    const struct elbow_writer_order *order = &writer->order;
    struct elbow_trace_start begin = elbow_trace_begin(writer->track);
    if (order->keeps_best && order->best_step > 0 && !elbow_checkpoint_link_best(writer->run, order->best_step))
        elbow_error_set(&writer->trouble, ELBOW_OUTPUT, "%s/checkpoints/best.h5: cannot become a link to step %llu: %s",
                        writer->run->path, (unsigned long long)order->best_step, strerror(errno));
    elbow_retention_put(&writer->retention, writer->run, writer->snapshot.step, order->keep, order->keeps_best,
                        order->best_step);
    elbow_trace_end(writer->track, ELBOW_TRACE_TIDY, 0, begin);
}

static void work(void *user)
{
    struct elbow_writer *writer = user;
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(writer->track);
    if (write_all(writer) == ELBOW_OK) {
        __atomic_store_n(&writer->written, writer->snapshot.step, __ATOMIC_SEQ_CST);
        tidy(writer);
    }
    release_tables(writer);
    writer->seconds = elbow_clock_seconds() - start;
    elbow_trace_end(writer->track, ELBOW_TRACE_WRITE, writer->snapshot.step, begin);
}

void elbow_writer_begin(struct elbow_writer *writer, const struct elbow_writer_order *order)
{
    ELBOW_CHECK(!writer->is_busy && writer->snapshot.file.size > 0);
    writer->order = *order;
    writer->trouble = (struct elbow_error){0};
    writer->is_busy = true;
    if (elbow_retention_reserve(&writer->retention, &writer->trouble) != ELBOW_OK) {
        elbow_error_set(&writer->trouble, ELBOW_OUTPUT, "the checkpoint was not written: %s", writer->trouble.message);
        return;
    }
    if (take_tables(writer, order, &writer->trouble) != ELBOW_OK) {
        release_tables(writer);
        return;
    }
    if (elbow_thread_start(&writer->thread, work, writer, "writing checkpoints", NULL) != ELBOW_OK)
        work(writer);
}

enum elbow_status elbow_writer_wait(struct elbow_writer *writer, struct elbow_error *error)
{
    elbow_thread_join(&writer->thread);
    if (!writer->is_busy)
        return ELBOW_OK;
    writer->is_busy = false;
    if (writer->trouble.status != ELBOW_OK && error != NULL)
        *error = writer->trouble;
    return writer->trouble.status;
}

void elbow_writer_close(struct elbow_writer *writer)
{
    elbow_writer_wait(writer, NULL);
    elbow_snapshot_clear(&writer->snapshot);
    elbow_retention_clear(&writer->retention);
}
