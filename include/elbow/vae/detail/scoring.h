// SPDX-License-Identifier: BSD-3-Clause
// What the parts of a model make of decoded rows: each likelihood sees its own columns, of a row with unknown values
// those that are known. Where one likelihood has all columns and all is known it is called once, on the arrays as they
// are. Private to this room.
#ifndef ELBOW_VAE_DETAIL_SCORING_H
#define ELBOW_VAE_DETAIL_SCORING_H

#include "elbow/vae/model.h"

// Rows that are decoded. Nothing is owned.
struct elbow_scoring {
    size_t rows;
    const float *x, *known; // as in struct elbow_microbatch
    const double *sizes;
    const float *weights;
    const float *parameters;
    const float *y;  // (rows, outputs of a row)
    double *recon;   // (rows)
    float *dy;       // like y, may be y; NULL: not wanted
    float *gradient; // of the whole arena, where the numbers beside the networks have their places; NULL: not wanted
    double *notes;   // (rows, notes of a row); NULL: not wanted
};

// Local. The layout of the decoder's outputs: where those of value d begin in a row's.
static inline size_t elbow_model_output(const struct elbow_model *model, size_t d)
{
    const size_t *offsets = model->gathering.offsets;
    return offsets ? offsets[d] : d * model->parts[0].outputs;
}

// Local. Which value of a sample is value k of a part.
static inline size_t elbow_part_column(const struct elbow_model_part *part, size_t k)
{
    return part->columns ? part->columns[k] : k;
}

// Local. The numbers that a part trains beside the networks; NULL: there are none.
static inline const float *elbow_part_shared(const struct elbow_model_part *part, const float *parameters)
{
    return part->shared.count > 0 ? parameters + part->shared.offset : NULL;
}

// Local. The room of a model that has its parts, and its bytes. MEMORY.
enum elbow_status elbow_gathering_create(struct elbow_model *model, struct elbow_error *error);
void elbow_gathering_destroy(struct elbow_model *model);
size_t elbow_gathering_bytes(const struct elbow_model *model);

// Local. For what is made of a part's values one by one: their outputs, of a row's.
void elbow_part_gather_outputs(const struct elbow_model *model, const struct elbow_model_part *part,
                               const float *outputs, float *gathered);
void elbow_part_scatter_outputs(const struct elbow_model *model, const struct elbow_model_part *part,
                                const float *gathered, float *outputs);

// Local. recon, gradients and notes as in elbow_model_score; recon as the likelihoods' saturated has it.
void elbow_scoring_score(const struct elbow_model *model, const struct elbow_scoring *scoring);
void elbow_scoring_saturate(const struct elbow_model *model, const struct elbow_scoring *scoring);

// Local. Of decoded rows y: their means (rows, D), with the model's sizes; may be y where there is one output a value
// and one part. A draw of the row whose outputs are y.
void elbow_scoring_mean(const struct elbow_model *model, const float *parameters, size_t rows, const float *y,
                        float *mean);
void elbow_scoring_draw(const struct elbow_model *model, const float *parameters, size_t row, const float *y,
                        struct elbow_stream stream, float *x);

#endif
