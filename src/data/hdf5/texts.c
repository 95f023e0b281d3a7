// SPDX-License-Identifier: BSD-3-Clause
// Datasets of texts, members of enumerations, references. Texts of variable length are in a heap of the file: HDF5
// allocates each, and frees those of a block together. Texts are bytes: they are not converted, whatever their
// character set.
#include "elbow/data/detail/texts.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/hdf5.h"

#include <string.h>

// Bytes per read of texts of fixed length; and of pointers to texts, each of which is an allocation.
enum { BLOCK_BYTES = 4 << 20, POINTERS_BYTES = 1 << 19 };

static enum elbow_hdf5_kind kind_of_dataset(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    if (type < 0)
        return ELBOW_HDF5_NOTHING;
    enum elbow_hdf5_kind kind = H5Tget_class(type) == H5T_STRING ? ELBOW_HDF5_TEXTS : ELBOW_HDF5_VALUES;
    H5Tclose(type);
    return kind;
}

enum elbow_hdf5_kind elbow_hdf5_kind_of(struct elbow_hdf5 *file, const char *name)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && name != NULL);
    hid_t object = elbow_hdf5_open_object(file, name);
    if (object < 0)
        return ELBOW_HDF5_NOTHING;
    enum elbow_hdf5_kind kind = ELBOW_HDF5_NOTHING;
    H5I_type_t type = H5Iget_type(object);
    if (type == H5I_GROUP)
        kind = ELBOW_HDF5_GROUP;
    else if (type == H5I_DATASET)
        kind = kind_of_dataset(object);
    H5Oclose(object);
    return kind;
}

// An open dataset of texts.
struct texts {
    hid_t dataset, type; // the type: also that in memory
    bool varies;
    H5T_str_t padding;
    size_t size; // bytes of an element in memory
    struct elbow_hdf5_info info;
};

static void end(struct texts *texts)
{
    if (texts->type >= 0)
        H5Tclose(texts->type);
    if (texts->dataset >= 0)
        H5Oclose(texts->dataset);
}

static bool take_space(struct texts *texts)
{
    hsize_t shape[H5S_MAX_RANK] = {0};
    hid_t space = H5Dget_space(texts->dataset);
    if (space < 0)
        return false;
    int rank = H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    if (rank < 0 || rank > ELBOW_HDF5_RANK_MAX)
        return false;
    texts->info.rank = rank;
    for (int i = 0; i < rank; ++i)
        texts->info.shape[i] = shape[i];
    return true;
}

static enum elbow_status begin(struct elbow_hdf5 *file, const char *name, struct texts *texts,
                               struct elbow_error *error)
{
    *texts = (struct texts){.dataset = H5I_INVALID_HID, .type = H5I_INVALID_HID};
    if (elbow_hdf5_kind_of(file, name) != ELBOW_HDF5_TEXTS)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: %s is not a dataset of texts", file->name, name);
    texts->dataset = elbow_hdf5_open_object(file, name);
    texts->type = texts->dataset < 0 ? H5I_INVALID_HID : H5Dget_type(texts->dataset);
    htri_t varies = texts->type < 0 ? -1 : H5Tis_variable_str(texts->type);
    if (varies < 0 || !take_space(texts)) {
        elbow_hdf5_fail(file, ELBOW_FORMAT, error, "dataset %s cannot be opened", name);
        end(texts);
        return ELBOW_FORMAT;
    }
    texts->varies = varies > 0;
    texts->padding = H5Tget_strpad(texts->type);
    texts->size = texts->varies ? sizeof(char *) : H5Tget_size(texts->type);
    return ELBOW_OK;
}

enum elbow_status elbow_hdf5_describe_texts(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                            struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && name != NULL && info != NULL);
    struct texts texts;
    *info = (struct elbow_hdf5_info){0};
    enum elbow_status status = begin(file, name, &texts, error);
    if (status != ELBOW_OK)
        return status;
    *info = texts.info;
    end(&texts);
    return ELBOW_OK;
}

// A read: its source and its callback.
struct reading {
    struct elbow_hdf5 *file;
    const char *name;
    elbow_hdf5_take_text *take;
    void *user;
    uint64_t place;
};

// The length of a text of fixed length: it ends at the first zero, or where its padding of blanks begins.
static size_t length_of(const struct texts *texts, const char *bytes)
{
    size_t length = strnlen(bytes, texts->size);
    while (texts->padding == H5T_STR_SPACEPAD && length > 0 && bytes[length - 1] == ' ')
        --length;
    return length;
}

static enum elbow_status take_one(struct reading *reading, const char *bytes, size_t length, struct elbow_error *error)
{
    char text[ELBOW_HDF5_TEXT_MAX + 1];
    if (length > ELBOW_HDF5_TEXT_MAX)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s holds a text of %zu bytes, at most %d are read",
                               reading->file->name, reading->name, length, ELBOW_HDF5_TEXT_MAX);
    memcpy(text, bytes, length);
    text[length] = '\0';
    return reading->take(reading->user, reading->place++, text, error);
}

static enum elbow_status take_block(const struct texts *texts, struct reading *reading, const char *block, size_t count,
                                    struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i) {
        const char *bytes = block + i * texts->size;
        if (texts->varies)
            memcpy(&bytes, block + i * texts->size, sizeof bytes);
        bytes = bytes == NULL ? "" : bytes; // never written
        status = take_one(reading, bytes, texts->varies ? strlen(bytes) : length_of(texts, bytes), error);
    }
    return status;
}

static enum elbow_status read_block(const struct texts *texts, struct reading *reading, uint64_t first, uint64_t rows,
                                    size_t count, char *block, struct elbow_error *error)
{
    enum elbow_status status =
        elbow_hdf5_check_chunks(reading->file, texts->dataset, reading->name, first, rows, error);
    if (status != ELBOW_OK)
        return status;
    hid_t memory, space = elbow_hdf5_select_rows(texts->dataset, first, rows, &memory);
    bool is_read = space >= 0 && H5Dread(texts->dataset, texts->type, memory, space, H5P_DEFAULT, block) >= 0;
    if (!is_read)
        status = elbow_hdf5_fail(reading->file, ELBOW_FORMAT, error, "rows %llu to %llu of dataset %s cannot be read",
                                 (unsigned long long)first, (unsigned long long)(first + rows - 1), reading->name);
    else
        status = take_block(texts, reading, block, count, error);
    if (is_read && texts->varies)
        H5Dvlen_reclaim(texts->type, memory, H5P_DEFAULT, block);
    if (space >= 0) {
        H5Sclose(space);
        H5Sclose(memory);
    }
    return status;
}

static enum elbow_status read_blocks(const struct texts *texts, struct reading *reading, uint64_t first, uint64_t count,
                                     struct elbow_error *error)
{
    uint64_t row_values = elbow_hdf5_row_values(&texts->info), row_bytes;
    if (__builtin_mul_overflow(row_values, texts->size, &row_bytes) || row_bytes >> 32 != 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s: a row of texts is larger than 4 GB",
                               reading->file->name, reading->name);
    if (count == 0 || row_bytes == 0)
        return ELBOW_OK;
    uint64_t most = H5Tis_variable_str(texts->type) > 0 ? POINTERS_BYTES : BLOCK_BYTES;
    uint64_t rows = row_bytes >= most ? 1 : most / row_bytes;
    rows = rows < count ? rows : count;
    char *block;
    enum elbow_status status = elbow_allocate(&block, rows, row_bytes, "texts", error);
    for (uint64_t done = 0; done < count && status == ELBOW_OK; done += rows) {
        uint64_t left = count - done, now = left < rows ? left : rows;
        status = read_block(texts, reading, first + done, now, now * row_values, block, error);
    }
    elbow_release(&block);
    return status;
}

enum elbow_status elbow_hdf5_read_texts(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                        elbow_hdf5_take_text *take, void *user, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && name != NULL && take != NULL);
    struct texts texts;
    enum elbow_status status = begin(file, name, &texts, error);
    if (status != ELBOW_OK)
        return status;
    struct reading reading = {.file = file, .name = name, .take = take, .user = user};
    ELBOW_CHECK(texts.info.rank >= 1 && first <= texts.info.shape[0] && count <= texts.info.shape[0] - first);
    status = read_blocks(&texts, &reading, first, count, error);
    end(&texts);
    return status;
}

// A text type of size bytes without a zero at the end; negative if there is none.
static hid_t type_of(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0)
        return type;
    if (H5Tset_size(type, size) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0 &&
        H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0)
        return type;
    H5Tclose(type);
    return H5I_INVALID_HID;
}

static bool write_block(struct elbow_hdf5 *file, const char *name, hid_t type, size_t count, const char *block)
{
    hsize_t shape = count;
    hid_t space = H5Screate_simple(1, &shape, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t dataset = H5I_INVALID_HID;
    if (space >= 0 && creation >= 0 && H5Pset_obj_track_times(creation, false) >= 0)
        dataset = H5Dcreate2(file->id, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    bool is_written = dataset >= 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) >= 0;
    if (dataset >= 0)
        is_written = H5Dclose(dataset) >= 0 && is_written;
    if (space >= 0)
        H5Sclose(space);
    if (creation >= 0)
        H5Pclose(creation);
    return is_written;
}

enum elbow_status elbow_hdf5_write_texts(struct elbow_hdf5 *file, const char *name, const char *const *texts,
                                         size_t count, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && file->is_written && name != NULL && texts != NULL && count > 0);
    if (file->error.status != ELBOW_OK)
        return elbow_hdf5_first_error(file, error);
    elbow_hdf5_create_groups(file, name);
    if (file->error.status != ELBOW_OK)
        return elbow_hdf5_first_error(file, error);
    size_t longest = 1;
    for (size_t i = 0; i < count; ++i)
        longest = strlen(texts[i]) > longest ? strlen(texts[i]) : longest;
    char *block;
    if (elbow_allocate(&block, count, longest, "texts", &file->error) != ELBOW_OK)
        return elbow_hdf5_first_error(file, error);
    for (size_t i = 0; i < count; ++i)
        memcpy(block + i * longest, texts[i], strlen(texts[i]));
    hid_t type = type_of(longest);
    if (type < 0 || !write_block(file, name, type, count, block))
        elbow_hdf5_fail_write(file, "dataset %s cannot be written", name);
    if (type >= 0)
        H5Tclose(type);
    elbow_release(&block);
    return elbow_hdf5_first_error(file, error);
}

static enum elbow_status walk_members(hid_t type, elbow_hdf5_take_member *take, void *user, struct elbow_error *error)
{
    int count = H5Tget_nmembers(type);
    enum elbow_status status = ELBOW_OK;
    for (unsigned i = 0; count > 0 && i < (unsigned)count && status == ELBOW_OK; ++i) {
        union {
            int64_t number;
            char bytes[64];
        } value = {.number = 0};
        char *name = H5Tget_member_name(type, i);
        hid_t base = H5Tget_super(type);
        bool is_known = name != NULL && base >= 0 && H5Tget_size(type) <= sizeof value &&
                        H5Tget_member_value(type, i, value.bytes) >= 0 &&
                        H5Tconvert(base, H5T_NATIVE_INT64, 1, value.bytes, NULL, H5P_DEFAULT) >= 0;
        if (is_known)
            status = take(user, value.number, name, error);
        if (base >= 0)
            H5Tclose(base);
        if (name != NULL)
            H5free_memory(name);
    }
    return status;
}

enum elbow_status elbow_hdf5_each_member(struct elbow_hdf5 *file, const char *name, elbow_hdf5_take_member *take,
                                         void *user, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && name != NULL && take != NULL);
    hid_t dataset =
        elbow_hdf5_kind_of(file, name) == ELBOW_HDF5_VALUES ? elbow_hdf5_open_object(file, name) : H5I_INVALID_HID;
    if (dataset < 0)
        return ELBOW_OK;
    hid_t type = H5Dget_type(dataset);
    enum elbow_status status = ELBOW_OK;
    if (type >= 0 && H5Tget_class(type) == H5T_ENUM)
        status = walk_members(type, take, user, error);
    if (type >= 0)
        H5Tclose(type);
    H5Oclose(dataset);
    return status;
}

static bool name_of_reference(hid_t object, hid_t attribute, elbow_path name)
{
    hobj_ref_t reference;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute), target = H5I_INVALID_HID;
    if (type >= 0 && space >= 0 && H5Tequal(type, H5T_STD_REF_OBJ) > 0 && H5Sget_simple_extent_npoints(space) == 1 &&
        H5Aread(attribute, H5T_STD_REF_OBJ, &reference) >= 0)
        target = H5Rdereference2(object, H5P_DEFAULT, H5R_OBJECT, &reference);
    ssize_t length = target < 0 ? -1 : H5Iget_name(target, name, sizeof(elbow_path));
    if (target >= 0)
        H5Oclose(target);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return length > 0 && (size_t)length < sizeof(elbow_path);
}

bool elbow_hdf5_read_reference(struct elbow_hdf5 *file, const char *object, const char *attribute, elbow_path name)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && object != NULL && attribute != NULL);
    hid_t id = elbow_hdf5_open_object(file, object);
    if (id < 0)
        return false;
    bool found = false;
    hid_t opened = H5Aexists(id, attribute) > 0 ? H5Aopen(id, attribute, H5P_DEFAULT) : H5I_INVALID_HID;
    if (opened >= 0) {
        found = name_of_reference(id, opened, name);
        H5Aclose(opened);
    }
    H5Oclose(id);
    return found;
}

enum elbow_status elbow_hdf5_open_any(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
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
