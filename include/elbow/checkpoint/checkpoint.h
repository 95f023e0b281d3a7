// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints: everything that a run needs to continue with the same bits, on any number of ranks.
//
// A file is a 512-byte user block (magic, format version, length, XXH3 hash of the rest) before a plain HDF5 file, made
// in memory and written at once to a part beside it, synced, renamed, and the directory synced. The same state gives
// the same bytes: it contains no time, host, path or number of ranks. docs/reference/formats.md has the layout.
#ifndef ELBOW_CHECKPOINT_CHECKPOINT_H
#define ELBOW_CHECKPOINT_CHECKPOINT_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/data/facts.h"
#include "elbow/data/hdf5.h"
#include "elbow/nn/optimizer.h"
#include "elbow/parallel/exchange.h"
#include "elbow/vae/model.h"

ELBOW_C_BEGIN

#define ELBOW_CHECKPOINT_MAGIC ELBOW_OUTPUT_SPARED // the first 8 bytes of a file

// The state of a run. Plain; broadcast as bytes.
struct elbow_run_state {
    uint64_t step;                // steps done
    uint64_t updates;             // steps that changed the parameters
    uint64_t schedule_steps;      // end of the cosine; of pieces: the steps of an epoch
    uint64_t skipped;             // steps skipped since the last row of metrics.csv
    uint64_t skipped_in_a_row;    // up to the last step
    uint64_t evaluations;         // made
    uint64_t best_step;           // of the best evaluation; 0: none yet
    double best_elbo;             // of a model without a KL: the best recon
    uint64_t stale;               // evaluations since the best one
    double grad_norm, rate, beta; // of the last step
};

// A checkpoint in memory.
struct elbow_checkpoint {
    elbow_path path;
    struct elbow_run_state state;
    struct elbow_data_facts data; // the transform's numbers and the conditions' texts are owned
    struct elbow_config config;
    char *config_text;                   // YAML, owned
    size_t files;                        // of a list of training files, rank zero only; 0: a single one
    uint64_t *file_rows, *file_hashes;   // [files] rows and hashes of each, rank zero only; owned
    size_t accumulators;                 // doubles
    double *accumulator;                 // [accumulators] statistics since the last row, owned
    struct elbow_parameters parameters;  // the layout: as the configuration gives it, owned
    float *values;                       // [parameters.size] all ranks, owned
    float *first_moment, *second_moment; // [parameters.size] rank zero only; NULL where there are none; owned
    float *average;                      // likewise: the averaged weights
};

// Local. The newest checkpoint of a run directory (the highest step that verifies), or the file itself; `best`: the
// best one. FILE if there is none. A file that is certainly damaged is skipped with a warning; one that cannot be read
// is FILE: it may be intact.
enum elbow_status elbow_checkpoint_find(const char *run_or_file, bool best, struct elbow_log *log, elbow_path path,
                                        struct elbow_error *error);

// Local. The numbers of the checkpoints in a run directory, ascending; NULL and 0 where there are none. Release them
// with elbow_release.
enum elbow_status elbow_checkpoint_list(const struct elbow_directory *run, uint64_t **steps, size_t *count,
                                        struct elbow_error *error);

// Local. The path of a step's checkpoint: RUN/checkpoints/step-00000500.h5.
bool elbow_checkpoint_path(const char *run, uint64_t step, elbow_path path);

// Local. The same below its run directory: checkpoints/step-00000500.h5.
enum { ELBOW_CHECKPOINT_NAME_SIZE = 64 };
void elbow_checkpoint_name(uint64_t step, char name[ELBOW_CHECKPOINT_NAME_SIZE]);

// Local. The step in a checkpoint's file name; false for all names that elbow_checkpoint_path does not return.
bool elbow_checkpoint_step(const char *name, uint64_t *step);

// Local. The configuration of the checkpoint that elbow_checkpoint_load would take.
enum elbow_status elbow_checkpoint_peek(const char *run_or_file, bool best, struct elbow_config *config,
                                        struct elbow_error *error);

// Collective. Rank zero reads and verifies the file that `run_or_file` names, all get it (moments only on rank zero).
enum elbow_status elbow_checkpoint_load(struct elbow_comm *comm, const char *run_or_file, bool best,
                                        struct elbow_log *log, struct elbow_checkpoint *checkpoint,
                                        struct elbow_error *error);

// Collective. The same for the newest checkpoint of a run directory that rank zero has open.
enum elbow_status elbow_checkpoint_load_newest(struct elbow_comm *comm, const struct elbow_directory *run,
                                               struct elbow_log *log, struct elbow_checkpoint *checkpoint,
                                               struct elbow_error *error);

// Collective. The averaged weights, if the run has any, become the values on all ranks. Returns whether it has any.
bool elbow_checkpoint_take_average(struct elbow_comm *comm, struct elbow_checkpoint *checkpoint);

// Local. Releases everything; a zeroed struct is legal.
void elbow_checkpoint_clear(struct elbow_checkpoint *checkpoint);

// The sources of a checkpoint. Nothing is owned.
struct elbow_checkpoint_source {
    const struct elbow_run_state *state;
    const struct elbow_data_facts *data;
    size_t files; // of a list of training files; 0: a single one
    const uint64_t *file_rows, *file_hashes;
    const char *config_text;
    const double *accumulator;
    size_t accumulators;
    const struct elbow_parameters *parameters;
    struct elbow_exchange *exchange;
    const struct elbow_optimizer *optimizer;
    const float *average; // of this rank's slice, or NULL
};

// A run's state at one moment, as the bytes of a checkpoint file, in buffers that are reused.
struct elbow_snapshot {
    uint64_t step;
    struct elbow_hdf5_buffer file; // rank zero: the file, its user block without hash yet; owned
    float *moment;                 // rank zero: memory to gather one moment, [parameters]; owned
    size_t parameters;
};

// Collective. Allocates all memory for snapshots of a run: on rank zero that of a file and of one moment. MEMORY on all
// ranks if one has too little.
enum elbow_status elbow_snapshot_open(struct elbow_comm *comm, const struct elbow_checkpoint_source *source,
                                      struct elbow_snapshot *snapshot, struct elbow_error *error);

// Local. The same in advance, for `copies` stored copies of the parameters: the parameters, moments, averages.
uint64_t elbow_snapshot_need(const struct elbow_parameters *parameters, size_t copies);

// Local. Its memory in bytes: 0 on other ranks than zero.
uint64_t elbow_snapshot_bytes(const struct elbow_snapshot *snapshot);

// Collective. Rank zero copies the parameters and gathers the moments; the source is not needed afterwards. OUTPUT on
// all ranks if the file could not be built.
enum elbow_status elbow_snapshot_take(struct elbow_comm *comm, const struct elbow_checkpoint_source *source,
                                      struct elbow_snapshot *snapshot, struct elbow_error *error);

// Local. Releases the memory; a zeroed struct is legal.
void elbow_snapshot_clear(struct elbow_snapshot *snapshot);

// Local. Rank zero: adds the hash to the snapshot and writes RUN/checkpoints/step-NNNNNNNN.h5. Calls neither MPI nor
// HDF5 and allocates nothing. OUTPUT on failure; then nothing has changed.
enum elbow_status elbow_checkpoint_write(const struct elbow_directory *run, const struct elbow_snapshot *snapshot,
                                         struct elbow_error *error);

// Local. Sets aside (as step-NNNNNNNN.h5.damaged, .damaged-2, ...) the checkpoints of steps after `step`, after a
// resume has skipped them, so that they do not count as the newest any more. Only files that are certainly damaged:
// FILE or MEMORY if this is unknown of one, or if it cannot be renamed; FILE if one is intact.
enum elbow_status elbow_checkpoint_cut(const struct elbow_directory *run, uint64_t step, struct elbow_error *error);

// Local. Makes RUN/checkpoints/best.h5 a link to the best step's file, if it exists; a file of that name stays. False
// with errno if the link cannot be made.
bool elbow_checkpoint_link_best(const struct elbow_directory *run, uint64_t best_step);

// The checkpoints of a run directory that may be deleted later. Zeroed: none.
struct elbow_retention {
    struct elbow_retention_entry {
        uint64_t step;
        bool is_sound; // written by this start, or read and verified by it
    } * entries;       // ascending by step; owned
    size_t count, capacity;
};

// Local. The contents of a run directory, by names only: files are verified when it matters.
enum elbow_status elbow_retention_open(const struct elbow_directory *run, struct elbow_retention *retention,
                                       struct elbow_error *error);

// Local. Memory for one more. MEMORY.
enum elbow_status elbow_retention_reserve(struct elbow_retention *retention, struct elbow_error *error);

// Local. After the checkpoint of `step` has been written, for which there is memory: deletes all but the newest `keep`
// intact ones and, if `keeps_best`, that of best_step (0: none) and that which best.h5 links to. A file that this start
// has not verified is read first; one that is not an intact checkpoint neither counts nor is deleted. Asks for no
// memory.
void elbow_retention_put(struct elbow_retention *retention, const struct elbow_directory *run, uint64_t step,
                         int64_t keep, bool keeps_best, uint64_t best_step);

// Local. Releases everything; a zeroed struct is legal.
void elbow_retention_clear(struct elbow_retention *retention);

ELBOW_C_END

#endif
