// SPDX-License-Identifier: BSD-3-Clause
// Writing checkpoints. The file is built in memory, because HDF5 that meets a full disk fails at exit, where a plain
// write does not.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/hash.h"

#include <errno.h>
#include <fcntl.h>
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

static void put_number(unsigned char *bytes, uint64_t number, int size)
{
    for (int i = 0; i < size; ++i)
        bytes[i] = (unsigned char)(number >> 8 * i);
}

static uint64_t get_number(const unsigned char *bytes, int size)
{
    uint64_t number = 0;
    for (int i = 0; i < size; ++i)
        number |= (uint64_t)bytes[i] << 8 * i;
    return number;
}

void elbow_checkpoint_seal(void *image, size_t size)
{
    unsigned char *block = image;
    size_t rest = size - ELBOW_CHECKPOINT_BLOCK;
    memset(block, 0, ELBOW_CHECKPOINT_BLOCK);
    memcpy(block, ELBOW_CHECKPOINT_MAGIC, 8);
    put_number(block + 8, ELBOW_CHECKPOINT_VERSION, 4);
    put_number(block + 12, ELBOW_CHECKPOINT_BLOCK, 4);
    put_number(block + 16, rest, 8);
    put_number(block + 24, elbow_hash_bytes(block + ELBOW_CHECKPOINT_BLOCK, rest), 8);
}

// What the user block of a file of `size` bytes says, but for the hash.
static enum elbow_status verify_block(const char *path, const unsigned char *block, size_t size,
                                      struct elbow_error *error)
{
    if (size < ELBOW_CHECKPOINT_BLOCK || memcmp(block, ELBOW_CHECKPOINT_MAGIC, 8) != 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: is not a checkpoint of Elbow", path);
    uint64_t version = get_number(block + 8, 4), rest = size - ELBOW_CHECKPOINT_BLOCK;
    if (version != ELBOW_CHECKPOINT_VERSION)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: is a checkpoint of format %u, but this program reads format %d", path,
                               (unsigned)version, ELBOW_CHECKPOINT_VERSION);
    if (get_number(block + 16, 8) != rest)
        return elbow_error_set(
            error, ELBOW_FORMAT, "%s: is cut off or too long: %llu bytes were written, %llu are there", path,
            (unsigned long long)(get_number(block + 16, 8) + ELBOW_CHECKPOINT_BLOCK), (unsigned long long)size);
    return ELBOW_OK;
}

static enum elbow_status verify_hash(const char *path, const unsigned char *block, uint64_t hash,
                                     struct elbow_error *error)
{
    bool is_clean = get_number(block + 12, 4) == ELBOW_CHECKPOINT_BLOCK;
    for (int i = 32; i < ELBOW_CHECKPOINT_BLOCK; ++i)
        is_clean = is_clean && block[i] == 0;
    if (is_clean && get_number(block + 24, 8) == hash)
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

// What cannot be read is not damaged for all we know.
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

// One array of the arena as named datasets below `group`.
static enum elbow_status write_tensors(struct elbow_hdf5 *file, const char *group,
                                       const struct elbow_parameters *parameters, const float *values,
                                       struct elbow_error *error)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        char name[2 * ELBOW_TENSOR_NAME_SIZE];
        uint64_t shape[ELBOW_TENSOR_RANK_MAX];
        elbow_text_format(name, sizeof name, "%s/%s", group, tensor->name);
        for (int k = 0; k < tensor->rank; ++k)
            shape[k] = tensor->shape[k];
        enum elbow_status status = elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT32, tensor->rank, shape,
                                                             (struct elbow_hdf5_layout){0}, error);
        if (status == ELBOW_OK)
            status =
                elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_FLOAT32, 0, shape[0], values + tensor->offset, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static enum elbow_status write_state(struct elbow_hdf5 *file, const struct elbow_run_state *state,
                                     struct elbow_error *error)
{
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        const struct elbow_checkpoint_field *field = &elbow_checkpoint_fields[i];
        const void *value = (const char *)state + field->offset;
        enum elbow_status status = field->is_double
                                       ? elbow_hdf5_write_doubles(file, "/", field->name, value, 1, error)
                                       : elbow_hdf5_write_integers(file, "/", field->name, value, 1, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static enum elbow_status write_facts(struct elbow_hdf5 *file, const struct elbow_data_facts *data,
                                     struct elbow_error *error)
{
    int64_t shape[8], samples = (int64_t)data->samples;
    for (size_t i = 0; i < data->rank; ++i)
        shape[i] = (int64_t)data->shape[i];
    enum elbow_status status = elbow_hdf5_write_integers(file, "/", "data_samples", &samples, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_integers(file, "/", "data_shape", shape, data->rank, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_doubles(file, "/", "data_factor", &data->scale.factor, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_doubles(file, "/", "data_offset", &data->scale.offset, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_text(file, "/", "data_scale_source", data->scale.source, error);
    return status;
}

// Everything but the optimiser's state into an open file.
static enum elbow_status write_contents(struct elbow_hdf5 *file, const struct elbow_checkpoint_source *source,
                                        struct elbow_error *error)
{
    int64_t data_rank = (int64_t)source->data->rank, accumulators = (int64_t)source->accumulators;
    enum elbow_status status = elbow_hdf5_write_text(file, "/", "config", source->config_text, error);
    if (status == ELBOW_OK)
        status = write_state(file, source->state, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_integers(file, "/", "data_rank", &data_rank, 1, error);
    if (status == ELBOW_OK)
        status = write_facts(file, source->data, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_integers(file, "/", "accumulators", &accumulators, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_doubles(file, "/", "accumulator", source->accumulator, source->accumulators, error);
    if (status == ELBOW_OK)
        status = write_tensors(file, "/model", source->parameters, elbow_exchange_parameters(source->exchange), error);
    return status;
}

// Collective. One moment of all slices into the file, which only rank zero has (NULL if it could not be begun).
static void add_moment(const struct elbow_checkpoint_source *source, const char *group, const float *slice,
                       struct elbow_snapshot *snapshot, struct elbow_hdf5 *file, struct elbow_error *error)
{
    if (slice == NULL)
        return;
    struct elbow_error trouble = {0};
    if (elbow_exchange_gather(source->exchange, slice, snapshot->moment, &trouble) != ELBOW_OK &&
        error->status == ELBOW_OK)
        *error = trouble;
    if (file != NULL && error->status == ELBOW_OK)
        write_tensors(file, group, source->parameters, snapshot->moment, error);
}

// What a file has beside its tensors: a page for each of them and for the attributes, and what HDF5 leaves free.
enum { BYTES_PER_TENSOR = 4096, BYTES_BESIDE = 256 << 10 };

static size_t estimate(const struct elbow_checkpoint_source *source)
{
    size_t copies =
        1 + (size_t)(source->optimizer->first_moment != NULL) + (size_t)(source->optimizer->second_moment != NULL);
    return copies * (source->parameters->size * sizeof(float) + source->parameters->count * BYTES_PER_TENSOR) +
           source->accumulators * sizeof(double) + strlen(source->config_text) + BYTES_BESIDE;
}

enum elbow_status elbow_snapshot_open(struct elbow_comm *comm, const struct elbow_checkpoint_source *source,
                                      struct elbow_snapshot *snapshot, struct elbow_error *error)
{
    *snapshot = (struct elbow_snapshot){0};
    *error = (struct elbow_error){0};
    bool is_root = elbow_comm_place(comm).rank == 0;
    if (is_root)
        elbow_hdf5_reserve(&snapshot->file, estimate(source), error);
    if (is_root && error->status == ELBOW_OK)
        elbow_allocate(&snapshot->moment, source->parameters->size, sizeof(float), "the optimiser's state", error);
    snapshot->parameters = source->parameters->size;
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        elbow_snapshot_clear(snapshot);
    return error->status;
}

uint64_t elbow_snapshot_bytes(const struct elbow_snapshot *snapshot)
{
    return snapshot->file.capacity + (snapshot->moment != NULL ? snapshot->parameters * sizeof(float) : 0);
}

void elbow_snapshot_clear(struct elbow_snapshot *snapshot)
{
    elbow_release(&snapshot->moment);
    elbow_release(&snapshot->file.bytes);
    *snapshot = (struct elbow_snapshot){0};
}

enum elbow_status elbow_snapshot_take(struct elbow_comm *comm, const struct elbow_checkpoint_source *source,
                                      struct elbow_snapshot *snapshot, struct elbow_error *error)
{
    struct elbow_hdf5 *file = NULL;
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0 &&
        elbow_hdf5_create_memory(ELBOW_CHECKPOINT_BLOCK, &snapshot->file, &file, error) == ELBOW_OK)
        write_contents(file, source, error);
    add_moment(source, "/optimizer/first_moment", source->optimizer->first_moment, snapshot, file, error);
    add_moment(source, "/optimizer/second_moment", source->optimizer->second_moment, snapshot, file, error);
    elbow_hdf5_close(file, error->status == ELBOW_OK ? error : NULL);
    if (error->status != ELBOW_OK)
        elbow_error_set(error, ELBOW_OUTPUT, "the checkpoint was not written: %s", error->message);
    snapshot->step = source->state->step;
    return elbow_comm_agree_root(comm, error);
}

enum elbow_status elbow_checkpoint_write(const struct elbow_directory *run, const struct elbow_snapshot *snapshot,
                                         struct elbow_error *error)
{
    char name[ELBOW_CHECKPOINT_NAME_SIZE];
    struct elbow_error trouble = {0};
    elbow_checkpoint_name(snapshot->step, name);
    if (elbow_directory_make(run, "checkpoints", &trouble) == ELBOW_OK) {
        elbow_checkpoint_seal(snapshot->file.bytes, snapshot->file.size);
        elbow_part_write(run, name, snapshot->file.bytes, snapshot->file.size, ELBOW_PUBLISH_REPLACE, &trouble);
    }
    if (trouble.status == ELBOW_OK)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_OUTPUT, "the checkpoint was not written: %s", trouble.message);
}
