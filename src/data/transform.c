// SPDX-License-Identifier: BSD-3-Clause
// The table of transforms, their numbers, and their application between stored elements and the model's floats.
#include "elbow/data/detail/transform.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

enum { TILE = 512 }; // doubles that stay in the first-level cache

#define ROW(name, word, ...) [name] = &elbow_transform_##word,
static const struct elbow_transform *const rows[] = {ELBOW_TRANSFORM_LIST(ROW)};
#define WORD(name, word, ...) [name] = #word,
static const char *const words_of[] = {ELBOW_TRANSFORM_LIST(WORD)};

const struct elbow_transform *elbow_transform_row(enum elbow_transform_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_TRANSFORMS);
    return rows[kind];
}

const char *elbow_transform_word(enum elbow_transform_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_TRANSFORMS);
    return words_of[kind];
}

enum elbow_status elbow_fit_create(enum elbow_transform_kind kind, size_t values, struct elbow_fit *fit,
                                   struct elbow_error *error)
{
    enum elbow_transform_columns columns = elbow_transform_row(kind)->columns;
    *fit = (struct elbow_fit){.kind = kind};
    if (columns == ELBOW_COLUMNS_NONE)
        return ELBOW_OK;
    size_t count = columns == ELBOW_COLUMNS_EACH ? values : 1;
    enum elbow_status status = elbow_allocate(&fit->numbers, ELBOW_FIT_NUMBERS * count, sizeof *fit->numbers,
                                              "the numbers of data.transform", error);
    if (status != ELBOW_OK)
        return status;
    fit->columns = count;
    for (size_t i = 0; i < count; ++i)
        fit->numbers[count + i] = 1;
    return ELBOW_OK;
}

size_t elbow_fit_learn(const struct elbow_moments *moments, struct elbow_fit *fit, size_t *constant, size_t capacity)
{
    const struct elbow_transform *row = elbow_transform_row(fit->kind);
    size_t count = 0;
    if (row->learn == NULL)
        return 0;
    row->learn(moments, fit);
    for (size_t i = 0; i < fit->columns; ++i)
        if (!(fit->numbers[fit->columns + i] > 0)) {
            fit->numbers[fit->columns + i] = fit->numbers[2 * fit->columns + i] = 1;
            if (count < capacity)
                constant[count] = i;
            ++count;
        }
    return count;
}

enum elbow_status elbow_fit_copy(const struct elbow_fit *fit, struct elbow_fit *copy, struct elbow_error *error)
{
    enum elbow_status status = elbow_fit_create(fit->kind, fit->columns, copy, error);
    if (status == ELBOW_OK && fit->columns > 0)
        memcpy(copy->numbers, fit->numbers, ELBOW_FIT_NUMBERS * fit->columns * sizeof *fit->numbers);
    return status;
}

bool elbow_fit_is_sound(const struct elbow_fit *fit)
{
    for (size_t i = 0; i < fit->columns; ++i)
        if (!isfinite(fit->numbers[i]) || !isfinite(fit->numbers[fit->columns + i]) ||
            !(fit->numbers[fit->columns + i] > 0) ||
            (fit->numbers[2 * fit->columns + i] != 0 && fit->numbers[2 * fit->columns + i] != 1))
            return false;
    return true;
}

bool elbow_fit_has_constants(const struct elbow_fit *fit)
{
    for (size_t i = 0; i < fit->columns; ++i)
        if (fit->numbers[2 * fit->columns + i] != 0)
            return true;
    return false;
}

void elbow_fit_clear(struct elbow_fit *fit)
{
    elbow_release(&fit->numbers);
    *fit = (struct elbow_fit){0};
}

void elbow_fit_forward(const struct elbow_fit *fit, const struct elbow_scale *scale, enum elbow_element element,
                       const void *stored, size_t first, size_t n, float *values)
{
    if (fit->kind == ELBOW_TRANSFORM_NONE) {
        elbow_element_convert(element, stored, n, scale->factor, scale->offset, values);
        return;
    }
    const struct elbow_transform *row = elbow_transform_row(fit->kind);
    size_t size = elbow_element_size(element);
    for (size_t at = 0; at < n; at += TILE) {
        double tile[TILE];
        size_t count = n - at < TILE ? n - at : TILE;
        elbow_element_widen(element, (const char *)stored + at * size, count, scale->factor, scale->offset, tile);
        row->forward(fit, first + at, count, tile);
        for (size_t i = 0; i < count; ++i)
            values[at + i] = (float)tile[i];
    }
}

void elbow_fit_inverse(const struct elbow_fit *fit, size_t first, size_t n, const float *values, double *scaled)
{
    for (size_t i = 0; i < n; ++i)
        scaled[i] = (double)values[i];
    elbow_transform_row(fit->kind)->inverse(fit, first, n, scaled);
}

void elbow_fit_set_constants(const struct elbow_fit *fit, size_t first, size_t n, double *scaled)
{
    ELBOW_CHECK(fit->columns <= 1 || first + n <= fit->columns);
    for (size_t i = 0; fit->columns > 0 && i < n; ++i) {
        size_t column = fit->columns == 1 ? 0 : first + i;
        if (fit->numbers[2 * fit->columns + column] != 0 && !isnan(scaled[i]))
            scaled[i] = fit->numbers[column];
    }
}

// Adds the sum of values from column `first` on, all of them known.
static double add_log_derivative(const struct elbow_fit *fit, size_t first, size_t n, const float *values, double sum)
{
    const struct elbow_transform *row = elbow_transform_row(fit->kind);
    for (size_t at = 0; at < n; at += TILE) {
        double tile[TILE];
        size_t count = n - at < TILE ? n - at : TILE;
        for (size_t i = 0; i < count; ++i)
            tile[i] = (double)values[at + i];
        sum += row->log_derivative(fit, first + at, count, tile);
    }
    return sum;
}

double elbow_fit_log_derivative(const struct elbow_fit *fit, const struct elbow_scale *scale, size_t n,
                                const float *values, const float *known)
{
    double scaling = log(fabs(scale->factor)), sum = 0;
    if (known == NULL)
        return add_log_derivative(fit, 0, n, values, (double)n * scaling);
    for (size_t at = 0, end; at < n; at = end + 1) { // runs of known values
        for (end = at; end < n && known[end] != 0;)
            ++end;
        sum = add_log_derivative(fit, at, end - at, values + at, sum + (double)(end - at) * scaling);
    }
    return sum;
}
