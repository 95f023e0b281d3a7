// SPDX-License-Identifier: BSD-3-Clause
// The outside of a checkpoint file: its name, and the user block with the hash. Reading and writing use it.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/bytes.h"
#include "elbow/base/file.h"
#include "elbow/math/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 << 10 }; // bytes of a file that are verified at once

#define FIELD(name, is_double)                                                                                         \
    {                                                                                                                  \
#name, offsetof(struct elbow_run_state, name), is_double                                                       \
    }
const struct elbow_checkpoint_field elbow_checkpoint_fields[] = {
    FIELD(step, false),
    FIELD(updates, false),
    FIELD(schedule_steps, false),
    FIELD(skipped, false),
    FIELD(skipped_in_a_row, false),
    FIELD(evaluations, false),
    FIELD(best_step, false),
    FIELD(best_elbo, true),
    FIELD(stale, false),
    FIELD(grad_norm, true),
    FIELD(rate, true),
    FIELD(beta, true),
};
#undef FIELD
const size_t elbow_checkpoint_field_count = sizeof elbow_checkpoint_fields / sizeof *elbow_checkpoint_fields;

bool elbow_checkpoint_path(const char *run, uint64_t step, elbow_path path)
{
    char name[ELBOW_CHECKPOINT_NAME_SIZE];
    elbow_checkpoint_name(step, name);
    return elbow_text_format(path, ELBOW_PATH_SIZE, "%s/%s", run, name);
}

void elbow_checkpoint_name(uint64_t step, char name[ELBOW_CHECKPOINT_NAME_SIZE])
{
    elbow_text_format(name, ELBOW_CHECKPOINT_NAME_SIZE, "checkpoints/step-%08" PRIu64 ".h5", step);
}

bool elbow_checkpoint_step(const char *name, uint64_t *step)
{
    char same[64];
    return sscanf(name, "step-%20" SCNu64, step) == 1 &&
           elbow_text_format(same, sizeof same, "step-%08" PRIu64 ".h5", *step) && strcmp(name, same) == 0;
}

void elbow_checkpoint_seal(void *image, size_t size)
{
    unsigned char *block = image;
    size_t rest = size - ELBOW_CHECKPOINT_BLOCK;
    memset(block, 0, ELBOW_CHECKPOINT_BLOCK);
    memcpy(block, ELBOW_CHECKPOINT_MAGIC, 8);
    elbow_bytes_put(block + 8, ELBOW_CHECKPOINT_VERSION, 4);
    elbow_bytes_put(block + 12, ELBOW_CHECKPOINT_BLOCK, 4);
    elbow_bytes_put(block + 16, rest, 8);
    elbow_bytes_put(block + 24, elbow_hash_bytes(block + ELBOW_CHECKPOINT_BLOCK, rest), 8);
}

// Verifies the user block of a file of `size` bytes, except for the hash.
static enum elbow_status verify_block(const char *path, const unsigned char *block, size_t size,
                                      struct elbow_error *error)
{
    if (size < ELBOW_CHECKPOINT_BLOCK || memcmp(block, ELBOW_CHECKPOINT_MAGIC, 8) != 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: is not a checkpoint of Elbow", path);
    uint64_t version = elbow_bytes_get(block + 8, 4), rest = size - ELBOW_CHECKPOINT_BLOCK;
    if (version != ELBOW_CHECKPOINT_VERSION)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: is a checkpoint of format %u, but this program reads format %d", path,
                               (unsigned)version, ELBOW_CHECKPOINT_VERSION);
    if (elbow_bytes_get(block + 16, 8) != rest)
        return elbow_error_set(
            error, ELBOW_FORMAT, "%s: is truncated or too long: %llu bytes were written, and it has %llu", path,
            (unsigned long long)(elbow_bytes_get(block + 16, 8) + ELBOW_CHECKPOINT_BLOCK), (unsigned long long)size);
    return ELBOW_OK;
}

static enum elbow_status verify_hash(const char *path, const unsigned char *block, uint64_t hash,
                                     struct elbow_error *error)
{
    bool is_clean = elbow_bytes_get(block + 12, 4) == ELBOW_CHECKPOINT_BLOCK;
    for (int i = 32; i < ELBOW_CHECKPOINT_BLOCK; ++i)
        is_clean = is_clean && block[i] == 0;
    if (is_clean && elbow_bytes_get(block + 24, 8) == hash)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s: is damaged: its contents do not match their hash", path);
}

enum elbow_status elbow_checkpoint_verify(const char *path, const void *image, size_t size, struct elbow_error *error)
{
    const unsigned char *block = image;
    enum elbow_status status = verify_block(path, block, size, error);
    if (status != ELBOW_OK)
        return status;
    return verify_hash(path, block, elbow_hash_bytes(block + ELBOW_CHECKPOINT_BLOCK, size - ELBOW_CHECKPOINT_BLOCK),
                       error);
}

// A file that cannot be read is not necessarily damaged.
static enum elbow_status cannot_read(const char *path, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", path, strerror(errno));
}

static enum elbow_status verify_open(const char *path, int file, struct elbow_error *error)
{
    unsigned char block[ELBOW_CHECKPOINT_BLOCK], piece[PIECE];
    struct elbow_hash_state hash;
    struct stat about;
    if (file < 0 || fstat(file, &about) != 0)
        return cannot_read(path, error);
    if (!S_ISREG(about.st_mode))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: is no file", path);
    ssize_t size = elbow_file_get(file, block, sizeof block);
    if (size < 0)
        return cannot_read(path, error);
    enum elbow_status status =
        verify_block(path, block, (size_t)size < sizeof block ? (size_t)size : (size_t)about.st_size, error);
    if (status != ELBOW_OK)
        return status;
    elbow_hash_begin(&hash);
    for (ssize_t length = PIECE; length == PIECE;) {
        length = elbow_file_get(file, piece, sizeof piece);
        if (length < 0)
            return cannot_read(path, error);
        elbow_hash_add(&hash, piece, (size_t)length);
    }
    return verify_hash(path, block, elbow_hash_end(&hash), error);
}

enum elbow_status elbow_checkpoint_verify_file(const struct elbow_directory *directory, const char *path,
                                               struct elbow_error *error)
{
    elbow_path name;
    elbow_directory_name(directory, path, name);
    int file = openat(elbow_directory_descriptor(directory), path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum elbow_status status = verify_open(name, file, error);
    if (file >= 0)
        close(file);
    return status;
}
