// SPDX-License-Identifier: BSD-3-Clause
// A frozen model in front of the data (data.through): M1 of Kingma et al. (2014), section 3.1, whose latents are the
// data of the model that is trained. Rows are read, scaled and binarised as the frozen model reads them, and the sample
// is one draw z of q(z|x): in training a new one in each epoch, keyed by seed, sample and epoch; in evaluations always
// the same one, keyed by seed and sample. If the frozen model has averaged weights, they are used.
#ifndef ELBOW_EVALUATE_FROZEN_H
#define ELBOW_EVALUATE_FROZEN_H

#include "elbow/base/language.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/data/collate.h"
#include "elbow/data/through.h"

ELBOW_C_BEGIN

// Everything is owned. Must not move while datasets use it.
struct elbow_frozen {
    struct elbow_through through; // the first member: its functions get a pointer to it
    struct elbow_checkpoint checkpoint;
    struct elbow_config config;    // the data of the configuration, read as the frozen model reads them
    struct elbow_data_facts facts; // the frozen model's, for checks of the data; without conditions and classes
};

// Local. Whether a configuration has a frozen model in front of its data.
bool elbow_frozen_is_wanted(const struct elbow_config *config);

// Collective. Loads the model that config->data.through names; *frozen is NULL if it names none, and after an error.
// FILE or FORMAT if it cannot be loaded; USAGE or CONFIG if it cannot stand in front of these data.
enum elbow_status elbow_frozen_load(struct elbow_comm *comm, const struct elbow_config *config, struct elbow_log *log,
                                    struct elbow_frozen **frozen, struct elbow_error *error);

// Local. Checks that it is the frozen model that the facts of the checkpoint `of` name. MISMATCH if it is another one.
enum elbow_status elbow_frozen_check(const struct elbow_frozen *frozen, const struct elbow_data_facts *facts,
                                     const char *of, struct elbow_error *error);

// Local. Changes a request that was made from frozen->config into one for the data of the configuration: read as the
// frozen model reads them, with conditions and classes that agree with the request's reference. The request borrows
// from the frozen model until the next call.
void elbow_frozen_request(struct elbow_frozen *frozen, const struct elbow_config *config,
                          struct elbow_dataset_request *request);

// Local. Memory of a rank in bytes, without the workspaces of its threads. A NULL is legal.
uint64_t elbow_frozen_bytes(const struct elbow_frozen *frozen);

// Local. A NULL is legal.
void elbow_frozen_destroy(struct elbow_frozen *frozen);

// The workspace of one thread, for encoding and decoding.
struct elbow_frozen_workspace; // opaque

// Local. Opens a workspace for up to rows_max rows. `stored`: the dataset whose rows are encoded, or NULL to decode
// only. The workspace borrows from both. MEMORY.
enum elbow_status elbow_frozen_open(const struct elbow_frozen *frozen, const struct elbow_dataset *stored,
                                    size_t rows_max, bool is_training, struct elbow_frozen_workspace **workspace,
                                    struct elbow_error *error);

// Local. A NULL is legal.
void elbow_frozen_close(struct elbow_frozen_workspace *workspace);

// Local. Computes mean (rows, D of the frozen model) of p(x|z) for latents z (rows, Z).
void elbow_frozen_decode(struct elbow_frozen_workspace *workspace, size_t rows, const float *z, float *mean);

// Local. Draws x (D) from p(x|z) for row `row` of the last elbow_frozen_decode.
void elbow_frozen_draw(const struct elbow_frozen_workspace *workspace, size_t row, struct elbow_stream stream,
                       float *x);

// Local. The rows that were encoded last; valid until the next ones.
const struct elbow_microbatch *elbow_frozen_seen(const struct elbow_frozen_workspace *workspace);

ELBOW_C_END

#endif
