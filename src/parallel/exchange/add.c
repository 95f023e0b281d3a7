// SPDX-License-Identifier: BSD-3-Clause
// Sums of a block in the order of the tree.
#include "elbow/parallel/detail/exchange.h"

#include "elbow/math/vector.h"

// Tiles hold partial sums, as a stack.
const float *elbow_exchange_add(struct elbow_exchange *exchange, int terms, const struct elbow_addition *additions,
                                size_t offset, size_t count)
{
    const float **values = exchange->standing;
    float *tiles = exchange->tiles;
    size_t top = 0;
    for (int k = 0; k < terms; ++k)
        values[k] = exchange->values[k] + offset;
    for (int k = 0; k + 1 < terms; ++k) {
        struct elbow_addition addition = additions[k];
        const float *left = values[addition.target], *right = values[addition.source];
        bool left_is_tile = left >= tiles && left < tiles + top * ELBOW_BLOCK;
        bool right_is_tile = right >= tiles && right < tiles + top * ELBOW_BLOCK;
        // The right sum was made after the left one, so its tile is the top of the stack.
        if (!left_is_tile && !right_is_tile)
            ++top;
        if (left_is_tile && right_is_tile)
            --top;
        float *sum = tiles + (top - 1) * ELBOW_BLOCK;
        elbow_vector_add(count, left, right, sum);
        values[addition.target] = sum;
    }
    return values[0];
}
