// SPDX-License-Identifier: BSD-3-Clause
// Averaged weights. The padding between tensors is zero, and so is its average.
#include "elbow/nn/average.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

enum { PARAMETERS_LEAST = 1 << 14 }; // parameters that are worth a thread

enum elbow_status elbow_average_create(double decay, size_t count, struct elbow_average *average,
                                       struct elbow_error *error)
{
    *average = (struct elbow_average){0};
    if (decay == 0)
        return ELBOW_OK;
    *average = (struct elbow_average){.decay = decay, .count = count};
    return elbow_allocate(&average->values, count, sizeof *average->values, "the averaged weights", error);
}

void elbow_average_destroy(struct elbow_average *average)
{
    elbow_release(&average->values);
    *average = (struct elbow_average){0};
}

struct move {
    float share;
    float *average;
    const float *parameters;
};

static void move_span(void *user, int part, size_t first, size_t count)
{
    const struct move *move = user;
    float share = move->share, *restrict average = move->average + first;
    const float *restrict parameters = move->parameters + first;
    (void)part;
    for (size_t i = 0; i < count; ++i)
        average[i] += share * (parameters[i] - average[i]);
}

void elbow_average_apply(struct elbow_average *average, size_t offset, size_t count, uint64_t update,
                         const float *parameters)
{
    if (average->values == NULL)
        return;
    ELBOW_CHECK(update >= 1 && offset <= average->count && count <= average->count - offset);
    double rising = (1.0 + (double)update) / (10.0 + (double)update);
    double decay = rising < average->decay ? rising : average->decay;
    struct move move = {(float)(1.0 - decay), average->values + offset, parameters};
    elbow_threads_split(count, ELBOW_THREADS_LINE, PARAMETERS_LEAST, move_span, &move);
}
