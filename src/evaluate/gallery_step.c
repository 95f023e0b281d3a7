// SPDX-License-Identifier: BSD-3-Clause
// The pictures of a run's steps: their names, and which of them are kept.
#include "elbow/evaluate/gallery.h"

#include "elbow/base/memory.h"
#include "elbow/output/sink.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The beginnings and endings of the names of a step's pictures.
static const char *const beginnings[] = {"step-", "reconstruction-"};
static const enum elbow_sink_kind formats[] = {ELBOW_SINK_PNG, ELBOW_SINK_HDF5, ELBOW_SINK_CSV};
enum { BEGINNINGS = sizeof beginnings / sizeof *beginnings, FORMATS = sizeof formats / sizeof *formats };
enum { PICTURE_OF_SAMPLES, PICTURE_OF_RECONSTRUCTIONS };

static void name_picture(char name[64], int beginning, uint64_t step, enum elbow_sink_kind format)
{
    elbow_text_format(name, 64, "%s%08" PRIu64 "%s", beginnings[beginning], step, elbow_sink_endings(format)[0]);
}

void elbow_gallery_name(uint64_t step, bool of_reconstructions, char name[ELBOW_GALLERY_NAME_SIZE])
{
    name_picture(name, of_reconstructions ? PICTURE_OF_RECONSTRUCTIONS : PICTURE_OF_SAMPLES, step, ELBOW_SINK_PNG);
}

// A picture that cannot be written keeps no other one from being tried.
static bool may_go_on(const struct elbow_error *error)
{
    return error->status == ELBOW_OK || error->status == ELBOW_OUTPUT;
}

// The largest number of samples up to `most` with the same number of each class.
static uint64_t count_samples(const struct elbow_gallery *gallery, uint64_t most)
{
    uint64_t classes = elbow_gallery_classes(gallery);
    return most > classes ? most / classes * classes : most;
}

// Collective. The pictures of a step in one format.
static enum elbow_status draw_step(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                   uint64_t step, enum elbow_sink_kind format, struct elbow_error *error)
{
    char name[64];
    elbow_path path;
    uint64_t count = (uint64_t)gallery->config->samples.count, seed = (uint64_t)gallery->config->seed;
    name_picture(name, PICTURE_OF_SAMPLES, step, format);
    elbow_text_format(path, sizeof path, "samples/%s", name);
    if (gallery->model->prior != NULL)
        elbow_gallery_samples(gallery, path, count_samples(gallery, count), seed, false, error);
    uint64_t pairs = count / 2;
    if (dataset != NULL && pairs > dataset->samples)
        pairs = dataset->samples;
    if (!may_go_on(error) || dataset == NULL || pairs == 0)
        return error->status;
    struct elbow_error first = *error;
    name_picture(name, PICTURE_OF_RECONSTRUCTIONS, step, format);
    elbow_text_format(path, sizeof path, "samples/%s", name);
    elbow_gallery_reconstructions(gallery, dataset, path, 0, pairs, seed, false, error);
    if (first.status != ELBOW_OK)
        *error = first;
    return error->status;
}

enum elbow_status elbow_gallery_step(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                     uint64_t step, struct elbow_error *error)
{
    ELBOW_CHECK(gallery->pending != NULL);
    *error = (struct elbow_error){0};
    if (gallery->config->samples.count <= 0)
        return ELBOW_OK;
    if (elbow_gallery_has_pictures(gallery))
        return draw_step(gallery, dataset, step, ELBOW_SINK_PNG, error);
    struct elbow_error table = {0};
    draw_step(gallery, dataset, step, ELBOW_SINK_HDF5, error);
    if (may_go_on(error))
        draw_step(gallery, dataset, step, ELBOW_SINK_CSV, &table);
    if (error->status == ELBOW_OK)
        *error = table;
    return error->status;
}

// The step of a picture's name; false for all names that a run does not give.
static bool step_of(const char *name, uint64_t *step)
{
    char same[64];
    for (int i = 0; i < BEGINNINGS; ++i) {
        size_t length = strlen(beginnings[i]);
        if (strncmp(name, beginnings[i], length) != 0 || name[length] < '0' || name[length] > '9')
            continue;
        *step = strtoull(name + length, NULL, 10);
        for (int k = 0; k < FORMATS; ++k) {
            name_picture(same, i, *step, formats[k]);
            if (strcmp(name, same) == 0)
                return true;
        }
    }
    return false;
}

bool elbow_gallery_is_name(const char *name)
{
    uint64_t step;
    return step_of(name, &step);
}

bool elbow_gallery_has_after(const struct elbow_directory *run, uint64_t step)
{
    uint64_t step_found;
    bool has = false;
    DIR *stream = elbow_directory_list(run, "samples");
    if (stream == NULL)
        return false;
    for (const struct dirent *entry; !has && (entry = readdir(stream)) != NULL;) {
        struct stat about;
        has = step_of(entry->d_name, &step_found) && step_found > step &&
              fstatat(dirfd(stream), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(about.st_mode);
    }
    closedir(stream);
    return has;
}

void elbow_gallery_cut(const struct elbow_directory *run, uint64_t step)
{
    uint64_t found;
    DIR *stream = elbow_directory_list(run, "samples");
    if (stream == NULL)
        return;
    for (const struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream))
        if (step_of(entry->d_name, &found) && found > step)
            unlinkat(dirfd(stream), entry->d_name, 0);
    closedir(stream);
}

// Writes the steps of images, at most `capacity`, and returns their number.
static size_t list_images(const struct elbow_directory *run, uint64_t *steps, size_t capacity)
{
    size_t count = 0;
    uint64_t step;
    DIR *stream = elbow_directory_list(run, "samples");
    if (stream == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (!step_of(entry->d_name, &step) || !elbow_output_ends(entry->d_name, elbow_sink_endings(ELBOW_SINK_PNG)[0]))
            continue;
        if (count < capacity)
            steps[count] = step;
        ++count;
    }
    closedir(stream);
    return count;
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

enum elbow_status elbow_gallery_steps(const struct elbow_directory *run, uint64_t **steps, size_t *count,
                                      struct elbow_error *error)
{
    size_t capacity = list_images(run, NULL, 0);
    *count = 0;
    enum elbow_status status = elbow_allocate(steps, capacity, sizeof **steps, "the pictures of a run", error);
    if (status != ELBOW_OK || capacity == 0)
        return status;
    size_t found = list_images(run, *steps, capacity);
    found = found < capacity ? found : capacity;
    qsort(*steps, found, sizeof **steps, by_number);
    for (size_t i = 0; i < found; ++i)
        if (i == 0 || (*steps)[i] != (*steps)[*count - 1])
            (*steps)[(*count)++] = (*steps)[i];
    return ELBOW_OK;
}
