// SPDX-License-Identifier: BSD-3-Clause
// Floating-point formats: the value of a number after it is stored as a float16, a bfloat16 or any other format that a
// file declares.
#include "elbow/data/detail/hdf5.h"

#include <math.h>

// Exponents with more bits than those of a float80 are unlimited, as far as a double can represent them.
enum { EXPONENT_BITS_MOST = 15, DOUBLE_DIGITS = 53, DOUBLE_LEAST = -1074 };

static bool describe_format(hid_t type, struct elbow_hdf5_float *format)
{
    size_t sign, exponent, exponent_size, mantissa, mantissa_size;
    *format = (struct elbow_hdf5_float){.digits = DOUBLE_DIGITS, .least = DOUBLE_LEAST, .most = INFINITY};
    H5T_class_t class = H5Tget_class(type);
    if (class != H5T_FLOAT)
        return class != H5T_NO_CLASS;
    size_t bias = H5Tget_ebias(type);
    H5T_norm_t norm = H5Tget_norm(type);
    if (H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0 ||
        norm == H5T_NORM_ERROR || bias == 0)
        return false;
    if (exponent_size > EXPONENT_BITS_MOST || mantissa_size >= DOUBLE_DIGITS || bias > INT16_MAX)
        return true;
    format->digits = (int)mantissa_size + (norm == H5T_NORM_IMPLIED ? 1 : 0);
    format->least = 2 - (int)bias - format->digits;
    format->most = ldexp(2 - ldexp(1, 1 - format->digits), (1 << exponent_size) - 2 - (int)bias);
    return true;
}

enum elbow_status elbow_hdf5_describe_float(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_float *format,
                                            struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    hid_t dataset;
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, &dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    hid_t type = H5Dget_type(dataset);
    if (type < 0 || !describe_format(type, format))
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the type of dataset %s cannot be read", name);
    if (type >= 0)
        H5Tclose(type);
    H5Dclose(dataset);
    return status;
}

double elbow_hdf5_round(const struct elbow_hdf5_float *format, double number, bool ties_away)
{
    int exponent;
    if (!isfinite(number) || format->digits >= DOUBLE_DIGITS)
        return number;
    frexp(number, &exponent);
    int unit = exponent - format->digits > format->least ? exponent - format->digits : format->least;
    double units = ldexp(number, -unit);
    double rounded = ldexp(ties_away ? round(units) : rint(units), unit);
    return fabs(rounded) > format->most ? copysign(INFINITY, number) : rounded;
}
