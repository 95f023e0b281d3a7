// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/page_sample.h"

#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct elbow_range *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

enum elbow_status elbow_page_sample_create(const struct elbow_page_table *table, struct elbow_page_sample *sample,
                                           struct elbow_error *error)
{
    uint64_t count = table->count < ELBOW_PAGE_SAMPLE ? table->count : ELBOW_PAGE_SAMPLE;
    struct elbow_stream stream = {.purpose = ELBOW_PURPOSE_PAGE_SAMPLE};
    *sample = (struct elbow_page_sample){.count = count};
    enum elbow_status status =
        elbow_allocate(&sample->rows, (size_t)count, sizeof *sample->rows, "a sample of pages", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&sample->before, (size_t)count + 1, sizeof *sample->before, "a sample of pages", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_permutation order = elbow_permutation_keyed(table->count, stream);
    for (uint64_t i = 0; i < count; ++i) {
        uint64_t page = elbow_permutation_at(&order, i);
        sample->rows[i] = (struct elbow_range){table->first[page], table->first[page + 1]};
    }
    qsort(sample->rows, (size_t)count, sizeof *sample->rows, compare);
    for (uint64_t i = 0; i < count; ++i)
        sample->before[i + 1] = sample->before[i] + sample->rows[i].last - sample->rows[i].first;
    return ELBOW_OK;
}

void elbow_page_sample_clear(struct elbow_page_sample *sample)
{
    elbow_release(&sample->rows);
    elbow_release(&sample->before);
    *sample = (struct elbow_page_sample){0};
}

uint64_t elbow_page_sample_at(const struct elbow_page_sample *sample, uint64_t i)
{
    ELBOW_CHECK(i < sample->before[sample->count]);
    uint64_t low = 0, high = sample->count; // before[low] <= i < before[high]
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (sample->before[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    return sample->rows[low].first + i - sample->before[low];
}
