// SPDX-License-Identifier: BSD-3-Clause
// A microbatch of latents becomes rows of an output: decoded, by the model in front of the data as well if there is
// one, as means or draws, and turned back by data.transform. Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_DECODER_H
#define ELBOW_EVALUATE_DETAIL_DECODER_H

#include "elbow/evaluate/gallery.h"
#include "elbow/output/sink.h"

// Draws from p(x|z) by the `draw` of their stream: of samples and of reconstructions, and behind them those of the
// model in front of the data, so that no word serves two.
enum { ELBOW_DRAW_OF_SAMPLES = 0, ELBOW_DRAW_OF_RECONSTRUCTIONS = 1, ELBOW_DRAWS_IN_FRONT = 2 };

// Begins as {.gallery = ...} with what is to be drawn and the output's type; everything below is owned.
struct elbow_decoder {
    const struct elbow_gallery *gallery; // not owned
    size_t microbatch;                   // rows
    bool draw, is_double;                // draws and not means; the output has doubles
    uint64_t seed;                       // of draws
    uint32_t of;                         // what they are of
    uint64_t *ids;                       // (microbatch): what keys its draws
    float *z, *means;                    // (microbatch, Z), (microbatch, D)
    float *condition;                    // (microbatch, C) room for what rows are told
    float *rows;                         // (microbatch, values shown) what the model in front makes of the means
    struct elbow_frozen_room *front;     // NULL: there is none
    float *shown;                        // (values shown) room
    double *turned;                      // (values shown) room; NULL: nothing is turned back
};

// Local. A failure leaves something to destroy.
enum elbow_status elbow_decoder_create(struct elbow_decoder *decoder, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_decoder_destroy(struct elbow_decoder *decoder);

// Local. Values of a row that is shown, and a column of such rows.
size_t elbow_decoder_width(const struct elbow_decoder *decoder);
struct elbow_sink_column elbow_decoder_column(const struct elbow_decoder *decoder, const char *name);

// Local. The shades of pictures of these rows, and their layout, put into a plan.
void elbow_decoder_plan(const struct elbow_decoder *decoder, struct elbow_sink_plan *plan);

// Local. Whether an output's ending is one of files of datasets.
bool elbow_decoder_is_of_datasets(const char *path);

// Local. Sizes of rows that follow from no data: those of a row of the training data, but for the gallery's.
struct elbow_model_sizes elbow_decoder_sizes(const struct elbow_decoder *decoder);

// Local. Decodes the first `rows` of z, under the conditions that the model has been told.
void elbow_decoder_run(struct elbow_decoder *decoder, size_t rows, struct elbow_model_sizes sizes);

// Local. The mean of p(x|z), or a draw from it, of row i of the microbatch, as the model has it.
void elbow_decoder_show(const struct elbow_decoder *decoder, size_t i, float *values);

// Local. Puts such values into a packed row of the output, turned back and rounded once; returns what comes behind.
// `is_told`: a model has told them.
char *elbow_decoder_pack(const struct elbow_decoder *decoder, const float *values, bool is_told, char *at);

// Local. Puts the distances of two packed rows, value by value, behind them.
char *elbow_decoder_pack_errors(const struct elbow_decoder *decoder, const char *one, const char *other, char *at);

#endif
