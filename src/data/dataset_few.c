// SPDX-License-Identifier: BSD-3-Clause
// Whether values will be zeros and ones once data.transform: minmax is learned: if each stored value is the smallest or
// the largest one.
#include "elbow/data/detail/learning.h"
#include "elbow/data/detail/rows.h"

bool elbow_loading_asks_binary(const struct elbow_demand *demand)
{
    return !demand->is_of_part || demand->support == ELBOW_SUPPORT_BINARY;
}

static void add_value(double value, struct elbow_few_values *few)
{
    for (int i = 0; i < few->count && i < 2; ++i)
        if (few->values[i] == value)
            return;
    if (few->count < 2)
        few->values[few->count] = value;
    if (few->count < 3)
        few->count += 1;
}

static void add_row(const struct elbow_loading *loading, uint64_t row, struct elbow_few_values *few)
{
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_demand demand = {0};
    struct elbow_rows_buffer buffer;
    for (size_t at = 0, last = 0, n; at < dataset->values; at += n) {
        n = elbow_rows_step(dataset, dataset->values - at);
        const void *stored = elbow_rows_stored(dataset, row * dataset->values + at, n, &buffer);
        for (size_t i = 0; i < n && few->count < 3; ++i) {
            if (at + i == 0 || at + i > last)
                demand = elbow_demand_of_column(&loading->request->demand, at + i, &last);
            if (elbow_loading_asks_binary(&demand) && elbow_rows_knows(dataset, row, at + i))
                add_value(elbow_element_at(dataset->element, stored, i), few);
        }
    }
}

void elbow_few_values_add(const struct elbow_loading *loading, struct elbow_range rows, struct elbow_few_values *few)
{
    for (uint64_t row = rows.first; row < rows.last && few->count < 3; ++row)
        add_row(loading, row, few);
}

bool elbow_few_values_are_extremes(const struct elbow_few_values *few, const struct elbow_dataset *dataset)
{
    for (int i = 0; i < few->count; ++i)
        if (i == 2 || (few->values[i] != dataset->min && few->values[i] != dataset->max))
            return false;
    return true;
}
