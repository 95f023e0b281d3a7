// SPDX-License-Identifier: BSD-3-Clause
// Functions that rows of the table of layers call. They are below the rows, and the table is above.
#include "elbow/nn/detail/layer.h"

#include "elbow/math/threads.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread

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

// sums[j] = the sum over rows of x[row][j] for the first `count` columns.
static void sum_columns(size_t rows, size_t units, size_t count, const float *restrict x, float *restrict sums)
{
    memset(sums, 0, count * sizeof *sums);
    size_t row = 0;
    for (; row + 4 <= rows; row += 4, x += 4 * units)
        for (size_t j = 0; j < count; ++j)
            sums[j] += (x[j] + x[units + j]) + (x[2 * units + j] + x[3 * units + j]);
    for (; row < rows; ++row, x += units)
        for (size_t j = 0; j < count; ++j)
            sums[j] += x[j];
}

struct row_sum {
    size_t rows, units;
    const float *x;
    float *sums;
};

static void sum_span(void *user, int part, size_t first, size_t count)
{
    const struct row_sum *sum = user;
    (void)part;
    sum_columns(sum->rows, sum->units, count, sum->x + first, sum->sums + first);
}

void elbow_layer_sum_rows(size_t rows, size_t units, const float *x, float *sums)
{
    struct row_sum sum = {rows, units, x, sums};
    elbow_threads_split(units, ELBOW_THREADS_LINE, VALUES_LEAST / (rows + 1) + 1, sum_span, &sum);
}
