// SPDX-License-Identifier: BSD-3-Clause
// Examines the values of datasets, by a sample of rows.
#include "elbow/evaluate/detail/look.h"

#include "elbow/base/memory.h"
#include "elbow/data/dataset.h"

#include <math.h>

// Rows are examined in up to PIECES pieces of about PIECE_BYTES, and all rows of data up to WHOLE_BYTES. A piece that
// needs more than PIECE_MOST (because of its chunks) is not read, and at most FILE_BYTES of one file are read.
enum { PIECES = 16, PIECE_BYTES = 1 << 20, WHOLE_BYTES = 1 << 24, PIECE_MOST = 1 << 26, FILE_BYTES = 1 << 29 };

uint64_t elbow_look_bytes(const struct elbow_hdf5_info *info)
{
    uint64_t bytes = elbow_hdf5_row_values(info), rows = info->rank > 0 ? info->shape[0] : 1;
    if (__builtin_mul_overflow(bytes, elbow_element_size(info->element), &bytes) ||
        __builtin_mul_overflow(bytes, rows, &bytes))
        return UINT64_MAX;
    return bytes;
}

static void count_value(double value, const struct elbow_missing *missing, bool has_rules, struct elbow_look *values)
{
    bool is_missing = !isnan(value) && has_rules && elbow_missing_is(missing, value);
    values->nan += isnan(value);
    values->infinite += isinf(value) != 0;
    values->missing += is_missing;
    values->zero += value == 0;
    values->ones += value == 1;
    if (++values->at == values->width) {
        values->other_rows += values->ones != 1;
        values->at = values->ones = 0;
    }
    if (is_missing || !isfinite(value))
        return;
    values->fractions += value != floor(value);
    values->min = value < values->min ? value : values->min;
    values->max = value > values->max ? value : values->max;
    if (values->known++ == 0)
        values->first = value;
    double difference = value - values->first; // so that a large mean costs no digits
    values->sum += difference;
    values->squares += difference * difference;
}

static void scan(const struct elbow_packing *packing, const void *stored, size_t n, struct elbow_look *values)
{
    const struct elbow_missing *missing = &packing->missing;
    bool has_rules = elbow_missing_has_rules(missing);
    values->count += n;
    switch (packing->element) {
#define SCAN_CASE(name, type, text)                                                                                    \
    case ELBOW_ELEMENT_##name:                                                                                         \
        for (size_t i = 0; i < n; ++i)                                                                                 \
            count_value((double)((const type *)stored)[i], missing, has_rules, values);                                \
        break;
        ELBOW_ELEMENT_LIST(SCAN_CASE)
#undef SCAN_CASE
    }
}

// A sample of rows.
struct plan {
    uint64_t rows, pieces; // rows of a piece
    uint64_t cost;         // bytes that HDF5 reads and unpacks for a piece
};

static bool plan_sample(const struct elbow_hdf5_info *info, struct plan *plan)
{
    uint64_t all = elbow_look_bytes(info), rows = info->shape[0], row = all / rows;
    if (row == 0 || row > PIECE_MOST)
        return false;
    uint64_t chunk_rows = info->chunk_rows == 0 ? 1 : info->chunk_rows < rows ? info->chunk_rows : rows;
    plan->rows = all <= WHOLE_BYTES ? rows : PIECE_BYTES / row + 1;
    plan->rows = plan->rows < rows ? plan->rows : rows;
    plan->pieces = all <= WHOLE_BYTES ? 1 : PIECES;
    if (plan->pieces > rows / plan->rows)
        plan->pieces = rows / plan->rows;
    uint64_t band = chunk_rows * row;
    plan->cost = plan->rows * row > band ? plan->rows * row : band;
    if (plan->cost > PIECE_MOST)
        return false;
    if (plan->pieces * plan->cost > PIECE_MOST)
        plan->pieces = PIECE_MOST / plan->cost;
    return true;
}

bool elbow_look_at(struct elbow_hdf5 *file, const char *name, const struct elbow_hdf5_info *info,
                   const struct elbow_packing *packing, uint64_t *bytes, struct elbow_look *values,
                   struct elbow_error *error)
{
    struct plan plan;
    *values = (struct elbow_look){.width = elbow_hdf5_row_values(info), .min = INFINITY, .max = -INFINITY};
    if (!plan_sample(info, &plan) || *bytes + plan.pieces * plan.cost > FILE_BYTES)
        return false;
    uint64_t rows = info->shape[0], row_values = elbow_hdf5_row_values(info);
    void *piece = NULL;
    if (elbow_allocate(&piece, plan.rows * row_values, elbow_element_size(info->element), "a sample of rows", error) !=
        ELBOW_OK)
        return false;
    *bytes += plan.pieces * plan.cost;
    bool is_good = true;
    for (uint64_t p = 0; p < plan.pieces && is_good; ++p) {
        uint64_t first = plan.pieces == 1 ? 0 : p * ((rows - plan.rows) / (plan.pieces - 1));
        is_good = elbow_hdf5_read_rows(file, name, first, plan.rows, piece, error) == ELBOW_OK;
        if (is_good)
            scan(packing, piece, plan.rows * row_values, values);
    }
    values->rows = plan.pieces * plan.rows;
    elbow_release(&piece);
    return is_good;
}

bool elbow_look_is_far(const struct elbow_look *values, const struct elbow_packing *packing)
{
    double factor = packing->factor.value, offset = packing->offset.value;
    bool is_scaled = factor != 1 || offset != 0; // integers are otherwise divided by the largest of their type
    if (values->known == 0 || values->min == values->max || (!elbow_element_is_float(packing->element) && !is_scaled))
        return false;
    double one = values->min * factor + offset, other = values->max * factor + offset;
    double low = fmin(one, other), high = fmax(one, other);
    double from_first = values->sum / (double)values->known;
    double variance = values->squares / (double)values->known - from_first * from_first;
    double mean = (values->first + from_first) * factor + offset, deviation = sqrt(fmax(variance, 0)) * fabs(factor);
    bool is_unit = low >= 0 && high <= 1;
    return !is_unit && elbow_dataset_is_unusual(mean, deviation, low, high);
}
