// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints: everything that a run needs to go on, to the same bits, on any number of ranks.
//
// A file is a 512-byte user block (magic, format version, length, XXH3 hash of the rest) before a plain HDF5 file, made
// in memory and written in one go to `path`.part, synced, renamed, and the directory synced. Same state, same bytes: no
// time, host, path or rank count is inside. docs/formats.md has the layout.
#ifndef ELBOW_RUN_CHECKPOINT_H
#define ELBOW_RUN_CHECKPOINT_H

#include "elbow/data/dataset.h"
#include "elbow/nn/optimizer.h"
#include "elbow/parallel/exchange.h"
#include "elbow/vae/model.h"

// Where a run stands. Plain; broadcast as bytes.
struct elbow_run_state {
    uint64_t step;             // steps done
    uint64_t updates;          // steps that changed the parameters
    uint64_t schedule_steps;   // where the cosine ends
    uint64_t skipped;          // steps skipped since the last row of metrics.csv
    uint64_t skipped_in_a_row; // up to the last step
    uint64_t evaluations;      // made
    uint64_t best_step;        // of the best evaluation; 0: none yet
    double best_elbo;
    uint64_t stale;               // evaluations since the best one
    double grad_norm, rate, beta; // of the last step
};

// What a checkpoint says of the data that the model was trained on. Plain.
struct elbow_data_facts {
    uint64_t samples;
    uint64_t values; // D
    uint64_t rank;   // of a sample
    uint64_t shape[8];
    struct elbow_scale scale;
};

// A checkpoint in memory.
struct elbow_checkpoint {
    elbow_path path;
    struct elbow_run_state state;
    struct elbow_data_facts data;
    struct elbow_config config;
    char *config_text;                   // YAML, owned
    size_t accumulators;                 // doubles
    double *accumulator;                 // [accumulators] statistics since the last row, owned
    struct elbow_parameters parameters;  // the layout: as the configuration gives it, owned
    float *values;                       // [parameters.size] all ranks, owned
    float *first_moment, *second_moment; // [parameters.size] rank zero only; NULL where there are none; owned
};

// Local. The newest checkpoint of a run directory (the highest step that verifies), or the file itself; `best`: the
// best one. FILE if there is none. A file that does not verify is passed over with a warning.
enum elbow_status elbow_checkpoint_find(const char *run_or_file, bool best, struct elbow_log *log, elbow_path path,
                                        struct elbow_error *error);

// Local. The numbers of the checkpoints in a run directory, ascending; NULL and 0 where there are none. Given back with
// elbow_release.
enum elbow_status elbow_checkpoint_list(const char *run, uint64_t **steps, size_t *count, struct elbow_error *error);

// Local. The path of a step's checkpoint: RUN/checkpoints/step-00000500.h5.
bool elbow_checkpoint_path(const char *run, uint64_t step, elbow_path path);

// Collective. Rank zero reads and verifies the file that `run_or_file` names, all get it (moments stay with rank zero).
enum elbow_status elbow_checkpoint_load(struct elbow_comm *comm, const char *run_or_file, bool best,
                                        struct elbow_log *log, struct elbow_checkpoint *checkpoint,
                                        struct elbow_error *error);

// Local. Gives everything back; a zeroed struct is legal.
void elbow_checkpoint_clear(struct elbow_checkpoint *checkpoint);

// What a checkpoint is made of. Nothing is owned.
struct elbow_checkpoint_source {
    const struct elbow_run_state *state;
    const struct elbow_data_facts *data;
    const char *config_text;
    const double *accumulator;
    size_t accumulators;
    const struct elbow_parameters *parameters;
    struct elbow_exchange *exchange;
    const struct elbow_optimizer *optimizer;
};

// Collective. Rank zero gathers the moments and writes RUN/checkpoints/step-NNNNNNNN.h5. OUTPUT on all ranks if it
// could not.
enum elbow_status elbow_checkpoint_save(struct elbow_comm *comm, const char *run,
                                        const struct elbow_checkpoint_source *source, struct elbow_error *error);

// Local. Deletes all but the newest `keep` checkpoints of a run and that of `best_step` (0: none).
void elbow_checkpoint_prune(const char *run, int64_t keep, uint64_t best_step);

// Local. Sets aside (as step-NNNNNNNN.h5.damaged) the checkpoints of steps after `step`, where a resume has passed them
// over, so that they do not count as the newest any more.
void elbow_checkpoint_cut(const char *run, uint64_t step);

// Local. Makes RUN/checkpoints/best.h5 a link to the best step's file, if that is there.
void elbow_checkpoint_link_best(const char *run, uint64_t best_step);

#endif
