// SPDX-License-Identifier: BSD-3-Clause
// Finds checkpoints, and loads them on all ranks. The hash is verified before HDF5 reads a byte.
#include "elbow/checkpoint/checkpoint.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/checkpoint/detail/format.h"
#include "elbow/parallel/collectives.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const size_t FILE_LIMIT = (size_t)1 << 40;

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

// The file to find, and the place of its contents.
struct search {
    const struct elbow_directory *directory; // the directory of the path; NULL: the working directory
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

// Replaces the contents of an earlier file by those of this one.
static enum elbow_status take_contents(const struct bytes *file, const struct search *search, struct elbow_error *error)
{
    elbow_path name;
    elbow_directory_name(search->directory, search->path, name);
    elbow_checkpoint_clear(search->checkpoint);
    return elbow_checkpoint_read(name, file->bytes, file->size, search->checkpoint, error);
}

// Reads one plain file (a pipe would block, and has no length). A file of a run directory must be of the step in its
// name. FORMAT means that it is certainly no intact checkpoint; FILE, with errno, does not.
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
    return elbow_error_set(error, ELBOW_FORMAT, "%s: holds step %llu, but its name gives another one", name,
                           (unsigned long long)search->checkpoint->state.step);
}

// Tries one checkpoint of a run directory; the caller starts with the newest. FORMAT if it must be skipped: it is
// damaged, or no longer there (a running run deletes its old ones). A file that cannot be read may be intact. An older
// one would be another model and would lose the steps since, so this is an error.
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
                           "%.900s; it may be the newest intact checkpoint: try again when it can be read, or move it "
                           "elsewhere to use an older one",
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
    for (size_t i = count; status == ELBOW_FORMAT && i-- > 0;) {
        *error = (struct elbow_error){0};
        status = try_one(search, steps[i], error);
        if (status == ELBOW_FORMAT)
            elbow_log_warn(search->log, "%s; passed over", error->message);
    }
    elbow_release(&steps);
    if (status != ELBOW_FORMAT)
        return status;
    return elbow_error_set(error, ELBOW_FILE, "%s: holds no checkpoint%s", run, count > 0 ? " that is sound" : "");
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
    // Not noted for a run: it may write its own checkpoint again, for example if it stops at once.
    return status == ELBOW_OK && run == NULL ? elbow_inputs_note(path, error) : status;
}

// Collective. Sends the checkpoint that rank zero has read to all ranks.
static enum elbow_status share(struct elbow_comm *comm, struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    bool is_root = elbow_comm_place(comm).rank == 0;
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        goto failed;
    elbow_comm_broadcast(comm, checkpoint->path, sizeof checkpoint->path);
    elbow_comm_broadcast(comm, &checkpoint->state, sizeof checkpoint->state);
    elbow_comm_broadcast(comm, &checkpoint->data, sizeof checkpoint->data);
    if (!is_root) {
        checkpoint->data.transform.numbers = checkpoint->data.input.numbers = NULL; // addresses of rank zero's
        checkpoint->data.conditions.texts = checkpoint->data.classes.texts = NULL;
    }
    elbow_comm_broadcast(comm, &checkpoint->config, sizeof checkpoint->config);
    elbow_comm_broadcast(comm, &checkpoint->accumulators, sizeof checkpoint->accumulators);
    if (elbow_comm_broadcast_text(comm, &checkpoint->config_text, error) != ELBOW_OK)
        goto failed;
    if (!is_root)
        elbow_checkpoint_allocate(checkpoint, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        goto failed;
    const struct elbow_fit *fits[] = {&checkpoint->data.transform, &checkpoint->data.input};
    elbow_comm_broadcast(comm, checkpoint->accumulator, checkpoint->accumulators * sizeof(double));
    for (size_t i = 0; i < sizeof fits / sizeof *fits; ++i)
        if (fits[i]->columns > 0)
            elbow_comm_broadcast(comm, fits[i]->numbers,
                                 ELBOW_FIT_NUMBERS * fits[i]->columns * sizeof *fits[i]->numbers);
    if (checkpoint->data.conditions.bytes > 0)
        elbow_comm_broadcast(comm, checkpoint->data.conditions.texts, checkpoint->data.conditions.bytes);
    if (checkpoint->data.classes.bytes > 0)
        elbow_comm_broadcast(comm, checkpoint->data.classes.texts, checkpoint->data.classes.bytes);
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

bool elbow_checkpoint_take_average(struct elbow_comm *comm, struct elbow_checkpoint *checkpoint)
{
    size_t bytes = checkpoint->parameters.size * sizeof(float);
    if (checkpoint->config.train.average == 0)
        return false;
    if (elbow_comm_place(comm).rank == 0)
        memcpy(checkpoint->values, checkpoint->average, bytes);
    elbow_comm_broadcast(comm, checkpoint->values, bytes);
    return true;
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
