// SPDX-License-Identifier: BSD-3-Clause
// The layout of the arena. Tensors are in the order in which they were added, each at the start of a cache line. Names
// are unique, because they key the random numbers of the start and the datasets of a checkpoint.
#include "elbow/nn/parameters.h"

#include "elbow/base/memory.h"
#include "elbow/math/hash.h"
#include "elbow/math/random.h"

#include <math.h>
#include <string.h>

enum { LINE = ELBOW_ALIGNMENT / sizeof(float) }; // floats of a cache line

static enum elbow_status grow(struct elbow_parameters *parameters, struct elbow_error *error)
{
    size_t capacity = parameters->capacity > 0 ? 2 * parameters->capacity : 16;
    struct elbow_tensor *tensors;
    enum elbow_status status = elbow_allocate(&tensors, capacity, sizeof *tensors, "the list of tensors", error);
    if (status != ELBOW_OK)
        return status;
    if (parameters->count > 0)
        memcpy(tensors, parameters->tensors, parameters->count * sizeof *tensors);
    elbow_release(&parameters->tensors);
    parameters->tensors = tensors;
    parameters->capacity = capacity;
    return ELBOW_OK;
}

// The product of the shape, or 0 if the arena cannot hold so much.
static size_t count_of(const struct elbow_tensor *tensor, size_t workspace)
{
    size_t count = 1;
    for (int i = 0; i < tensor->rank; ++i) {
        ELBOW_CHECK(tensor->shape[i] > 0);
        if (count > workspace / tensor->shape[i])
            return 0;
        count *= tensor->shape[i];
    }
    return count;
}

enum elbow_status elbow_parameters_add(struct elbow_parameters *parameters, struct elbow_tensor tensor, size_t *index,
                                       struct elbow_error *error)
{
    ELBOW_CHECK(tensor.rank >= 1 && tensor.rank <= ELBOW_TENSOR_RANK_MAX);
    ELBOW_CHECK(memchr(tensor.name, 0, sizeof tensor.name) != NULL && tensor.name[0] != 0);
    ELBOW_CHECK(elbow_parameters_find(parameters, tensor.name) == NULL);
    tensor.offset = parameters->size;
    tensor.count = count_of(&tensor, SIZE_MAX / sizeof(float) - LINE - parameters->size);
    if (tensor.count == 0)
        return elbow_error_set(error, ELBOW_MEMORY,
                               "tensor %s is too large for any memory; make its layer or its neighbour smaller",
                               tensor.name);
    enum elbow_status status = ELBOW_OK;
    if (parameters->count == parameters->capacity)
        status = grow(parameters, error);
    if (status != ELBOW_OK)
        return status;
    *index = parameters->count;
    parameters->tensors[parameters->count++] = tensor;
    parameters->size += (tensor.count + LINE - 1) / LINE * LINE;
    return ELBOW_OK;
}

size_t elbow_parameters_reserve(struct elbow_parameters *parameters, size_t count)
{
    size_t first = parameters->size;
    ELBOW_CHECK(count <= SIZE_MAX / sizeof(float) - LINE - first);
    parameters->size += (count + LINE - 1) / LINE * LINE;
    return first;
}

const struct elbow_tensor *elbow_parameters_find(const struct elbow_parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; ++i)
        if (strcmp(parameters->tensors[i].name, name) == 0)
            return &parameters->tensors[i];
    return NULL;
}

static void initialize_glorot(const struct elbow_tensor *tensor, struct elbow_stream stream, float *values)
{
    float width = (float)(2.0 * sqrt(6.0 / ((double)tensor->fan_in + (double)tensor->fan_out)));
    elbow_random_uniform(stream, tensor->count, values);
    for (size_t i = 0; i < tensor->count; ++i)
        values[i] = width * (values[i] - 0.5f);
}

static void initialize_he(const struct elbow_tensor *tensor, struct elbow_stream stream, float *values)
{
    float deviation = (float)sqrt(2.0 / (double)tensor->fan_in);
    elbow_random_normal(stream, tensor->count, values);
    for (size_t i = 0; i < tensor->count; ++i)
        values[i] *= deviation;
}

void elbow_parameters_initialize(const struct elbow_parameters *parameters, uint64_t seed, float *values)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        struct elbow_stream stream = {.seed = seed, .purpose = ELBOW_PURPOSE_INITIALIZE};
        stream.id = elbow_hash_text(tensor->name) >> 8; // ids have 56 bits
        float *start = values + tensor->offset;
        switch (tensor->initial) {
        case ELBOW_INITIAL_CONSTANT:
            for (size_t j = 0; j < tensor->count; ++j)
                start[j] = tensor->value;
            break;
        case ELBOW_INITIAL_GLOROT:
            ELBOW_CHECK(tensor->fan_in > 0 && tensor->fan_out > 0);
            initialize_glorot(tensor, stream, start);
            break;
        case ELBOW_INITIAL_HE:
            ELBOW_CHECK(tensor->fan_in > 0);
            initialize_he(tensor, stream, start);
            break;
        }
    }
}

size_t elbow_parameters_trainable(const struct elbow_parameters *parameters)
{
    size_t count = 0;
    for (size_t i = 0; i < parameters->count; ++i)
        count += parameters->tensors[i].count;
    return count;
}

void elbow_parameters_clear(struct elbow_parameters *parameters)
{
    elbow_release(&parameters->tensors);
    *parameters = (struct elbow_parameters){0};
}
