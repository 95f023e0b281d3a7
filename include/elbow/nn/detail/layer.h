// SPDX-License-Identifier: BSD-3-Clause
// Common parts of layers. Private to this room.
#ifndef ELBOW_NN_DETAIL_LAYER_H
#define ELBOW_NN_DETAIL_LAYER_H

#include "elbow/nn/layer.h"

#define ELBOW_LAYER_DECLARE(name, word, ...) extern const struct elbow_layer_row elbow_layer_##word;
ELBOW_LAYER_LIST(ELBOW_LAYER_DECLARE)

// Local. Adds the tensor `site->name`/`part` (rank, shape, ... set; its name is filled in); *offset is its place in the
// arena.
enum elbow_status elbow_layer_add_tensor(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                         const char *part, struct elbow_tensor tensor, size_t *offset,
                                         struct elbow_error *error);

// Local. sums (units): over the rows of x (rows, units), four rows at a time, in their order.
void elbow_layer_sum_rows(size_t rows, size_t units, const float *x, float *sums);

#endif
