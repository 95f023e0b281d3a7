// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files in memory: images that are read in place, and files that are built in a buffer of the caller.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { GROWTH = 64 << 10 }; // bytes by which a file in memory grows

// The in-memory driver identifies files by name, which must not be that of a file on disk.
struct key {
    char text[64];
};

static struct key key_of(const struct elbow_hdf5 *file)
{
    struct key key;
    elbow_text_format(key.text, sizeof key.text, "/dev/null/elbow-memory-%p", (const void *)file);
    return key;
}

// The in-memory driver would copy the image twice. With these callbacks it "allocates" the image itself and copies
// nothing: the file is only read, and nothing is freed.
static void *image_give(size_t size, H5FD_file_image_op_t operation, void *image)
{
    (void)size;
    (void)operation;
    return image;
}

static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation, void *image)
{
    (void)size;
    (void)operation;
    (void)image;
    return to == from ? to : NULL;
}

static void *image_grow(void *memory, size_t size, H5FD_file_image_op_t operation, void *image)
{
    (void)memory;
    (void)size;
    (void)operation;
    (void)image;
    return NULL;
}

static herr_t image_free(void *memory, H5FD_file_image_op_t operation, void *image)
{
    (void)memory;
    (void)operation;
    (void)image;
    return 0;
}

static void *image_keep(void *image)
{
    return image;
}

static herr_t image_drop(void *image)
{
    (void)image;
    return 0;
}

static enum elbow_status open_image(struct elbow_hdf5 *file, void *image, size_t size, struct elbow_error *error)
{
    H5FD_file_image_callbacks_t callbacks = {image_give, image_copy, image_grow, image_free,
                                             image_keep, image_drop, image};
    hid_t plist = elbow_hdf5_access(false);
    enum elbow_status status = ELBOW_OK;
    if (plist < 0 || H5Pset_fapl_core(plist, GROWTH, false) < 0 || H5Pset_file_image_callbacks(plist, &callbacks) < 0 ||
        H5Pset_file_image(plist, image, size) < 0)
        status = elbow_hdf5_fail(file, ELBOW_MEMORY, error, "the image cannot be opened");
    if (status == ELBOW_OK) {
        file->id = H5Fopen(key_of(file).text, H5F_ACC_RDONLY, plist);
        if (file->id < 0)
            status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "not an HDF5 file, or a damaged one");
    }
    if (plist >= 0)
        H5Pclose(plist);
    return status;
}

enum elbow_status elbow_hdf5_open_image(const char *name, const void *image, size_t size, struct elbow_hdf5 **file,
                                        struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(image != NULL);
    enum elbow_status status = elbow_hdf5_prepare(name, file, error);
    if (status != ELBOW_OK)
        return status;
    (*file)->is_memory = true;
    if (size == 0)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: the file is empty, not an HDF5 file", name);
    else
        status = open_image(*file, (void *)(uintptr_t)image, size, error);
    if (status != ELBOW_OK)
        elbow_release(file);
    return status;
}

// A file that is built grows in the caller's buffer, which keeps it after the close, without a copy, and serves the
// next file. HDF5 sets the added bytes to zero.
static void *buffer_grow(void *bytes, size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)operation;
    struct elbow_hdf5_buffer *buffer = user;
    if (bytes != NULL && bytes != buffer->bytes)
        return NULL;
    if (elbow_hdf5_reserve(buffer, size, NULL) != ELBOW_OK)
        return NULL;
    return buffer->bytes;
}

static void *buffer_give(size_t size, H5FD_file_image_op_t operation, void *user)
{
    return buffer_grow(NULL, size, operation, user);
}

static void *buffer_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation, void *user)
{
    (void)operation;
    (void)user;
    return memmove(to, from, size);
}

enum elbow_status elbow_hdf5_reserve(struct elbow_hdf5_buffer *buffer, size_t size, struct elbow_error *error)
{
    void *larger = NULL;
    if (size <= buffer->capacity)
        return ELBOW_OK;
    size_t capacity = (size + GROWTH - 1) / GROWTH * GROWTH;
    enum elbow_status status = elbow_allocate(&larger, capacity, 1, "an HDF5 file in memory", error);
    if (status != ELBOW_OK)
        return status;
    if (buffer->bytes != NULL)
        memcpy(larger, buffer->bytes, buffer->capacity);
    elbow_release(&buffer->bytes);
    buffer->bytes = larger;
    buffer->capacity = capacity;
    return ELBOW_OK;
}

// The buffer's size, before the file is closed.
static void finish(struct elbow_hdf5 *file)
{
    // HDF5 counts bytes from the end of the user block.
    ssize_t length = H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(file->id, NULL, 0);
    if (length < 0)
        elbow_hdf5_fail(file, ELBOW_MEMORY, &file->error, "its bytes cannot be read");
    else
        file->buffer->size = file->user_block + (size_t)length;
}

static enum elbow_status create_memory(struct elbow_hdf5 *file, struct elbow_error *error)
{
    H5FD_file_image_callbacks_t callbacks = {buffer_give, buffer_copy, buffer_grow, image_free,
                                             image_keep,  image_drop,  file->buffer};
    hid_t access = elbow_hdf5_access(true);
    hid_t creation = elbow_hdf5_file_creation();
    if (access >= 0 && creation >= 0 && H5Pset_fapl_core(access, GROWTH, false) >= 0 &&
        H5Pset_file_image_callbacks(access, &callbacks) >= 0 && H5Pset_userblock(creation, file->user_block) >= 0)
        file->id = H5Fcreate(key_of(file).text, H5F_ACC_TRUNC, creation, access);
    enum elbow_status status = ELBOW_OK;
    if (file->id < 0)
        status = elbow_hdf5_fail(file, ELBOW_MEMORY, error, "cannot be made in memory");
    if (access >= 0)
        H5Pclose(access);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

enum elbow_status elbow_hdf5_create_memory(size_t user_block, struct elbow_hdf5_buffer *buffer,
                                           struct elbow_hdf5 **file, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(user_block == 0 || (user_block >= 512 && (user_block & (user_block - 1)) == 0));
    buffer->size = 0;
    enum elbow_status status = elbow_hdf5_prepare("a file in memory", file, error);
    if (status != ELBOW_OK)
        return status;
    (*file)->is_memory = true;
    (*file)->is_written = true;
    (*file)->finish = finish;
    (*file)->user_block = user_block;
    (*file)->buffer = buffer;
    status = create_memory(*file, error);
    if (status != ELBOW_OK)
        elbow_release(file);
    return status;
}
