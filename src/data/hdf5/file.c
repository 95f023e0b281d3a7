// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files: opening, closing, the sentence for an error. Files in memory are in hdf5_memory.c, what a file holds and
// the reading of rows in hdf5_read.c, writing in hdf5_write.c, attributes in hdf5_attribute.c. Nothing prints HDF5's
// error stack, and every function closes the ids that it opened, on every path.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#ifdef H5_HAVE_PARALLEL
#define PARALLEL ", parallel"
#else
#define PARALLEL ""
#endif

// Of HDF5's own, for an open file: it crashes where it gets none. Some megabytes are its caches.
enum { REASON_SIZE = 512, OPENING_BYTES = 16 << 20 };

const char *elbow_hdf5_describe(void)
{
    return "HDF5 " TEXT(H5_VERS_MAJOR) "." TEXT(H5_VERS_MINOR) "." TEXT(H5_VERS_RELEASE) PARALLEL;
}

// HDF5 looks at the environment when it starts, and lets it decide over what elbow_hdf5_access says. "FALSE" may stay:
// no locks at all. Anything else would take locks for reading, too, and those hang or fail on many cluster file
// systems.
static void settle_locking(void)
{
    const char *wish = getenv("HDF5_USE_FILE_LOCKING");
    if (wish != NULL && strcmp(wish, "FALSE") != 0 && strcmp(wish, "0") != 0)
        unsetenv("HDF5_USE_FILE_LOCKING");
#if !H5_VERSION_GE(1, 10, 7)
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
#endif
}

bool elbow_hdf5_start(void)
{
    settle_locking();
    H5dont_atexit(); // fails the second time, which does not matter
    return H5open() >= 0 && H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0;
}

// Keeps the first line that says something, walking from the innermost function outwards.
static herr_t take_reason(unsigned number, const H5E_error2_t *line, void *user)
{
    (void)number;
    char *reason = user;
    if (reason[0] == '\0' && line->desc != NULL)
        elbow_text_format(reason, REASON_SIZE, "%s", line->desc);
    return 0;
}

// The innermost line of the error stack, cut to what the system said where it is a failed system call.
static void find_reason(char *reason)
{
    static const char SYSTEM[] = "error message = '";
    reason[0] = '\0';
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_reason, reason);
    char *begin = strstr(reason, SYSTEM);
    char *end = begin != NULL ? strchr(begin + sizeof SYSTEM - 1, '\'') : NULL;
    if (end == NULL)
        return;
    begin += sizeof SYSTEM - 1;
    memmove(reason, begin, (size_t)(end - begin));
    reason[end - begin] = '\0';
}

static enum elbow_status fail(const struct elbow_hdf5 *file, enum elbow_status status, struct elbow_error *error,
                              const char *format, va_list arguments)
{
    char reason[REASON_SIZE], text[ELBOW_MESSAGE_SIZE];
    find_reason(reason);
    vsnprintf(text, sizeof text, format, arguments);
    if (reason[0] == '\0')
        return elbow_error_set(error, status, "%s: %s", file->name, text);
    return elbow_error_set(error, status, "%s: %s (HDF5: %s)", file->name, text, reason);
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

// Puts memory in the place of the file on disk, under the same descriptor, so that HDF5 can end its work on the file.
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

enum elbow_status elbow_hdf5_fail_write(struct elbow_hdf5 *file, struct elbow_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(file, ELBOW_OUTPUT, error, format, arguments);
    va_end(arguments);
    abandon(file);
    return ELBOW_OUTPUT;
}

enum elbow_status elbow_hdf5_prepare(const char *name, struct elbow_hdf5 **file, struct elbow_error *error)
{
    ELBOW_CHECK(name != NULL && file != NULL);
    *file = NULL;
    if (!elbow_hdf5_start())
        return elbow_error_set(error, ELBOW_FILE, "%s: the HDF5 library could not be started", name);
    if (!elbow_memory_has(OPENING_BYTES))
        return elbow_error_set(error, ELBOW_MEMORY, "%s: no memory to open an HDF5 file: %s are wanted", name,
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

// Format 1.8: readable by every HDF5 since 2008, and its attributes may be longer than 64 KB. Files are read without
// locks, which many cluster file systems do not have, whatever HDF5_USE_FILE_LOCKING says; written with them where
// there are any, unless it says FALSE.
hid_t elbow_hdf5_access(bool writes)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    herr_t result = access < 0 ? -1 : H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    if (result >= 0)
        result = H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
#if H5_VERSION_GE(1, 10, 7)
    if (result >= 0)
        result = H5Pset_file_locking(access, writes, true);
#else
    (void)writes;
#endif
    if (result >= 0)
        return access;
    if (access >= 0)
        H5Pclose(access);
    return H5I_INVALID_HID;
}

// What the first bytes of a file that is not HDF5 look like; NULL if nothing comes to mind.
static const char *guess(const unsigned char *head, size_t size)
{
    if (size >= 2 && head[0] == 0x1f && head[1] == 0x8b)
        return "gzip";
    if (size >= 6 && memcmp(head, "\x93NUMPY", 6) == 0)
        return "NumPy .npy";
    if (size >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
        return "PNG";
    if (size >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 8 && head[2] <= 14 && head[3] >= 1 && head[3] <= 8)
        return "IDX";
    if (size >= 4 && memcmp(head, "PK\3\4", 4) == 0)
        return "zip or .npz";
    if (size >= 4 && memcmp(head, "\x0e\x03\x13\x01", 4) == 0)
        return "HDF4";
    if (size >= 3 && memcmp(head, "CDF", 3) == 0)
        return "classic netCDF";
    for (size_t i = 0; i < size; ++i)
        if (head[i] >= 127 || (head[i] < 32 && (head[i] < '\t' || head[i] > '\r')))
            return NULL;
    return "text";
}

// HDF5's signature stands at 0 or behind a user block of 512, 1024, ... bytes.
static bool has_signature(FILE *stream, off_t size)
{
    char bytes[8];
    for (off_t at = 0; at < size; at = at == 0 ? 512 : 2 * at)
        if (fseeko(stream, at, SEEK_SET) == 0 && fread(bytes, sizeof bytes, 1, stream) == 1 &&
            memcmp(bytes, "\x89HDF\r\n\x1a\n", sizeof bytes) == 0)
            return true;
    return false;
}

static enum elbow_status check_signature(const struct elbow_hdf5 *file, FILE *stream, off_t size,
                                         struct elbow_error *error)
{
    if (has_signature(stream, size))
        return ELBOW_OK;
    unsigned char head[256];
    rewind(stream);
    size_t length = fread(head, 1, sizeof head, stream);
    if (length == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the file is empty, not an HDF5 file", file->name);
    const char *looks = guess(head, length);
    if (looks == NULL)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: not an HDF5 file", file->name);
    return elbow_error_set(
        error, ELBOW_FORMAT,
        "%s: not an HDF5 file (it looks like %s; elbow-import makes HDF5 files of IDX, NPY, CSV and PNG)", file->name,
        looks);
}

enum elbow_status elbow_hdf5_check_file(const struct elbow_hdf5 *file, struct elbow_error *error)
{
    struct stat about;
    if (stat(file->name, &about) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", file->name, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%s: is a directory, an HDF5 file was expected", file->name);
    if (!S_ISREG(about.st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%s: is not a regular file", file->name);
    FILE *stream = fopen(file->name, "rb");
    if (stream == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", file->name, strerror(errno));
    enum elbow_status status = check_signature(file, stream, about.st_size, error);
    fclose(stream);
    return status;
}

static enum elbow_status open_checked(struct elbow_hdf5 *file, bool writes, struct elbow_error *error)
{
    enum elbow_status status = elbow_hdf5_check_file(file, error);
    if (status != ELBOW_OK)
        return status;
    if (writes && access(file->name, W_OK) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", file->name, strerror(errno));
    file->is_written = writes;
    hid_t plist = elbow_hdf5_access(writes);
    if (plist < 0)
        return elbow_hdf5_fail(file, ELBOW_FILE, error, "cannot be opened");
    file->id = H5Fopen(file->name, writes ? H5F_ACC_RDWR : H5F_ACC_RDONLY, plist);
    if (file->id < 0)
        status =
            elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the HDF5 file cannot be opened, it may be damaged or in use");
    H5Pclose(plist);
    return status;
}

static enum elbow_status open_file(const char *path, bool writes, struct elbow_hdf5 **file, struct elbow_error *error)
{
    enum elbow_status status = elbow_hdf5_prepare(path, file, error);
    if (status != ELBOW_OK)
        return status;
    status = open_checked(*file, writes, error);
    if (status != ELBOW_OK)
        elbow_release(file);
    return status;
}

enum elbow_status elbow_hdf5_open(const char *path, struct elbow_hdf5 **file, struct elbow_error *error)
{
    return open_file(path, false, file, error);
}

enum elbow_status elbow_hdf5_open_append(const char *path, struct elbow_hdf5 **file, struct elbow_error *error)
{
    return open_file(path, true, file, error);
}

// Brings everything to disk before the close, where an error could no longer be dealt with.
static enum elbow_status sync_file(struct elbow_hdf5 *file, struct elbow_error *error)
{
    void *handle = NULL;
    if (file->is_broken)
        return elbow_error_set(error, ELBOW_OUTPUT, "%s: could not be written completely", file->name);
    if (H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0)
        return elbow_hdf5_fail_write(file, error, "could not be written completely");
    if (H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) < 0 || fsync(*(int *)handle) != 0) {
        elbow_error_set(error, ELBOW_OUTPUT, "%s: could not be written completely: %s", file->name, strerror(errno));
        abandon(file);
        return ELBOW_OUTPUT;
    }
    return ELBOW_OK;
}

enum elbow_status elbow_hdf5_close(struct elbow_hdf5 *file, struct elbow_error *error)
{
    if (file == NULL)
        return ELBOW_OK;
    enum elbow_status status = ELBOW_OK;
    if (file->is_written)
        status = file->is_memory ? elbow_hdf5_finish_memory(file, error) : sync_file(file, error);
    if (H5Fclose(file->id) < 0 && status == ELBOW_OK) {
        status = elbow_hdf5_fail_write(file, error, "could not be closed");
        if (file->is_broken)
            H5Fclose(file->id);
    }
    elbow_release(&file);
    return status;
}
