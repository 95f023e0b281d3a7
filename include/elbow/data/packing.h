// SPDX-License-Identifier: BSD-3-Clause
// The attributes of a dataset that describe its values: Elbow's own factor and offset, and those of netCDF and the CF
// conventions: scale_factor and add_offset (packed values); _FillValue, missing_value, valid_range, valid_min and
// valid_max (missing values); _Unsigned (unsigned integers).
#ifndef ELBOW_DATA_PACKING_H
#define ELBOW_DATA_PACKING_H

#include "elbow/base/language.h"
#include "elbow/data/element.h"
#include "elbow/data/hdf5.h"

ELBOW_C_BEGIN

enum { ELBOW_MISSING_VALUES = 256, ELBOW_PACKING_TEXT_SIZE = 512 };

// The rules for missing values. Zeroed: no value is missing.
struct elbow_missing {
    size_t count;
    double values[ELBOW_MISSING_VALUES]; // stored values that mean missing; one may be NaN
    bool has_range;
    double low, high; // values outside are missing; infinite if the range is open
};

// A factor or an offset from an attribute.
struct elbow_packing_number {
    const char *name;    // of the attribute; NULL: there is none, and the value is 1 or 0
    double value;        // value = stored * factor + offset
    const char *trouble; // why it cannot be used ("is not a finite number"); NULL: it can be used
};

// Plain; its texts are static or part of it.
struct elbow_packing {
    struct elbow_packing_number factor, offset;
    struct elbow_missing missing;
    enum elbow_element element; // type of the stored values: the dataset's, or its unsigned counterpart
    // "scale_factor 0.002, add_offset 280, _FillValue -32767"; empty: no attributes.
    char said[ELBOW_PACKING_TEXT_SIZE];
    char value_rules[128], range_rules[128]; // the attributes behind `missing`: "_FillValue"; "valid_range"
    char ignored[128]; // attributes that are not single numbers, and are not used: "factor, valid_min"
};

// Local. Reads the attributes of a dataset of `element`. An attribute that is not a single number (valid_range: two;
// _FillValue and missing_value: any number of them) is listed in `ignored` and not used. In a file that netCDF has
// written, a dataset without _FillValue has netCDF's default fill value of its type. A virtual dataset without such
// attributes has those of its sources. MISMATCH if the sources differ, or are of another type; FORMAT if an attribute
// cannot be read, or if there are more than ELBOW_MISSING_VALUES missing values.
enum elbow_status elbow_packing_read(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                     struct elbow_packing *packing, struct elbow_error *error);

// Local. The same, without the sources of a virtual dataset.
enum elbow_status elbow_packing_read_own(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                         struct elbow_packing *packing, struct elbow_error *error);

// Local. Whether there is any rule; and whether a stored value is missing.
bool elbow_missing_has_rules(const struct elbow_missing *missing);
bool elbow_missing_is(const struct elbow_missing *missing, double stored);

// Local. Adds the rules of `more`; the narrower range is kept. Returns false if this exceeds ELBOW_MISSING_VALUES
// values; the last ones are left out.
bool elbow_missing_add(struct elbow_missing *missing, const struct elbow_missing *more);

// The number of missing values, and the index of the first one (SIZE_MAX: none).
struct elbow_missing_count {
    size_t count, first;
};

// Local. Finds the missing values among n stored ones.
struct elbow_missing_count elbow_missing_find(const struct elbow_missing *missing, enum elbow_element element,
                                              const void *stored, size_t n);

ELBOW_C_END

#endif
