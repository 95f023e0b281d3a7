// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/inputs.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

#include <math.h>
#include <string.h>

enum { TILE = 512 }; // doubles that stay in the first-level cache

static bool has_transform(const struct elbow_inputs *inputs)
{
    return inputs->dataset->input.kind != ELBOW_TRANSFORM_NONE;
}

static bool has_corruption(const struct elbow_inputs *inputs)
{
    return inputs->corrupt != ELBOW_CORRUPT_NONE;
}

typedef void turn_function(const struct elbow_fit *fit, size_t first, size_t n, double *values);

// In double, rounded once; `to` may be `from`.
static void turn(const struct elbow_fit *fit, turn_function *function, size_t n, const float *from, float *to)
{
    for (size_t at = 0; at < n; at += TILE) {
        double tile[TILE];
        size_t count = n - at < TILE ? n - at : TILE;
        for (size_t i = 0; i < count; ++i)
            tile[i] = (double)from[at + i];
        function(fit, at, count, tile);
        for (size_t i = 0; i < count; ++i)
            to[at + i] = (float)tile[i];
    }
}

void elbow_inputs_turn_back(const struct elbow_inputs *inputs, const float *seen, float *values)
{
    const struct elbow_fit *fit = &inputs->dataset->input;
    turn(fit, elbow_transform_row(fit->kind)->inverse, inputs->dataset->values, seen, values);
}

// The range of the training data in a column, as the model scores it.
static void find_range(const struct elbow_inputs *inputs, size_t column, float range[2])
{
    const struct elbow_dataset *dataset = inputs->dataset;
    const double stored[] = {dataset->trained_min, dataset->trained_max};
    float ends[2] = {0, 1};
    for (size_t i = 0; i < 2 && !inputs->is_binary; ++i)
        elbow_fit_forward(&dataset->transform, &dataset->scale, ELBOW_ELEMENT_FLOAT64, &stored[i], column, 1, &ends[i]);
    range[0] = fminf(ends[0], ends[1]);
    range[1] = fmaxf(ends[0], ends[1]);
}

double elbow_inputs_span(const struct elbow_inputs *inputs)
{
    double span = 0;
    for (size_t d = 0; d < inputs->dataset->values; ++d) {
        float range[2];
        find_range(inputs, d, range);
        span = fmax(span, (double)range[1] - (double)range[0]);
    }
    return span;
}

enum elbow_status elbow_inputs_create(const struct elbow_inputs *inputs, size_t rows_max,
                                      struct elbow_inputs_workspace *workspace, struct elbow_error *error)
{
    const struct elbow_fit *fit = &inputs->dataset->input;
    size_t values = inputs->dataset->values, all = rows_max * values;
    bool needs_range = elbow_corruption_row(inputs->corrupt)->needs_range;
    const char *what = "what the encoder sees";
    *workspace = (struct elbow_inputs_workspace){0};
    enum elbow_status status = ELBOW_OK;
    if (has_transform(inputs))
        status = elbow_allocate(&workspace->transformed, all, sizeof(float), what, error);
    if (status == ELBOW_OK && has_corruption(inputs))
        status = elbow_allocate(&workspace->corrupted, all, sizeof(float), what, error);
    if (status == ELBOW_OK && inputs->shows_mask)
        status = elbow_allocate(&workspace->masked, 2 * all, sizeof(float), what, error);
    if (status == ELBOW_OK && needs_range)
        status = elbow_allocate(&workspace->range, 2 * values, sizeof(float), what, error);
    if (status != ELBOW_OK || !needs_range)
        return status;
    for (size_t d = 0; d < values; ++d) {
        float range[2];
        find_range(inputs, d, range);
        workspace->range[d] = range[0];
        workspace->range[values + d] = range[1];
    }
    turn(fit, elbow_transform_row(fit->kind)->forward, values, workspace->range, workspace->range);
    turn(fit, elbow_transform_row(fit->kind)->forward, values, workspace->range + values, workspace->range + values);
    return ELBOW_OK;
}

void elbow_inputs_clear(struct elbow_inputs_workspace *workspace)
{
    elbow_release(&workspace->transformed);
    elbow_release(&workspace->corrupted);
    elbow_release(&workspace->masked);
    elbow_release(&workspace->range);
    *workspace = (struct elbow_inputs_workspace){0};
}

size_t elbow_inputs_floats(const struct elbow_inputs *inputs)
{
    size_t stages = (has_transform(inputs) ? 1 : 0) + (has_corruption(inputs) ? 1 : 0) + (inputs->shows_mask ? 2 : 0);
    return stages * inputs->dataset->values;
}

// A job: rows to make.
struct rows {
    const struct elbow_inputs *inputs;
    const struct elbow_inputs_workspace *workspace;
    struct elbow_stream stream; // but for the id
    const uint64_t *ids;
    const float *values, *known;
};

static void clear_unknown(size_t values, const float *known, float *row)
{
    for (size_t d = 0; known != NULL && d < values; ++d)
        row[d] = known[d] != 0 ? row[d] : 0;
}

// The transform and the corruption of one row.
static void make_row(const struct rows *rows, size_t i)
{
    const struct elbow_inputs *inputs = rows->inputs;
    const struct elbow_fit *fit = &inputs->dataset->input;
    size_t values = inputs->dataset->values, at = i * values;
    const float *seen = rows->values + at, *known = rows->known != NULL ? rows->known + at : NULL;
    if (has_transform(inputs)) {
        turn(fit, elbow_transform_row(fit->kind)->forward, values, seen, rows->workspace->transformed + at);
        clear_unknown(values, known, rows->workspace->transformed + at);
        seen = rows->workspace->transformed + at;
    }
    if (!has_corruption(inputs))
        return;
    struct elbow_corrupt_call call = {.stream = rows->stream, .amount = inputs->amount, .values = values, .seen = seen};
    call.stream.id = rows->ids[i];
    call.low = rows->workspace->range;
    call.high = rows->workspace->range != NULL ? rows->workspace->range + values : NULL;
    elbow_corruption_row(inputs->corrupt)->corrupt(&call, rows->workspace->corrupted + at);
    clear_unknown(values, known, rows->workspace->corrupted + at);
}

static void make_span(void *user, int part, size_t first, size_t count)
{
    (void)part;
    for (size_t i = first; i < first + count; ++i)
        make_row(user, i);
}

// The last stage: the mask after the values of each place, as additional channels.
static void append_mask(const struct elbow_dataset *dataset, size_t rows, const float *seen, const float *known,
                        float *masked)
{
    size_t channels = elbow_dataset_channels(dataset), places = rows * dataset->values / channels;
    for (size_t place = 0; place < places; ++place) {
        float *values = masked + 2 * place * channels, *mask = values + channels;
        memcpy(values, seen + place * channels, channels * sizeof *values);
        for (size_t i = 0; i < channels; ++i)
            mask[i] = known != NULL ? known[place * channels + i] : 1;
    }
}

const float *elbow_inputs_make(const struct elbow_inputs *inputs, const struct elbow_inputs_workspace *workspace,
                               uint64_t seed, uint32_t draw, size_t rows, const uint64_t *ids, const float *values,
                               const float *known)
{
    enum { VALUES_LEAST = 1 << 12 }; // that are worth a thread
    struct rows call = {.inputs = inputs,
                        .workspace = workspace,
                        .stream = {.seed = seed, .purpose = inputs->purpose, .draw = draw},
                        .ids = ids,
                        .values = values,
                        .known = known};
    const float *seen = has_corruption(inputs)  ? workspace->corrupted
                        : has_transform(inputs) ? workspace->transformed
                                                : NULL;
    if (seen != NULL)
        elbow_threads_split(rows, 1, VALUES_LEAST / (inputs->dataset->values + 1) + 1, make_span, &call);
    if (!inputs->shows_mask)
        return seen;
    append_mask(inputs->dataset, rows, seen != NULL ? seen : values, known, workspace->masked);
    return workspace->masked;
}
