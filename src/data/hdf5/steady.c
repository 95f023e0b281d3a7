// SPDX-License-Identifier: BSD-3-Clause
// A file must not change while it is read: libhdf5 caches its structure, and returns zeros for bytes after its end.
#include "elbow/data/detail/hdf5.h"

#include <sys/stat.h>

static bool look(const struct elbow_hdf5 *file, struct elbow_hdf5_stamp *stamp)
{
    void *handle = NULL;
    struct stat about;
    if (H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) < 0 || handle == NULL || fstat(*(int *)handle, &about) != 0)
        return false;
    *stamp =
        (struct elbow_hdf5_stamp){.is_known = true, .size = (uint64_t)about.st_size, .seconds = about.st_mtim.tv_sec};
    return true;
}

void elbow_hdf5_stamp(struct elbow_hdf5 *file)
{
    struct elbow_hdf5_stamp stamp;
    if (look(file, &stamp))
        file->stamp = stamp;
}

enum elbow_status elbow_hdf5_check_steady(const struct elbow_hdf5 *file, struct elbow_error *error)
{
    const struct elbow_hdf5_stamp *then = &file->stamp;
    struct elbow_hdf5_stamp now;
    if (!then->is_known || !look(file, &now))
        return ELBOW_OK;
    if (now.size != then->size)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: had %s when it was opened, and has %s now; a file must not change while it is read",
                               file->name, elbow_text_count(then->size, "byte").text,
                               elbow_text_count(now.size, "byte").text);
    if (now.seconds != then->seconds)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: was written to after it was opened; a file must not change while it is read",
                               file->name);
    return ELBOW_OK;
}
