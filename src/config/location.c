// SPDX-License-Identifier: BSD-3-Clause
// A place of a dataset: its file, its name, and whether it has both.
#include "elbow/config/detail/check.h"

#include <string.h>

bool elbow_config_locate(const char *file, const char *location, elbow_path found_file, elbow_path found_dataset)
{
    ELBOW_CHECK(file != NULL && location != NULL);
    const char *cut = NULL; // the last ":/": a file's name may hold one, too
    for (const char *next = strstr(location, ":/"); next; next = strstr(next + 1, ":/"))
        cut = next;
    const char *dataset = cut ? cut + 1 : location;
    size_t file_length = cut ? (size_t)(cut - location) : strlen(file);
    size_t dataset_length = strlen(dataset);
    memset(found_file, 0, ELBOW_PATH_SIZE);
    memset(found_dataset, 0, ELBOW_PATH_SIZE);
    if (file_length >= ELBOW_PATH_SIZE || dataset_length >= ELBOW_PATH_SIZE)
        return false;
    memcpy(found_file, cut ? location : file, file_length);
    memcpy(found_dataset, dataset, dataset_length);
    return true;
}

enum elbow_status elbow_config_check_location(const struct elbow_config *config, const char *name, const char *key,
                                              const char *location, bool is_bare, struct elbow_error *error)
{
    elbow_path file, dataset;
    ELBOW_CHECK(elbow_config_locate(config->data.file, location, file, dataset)); // both were bounded when read
    if (dataset[0] != '/' || !dataset[1])
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "%s: data.%s: found '%.200s', expected a dataset such as /train/images or FILE:/train/images%s", name, key,
            location, strcmp(key, "valid") == 0 ? ", or a share of the training rows such as 0.2" : "");
    if (!*file && !is_bare)
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: data.%s: no file for the dataset %.200s; set data.file, or write FILE:%.200s", name,
                               key, location, location);
    return ELBOW_OK;
}
