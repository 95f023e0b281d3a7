// SPDX-License-Identifier: BSD-3-Clause
// Staging. A copy has a name that no other run uses. It is hashed while it is written, synced, and hashed again when it
// is read back. All nodes must have copied the same bytes.
#include "elbow/data/stage.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/hash.h"
#include "elbow/parallel/collectives.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { PIECE = 1 << 22 }; // bytes read at a time

static enum elbow_status fail(const char *path, const char *what, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FILE, "%s: %s: %s", path, what, strerror(errno));
}

// Copies a file's bytes through `buffer`, hashes them, and writes them to `out` unless that is -1.
static enum elbow_status pass(const char *path, int out, const char *out_path, char *buffer, uint64_t *bytes,
                              uint64_t *hash, struct elbow_error *error)
{
    struct elbow_hash_state state;
    ssize_t length = 0;
    enum elbow_status status = ELBOW_OK;
    int in = open(path, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return fail(path, "cannot be opened", error);
    *bytes = 0;
    elbow_hash_begin(&state);
    while (status == ELBOW_OK && (length = read(in, buffer, PIECE)) != 0) {
        if (length < 0) {
            status = errno == EINTR ? ELBOW_OK : fail(path, "cannot be read", error);
            continue;
        }
        elbow_hash_add(&state, buffer, (size_t)length);
        *bytes += (uint64_t)length;
        if (out >= 0 && !elbow_file_put(out, buffer, (size_t)length))
            status = fail(out_path, "cannot be written (data.stage)", error);
    }
    *hash = elbow_hash_end(&state);
    close(in);
    return status;
}

static enum elbow_status check_space(const char *directory, const char *file, struct elbow_error *error)
{
    struct stat about;
    struct statvfs space;
    if (stat(file, &about) != 0)
        return fail(file, "cannot be read", error);
    if (!S_ISREG(about.st_mode))
        return elbow_error_set(error, ELBOW_FILE, "%s: is not a regular file", file);
    if (statvfs(directory, &space) != 0)
        return fail(directory, "cannot be used for data.stage", error);
    uint64_t there = (uint64_t)space.f_bavail * space.f_frsize, wanted = (uint64_t)about.st_size;
    if (wanted <= there)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FILE, "data.stage: %s has space for %s, but %s needs %s; set another directory",
                           directory, elbow_text_bytes(there).text, file, elbow_text_bytes(wanted).text);
}

// Local. The work of one rank for its node.
static enum elbow_status copy(const char *file, const char *to, uint64_t *bytes, uint64_t *hash,
                              struct elbow_error *error)
{
    uint64_t back = 0, back_bytes = 0;
    char *buffer = NULL;
    enum elbow_status status = elbow_allocate(&buffer, PIECE, 1, "copying the data", error);
    if (status != ELBOW_OK)
        return status;
    int out = elbow_file_open(NULL, to, O_EXCL);
    if (out < 0) {
        elbow_release(&buffer);
        return fail(to, "cannot be made (data.stage)", error);
    }
    status = pass(file, out, to, buffer, bytes, hash, error);
    if (status == ELBOW_OK && !elbow_file_sync(out))
        status = fail(to, "cannot be written (data.stage)", error);
    if (close(out) != 0 && status == ELBOW_OK)
        status = fail(to, "cannot be written (data.stage)", error);
    if (status == ELBOW_OK)
        status = pass(to, -1, NULL, buffer, &back_bytes, &back, error);
    if (status == ELBOW_OK && (back != *hash || back_bytes != *bytes))
        status = elbow_error_set(
            error, ELBOW_MISMATCH,
            "%s: differs from %s when it is read back; the storage is faulty: set another data.stage", to, file);
    elbow_release(&buffer);
    return status;
}

// A number that no other run on the node has.
static uint64_t make_name(struct elbow_comm *comm)
{
    double now = elbow_clock_seconds();
    struct {
        double now;
        pid_t process;
    } mine;
    memset(&mine, 0, sizeof mine);
    mine.now = now;
    mine.process = getpid();
    uint64_t number = elbow_hash_bytes(&mine, sizeof mine);
    elbow_comm_broadcast(comm, &number, sizeof number);
    return number;
}

static void remove_copy(const struct elbow_stage *stage, struct elbow_staged *staged)
{
    if (staged->copy != NULL && elbow_comm_place(stage->comm).node_rank == 0)
        unlink(staged->copy);
    elbow_release(&staged->file);
    elbow_release(&staged->copy);
}

static enum elbow_status reserve(struct elbow_stage *stage, struct elbow_error *error)
{
    if (stage->count < stage->capacity)
        return ELBOW_OK;
    size_t capacity = 2 * stage->capacity + 4;
    struct elbow_staged *larger;
    enum elbow_status status = elbow_allocate(&larger, capacity, sizeof *larger, "names of files", error);
    if (status != ELBOW_OK)
        return status;
    if (stage->count > 0)
        memcpy(larger, stage->files, stage->count * sizeof *larger);
    elbow_release(&stage->files);
    stage->files = larger;
    stage->capacity = capacity;
    return ELBOW_OK;
}

// The name of a new copy. CONFIG if it is too long.
static enum elbow_status name_copy(struct elbow_stage *stage, const char *file, uint64_t name,
                                   struct elbow_staged *staged, struct elbow_error *error)
{
    elbow_path copy;
    if (!elbow_text_format(copy, sizeof copy, "%s/elbow-stage-%016llx-%d.h5", stage->directory,
                           (unsigned long long)name, elbow_comm_place(stage->comm).node))
        return elbow_error_set(error, ELBOW_CONFIG, "data.stage: %.60s...: the path is too long", stage->directory);
    enum elbow_status status = reserve(stage, error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&staged->file, file, error);
    return status == ELBOW_OK ? elbow_duplicate(&staged->copy, copy, error) : status;
}

// The bytes of a dataset that a copy of the file would contain.
enum worth { ALL_VALUES, OTHERS_TOO, NOT_KNOWN };

// Collective. Rank zero checks.
static enum worth find_worth(struct elbow_comm *comm, const char *path, const char *dataset)
{
    bool refers = false;
    enum worth worth = NOT_KNOWN;
    struct elbow_hdf5 *file = NULL;
    if (elbow_comm_place(comm).rank == 0 && elbow_hdf5_open(path, &file, NULL) == ELBOW_OK) {
        if (elbow_hdf5_refers(file, dataset, &refers, NULL) == ELBOW_OK)
            worth = refers ? OTHERS_TOO : ALL_VALUES;
        elbow_hdf5_close(file, NULL);
    }
    elbow_comm_broadcast(comm, &worth, sizeof worth);
    return worth;
}

// Collective. A new copy of a file.
static enum elbow_status take_file(struct elbow_stage *stage, const char *file, struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(stage->comm);
    struct elbow_staged staged = {0};
    double start = elbow_clock_seconds();
    uint64_t name = make_name(stage->comm), bytes = 0, words[2] = {0, 0};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_inputs_note(file, error);
    if (status == ELBOW_OK)
        status = name_copy(stage, file, name, &staged, error);
    bool copies = status == ELBOW_OK && place.node_rank == 0;
    if (copies && check_space(stage->directory, file, error) == ELBOW_OK)
        copy(file, staged.copy, &bytes, &words[0], error);
    status = elbow_comm_agree(stage->comm, error);
    // Ranks that copy nothing report the result of rank zero, which copies.
    words[1] = words[0];
    elbow_comm_broadcast(stage->comm, &words[1], sizeof words[1]);
    bool is_same = elbow_comm_is_same(stage->comm, copies ? words[0] : words[1]);
    elbow_comm_broadcast(stage->comm, &bytes, sizeof bytes);
    if (status == ELBOW_OK && !is_same)
        status = elbow_error_set(error, ELBOW_MISMATCH, "%s: the nodes have copied different bytes (data.stage)", file);
    if (status != ELBOW_OK) {
        remove_copy(stage, &staged);
        return status;
    }
    stage->files[stage->count++] = staged;
    stage->bytes += bytes;
    stage->seconds += elbow_clock_seconds() - start;
    return ELBOW_OK;
}

enum elbow_status elbow_stage_take(struct elbow_stage *stage, const char *file, const char *dataset, const char **path,
                                   struct elbow_error *error)
{
    *path = file;
    enum worth worth = find_worth(stage->comm, file, dataset);
    if (worth == NOT_KNOWN)
        return ELBOW_OK; // loading the file reports the error
    if (worth == OTHERS_TOO) {
        elbow_log_warn(stage->log,
                       "data.stage: %s:%s has values in other files, too; it is read in place, without a copy", file,
                       dataset);
        return ELBOW_OK;
    }
    size_t i = 0;
    while (i < stage->count && strcmp(stage->files[i].file, file) != 0)
        ++i;
    enum elbow_status status = i < stage->count ? ELBOW_OK : take_file(stage, file, error);
    if (status == ELBOW_OK)
        *path = stage->files[i].copy;
    return status;
}

void elbow_stage_clear(struct elbow_stage *stage)
{
    if (stage->count > 0)
        elbow_comm_barrier(stage->comm);
    for (; stage->count > 0; --stage->count)
        remove_copy(stage, &stage->files[stage->count - 1]);
    elbow_release(&stage->files);
    stage->capacity = 0;
}
