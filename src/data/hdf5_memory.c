// SPDX-License-Identifier: BSD-3-Clause
// HDF5 files in memory: images that are read in place, files that are built there and handed out as bytes.
#include "hdf5_private.h"

#include "elbow/base/memory.h"

#include <string.h>

enum {
    GROWTH = 4 << 20, // bytes by which a file in memory grows
    CHECKSUM_AT = 44  // where the checksum of a superblock stands
};

// The in-memory driver tells files apart by name, which must not be that of a file on disk.
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

static enum elbow_status create_memory(struct elbow_hdf5 *file, struct elbow_error *error)
{
    hid_t access = elbow_hdf5_access(true);
    hid_t creation = elbow_hdf5_file_creation();
    if (access >= 0 && creation >= 0 && H5Pset_fapl_core(access, GROWTH, false) >= 0 &&
        H5Pset_userblock(creation, file->user_block) >= 0)
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

enum elbow_status elbow_hdf5_create_memory(size_t user_block, struct elbow_hdf5 **file, struct elbow_error *error)
{
    ELBOW_CHECK(user_block == 0 || (user_block >= 512 && (user_block & (user_block - 1)) == 0));
    enum elbow_status status = elbow_hdf5_prepare("a file in memory", file, error);
    if (status != ELBOW_OK)
        return status;
    (*file)->is_memory = true;
    (*file)->is_written = true;
    (*file)->user_block = user_block;
    status = create_memory(*file, error);
    if (status != ELBOW_OK)
        elbow_release(file);
    return status;
}

static uint32_t rotate(uint32_t x, int bits)
{
    return x << bits | x >> (32 - bits);
}

static uint32_t word_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

// Bob Jenkins' lookup3 hash, as the HDF5 file format has it, of the 44 bytes of a superblock before its checksum.
static uint32_t superblock_checksum(const unsigned char *bytes)
{
    uint32_t a = 0xdeadbeef + CHECKSUM_AT, b = a, c = a;
    for (int block = 0; block < 3; ++block, bytes += 12) {
        a += word_at(bytes);
        b += word_at(bytes + 4);
        c += word_at(bytes + 8);
        a = (a - c) ^ rotate(c, 4), c += b;
        b = (b - a) ^ rotate(a, 6), a += c;
        c = (c - b) ^ rotate(b, 8), b += a;
        a = (a - c) ^ rotate(c, 16), c += b;
        b = (b - a) ^ rotate(a, 19), a += c;
        c = (c - b) ^ rotate(b, 4), b += a;
    }
    a += word_at(bytes);
    b += word_at(bytes + 4);
    c = (c ^ b) - rotate(b, 14);
    a = (a ^ c) - rotate(c, 11);
    b = (b ^ a) - rotate(a, 25);
    c = (c ^ b) - rotate(b, 16);
    a = (a ^ c) - rotate(c, 4);
    b = (b ^ a) - rotate(a, 14);
    return (c ^ b) - rotate(b, 24);
}

// HDF5 clears the mark of an open file in the image's superblock but leaves the checksum that was made with the mark:
// an image of a superblock that has a checksum (versions 2 and 3, addresses of 8 bytes) could not be opened.
static void mend_checksum(unsigned char *superblock, size_t size)
{
    if (size < CHECKSUM_AT + 4 || superblock[8] < 2 || superblock[8] > 3 || superblock[9] != 8)
        return;
    uint32_t sum = superblock_checksum(superblock);
    for (int i = 0; i < 4; ++i)
        superblock[CHECKSUM_AT + i] = (unsigned char)(sum >> 8 * i);
}

// HDF5 hands out the bytes behind the user block; the addresses in them count from there.
enum elbow_status elbow_hdf5_image(struct elbow_hdf5 *file, void **image, size_t *size, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && file->is_memory && file->is_written && image != NULL && size != NULL);
    *image = NULL;
    *size = 0;
    ssize_t length = H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0 ? -1 : H5Fget_file_image(file->id, NULL, 0);
    if (length < 0)
        return elbow_hdf5_fail(file, ELBOW_MEMORY, error, "its bytes cannot be had");
    enum elbow_status status = elbow_allocate(image, file->user_block + (size_t)length, 1, "an HDF5 file", error);
    if (status != ELBOW_OK)
        return status;
    if (H5Fget_file_image(file->id, (char *)*image + file->user_block, (size_t)length) != length) {
        status = elbow_hdf5_fail(file, ELBOW_MEMORY, error, "its bytes cannot be had");
        elbow_release(image);
        return status;
    }
    mend_checksum((unsigned char *)*image + file->user_block, (size_t)length);
    *size = file->user_block + (size_t)length;
    return ELBOW_OK;
}
