// SPDX-License-Identifier: BSD-3-Clause
// Outlines: the datasets that a member of a group is or contains. Of objects below it whose names differ only in
// numbers, one stands for all, so that groups of different lengths are similar.
#include "elbow/data/detail/outline.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH = 4 };

// "img_#" of "img_017". False if there is no number in it.
bool elbow_hdf5_fold(const char *name, char pattern[ELBOW_HDF5_PATTERN_SIZE])
{
    size_t length = 0;
    bool has_number = false;
    for (const char *at = name; *at != '\0' && length + 1 < ELBOW_HDF5_PATTERN_SIZE; ++length) {
        bool is_number = isdigit((unsigned char)*at) != 0;
        pattern[length] = is_number ? '#' : *at;
        has_number = has_number || is_number;
        at += is_number ? strspn(at, "0123456789") : 1;
    }
    pattern[length] = '\0';
    return has_number;
}

static void describe_part(hid_t dataset, const char *path, struct elbow_hdf5_part *part)
{
    char what[ELBOW_HDF5_WHAT_SIZE];
    struct elbow_hdf5_info info;
    *part = (struct elbow_hdf5_part){.type = "no numbers"};
    elbow_text_format(part->path, sizeof part->path, "%s", path);
    if (elbow_hdf5_describe_id(dataset, &info, what, sizeof what) != ELBOW_OK)
        return;
    elbow_text_format(part->type, sizeof part->type, "%s", elbow_element_name(info.element));
    part->rank = info.rank;
    memcpy(part->shape, info.shape, sizeof part->shape);
}

struct outlining {
    struct elbow_hdf5_outline *outline;
    const char *path; // of the group, ended by a slash
    int depth;
};

static herr_t outline_link(hid_t group, const char *name, const H5L_info_t *link, void *user);

static void outline_group(hid_t group, const char *path, int depth, struct elbow_hdf5_outline *outline)
{
    struct outlining outlining = {.outline = outline, .path = path, .depth = depth};
    H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, outline_link, &outlining);
}

// Whether a path is that place, or beneath it.
static bool is_at(const char *path, const char *place)
{
    size_t length = strlen(place);
    return strncmp(path, place, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

// One of several objects with the same pattern stands for all.
static herr_t outline_link(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    struct outlining *outlining = user;
    struct elbow_hdf5_outline *outline = outlining->outline;
    char pattern[ELBOW_HDF5_PATTERN_SIZE], path[ELBOW_HDF5_PATTERN_SIZE];
    (void)link;
    elbow_hdf5_fold(name, pattern);
    elbow_text_format(path, sizeof path, "%s%s", outlining->path, pattern);
    for (size_t i = 0; i < outline->count; ++i)
        if (is_at(outline->parts[i].path, path))
            return 0;
    outline->has_more = outline->count == ELBOW_HDF5_PARTS;
    hid_t object = outline->has_more ? H5I_INVALID_HID : H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0)
        return outline->has_more;
    if (H5Iget_type(object) == H5I_DATASET) {
        describe_part(object, path, &outline->parts[outline->count++]);
    } else if (H5Iget_type(object) == H5I_GROUP && outlining->depth < DEPTH &&
               elbow_text_format(path, sizeof path, "%s%s/", outlining->path, pattern)) {
        outline_group(object, path, outlining->depth + 1, outline);
    }
    H5Oclose(object);
    return outline->has_more;
}

// False if it holds nothing that can be described.
bool elbow_hdf5_outline_member(hid_t group, const char *name, struct elbow_hdf5_outline *outline)
{
    *outline = (struct elbow_hdf5_outline){.count = 0};
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0)
        return false;
    H5I_type_t type = H5Iget_type(object);
    outline->is_group = type == H5I_GROUP;
    if (type == H5I_DATASET)
        describe_part(object, "", &outline->parts[outline->count++]);
    else if (type == H5I_GROUP)
        outline_group(object, "", 1, outline);
    H5Oclose(object);
    return outline->count > 0 && (outline->is_group || strcmp(outline->parts[0].type, "no numbers") != 0);
}

static bool has_same_shape(const struct elbow_hdf5_part *a, const struct elbow_hdf5_part *b)
{
    return memcmp(a->shape, b->shape, sizeof a->shape) == 0;
}

// Whether both hold the same, but for shapes; single datasets of any names have to have the same of these, too.
bool elbow_hdf5_is_alike(const struct elbow_hdf5_outline *a, const struct elbow_hdf5_outline *b, bool has_any_name)
{
    bool are_equal = a->is_group == b->is_group && a->count == b->count && a->has_more == b->has_more;
    for (size_t i = 0; i < a->count && are_equal; ++i) {
        const struct elbow_hdf5_part *one = &a->parts[i], *other = &b->parts[i];
        are_equal = strcmp(one->path, other->path) == 0 && strcmp(one->type, other->type) == 0 &&
                    one->rank == other->rank && (!has_any_name || a->is_group || has_same_shape(one, other));
    }
    return are_equal;
}

void elbow_hdf5_note_shapes(struct elbow_hdf5_outline *outline, const struct elbow_hdf5_outline *other)
{
    for (size_t i = 0; i < outline->count; ++i) {
        struct elbow_hdf5_part *part = &outline->parts[i];
        const struct elbow_hdf5_part *its = &other->parts[i];
        if (has_same_shape(part, its))
            continue;
        bool is_first_only = memcmp(part->shape + 1, its->shape + 1, sizeof part->shape - sizeof *part->shape) == 0;
        part->rows_differ = is_first_only && (part->rows_differ || !part->differs);
        part->differs = true;
    }
}
