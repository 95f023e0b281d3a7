// SPDX-License-Identifier: BSD-3-Clause
// Finding and reading checkpoints. The hash is verified before HDF5 sees a byte.
#include "elbow/checkpoint/checkpoint.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/checkpoint/detail/format.h"
#include "elbow/data/hdf5.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t FILE_LIMIT = (size_t)1 << 40, TEXT_LIMIT = (size_t)1 << 20;
enum { ACCUMULATORS_MAX = 1 << 22 };

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

static int compare_steps(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static enum elbow_status collect_steps(DIR *directory, uint64_t **steps, size_t *count, struct elbow_error *error)
{
    size_t names = 0;
    while (readdir(directory) != NULL)
        ++names;
    enum elbow_status status = elbow_allocate(steps, names, sizeof **steps, "checkpoints", error);
    if (status != ELBOW_OK)
        return status;
    rewinddir(directory);
    for (struct dirent *entry; *count < names && (entry = readdir(directory)) != NULL;)
        if (elbow_checkpoint_step(entry->d_name, *steps + *count))
            ++*count;
    qsort(*steps, *count, sizeof **steps, compare_steps);
    return ELBOW_OK;
}

enum elbow_status elbow_checkpoint_list(const struct elbow_directory *run, uint64_t **steps, size_t *count,
                                        struct elbow_error *error)
{
    *steps = NULL;
    *count = 0;
    DIR *directory = elbow_directory_list(run, "checkpoints");
    if (directory == NULL && (errno == ENOENT || errno == ENOTDIR))
        return ELBOW_OK;
    if (directory == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s/checkpoints: cannot be read: %s", run->path, strerror(errno));
    enum elbow_status status = collect_steps(directory, steps, count, error);
    closedir(directory);
    return status;
}

// A file in memory. Owns bytes.
struct bytes {
    char *bytes;
    size_t size;
};

// Where a file is looked for and what becomes of it.
struct search {
    const struct elbow_directory *directory; // beneath which path is; NULL: the working directory
    struct elbow_log *log;
    char *path;                          // of the file that was found, ELBOW_PATH_SIZE
    struct elbow_checkpoint *checkpoint; // takes the contents; NULL: the file need only verify
};

static enum elbow_status read_verified(const struct search *search, struct bytes *file, struct elbow_error *error)
{
    elbow_path name;
    enum elbow_status status =
        elbow_file_read(search->directory, search->path, FILE_LIMIT, &file->bytes, &file->size, error);
    if (status != ELBOW_OK)
        return status;
    elbow_directory_name(search->directory, search->path, name);
    status = elbow_checkpoint_verify(name, file->bytes, file->size, error);
    if (status != ELBOW_OK)
        elbow_release(&file->bytes);
    return status;
}

static enum elbow_status take_contents(const struct bytes *file, const struct search *search,
                                       struct elbow_error *error);

// One file, a plain one (a pipe would keep us waiting, and has no length). Of a run directory's it must be of the step
// that its name says. FORMAT is proof that it is no sound checkpoint; FILE, with errno, is none.
static enum elbow_status read_one(const struct search *search, const uint64_t *step, struct elbow_error *error)
{
    struct bytes file = {0};
    struct stat about;
    elbow_path name;
    elbow_directory_name(search->directory, search->path, name);
    if (fstatat(elbow_directory_descriptor(search->directory), search->path, &about, 0) == 0 && !S_ISREG(about.st_mode))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: is no file", name);
    enum elbow_status status = read_verified(search, &file, error);
    int reason = errno;
    if (status == ELBOW_OK && search->checkpoint != NULL)
        status = take_contents(&file, search, error);
    elbow_release(&file.bytes);
    errno = reason;
    if (status != ELBOW_OK || step == NULL || search->checkpoint == NULL || search->checkpoint->state.step == *step)
        return status;
    return elbow_error_set(error, ELBOW_FORMAT, "%s: holds step %llu, another one than its name says", name,
                           (unsigned long long)search->checkpoint->state.step);
}

// One of a run directory's, on the way down from the newest. FORMAT if it has to be passed over: it is damaged, or not
// there any more (a run at work deletes its old ones). One that cannot be read is sound for all we know: an older one
// in its place would be another model, and steps that were paid for.
static enum elbow_status try_one(const struct search *search, uint64_t step, struct elbow_error *error)
{
    char name[ELBOW_CHECKPOINT_NAME_SIZE];
    elbow_checkpoint_name(step, name);
    elbow_text_format(search->path, ELBOW_PATH_SIZE, "%s", name);
    enum elbow_status status = read_one(search, &step, error);
    if (status != ELBOW_FILE)
        return status;
    if (errno == ENOENT)
        return error->status = ELBOW_FORMAT;
    struct elbow_error reason = *error;
    return elbow_error_set(error, ELBOW_FILE,
                           "%.900s; it may be the newest sound checkpoint: try again when it can be read, or move it "
                           "elsewhere to take an older one",
                           reason.message);
}

// The newest sound checkpoint of a run directory.
static enum elbow_status read_newest(const struct search *search, struct elbow_error *error)
{
    const char *run = search->directory->path;
    uint64_t *steps = NULL;
    size_t count = 0;
    enum elbow_status status = elbow_checkpoint_list(search->directory, &steps, &count, error);
    if (status != ELBOW_OK)
        return status;
    status = ELBOW_FORMAT;
    elbow_error_set(error, ELBOW_FILE, "%s: holds no checkpoint%s", run, count > 0 ? " that is sound" : "");
    for (size_t i = count; status == ELBOW_FORMAT && i-- > 0;) {
        struct elbow_error trouble = {0};
        status = try_one(search, steps[i], &trouble);
        if (status != ELBOW_FORMAT)
            *error = trouble;
        else
            elbow_log_warn(search->log, "%s; passed over", trouble.message);
    }
    elbow_release(&steps);
    return error->status;
}

// The newest one of an open run directory; the path is that in which it was opened.
static enum elbow_status find_newest(const struct elbow_directory *run, const struct search *search,
                                     struct elbow_error *error)
{
    elbow_path name;
    struct search beneath = *search;
    beneath.directory = run;
    enum elbow_status status = read_newest(&beneath, error);
    if (status != ELBOW_OK)
        return status;
    elbow_text_format(name, sizeof name, "%s", search->path);
    elbow_directory_name(run, name, search->path);
    return ELBOW_OK;
}

static enum elbow_status find(const char *run_or_file, bool best, const struct search *search,
                              struct elbow_error *error)
{
    struct stat about;
    if (stat(run_or_file, &about) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s; give a checkpoint or a run directory", run_or_file,
                               strerror(errno));
    if (S_ISDIR(about.st_mode) && !best) {
        struct elbow_directory run;
        enum elbow_status status = elbow_directory_open(run_or_file, &run, error);
        if (status == ELBOW_OK)
            status = find_newest(&run, search, error);
        elbow_directory_close(&run);
        return status;
    }
    bool fits = elbow_text_format(search->path, ELBOW_PATH_SIZE,
                                  S_ISDIR(about.st_mode) ? "%s/checkpoints/best.h5" : "%s", run_or_file);
    if (!fits)
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", run_or_file);
    return read_one(search, NULL, error);
}

enum elbow_status elbow_checkpoint_find(const char *run_or_file, bool best, struct elbow_log *log, elbow_path path,
                                        struct elbow_error *error)
{
    return find(run_or_file, best, &(struct search){.log = log, .path = path}, error);
}

enum elbow_status elbow_checkpoint_prove(const struct elbow_directory *run, uint64_t step, struct elbow_error *error)
{
    elbow_path path;
    struct elbow_log silence = elbow_log_open(false, NULL);
    struct elbow_checkpoint checkpoint = {0};
    struct search search = {.directory = run, .log = &silence, .path = path, .checkpoint = &checkpoint};
    enum elbow_status status = try_one(&search, step, error);
    elbow_checkpoint_clear(&checkpoint);
    return status;
}

static enum elbow_status read_tensors(struct elbow_hdf5 *file, const char *group,
                                      const struct elbow_parameters *parameters, float *values,
                                      struct elbow_error *error)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        struct elbow_hdf5_info info;
        char name[2 * ELBOW_TENSOR_NAME_SIZE];
        elbow_text_format(name, sizeof name, "%s/%s", group, tensor->name);
        enum elbow_status status = elbow_hdf5_describe_dataset(file, name, &info, error);
        if (status != ELBOW_OK)
            return status;
        bool fits = info.rank == tensor->rank && info.element == ELBOW_ELEMENT_FLOAT32;
        for (int k = 0; fits && k < info.rank; ++k)
            fits = info.shape[k] == tensor->shape[k];
        if (!fits)
            return elbow_error_set(error, ELBOW_FORMAT, "%s has not the shape that the configuration gives it", name);
        status = elbow_hdf5_read_rows(file, name, 0, info.shape[0], values + tensor->offset, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static enum elbow_status read_state(struct elbow_hdf5 *file, struct elbow_run_state *state, struct elbow_error *error)
{
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        const struct elbow_checkpoint_field *field = &elbow_checkpoint_fields[i];
        void *value = (char *)state + field->offset;
        enum elbow_status status = field->is_double ? elbow_hdf5_read_doubles(file, "/", field->name, value, 1, error)
                                                    : elbow_hdf5_read_integers(file, "/", field->name, value, 1, error);
        if (status != ELBOW_OK)
            return status;
        if (!field->is_double && *(const int64_t *)value < 0)
            return elbow_error_set(error, ELBOW_FORMAT, "%s is below zero", field->name);
    }
    return ELBOW_OK;
}

static enum elbow_status read_facts(struct elbow_hdf5 *file, struct elbow_data_facts *data, struct elbow_error *error)
{
    int64_t rank = 0, samples = 0, shape[8] = {0};
    char *source = NULL;
    enum elbow_status status = elbow_hdf5_read_integers(file, "/", "data_rank", &rank, 1, error);
    if (status == ELBOW_OK && (rank < 1 || rank > 8))
        status = elbow_error_set(error, ELBOW_FORMAT, "data_rank is %lld", (long long)rank);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_integers(file, "/", "data_samples", &samples, 1, error);
    if (status == ELBOW_OK && samples < 1)
        status = elbow_error_set(error, ELBOW_FORMAT, "data_samples is %lld", (long long)samples);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_integers(file, "/", "data_shape", shape, (size_t)rank, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_doubles(file, "/", "data_factor", &data->scale.factor, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_doubles(file, "/", "data_offset", &data->scale.offset, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_text(file, "/", "data_scale_source", sizeof data->scale.source, &source, error);
    if (status != ELBOW_OK)
        return status;
    elbow_text_format(data->scale.source, sizeof data->scale.source, "%s", source);
    elbow_release(&source);
    data->rank = (uint64_t)rank;
    data->samples = (uint64_t)samples;
    data->values = 1;
    for (int64_t i = 0; i < rank; ++i) {
        data->shape[i] = (uint64_t)shape[i];
        if (shape[i] < 1 || shape[i] > INT32_MAX ||
            __builtin_mul_overflow(data->values, data->shape[i], &data->values) || data->values > INT32_MAX)
            return elbow_error_set(error, ELBOW_FORMAT, "data_shape is out of bounds");
    }
    return ELBOW_OK;
}

// The tensors that the configuration asks for.
static enum elbow_status take_layout(struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    checkpoint->data.layout = (enum elbow_layout)checkpoint->config.data.layout;
    struct elbow_shape sample =
        elbow_model_sample(checkpoint->data.layout, (size_t)checkpoint->data.rank, checkpoint->data.shape);
    return elbow_model_layout(&checkpoint->config, sample, &checkpoint->parameters, error);
}

// Memory is taken for what the file can hold, whatever its numbers say.
static enum elbow_status check_size(const struct elbow_checkpoint *checkpoint, size_t size, struct elbow_error *error)
{
    size_t floats = elbow_parameters_trainable(&checkpoint->parameters);
    if (floats <= size / sizeof(float))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "its configuration has %zu parameters, the file only %s", floats,
                           elbow_text_bytes(size).text);
}

static enum elbow_status read_accumulator(struct elbow_hdf5 *file, struct elbow_checkpoint *checkpoint,
                                          struct elbow_error *error)
{
    int64_t count = 0;
    enum elbow_status status = elbow_hdf5_read_integers(file, "/", "accumulators", &count, 1, error);
    if (status == ELBOW_OK && (count < 1 || count > ACCUMULATORS_MAX))
        status = elbow_error_set(error, ELBOW_FORMAT, "accumulators is %lld", (long long)count);
    if (status == ELBOW_OK)
        status = elbow_allocate(&checkpoint->accumulator, (size_t)count, sizeof(double), "a checkpoint", error);
    if (status != ELBOW_OK)
        return status;
    checkpoint->accumulators = (size_t)count;
    return elbow_hdf5_read_doubles(file, "/", "accumulator", checkpoint->accumulator, checkpoint->accumulators, error);
}

static enum elbow_status read_moments(struct elbow_hdf5 *file, struct elbow_checkpoint *checkpoint,
                                      struct elbow_error *error)
{
    struct {
        const char *group;
        float **values;
    } moments[] = {{"/optimizer/first_moment", &checkpoint->first_moment},
                   {"/optimizer/second_moment", &checkpoint->second_moment}};
    for (int i = 0; i < 2; ++i) {
        bool found;
        enum elbow_status status = elbow_hdf5_find(file, moments[i].group, &found, error);
        if (status != ELBOW_OK)
            return status;
        if (!found)
            continue;
        status = elbow_allocate(moments[i].values, checkpoint->parameters.size, sizeof(float), "a checkpoint", error);
        if (status == ELBOW_OK)
            status = read_tensors(file, moments[i].group, &checkpoint->parameters, *moments[i].values, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static enum elbow_status read_contents(struct elbow_hdf5 *file, size_t size, struct elbow_checkpoint *checkpoint,
                                       struct elbow_error *error)
{
    struct elbow_config *config = &checkpoint->config;
    enum elbow_status status = elbow_hdf5_read_text(file, "/", "config", TEXT_LIMIT, &checkpoint->config_text, error);
    if (status != ELBOW_OK)
        return status;
    elbow_config_default(config);
    status = elbow_config_parse(config, "config", checkpoint->config_text, strlen(checkpoint->config_text), error);
    if (status == ELBOW_OK)
        status = elbow_config_finish(config, "config", error);
    if (status == ELBOW_OK)
        status = read_state(file, &checkpoint->state, error);
    if (status == ELBOW_OK)
        status = read_facts(file, &checkpoint->data, error);
    if (status == ELBOW_OK)
        status = read_accumulator(file, checkpoint, error);
    if (status == ELBOW_OK)
        status = take_layout(checkpoint, error);
    if (status == ELBOW_OK)
        status = check_size(checkpoint, size, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&checkpoint->values, checkpoint->parameters.size, sizeof(float), "a checkpoint", error);
    if (status == ELBOW_OK)
        status = read_tensors(file, "/model", &checkpoint->parameters, checkpoint->values, error);
    if (status == ELBOW_OK)
        status = read_moments(file, checkpoint, error);
    return status;
}

enum elbow_status elbow_checkpoint_read(const char *name, const void *image, size_t size,
                                        struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    struct elbow_hdf5 *file = NULL;
    enum elbow_status status = elbow_hdf5_open_image(name, image, size, &file, error);
    if (status == ELBOW_OK)
        status = read_contents(file, size, checkpoint, error);
    if (file != NULL && status != ELBOW_OK && status != ELBOW_MEMORY)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: is not a usable checkpoint: %s", name, error->message);
    elbow_hdf5_close(file, NULL);
    return status;
}

// What a file of a run holds, in the place of what another one held.
static enum elbow_status take_contents(const struct bytes *file, const struct search *search, struct elbow_error *error)
{
    elbow_path name;
    elbow_directory_name(search->directory, search->path, name);
    elbow_checkpoint_clear(search->checkpoint);
    return elbow_checkpoint_read(name, file->bytes, file->size, search->checkpoint, error);
}

enum elbow_status elbow_checkpoint_peek(const char *run_or_file, bool best, struct elbow_config *config,
                                        struct elbow_error *error)
{
    struct elbow_log silence = elbow_log_open(false, NULL);
    struct elbow_checkpoint checkpoint = {0};
    elbow_path path;
    struct search search = {.log = &silence, .path = path, .checkpoint = &checkpoint};
    enum elbow_status status = find(run_or_file, best, &search, error);
    if (status == ELBOW_OK)
        *config = checkpoint.config;
    elbow_checkpoint_clear(&checkpoint);
    return status;
}

// Rank zero's part. `run` is an open run directory, or NULL.
static enum elbow_status load_local(const struct elbow_directory *run, const char *run_or_file, bool best,
                                    struct elbow_log *log, struct elbow_checkpoint *checkpoint,
                                    struct elbow_error *error)
{
    elbow_path path;
    struct search search = {.log = log, .path = path, .checkpoint = checkpoint};
    enum elbow_status status = run != NULL ? find_newest(run, &search, error) : find(run_or_file, best, &search, error);
    if (status == ELBOW_OK)
        elbow_text_format(checkpoint->path, sizeof checkpoint->path, "%s", path);
    // A run may write its own checkpoint anew, as when it is stopped at once.
    return status == ELBOW_OK && run == NULL ? elbow_inputs_note(path, error) : status;
}

// The other ranks make room for what they are about to receive.
static enum elbow_status make_room(struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    enum elbow_status status =
        elbow_allocate(&checkpoint->accumulator, checkpoint->accumulators, sizeof(double), "a checkpoint", error);
    if (status == ELBOW_OK)
        status = take_layout(checkpoint, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&checkpoint->values, checkpoint->parameters.size, sizeof(float), "a checkpoint", error);
    return status;
}

// Collective. What rank zero has read, to all.
static enum elbow_status share(struct elbow_comm *comm, struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    bool is_root = elbow_comm_place(comm).rank == 0;
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        goto failed;
    elbow_comm_broadcast(comm, checkpoint->path, sizeof checkpoint->path);
    elbow_comm_broadcast(comm, &checkpoint->state, sizeof checkpoint->state);
    elbow_comm_broadcast(comm, &checkpoint->data, sizeof checkpoint->data);
    elbow_comm_broadcast(comm, &checkpoint->config, sizeof checkpoint->config);
    elbow_comm_broadcast(comm, &checkpoint->accumulators, sizeof checkpoint->accumulators);
    if (elbow_comm_broadcast_text(comm, &checkpoint->config_text, error) != ELBOW_OK)
        goto failed;
    if (!is_root)
        make_room(checkpoint, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        goto failed;
    elbow_comm_broadcast(comm, checkpoint->accumulator, checkpoint->accumulators * sizeof(double));
    elbow_comm_broadcast(comm, checkpoint->values, checkpoint->parameters.size * sizeof(float));
    return ELBOW_OK;
failed:
    elbow_checkpoint_clear(checkpoint);
    return error->status;
}

enum elbow_status elbow_checkpoint_load(struct elbow_comm *comm, const char *run_or_file, bool best,
                                        struct elbow_log *log, struct elbow_checkpoint *checkpoint,
                                        struct elbow_error *error)
{
    *checkpoint = (struct elbow_checkpoint){0};
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0)
        load_local(NULL, run_or_file, best, log, checkpoint, error);
    return share(comm, checkpoint, error);
}

enum elbow_status elbow_checkpoint_load_newest(struct elbow_comm *comm, const struct elbow_directory *run,
                                               struct elbow_log *log, struct elbow_checkpoint *checkpoint,
                                               struct elbow_error *error)
{
    *checkpoint = (struct elbow_checkpoint){0};
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0)
        load_local(run, NULL, false, log, checkpoint, error);
    return share(comm, checkpoint, error);
}

void elbow_checkpoint_clear(struct elbow_checkpoint *checkpoint)
{
    elbow_release(&checkpoint->config_text);
    elbow_release(&checkpoint->accumulator);
    elbow_parameters_clear(&checkpoint->parameters);
    elbow_release(&checkpoint->values);
    elbow_release(&checkpoint->first_moment);
    elbow_release(&checkpoint->second_moment);
    *checkpoint = (struct elbow_checkpoint){0};
}
