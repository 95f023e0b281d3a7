// SPDX-License-Identifier: BSD-3-Clause
// A model that is not trained any more and stands in front of the data (data.through): M1 of Kingma et al. (2014),
// section 3.1, before whatever is trained on its latents. Rows are read, scaled and binarised as that model reads them,
// and the sample is one z of q(z|x): in training drawn anew in each epoch, keyed by seed, sample and epoch; in
// evaluations always the same one, keyed by seed and sample. Its averaged weights are taken, where it has such.
#ifndef ELBOW_EVALUATE_FROZEN_H
#define ELBOW_EVALUATE_FROZEN_H

#include "elbow/base/language.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/data/collate.h"
#include "elbow/data/through.h"

ELBOW_C_BEGIN

// Everything owned; stays where it is as long as datasets are led through it.
struct elbow_frozen {
    struct elbow_through through; // first: what its functions are given
    struct elbow_checkpoint checkpoint;
    struct elbow_config config;    // whose data are those of the configuration, read as the model reads them
    struct elbow_data_facts facts; // what data have to agree with: the model's, but for conditions and classes
};

// Local. Whether a configuration has a model in front of its data.
bool elbow_frozen_is_wanted(const struct elbow_config *config);

// Collective. Loads the model that config->data.through names. CONFIG, FILE or FORMAT with the sentence; USAGE, CONFIG
// where it cannot stand there. NULL where none is wanted.
enum elbow_status elbow_frozen_load(struct elbow_comm *comm, const struct elbow_config *config, struct elbow_log *log,
                                    struct elbow_frozen **frozen, struct elbow_error *error);

// Local. Whether it is the model that the facts of a checkpoint tell of, whose path is `of`. MISMATCH.
enum elbow_status elbow_frozen_check(const struct elbow_frozen *frozen, const struct elbow_data_facts *facts,
                                     const char *of, struct elbow_error *error);

// Local. A request that was made of frozen->config becomes that of the configuration's data: as the model reads them,
// with conditions and classes that agree with the request's reference. The frozen model keeps what it refers to until
// the next call.
void elbow_frozen_request(struct elbow_frozen *frozen, const struct elbow_config *config,
                          struct elbow_dataset_request *request);

// Local. Bytes that a rank keeps of it, beside the rooms of its threads. A NULL is legal.
uint64_t elbow_frozen_bytes(const struct elbow_frozen *frozen);

// Local. A NULL is legal.
void elbow_frozen_destroy(struct elbow_frozen *frozen);

// Room of one thread, to encode and to decode.
struct elbow_frozen_room; // opaque

// Local. `stored`: rows to encode, or NULL. MEMORY.
enum elbow_status elbow_frozen_open(const struct elbow_frozen *frozen, const struct elbow_dataset *stored,
                                    size_t rows_max, bool is_training, struct elbow_frozen_room **room,
                                    struct elbow_error *error);

// Local. A NULL is legal.
void elbow_frozen_close(struct elbow_frozen_room *room);

// Local. mean (rows, D of the model) of p(x|z) for its latents z (rows, Z).
void elbow_frozen_decode(struct elbow_frozen_room *room, size_t rows, const float *z, float *mean);

// Local. A draw from p(x|z) into x (D), for row `row` of the last elbow_frozen_decode.
void elbow_frozen_draw(const struct elbow_frozen_room *room, size_t row, struct elbow_stream stream, float *x);

// Local. The rows whose latents were made last.
const struct elbow_microbatch *elbow_frozen_seen(const struct elbow_frozen_room *room);

ELBOW_C_END

#endif
