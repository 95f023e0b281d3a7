// SPDX-License-Identifier: BSD-3-Clause
// Whether the chunks are there that hold a part of a dataset. A walk over them ends at the first that nobody has
// written, so that however many there should be, it passes only chunks that are there.
#include "elbow/data/detail/blocks.h"
#include "elbow/data/detail/hdf5.h"

struct walk {
    hid_t dataset;
    int rank;
    hsize_t shape[H5S_MAX_RANK], chunk[H5S_MAX_RANK], offset[H5S_MAX_RANK];
};

static bool is_written(const struct walk *walk)
{
    hsize_t size = 0;
    return H5Dget_chunk_storage_size(walk->dataset, walk->offset, &size) >= 0 && size > 0;
}

// All chunks that the blocks meet, from a dimension on; false at one that is not there, where the offset stays.
static bool visit(struct walk *walk, const struct elbow_hdf5_blocks *blocks, int i)
{
    if (i == walk->rank)
        return is_written(walk);
    hsize_t chunk = walk->chunk[i], next = 0; // the first chunk that was not visited yet
    for (hsize_t n = 0; n < blocks->count[i]; ++n) {
        hsize_t first = blocks->start[i] + n * blocks->stride[i], end = first + blocks->block[i];
        end = end < walk->shape[i] ? end : walk->shape[i];
        if (first >= end)
            break;
        for (next = next > first / chunk ? next : first / chunk; next * chunk < end; ++next) {
            walk->offset[i] = next * chunk;
            if (!visit(walk, blocks, i + 1))
                return false;
        }
    }
    return true;
}

static bool each(void *user, const struct elbow_hdf5_blocks *blocks)
{
    return visit(user, blocks, 0);
}

bool elbow_hdf5_are_written(hid_t dataset, hid_t wanted, uint64_t *first, uint64_t *last)
{
    struct walk walk = {.dataset = dataset};
    hid_t creation = H5Dget_create_plist(dataset), space = H5Dget_space(dataset);
    walk.rank = creation < 0 ? -1 : H5Pget_chunk(creation, H5S_MAX_RANK, walk.chunk);
    bool is_known = walk.rank > 0 && space >= 0 && H5Sget_simple_extent_dims(space, walk.shape, NULL) == walk.rank &&
                    H5Sget_simple_extent_ndims(wanted) == walk.rank;
    bool are_written = is_known && elbow_hdf5_blocks_each(wanted, walk.rank, each, &walk);
    if (is_known && !are_written) {
        hsize_t end = walk.offset[0] + walk.chunk[0];
        *first = walk.offset[0];
        *last = (end < walk.shape[0] ? end : walk.shape[0]) - 1;
    }
    if (creation >= 0)
        H5Pclose(creation);
    if (space >= 0)
        H5Sclose(space);
    return are_written;
}
