// SPDX-License-Identifier: BSD-3-Clause
// The sparse matrix that a group states: its kind and its shape.
#include "elbow/data/detail/hdf5.h"

#include <inttypes.h>
#include <string.h>

bool elbow_hdf5_member(const char *group, const char *member, elbow_path path)
{
    return elbow_text_format(path, ELBOW_PATH_SIZE, "%s/%s", strcmp(group, "/") == 0 ? "" : group, member);
}

static bool has_member(struct elbow_hdf5 *file, const char *group, const char *member)
{
    elbow_path path;
    bool found = false;
    return elbow_hdf5_member(group, member, path) && elbow_hdf5_find(file, path, &found, NULL) == ELBOW_OK && found;
}

// The length of a one-dimensional dataset of a group; negative if there is none.
static hid_t open_list(struct elbow_hdf5 *file, const char *group, const char *member, int64_t *length)
{
    elbow_path path;
    hsize_t shape[H5S_MAX_RANK];
    if (!elbow_hdf5_member(group, member, path))
        return H5I_INVALID_HID;
    hid_t list = elbow_hdf5_open_object(file, path);
    hid_t space = list >= 0 && H5Iget_type(list) == H5I_DATASET ? H5Dget_space(list) : H5I_INVALID_HID;
    bool is_list = space >= 0 && H5Sget_simple_extent_dims(space, shape, NULL) == 1 && shape[0] <= INT64_MAX;
    if (space >= 0)
        H5Sclose(space);
    if (is_list) {
        *length = (int64_t)shape[0];
        return list;
    }
    if (list >= 0)
        H5Oclose(list);
    return H5I_INVALID_HID;
}

static bool read_pair(struct elbow_hdf5 *file, const char *group, const char *member, int64_t pair[2])
{
    int64_t length;
    hid_t list = open_list(file, group, member, &length);
    if (list < 0)
        return false;
    hid_t type = H5Dget_type(list);
    bool is_read = length == 2 && type >= 0 && H5Tget_class(type) == H5T_INTEGER &&
                   elbow_hdf5_check_chunks(file, list, member, 0, 2, NULL) == ELBOW_OK &&
                   H5Dread(list, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, pair) >= 0;
    if (type >= 0)
        H5Tclose(type);
    H5Dclose(list);
    return is_read;
}

// 10x Genomics stores the shape of a matrix in a dataset, genes and cells, and as many barcodes as cells.
static bool look_at_cells(struct elbow_hdf5 *file, const char *group, struct elbow_hdf5_matrix *matrix)
{
    int64_t shape[2], cells;
    hid_t barcodes = open_list(file, group, "barcodes", &cells);
    if (barcodes < 0)
        return false;
    H5Dclose(barcodes);
    if (!read_pair(file, group, "shape", shape) || shape[1] != cells)
        return false;
    *matrix = (struct elbow_hdf5_matrix){ELBOW_MATRIX_CELLS, true, shape[1], shape[0]};
    return true;
}

struct elbow_hdf5_matrix elbow_hdf5_look_at_matrix(struct elbow_hdf5 *file, const char *group)
{
    char encoding[ELBOW_HDF5_WORD_SIZE], older[ELBOW_HDF5_WORD_SIZE];
    struct elbow_hdf5_matrix matrix = {.kind = ELBOW_MATRIX_NONE};
    int64_t shape[2];
    elbow_hdf5_read_word(file, group, "encoding-type", encoding);
    elbow_hdf5_read_word(file, group, "h5sparse_format", older);
    if (strcmp(encoding, "csr_matrix") == 0 || strcmp(older, "csr") == 0)
        matrix.kind = ELBOW_MATRIX_ROWS;
    else if (strcmp(encoding, "csc_matrix") == 0 || strcmp(older, "csc") == 0)
        matrix.kind = ELBOW_MATRIX_COLUMNS;
    else if (has_member(file, group, "data") && has_member(file, group, "indices") && has_member(file, group, "indptr"))
        matrix.kind = ELBOW_MATRIX_UNSAID;
    if (matrix.kind == ELBOW_MATRIX_NONE || (matrix.kind == ELBOW_MATRIX_UNSAID && look_at_cells(file, group, &matrix)))
        return matrix;
    matrix.has_shape = elbow_hdf5_read_integers(file, group, "shape", shape, 2, NULL) == ELBOW_OK ||
                       elbow_hdf5_read_integers(file, group, "h5sparse_shape", shape, 2, NULL) == ELBOW_OK;
    if (matrix.has_shape) {
        matrix.rows = shape[0];
        matrix.columns = shape[1];
    }
    return matrix;
}

bool elbow_hdf5_describe_sparse(struct elbow_hdf5 *file, const char *group, char *what, size_t size)
{
    struct elbow_hdf5_matrix matrix = elbow_hdf5_look_at_matrix(file, group);
    char shape[ELBOW_HDF5_WORD_SIZE] = "";
    if (matrix.kind == ELBOW_MATRIX_NONE)
        return false;
    if (matrix.has_shape)
        elbow_text_format(shape, sizeof shape, ", %" PRId64 " x %" PRId64, matrix.rows, matrix.columns);
    if (matrix.kind == ELBOW_MATRIX_UNSAID)
        elbow_text_format(
            what, size,
            "holds data, indices and indptr, but does not say which kind of matrix; if it is stored by rows (CSR), say "
            "so in Python: f[\"%s\"].attrs.update({\"encoding-type\": \"csr_matrix\", \"shape\": [rows, columns]})",
            group);
    else if (matrix.kind == ELBOW_MATRIX_COLUMNS)
        elbow_text_format(what, size,
                          "is a sparse matrix by columns (CSC%s), but rows are read; store it by rows, in Python: f = "
                          "h5py.File(\"%s\", \"a\"); anndata.io.write_elem(f, \"%s\", "
                          "anndata.io.read_elem(f[\"%s\"]).tocsr())",
                          shape, strlen(file->name) < 256 ? file->name : "...", group, group);
    else
        elbow_text_format(what, size,
                          "is a sparse matrix (%s%s), which can only be used as rows of data; for other uses store it "
                          "dense, for example with toarray() of scipy.sparse",
                          matrix.kind == ELBOW_MATRIX_ROWS ? "CSR" : "10x Genomics, cells x genes", shape);
    return true;
}
