// SPDX-License-Identifier: BSD-3-Clause
// Writes checkpoints. The file is built in memory, because HDF5 fails at exit if the disk is full, and a plain write
// does not.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/data/hdf5.h"

#include <math.h>
#include <string.h>

// One array of the arena as named datasets below `group`.
static void write_tensors(struct elbow_hdf5 *file, const char *group, const struct elbow_parameters *parameters,
                          const float *values)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        char name[2 * ELBOW_TENSOR_NAME_SIZE];
        uint64_t shape[ELBOW_TENSOR_RANK_MAX];
        elbow_text_format(name, sizeof name, "%s/%s", group, tensor->name);
        for (int k = 0; k < tensor->rank; ++k)
            shape[k] = tensor->shape[k];
        elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT32, tensor->rank, shape, (struct elbow_hdf5_layout){0},
                                  NULL);
        elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_FLOAT32, 0, shape[0], values + tensor->offset, NULL);
    }
}

static void write_state(struct elbow_hdf5 *file, const struct elbow_run_state *state)
{
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        const struct elbow_checkpoint_field *field = &elbow_checkpoint_fields[i];
        const void *value = (const char *)state + field->offset;
        if (field->is_double)
            elbow_hdf5_write_doubles(file, "/", field->name, value, 1, NULL);
        else
            elbow_hdf5_write_integers(file, "/", field->name, value, 1, NULL);
    }
}

static void write_facts(struct elbow_hdf5 *file, const struct elbow_data_facts *data)
{
    int64_t shape[8], samples = (int64_t)data->samples, rank = (int64_t)data->rank;
    for (size_t i = 0; i < data->rank; ++i)
        shape[i] = (int64_t)data->shape[i];
    elbow_hdf5_write_integers(file, "/", "data_rank", &rank, 1, NULL);
    elbow_hdf5_write_integers(file, "/", "data_samples", &samples, 1, NULL);
    elbow_hdf5_write_integers(file, "/", "data_shape", shape, data->rank, NULL);
    elbow_hdf5_write_doubles(file, "/", "data_factor", &data->scale.factor, 1, NULL);
    elbow_hdf5_write_doubles(file, "/", "data_offset", &data->scale.offset, 1, NULL);
    elbow_hdf5_write_text(file, "/", "data_scale_source", data->scale.source, NULL);
}

static void write_hash(struct elbow_hdf5 *file, const char *name, uint64_t hash)
{
    int64_t value = (int64_t)hash;
    if (hash != 0)
        elbow_hdf5_write_integers(file, "/", name, &value, 1, NULL);
}

// Facts that version 0.1 did not keep; written if they are known.
static void write_rules(struct elbow_hdf5 *file, const struct elbow_data_facts *data)
{
    const double range[] = {data->min, data->max}, valid[] = {data->missing.low, data->missing.high};
    if (data->has_range) {
        elbow_hdf5_write_text(file, "/", "data_type", elbow_element_name(data->element), NULL);
        elbow_hdf5_write_doubles(file, "/", "data_range", range, 2, NULL);
    }
    if (isfinite(data->mean))
        elbow_hdf5_write_doubles(file, "/", "data_mean", &data->mean, 1, NULL);
    if (data->size > 0)
        elbow_hdf5_write_doubles(file, "/", "data_size", &data->size, 1, NULL);
    write_hash(file, "data_hash", data->hash);
    write_hash(file, "data_valid_hash", data->valid_hash);
    write_hash(file, "data_through_hash", data->through_hash);
    write_hash(file, "data_page_rows", data->page_rows);
    if (data->missing.count > 0)
        elbow_hdf5_write_doubles(file, "/", "data_missing", data->missing.values, data->missing.count, NULL);
    if (data->missing.has_range)
        elbow_hdf5_write_doubles(file, "/", "data_valid_range", valid, 2, NULL);
}

// A word for each training file, if there are several.
static void write_words(struct elbow_hdf5 *file, const char *name, const uint64_t *words, size_t count)
{
    const uint64_t shape = count;
    if (count == 0)
        return;
    elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_UINT64, 1, &shape, (struct elbow_hdf5_layout){0}, NULL);
    elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_UINT64, 0, count, words, NULL);
}

// Writes everything except the optimiser's state into an open file, which keeps its first error.
static void write_contents(struct elbow_hdf5 *file, const struct elbow_checkpoint_source *source)
{
    int64_t accumulators = (int64_t)source->accumulators;
    elbow_hdf5_write_text(file, "/", "config", source->config_text, NULL);
    write_state(file, source->state);
    write_facts(file, source->data);
    write_rules(file, source->data);
    elbow_checkpoint_write_fits(file, source->data);
    elbow_conditions_write(file, ELBOW_CHECKPOINT_CONDITIONS, &source->data->conditions);
    elbow_classes_write(file, ELBOW_CHECKPOINT_CLASSES, &source->data->classes);
    elbow_hdf5_write_integers(file, "/", "accumulators", &accumulators, 1, NULL);
    elbow_hdf5_write_doubles(file, "/", "accumulator", source->accumulator, source->accumulators, NULL);
    write_words(file, ELBOW_CHECKPOINT_FILE_ROWS, source->file_rows, source->files);
    write_words(file, ELBOW_CHECKPOINT_FILE_HASHES, source->file_hashes, source->files);
    write_tensors(file, "/model", source->parameters, elbow_exchange_parameters(source->exchange));
}

// Collective. One moment, or the averages, of all slices into the file, which only rank zero has (NULL if it could not
// be begun).
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
        write_tensors(file, group, source->parameters, snapshot->moment);
}

// Bytes of a file beside its tensors: a page for each tensor and for the attributes, and space that HDF5 leaves free.
enum { BYTES_PER_TENSOR = 4096, BYTES_BESIDE = 256 << 10 };

static size_t file_bytes(const struct elbow_parameters *parameters, size_t copies)
{
    return copies * (parameters->size * sizeof(float) + parameters->count * BYTES_PER_TENSOR) + BYTES_BESIDE;
}

uint64_t elbow_snapshot_need(const struct elbow_parameters *parameters, size_t copies)
{
    return file_bytes(parameters, copies) + parameters->size * sizeof(float); // and one that is gathered
}

static size_t estimate(const struct elbow_checkpoint_source *source)
{
    size_t copies = 1 + (size_t)(source->optimizer->first_moment != NULL) +
                    (size_t)(source->optimizer->second_moment != NULL) + (size_t)(source->average != NULL);
    return file_bytes(source->parameters, copies) +
           (source->accumulators +
            ELBOW_FIT_NUMBERS * (source->data->transform.columns + source->data->input.columns)) *
               sizeof(double) +
           2 * source->files * sizeof(uint64_t) + strlen(source->config_text) +
           elbow_conditions_file_bytes(&source->data->conditions) + elbow_conditions_file_bytes(&source->data->classes);
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
    elbow_hdf5_lock(); // for the whole file: otherwise a thread that reads pages would interrupt it at each call
    if (elbow_comm_place(comm).rank == 0 &&
        elbow_hdf5_create_memory(ELBOW_CHECKPOINT_BLOCK, &snapshot->file, &file, error) == ELBOW_OK)
        write_contents(file, source);
    add_moment(source, "/optimizer/first_moment", source->optimizer->first_moment, snapshot, file, error);
    add_moment(source, "/optimizer/second_moment", source->optimizer->second_moment, snapshot, file, error);
    add_moment(source, ELBOW_CHECKPOINT_AVERAGE, source->average, snapshot, file, error);
    elbow_hdf5_close(file, error->status == ELBOW_OK ? error : NULL);
    elbow_hdf5_unlock();
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
