// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: moves the channels of rows that are stored with the channels first.
#include "elbow/data/detail/loading.h"

#include <string.h>

// Moves the channels of a row: (channels, places) becomes (places, channels). `row` is workspace for one row.
#define TURN(name, type)                                                                                               \
    static void turn_##name(type *values, type *row, size_t channels, size_t places)                                   \
    {                                                                                                                  \
        memcpy(row, values, channels *places * sizeof *row);                                                           \
        for (size_t p = 0; p < places; ++p)                                                                            \
            for (size_t c = 0; c < channels; ++c)                                                                      \
                values[p * channels + c] = row[c * places + p];                                                        \
    }
TURN(1, uint8_t)
TURN(2, uint16_t)
TURN(4, uint32_t)
TURN(8, uint64_t)
#undef TURN

void elbow_loading_turn(const struct elbow_loading *loading, enum elbow_element element, void *rows, uint64_t count,
                        void *row)
{
    size_t size = elbow_element_size(element), row_bytes = loading->dataset->values * size;
    for (uint64_t i = 0; i < count; ++i) {
        void *values = (char *)rows + i * row_bytes;
        if (size == 1)
            turn_1(values, row, loading->channels, loading->places);
        else if (size == 2)
            turn_2(values, row, loading->channels, loading->places);
        else if (size == 4)
            turn_4(values, row, loading->channels, loading->places);
        else
            turn_8(values, row, loading->channels, loading->places);
    }
}
