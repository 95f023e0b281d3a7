// SPDX-License-Identifier: BSD-3-Clause
// The memory of a node that datasets take, now and while they are loaded.
#include "elbow/data/detail/loading.h"
#include "elbow/data/detail/source.h"

#define MOST(a, b) ((a) > (b) ? (a) : (b))

// Chunks need not end where blocks of so many rows do: then one is unpacked for a part of its rows (which is counted
// already where the last one is cut off by the end of all rows).
static uint64_t part_bytes(const struct elbow_hdf5_info *info, uint64_t block)
{
    bool is_cut = info->chunk_rows > 0 && block < info->shape[0] && block % info->chunk_rows != 0 &&
                  info->shape[0] % info->chunk_rows == 0;
    return is_cut ? elbow_source_chunk_bytes(info, false) : 0;
}

// The memory for another source of the same rows, if there is one: what it keeps, and one read of `rows` rows.
static enum elbow_status add_source(struct elbow_source *source, uint64_t block, uint64_t *kept, uint64_t *reading,
                                    struct elbow_error *error)
{
    struct elbow_hdf5_storage storage;
    if (source == NULL)
        return ELBOW_OK;
    enum elbow_status status = elbow_source_storage(source, &storage, error);
    if (status != ELBOW_OK)
        return status;
    *kept += storage.kept;
    *reading = MOST(*reading, storage.reading + part_bytes(&source->info, block));
    return ELBOW_OK;
}

static bool is_paged(const struct elbow_dataset *dataset)
{
    return dataset->place == ELBOW_ACCESS_SHARD || dataset->place == ELBOW_ACCESS_STREAM;
}

// Values, mask and written marks are read one after another, a block of each.
enum elbow_status elbow_loading_find_reading(struct elbow_loading *loading, struct elbow_hdf5_storage *storage,
                                             struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    enum elbow_status status = elbow_source_storage(loading->source, storage, error);
    if (status != ELBOW_OK)
        return status;
    uint64_t row_bytes = dataset->values * elbow_element_size(dataset->element);
    uint64_t kept = storage->kept, reading = storage->reading;
    uint64_t block = elbow_loading_block(row_bytes, elbow_loading_piece(&loading->info, row_bytes));
    if (is_paged(dataset))
        block = elbow_loading_page_rows(loading) * dataset->selection.windows;
    if (is_paged(dataset) && loading->source->info.chunk_rows > 0)
        reading += part_bytes(&loading->source->info, block);
    status = add_source(loading->mask, block, &kept, &reading, error);
    if (status == ELBOW_OK)
        status = add_source(loading->written, block, &kept, &reading, error);
    kept += elbow_loading_marks_bytes(loading, block < dataset->samples ? block : dataset->samples);
    dataset->reading_bytes = kept + reading + (loading->channels > 0 ? row_bytes : 0);
    return status;
}

struct elbow_dataset_need elbow_dataset_need(const struct elbow_dataset *dataset)
{
    const struct elbow_dataset *stored = dataset->stored != NULL ? dataset->stored : dataset;
    if (is_paged(stored)) // pages are read during the whole run
        return (struct elbow_dataset_need){.node = stored->beside_bytes,
                                           .rank =
                                               stored->selection_bytes + stored->pages_bytes + stored->reading_bytes,
                                           .selecting = stored->selecting_bytes};
    return (struct elbow_dataset_need){.node = elbow_dataset_bytes(stored) + stored->beside_bytes,
                                       .rank = stored->selection_bytes,
                                       .selecting = stored->selecting_bytes,
                                       .reading = stored->reading_bytes};
}

uint64_t elbow_dataset_loading_peak(const struct elbow_dataset_need *needs, size_t count, uint64_t ranks,
                                    uint64_t copies)
{
    uint64_t held = 0, peak = 0;
    for (size_t i = 0; i < count; ++i) {
        peak = MOST(peak, held + needs[i].selecting);
        held += copies * needs[i].node + ranks * needs[i].rank;
        peak = MOST(peak, held + ranks * needs[i].reading);
    }
    return peak;
}
