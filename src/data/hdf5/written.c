// SPDX-License-Identifier: BSD-3-Clause
// Whether the chunks of a part of a dataset exist. A walk ends at the first chunk that was never written, so it passes
// only written chunks, however many there should be.
#include "elbow/data/detail/blocks.h"
#include "elbow/data/detail/hdf5.h"

#include <string.h>

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

// Visits all chunks that the blocks meet, from a dimension on; false at a missing one, where the offset stays.
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

// A walk over the chunks of some rows, which marks the values of each.
struct map {
    struct walk walk;
    uint64_t first, count;  // rows
    unsigned char *written; // of these rows
};

// Marks the values of the chunk at walk.offset, from a dimension on and beginning at `at`, as not written.
static void clear_chunk(const struct map *map, int i, uint64_t at)
{
    const struct walk *walk = &map->walk;
    hsize_t low = walk->offset[i], high = low + walk->chunk[i] < walk->shape[i] ? low + walk->chunk[i] : walk->shape[i];
    if (i == 0) {
        low = low > map->first ? low : map->first;
        high = high < map->first + map->count ? high : map->first + map->count;
    }
    for (hsize_t n = low; n < high; ++n) {
        uint64_t next = at * (i == 0 ? 1 : walk->shape[i]) + (i == 0 ? n - map->first : n);
        if (i + 1 < walk->rank)
            clear_chunk(map, i + 1, next);
        else
            map->written[next] = 0;
    }
}

static void map_chunks(struct map *map, int i)
{
    struct walk *walk = &map->walk;
    hsize_t low = i == 0 ? map->first : 0, high = i == 0 ? map->first + map->count : walk->shape[i];
    if (i == walk->rank) {
        if (!is_written(walk))
            clear_chunk(map, 0, 0);
        return;
    }
    for (hsize_t n = low / walk->chunk[i]; n * walk->chunk[i] < high; ++n) {
        walk->offset[i] = n * walk->chunk[i];
        map_chunks(map, i + 1);
    }
}

enum elbow_status elbow_hdf5_read_written(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                          unsigned char *written, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    struct elbow_hdf5_info info;
    struct map map = {.first = first, .count = count, .written = written};
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, &map.walk.dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    memset(written, 1, count * elbow_hdf5_row_values(&info));
    hid_t creation = H5Dget_create_plist(map.walk.dataset), space = H5Dget_space(map.walk.dataset);
    bool is_known = creation >= 0 && space >= 0;
    if (is_known && count > 0 && H5Pget_layout(creation) == H5D_CHUNKED) {
        map.walk.rank = H5Pget_chunk(creation, H5S_MAX_RANK, map.walk.chunk);
        is_known = map.walk.rank > 0 && H5Sget_simple_extent_dims(space, map.walk.shape, NULL) == map.walk.rank;
        if (is_known)
            map_chunks(&map, 0);
    }
    if (!is_known)
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the storage of dataset %s cannot be read", name);
    if (creation >= 0)
        H5Pclose(creation);
    if (space >= 0)
        H5Sclose(space);
    H5Dclose(map.walk.dataset);
    return status;
}
