// SPDX-License-Identifier: BSD-3-Clause
// Files of MATLAB 7.3: HDF5 behind a user block that says so, and an attribute at each variable.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/file.h"

#include <string.h>
#include <unistd.h>

static const char HEADER[] = "MATLAB 7.3 MAT-file";

static bool has_block(const struct elbow_hdf5 *file)
{
    char header[sizeof HEADER - 1];
    int descriptor = file->is_memory ? -1 : elbow_file_open_input(file->name, false);
    if (descriptor < 0)
        return false;
    bool is_so =
        read(descriptor, header, sizeof header) == (ssize_t)sizeof header && memcmp(header, HEADER, sizeof header) == 0;
    close(descriptor);
    return is_so;
}

bool elbow_hdf5_may_be_reversed(struct elbow_hdf5 *file, const char *name, const struct elbow_hdf5_info *info)
{
    ELBOW_HDF5_GUARD;
    bool found = false;
    if (info->rank < 2 || info->shape[info->rank - 1] <= 1)
        return false;
    return (elbow_hdf5_find_attribute(file, name, "MATLAB_class", &found, NULL) == ELBOW_OK && found) ||
           has_block(file);
}
