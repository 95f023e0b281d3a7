// SPDX-License-Identifier: BSD-3-Clause
// Shared by the parts of data/hdf5: opening and closing files, the first error of writing, messages, types, and finding
// objects. HDF5's error stack is never printed, and each function closes the ids that it opened, on every path.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#ifdef H5_HAVE_PARALLEL
#define PARALLEL ", parallel"
#else
#define PARALLEL ""
#endif

// Memory that HDF5 itself needs for an open file: it crashes without it. Its caches take some megabytes.
enum { REASON_SIZE = 512, OPENING_BYTES = 16 << 20, CACHE_BYTES = 1 << 17 };

const char *elbow_hdf5_describe(void)
{
    return "HDF5 " TEXT(H5_VERS_MAJOR) "." TEXT(H5_VERS_MINOR) "." TEXT(H5_VERS_RELEASE) PARALLEL;
}

// No locks: many cluster file systems have none, or serve them slowly. HDF5 reads this variable when it starts. A
// property of each opened file would not be enough: HDF5 itself opens the sources of virtual datasets and the targets
// of links with its default properties. It cannot open a file that is already open with other properties, and returns
// fill values for it.
static void settle_locking(void)
{
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
}

bool elbow_hdf5_start(void)
{
    ELBOW_HDF5_GUARD;
    settle_locking();
    H5dont_atexit(); // fails the second time, which is harmless
    return H5open() >= 0 && H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0;
}

struct reason {
    char text[REASON_SIZE];
    int number; // errno; 0: no call of the system failed
};

// What a failed call of the system says: "..., errno = 5, error message = 'Input/output error', ...". False: no such.
static bool take_system(const char *line, struct reason *reason)
{
    static const char NUMBER[] = "errno = ", WORDS[] = ", error message = '";
    const char *text = strstr(line, WORDS), *number = NULL;
    for (const char *at = strstr(line, NUMBER); at != NULL && at < text; at = strstr(at + 1, NUMBER))
        number = at;
    const char *end = text != NULL ? strchr(text + sizeof WORDS - 1, '\'') : NULL;
    if (number == NULL || end == NULL)
        return false;
    reason->number = (int)strtol(number + sizeof NUMBER - 1, NULL, 10);
    text += sizeof WORDS - 1;
    elbow_text_format(reason->text, sizeof reason->text, "%.*s", (int)(end - text), text);
    return true;
}

// Keeps the first informative line, from the innermost function outwards.
static herr_t take_reason(unsigned number, const H5E_error2_t *line, void *user)
{
    (void)number;
    struct reason *reason = user;
    if (reason->text[0] == '\0' && line->desc != NULL && !take_system(line->desc, reason))
        elbow_text_format(reason->text, sizeof reason->text, "%s", line->desc);
    return 0;
}

// The innermost line of the error stack; of a failed system call, only the text of the system.
static struct reason find_reason(void)
{
    struct reason reason = {.number = 0};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_reason, &reason);
    return reason;
}

static enum elbow_status fail(const struct elbow_hdf5 *file, enum elbow_status status, struct elbow_error *error,
                              const char *format, va_list arguments)
{
    char text[ELBOW_MESSAGE_SIZE];
    struct reason reason = find_reason();
    vsnprintf(text, sizeof text, format, arguments);
    if (reason.text[0] == '\0')
        return elbow_error_set(error, status, "%s: %s", file->name, text);
    return elbow_error_set_reason(error, status, reason.number, "%s: %s (HDF5: %s)", file->name, text, reason.text);
}

enum elbow_status elbow_hdf5_fail(const struct elbow_hdf5 *file, enum elbow_status status, struct elbow_error *error,
                                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(file, status, error, format, arguments);
    va_end(arguments);
    return status;
}

// Replaces the file on disk by memory, under the same descriptor, so that HDF5 can finish its work on the file.
static void abandon(struct elbow_hdf5 *file)
{
    void *handle = NULL;
    if (file->is_memory || file->is_broken || H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) < 0 || handle == NULL)
        return;
    int memory = memfd_create("elbow-abandoned", MFD_CLOEXEC);
    if (memory < 0)
        return;
    dup2(memory, *(int *)handle);
    close(memory);
    file->is_broken = true;
}

enum elbow_status elbow_hdf5_first_error(const struct elbow_hdf5 *file, struct elbow_error *error)
{
    if (file->error.status != ELBOW_OK && error != NULL)
        *error = file->error;
    return file->error.status;
}

void elbow_hdf5_fail_write(struct elbow_hdf5 *file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(file, ELBOW_OUTPUT, file->error.status == ELBOW_OK ? &file->error : NULL, format, arguments);
    va_end(arguments);
    abandon(file);
}

enum elbow_status elbow_hdf5_prepare(const char *name, struct elbow_hdf5 **file, struct elbow_error *error)
{
    ELBOW_CHECK(name != NULL && file != NULL);
    *file = NULL;
    if (!elbow_hdf5_start())
        return elbow_error_set(error, ELBOW_FILE, "%s: the HDF5 library could not be started", name);
    if (!elbow_memory_has(OPENING_BYTES))
        return elbow_error_set(error, ELBOW_MEMORY, "%s: no memory to open an HDF5 file: %s are needed", name,
                               elbow_text_bytes(OPENING_BYTES).text);
    if (strlen(name) >= ELBOW_PATH_SIZE)
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is longer than %d bytes", name,
                               ELBOW_PATH_SIZE - 1);
    enum elbow_status status = elbow_allocate(file, 1, sizeof **file, "an HDF5 file", error);
    if (status != ELBOW_OK)
        return status;
    (*file)->id = H5I_INVALID_HID;
    elbow_text_format((*file)->name, sizeof(*file)->name, "%s", name);
    return ELBOW_OK;
}

// The index of chunks may be larger than the data. It is read in order, and need not be cached (HDF5's default is 32
// MB).
static herr_t bound_cache(hid_t access)
{
    H5AC_cache_config_t config = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    if (H5Pget_mdc_config(access, &config) < 0)
        return -1;
    config.set_initial_size = true;
    config.initial_size = config.min_size = config.max_size = CACHE_BYTES;
    config.incr_mode = H5C_incr__off;
    config.flash_incr_mode = H5C_flash_incr__off;
    config.decr_mode = H5C_decr__off;
    return H5Pset_mdc_config(access, &config);
}

// Format 1.8: each HDF5 since 2008 can read it, and its attributes may be longer than 64 KB. Files that are read are
// closed weakly, like those that HDF5 opens itself: one of them may be this file.
hid_t elbow_hdf5_access(bool writes)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    herr_t result = access < 0 ? -1 : H5Pset_fclose_degree(access, writes ? H5F_CLOSE_STRONG : H5F_CLOSE_WEAK);
    if (result >= 0)
        result = H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    if (result >= 0 && !writes)
        result = bound_cache(access);
    if (result >= 0)
        return access;
    if (access >= 0)
        H5Pclose(access);
    return H5I_INVALID_HID;
}

hid_t elbow_hdf5_file_creation(void)
{
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    if (creation < 0 || H5Pset_obj_track_times(creation, false) >= 0)
        return creation;
    H5Pclose(creation);
    return H5I_INVALID_HID;
}

hid_t elbow_hdf5_native_type(enum elbow_element element)
{
    switch (element) {
    case ELBOW_ELEMENT_UINT8:
        return H5T_NATIVE_UINT8;
    case ELBOW_ELEMENT_INT8:
        return H5T_NATIVE_INT8;
    case ELBOW_ELEMENT_UINT16:
        return H5T_NATIVE_UINT16;
    case ELBOW_ELEMENT_INT16:
        return H5T_NATIVE_INT16;
    case ELBOW_ELEMENT_UINT32:
        return H5T_NATIVE_UINT32;
    case ELBOW_ELEMENT_INT32:
        return H5T_NATIVE_INT32;
    case ELBOW_ELEMENT_UINT64:
        return H5T_NATIVE_UINT64;
    case ELBOW_ELEMENT_INT64:
        return H5T_NATIVE_INT64;
    case ELBOW_ELEMENT_FLOAT32:
        return H5T_NATIVE_FLOAT;
    case ELBOW_ELEMENT_FLOAT64:
        return H5T_NATIVE_DOUBLE;
    }
    ELBOW_CHECK(!"an element type of the list");
    return H5I_INVALID_HID;
}

hid_t elbow_hdf5_stored_type(enum elbow_element element)
{
    switch (element) {
    case ELBOW_ELEMENT_UINT8:
        return H5T_STD_U8LE;
    case ELBOW_ELEMENT_INT8:
        return H5T_STD_I8LE;
    case ELBOW_ELEMENT_UINT16:
        return H5T_STD_U16LE;
    case ELBOW_ELEMENT_INT16:
        return H5T_STD_I16LE;
    case ELBOW_ELEMENT_UINT32:
        return H5T_STD_U32LE;
    case ELBOW_ELEMENT_INT32:
        return H5T_STD_I32LE;
    case ELBOW_ELEMENT_UINT64:
        return H5T_STD_U64LE;
    case ELBOW_ELEMENT_INT64:
        return H5T_STD_I64LE;
    case ELBOW_ELEMENT_FLOAT32:
        return H5T_IEEE_F32LE;
    case ELBOW_ELEMENT_FLOAT64:
        return H5T_IEEE_F64LE;
    }
    ELBOW_CHECK(!"an element type of the list");
    return H5I_INVALID_HID;
}

// Whether an object exists but cannot contain links: asking for one of them is an error in HDF5.
static bool is_leaf(hid_t file, const char *name)
{
    hid_t object = name[0] == '\0' ? H5I_INVALID_HID : H5Oopen(file, name, H5P_DEFAULT);
    if (object < 0)
        return false;
    bool is_group = H5Iget_type(object) == H5I_GROUP;
    H5Oclose(object);
    return !is_group;
}

// Positive if all links of the name exist, 0 if one does not, negative if this cannot be determined.
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
    ELBOW_HDF5_GUARD;
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
    ELBOW_HDF5_GUARD;
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

enum elbow_status elbow_hdf5_close(struct elbow_hdf5 *file, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    if (file == NULL)
        return ELBOW_OK;
    if (file->finish != NULL && file->error.status == ELBOW_OK)
        file->finish(file);
    if (file->origins != NULL && file->origins->pieces != NULL)
        file->origins->end(&file->origins->pieces); // sources that are open
    bool was_broken = file->is_broken;
    if (H5Fclose(file->id) < 0) {
        elbow_hdf5_fail_write(file, "could not be closed");
        if (file->is_broken && !was_broken)
            H5Fclose(file->id);
    }
    enum elbow_status status = elbow_hdf5_first_error(file, error);
    elbow_release(&file->origins);
    elbow_release(&file);
    return status;
}
