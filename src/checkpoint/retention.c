// SPDX-License-Identifier: BSD-3-Clause
// Decides which checkpoints are kept. A name alone does not count: only files whose hash was verified, or that this
// start has written itself, count as kept, and only those are ever deleted.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NUMBERS_MAX = 10000 }; // damaged files of one step

// Renames it to an unused name, so that an earlier damaged one stays.
static enum elbow_status set_aside(const struct elbow_directory *run, uint64_t step, struct elbow_error *error)
{
    char name[ELBOW_CHECKPOINT_NAME_SIZE], aside[ELBOW_CHECKPOINT_NAME_SIZE + 32];
    elbow_checkpoint_name(step, name);
    for (int number = 1; number < NUMBERS_MAX; ++number) {
        if (number == 1)
            elbow_text_format(aside, sizeof aside, "%s.damaged", name);
        else
            elbow_text_format(aside, sizeof aside, "%s.damaged-%d", name, number);
        if (elbow_file_rename_new(run, name, aside) || errno == ENOENT)
            return ELBOW_OK;
        if (errno != EEXIST)
            break;
    }
    return elbow_error_set(error, ELBOW_FILE, "%s/%s: is damaged, and cannot be renamed: %s", run->path, name,
                           strerror(errno));
}

enum elbow_status elbow_checkpoint_cut(const struct elbow_directory *run, uint64_t step, struct elbow_error *error)
{
    uint64_t *steps = NULL;
    size_t count = 0;
    char name[ELBOW_CHECKPOINT_NAME_SIZE];
    enum elbow_status status = elbow_checkpoint_list(run, &steps, &count, error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i) {
        if (steps[i] <= step)
            continue;
        struct elbow_error reason = {0};
        status = elbow_checkpoint_prove(run, steps[i], &reason);
        elbow_checkpoint_name(steps[i], name);
        if (status == ELBOW_FORMAT)
            status = set_aside(run, steps[i], error);
        else if (status == ELBOW_OK)
            status = elbow_error_set(error, ELBOW_FILE, "%s/%s: can be read again; start again to continue from it",
                                     run->path, name);
        else
            *error = reason;
    }
    elbow_release(&steps);
    return status;
}

bool elbow_checkpoint_link_best(const struct elbow_directory *run, uint64_t best_step)
{
    char name[ELBOW_CHECKPOINT_NAME_SIZE];
    elbow_checkpoint_name(best_step, name);
    if (faccessat(elbow_directory_descriptor(run), name, F_OK, 0) != 0)
        return errno == ENOENT || errno == ENOTDIR;
    return elbow_part_link(run, strrchr(name, '/') + 1, "checkpoints/best.h5");
}

// The step whose file best.h5 links to; 0: none.
static uint64_t linked_best(const struct elbow_directory *run)
{
    char target[64];
    uint64_t step;
    ssize_t length = readlinkat(elbow_directory_descriptor(run), "checkpoints/best.h5", target, sizeof target - 1);
    if (length < 0)
        return 0;
    target[length] = 0;
    return elbow_checkpoint_step(target, &step) ? step : 0;
}

enum elbow_status elbow_retention_open(const struct elbow_directory *run, struct elbow_retention *retention,
                                       struct elbow_error *error)
{
    uint64_t *steps = NULL;
    size_t count = 0;
    *retention = (struct elbow_retention){0};
    enum elbow_status status = elbow_checkpoint_list(run, &steps, &count, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&retention->entries, count + 8, sizeof *retention->entries, "checkpoints", error);
    if (status == ELBOW_OK) {
        retention->count = count;
        retention->capacity = count + 8;
        for (size_t i = 0; i < count; ++i)
            retention->entries[i] = (struct elbow_retention_entry){.step = steps[i]};
    }
    elbow_release(&steps);
    return status;
}

enum elbow_status elbow_retention_reserve(struct elbow_retention *retention, struct elbow_error *error)
{
    struct elbow_retention_entry *larger = NULL;
    if (retention->count < retention->capacity)
        return ELBOW_OK;
    size_t capacity = 2 * retention->capacity + 8;
    enum elbow_status status = elbow_allocate(&larger, capacity, sizeof *larger, "checkpoints", error);
    if (status != ELBOW_OK)
        return status;
    if (retention->count > 0)
        memcpy(larger, retention->entries, retention->count * sizeof *larger);
    elbow_release(&retention->entries);
    retention->entries = larger;
    retention->capacity = capacity;
    return ELBOW_OK;
}

// The place of a step: its entry, or the place at which to insert it.
static size_t place_of(const struct elbow_retention *retention, uint64_t step)
{
    size_t i = retention->count;
    while (i > 0 && retention->entries[i - 1].step >= step)
        --i;
    return i;
}

static void add_sound(struct elbow_retention *retention, uint64_t step)
{
    size_t at = place_of(retention, step);
    if (at == retention->count || retention->entries[at].step != step) {
        ELBOW_CHECK(retention->count < retention->capacity);
        memmove(retention->entries + at + 1, retention->entries + at,
                (retention->count - at) * sizeof *retention->entries);
        ++retention->count;
    }
    retention->entries[at] = (struct elbow_retention_entry){.step = step, .is_sound = true};
}

static void forget(struct elbow_retention *retention, size_t at)
{
    --retention->count;
    memmove(retention->entries + at, retention->entries + at + 1, (retention->count - at) * sizeof *retention->entries);
}

void elbow_retention_put(struct elbow_retention *retention, const struct elbow_directory *run, uint64_t step,
                         int64_t keep, bool keeps_best, uint64_t best_step)
{
    char name[ELBOW_CHECKPOINT_NAME_SIZE];
    uint64_t linked = keeps_best ? linked_best(run) : 0, best = keeps_best ? best_step : 0;
    int64_t kept = 0;
    add_sound(retention, step);
    for (size_t i = retention->count; i-- > 0;) {
        struct elbow_retention_entry *entry = &retention->entries[i];
        elbow_checkpoint_name(entry->step, name);
        enum elbow_status status = entry->is_sound ? ELBOW_OK : elbow_checkpoint_verify_file(run, name, NULL);
        if (status == ELBOW_FORMAT)
            forget(retention, i);
        if (status != ELBOW_OK) // it may be sound: the next time, perhaps
            continue;
        entry->is_sound = true;
        if (kept < keep)
            ++kept;
        else if (entry->step != linked && entry->step != best &&
                 (unlinkat(elbow_directory_descriptor(run), name, 0) == 0 || errno == ENOENT))
            forget(retention, i);
    }
}

void elbow_retention_clear(struct elbow_retention *retention)
{
    elbow_release(&retention->entries);
    *retention = (struct elbow_retention){0};
}
