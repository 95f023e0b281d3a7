// SPDX-License-Identifier: BSD-3-Clause
// Rechunking, the walk: groups, links and datasets of a file, in order of name, into a new one.
#include "elbow/data/detail/rechunk.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { DEPTH_MOST = 64 };

static bool fail(const struct elbow_rechunking *rechunking, const char *name, const char *what)
{
    elbow_hdf5_fail(rechunking->from, ELBOW_FORMAT, rechunking->error, "%s: %s", name, what);
    return false;
}

// The name under which an object already is in the new file; NULL if it is not. An object with several names is
// recorded.
static const char *seen_as(struct elbow_rechunking *rechunking, hid_t object, const char *name, bool *is_fine)
{
    struct elbow_rechunk_seen seen;
    bool is_shared = false;
    *is_fine = elbow_hdf5_identify(object, &seen.identity, &is_shared) || fail(rechunking, name, "cannot be read");
    if (!*is_fine || !is_shared)
        return NULL;
    for (size_t i = 0; i < rechunking->count; ++i)
        if (memcmp(&rechunking->seen[i].identity, &seen.identity, sizeof seen.identity) == 0)
            return rechunking->seen[i].name;
    if (rechunking->count == rechunking->capacity) {
        size_t capacity = 2 * rechunking->capacity + 16;
        struct elbow_rechunk_seen *larger;
        *is_fine = elbow_allocate(&larger, capacity, sizeof *larger, "names of a file", rechunking->error) == ELBOW_OK;
        if (!*is_fine)
            return NULL;
        if (rechunking->count > 0)
            memcpy(larger, rechunking->seen, rechunking->count * sizeof *larger);
        elbow_release(&rechunking->seen);
        rechunking->seen = larger;
        rechunking->capacity = capacity;
    }
    elbow_text_format(seen.name, sizeof seen.name, "%s", name);
    rechunking->seen[rechunking->count++] = seen;
    return NULL;
}

static bool fail_write(struct elbow_rechunking *rechunking, const char *name)
{
    elbow_hdf5_fail_write(rechunking->to, "%s cannot be written", name);
    return false;
}

// The attributes of this walk, unless the object was left out.
static bool copy_attributes(struct elbow_rechunking *rechunking, hid_t object, const char *name)
{
    hid_t copy = elbow_hdf5_open_object(rechunking->to, name);
    if (copy < 0)
        return true;
    bool is_done =
        elbow_rechunk_attributes(rechunking, object, copy) || fail(rechunking, name, "its attributes cannot be copied");
    H5Oclose(copy);
    return is_done;
}

// A dataset that is copied unchanged, except for its attributes, which may refer to objects.
static bool copy_dataset(struct elbow_rechunking *rechunking, hid_t dataset, const char *name)
{
    hid_t type = H5Dget_type(dataset);
    bool is_reference = type >= 0 && elbow_rechunk_is_reference(type);
    if (type >= 0)
        H5Tclose(type);
    if (is_reference) {
        rechunking->result->references += 1;
        return true;
    }
    hid_t how = H5Pcreate(H5P_OBJECT_COPY);
    elbow_hdf5_create_groups(rechunking->to, name);
    bool is_copied = how >= 0 && H5Pset_copy_object(how, H5O_COPY_WITHOUT_ATTR_FLAG) >= 0 &&
                     H5Ocopy(rechunking->from->id, name, rechunking->to->id, name, how, H5P_DEFAULT) >= 0;
    if (how >= 0)
        H5Pclose(how);
    if (!is_copied)
        return fail_write(rechunking, name);
    rechunking->result->copied += 1;
    return copy_attributes(rechunking, dataset, name);
}

static bool copy_link(struct elbow_rechunking *rechunking, const char *name, const H5L_info_t *link)
{
    char value[2 * ELBOW_PATH_SIZE];
    const char *file = NULL, *object = NULL;
    elbow_path here, there, found;
    unsigned flags;
    bool is_read = link->u.val_size <= sizeof value &&
                   H5Lget_val(rechunking->from->id, name, value, sizeof value, H5P_DEFAULT) >= 0;
    if (!is_read)
        return fail(rechunking, name, "the link cannot be read");
    if (link->type == H5L_TYPE_SOFT)
        return H5Lcreate_soft(value, rechunking->to->id, name, H5P_DEFAULT, H5P_DEFAULT) >= 0 ||
               fail_write(rechunking, name);
    if (link->type != H5L_TYPE_EXTERNAL || H5Lunpack_elink_val(value, link->u.val_size, &flags, &file, &object) < 0)
        return fail(rechunking, name, "is a link of a kind that is not known here");
    elbow_hdf5_directory(rechunking->request->source, here);
    elbow_hdf5_directory(rechunking->request->target, there);
    // From another directory, a relative name would lead elsewhere.
    if (strcmp(here, there) != 0 && elbow_hdf5_resolve("HDF5_EXT_PREFIX", rechunking->from->name, file, found))
        file = found;
    return H5Lcreate_external(file, object, rechunking->to->id, name, H5P_DEFAULT, H5P_DEFAULT) >= 0 ||
           fail_write(rechunking, name);
}

static bool copy_object(struct elbow_rechunking *rechunking, hid_t object, const char *name, int depth);

// A group whose members are visited.
struct frame {
    struct elbow_rechunking *rechunking;
    const char *name;
    int depth;
};

static herr_t give_up(const struct elbow_rechunking *rechunking, const char *name, const char *what)
{
    fail(rechunking, name, what);
    return -1;
}

static herr_t visit_link(hid_t group, const char *member, const H5L_info_t *link, void *user)
{
    const struct frame *frame = user;
    struct elbow_rechunking *rechunking = frame->rechunking;
    elbow_path name;
    if (!elbow_text_format(name, sizeof name, "%s/%s", strcmp(frame->name, "/") == 0 ? "" : frame->name, member))
        return give_up(rechunking, frame->name, "a member's name is too long");
    if (link->type != H5L_TYPE_HARD)
        return rechunking->refers || copy_link(rechunking, name, link) ? 0 : -1;
    hid_t object = H5Oopen(group, member, H5P_DEFAULT);
    if (object < 0)
        return give_up(rechunking, name, "cannot be opened");
    bool is_done = copy_object(rechunking, object, name, frame->depth + 1);
    H5Oclose(object);
    return is_done ? 0 : -1;
}

static bool copy_group(struct elbow_rechunking *rechunking, hid_t group, const char *name, int depth)
{
    struct frame frame = {rechunking, name, depth};
    elbow_path below;
    if (depth > DEPTH_MOST || !elbow_text_format(below, sizeof below, "%s/x", name))
        return fail(rechunking, name, "groups are nested too deep");
    elbow_hdf5_create_groups(rechunking->to, below);
    if (rechunking->to->error.status != ELBOW_OK || !copy_attributes(rechunking, group, name))
        return false;
    return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_link, &frame) >= 0 ||
           rechunking->error->status != ELBOW_OK || rechunking->to->error.status != ELBOW_OK ||
           fail(rechunking, name, "its members cannot be listed");
}

static bool copy_hard_link(struct elbow_rechunking *rechunking, const char *first, const char *name)
{
    if (rechunking->refers)
        return true;
    elbow_hdf5_create_groups(rechunking->to, name);
    return H5Lcreate_hard(rechunking->to->id, first, rechunking->to->id, name, H5P_DEFAULT, H5P_DEFAULT) >= 0 ||
           fail_write(rechunking, name);
}

// Of a committed type, only the type itself is copied.
static bool copy_other(struct elbow_rechunking *rechunking, const char *name)
{
    elbow_hdf5_create_groups(rechunking->to, name);
    return H5Ocopy(rechunking->from->id, name, rechunking->to->id, name, H5P_DEFAULT, H5P_DEFAULT) >= 0 ||
           fail_write(rechunking, name);
}

static bool copy_object(struct elbow_rechunking *rechunking, hid_t object, const char *name, int depth)
{
    bool is_fine = true, is_alone = depth == 0;
    H5I_type_t type = H5Iget_type(object);
    const char *first = depth > 0 ? seen_as(rechunking, object, name, &is_fine) : NULL;
    if (!is_fine)
        return false;
    if (first != NULL)
        return strcmp(first, name) == 0 || copy_hard_link(rechunking, first, name);
    if (type == H5I_GROUP)
        return copy_group(rechunking, object, name, depth);
    if (rechunking->refers)
        return copy_attributes(rechunking, object, name);
    if (type != H5I_DATASET)
        return copy_other(rechunking, name);
    return is_alone || elbow_rechunk_wants(rechunking, object) ? elbow_rechunk_rows(rechunking, object, name)
                                                               : copy_dataset(rechunking, object, name);
}

// One walk for all objects, and one for references to them.
static void walk(struct elbow_rechunking *rechunking, const char *name)
{
    bool is_done = true;
    for (int i = 0; i < 2 && is_done; ++i) {
        hid_t object = elbow_hdf5_open_object(rechunking->from, name);
        rechunking->refers = i == 1;
        rechunking->count = 0;
        is_done = object >= 0 && copy_object(rechunking, object, name, 0);
        if (object >= 0)
            H5Oclose(object);
    }
    if (is_done || rechunking->error->status != ELBOW_OK || rechunking->to->error.status != ELBOW_OK)
        return;
    fail(rechunking, name, "cannot be copied, the file may be damaged");
}

static enum elbow_status check_name(struct elbow_hdf5 *from, const char *name, struct elbow_error *error)
{
    bool found = false;
    enum elbow_status status = elbow_hdf5_find(from, name, &found, error);
    return found ? status : elbow_hdf5_fail_missing(from, name, status, error);
}

enum elbow_status elbow_rechunk(const struct elbow_rechunk_request *request, struct elbow_rechunk_result *result,
                                struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(request->chunk_bytes > 0);
    struct elbow_rechunking rechunking = {.request = request, .result = result, .error = error};
    const char *name = request->dataset != NULL && request->dataset[0] != '\0' ? request->dataset : "/";
    *result = (struct elbow_rechunk_result){0};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_hdf5_open(request->source, &rechunking.from, error);
    if (status == ELBOW_OK && strcmp(name, "/") != 0)
        status = check_name(rechunking.from, name, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_create(request->target, true, &rechunking.to, error);
    if (status == ELBOW_OK)
        walk(&rechunking, name);
    elbow_release(&rechunking.seen);
    struct elbow_error closing = {0};
    elbow_hdf5_close(rechunking.to, &closing);
    elbow_hdf5_close(rechunking.from, NULL);
    if (error->status == ELBOW_OK)
        *error = closing;
    return error->status;
}
