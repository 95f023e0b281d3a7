// SPDX-License-Identifier: BSD-3-Clause
// Files that a file refers to: where they are searched (in the places and the order of libhdf5), where a broken link
// should lead, and whether a dataset has bytes in another file.
#include "elbow/data/detail/hdf5.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool elbow_hdf5_is_file(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

// The directory of a file, with the slash; empty for none.
void elbow_hdf5_directory(const char *path, elbow_path directory)
{
    elbow_text_format(directory, ELBOW_PATH_SIZE, "%s", path);
    char *slash = strrchr(directory, '/');
    directory[slash == NULL ? 0 : slash + 1 - directory] = '\0';
}

bool elbow_hdf5_join(const char *directory, const char *name, elbow_path path)
{
    size_t length = strlen(directory);
    bool has_slash = length == 0 || directory[length - 1] == '/';
    return elbow_text_format(path, ELBOW_PATH_SIZE, "%s%s%s", directory, has_slash ? "" : "/", name);
}

// A directory from an environment variable; ${ORIGIN} stands for the directory of the referring file.
bool elbow_hdf5_join_prefix(const char *prefix, const char *home, const char *name, elbow_path path)
{
    static const char ORIGIN[] = "${ORIGIN}";
    elbow_path directory, whole;
    if (strncmp(prefix, ORIGIN, sizeof ORIGIN - 1) != 0)
        return elbow_hdf5_join(prefix, name, path);
    elbow_hdf5_directory(home, directory);
    return elbow_text_format(whole, sizeof whole, "%s%s", directory, prefix + sizeof ORIGIN - 1) &&
           elbow_hdf5_join(whole[0] == '\0' ? "." : whole, name, path);
}

static bool find_by_variable(const char *variable, const char *home, const char *name, elbow_path path)
{
    const char *rest = getenv(variable);
    while (rest != NULL && rest[0] != '\0') {
        elbow_path prefix;
        size_t length = strcspn(rest, ":");
        bool fits = elbow_text_format(prefix, sizeof prefix, "%.*s", (int)length, rest);
        if (fits && length > 0 && elbow_hdf5_join_prefix(prefix, home, name, path) && elbow_hdf5_is_file(path))
            return true;
        rest += length + (rest[length] == ':');
    }
    return false;
}

bool elbow_hdf5_resolve(const char *variable, const char *home, const char *name, elbow_path path)
{
    elbow_path directory, real;
    const char *last = strrchr(name, '/');
    if (name[0] == '/' && elbow_text_format(path, ELBOW_PATH_SIZE, "%s", name) && elbow_hdf5_is_file(path))
        return true;
    if (name[0] == '/')
        name = last + 1; // a file that was moved is searched next to the referring one
    if (find_by_variable(variable, home, name, path))
        return true;
    elbow_hdf5_directory(home, directory);
    if (elbow_hdf5_join(directory, name, path) && elbow_hdf5_is_file(path))
        return true;
    if (elbow_hdf5_join("", name, path) && elbow_hdf5_is_file(path))
        return true;
    char *resolved = realpath(home, NULL);
    bool fits = resolved != NULL && elbow_text_format(real, sizeof real, "%s", resolved);
    free(resolved);
    if (!fits)
        return false;
    elbow_hdf5_directory(real, directory);
    return elbow_hdf5_join(directory, name, path) && elbow_hdf5_is_file(path);
}

bool elbow_hdf5_home(hid_t object, elbow_path home)
{
    ssize_t length = H5Fget_name(object, home, ELBOW_PATH_SIZE);
    return length >= 0 && length < ELBOW_PATH_SIZE;
}

bool elbow_hdf5_identify(hid_t object, struct elbow_hdf5_identity *identity, bool *is_shared)
{
    *identity = (struct elbow_hdf5_identity){0};
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t about;
    if (H5Oget_info3(object, &about, H5O_INFO_BASIC) < 0)
        return false;
    memcpy(identity->object, &about.token, sizeof about.token);
#else
    H5O_info_t about;
    if (H5Oget_info2(object, &about, H5O_INFO_BASIC) < 0)
        return false;
    memcpy(identity->object, &about.addr, sizeof about.addr);
#endif
    identity->file = about.fileno;
    *is_shared = about.rc > 1;
    return true;
}

static void describe_external(struct elbow_hdf5 *file, const char *link, size_t size, char *what, size_t what_size)
{
    char value[2 * ELBOW_PATH_SIZE];
    const char *target = NULL, *object = NULL;
    elbow_path path;
    unsigned flags;
    if (size > sizeof value || H5Lget_val(file->id, link, value, sizeof value, H5P_DEFAULT) < 0 ||
        H5Lunpack_elink_val(value, size, &flags, &target, &object) < 0)
        elbow_text_format(what, what_size, "is a link to another file that cannot be read");
    else if (!elbow_hdf5_resolve("HDF5_EXT_PREFIX", file->name, target, path))
        elbow_text_format(what, what_size,
                          "is a link to %.300s in %.300s, and there is no such file (searched next to this one, in the "
                          "working directory, and in HDF5_EXT_PREFIX)",
                          object, target);
    else
        elbow_text_format(what, what_size, "is a link to %.300s in %.300s, where it cannot be found", object, path);
}

bool elbow_hdf5_describe_link(struct elbow_hdf5 *file, const char *link, char *what, size_t size)
{
    char target[ELBOW_PATH_SIZE];
    H5L_info_t info;
    if (H5Lget_info(file->id, link, &info, H5P_DEFAULT) < 0)
        return false;
    if (info.type == H5L_TYPE_EXTERNAL)
        describe_external(file, link, info.u.val_size, what, size);
    else if (info.type == H5L_TYPE_SOFT && info.u.val_size < sizeof target &&
             H5Lget_val(file->id, link, target, sizeof target, H5P_DEFAULT) >= 0)
        elbow_text_format(what, size, "is a link to %.300s, which does not exist", target);
    else
        return false;
    return true;
}
