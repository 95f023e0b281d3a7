// SPDX-License-Identifier: BSD-3-Clause
// Sizes of the exchange: layers begin at their weights, and so do the parts of large ones.
#include "elbow/train/detail/sizes.h"

#include "elbow/base/memory.h"
#include "elbow/vae/layerwise.h"

enum elbow_status elbow_train_sizes(const struct elbow_model *model, const struct elbow_sequence *sequence,
                                    size_t bucket, struct elbow_exchange_sizes *sizes, size_t **layers,
                                    struct elbow_error *error)
{
    size_t count = 0;
    struct elbow_step_place last = elbow_sequence_place(sequence, elbow_sequence_epoch_steps(sequence) - 1);
    *sizes = (struct elbow_exchange_sizes){.parameters = model->parameters.size,
                                           .microbatches = elbow_sequence_microbatches(sequence, sequence->batch),
                                           .last = last.microbatches,
                                           .is_fixed = sequence->is_fixed,
                                           .statistics = elbow_model_statistics(model, false) + ELBOW_TRAIN_REASONS,
                                           .bucket = bucket,
                                           .advance_first = model->pseudo.first,
                                           .advance_count = model->pseudo.heads};
    for (size_t layer = 0; layer < elbow_layerwise_layers(model); ++layer)
        count += elbow_layerwise_parts(model, layer);
    enum elbow_status status = elbow_allocate(layers, count, sizeof **layers, "layers", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t layer = 0; layer < elbow_layerwise_layers(model); ++layer)
        for (size_t part = 0; part < elbow_layerwise_parts(model, layer); ++part)
            (*layers)[sizes->layer_count++] = elbow_layerwise_first(model, layer, part);
    sizes->layers = *layers;
    return ELBOW_OK;
}
