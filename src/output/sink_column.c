// SPDX-License-Identifier: BSD-3-Clause
// Columns, below the formats.
#include "elbow/output/sink.h"

size_t elbow_sink_values(const struct elbow_sink_column *column)
{
    size_t values = 1;
    for (size_t i = 0; i < column->rank; ++i)
        values *= (size_t)column->shape[i];
    return values;
}

size_t elbow_sink_column_bytes(const struct elbow_sink_column *column)
{
    return elbow_sink_values(column) * elbow_element_size(column->element);
}
