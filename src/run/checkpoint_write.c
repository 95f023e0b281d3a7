// SPDX-License-Identifier: BSD-3-Clause
// Writing checkpoints. The file is built in memory, because HDF5 that meets a full disk fails at exit, where a plain
// write does not.
#include "checkpoint_private.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/hash.h"

#include <string.h>
#include <unistd.h>

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

enum elbow_status elbow_checkpoint_verify(const char *path, const void *image, size_t size, struct elbow_error *error)
{
    const unsigned char *block = image;
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
    bool is_clean = get_number(block + 12, 4) == ELBOW_CHECKPOINT_BLOCK;
    for (int i = 32; i < ELBOW_CHECKPOINT_BLOCK; ++i)
        is_clean = is_clean && block[i] == 0;
    if (!is_clean || get_number(block + 24, 8) != elbow_hash_bytes(block + ELBOW_CHECKPOINT_BLOCK, rest))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: is damaged: its contents do not match their hash", path);
    return ELBOW_OK;
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

// Everything into an open file.
static enum elbow_status write_contents(struct elbow_hdf5 *file, const struct elbow_checkpoint_source *source,
                                        const float *first_moment, const float *second_moment,
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
    if (status == ELBOW_OK && first_moment != NULL)
        status = write_tensors(file, "/optimizer/first_moment", source->parameters, first_moment, error);
    if (status == ELBOW_OK && second_moment != NULL)
        status = write_tensors(file, "/optimizer/second_moment", source->parameters, second_moment, error);
    return status;
}

// Rank zero: builds the file and brings it to disk.
static enum elbow_status write_file(const char *path, const struct elbow_checkpoint_source *source,
                                    const float *first_moment, const float *second_moment, struct elbow_error *error)
{
    struct elbow_hdf5 *file = NULL;
    void *image = NULL;
    size_t size = 0;
    enum elbow_status status = elbow_hdf5_create_memory(ELBOW_CHECKPOINT_BLOCK, &file, error);
    if (status == ELBOW_OK)
        status = write_contents(file, source, first_moment, second_moment, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_image(file, &image, &size, error);
    elbow_hdf5_close(file, NULL);
    if (status == ELBOW_OK) {
        elbow_checkpoint_seal(image, size);
        status = elbow_file_write(path, image, size, error);
    }
    elbow_release(&image);
    if (status != ELBOW_OK)
        elbow_error_set(error, ELBOW_OUTPUT, "the checkpoint was not written: %s", error->message);
    return status;
}

// Collective. Brings one moment of all slices together on rank zero; *whole is new there.
static enum elbow_status gather_moment(struct elbow_comm *comm, const struct elbow_checkpoint_source *source,
                                       const float *slice, float **whole, struct elbow_error *error)
{
    *whole = NULL;
    if (slice == NULL)
        return ELBOW_OK;
    if (elbow_comm_place(comm).rank == 0)
        elbow_allocate(whole, source->parameters->size, sizeof(float), "the optimiser's state", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK)
        elbow_exchange_gather(source->exchange, slice, *whole, error);
    return error->status;
}

enum elbow_status elbow_checkpoint_save(struct elbow_comm *comm, const char *run,
                                        const struct elbow_checkpoint_source *source, struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    float *first_moment = NULL, *second_moment = NULL;
    elbow_path path, directory;
    *error = (struct elbow_error){0};
    bool fits = elbow_checkpoint_path(run, source->state->step, path) &&
                elbow_text_format(directory, sizeof directory, "%s/checkpoints", run);
    if (!fits)
        elbow_error_set(error, ELBOW_OUTPUT, "%.60s...: the path is too long", run);
    if (elbow_comm_agree(comm, error) == ELBOW_OK &&
        gather_moment(comm, source, source->optimizer->first_moment, &first_moment, error) == ELBOW_OK &&
        gather_moment(comm, source, source->optimizer->second_moment, &second_moment, error) == ELBOW_OK) {
        if (place.rank == 0 && elbow_text_make_directory(directory, error) == ELBOW_OK)
            write_file(path, source, first_moment, second_moment, error);
        if (error->status != ELBOW_OK)
            error->status = ELBOW_OUTPUT;
        elbow_comm_agree_root(comm, error);
    }
    elbow_release(&first_moment);
    elbow_release(&second_moment);
    return error->status;
}
