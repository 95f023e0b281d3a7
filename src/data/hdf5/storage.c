// SPDX-License-Identifier: BSD-3-Clause
// How a dataset is stored, and whether all its rows are there and can be read: filters that are not installed, chunks
// that nobody has written. What lies in other files is in sources.c. libhdf5 gives fill values, or a sentence about a
// directory of plugins, for all of these.
#include "elbow/data/detail/hdf5.h"
#include "elbow/data/detail/texts.h"

#include "elbow/base/inputs.h"

#include <string.h>

// Filters as their authors call them; a file may hold no name, or one with an address in it.
static const struct {
    int number;
    const char *name;
} FILTERS[] = {{H5Z_FILTER_DEFLATE, "gzip"},
               {H5Z_FILTER_SHUFFLE, "shuffle"},
               {H5Z_FILTER_FLETCHER32, "fletcher32"},
               {H5Z_FILTER_SZIP, "szip"},
               {H5Z_FILTER_NBIT, "nbit"},
               {H5Z_FILTER_SCALEOFFSET, "scaleoffset"},
               {305, "lzo"},
               {307, "bzip2"},
               {32000, "lzf"},
               {32001, "blosc"},
               {32003, "snappy"},
               {32004, "lz4"},
               {32008, "bitshuffle"},
               {32013, "zfp"},
               {32014, "fpzip"},
               {32015, "zstd"},
               {32017, "sz"},
               {32018, "fcidecomp"},
               {32019, "jpeg"},
               {32022, "bitgroom"},
               {32023, "bitround"},
               {32024, "sz3"},
               {32026, "blosc2"},
               {32028, "sperr"}};

static bool describe_filter(hid_t creation, unsigned index, struct elbow_hdf5_filter *filter)
{
    unsigned flags, config;
    size_t values = 0;
    char stored[sizeof filter->name] = "";
    filter->number = H5Pget_filter2(creation, index, &flags, &values, NULL, sizeof stored, stored, &config);
    if (filter->number < 0)
        return false;
    filter->is_installed = H5Zfilter_avail(filter->number) > 0; // fails where there is no directory of plugins
    const char *name = NULL;
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; ++i)
        if (FILTERS[i].number == filter->number)
            name = FILTERS[i].name;
    stored[sizeof stored - 1] = '\0';
    if (name == NULL)
        name = stored[0] != '\0' ? stored : "a filter without a name";
    elbow_text_format(filter->name, sizeof filter->name, "%s", name);
    return true;
}

static bool describe_filters(hid_t creation, struct elbow_hdf5_storage *storage)
{
    int count = H5Pget_nfilters(creation);
    if (count < 0 || count > ELBOW_HDF5_FILTERS_MAX)
        return false;
    for (int i = 0; i < count; ++i)
        if (!describe_filter(creation, (unsigned)i, &storage->filter[i]))
            return false;
    storage->filters = count;
    return true;
}

static bool describe_chunks(hid_t dataset, hid_t creation, const struct elbow_hdf5_info *info,
                            struct elbow_hdf5_storage *storage)
{
    hsize_t chunk[H5S_MAX_RANK], written = 0;
    if (H5Pget_chunk(creation, H5S_MAX_RANK, chunk) != info->rank)
        return false;
    storage->chunks = 1;
    for (int i = 0; i < info->rank; ++i) {
        storage->chunk[i] = chunk[i];
        uint64_t along = (info->shape[i] + chunk[i] - 1) / chunk[i];
        if (__builtin_mul_overflow(storage->chunks, along, &storage->chunks))
            return false;
    }
    hid_t space = H5Dget_space(dataset);
    bool is_known = space >= 0 && H5Dget_num_chunks(dataset, space, &written) >= 0;
    if (space >= 0)
        H5Sclose(space);
    storage->written = written;
    return is_known;
}

// A filter has a buffer for what goes in and one for what comes out. Chunks without filters are read into place.
static uint64_t reading_bytes(hid_t dataset, const struct elbow_hdf5_info *info,
                              const struct elbow_hdf5_storage *storage)
{
    uint64_t packed = storage->written > 0 ? H5Dget_storage_size(dataset) / storage->written : 0;
    uint64_t chunk = elbow_element_size(info->element);
    bool shuffles = false;
    for (int i = 0; i < info->rank; ++i)
        chunk *= storage->chunk[i]; // less than 4 GB, says libhdf5
    for (int i = 0; i < storage->filters; ++i)
        shuffles = shuffles || storage->filter[i].number == H5Z_FILTER_SHUFFLE;
    if (storage->filters == 0)
        return 0;
    return chunk + (shuffles && chunk > packed ? chunk : packed);
}

static bool describe(hid_t dataset, hid_t creation, const struct elbow_hdf5_info *info,
                     struct elbow_hdf5_storage *storage)
{
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    int raw = 0;
    size_t mappings = 0;
    switch (layout) {
    case H5D_COMPACT:
        storage->kind = ELBOW_HDF5_COMPACT;
        return true;
    case H5D_CONTIGUOUS:
        raw = H5Pget_external_count(creation);
        storage->kind = raw > 0 ? ELBOW_HDF5_RAW : ELBOW_HDF5_CONTIGUOUS;
        storage->sources = raw > 0 ? (uint64_t)raw : 0;
        return raw >= 0;
    case H5D_CHUNKED:
        storage->kind = ELBOW_HDF5_CHUNKED;
        if (!describe_chunks(dataset, creation, info, storage) || !describe_filters(creation, storage))
            return false;
        storage->reading = reading_bytes(dataset, info, storage);
        return true;
    case H5D_VIRTUAL:
        storage->kind = ELBOW_HDF5_VIRTUAL;
        if (H5Pget_virtual_count(creation, &mappings) < 0)
            return false;
        storage->sources = mappings;
        return true;
    default:
        return false;
    }
}

static enum elbow_status describe_storage(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                          const struct elbow_hdf5_info *info, struct elbow_hdf5_storage *storage,
                                          struct elbow_error *error)
{
    *storage = (struct elbow_hdf5_storage){0};
    hid_t creation = H5Dget_create_plist(dataset);
    enum elbow_status status = ELBOW_OK;
    if (!describe(dataset, creation, info, storage))
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "how dataset %s is stored cannot be read", name);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

enum elbow_status elbow_hdf5_describe_storage(struct elbow_hdf5 *file, const char *name,
                                              struct elbow_hdf5_storage *storage, struct elbow_error *error)
{
    hid_t dataset;
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, &dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    status = describe_storage(file, dataset, name, &info, storage, error);
    H5Dclose(dataset);
    return status;
}

// "/opt/plugins:/usr/lib/plugins"
static void list_plugin_places(char *text, size_t size)
{
    unsigned count = 0;
    size_t length = 0;
    text[0] = '\0';
    if (H5PLsize(&count) < 0)
        return;
    for (unsigned i = 0; i < count; ++i) {
        char place[ELBOW_PATH_SIZE];
        ssize_t given = H5PLget(i, place, sizeof place);
        if (given < 0 || (size_t)given >= sizeof place || length + (size_t)given + 2 > size)
            return;
        elbow_text_format(text + length, size - length, "%s%s", i > 0 ? ":" : "", place);
        length = strlen(text);
    }
}

static enum elbow_status fail_filter(const struct elbow_hdf5 *file, const char *name,
                                     const struct elbow_hdf5_filter *filter, struct elbow_error *error)
{
    char places[512];
    list_plugin_places(places, sizeof places);
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: dataset %s is compressed with %s (HDF5 filter %d), which is not installed here (plugins are looked for in "
        "%s); let HDF5_PLUGIN_PATH name the directory of its plugin, or write the data anew where the filter is "
        "installed: h5repack -f GZIP=4 OLD NEW",
        file->name, name, filter->name, filter->number, places[0] != '\0' ? places : "no directory");
}

enum elbow_status elbow_hdf5_check_filters(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           struct elbow_error *error)
{
    struct elbow_hdf5_storage storage = {0};
    hid_t creation = H5Dget_create_plist(dataset);
    bool is_known = creation >= 0 && describe_filters(creation, &storage);
    if (creation >= 0)
        H5Pclose(creation);
    if (!is_known)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the filters of dataset %s cannot be read", name);
    for (int i = 0; i < storage.filters; ++i)
        if (!storage.filter[i].is_installed && elbow_hdf5_uses_filter(dataset, i))
            return fail_filter(file, name, &storage.filter[i], error);
    return ELBOW_OK;
}

static enum elbow_status check_written(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                       const struct elbow_hdf5_info *info, const struct elbow_hdf5_storage *storage,
                                       struct elbow_error *error)
{
    if (storage->written >= storage->chunks || storage->chunks == 0)
        return ELBOW_OK;
    uint64_t first = 0, last = info->rank > 0 && info->shape[0] > 0 ? info->shape[0] - 1 : 0;
    if (storage->written > 0)
        elbow_hdf5_find_unwritten(dataset, storage->chunks - storage->written, &first, &last);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: rows %llu to %llu of dataset %s were never written (%llu of its %llu chunks): the file "
                           "would give fill values for them; write them, or keep the other rows only",
                           file->name, (unsigned long long)first, (unsigned long long)last, name,
                           (unsigned long long)(storage->chunks - storage->written),
                           (unsigned long long)storage->chunks);
}

static enum elbow_status check_allocated(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                         const struct elbow_hdf5_info *info, struct elbow_error *error)
{
    H5D_space_status_t allocated;
    for (int i = 0; i < info->rank; ++i)
        if (info->shape[i] == 0)
            return ELBOW_OK;
    if (H5Dget_space_status(dataset, &allocated) < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "how dataset %s is stored cannot be read", name);
    if (allocated != H5D_SPACE_STATUS_NOT_ALLOCATED)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: dataset %s was made but never written: the file would give fill values for all its rows", file->name,
        name);
}

static enum elbow_status check_kind(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                    const struct elbow_hdf5_info *info, const struct elbow_hdf5_storage *storage,
                                    struct elbow_error *error)
{
    if (storage->kind == ELBOW_HDF5_CONTIGUOUS)
        return check_allocated(file, dataset, name, info, error);
    if (storage->kind == ELBOW_HDF5_RAW)
        return elbow_hdf5_check_raw(file, dataset, name, info, error);
    enum elbow_status status = ELBOW_OK;
    if (storage->kind == ELBOW_HDF5_CHUNKED)
        status = elbow_hdf5_check_filters(file, dataset, name, error);
    if (storage->kind == ELBOW_HDF5_CHUNKED && status == ELBOW_OK)
        status = check_written(file, dataset, name, info, storage, error);
    return status;
}

enum elbow_status elbow_hdf5_check_stored(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                          const struct elbow_hdf5_info *info, int depth, struct elbow_error *error)
{
    struct elbow_hdf5_storage storage;
    enum elbow_status status = describe_storage(file, dataset, name, info, &storage, error);
    if (status == ELBOW_OK && storage.kind == ELBOW_HDF5_VIRTUAL)
        return elbow_hdf5_check_virtual(file, dataset, name, info, depth, error);
    if (status == ELBOW_OK)
        status = check_kind(file, dataset, name, info, &storage, error);
    H5Dclose(dataset);
    return status;
}

// A link may lead to another file, which is an input, too.
static enum elbow_status note_home(const struct elbow_hdf5 *file, hid_t dataset, struct elbow_error *error)
{
    elbow_path home;
    if (!elbow_hdf5_home(dataset, home) || strcmp(home, file->name) == 0)
        return ELBOW_OK;
    return elbow_inputs_note(home, error);
}

// Opens a dataset of numbers or of texts.
static enum elbow_status open_any(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                  struct elbow_hdf5_info *info, struct elbow_error *error)
{
    if (elbow_hdf5_kind_of(file, name) != ELBOW_HDF5_TEXTS)
        return elbow_hdf5_open_dataset(file, name, dataset, info, error);
    enum elbow_status status = elbow_hdf5_describe_texts(file, name, info, error);
    if (status != ELBOW_OK)
        return status;
    *dataset = elbow_hdf5_open_object(file, name);
    return *dataset >= 0 ? ELBOW_OK : elbow_hdf5_fail_unreadable(file, name, error);
}

enum elbow_status elbow_hdf5_check_storage(struct elbow_hdf5 *file, const char *name, struct elbow_error *error)
{
    hid_t dataset;
    struct elbow_hdf5_info info;
    enum elbow_status status = open_any(file, name, &dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    status = note_home(file, dataset, error);
    if (status == ELBOW_OK)
        return elbow_hdf5_check_stored(file, dataset, name, &info, 0, error);
    H5Dclose(dataset);
    return status;
}
