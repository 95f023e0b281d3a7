// SPDX-License-Identifier: BSD-3-Clause
// The linker replaces every call that src/data/hdf5/*.c makes by one of these (--wrap; cmake/ElbowTests.cmake finds
// their names there), so that a call without a row does not link. Since HDF5 1.12 some names are macros for the newest
// form of a call (H5Literate is H5Literate2): the rows use the names after the header's replacement. Not replaced:
// calls that libhdf5 makes of itself, those about its stack of errors, and the kind of an id, which is always known.
// Each call is made by the thread that has the lock.
#include "hdf5_faults.h"

#include "elbow/data/hdf5.h"

#include <hdf5.h>
#include <stdatomic.h>
#include <stdbool.h>

static struct {
    atomic_ullong calls, fail_at;
} hdf5_faults;

void hdf5_fail_at(uint64_t n)
{
    atomic_store(&hdf5_faults.fail_at, n == 0 ? 0 : atomic_load(&hdf5_faults.calls) + n);
}

uint64_t hdf5_calls(void)
{
    return atomic_load(&hdf5_faults.calls);
}

long hdf5_open_objects(void)
{
    return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL);
}

static bool hdf5_must_fail(void)
{
    ELBOW_CHECK(elbow_hdf5_is_locked());
    return atomic_fetch_add(&hdf5_faults.calls, 1) + 1 == atomic_load(&hdf5_faults.fail_at);
}

#if H5_VERSION_GE(1, 12, 0) // the forms that have no macro
#define FAULTY_ITERATE H5L_iterate2_t
#else
#define FAULTY_ITERATE H5L_iterate_t
#endif

#define FAULTY_CALL(type, failure, name, parameters, arguments)                                                        \
    FAULTY_SYMBOL(type, failure, name, parameters, arguments)
#define FAULTY_SYMBOL(type, failure, name, parameters, arguments)                                                      \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        return hdf5_must_fail() ? (type)(failure) : __real_##name arguments;                                           \
    }

// A close that fails has closed all the same, because it cannot be repeated.
#define FAULTY_CLOSE(name) FAULTY_CLOSE_SYMBOL(name)
#define FAULTY_CLOSE_SYMBOL(name)                                                                                      \
    herr_t __real_##name(hid_t id);                                                                                    \
    herr_t __wrap_##name(hid_t id);                                                                                    \
    herr_t __wrap_##name(hid_t id)                                                                                     \
    {                                                                                                                  \
        bool fails = hdf5_must_fail();                                                                                 \
        herr_t result = __real_##name(id);                                                                             \
        return fails ? -1 : result;                                                                                    \
    }

FAULTY_CLOSE(H5Aclose)
FAULTY_CLOSE(H5Dclose)
FAULTY_CLOSE(H5Fclose)
FAULTY_CLOSE(H5Gclose)
FAULTY_CLOSE(H5Oclose)
FAULTY_CLOSE(H5Pclose)
FAULTY_CLOSE(H5Sclose)
FAULTY_CLOSE(H5Tclose)
FAULTY_CALL(hid_t, -1, H5Acreate2, (hid_t a, const char *b, hid_t c, hid_t d, hid_t e, hid_t f), (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Adelete, (hid_t a, const char *b), (a, b))
FAULTY_CALL(htri_t, -1, H5Aexists, (hid_t a, const char *b), (a, b))
FAULTY_CALL(hid_t, -1, H5Aget_space, (hid_t a), (a))
FAULTY_CALL(hid_t, -1, H5Aget_type, (hid_t a), (a))
FAULTY_CALL(hid_t, -1, H5Aopen, (hid_t a, const char *b, hid_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Aread, (hid_t a, hid_t b, void *c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Awrite, (hid_t a, hid_t b, const void *c), (a, b, c))
FAULTY_CALL(hid_t, -1, H5Dcreate2, (hid_t a, const char *b, hid_t c, hid_t d, hid_t e, hid_t f, hid_t g),
            (a, b, c, d, e, f, g))
FAULTY_CALL(hid_t, -1, H5Scopy, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Dget_chunk_info,
            (hid_t a, hid_t b, hsize_t c, hsize_t *d, unsigned *e, haddr_t *f, hsize_t *g), (a, b, c, d, e, f, g))
FAULTY_CALL(herr_t, -1, H5Dget_chunk_storage_size, (hid_t a, const hsize_t *b, hsize_t *c), (a, b, c))
FAULTY_CALL(hid_t, -1, H5Dget_create_plist, (hid_t a), (a))
FAULTY_CALL(hid_t, -1, H5Dget_space, (hid_t a), (a))
FAULTY_CALL(hid_t, -1, H5Dget_type, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Dread, (hid_t a, hid_t b, hid_t c, hid_t d, hid_t e, void *f), (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Dread_chunk, (hid_t a, hid_t b, const hsize_t *c, uint32_t *d, void *e), (a, b, c, d, e))
FAULTY_CALL(herr_t, -1, H5Dwrite, (hid_t a, hid_t b, hid_t c, hid_t d, hid_t e, const void *f), (a, b, c, d, e, f))
FAULTY_CALL(hid_t, -1, H5Fcreate, (const char *a, unsigned b, hid_t c, hid_t d), (a, b, c, d))
FAULTY_CALL(herr_t, -1, H5Fflush, (hid_t a, H5F_scope_t b), (a, b))
FAULTY_CALL(ssize_t, -1, H5Fget_file_image, (hid_t a, void *b, size_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Fget_vfd_handle, (hid_t a, hid_t b, void **c), (a, b, c))
FAULTY_CALL(hid_t, -1, H5Fopen, (const char *a, unsigned b, hid_t c), (a, b, c))
FAULTY_CALL(hid_t, -1, H5Gcreate2, (hid_t a, const char *b, hid_t c, hid_t d, hid_t e), (a, b, c, d, e))
FAULTY_CALL(htri_t, -1, H5Lexists, (hid_t a, const char *b, hid_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Literate, (hid_t a, H5_index_t b, H5_iter_order_t c, hsize_t *d, FAULTY_ITERATE e, void *f),
            (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Ldelete, (hid_t a, const char *b, hid_t c), (a, b, c))
FAULTY_CALL(htri_t, -1, H5Oexists_by_name, (hid_t a, const char *b, hid_t c), (a, b, c))
#if H5_VERSION_GE(1, 12, 0)
FAULTY_CALL(herr_t, -1, H5Oget_info3, (hid_t a, H5O_info2_t *b, unsigned c), (a, b, c))
#else
FAULTY_CALL(herr_t, -1, H5Oget_info2, (hid_t a, H5O_info_t *b, unsigned c), (a, b, c))
#endif
FAULTY_CALL(hid_t, -1, H5Oopen, (hid_t a, const char *b, hid_t c), (a, b, c))
FAULTY_CALL(hid_t, -1, H5Pcreate, (hid_t a), (a))
FAULTY_CALL(int, -1, H5Pget_chunk, (hid_t a, int b, hsize_t *c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Pget_chunk_opts, (hid_t a, unsigned *b), (a, b))
FAULTY_CALL(H5Z_filter_t, -1, H5Pget_filter2,
            (hid_t a, unsigned b, unsigned int *c, size_t *d, unsigned *e, size_t f, char *g, unsigned *h),
            (a, b, c, d, e, f, g, h))
FAULTY_CALL(H5D_layout_t, -1, H5Pget_layout, (hid_t a), (a))
FAULTY_CALL(int, -1, H5Pget_nfilters, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Pset_chunk, (hid_t a, int b, const hsize_t *c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Pset_deflate, (hid_t a, unsigned b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pset_fapl_core, (hid_t a, size_t b, hbool_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Pset_fclose_degree, (hid_t a, H5F_close_degree_t b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pset_file_image, (hid_t a, void *b, size_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Pset_file_image_callbacks, (hid_t a, H5FD_file_image_callbacks_t *b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pset_libver_bounds, (hid_t a, H5F_libver_t b, H5F_libver_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Pset_obj_track_times, (hid_t a, hbool_t b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pset_shuffle, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Pset_userblock, (hid_t a, hsize_t b), (a, b))
FAULTY_CALL(hid_t, -1, H5Screate, (H5S_class_t a), (a))
FAULTY_CALL(hid_t, -1, H5Screate_simple, (int a, const hsize_t *b, const hsize_t *c), (a, b, c))
FAULTY_CALL(int, -1, H5Sget_simple_extent_dims, (hid_t a, hsize_t *b, hsize_t *c), (a, b, c))
FAULTY_CALL(int, -1, H5Sget_simple_extent_ndims, (hid_t a), (a))
FAULTY_CALL(hssize_t, -1, H5Sget_simple_extent_npoints, (hid_t a), (a))
FAULTY_CALL(H5S_class_t, -1, H5Sget_simple_extent_type, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Sselect_hyperslab,
            (hid_t a, H5S_seloper_t b, const hsize_t *c, const hsize_t *d, const hsize_t *e, const hsize_t *f),
            (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Sselect_none, (hid_t a), (a))
FAULTY_CALL(hid_t, -1, H5Tcopy, (hid_t a), (a))
FAULTY_CALL(htri_t, -1, H5Tequal, (hid_t a, hid_t b), (a, b))
FAULTY_CALL(H5T_class_t, -1, H5Tget_class, (hid_t a), (a))
FAULTY_CALL(size_t, 0, H5Tget_ebias, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Tget_fields, (hid_t a, size_t *b, size_t *c, size_t *d, size_t *e, size_t *f),
            (a, b, c, d, e, f))
FAULTY_CALL(H5T_norm_t, -1, H5Tget_norm, (hid_t a), (a))
FAULTY_CALL(size_t, 0, H5Tget_precision, (hid_t a), (a))
FAULTY_CALL(H5T_sign_t, -1, H5Tget_sign, (hid_t a), (a))
FAULTY_CALL(size_t, 0, H5Tget_size, (hid_t a), (a))
FAULTY_CALL(htri_t, -1, H5Tis_variable_str, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Tset_cset, (hid_t a, H5T_cset_t b), (a, b))
FAULTY_CALL(herr_t, -1, H5Tset_size, (hid_t a, size_t b), (a, b))
FAULTY_CALL(herr_t, -1, H5Tset_strpad, (hid_t a, H5T_str_t b), (a, b))
FAULTY_CALL(herr_t, -1, H5Dvlen_reclaim, (hid_t a, hid_t b, hid_t c, void *d), (a, b, c, d))
FAULTY_CALL(hid_t, -1, H5Fget_create_plist, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Pget_sizes, (hid_t a, size_t *b, size_t *c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Rcreate, (void *a, hid_t b, const char *c, H5R_type_t d, hid_t e), (a, b, c, d, e))
FAULTY_CALL(hid_t, -1, H5Rdereference2, (hid_t a, hid_t b, H5R_type_t c, const void *d), (a, b, c, d))
FAULTY_CALL(herr_t, -1, H5Tconvert, (hid_t a, hid_t b, size_t c, void *d, void *e, hid_t f), (a, b, c, d, e, f))
FAULTY_CALL(char *, NULL, H5Tget_member_name, (hid_t a, unsigned b), (a, b))
FAULTY_CALL(hid_t, -1, H5Tcreate, (H5T_class_t a, size_t b), (a, b))
FAULTY_CALL(herr_t, -1, H5Tinsert, (hid_t a, const char *b, size_t c, hid_t d), (a, b, c, d))
FAULTY_CALL(hid_t, -1, H5Tvlen_create, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Tget_member_value, (hid_t a, unsigned b, void *c), (a, b, c))
FAULTY_CALL(int, -1, H5Tget_nmembers, (hid_t a), (a))
FAULTY_CALL(H5T_str_t, -1, H5Tget_strpad, (hid_t a), (a))
FAULTY_CALL(hid_t, -1, H5Tget_super, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Dget_chunk_info_by_coord, (hid_t a, const hsize_t *b, unsigned *c, haddr_t *d, hsize_t *e),
            (a, b, c, d, e))
FAULTY_CALL(herr_t, -1, H5Dget_num_chunks, (hid_t a, hid_t b, hsize_t *c), (a, b, c))
FAULTY_CALL(hsize_t, 0, H5Dget_storage_size, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Dget_space_status, (hid_t a, H5D_space_status_t *b), (a, b))
FAULTY_CALL(hid_t, -1, H5Dopen2, (hid_t a, const char *b, hid_t c), (a, b, c))
FAULTY_CALL(ssize_t, -1, H5Fget_name, (hid_t a, char *b, size_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Gget_info, (hid_t a, H5G_info_t *b), (a, b))
FAULTY_CALL(herr_t, -1, H5Lget_info, (hid_t a, const char *b, H5L_info_t *c, hid_t d), (a, b, c, d))
FAULTY_CALL(herr_t, -1, H5Lget_val, (hid_t a, const char *b, void *c, size_t d, hid_t e), (a, b, c, d, e))
FAULTY_CALL(herr_t, -1, H5Lunpack_elink_val, (const void *a, size_t b, unsigned *c, const char **d, const char **e),
            (a, b, c, d, e))
FAULTY_CALL(ssize_t, -1, H5PLget, (unsigned a, char *b, size_t c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5PLsize, (unsigned *a), (a))
FAULTY_CALL(herr_t, -1, H5Pget_external, (hid_t a, unsigned b, size_t c, char *d, off_t *e, hsize_t *f),
            (a, b, c, d, e, f))
FAULTY_CALL(int, -1, H5Pget_external_count, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Pget_virtual_count, (hid_t a, size_t *b), (a, b))
FAULTY_CALL(ssize_t, -1, H5Pget_virtual_dsetname, (hid_t a, size_t b, char *c, size_t d), (a, b, c, d))
FAULTY_CALL(ssize_t, -1, H5Pget_virtual_filename, (hid_t a, size_t b, char *c, size_t d), (a, b, c, d))
FAULTY_CALL(hid_t, -1, H5Pget_virtual_srcspace, (hid_t a, size_t b), (a, b))
FAULTY_CALL(hid_t, -1, H5Pget_virtual_vspace, (hid_t a, size_t b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pget_mdc_config, (hid_t a, H5AC_cache_config_t *b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pset_mdc_config, (hid_t a, H5AC_cache_config_t *b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pset_chunk_cache, (hid_t a, size_t b, size_t c, double d), (a, b, c, d))
FAULTY_CALL(herr_t, -1, H5Pset_efile_prefix, (hid_t a, const char *b), (a, b))
FAULTY_CALL(herr_t, -1, H5Sget_regular_hyperslab, (hid_t a, hsize_t *b, hsize_t *c, hsize_t *d, hsize_t *e),
            (a, b, c, d, e))
FAULTY_CALL(herr_t, -1, H5Sget_select_bounds, (hid_t a, hsize_t *b, hsize_t *c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Sget_select_hyper_blocklist, (hid_t a, hsize_t b, hsize_t c, hsize_t *d), (a, b, c, d))
FAULTY_CALL(hssize_t, -1, H5Sget_select_hyper_nblocks, (hid_t a), (a))
FAULTY_CALL(hssize_t, -1, H5Sget_select_npoints, (hid_t a), (a))
FAULTY_CALL(H5S_sel_type, H5S_SEL_ERROR, H5Sget_select_type, (hid_t a), (a))
FAULTY_CALL(htri_t, -1, H5Sis_regular_hyperslab, (hid_t a), (a))
FAULTY_CALL(herr_t, -1, H5Aiterate2, (hid_t a, H5_index_t b, H5_iter_order_t c, hsize_t *d, H5A_operator2_t e, void *f),
            (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Lcreate_external, (const char *a, const char *b, hid_t c, const char *d, hid_t e, hid_t f),
            (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Lcreate_hard, (hid_t a, const char *b, hid_t c, const char *d, hid_t e, hid_t f),
            (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Lcreate_soft, (const char *a, hid_t b, const char *c, hid_t d, hid_t e), (a, b, c, d, e))
FAULTY_CALL(herr_t, -1, H5Ocopy, (hid_t a, const char *b, hid_t c, const char *d, hid_t e, hid_t f), (a, b, c, d, e, f))
FAULTY_CALL(herr_t, -1, H5Pfill_value_defined, (hid_t a, H5D_fill_value_t *b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pget_fill_value, (hid_t a, hid_t b, void *c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Pset_copy_object, (hid_t a, unsigned b), (a, b))
FAULTY_CALL(herr_t, -1, H5Pset_fill_value, (hid_t a, hid_t b, const void *c), (a, b, c))
FAULTY_CALL(herr_t, -1, H5Pset_filter, (hid_t a, H5Z_filter_t b, unsigned c, size_t d, const unsigned e[]),
            (a, b, c, d, e))
FAULTY_CALL(htri_t, -1, H5Tdetect_class, (hid_t a, H5T_class_t b), (a, b))
FAULTY_CALL(size_t, 0, H5Tget_member_offset, (hid_t a, unsigned b), (a, b))
FAULTY_CALL(hid_t, -1, H5Tget_member_type, (hid_t a, unsigned b), (a, b))
FAULTY_CALL(herr_t, -1, H5Zget_filter_info, (H5Z_filter_t a, unsigned *b), (a, b))
FAULTY_CALL(htri_t, -1, H5Zfilter_avail, (H5Z_filter_t a), (a))

#undef FAULTY_CALL
#undef FAULTY_SYMBOL
#undef FAULTY_CLOSE
#undef FAULTY_CLOSE_SYMBOL
