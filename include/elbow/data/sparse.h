// SPDX-License-Identifier: BSD-3-Clause
// Groups of an HDF5 file that hold a sparse matrix by rows (CSR): those of AnnData (attributes encoding-type and
// shape), of its older versions and h5sparse (h5sparse_format, h5sparse_shape), and the matrices of 10x Genomics, which
// are genes x cells by columns and so hold the genes of each cell together: their rows are the cells. No MPI call. Not
// thread-safe.
#ifndef ELBOW_DATA_SPARSE_H
#define ELBOW_DATA_SPARSE_H

#include "elbow/base/language.h"
#include "elbow/base/text.h"
#include "elbow/data/hdf5.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// A group that has been looked at. Plain; the file is the caller's.
struct elbow_sparse {
    struct elbow_hdf5 *file;
    elbow_path name;                  // for messages: "cells.h5ad:/X"
    elbow_path data, indices, indptr; // the datasets
    struct elbow_hdf5_info info;      // of the rows, as if they were dense: (rows, columns) of the element of `data`
    struct elbow_hdf5_info values, columns, starts; // of the three datasets
    uint64_t entries;                               // of all rows
};

// Local. Whether there is a group of this name that holds a sparse matrix, of whatever kind.
bool elbow_sparse_is(struct elbow_hdf5 *file, const char *name);

// Local. Looks at such a group. FORMAT, with the cure, for a matrix by columns, for one that does not say what it is,
// for parts that are missing or do not fit each other.
enum elbow_status elbow_sparse_open(struct elbow_hdf5 *file, const char *name, struct elbow_sparse *sparse,
                                    struct elbow_error *error);

// Local. Whether all of it has been written and can be read: as elbow_hdf5_check_storage.
enum elbow_status elbow_sparse_check_storage(struct elbow_sparse *sparse, struct elbow_error *error);

// Local. How the entries are stored; `reading`: bytes that a read takes beside them, at most.
enum elbow_status elbow_sparse_describe_storage(struct elbow_sparse *sparse, struct elbow_hdf5_storage *storage,
                                                struct elbow_error *error);

// Local. Where the entries of rows [first, first + count) begin, and the last of them ends: count + 1 ascending
// numbers, none above the number of entries. FORMAT, with the row, for others; MEMORY.
enum elbow_status elbow_sparse_starts(struct elbow_sparse *sparse, uint64_t first, uint64_t count, uint64_t *starts,
                                      struct elbow_error *error);

// Local. The entries of rows [first, first + count), which have these starts (count + 1): columns in ascending order,
// each once in a row, and the values of info.element. FORMAT, with the row, for columns that are not there, or twice;
// MEMORY. Takes little memory beside them.
enum elbow_status elbow_sparse_read(struct elbow_sparse *sparse, uint64_t first, uint64_t count, const uint64_t *starts,
                                    uint32_t *columns, void *values, struct elbow_error *error);

ELBOW_C_END

#endif
