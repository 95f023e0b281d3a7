// SPDX-License-Identifier: BSD-3-Clause
// Attributes of packing and of missing values. Numbers are read as doubles and converted to the stored type, as netCDF
// does, so that a fill value of another width still matches the values for which it stands.
#include "elbow/data/packing.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

// Texts about one attribute, and about as many as fit.
enum { NUMBERS_MAX = ELBOW_MISSING_VALUES, SAID_MAX = 8 };

struct reader {
    struct elbow_hdf5 *file;
    const char *dataset;
    enum elbow_element stored;      // the dataset's own element
    struct elbow_hdf5_float format; // of a dataset of floats: the dataset's own format, if the element is a wider one
    struct elbow_packing *packing;
};

// An attribute: count numbers, 0 if it does not exist or is not used.
struct numbers {
    size_t count;
    double values[NUMBERS_MAX];
    bool is_float;
};

// Appends to a list with commas; text that does not fit is left out.
static void list(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void list(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    if (length > 0 && length + 2 < size)
        length += (size_t)snprintf(text + length, size - length, ", ");
    va_start(arguments, format);
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

// Appends the numbers of an attribute as stored: "valid_range 0 to 100".
static void say(struct elbow_packing *packing, const char *name, const struct numbers *numbers)
{
    char values[256] = "";
    for (size_t i = 0; i < numbers->count && i < SAID_MAX; ++i) {
        size_t length = strlen(values);
        snprintf(values + length, sizeof values - length, " %.9g", numbers->values[i]);
    }
    size_t length = strlen(values);
    if (numbers->count > SAID_MAX)
        snprintf(values + length, sizeof values - length, " ... (%zu numbers)", numbers->count);
    list(packing->said, sizeof packing->said, "%s%s", name, values);
}

static enum elbow_status refuse_many(const struct reader *reader, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: its attributes _FillValue and missing_value list more missing values than the %d that "
                           "are supported; mark them all with one value, or with valid_range",
                           reader->dataset, ELBOW_MISSING_VALUES);
}

// `most`: the largest number of values. An attribute that must have another number of them, or is not numeric, is
// ignored; a longer list is an error.
static enum elbow_status read_numbers(struct reader *reader, const char *name, size_t least, size_t most,
                                      struct numbers *numbers, struct elbow_error *error)
{
    struct elbow_hdf5_attribute about;
    *numbers = (struct numbers){0};
    enum elbow_status status = elbow_hdf5_describe_attribute(reader->file, reader->dataset, name, &about, error);
    if (status != ELBOW_OK || !about.is_there)
        return status;
    if (about.is_number && most == NUMBERS_MAX && about.count > most)
        return refuse_many(reader, error);
    if (!about.is_number || about.count < least || about.count > most) {
        list(reader->packing->ignored, sizeof reader->packing->ignored, "%s", name);
        return ELBOW_OK;
    }
    status = elbow_hdf5_read_doubles(reader->file, reader->dataset, name, numbers->values, (size_t)about.count, error);
    if (status != ELBOW_OK)
        return status;
    numbers->count = (size_t)about.count;
    numbers->is_float = about.is_float;
    say(reader->packing, name, numbers);
    return ELBOW_OK;
}

// Elbow's attribute, or that of the CF conventions.
static enum elbow_status read_scaling(struct reader *reader, const char *own, const char *cf, const char *differs,
                                      struct elbow_packing_number *number, struct elbow_error *error)
{
    struct numbers ours, theirs;
    enum elbow_status status = read_numbers(reader, own, 1, 1, &ours, error);
    if (status == ELBOW_OK)
        status = read_numbers(reader, cf, 1, 1, &theirs, error);
    if (status != ELBOW_OK || ours.count + theirs.count == 0)
        return status;
    number->name = ours.count > 0 ? own : cf;
    number->value = ours.count > 0 ? ours.values[0] : theirs.values[0];
    if (!isfinite(number->value))
        number->trouble = "is not a finite number";
    else if (ours.count > 0 && theirs.count > 0 && ours.values[0] != theirs.values[0])
        number->trouble = differs;
    return ELBOW_OK;
}

static enum elbow_element unsigned_twin(enum elbow_element element)
{
    switch (element) {
    case ELBOW_ELEMENT_INT8:
        return ELBOW_ELEMENT_UINT8;
    case ELBOW_ELEMENT_INT16:
        return ELBOW_ELEMENT_UINT16;
    case ELBOW_ELEMENT_INT32:
        return ELBOW_ELEMENT_UINT32;
    case ELBOW_ELEMENT_INT64:
        return ELBOW_ELEMENT_UINT64;
    default:
        return element;
    }
}

static enum elbow_element signed_twin(enum elbow_element element)
{
    switch (element) {
    case ELBOW_ELEMENT_UINT8:
        return ELBOW_ELEMENT_INT8;
    case ELBOW_ELEMENT_UINT16:
        return ELBOW_ELEMENT_INT16;
    case ELBOW_ELEMENT_UINT32:
        return ELBOW_ELEMENT_INT32;
    case ELBOW_ELEMENT_UINT64:
        return ELBOW_ELEMENT_INT64;
    default:
        return element;
    }
}

// Some netCDF formats have no unsigned types, or no signed bytes: an attribute says how to read integers.
static enum elbow_status read_sign(struct reader *reader, struct elbow_error *error)
{
    bool found;
    char *text = NULL;
    enum elbow_status status = elbow_hdf5_find_attribute(reader->file, reader->dataset, "_Unsigned", &found, error);
    if (status != ELBOW_OK || !found)
        return status;
    if (elbow_hdf5_read_text(reader->file, reader->dataset, "_Unsigned", 16, &text, NULL) != ELBOW_OK)
        return ELBOW_OK;
    bool is_true = strcasecmp(text, "true") == 0;
    if (is_true || strcasecmp(text, "false") == 0) {
        reader->packing->element = is_true ? unsigned_twin(reader->stored) : signed_twin(reader->stored);
        list(reader->packing->said, sizeof reader->packing->said, "_Unsigned %s", is_true ? "true" : "false");
    } else {
        list(reader->packing->ignored, sizeof reader->packing->ignored, "%s", "_Unsigned");
    }
    elbow_release(&text);
    return ELBOW_OK;
}

// Converts a number of an attribute to a stored value of the dataset. Values between two floats were rounded by the
// program that wrote them: `ties_away` as libhdf5 does, else as processors do.
static double as_stored(const struct reader *reader, double number, bool ties_away)
{
    if (elbow_element_is_float(reader->stored))
        return elbow_hdf5_round(&reader->format, number, ties_away);
    double span = ldexp(1, 8 * (int)elbow_element_size(reader->stored));
    if (reader->packing->element == reader->stored || !isfinite(number))
        return number;
    if (reader->packing->element == signed_twin(reader->stored))
        return number >= span / 2 ? number - span : number;
    return number < 0 ? number + span : number;
}

static bool add_value(struct elbow_missing *missing, double value)
{
    return elbow_missing_add(missing, &(struct elbow_missing){.count = 1, .values = {value}});
}

static enum elbow_status add_stored(struct reader *reader, double value, struct elbow_error *error)
{
    bool is_added = add_value(&reader->packing->missing, as_stored(reader, value, false)) &&
                    add_value(&reader->packing->missing, as_stored(reader, value, true));
    return is_added ? ELBOW_OK : refuse_many(reader, error);
}

// The fill value that netCDF writes where no value was written and no other fill value is set; bytes have none.
static bool netcdf_fill(enum elbow_element element, double *value)
{
    switch (element) {
    case ELBOW_ELEMENT_INT16:
        *value = -32767;
        return true;
    case ELBOW_ELEMENT_UINT16:
        *value = UINT16_MAX;
        return true;
    case ELBOW_ELEMENT_INT32:
        *value = -INT32_MAX;
        return true;
    case ELBOW_ELEMENT_UINT32:
        *value = UINT32_MAX;
        return true;
    case ELBOW_ELEMENT_INT64:
        *value = -9223372036854775806.0;
        return true;
    case ELBOW_ELEMENT_UINT64:
        *value = 18446744073709551614.0;
        return true;
    case ELBOW_ELEMENT_FLOAT32:
    case ELBOW_ELEMENT_FLOAT64:
        *value = 9.9692099683868690e+36;
        return true;
    default:
        return false;
    }
}

static enum elbow_status read_fill(struct reader *reader, struct elbow_error *error)
{
    static const char *const names[] = {"_FillValue", "missing_value"};
    struct elbow_packing *packing = reader->packing;
    bool has_fill = false, is_netcdf = false;
    for (size_t k = 0; k < sizeof names / sizeof *names; ++k) {
        struct numbers numbers;
        enum elbow_status status = read_numbers(reader, names[k], 1, NUMBERS_MAX, &numbers, error);
        for (size_t i = 0; i < numbers.count && status == ELBOW_OK; ++i)
            status = add_stored(reader, numbers.values[i], error);
        if (status != ELBOW_OK)
            return status;
        if (numbers.count > 0)
            list(packing->value_rules, sizeof packing->value_rules, "%s", names[k]);
        has_fill = has_fill || (k == 0 && numbers.count > 0);
    }
    double value;
    if (has_fill || !netcdf_fill(reader->stored, &value))
        return ELBOW_OK;
    enum elbow_status status = elbow_hdf5_find_attribute(reader->file, "/", "_NCProperties", &is_netcdf, error);
    if (status != ELBOW_OK || !is_netcdf)
        return status;
    if (add_stored(reader, value, error) != ELBOW_OK)
        return ELBOW_FORMAT;
    list(packing->value_rules, sizeof packing->value_rules, "netCDF's fill value where no _FillValue is set");
    list(packing->said, sizeof packing->said, "netCDF's fill value %.6g", value);
    return ELBOW_OK;
}

// Converts bounds of unpacked values, which netCDF recognizes by their type, to bounds of stored ones. Bounds of
// integers that rounding has moved slightly off a whole number are corrected.
static double pack(const struct elbow_packing *packing, double bound)
{
    double stored = (bound - packing->offset.value) / packing->factor.value, whole = rint(stored);
    bool is_whole = isfinite(stored) && !elbow_element_is_float(packing->element) &&
                    fabs(stored - whole) < 1e-6 * fmax(1, fabs(whole));
    return is_whole ? whole : stored;
}

static void add_bounds(struct reader *reader, const struct numbers *numbers, double low, double high)
{
    struct elbow_packing *packing = reader->packing;
    bool is_packed = packing->factor.value != 1 || packing->offset.value != 0;
    bool is_usable = packing->factor.trouble == NULL && packing->offset.trouble == NULL && packing->factor.value != 0;
    bool is_unpacked = numbers->is_float && is_packed && is_usable && !elbow_element_is_float(reader->stored);
    double first = is_unpacked ? pack(packing, low) : low, second = is_unpacked ? pack(packing, high) : high;
    if (!is_unpacked) {
        first = fmin(as_stored(reader, low, false), as_stored(reader, low, true));
        second = fmax(as_stored(reader, high, false), as_stored(reader, high, true));
    }
    elbow_missing_add(
        &packing->missing,
        &(struct elbow_missing){.has_range = true, .low = fmin(first, second), .high = fmax(first, second)});
}

static enum elbow_status read_range(struct reader *reader, struct elbow_error *error)
{
    struct elbow_packing *packing = reader->packing;
    struct numbers both, least, most;
    enum elbow_status status = read_numbers(reader, "valid_range", 2, 2, &both, error);
    if (status == ELBOW_OK)
        status = read_numbers(reader, "valid_min", 1, 1, &least, error);
    if (status == ELBOW_OK)
        status = read_numbers(reader, "valid_max", 1, 1, &most, error);
    if (status != ELBOW_OK)
        return status;
    struct {
        const char *name;
        const struct numbers *numbers;
        double low, high;
    } ranges[] = {{"valid_range", &both, both.values[0], both.values[1]},
                  {"valid_min", &least, least.values[0], INFINITY},
                  {"valid_max", &most, -INFINITY, most.values[0]}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; ++i) {
        if (ranges[i].numbers->count == 0)
            continue;
        if (isnan(ranges[i].low) || isnan(ranges[i].high)) {
            list(packing->ignored, sizeof packing->ignored, "%s", ranges[i].name);
            continue;
        }
        add_bounds(reader, ranges[i].numbers, ranges[i].low, ranges[i].high);
        list(packing->range_rules, sizeof packing->range_rules, "%s", ranges[i].name);
    }
    return ELBOW_OK;
}

enum elbow_status elbow_packing_read_own(struct elbow_hdf5 *file, const char *dataset, enum elbow_element element,
                                         struct elbow_packing *packing, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && dataset != NULL && packing != NULL);
    struct reader reader = {.file = file, .dataset = dataset, .stored = element, .packing = packing};
    *packing = (struct elbow_packing){.factor = {.value = 1}, .element = element};
    enum elbow_status status = ELBOW_OK;
    if (elbow_element_is_float(element))
        status = elbow_hdf5_describe_float(file, dataset, &reader.format, error);
    if (status == ELBOW_OK)
        status = read_scaling(&reader, "factor", "scale_factor", "differs from the attribute scale_factor",
                              &packing->factor, error);
    if (status == ELBOW_OK)
        status = read_scaling(&reader, "offset", "add_offset", "differs from the attribute add_offset",
                              &packing->offset, error);
    if (status == ELBOW_OK)
        status = read_sign(&reader, error);
    if (status == ELBOW_OK)
        status = read_fill(&reader, error);
    return status == ELBOW_OK ? read_range(&reader, error) : status;
}
