// SPDX-License-Identifier: BSD-3-Clause
// The properties of the chunks of a virtual dataset's sources that matter for reading it.
#include "elbow/data/detail/pieces.h"

#include "elbow/base/memory.h"

#include <string.h>

#define MOST(a, b) ((a) > (b) ? (a) : (b))

// Memory that libhdf5 needs for an open file, mostly for the table of its cache; and for a mapping while it reads all
// of them, in several copies, which fragments the heap.
enum { OPEN_BYTES = 600000, MAPPING_BYTES = 14400 };

struct look {
    struct elbow_hdf5_origins *origins;
    elbow_path last; // the file of the previous source
};

// Adds the chunks of a source. A source with fewer axes is part of a row, or a row.
static enum elbow_status take_chunks(void *context, const struct elbow_hdf5_origin *origin, struct elbow_error *error)
{
    struct look *look = context;
    struct elbow_hdf5_origins *origins = look->origins;
    struct elbow_hdf5_info info;
    struct elbow_hdf5_storage storage;
    origins->files += strcmp(look->last, origin->file_name) != 0;
    elbow_text_format(look->last, sizeof look->last, "%s", origin->file_name);
    // A source that cannot be described is refused by the check of all sources before any read.
    (void)error;
    if (elbow_hdf5_describe_dataset(origin->file, origin->dataset, &info, NULL) != ELBOW_OK ||
        elbow_hdf5_describe_alone(origin->file, origin->dataset, &storage, NULL) != ELBOW_OK)
        return ELBOW_OK;
    if (storage.kind == ELBOW_HDF5_VIRTUAL) // libhdf5 opens the sources of such a source
        origins->kept = MOST(origins->kept, storage.sources * (OPEN_BYTES + MAPPING_BYTES));
    if (storage.kind != ELBOW_HDF5_CHUNKED)
        return ELBOW_OK;
    int before = info.rank - origin->rank; // axes that the virtual dataset does not have
    hsize_t rows = before >= 0 && info.rank > 0 ? storage.chunk[before] : 1;
    uint64_t across = 1;
    for (int i = before >= 0 ? before + 1 : 0; i < info.rank; ++i)
        across *= (info.shape[i] + storage.chunk[i] - 1) / storage.chunk[i];
    for (int i = 0; i < origin->rank && before >= 0; ++i)
        origins->chunk[i] = MOST(origins->chunk[i], storage.chunk[before + i]);
    origins->least = origins->least == 0 || rows < origins->least ? rows : origins->least;
    origins->across = MOST(origins->across, across);
    origins->reading = MOST(origins->reading, storage.reading);
    origins->kept = MOST(origins->kept, storage.kept);
    return ELBOW_OK;
}

const struct elbow_hdf5_origins *elbow_hdf5_known_origins(const struct elbow_hdf5 *file, const char *name)
{
    return file->origins != NULL && strcmp(file->origins->name, name) == 0 ? file->origins : NULL;
}

enum elbow_status elbow_hdf5_find_chunks(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                         struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    const struct elbow_hdf5_origins *origins;
    if (!info->is_virtual || info->rank == 0)
        return ELBOW_OK;
    enum elbow_status status = elbow_hdf5_look_at_origins(file, name, &origins, error);
    if (status == ELBOW_OK)
        info->chunk_rows = origins->chunk[0];
    return status;
}

static void forget(struct elbow_hdf5_origins *origins)
{
    elbow_hdf5_pieces_end(&origins->pieces);
    *origins = (struct elbow_hdf5_origins){.across = 1, .end = elbow_hdf5_pieces_end};
}

// Whether the pieces can be used; if not, libhdf5 opens all sources of a read.
static void settle_pieces(struct elbow_hdf5_origins *origins)
{
    if (origins->pieces != NULL && !elbow_hdf5_pieces_are_whole(origins->pieces))
        elbow_hdf5_pieces_end(&origins->pieces);
    origins->kept +=
        origins->pieces != NULL ? elbow_hdf5_pieces_bytes(origins->pieces) + OPEN_BYTES : origins->files * OPEN_BYTES;
}

enum elbow_status elbow_hdf5_look_at_origins(struct elbow_hdf5 *file, const char *name,
                                             const struct elbow_hdf5_origins **origins, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    *origins = elbow_hdf5_known_origins(file, name);
    if (*origins != NULL)
        return status;
    if (file->origins == NULL)
        status = elbow_allocate(&file->origins, 1, sizeof *file->origins, "sources of a virtual dataset", error);
    if (status != ELBOW_OK)
        return status;
    forget(file->origins);
    struct look look = {.origins = file->origins};
    status = elbow_hdf5_find_pieces(file, name, take_chunks, &look, &file->origins->pieces, error);
    settle_pieces(file->origins);
    if (status == ELBOW_OK)
        elbow_text_format(file->origins->name, sizeof file->origins->name, "%s", name);
    *origins = file->origins;
    return status;
}

enum elbow_status elbow_hdf5_describe_storage(struct elbow_hdf5 *file, const char *name,
                                              struct elbow_hdf5_storage *storage, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    const struct elbow_hdf5_origins *origins;
    enum elbow_status status = elbow_hdf5_describe_alone(file, name, storage, error);
    if (status != ELBOW_OK || storage->kind != ELBOW_HDF5_VIRTUAL)
        return status;
    status = elbow_hdf5_look_at_origins(file, name, &origins, error);
    if (status != ELBOW_OK)
        return status;
    storage->reading = storage->unpacking = origins->reading;
    storage->kept = origins->kept + storage->sources * MAPPING_BYTES;
    for (int i = 0; i < ELBOW_HDF5_RANK_MAX; ++i)
        storage->chunk[i] = origins->chunk[i];
    return ELBOW_OK;
}
