// SPDX-License-Identifier: BSD-3-Clause
// What an HDF5 file holds, and the reading of rows. Numbers are read as they are stored, in the byte order of this
// machine; only what C has no type for is converted by HDF5.
#include "elbow/data/detail/hdf5.h"

#include "elbow/config/config.h"

#include <stdio.h>
#include <string.h>

enum { LISTED = 10, LIST_SIZE = 900 };

// Whether an object is there but holds no links: asking for one of them is an error to HDF5.
static bool is_leaf(hid_t file, const char *name)
{
    hid_t object = name[0] == '\0' ? H5I_INVALID_HID : H5Oopen(file, name, H5P_DEFAULT);
    if (object < 0)
        return false;
    bool is_group = H5Iget_type(object) == H5I_GROUP;
    H5Oclose(object);
    return !is_group;
}

// Positive if all links of the name lead somewhere, 0 if one does not, negative if that cannot be told.
static htri_t find_object(struct elbow_hdf5 *file, const char *name)
{
    char prefix[ELBOW_PATH_SIZE], parent[ELBOW_PATH_SIZE] = "";
    size_t length = strlen(name);
    if (length >= sizeof prefix)
        return 0;
    for (size_t i = 1; i <= length; ++i) {
        if ((name[i] != '/' && name[i] != '\0') || name[i - 1] == '/')
            continue;
        memcpy(prefix, name, i);
        prefix[i] = '\0';
        htri_t found = H5Lexists(file->id, prefix, H5P_DEFAULT);
        if (found > 0)
            found = H5Oexists_by_name(file->id, prefix, H5P_DEFAULT);
        if (found < 0 && is_leaf(file->id, parent))
            return 0;
        if (found <= 0)
            return found;
        memcpy(parent, prefix, i + 1);
    }
    return 1;
}

hid_t elbow_hdf5_open_object(struct elbow_hdf5 *file, const char *name)
{
    if (find_object(file, name) <= 0)
        return H5I_INVALID_HID;
    return H5Oopen(file->id, name[0] == '\0' ? "/" : name, H5P_DEFAULT);
}

enum elbow_status elbow_hdf5_find(struct elbow_hdf5 *file, const char *name, bool *found, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && name != NULL && found != NULL);
    htri_t result = find_object(file, name);
    *found = result > 0;
    if (result < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "%s cannot be looked up, the file may be damaged", name);
    return ELBOW_OK;
}

enum elbow_status elbow_hdf5_find_attribute(struct elbow_hdf5 *file, const char *object, const char *name, bool *found,
                                            struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && object != NULL && name != NULL && found != NULL);
    hid_t id = elbow_hdf5_open_object(file, object);
    htri_t result = id < 0 ? -1 : H5Aexists(id, name);
    *found = result > 0;
    enum elbow_status status = ELBOW_OK;
    if (result < 0)
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "attribute %s of %s cannot be looked up", name, object);
    if (id >= 0)
        H5Oclose(id);
    return status;
}

struct visit {
    bool (*each)(void *user, const char *name, const struct elbow_hdf5_info *info);
    void *user;
};

// Called for every link; those that lead to a dataset are told.
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    (void)link;
    const struct visit *visit = user;
    if (H5Oexists_by_name(group, name, H5P_DEFAULT) <= 0)
        return 0; // a soft link to nowhere
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0)
        return -1;
    bool goes_on = true;
    if (H5Iget_type(object) == H5I_DATASET) {
        char full[ELBOW_PATH_SIZE + 1], what[64];
        struct elbow_hdf5_info info;
        elbow_text_format(full, sizeof full, "/%s", name);
        bool is_numeric = elbow_hdf5_describe_id(object, &info, what, sizeof what) == ELBOW_OK;
        goes_on = visit->each(visit->user, full, is_numeric ? &info : NULL);
    }
    H5Oclose(object);
    return goes_on ? 0 : 1;
}

enum elbow_status elbow_hdf5_each(struct elbow_hdf5 *file,
                                  bool (*each)(void *user, const char *name, const struct elbow_hdf5_info *info),
                                  void *user, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && each != NULL);
    struct visit visit = {each, user};
    if (H5Lvisit(file->id, H5_INDEX_NAME, H5_ITER_INC, visit_link, &visit) < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "its contents cannot be listed, the file may be damaged");
    return ELBOW_OK;
}

// Integers as they are stored, those of 3, 5, 6 and 7 bytes in the next wider type.
static bool describe_integer(hid_t type, struct elbow_hdf5_info *info)
{
    static const enum elbow_element SIGNED[] = {ELBOW_ELEMENT_INT8, ELBOW_ELEMENT_INT16, ELBOW_ELEMENT_INT32,
                                                ELBOW_ELEMENT_INT64};
    static const enum elbow_element UNSIGNED[] = {ELBOW_ELEMENT_UINT8, ELBOW_ELEMENT_UINT16, ELBOW_ELEMENT_UINT32,
                                                  ELBOW_ELEMENT_UINT64};
    size_t size = H5Tget_size(type), wide = 0;
    while (wide < 4 && size > ((size_t)1 << wide))
        ++wide;
    if (size == 0 || wide == 4)
        return false;
    H5T_sign_t sign = H5Tget_sign(type);
    if (sign == H5T_SGN_ERROR)
        return false;
    info->element = sign == H5T_SGN_NONE ? UNSIGNED[wide] : SIGNED[wide];
    info->is_converted = size != ((size_t)1 << wide) || H5Tget_precision(type) != 8 * size;
    return true;
}

// Floats whose exponent and mantissa fit into a float32 become one, all others a float64.
static bool describe_float(hid_t type, struct elbow_hdf5_info *info)
{
    size_t sign, exponent, exponent_size, mantissa, mantissa_size;
    if (H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0)
        return false;
    bool is_float32 = H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0;
    bool is_float64 = H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
    info->element = exponent_size <= 8 && mantissa_size <= 23 ? ELBOW_ELEMENT_FLOAT32 : ELBOW_ELEMENT_FLOAT64;
    info->is_converted = !is_float32 && !is_float64;
    return true;
}

static const char *class_text(H5T_class_t class)
{
    switch (class) {
    case H5T_STRING:
        return "texts";
    case H5T_COMPOUND:
        return "compound values";
    case H5T_ARRAY:
        return "arrays";
    case H5T_VLEN:
        return "lists of varying length";
    case H5T_REFERENCE:
        return "references";
    case H5T_BITFIELD:
        return "bit fields";
    case H5T_OPAQUE:
        return "opaque bytes";
    case H5T_TIME:
        return "times";
    case H5T_ENUM:
        return "enumerations of an unusual width";
    case H5T_INTEGER:
        return "integers of an unusual width";
    case H5T_FLOAT:
        return "floats of an unusual layout";
    default:
        return "values of an unknown type";
    }
}

static bool describe_type(hid_t type, struct elbow_hdf5_info *info)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_ENUM: // sign, size and precision are those of the integers beneath
        return describe_integer(type, info);
    case H5T_FLOAT:
        return describe_float(type, info);
    default:
        return false;
    }
}

// A null space is an empty dataset.
static bool describe_space(hid_t space, struct elbow_hdf5_info *info)
{
    if (H5Sget_simple_extent_type(space) == H5S_NULL) {
        info->rank = 1;
        return true;
    }
    info->rank = H5Sget_simple_extent_ndims(space);
    if (info->rank < 0 || info->rank > ELBOW_HDF5_RANK_MAX)
        return false;
    hsize_t shape[ELBOW_HDF5_RANK_MAX] = {0};
    if (H5Sget_simple_extent_dims(space, shape, NULL) < 0)
        return false;
    for (int i = 0; i < info->rank; ++i)
        info->shape[i] = shape[i];
    return true;
}

// Shuffling and checksums are no compression.
static bool is_compressed(hid_t creation)
{
    int filters = H5Pget_nfilters(creation);
    for (int i = 0; i < filters; ++i) {
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        if (filter >= 0 && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
            return true;
    }
    return false;
}

static void describe_layout(hid_t creation, struct elbow_hdf5_info *info)
{
    hsize_t chunk[H5S_MAX_RANK];
    if (creation < 0 || H5Pget_layout(creation) != H5D_CHUNKED || H5Pget_chunk(creation, H5S_MAX_RANK, chunk) < 1)
        return;
    info->chunk_rows = chunk[0];
    info->is_compressed = is_compressed(creation);
}

enum elbow_status elbow_hdf5_describe_id(hid_t dataset, struct elbow_hdf5_info *info, char *what, size_t size)
{
    *info = (struct elbow_hdf5_info){0};
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset), creation = H5Dget_create_plist(dataset);
    enum elbow_status status = ELBOW_FORMAT;
    if (type < 0 || space < 0)
        elbow_text_format(what, size, "cannot be read");
    else if (!describe_type(type, info))
        elbow_text_format(what, size, "holds %s, integers or floats were expected", class_text(H5Tget_class(type)));
    else if (!describe_space(space, info))
        elbow_text_format(what, size, "has %d dimensions, at most %d are supported", info->rank, ELBOW_HDF5_RANK_MAX);
    else
        status = ELBOW_OK;
    describe_layout(creation, info);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

struct list {
    char text[LIST_SIZE];
    size_t length, count;
};

static bool list_one(void *user, const char *name, const struct elbow_hdf5_info *info)
{
    (void)info;
    struct list *list = user;
    bool is_full = list->count == LISTED || list->length + strlen(name) + 8 > sizeof list->text;
    int written = snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s",
                           list->count == 0 ? "" : ", ", is_full ? "..." : name);
    list->length += (size_t)written;
    ++list->count;
    return !is_full;
}

// The sentence for a dataset that is not there: it lists those that are.
static enum elbow_status fail_missing(struct elbow_hdf5 *file, const char *name, const char *what,
                                      struct elbow_error *error)
{
    struct list list = {.length = 0};
    elbow_hdf5_each(file, list_one, &list, NULL);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s %s (the file has%s %s)", file->name, name, what,
                           list.count == 0 ? "" : ":", list.count == 0 ? "no datasets" : list.text);
}

static enum elbow_status open_dataset(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                      struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && name != NULL);
    bool found;
    *dataset = H5I_INVALID_HID;
    enum elbow_status status = elbow_hdf5_find(file, name, &found, error);
    if (status != ELBOW_OK)
        return status;
    if (!found)
        return fail_missing(file, name, "not found", error);
    *dataset = elbow_hdf5_open_object(file, name);
    if (*dataset < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "dataset %s cannot be opened", name);
    if (H5Iget_type(*dataset) == H5I_DATASET)
        return ELBOW_OK;
    H5Oclose(*dataset);
    return fail_missing(file, name, "is a group", error);
}

enum elbow_status elbow_hdf5_describe_dataset(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                              struct elbow_error *error)
{
    ELBOW_CHECK(info != NULL);
    hid_t dataset;
    enum elbow_status status = open_dataset(file, name, &dataset, error);
    if (status != ELBOW_OK)
        return status;
    char what[128];
    status = elbow_hdf5_describe_id(dataset, info, what, sizeof what);
    if (status != ELBOW_OK)
        elbow_error_set(error, status, "%s: dataset %s %s", file->name, name, what);
    H5Dclose(dataset);
    return status;
}

uint64_t elbow_hdf5_row_values(const struct elbow_hdf5_info *info)
{
    uint64_t values = 1;
    for (int i = 1; i < info->rank; ++i) {
        if (info->shape[i] == 0)
            return 0;
        if (values > UINT64_MAX / info->shape[i])
            values = UINT64_MAX;
        else
            values *= info->shape[i];
    }
    return values;
}

enum elbow_status elbow_hdf5_check_rows(const char *name, const struct elbow_hdf5_info *info, struct elbow_error *error)
{
    uint64_t values = elbow_hdf5_row_values(info), all;
    if (values > ELBOW_VALUES_MAX)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: a row has %s%llu values, at most %d are supported", name,
                               values == UINT64_MAX ? "more than " : "", (unsigned long long)values, ELBOW_VALUES_MAX);
    bool fits = info->rank < 1 || !__builtin_mul_overflow(values * sizeof(int64_t), info->shape[0], &all);
    if (fits && (info->rank < 1 || info->shape[0] >> 48 == 0))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s: has more values than any memory holds", name);
}

hid_t elbow_hdf5_select_rows(hid_t dataset, uint64_t first, uint64_t count, hid_t *memory)
{
    hsize_t start[H5S_MAX_RANK] = {first}, shape[H5S_MAX_RANK];
    *memory = H5I_INVALID_HID;
    hid_t space = H5Dget_space(dataset);
    if (space < 0)
        return space;
    int rank = H5Sget_simple_extent_dims(space, shape, NULL);
    ELBOW_CHECK(rank < 0 || (rank >= 1 && first <= shape[0] && count <= shape[0] - first));
    shape[0] = count;
    if (rank > 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, shape, NULL) >= 0)
        *memory = H5Screate_simple(rank, shape, NULL);
    if (*memory >= 0)
        return space;
    H5Sclose(space);
    return H5I_INVALID_HID;
}

static enum elbow_status read_rows(struct elbow_hdf5 *file, hid_t dataset, const char *name, uint64_t first,
                                   uint64_t count, void *out, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    char what[128];
    enum elbow_status status = elbow_hdf5_describe_id(dataset, &info, what, sizeof what);
    if (status != ELBOW_OK)
        return elbow_error_set(error, status, "%s: dataset %s %s", file->name, name, what);
    ELBOW_CHECK(info.rank >= 1 && first <= info.shape[0] && count <= info.shape[0] - first);
    status = elbow_hdf5_check_chunks(file, dataset, name, first, count, error);
    if (status != ELBOW_OK || count == 0)
        return status;
    hid_t memory, space = elbow_hdf5_select_rows(dataset, first, count, &memory);
    if (space < 0 || H5Dread(dataset, elbow_hdf5_native_type(info.element), memory, space, H5P_DEFAULT, out) < 0)
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "rows %llu to %llu of dataset %s cannot be read",
                                 (unsigned long long)first, (unsigned long long)(first + count - 1), name);
    if (space >= 0) {
        H5Sclose(space);
        H5Sclose(memory);
    }
    return status;
}

enum elbow_status elbow_hdf5_read_rows(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                       void *out, struct elbow_error *error)
{
    ELBOW_CHECK(out != NULL || count == 0);
    hid_t dataset;
    enum elbow_status status = open_dataset(file, name, &dataset, error);
    if (status != ELBOW_OK)
        return status;
    status = read_rows(file, dataset, name, first, count, out, error);
    H5Dclose(dataset);
    return status;
}
