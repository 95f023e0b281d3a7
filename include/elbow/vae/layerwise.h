// SPDX-License-Identifier: BSD-3-Clause
// A layerwise training pass: several microbatches are computed layer by layer, each in a slot of the model, and
// alternate after each part. The bits are those of elbow_model_train; only the time at which a layer's parameters are
// first needed, and at which its gradient is complete, differs.
//
// One thread at a time may use a model, whatever the slot. A slot's arrays (its microbatch, and a gradient of its own)
// must not change from its first call to its last; they overlap neither those of another slot nor the model's memory.
//
// Layers are counted from the encoder's first to the decoder's last, followed by those of a classifier. Parts of a
// layer: nn/layer.h.
#ifndef ELBOW_VAE_LAYERWISE_H
#define ELBOW_VAE_LAYERWISE_H

#include "elbow/base/language.h"
#include "elbow/vae/model.h"

ELBOW_C_BEGIN

struct elbow_layerwise {
    size_t slot;
    struct elbow_microbatch microbatch;
    struct elbow_terms terms;
};

// Local. The number of layers; the number of parts of a layer.
size_t elbow_layerwise_layers(const struct elbow_model *model);
size_t elbow_layerwise_parts(const struct elbow_model *model, size_t layer);

// Local. A part's place in the arena: the start of its weights, and the start of the next part. The last part of a
// layer has the bias, the very last one all the rest.
size_t elbow_layerwise_first(const struct elbow_model *model, size_t layer, size_t part);
size_t elbow_layerwise_end(const struct elbow_model *model, size_t layer, size_t part);

// Local. All parts of all layers, from the first to the last, reading no parameter beyond the part's end; then
// elbow_model_score.
void elbow_layerwise_forward(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                             size_t part, const float *parameters);

// Local. From the last layer to the first: all parts, from the last to the first, each of which writes its place of the
// gradient; then the layer's inputs.
void elbow_layerwise_backward(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                              size_t part, const float *parameters, float *gradient);
void elbow_layerwise_backward_inputs(struct elbow_model *model, const struct elbow_layerwise *layerwise, size_t layer,
                                     const float *parameters);

ELBOW_C_END

#endif
