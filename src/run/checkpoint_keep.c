// SPDX-License-Identifier: BSD-3-Clause
// Which checkpoints stay. A name is no proof: only files whose hash was found right (or that this start has written
// itself) count as kept, and only those are ever deleted.
#include "checkpoint_private.h"

#include "elbow/base/memory.h"
#include "elbow/base/part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void elbow_checkpoint_cut(const char *run, uint64_t step)
{
    uint64_t *steps = NULL;
    size_t count = 0;
    elbow_path path, aside;
    if (elbow_checkpoint_list(run, &steps, &count, NULL) != ELBOW_OK)
        return;
    for (size_t i = 0; i < count; ++i)
        if (steps[i] > step && elbow_checkpoint_path(run, steps[i], path) &&
            elbow_text_format(aside, sizeof aside, "%s.damaged", path))
            rename(path, aside);
    elbow_release(&steps);
}

void elbow_checkpoint_link_best(const char *run, uint64_t best_step)
{
    elbow_path link, file;
    char target[64];
    if (!elbow_checkpoint_path(run, best_step, file) || access(file, F_OK) != 0)
        return;
    elbow_text_format(target, sizeof target, "step-%08" PRIu64 ".h5", best_step);
    if (!elbow_text_format(link, sizeof link, "%s/checkpoints/best.h5", run))
        return;
    elbow_part_link(NULL, target, link);
}

// The step whose file best.h5 links to; 0: none.
static uint64_t linked_best(const char *run)
{
    elbow_path link;
    char target[64];
    uint64_t step;
    if (!elbow_text_format(link, sizeof link, "%s/checkpoints/best.h5", run))
        return 0;
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0)
        return 0;
    target[length] = 0;
    return elbow_checkpoint_step(target, &step) ? step : 0;
}

enum elbow_status elbow_shelf_open(const char *run, struct elbow_shelf *shelf, struct elbow_error *error)
{
    uint64_t *steps = NULL;
    size_t count = 0;
    *shelf = (struct elbow_shelf){0};
    enum elbow_status status = elbow_checkpoint_list(run, &steps, &count, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&shelf->entries, count + 8, sizeof *shelf->entries, "checkpoints", error);
    if (status == ELBOW_OK) {
        shelf->count = count;
        shelf->capacity = count + 8;
        for (size_t i = 0; i < count; ++i)
            shelf->entries[i] = (struct elbow_shelf_entry){.step = steps[i]};
    }
    elbow_release(&steps);
    return status;
}

enum elbow_status elbow_shelf_reserve(struct elbow_shelf *shelf, struct elbow_error *error)
{
    struct elbow_shelf_entry *larger = NULL;
    if (shelf->count < shelf->capacity)
        return ELBOW_OK;
    size_t capacity = 2 * shelf->capacity + 8;
    enum elbow_status status = elbow_allocate(&larger, capacity, sizeof *larger, "checkpoints", error);
    if (status != ELBOW_OK)
        return status;
    if (shelf->count > 0)
        memcpy(larger, shelf->entries, shelf->count * sizeof *larger);
    elbow_release(&shelf->entries);
    shelf->entries = larger;
    shelf->capacity = capacity;
    return ELBOW_OK;
}

// The place of a step: its entry, or where it belongs.
static size_t place_of(const struct elbow_shelf *shelf, uint64_t step)
{
    size_t i = shelf->count;
    while (i > 0 && shelf->entries[i - 1].step >= step)
        --i;
    return i;
}

static void add_sound(struct elbow_shelf *shelf, uint64_t step)
{
    size_t at = place_of(shelf, step);
    if (at == shelf->count || shelf->entries[at].step != step) {
        ELBOW_CHECK(shelf->count < shelf->capacity);
        memmove(shelf->entries + at + 1, shelf->entries + at, (shelf->count - at) * sizeof *shelf->entries);
        ++shelf->count;
    }
    shelf->entries[at] = (struct elbow_shelf_entry){.step = step, .is_sound = true};
}

static void forget(struct elbow_shelf *shelf, size_t at)
{
    --shelf->count;
    memmove(shelf->entries + at, shelf->entries + at + 1, (shelf->count - at) * sizeof *shelf->entries);
}

void elbow_shelf_put(struct elbow_shelf *shelf, const char *run, uint64_t step, int64_t keep, bool keeps_best)
{
    elbow_path path;
    uint64_t best = keeps_best ? linked_best(run) : 0;
    int64_t kept = 0;
    add_sound(shelf, step);
    for (size_t i = shelf->count; i-- > 0;) {
        struct elbow_shelf_entry *entry = &shelf->entries[i];
        if (!elbow_checkpoint_path(run, entry->step, path))
            return;
        if (!entry->is_sound && elbow_checkpoint_verify_file(path, NULL) != ELBOW_OK) {
            forget(shelf, i);
            continue;
        }
        entry->is_sound = true;
        if (kept < keep)
            ++kept;
        else if (entry->step != best && (unlink(path) == 0 || errno == ENOENT))
            forget(shelf, i);
    }
}

void elbow_shelf_clear(struct elbow_shelf *shelf)
{
    elbow_release(&shelf->entries);
    *shelf = (struct elbow_shelf){0};
}
