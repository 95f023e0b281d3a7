// SPDX-License-Identifier: BSD-3-Clause
// The contents of a dataset: the element to read for its stored type, its shape and its layout.
#include "elbow/data/detail/hdf5.h"

#include <string.h>

// Integers as stored; those of 3, 5, 6 and 7 bytes as the next wider type.
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

// Floats whose exponent and mantissa fit into a float32 are read as one, all others as float64.
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

// "r, i", as far as it fits.
static void list_members(hid_t type, char *text, size_t size)
{
    int members = H5Tget_nmembers(type);
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < members; ++i) {
        char *name = H5Tget_member_name(type, (unsigned)i);
        if (name == NULL)
            return;
        bool fits = elbow_text_format(text + length, size - length, "%s%s", i > 0 ? ", " : "", name);
        H5free_memory(name);
        length = strlen(text);
        if (!fits)
            return;
    }
}

static void describe_foreign(hid_t type, char *what, size_t size)
{
    char members[128];
    H5T_class_t class = H5Tget_class(type);
    if (class == H5T_REFERENCE) {
        elbow_text_format(what, size,
                          "holds references, integers or floats were expected; MATLAB stores cell arrays and strings "
                          "in this way: save numbers instead, for example with [names, ~, y] = unique(c)");
        return;
    }
    if (class != H5T_COMPOUND) {
        elbow_text_format(what, size, "holds %s, integers or floats were expected", class_text(class));
        return;
    }
    list_members(type, members, sizeof members);
    if (strcmp(members, "r, i") == 0)
        elbow_text_format(what, size, "holds complex numbers: write their parts as values (samples, 2 x values)");
    else
        elbow_text_format(what, size,
                          "holds compound values (%s), a table: write its numbers as one dataset (samples, columns)",
                          members);
}

static bool describe_type(hid_t type, struct elbow_hdf5_info *info)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_ENUM: // sign, size and precision are those of the base integers
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

// Shuffling and checksums are not compression.
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
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    info->is_virtual = layout == H5D_VIRTUAL;
    if (layout != H5D_CHUNKED || H5Pget_chunk(creation, H5S_MAX_RANK, chunk) < 1)
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
        describe_foreign(type, what, size);
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
