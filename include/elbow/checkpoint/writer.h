// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints on their way to disk, while training goes on: a thread of rank zero's writes one snapshot at a time.
//
// The thread syncs the tables, writes, syncs and renames the file, links the best, and deletes what is not kept. It
// makes no MPI and no HDF5 call, asks for no memory, and no signal is handled in it. Between elbow_writer_begin and
// elbow_writer_wait snapshot and shelf are the thread's. Where there is no thread to be had, begin does it all itself.
#ifndef ELBOW_CHECKPOINT_WRITER_H
#define ELBOW_CHECKPOINT_WRITER_H

#include "elbow/base/language.h"
#include "elbow/base/thread.h"
#include "elbow/base/trace.h"
#include "elbow/checkpoint/checkpoint.h"

ELBOW_C_BEGIN

// What a checkpoint's way to disk takes beside the snapshot.
struct elbow_writer_order {
    int64_t keep;       // newest checkpoints that stay
    bool keeps_best;    // best.h5 links to the checkpoint of best_step, and that stays, too
    uint64_t best_step; // 0: none yet
    int tables[3];      // descriptors to be synced first; -1: none. They may be closed as soon as begin returns
};

// Zeroed: nothing. It stays where it is while it is used.
struct elbow_writer {
    const struct elbow_directory *run; // borrowed; rank zero's is open
    struct elbow_snapshot snapshot;    // taken into by the owner, all ranks
    struct elbow_shelf shelf;          // rank zero
    struct elbow_thread thread;
    struct elbow_writer_order order;
    bool is_busy;               // begun and not waited for
    struct elbow_error trouble; // of what was begun
    double seconds;             // that it took
    struct elbow_track *track;  // where the thread's work is noted; NULL: nowhere; not owned
    uint64_t
        written; // the step of the newest checkpoint that this writer has on disk; 0: none. By __atomic_*: any thread
};

// Collective. Makes all the room that it will take, and looks what lies in the run directory.
enum elbow_status elbow_writer_open(struct elbow_comm *comm, const struct elbow_directory *run,
                                    const struct elbow_checkpoint_source *source, struct elbow_writer *writer,
                                    struct elbow_error *error);

// Local. Rank zero. Hands the snapshot over. The one before must have been waited for.
void elbow_writer_begin(struct elbow_writer *writer, const struct elbow_writer_order *order);

// Local. Rank zero. Waits until the snapshot that was handed over is on disk. OUTPUT if it is not, or if
// the link to the best could not be made; OK if there is none.
enum elbow_status elbow_writer_wait(struct elbow_writer *writer, struct elbow_error *error);

// Local. Waits, and gives everything back; a zeroed struct is legal.
void elbow_writer_close(struct elbow_writer *writer);

ELBOW_C_END

#endif
