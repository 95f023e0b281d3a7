// SPDX-License-Identifier: BSD-3-Clause
// Crowds: similar members of a group, for example a dataset or a group for each sample. Members whose names differ only
// in numbers form one crowd; so do members of any names if most of them are similar. A limited number of members is
// opened, whatever the size of the group.
#include "elbow/data/detail/crowd.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/outline.h"

#include <stdio.h>
#include <string.h>

// MANY: members of a crowd, at least. ALIKE: number of them that are opened. MOST: of members of any names, the number
// that must be similar. CHECKED: of a crowd of any names, the number of members that are compared.
enum { MANY = 20, ALIKE = 16, MOST = 12, CHECKED = 4096 };
enum { CROWDS = 16, SHAPE_SIZE = 128 };

struct crowd {
    char pattern[ELBOW_HDF5_PATTERN_SIZE]; // empty: any name
    char name[ELBOW_HDF5_PATTERN_SIZE];    // of the first one
    uint64_t members, place;               // place: while they are counted
    bool is_alike;
    struct elbow_hdf5_outline outline;
};

struct elbow_hdf5_crowds {
    size_t count;
    uint64_t checked;
    struct crowd crowds[CROWDS + 1]; // the last crowd: any names
};

static struct crowd *find_crowd(struct elbow_hdf5_crowds *crowds, const char *pattern)
{
    for (size_t i = 0; i < crowds->count; ++i)
        if (strcmp(crowds->crowds[i].pattern, pattern) == 0)
            return &crowds->crowds[i];
    return NULL;
}

// A pattern that was met only once may be replaced if the table is full: in order of name, members of a pattern mostly
// follow each other.
static herr_t count_link(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    struct elbow_hdf5_crowds *crowds = user;
    char pattern[ELBOW_HDF5_PATTERN_SIZE];
    (void)group;
    (void)link;
    if (!elbow_hdf5_fold(name, pattern))
        return 0;
    struct crowd *crowd = find_crowd(crowds, pattern);
    if (crowd == NULL && crowds->count < CROWDS)
        crowd = &crowds->crowds[crowds->count++];
    for (size_t i = 0; i < CROWDS && crowd == NULL; ++i)
        if (crowds->crowds[i].members == 1)
            crowd = &crowds->crowds[i];
    if (crowd == NULL)
        return 0;
    if (strcmp(crowd->pattern, pattern) != 0) {
        *crowd = (struct crowd){.is_alike = true};
        memcpy(crowd->pattern, pattern, sizeof pattern);
        elbow_text_format(crowd->name, sizeof crowd->name, "%s", name);
    }
    ++crowd->members;
    return 0;
}

// Whether `place` of `count` is one of the ALIKE that are opened, from the first to the last.
static bool is_looked_at(uint64_t place, uint64_t count)
{
    return place == 0 || place * (ALIKE - 1) / (count - 1) != (place - 1) * (ALIKE - 1) / (count - 1);
}

static struct crowd *find_alike(struct elbow_hdf5_crowds *crowds, const char *name)
{
    char pattern[ELBOW_HDF5_PATTERN_SIZE];
    struct crowd *crowd = elbow_hdf5_fold(name, pattern) ? find_crowd(crowds, pattern) : NULL;
    return crowd != NULL && crowd->members >= MANY && crowd->is_alike ? crowd : NULL;
}

// Opens a few members of each pattern.
static herr_t compare_link(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    struct elbow_hdf5_outline outline;
    struct crowd *crowd = find_alike(user, name);
    (void)link;
    if (crowd == NULL)
        return 0;
    uint64_t place = crowd->place++;
    if (!is_looked_at(place, crowd->members))
        return 0;
    bool is_known = elbow_hdf5_outline_member(group, name, &outline);
    if (is_known && place == 0)
        crowd->outline = outline;
    crowd->is_alike = is_known && elbow_hdf5_is_alike(&crowd->outline, &outline, false);
    if (crowd->is_alike)
        elbow_hdf5_note_shapes(&crowd->outline, &outline);
    return 0;
}

// Finds the members of no crowd.
struct rest {
    struct elbow_hdf5_crowds *crowds;
    uint64_t members, place;
    size_t looked_at;
    struct elbow_hdf5_outline outlines[ALIKE];
    char names[ALIKE][ELBOW_HDF5_PATTERN_SIZE];
};

static herr_t look_at_rest(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    struct rest *rest = user;
    (void)link;
    if (find_alike(rest->crowds, name) != NULL || !is_looked_at(rest->place++, rest->members))
        return 0;
    if (elbow_hdf5_outline_member(group, name, &rest->outlines[rest->looked_at]))
        elbow_text_format(rest->names[rest->looked_at++], ELBOW_HDF5_PATTERN_SIZE, "%s", name);
    return rest->looked_at == ALIKE;
}

// Adds to crowds[count] if most of the opened members are similar.
static void take_most(const struct rest *rest, struct elbow_hdf5_crowds *crowds)
{
    for (size_t i = 0; i + MOST <= rest->looked_at; ++i) {
        struct crowd crowd = {.members = 0, .is_alike = true, .outline = rest->outlines[i]};
        memcpy(crowd.name, rest->names[i], sizeof crowd.name);
        for (size_t k = 0; k < rest->looked_at; ++k) {
            if (!elbow_hdf5_is_alike(&crowd.outline, &rest->outlines[k], true))
                continue;
            ++crowd.place;
            elbow_hdf5_note_shapes(&crowd.outline, &rest->outlines[k]);
        }
        if (crowd.place < MOST)
            continue;
        crowd.members = rest->members;
        crowds->crowds[crowds->count++] = crowd;
        return;
    }
}

static void find_in_rest(hid_t group, uint64_t members, struct elbow_hdf5_crowds *crowds)
{
    struct rest *rest = NULL;
    if (members < MANY || elbow_allocate(&rest, 1, sizeof *rest, "members of a group", NULL) != ELBOW_OK)
        return;
    rest->crowds = crowds;
    rest->members = members;
    H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, look_at_rest, rest);
    take_most(rest, crowds);
    elbow_release(&rest);
}

// Keeps only the crowds.
static void drop_others(struct elbow_hdf5_crowds *crowds)
{
    size_t kept = 0;
    for (size_t i = 0; i < crowds->count; ++i)
        if (crowds->crowds[i].members >= MANY && crowds->crowds[i].is_alike)
            crowds->crowds[kept++] = crowds->crowds[i];
    crowds->count = kept;
}

struct elbow_hdf5_crowds *elbow_hdf5_find_crowds(struct elbow_hdf5 *file, const char *name, hid_t group)
{
    H5G_info_t links;
    char kind[ELBOW_HDF5_WORD_SIZE];
    struct elbow_hdf5_crowds *crowds = NULL;
    elbow_hdf5_read_word(file, name, "encoding-type", kind);
    if (strcmp(kind, "dataframe") == 0 || H5Gget_info(group, &links) < 0 || links.nlinks < MANY ||
        elbow_allocate(&crowds, 1, sizeof *crowds, "members of a group", NULL) != ELBOW_OK)
        return NULL;
    H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, count_link, crowds);
    H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, compare_link, crowds);
    drop_others(crowds);
    uint64_t rest = links.nlinks;
    for (size_t i = 0; i < crowds->count; ++i)
        rest -= crowds->crowds[i].members < rest ? crowds->crowds[i].members : rest;
    find_in_rest(group, rest, crowds);
    if (crowds->count == 0)
        elbow_release(&crowds);
    return crowds;
}

bool elbow_hdf5_crowds_have(struct elbow_hdf5_crowds *crowds, hid_t group, const char *name)
{
    struct elbow_hdf5_outline outline;
    if (crowds == NULL)
        return false;
    if (find_alike(crowds, name) != NULL)
        return true;
    const struct crowd *any = &crowds->crowds[crowds->count - 1];
    if (any->pattern[0] != '\0')
        return false;
    return crowds->checked++ >= CHECKED ||
           (elbow_hdf5_outline_member(group, name, &outline) && elbow_hdf5_is_alike(&any->outline, &outline, true));
}

static void write_shape(const struct elbow_hdf5_part *part, char text[SHAPE_SIZE])
{
    size_t length = 0;
    elbow_text_format(text, SHAPE_SIZE, "single values");
    for (int i = 0; i < part->rank && length + 24 < SHAPE_SIZE; ++i)
        length += (size_t)snprintf(text + length, SHAPE_SIZE - length, "%s%llu", i > 0 ? " x " : "",
                                   (unsigned long long)part->shape[i]);
}

// "obs (float32, 20 x 6)"
static size_t write_part(const struct elbow_hdf5_part *part, char *text, size_t size)
{
    char shape[SHAPE_SIZE];
    write_shape(part, shape);
    if (part->rank == 0 && strcmp(part->type, "no numbers") == 0)
        elbow_text_format(text, size, "%s (%s)", part->path, part->type);
    else
        elbow_text_format(text, size, "%s (%s, %s%s)", part->path, part->type, shape,
                          part->differs ? " and other shapes" : "");
    return strlen(text);
}

static void describe_groups(const struct crowd *crowd, const char *names, const char *order, char *what, size_t size)
{
    const struct elbow_hdf5_outline *outline = &crowd->outline;
    char parts[ELBOW_HDF5_PARTS * 128] = "";
    bool differs = false;
    size_t length = 0, limit = 480;
    for (size_t i = 0; i < outline->count && length < limit; ++i) {
        length += (size_t)snprintf(parts + length, sizeof parts - length, "%s", i > 0 ? ", " : "");
        length += write_part(&outline->parts[i], parts + length, sizeof parts - length);
        differs = differs || outline->parts[i].differs;
    }
    elbow_text_format(
        what, size,
        "holds %llu groups%s that look alike, one per sample, each with %s%s: join each of them into one dataset "
        "(samples, values, ...), for example with h5py and numpy.stack%s%s",
        (unsigned long long)crowd->members, names, parts, outline->has_more || length >= limit ? ", ..." : "",
        differs ? " (if shapes differ, cut or pad them first; if their rows are the samples, use numpy.concatenate)"
                : "",
        order);
}

static void describe_datasets(const struct crowd *crowd, const char *names, const char *order, char *what, size_t size)
{
    const struct elbow_hdf5_part *part = &crowd->outline.parts[0];
    char shape[SHAPE_SIZE];
    write_shape(part, shape);
    if (part->differs)
        elbow_text_format(what, size,
                          "holds %llu objects%s that look like datasets of %s of different shapes (%s and others), one "
                          "per sample: cut or pad them to one shape, and join them into one dataset (samples, values, "
                          "...), for example with h5py and numpy.stack%s%s",
                          (unsigned long long)crowd->members, names, part->type, shape,
                          part->rows_differ ? ", or with numpy.concatenate if their rows are the samples" : "", order);
    else
        elbow_text_format(what, size,
                          "holds %llu objects%s that look like similar datasets of %s (%s), one per sample or column: "
                          "join them into one dataset (samples, values, ...), for example with h5py and numpy.stack%s",
                          (unsigned long long)crowd->members, names, part->type, shape, order);
}

bool elbow_hdf5_describe_crowd(const struct elbow_hdf5_crowds *crowds, size_t number, char *what, size_t size)
{
    char names[ELBOW_HDF5_PATTERN_SIZE + 16] = "";
    if (crowds == NULL || number >= crowds->count)
        return false;
    const struct crowd *crowd = &crowds->crowds[number];
    // h5py lists names in alphabetical order, but labels are in numerical order.
    const char *order = crowd->pattern[0] != '\0' ? ", in the order of their numbers (h5py lists 10 before 2)" : "";
    elbow_text_format(names, sizeof names, " (%s, ...)", crowd->name);
    if (crowd->outline.is_group)
        describe_groups(crowd, names, order, what, size);
    else
        describe_datasets(crowd, names, order, what, size);
    return true;
}
