// SPDX-License-Identifier: BSD-3-Clause
// The list of inputs, by device, inode and time of birth: a name says little where links are, and the inode of a file
// that was removed is soon another one's.
#include "elbow/base/inputs.h"

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct {
    pthread_mutex_t mutex;
    struct input {
        uint64_t device, inode;
        struct statx_timestamp birth; // zero where the file system does not tell
    } * files;
    size_t count, capacity;
} inputs = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// Under the mutex.
static bool is_noted(const struct input *file)
{
    for (size_t i = 0; i < inputs.count; ++i) {
        const struct input *noted = &inputs.files[i];
        if (noted->device == file->device && noted->inode == file->inode && noted->birth.tv_sec == file->birth.tv_sec &&
            noted->birth.tv_nsec == file->birth.tv_nsec)
            return true;
    }
    return false;
}

// False if there is no file, through symbolic links.
static bool look(int directory, const char *path, struct input *file)
{
    struct statx about = {0};
    if (statx(directory, path, 0, STATX_INO | STATX_BTIME, &about) != 0)
        return false;
    *file = (struct input){.device = (uint64_t)about.stx_dev_major << 32 | about.stx_dev_minor, .inode = about.stx_ino};
    if ((about.stx_mask & STATX_BTIME) != 0)
        file->birth = about.stx_btime;
    return true;
}

// Under the mutex. The list lasts as long as the process: it is no part of any work whose memory is counted.
static enum elbow_status reserve(struct elbow_error *error)
{
    if (inputs.count < inputs.capacity)
        return ELBOW_OK;
    size_t capacity = 2 * inputs.capacity + 16;
    struct input *larger = realloc(inputs.files, capacity * sizeof *larger);
    if (larger == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "out of memory for the list of inputs");
    inputs.files = larger;
    inputs.capacity = capacity;
    return ELBOW_OK;
}

enum elbow_status elbow_inputs_note(const char *path, struct elbow_error *error)
{
    struct input file;
    enum elbow_status status = ELBOW_OK;
    if (!look(AT_FDCWD, path, &file))
        return ELBOW_OK;
    pthread_mutex_lock(&inputs.mutex);
    if (!is_noted(&file)) {
        status = reserve(error);
        if (status == ELBOW_OK)
            inputs.files[inputs.count++] = file;
    }
    pthread_mutex_unlock(&inputs.mutex);
    return status;
}

bool elbow_inputs_have(const struct elbow_directory *directory, const char *path)
{
    struct input file;
    if (!look(elbow_directory_descriptor(directory), path, &file))
        return false;
    pthread_mutex_lock(&inputs.mutex);
    bool is_input = is_noted(&file);
    pthread_mutex_unlock(&inputs.mutex);
    return is_input;
}
