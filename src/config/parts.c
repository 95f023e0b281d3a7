// SPDX-License-Identifier: BSD-3-Clause
// The parts of model.likelihood: which columns of a sample each likelihood scores.
#include "elbow/config/detail/schema.h"

#include <inttypes.h>

// The end of the range that contains a column; -1: none does.
static int64_t end_of(const struct elbow_ranges *columns, int64_t column)
{
    for (size_t r = 0; r < columns->count; ++r)
        if (column >= columns->ranges[r].first && column <= columns->ranges[r].last)
            return columns->ranges[r].last;
    return columns->count == 0 ? INT64_MAX - 1 : -1; // all
}

size_t elbow_config_part_of(const struct elbow_likelihood_parts *parts, size_t column)
{
    size_t part = 0;
    while (part < parts->count && end_of(&parts->parts[part].columns, (int64_t)column) < 0)
        ++part;
    return part;
}

static const char *word_of(const struct elbow_likelihood_part *part)
{
    return elbow_likelihood_kinds[part->likelihood].name;
}

// The first column of `part` that is one of another, too; -1: none.
static int64_t shared_column(const struct elbow_likelihood_part *part, const struct elbow_likelihood_part *other)
{
    int64_t found = -1;
    for (size_t r = 0; r < part->columns.count; ++r)
        for (size_t o = 0; o < other->columns.count; ++o) {
            int64_t first = part->columns.ranges[r].first, last = part->columns.ranges[r].last;
            int64_t begin = other->columns.ranges[o].first;
            int64_t column = first > begin ? first : begin;
            bool meet = column <= last && column <= other->columns.ranges[o].last;
            found = meet && (found < 0 || column < found) ? column : found;
        }
    return found;
}

static enum elbow_status check_apart(const struct elbow_likelihood_parts *parts, struct elbow_error *error)
{
    for (size_t p = 0; p < parts->count; ++p) {
        if (parts->count > 1 && parts->parts[p].columns.count == 0)
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "model.likelihood.%zu.%s.columns: is missing; give the columns of a sample that it "
                                   "scores, such as [0, 9]",
                                   p, word_of(&parts->parts[p]));
        for (size_t o = 0; o < p; ++o) {
            int64_t column = shared_column(&parts->parts[p], &parts->parts[o]);
            if (column >= 0)
                return elbow_error_set(error, ELBOW_CONFIG,
                                       "model.likelihood.%zu.%s.columns: column %" PRId64 " is one of "
                                       "model.likelihood.%zu.%s, too; give each column to one likelihood",
                                       p, word_of(&parts->parts[p]), column, o, word_of(&parts->parts[o]));
        }
    }
    return ELBOW_OK;
}

enum elbow_status elbow_config_check_columns(const struct elbow_config *config, size_t values,
                                             struct elbow_error *error)
{
    const struct elbow_likelihood_parts *parts = &config->model.parts;
    if (parts->count == 0)
        return ELBOW_OK;
    enum elbow_status status = check_apart(parts, error);
    if (status != ELBOW_OK || values == 0)
        return status;
    for (size_t p = 0; p < parts->count; ++p)
        for (size_t r = 0; r < parts->parts[p].columns.count; ++r)
            if (parts->parts[p].columns.ranges[r].last >= (int64_t)values)
                return elbow_error_set(error, ELBOW_CONFIG,
                                       "model.likelihood.%zu.%s.columns: ends with column %" PRId64
                                       ", but samples have %zu values, columns 0 to %zu",
                                       p, word_of(&parts->parts[p]), parts->parts[p].columns.ranges[r].last, values,
                                       values - 1);
    for (size_t d = 0; d < values;) { // from range to range, because the number of values is not trusted
        size_t part = elbow_config_part_of(parts, d);
        if (part == parts->count)
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "model.likelihood: column %zu belongs to no likelihood (samples have %zu values, "
                                   "columns 0 to %zu); give each column to one",
                                   d, values, values - 1);
        d = (size_t)end_of(&parts->parts[part].columns, (int64_t)d) + 1;
    }
    return ELBOW_OK;
}
