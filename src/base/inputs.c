// SPDX-License-Identifier: BSD-3-Clause
// The list of inputs, by device and inode: a name says little where links are.
#include "elbow/base/inputs.h"

#include "elbow/base/memory.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

static struct {
    pthread_mutex_t mutex;
    struct input {
        dev_t device;
        ino_t inode;
    } * files;
    size_t count, capacity;
} inputs = {.mutex = PTHREAD_MUTEX_INITIALIZER};

// Under the mutex.
static bool is_noted(const struct stat *about)
{
    for (size_t i = 0; i < inputs.count; ++i)
        if (inputs.files[i].device == about->st_dev && inputs.files[i].inode == about->st_ino)
            return true;
    return false;
}

// Under the mutex.
static enum elbow_status make_room(struct elbow_error *error)
{
    struct input *larger = NULL;
    if (inputs.count < inputs.capacity)
        return ELBOW_OK;
    size_t capacity = 2 * inputs.capacity + 16;
    enum elbow_status status = elbow_allocate(&larger, capacity, sizeof *larger, "the list of inputs", error);
    if (status != ELBOW_OK)
        return status;
    if (inputs.count > 0)
        memcpy(larger, inputs.files, inputs.count * sizeof *larger);
    elbow_release(&inputs.files);
    inputs.files = larger;
    inputs.capacity = capacity;
    return ELBOW_OK;
}

enum elbow_status elbow_inputs_note(const char *path, struct elbow_error *error)
{
    struct stat about;
    enum elbow_status status = ELBOW_OK;
    if (stat(path, &about) != 0)
        return ELBOW_OK;
    pthread_mutex_lock(&inputs.mutex);
    if (!is_noted(&about)) {
        status = make_room(error);
        if (status == ELBOW_OK)
            inputs.files[inputs.count++] = (struct input){.device = about.st_dev, .inode = about.st_ino};
    }
    pthread_mutex_unlock(&inputs.mutex);
    return status;
}

bool elbow_inputs_have(const struct elbow_directory *directory, const char *path)
{
    struct stat about;
    if (fstatat(elbow_directory_descriptor(directory), path, &about, 0) != 0)
        return false;
    pthread_mutex_lock(&inputs.mutex);
    bool is_input = is_noted(&about);
    pthread_mutex_unlock(&inputs.mutex);
    return is_input;
}
