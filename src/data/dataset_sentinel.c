// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: numbers that other programs write for missing values. Only their size suggests that they are not
// data, so they are reported and kept. Rows are read only if the smallest or the largest value is such a number.
#include "elbow/data/detail/loading.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <stdio.h>

static const double SHARE_LEAST = 0.01; // share of the values; fewer may be outliers

static bool is_sentinel(double value)
{
    static const double NINES[] = {999, 9999, 99999, 999999, 1e20};
    for (size_t i = 0; i < sizeof NINES / sizeof *NINES; ++i)
        if ((float)fabs(value) == (float)NINES[i])
            return true;
    return value == -32768 || value == -99;
}

// Of this rank's rows: the number of values that are the smallest or the largest one, and the range of the others.
struct found {
    double counts[2], low, high;
};

static void look(const struct elbow_dataset *dataset, struct elbow_range rows, const bool *is_asked,
                 struct found *found)
{
    const double extremes[] = {dataset->min, dataset->max};
    for (uint64_t row = rows.first; row < rows.last; ++row)
        for (size_t i = 0; i < dataset->values; ++i) {
            double value = elbow_rows_at(dataset, row * dataset->values + i);
            if (!elbow_rows_knows(dataset, row, i))
                continue;
            if (is_asked[0] && value == extremes[0]) {
                found->counts[0] += 1;
            } else if (is_asked[1] && value == extremes[1]) {
                found->counts[1] += 1;
            } else {
                found->low = fmin(found->low, value);
                found->high = fmax(found->high, value);
            }
        }
}

static void describe_doubt(struct elbow_dataset *dataset, double value, double count, double all,
                           const struct found *found)
{
    dataset->news.holds_sentinels = true;
    snprintf(dataset->news.doubt, sizeof dataset->news.doubt,
             ": %.0f of its values (%.3g %%) are %.9g, far %s all others (from %g to %g), and are used as numbers; if "
             "they mark missing values, give the dataset an attribute missing_value of %.9g and set data.missing: "
             "fill, or store NaN and set data.missing: nan",
             count, 100 * count / all, value, value < found->low ? "below" : "above", found->low, found->high, value);
}

bool elbow_loading_doubts_sentinels(const struct elbow_loading *loading)
{
    const struct elbow_dataset *dataset = loading->dataset;
    return loading->request->reference == NULL && !dataset->is_sparse && loading->figures.missing == 0 &&
           (is_sentinel(dataset->min) || is_sentinel(dataset->max));
}

enum elbow_status elbow_loading_doubt_sentinels(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_place place = elbow_comm_place(loading->comm);
    const bool is_asked[] = {is_sentinel(dataset->min), is_sentinel(dataset->max)};
    double *all_counts = NULL, known = (double)loading->figures.known, extremes[2] = {dataset->min, dataset->max};
    if (!elbow_loading_doubts_sentinels(loading))
        return ELBOW_OK;
    elbow_allocate(&all_counts, 2 * (size_t)place.size, sizeof *all_counts, "figures of the data", error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK) {
        elbow_release(&all_counts);
        return error->status;
    }
    struct found found = {.low = INFINITY, .high = -INFINITY};
    look(dataset, elbow_partition(dataset->samples, place.rank, place.size), is_asked, &found);
    elbow_comm_gather_all(loading->comm, found.counts, 2, all_counts);
    elbow_comm_min(loading->comm, &found.low, 1);
    elbow_comm_max(loading->comm, &found.high, 1);
    double width = found.high - found.low;
    for (int side = 0; side < 2; ++side) {
        double count = 0, gap = side == 0 ? found.low - extremes[0] : extremes[1] - found.high;
        for (int r = 0; r < place.size; ++r)
            count += all_counts[2 * r + side];
        if (is_asked[side] && count >= SHARE_LEAST * known && width > 0 && gap > width && isfinite(gap))
            describe_doubt(dataset, extremes[side], count, known, &found);
    }
    elbow_release(&all_counts);
    return ELBOW_OK;
}
