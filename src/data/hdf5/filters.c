// SPDX-License-Identifier: BSD-3-Clause
// Filters of chunks: their names, and whether those in use are installed. The message of libhdf5 only mentions a
// directory of plugins.
#include "elbow/data/detail/hdf5.h"

#include <string.h>

// Names that the authors of filters use; a file may have no name, or one with an address in it.
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

bool elbow_hdf5_describe_filters(hid_t creation, struct elbow_hdf5_storage *storage)
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
    enum { LZF = 32000 }; // only in h5py
    char places[512];
    list_plugin_places(places, sizeof places);
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: dataset %s is compressed with %s (HDF5 filter %d), which is not installed here (plugins are looked for in "
        "%s); %s",
        file->name, name, filter->name, filter->number, places[0] != '\0' ? places : "no directory",
        filter->number == LZF
            ? "h5py has it: write the data again in Python, f.create_dataset(NEW, data=f[OLD][:], compression=\"gzip\")"
            : "set HDF5_PLUGIN_PATH to the directory of its plugin, or write the data again where the filter is "
              "installed: h5repack -f GZIP=4 OLD NEW");
}

enum elbow_status elbow_hdf5_check_filters(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           struct elbow_error *error)
{
    struct elbow_hdf5_storage storage = {0};
    hid_t creation = H5Dget_create_plist(dataset);
    bool is_known = creation >= 0 && elbow_hdf5_describe_filters(creation, &storage);
    if (creation >= 0)
        H5Pclose(creation);
    if (!is_known)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the filters of dataset %s cannot be read", name);
    for (int i = 0; i < storage.filters; ++i)
        if (!storage.filter[i].is_installed && elbow_hdf5_uses_filter(dataset, i))
            return fail_filter(file, name, &storage.filter[i], error);
    return ELBOW_OK;
}
