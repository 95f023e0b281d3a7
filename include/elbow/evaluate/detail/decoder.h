// SPDX-License-Identifier: BSD-3-Clause
// Decoding of microbatches of latents into rows of an output: by the model, and by the model in front of the data if
// there is one, as means or draws, with data.transform inverted. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_DECODER_H
#define ELBOW_EVALUATE_DETAIL_DECODER_H

#include "elbow/evaluate/gallery.h"
#include "elbow/output/sink.h"

// The `draw` of the random streams for p(x|z): of samples and of reconstructions. The model in front of the data uses
// the values after these, so that no random number is used twice.
enum { ELBOW_DRAW_OF_SAMPLES = 0, ELBOW_DRAW_OF_RECONSTRUCTIONS = 1, ELBOW_DRAWS_IN_FRONT = 2 };

// Initialise with gallery, microbatch, draw, is_double, seed and of. The rest is owned.
struct elbow_decoder {
    const struct elbow_gallery *gallery;  // not owned
    size_t microbatch;                    // rows
    bool draw, is_double;                 // draws instead of means; the output has doubles
    uint64_t seed;                        // of draws
    uint32_t of;                          // ELBOW_DRAW_OF_...
    uint64_t *ids;                        // (microbatch): keys of the draws
    float *z, *means;                     // (microbatch, Z), (microbatch, D)
    float *condition;                     // (microbatch, C) conditions of the rows
    float *rows;                          // (microbatch, values shown) means decoded by the model in front
    struct elbow_frozen_workspace *front; // of the model in front, or NULL
    float *shown;                         // (values shown) workspace
    double *turned;                       // (values shown) workspace; NULL: no transform is inverted
};

// Local. MEMORY. The caller destroys *decoder, also after a failure.
enum elbow_status elbow_decoder_create(struct elbow_decoder *decoder, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_decoder_destroy(struct elbow_decoder *decoder);

// Local. The number of values of a shown row, and a column of such rows.
size_t elbow_decoder_width(const struct elbow_decoder *decoder);
struct elbow_sink_column elbow_decoder_column(const struct elbow_decoder *decoder, const char *name);

// Local. Sets shades and layout of pictures of these rows in a plan.
void elbow_decoder_plan(const struct elbow_decoder *decoder, struct elbow_sink_plan *plan);

// Local. Whether the ending of an output is that of a file of datasets.
bool elbow_decoder_is_of_datasets(const char *path);

// Local. The sizes of rows that are not decoded from data: the gallery's, or those of a row of the training data.
struct elbow_model_sizes elbow_decoder_sizes(const struct elbow_decoder *decoder);

// Local. Decodes the first `rows` rows of z, under the conditions that are set in the model.
void elbow_decoder_run(struct elbow_decoder *decoder, size_t rows, struct elbow_model_sizes sizes);

// Local. Writes the mean of p(x|z), or a draw from it, for row i of the microbatch into values (values shown), in the
// values of the model.
void elbow_decoder_show(const struct elbow_decoder *decoder, size_t i, float *values);

// Local. Inverts the transform of such values, rounds them once and writes them into a packed row of the output.
// Returns the end of the written bytes. `is_told`: the values were decoded by a model.
char *elbow_decoder_pack(const struct elbow_decoder *decoder, const float *values, bool is_told, char *at);

// Local. Writes the absolute differences of two packed rows, value by value, to `at`. Returns the end of the written
// bytes.
char *elbow_decoder_pack_errors(const struct elbow_decoder *decoder, const char *one, const char *other, char *at);

#endif
