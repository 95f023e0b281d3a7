// SPDX-License-Identifier: BSD-3-Clause
// Comparing two checkpoints. Bits are compared, not values: a zero is another one than a negative zero, and a NaN is
// the same as itself.
#include "elbow/checkpoint/compare.h"

#include "elbow/checkpoint/detail/format.h"

#include <string.h>

// One array of all parameters, and its group in the file.
struct arena {
    const char *group;
    const float *before, *now;
};

static size_t first_of(const float *before, const float *now, size_t count)
{
    size_t i = 0;
    while (i < count && memcmp(before + i, now + i, sizeof *before) == 0)
        ++i;
    return i;
}

static bool compare_arena(const struct elbow_parameters *parameters, const struct arena *arena,
                          struct elbow_checkpoint_difference *difference)
{
    if (arena->before == NULL || arena->now == NULL)
        return false;
    difference->of = parameters->count;
    for (size_t t = 0; t < parameters->count; ++t) {
        const struct elbow_tensor *tensor = &parameters->tensors[t];
        const float *before = arena->before + tensor->offset, *now = arena->now + tensor->offset;
        size_t i = first_of(before, now, tensor->count);
        if (i == tensor->count)
            continue;
        if (difference->tensors++ > 0)
            continue;
        elbow_text_format(difference->place, sizeof difference->place, "%s/%s[%zu]", arena->group, tensor->name, i);
        difference->before = (double)before[i];
        difference->now = (double)now[i];
    }
    return difference->tensors > 0;
}

static double number_of(const struct elbow_checkpoint_field *field, const struct elbow_run_state *state)
{
    const void *value = (const char *)state + field->offset;
    return field->is_double ? *(const double *)value : (double)*(const uint64_t *)value;
}

static bool compare_state(const struct elbow_checkpoint *before, const struct elbow_checkpoint *now,
                          struct elbow_checkpoint_difference *difference)
{
    difference->of = elbow_checkpoint_field_count;
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        const struct elbow_checkpoint_field *field = &elbow_checkpoint_fields[i];
        double was = number_of(field, &before->state), is = number_of(field, &now->state);
        if (memcmp(&was, &is, sizeof was) == 0)
            continue;
        if (difference->tensors++ > 0)
            continue;
        elbow_text_format(difference->place, sizeof difference->place, "%s", field->name);
        difference->before = was;
        difference->now = is;
    }
    return difference->tensors > 0;
}

static bool compare_statistics(const struct elbow_checkpoint *before, const struct elbow_checkpoint *now,
                               struct elbow_checkpoint_difference *difference)
{
    ELBOW_CHECK(before->accumulators == now->accumulators);
    difference->of = 1;
    for (size_t i = 0; i < before->accumulators; ++i) {
        if (memcmp(before->accumulator + i, now->accumulator + i, sizeof *now->accumulator) == 0)
            continue;
        elbow_text_format(difference->place, sizeof difference->place, "accumulator[%zu]", i);
        difference->before = before->accumulator[i];
        difference->now = now->accumulator[i];
        difference->tensors = 1;
        return true;
    }
    return false;
}

bool elbow_checkpoint_compare(const struct elbow_checkpoint *before, const struct elbow_checkpoint *now,
                              struct elbow_checkpoint_difference *difference)
{
    *difference = (struct elbow_checkpoint_difference){0};
    ELBOW_CHECK(before->parameters.size == now->parameters.size);
    const struct arena arenas[] = {{"model", before->values, now->values},
                                   {"optimizer/first_moment", before->first_moment, now->first_moment},
                                   {"optimizer/second_moment", before->second_moment, now->second_moment},
                                   {"average", before->average, now->average}};
    for (size_t i = 0; i < sizeof arenas / sizeof *arenas; ++i)
        if (compare_arena(&before->parameters, &arenas[i], difference))
            return true;
    return compare_state(before, now, difference) || compare_statistics(before, now, difference);
}
