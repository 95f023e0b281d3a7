// SPDX-License-Identifier: BSD-3-Clause
// The known bits of rows. Each row begins at a byte, so that ranks that read neighbouring rows do not write to the same
// byte.
#include "elbow/data/detail/rows.h"

size_t elbow_rows_known_row_bytes(const struct elbow_dataset *dataset)
{
    return (dataset->values + 7) / 8;
}

bool elbow_dataset_has_known(const struct elbow_dataset *dataset)
{
    return dataset->pages != NULL ? elbow_pages_have_known(dataset->pages) : dataset->known.base != NULL;
}

const unsigned char *elbow_rows_known_bits(const struct elbow_dataset *dataset, uint64_t row)
{
    if (!elbow_dataset_has_known(dataset))
        return NULL;
    if (dataset->pages == NULL)
        return (const unsigned char *)dataset->known.base + row * elbow_rows_known_row_bytes(dataset);
    const struct elbow_page *page = elbow_pages_find(dataset->pages, row);
    return page->known + (row - page->first) * elbow_rows_known_row_bytes(dataset);
}

static bool is_known(const unsigned char *bits, size_t at)
{
    return bits == NULL || (bits[at / 8] >> at % 8 & 1) != 0;
}

bool elbow_rows_knows(const struct elbow_dataset *dataset, uint64_t row, size_t at)
{
    return is_known(elbow_rows_known_bits(dataset, row), at);
}

void elbow_rows_hush(const struct elbow_dataset *dataset, uint64_t row, float *values)
{
    const unsigned char *bits = elbow_rows_known_bits(dataset, row);
    for (size_t i = 0; bits != NULL && i < dataset->values; ++i)
        if (!is_known(bits, i))
            values[i] = 0;
}

size_t elbow_rows_count_known(const struct elbow_dataset *dataset, uint64_t row)
{
    const unsigned char *bits = elbow_rows_known_bits(dataset, row);
    size_t count = 0;
    for (size_t i = 0; i < dataset->values; ++i)
        count += is_known(bits, i);
    return count;
}

void elbow_dataset_known(const struct elbow_dataset *dataset, uint64_t sample, float *known)
{
    ELBOW_CHECK(sample < dataset->samples);
    const unsigned char *bits = elbow_rows_known_bits(dataset, sample);
    for (size_t i = 0; i < dataset->values; ++i)
        known[i] = is_known(bits, i) ? 1.0F : 0.0F;
}

size_t elbow_dataset_channels(const struct elbow_dataset *dataset)
{
    size_t rank = dataset->rank, last = (size_t)dataset->shape[rank - 1];
    switch (dataset->layout) {
    case ELBOW_LAYOUT_ROWS:
        break;
    case ELBOW_LAYOUT_SERIES:
        return rank > 1 ? last : 1;
    case ELBOW_LAYOUT_IMAGE:
        return rank > 2 ? last : 1;
    case ELBOW_LAYOUT_VOLUME:
        return rank > 3 ? last : 1;
    case ELBOW_LAYOUT_AUTO:
        if (rank == 2 || rank == 3)
            return rank > 2 ? last : 1;
        break;
    }
    return dataset->values;
}
