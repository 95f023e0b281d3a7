// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/memory.h"
#include "elbow/statistics/clusters.h"

#include <math.h>

static double pairs_of(double count)
{
    return count * (count - 1) / 2;
}

struct table {
    size_t a_count, b_count;
    double rows, *both, *a, *b; // how many rows
};

static double adjusted_rand(const struct table *table)
{
    double together = 0, in_a = 0, in_b = 0;
    for (size_t i = 0; i < table->a_count * table->b_count; ++i)
        together += pairs_of(table->both[i]);
    for (size_t i = 0; i < table->a_count; ++i)
        in_a += pairs_of(table->a[i]);
    for (size_t i = 0; i < table->b_count; ++i)
        in_b += pairs_of(table->b[i]);
    double expected = in_a * in_b / pairs_of(table->rows), most = (in_a + in_b) / 2;
    return most == expected ? 1 : (together - expected) / (most - expected);
}

static double entropy(size_t count, const double *parts, double rows)
{
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum -= parts[i] > 0 ? parts[i] / rows * log(parts[i] / rows) : 0;
    return sum;
}

static double normalised_information(const struct table *table)
{
    double information = 0, rows = table->rows;
    for (size_t i = 0; i < table->a_count; ++i)
        for (size_t k = 0; k < table->b_count; ++k) {
            double both = table->both[i * table->b_count + k];
            if (both > 0)
                information += both / rows * log(both * rows / (table->a[i] * table->b[k]));
        }
    double mean = (entropy(table->a_count, table->a, rows) + entropy(table->b_count, table->b, rows)) / 2;
    return mean > 0 ? information / mean : 1;
}

enum elbow_status elbow_partitions_compare(size_t rows, const int64_t *a, size_t a_count, const int64_t *b,
                                           size_t b_count, struct elbow_agreement *agreement, struct elbow_error *error)
{
    struct table table = {.a_count = a_count, .b_count = b_count, .rows = (double)rows};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(table.both, a_count * b_count), ELBOW_ARRAY(table.a, a_count),
                                         ELBOW_ARRAY(table.b, b_count)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "two partitions", error);
    for (size_t i = 0; status == ELBOW_OK && i < rows; ++i) {
        table.both[(size_t)a[i] * b_count + (size_t)b[i]] += 1;
        table.a[a[i]] += 1;
        table.b[b[i]] += 1;
    }
    if (status == ELBOW_OK)
        *agreement = (struct elbow_agreement){adjusted_rand(&table), normalised_information(&table)};
    elbow_release(&table.both);
    elbow_release(&table.a);
    elbow_release(&table.b);
    return status;
}
