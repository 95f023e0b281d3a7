// SPDX-License-Identifier: BSD-3-Clause
// Attributes of HDF5 objects: doubles, integers, texts. One value is stored as a scalar, several as a list. A text is
// stored as a UTF-8 string of fixed length: strings of variable length are in a heap, and HDF5 allocates memory to read
// them.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <string.h>

// Writes an attribute, and replaces one of the same name.
static bool write_attribute(hid_t object, const char *name, hid_t stored, hid_t native, hid_t space, const void *values)
{
    if (H5Aexists(object, name) > 0 && H5Adelete(object, name) < 0)
        return false;
    hid_t attribute = H5Acreate2(object, name, stored, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0)
        return false;
    bool is_written = values == NULL || H5Awrite(attribute, native, values) >= 0;
    return H5Aclose(attribute) >= 0 && is_written;
}

static enum elbow_status write_values(struct elbow_hdf5 *file, const char *object, const char *name, hid_t stored,
                                      hid_t native, const void *values, size_t count, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && file->is_written && object != NULL && name != NULL && (values != NULL || count == 0));
    if (file->error.status != ELBOW_OK)
        return elbow_hdf5_first_error(file, error);
    hid_t id = elbow_hdf5_open_object(file, object);
    if (id < 0) {
        elbow_hdf5_fail_write(file, "attribute %s cannot be written, %s cannot be opened", name, object);
        return elbow_hdf5_first_error(file, error);
    }
    hsize_t size = count;
    hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, NULL);
    if (space < 0 || !write_attribute(id, name, stored, native, space, count == 0 ? NULL : values))
        elbow_hdf5_fail_write(file, "attribute %s of %s cannot be written", name, object);
    if (space >= 0)
        H5Sclose(space);
    H5Oclose(id);
    return elbow_hdf5_first_error(file, error);
}

enum elbow_status elbow_hdf5_write_doubles(struct elbow_hdf5 *file, const char *object, const char *name,
                                           const double *values, size_t count, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL);
    return write_values(file, object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values, count, error);
}

enum elbow_status elbow_hdf5_write_integers(struct elbow_hdf5 *file, const char *object, const char *name,
                                            const int64_t *values, size_t count, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL);
    return write_values(file, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, values, count, error);
}

// A text type of size bytes without a zero at the end; negative if there is none.
static hid_t text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0)
        return type;
    if (H5Tset_size(type, size == 0 ? 1 : size) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
        H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0)
        return type;
    H5Tclose(type);
    return H5I_INVALID_HID;
}

enum elbow_status elbow_hdf5_write_text(struct elbow_hdf5 *file, const char *object, const char *name, const char *text,
                                        struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && text != NULL);
    hid_t type = text_type(strlen(text));
    if (type < 0) {
        elbow_hdf5_fail_write(file, "attribute %s of %s cannot be written", name, object);
        return elbow_hdf5_first_error(file, error);
    }
    enum elbow_status status = write_values(file, object, name, type, type, text, 1, error);
    H5Tclose(type);
    return status;
}

enum elbow_status elbow_hdf5_write_word(struct elbow_hdf5 *file, const char *object, const char *name, const char *text,
                                        struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && text != NULL);
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0 || H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)
        elbow_hdf5_fail_write(file, "attribute %s of %s cannot be written", name, object);
    write_values(file, object, name, type, type, &text, 1, NULL);
    if (type >= 0)
        H5Tclose(type);
    return elbow_hdf5_first_error(file, error);
}

// An attribute that is read.
struct reading {
    hid_t id, type;
    H5T_class_t class;
    hssize_t count;
};

static void end_reading(struct reading *reading)
{
    if (reading->type >= 0)
        H5Tclose(reading->type);
    if (reading->id >= 0)
        H5Aclose(reading->id);
}

static enum elbow_status begin_reading(struct elbow_hdf5 *file, const char *object, const char *name,
                                       struct reading *reading, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && object != NULL && name != NULL);
    *reading = (struct reading){.id = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    hid_t id = elbow_hdf5_open_object(file, object);
    if (id < 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: %s not found", file->name, object);
    bool exists = H5Aexists(id, name) > 0;
    if (exists)
        reading->id = H5Aopen(id, name, H5P_DEFAULT);
    H5Oclose(id);
    if (!exists)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: attribute %s of %s not found", file->name, name, object);
    hid_t space = reading->id < 0 ? H5I_INVALID_HID : H5Aget_space(reading->id);
    reading->type = reading->id < 0 ? H5I_INVALID_HID : H5Aget_type(reading->id);
    if (space >= 0 && reading->type >= 0) {
        reading->class = H5Tget_class(reading->type);
        reading->count = H5Sget_simple_extent_npoints(space);
        H5Sclose(space);
        return ELBOW_OK;
    }
    elbow_hdf5_fail(file, ELBOW_FORMAT, error, "attribute %s of %s cannot be read", name, object);
    if (space >= 0)
        H5Sclose(space);
    end_reading(reading);
    return ELBOW_FORMAT;
}

enum elbow_status elbow_hdf5_describe_attribute(struct elbow_hdf5 *file, const char *object, const char *name,
                                                struct elbow_hdf5_attribute *attribute, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    struct reading reading;
    *attribute = (struct elbow_hdf5_attribute){0};
    enum elbow_status status = elbow_hdf5_find_attribute(file, object, name, &attribute->is_there, error);
    if (status != ELBOW_OK || !attribute->is_there)
        return status;
    status = begin_reading(file, object, name, &reading, error);
    if (status != ELBOW_OK)
        return status;
    attribute->is_float = reading.class == H5T_FLOAT;
    attribute->is_number = attribute->is_float || reading.class == H5T_INTEGER;
    attribute->count = reading.count > 0 ? (uint64_t)reading.count : 0;
    end_reading(&reading);
    return ELBOW_OK;
}

static enum elbow_status read_values(struct elbow_hdf5 *file, const char *object, const char *name, bool floats,
                                     hid_t native, void *values, size_t count, struct elbow_error *error)
{
    ELBOW_CHECK(values != NULL || count == 0);
    struct reading reading;
    enum elbow_status status = begin_reading(file, object, name, &reading, error);
    if (status != ELBOW_OK)
        return status;
    if (reading.class != H5T_INTEGER && !(floats && reading.class == H5T_FLOAT))
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: attribute %s of %s does not hold %s", file->name, name,
                                 object, floats ? "numbers" : "integers");
    else if (reading.count < 0 || (size_t)reading.count != count)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: attribute %s of %s has %lld values, %zu were expected",
                                 file->name, name, object, (long long)reading.count, count);
    else if (count > 0 && H5Aread(reading.id, native, values) < 0)
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "attribute %s of %s cannot be read", name, object);
    end_reading(&reading);
    return status;
}

enum elbow_status elbow_hdf5_read_doubles(struct elbow_hdf5 *file, const char *object, const char *name, double *values,
                                          size_t count, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL);
    return read_values(file, object, name, true, H5T_NATIVE_DOUBLE, values, count, error);
}

enum elbow_status elbow_hdf5_read_integers(struct elbow_hdf5 *file, const char *object, const char *name,
                                           int64_t *values, size_t count, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL);
    return read_values(file, object, name, false, H5T_NATIVE_INT64, values, count, error);
}

static enum elbow_status copy_text(const struct elbow_hdf5 *file, const char *name, const char *text, size_t size,
                                   size_t limit, char **copy, struct elbow_error *error)
{
    if (size > limit)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: attribute %s is longer than %zu bytes", file->name, name,
                               limit);
    enum elbow_status status = elbow_allocate(copy, size + 1, 1, "a text attribute", error);
    if (status == ELBOW_OK && size > 0 && text != NULL)
        memcpy(*copy, text, size);
    return status;
}

// Strings of variable length, as h5py writes them: HDF5 allocates, and we copy.
static enum elbow_status read_varying(struct elbow_hdf5 *file, const char *name, const struct reading *reading,
                                      size_t limit, char **text, struct elbow_error *error)
{
    char *value = NULL;
    if (H5Aread(reading->id, reading->type, &value) < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "attribute %s cannot be read", name);
    enum elbow_status status = copy_text(file, name, value, value == NULL ? 0 : strlen(value), limit, text, error);
    H5free_memory(value);
    return status;
}

static enum elbow_status read_fixed(struct elbow_hdf5 *file, const char *name, const struct reading *reading,
                                    size_t limit, char **text, struct elbow_error *error)
{
    size_t size = H5Tget_size(reading->type);
    if (size == 0) // the call failed: no text is that short
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "attribute %s cannot be read", name);
    enum elbow_status status = copy_text(file, name, NULL, size, limit, text, error);
    if (status != ELBOW_OK || H5Aread(reading->id, reading->type, *text) >= 0)
        return status;
    elbow_release(text);
    return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "attribute %s cannot be read", name);
}

enum elbow_status elbow_hdf5_read_text(struct elbow_hdf5 *file, const char *object, const char *name, size_t limit,
                                       char **text, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(text != NULL);
    *text = NULL;
    struct reading reading;
    enum elbow_status status = begin_reading(file, object, name, &reading, error);
    if (status != ELBOW_OK)
        return status;
    htri_t varies = H5Tis_variable_str(reading.type);
    if (reading.class != H5T_STRING || reading.count != 1)
        status =
            elbow_error_set(error, ELBOW_FORMAT, "%s: attribute %s of %s is not one text", file->name, name, object);
    else if (varies < 0)
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "attribute %s of %s cannot be read", name, object);
    else if (varies > 0)
        status = read_varying(file, name, &reading, limit, text, error);
    else
        status = read_fixed(file, name, &reading, limit, text, error);
    end_reading(&reading);
    return status;
}

void elbow_hdf5_read_word(struct elbow_hdf5 *file, const char *object, const char *attribute,
                          char word[ELBOW_HDF5_WORD_SIZE])
{
    char *text = NULL;
    word[0] = '\0';
    if (elbow_hdf5_read_text(file, object, attribute, ELBOW_HDF5_WORD_SIZE - 1, &text, NULL) == ELBOW_OK)
        elbow_text_format(word, ELBOW_HDF5_WORD_SIZE, "%s", text);
    elbow_release(&text);
}
