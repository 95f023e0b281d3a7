// SPDX-License-Identifier: BSD-3-Clause
// Attributes of a virtual dataset, or instead those of its sources.
#include "elbow/base/text.h"
#include "elbow/data/detail/source.h"
#include "elbow/data/packing.h"

enum { DEPTH_MAX = 8 }; // virtual datasets of virtual datasets

// The attributes of the sources of a virtual dataset; HDF5 passes none of them on.
struct origins {
    const char *dataset;
    enum elbow_element element;
    int depth;
    size_t count;
    struct elbow_packing *first;
    elbow_path first_file, first_dataset;
};

static enum elbow_status read_with_origins(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                           int depth, struct elbow_packing *packing, struct elbow_error *error);

static enum elbow_status compare_origin(const struct origins *origins, const struct elbow_hdf5_origin *origin,
                                        const struct elbow_packing *other, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    if (origin->element != origins->element && other->said[0] != '\0')
        status = elbow_error_set(error, ELBOW_MISMATCH,
                                 "%s:%s: its attributes say %.300s of %s values, but the virtual dataset is %s; create "
                                 "it with the type of its sources",
                                 origin->file_name, origin->dataset, other->said, elbow_element_name(origin->element),
                                 elbow_element_name(origins->element));
    else if (other->said[0] != '\0' || origins->first->said[0] != '\0')
        status = elbow_source_same_packing(
            origins->first, (struct elbow_source_spot){.file = origins->first_file, .dataset = origins->first_dataset},
            other, (struct elbow_source_spot){.file = origin->file_name, .dataset = origin->dataset}, error);
    if (status != ELBOW_OK)
        elbow_error_prefix(error, "virtual dataset %s: ", origins->dataset);
    return status;
}

// The sources must agree, unless the virtual dataset has attributes of its own.
static enum elbow_status visit_origin(void *context, const struct elbow_hdf5_origin *origin, struct elbow_error *error)
{
    struct origins *origins = context;
    struct elbow_packing other;
    enum elbow_status status =
        read_with_origins(origin->file, origin->dataset, origin->element, origins->depth + 1, &other, error);
    if (status != ELBOW_OK)
        return status;
    if (origins->count++ == 0) {
        *origins->first = other;
        elbow_text_format(origins->first_file, sizeof origins->first_file, "%s", origin->file_name);
        elbow_text_format(origins->first_dataset, sizeof origins->first_dataset, "%s", origin->dataset);
    }
    return compare_origin(origins, origin, &other, error);
}

// The depth limits a virtual dataset that is its own source; the check of its storage refuses it.
static enum elbow_status read_with_origins(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                           int depth, struct elbow_packing *packing, struct elbow_error *error)
{
    struct elbow_packing first;
    struct origins origins = {.dataset = dataset, .element = element, .depth = depth, .first = &first};
    enum elbow_status status = elbow_packing_read_own(file, dataset, element, packing, error);
    if (status != ELBOW_OK || depth > DEPTH_MAX || packing->said[0] != '\0' || packing->ignored[0] != '\0')
        return status;
    status = elbow_hdf5_visit_origins(file, dataset, visit_origin, &origins, error);
    if (status == ELBOW_OK && origins.count > 0 && (first.said[0] != '\0' || first.ignored[0] != '\0'))
        *packing = first;
    return status;
}

enum elbow_status elbow_packing_read(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                     struct elbow_packing *packing, struct elbow_error *error)
{
    return read_with_origins(file, dataset, element, 0, packing, error);
}
