// SPDX-License-Identifier: BSD-3-Clause
// Rechunking, attributes: copied unchanged, except for references to objects, which are addresses in the old file. They
// are converted to names, and to addresses in the new file when it is complete.
#include "elbow/data/detail/rechunk.h"

#include "elbow/base/memory.h"

#include <string.h>

bool elbow_rechunk_is_reference(hid_t type)
{
    return H5Tdetect_class(type, H5T_REFERENCE) > 0;
}

// The new address of the object at an address of the old file; false if it is not in the new file.
static bool translate_address(const struct elbow_rechunking *rechunking, hobj_ref_t *address)
{
    elbow_path name;
    static const hobj_ref_t NOWHERE = 0;
    if (memcmp(address, &NOWHERE, sizeof NOWHERE) == 0)
        return true;
    hid_t object = H5Rdereference2(rechunking->from->id, H5P_DEFAULT, H5R_OBJECT, address);
    if (object < 0)
        return false;
    ssize_t length = H5Iget_name(object, name, sizeof name);
    H5Oclose(object);
    if (length <= 0 || (size_t)length >= sizeof name)
        return false;
    hid_t there = elbow_hdf5_open_object(rechunking->to, name);
    if (there < 0)
        return false;
    H5Oclose(there);
    return H5Rcreate(address, rechunking->to->id, name, H5R_OBJECT, -1) >= 0;
}

static bool translate(const struct elbow_rechunking *rechunking, hid_t type, char *value);

// Values of the type on which another one is based, one after another.
static bool translate_parts(const struct elbow_rechunking *rechunking, hid_t type, size_t count, char *values)
{
    hid_t part = H5Tget_super(type);
    size_t size = part < 0 ? 0 : H5Tget_size(part);
    bool is_done = part >= 0;
    for (size_t i = 0; i < count && is_done; ++i)
        is_done = translate(rechunking, part, values + i * size);
    if (part >= 0)
        H5Tclose(part);
    return is_done;
}

static bool translate_members(const struct elbow_rechunking *rechunking, hid_t type, char *value)
{
    int count = H5Tget_nmembers(type);
    bool is_done = count >= 0;
    for (int i = 0; i < count && is_done; ++i) {
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        is_done = member >= 0 && translate(rechunking, member, value + H5Tget_member_offset(type, (unsigned)i));
        if (member >= 0)
            H5Tclose(member);
    }
    return is_done;
}

// One value in memory. References to regions cannot be converted.
static bool translate(const struct elbow_rechunking *rechunking, hid_t type, char *value)
{
    H5T_class_t class = H5Tget_class(type);
    if (class == H5T_REFERENCE)
        return H5Tequal(type, H5T_STD_REF_OBJ) > 0 && translate_address(rechunking, (void *)value);
    if (class == H5T_COMPOUND)
        return translate_members(rechunking, type, value);
    if (class == H5T_ARRAY) {
        size_t size = H5Tget_size(type);
        hid_t part = H5Tget_super(type);
        size_t of_part = part < 0 ? 0 : H5Tget_size(part);
        if (part >= 0)
            H5Tclose(part);
        return of_part > 0 && translate_parts(rechunking, type, size / of_part, value);
    }
    if (class == H5T_VLEN) {
        const hvl_t *list = (const void *)value;
        return translate_parts(rechunking, type, list->len, list->p);
    }
    return true;
}

// Whether it was written, or left out because its target does not exist.
static bool write_attribute(struct elbow_rechunking *rechunking, hid_t to, const char *name, hid_t type, hid_t space,
                            const void *values)
{
    hid_t attribute = H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool is_written = attribute >= 0 && (values == NULL || H5Awrite(attribute, type, values) >= 0);
    if (attribute >= 0 && H5Aclose(attribute) < 0)
        is_written = false;
    if (!is_written)
        elbow_hdf5_fail_write(rechunking->to, "attribute %.200s cannot be written", name);
    return is_written;
}

static bool copy_values(struct elbow_rechunking *rechunking, hid_t attribute, hid_t to, const char *name, hid_t type,
                        hid_t space)
{
    hssize_t count = H5Sget_simple_extent_npoints(space);
    size_t size = H5Tget_size(type);
    char *values = NULL;
    if (count <= 0)
        return count == 0 && write_attribute(rechunking, to, name, type, space, NULL);
    if (elbow_allocate(&values, (size_t)count, size, "an attribute", NULL) != ELBOW_OK ||
        H5Aread(attribute, type, values) < 0) {
        elbow_release(&values);
        return false;
    }
    bool is_here = true, is_done = true;
    for (hssize_t i = 0; i < count && rechunking->refers && is_here; ++i)
        is_here = translate(rechunking, type, values + (size_t)i * size);
    if (is_here)
        is_done = write_attribute(rechunking, to, name, type, space, values);
    else
        rechunking->result->references += 1;
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, values);
    elbow_release(&values);
    return is_done;
}

static bool copy_attribute(struct elbow_rechunking *rechunking, hid_t attribute, hid_t to, const char *name)
{
    hid_t stored = H5Aget_type(attribute), type = stored < 0 ? stored : H5Tcopy(stored); // one without a name
    hid_t space = H5Aget_space(attribute);
    bool is_done = type >= 0 && space >= 0;
    if (is_done && elbow_rechunk_is_reference(type) == rechunking->refers)
        is_done = copy_values(rechunking, attribute, to, name, type, space);
    if (stored >= 0)
        H5Tclose(stored);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return is_done;
}

struct copying {
    struct elbow_rechunking *rechunking;
    hid_t to;
};

static herr_t visit_attribute(hid_t from, const char *name, const H5A_info_t *info, void *user)
{
    const struct copying *copying = user;
    (void)info;
    hid_t attribute = H5Aopen(from, name, H5P_DEFAULT);
    bool is_done = attribute >= 0 && copy_attribute(copying->rechunking, attribute, copying->to, name);
    if (attribute >= 0)
        H5Aclose(attribute);
    return is_done ? 0 : -1;
}

bool elbow_rechunk_attributes(struct elbow_rechunking *rechunking, hid_t from, hid_t to)
{
    struct copying copying = {rechunking, to};
    return H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, &copying) >= 0;
}
