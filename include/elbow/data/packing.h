// SPDX-License-Identifier: BSD-3-Clause
// What the attributes of a dataset say of its values: Elbow's own factor and offset, and those of netCDF and the CF
// conventions: scale_factor and add_offset (packed values), _FillValue, missing_value, valid_range, valid_min and
// valid_max (which values are missing), _Unsigned (how integers are meant).
#ifndef ELBOW_DATA_PACKING_H
#define ELBOW_DATA_PACKING_H

#include "elbow/base/language.h"
#include "elbow/data/element.h"
#include "elbow/data/hdf5.h"

ELBOW_C_BEGIN

enum { ELBOW_MISSING_VALUES = 256, ELBOW_PACKING_TEXT_SIZE = 512 };

// Which stored values are missing ones. Zeroed: none.
struct elbow_missing {
    size_t count;
    double values[ELBOW_MISSING_VALUES]; // each stands for a missing value; one may be NaN
    bool has_range;
    double low, high; // what lies outside is missing; infinite where open
};

// Factor or offset, from an attribute.
struct elbow_packing_number {
    const char *name;    // of the attribute; NULL: there is none, and the value is 1 or 0
    double value;        // value = stored * factor + offset
    const char *trouble; // why it cannot be used ("is not a finite number"); NULL: it can
};

// Plain; texts are static or inside.
struct elbow_packing {
    struct elbow_packing_number factor, offset;
    struct elbow_missing missing;
    enum elbow_element element;              // what stored values are: the dataset's, or its unsigned twin
    char said[ELBOW_PACKING_TEXT_SIZE];      // "scale_factor 0.002, add_offset 280, _FillValue -32767"; empty: nothing
    char value_rules[128], range_rules[128]; // the attributes that `missing` comes from: "_FillValue"; "valid_range"
    char ignored[128];                       // those that are there but not of single numbers: "factor, valid_min"
};

// Local. Reads the attributes of a dataset of `element`. One that is no single number (valid_range: two; _FillValue and
// missing_value: any) is named in `ignored` and not used. In a file that netCDF has written, a dataset without
// _FillValue has netCDF's own fill value of its type. A virtual dataset of which no attribute tells has what its
// sources say; MISMATCH if they differ, or are of another type than it. FORMAT if an attribute cannot be read, or if
// they tell of more than ELBOW_MISSING_VALUES missing values.
enum elbow_status elbow_packing_read(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                     struct elbow_packing *packing, struct elbow_error *error);

// Local. Likewise, without a look at the sources of a virtual dataset.
enum elbow_status elbow_packing_read_own(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                         struct elbow_packing *packing, struct elbow_error *error);

// Local. Whether there is any rule; whether a stored value is missing.
bool elbow_missing_has_rules(const struct elbow_missing *missing);
bool elbow_missing_is(const struct elbow_missing *missing, double stored);

// Local. Adds the rules of `more`; the narrower range holds. False if there are more than ELBOW_MISSING_VALUES values
// then, of which the last are left out.
bool elbow_missing_add(struct elbow_missing *missing, const struct elbow_missing *more);

// How many values are missing, and where the first of them stands (SIZE_MAX: nowhere).
struct elbow_missing_count {
    size_t count, first;
};

// Local.
struct elbow_missing_count elbow_missing_find(const struct elbow_missing *missing, enum elbow_element element,
                                              const void *stored, size_t n);

ELBOW_C_END

#endif
