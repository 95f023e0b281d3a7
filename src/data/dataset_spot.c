// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: the position of a value that cannot be used, and the message for it.
#include "elbow/data/detail/loading.h"

#include "elbow/base/text.h"

bool elbow_loading_takes_nan(const struct elbow_loading *loading)
{
    enum elbow_missing_kind kind = loading->request->missing;
    return kind == ELBOW_MISSING_NAN || kind == ELBOW_MISSING_ANY;
}

bool elbow_loading_takes_fill(const struct elbow_loading *loading)
{
    enum elbow_missing_kind kind = loading->request->missing;
    return kind == ELBOW_MISSING_FILL || kind == ELBOW_MISSING_ANY;
}

bool elbow_loading_may_let_in(const struct elbow_loading *loading, enum elbow_missing_kind kind)
{
    bool has_it = kind == ELBOW_MISSING_NAN ? elbow_loading_takes_nan(loading) : elbow_loading_takes_fill(loading);
    return !has_it && !loading->request->is_settled && !loading->source->is_sparse;
}

bool elbow_loading_may_miss(const struct elbow_loading *loading)
{
    return loading->request->missing != ELBOW_MISSING_REFUSE || loading->mask != NULL;
}

struct elbow_loading_spot elbow_loading_locate(const struct elbow_loading *loading, uint64_t row, uint64_t number)
{
    struct elbow_loading_spot spot;
    struct elbow_source_spot found = elbow_source_locate(loading->source, loading->first_row + row, number);
    elbow_text_format(spot.name, sizeof spot.name, "%s:%s", found.file, found.dataset);
    spot.row = found.row;
    spot.number = found.number;
    return spot;
}

enum elbow_status elbow_loading_refuse_infinite(const struct elbow_loading *loading, uint64_t row, uint64_t number,
                                                struct elbow_error *error)
{
    struct elbow_loading_spot spot = elbow_loading_locate(loading, row, number);
    bool may_let_in = elbow_loading_may_let_in(loading, ELBOW_MISSING_NAN);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %llu holds a value (at index %llu) that is NaN or infinite; clean the data first, "
                           "or leave out the rows (data.rows) or columns (data.columns) that have such values%s",
                           spot.name, (unsigned long long)spot.row, (unsigned long long)spot.number,
                           may_let_in ? ", or set data.missing: nan if NaN stands for a missing value" : "");
}

const char *elbow_loading_missing_rules(const struct elbow_dataset *dataset, double value)
{
    bool is_outside = dataset->missing.has_range && (value < dataset->missing.low || value > dataset->missing.high);
    const char *rules = is_outside ? dataset->packing.range_rules : dataset->packing.value_rules;
    return rules[0] != 0 ? rules : "as in the training data";
}

enum elbow_status elbow_loading_refuse_missing(const struct elbow_loading *loading, uint64_t row, size_t at,
                                               double value, struct elbow_error *error)
{
    struct elbow_loading_spot spot = elbow_loading_locate(loading, row, elbow_loading_number(loading, at));
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %llu holds a missing value (%s; at index %llu, %.9g as stored); fill such values "
                           "in, or leave out the rows (data.rows) or columns (data.columns) that have them%s",
                           spot.name, (unsigned long long)spot.row,
                           elbow_loading_missing_rules(loading->dataset, value), (unsigned long long)spot.number, value,
                           elbow_loading_may_let_in(loading, ELBOW_MISSING_FILL) ? ", or set data.missing: fill" : "");
}
