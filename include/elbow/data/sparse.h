// SPDX-License-Identifier: BSD-3-Clause
// Groups of an HDF5 file that hold a sparse matrix by rows (CSR): those of AnnData (attributes encoding-type and
// shape), of its older versions and h5sparse (h5sparse_format, h5sparse_shape), and matrices of 10x Genomics. The
// latter are genes x cells by columns, which stores the genes of each cell together: their rows are the cells. No MPI
// call. Not thread-safe.
#ifndef ELBOW_DATA_SPARSE_H
#define ELBOW_DATA_SPARSE_H

#include "elbow/base/language.h"
#include "elbow/base/text.h"
#include "elbow/data/hdf5.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// An open group. Plain; the file is not owned.
struct elbow_sparse {
    struct elbow_hdf5 *file;
    elbow_path name;                  // for messages: "cells.h5ad:/X"
    elbow_path data, indices, indptr; // the datasets
    struct elbow_hdf5_info info;      // of the rows as a dense matrix: (rows, columns), with the element of `data`
    struct elbow_hdf5_info values, columns, starts; // of the three datasets
    uint64_t entries;                               // of all rows
};

// Local. Whether a group of this name holds a sparse matrix of any kind.
bool elbow_sparse_is(struct elbow_hdf5 *file, const char *name);

// Local. Opens a group. FORMAT, with the remedy, for a matrix by columns, for one without a statement of its kind, and
// for parts that are missing or contradict each other.
enum elbow_status elbow_sparse_open(struct elbow_hdf5 *file, const char *name, struct elbow_sparse *sparse,
                                    struct elbow_error *error);

// Local. Checks that all three datasets are written and can be read. Errors as of elbow_hdf5_check_storage.
enum elbow_status elbow_sparse_check_storage(struct elbow_sparse *sparse, struct elbow_error *error);

// Local. Describes the storage of the entries. storage->reading is an upper bound of the bytes that a read needs
// besides them.
enum elbow_status elbow_sparse_describe_storage(struct elbow_sparse *sparse, struct elbow_hdf5_storage *storage,
                                                struct elbow_error *error);

// Local. The starts of rows [first, first + count) among the entries, and the end of the last one: starts [count + 1],
// ascending, at most the number of entries. FORMAT, with the row, if the file has other numbers; MEMORY.
enum elbow_status elbow_sparse_starts(struct elbow_sparse *sparse, uint64_t first, uint64_t count, uint64_t *starts,
                                      struct elbow_error *error);

// Local. Reads the entries of rows [first, first + count) with these starts [count + 1]: columns, ascending and each
// once in a row, and values of info.element. Needs little memory besides. FORMAT, with the row, for a column that is
// out of range or occurs twice; MEMORY.
enum elbow_status elbow_sparse_read(struct elbow_sparse *sparse, uint64_t first, uint64_t count, const uint64_t *starts,
                                    uint32_t *columns, void *values, struct elbow_error *error);

ELBOW_C_END

#endif
