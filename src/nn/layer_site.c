// SPDX-License-Identifier: BSD-3-Clause
// What rows of the table of layers call: it lies beneath them, the table above.
#include "elbow/nn/detail/layer.h"

#include <stdio.h>

const char *elbow_layer_word(enum elbow_layer_kind kind)
{
    static const char *const words[] = {ELBOW_LAYER_LIST(ELBOW_KIND_WORD)};
    ELBOW_CHECK((unsigned)kind < ELBOW_LAYER_KINDS);
    return words[kind];
}

enum elbow_status elbow_layer_add_tensor(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                         const char *part, struct elbow_tensor tensor, size_t *offset,
                                         struct elbow_error *error)
{
    int length = snprintf(tensor.name, sizeof tensor.name, "%s/%s", site->name, part);
    ELBOW_CHECK(length > 0 && (size_t)length < sizeof tensor.name);
    size_t index;
    enum elbow_status status = elbow_parameters_add(parameters, tensor, &index, error);
    if (status == ELBOW_OK)
        *offset = parameters->tensors[index].offset;
    return status;
}
