// SPDX-License-Identifier: BSD-3-Clause
// Writing checkpoints. The file is built in memory, because HDF5 that meets a full disk fails at exit, where a plain
// write does not.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/data/hdf5.h"

#include <string.h>

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
