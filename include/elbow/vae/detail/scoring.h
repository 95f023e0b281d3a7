// SPDX-License-Identifier: BSD-3-Clause
// The scores of decoded rows by the parts of a model: each likelihood sees its own columns, and of a row with unknown
// values only the known ones. If one likelihood has all columns and all values are known, it is called once, on the
// arrays themselves. Private to this room.
#ifndef ELBOW_VAE_DETAIL_SCORING_H
#define ELBOW_VAE_DETAIL_SCORING_H

#include "elbow/vae/model.h"

// Decoded rows. Nothing is owned.
struct elbow_scoring {
    size_t rows;
    const float *x, *known; // as in struct elbow_microbatch
    const double *sizes;
    const float *weights;
    const float *parameters;
    const float *y;  // (rows, outputs of a row)
    double *recon;   // (rows)
    float *dy;       // like y, may be y; NULL: not needed
    float *gradient; // of the whole arena, which includes the numbers beside the networks; NULL: not needed
    double *notes;   // (rows, notes of a row); NULL: not needed
};

// Local. The layout of the decoder's outputs: the start of those of value d in a row.
static inline size_t elbow_model_output(const struct elbow_model *model, size_t d)
{
    const size_t *offsets = model->gathering.offsets;
    return offsets ? offsets[d] : d * model->parts[0].outputs;
}

// Local. The value of a sample that is value k of a part.
static inline size_t elbow_part_column(const struct elbow_model_part *part, size_t k)
{
    return part->columns ? part->columns[k] : k;
}

// Local. The numbers that a part trains beside the networks; NULL: there are none.
static inline const float *elbow_part_shared(const struct elbow_model_part *part, const float *parameters)
{
    return part->shared.count > 0 ? parameters + part->shared.offset : NULL;
}

// Local. Allocates the workspace of a model with its parts; its bytes. MEMORY.
enum elbow_status elbow_gathering_create(struct elbow_model *model, struct elbow_error *error);
void elbow_gathering_destroy(struct elbow_model *model);
size_t elbow_gathering_bytes(const struct elbow_model *model);

// Local. For results per value of a part: their outputs in a row.
void elbow_part_gather_outputs(const struct elbow_model *model, const struct elbow_model_part *part,
                               const float *outputs, float *gathered);
void elbow_part_scatter_outputs(const struct elbow_model *model, const struct elbow_model_part *part,
                                const float *gathered, float *outputs);

// Local. recon, gradients and notes as in elbow_model_score; recon as by the likelihoods' saturated.
void elbow_scoring_score(const struct elbow_model *model, const struct elbow_scoring *scoring);
void elbow_scoring_saturate(const struct elbow_model *model, const struct elbow_scoring *scoring);

// Local. Of decoded rows y: their means (rows, D), with the model's sizes; may be y if there is one output per value
// and one part. A draw of the row whose outputs are y.
void elbow_scoring_mean(const struct elbow_model *model, const float *parameters, size_t rows, const float *y,
                        float *mean);
void elbow_scoring_draw(const struct elbow_model *model, const float *parameters, size_t row, const float *y,
                        struct elbow_stream stream, float *x);

#endif
