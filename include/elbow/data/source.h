// SPDX-License-Identifier: BSD-3-Clause
// Stored rows, wherever and however they are stored: a row is a sample's values of one type, and rows are numbered from
// 0. The kinds have files of their own, src/data/source/<word>.c; sources are made of sources. Nothing is read before
// it is asked for, and what a source keeps does not grow with its rows. No MPI call. Not thread-safe.
#ifndef ELBOW_DATA_SOURCE_H
#define ELBOW_DATA_SOURCE_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/config/config.h"
#include "elbow/data/files.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/packing.h"

ELBOW_C_BEGIN

struct elbow_source;

// Where a value lies, for sentences and outputs. The texts are the source's.
struct elbow_source_spot {
    const char *file, *dataset;
    uint64_t row;    // of the dataset
    uint64_t number; // of the value in that row
    size_t channel;  // of the datasets that are joined
};

// What a kind of source does.
struct elbow_source_functions {
    // Local. Whether all rows are there and can be read, as elbow_hdf5_check_storage tells; no row is read.
    enum elbow_status (*check)(struct elbow_source *source, struct elbow_error *error);
    // Local. How the rows are stored, of several datasets the first one's; storage->reading: bytes that a read takes
    // beside its rows, at most; storage->kept: what the source keeps beside them until it is closed.
    enum elbow_status (*storage)(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error);
    // Local. What the attributes say, as elbow_packing_read tells. MISMATCH where those of several datasets differ.
    enum elbow_status (*packing)(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error);
    // Local. Rows [first, first + count) into out (count rows of info.element).
    enum elbow_status (*read)(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error);
    // Of sparse rows alone (is_sparse). Local. Where the entries of rows [first, first + count) begin among those of
    // all rows, and the last of them ends: count + 1 ascending numbers, none above `entries`.
    enum elbow_status (*starts)(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                struct elbow_error *error);
    // Local. The entries of rows that have these starts: columns (below the values of a row, ascending, each once) and
    // values of info.element.
    enum elbow_status (*entries)(struct elbow_source *source, uint64_t first, uint64_t count, const uint64_t *starts,
                                 uint32_t *columns, void *values, struct elbow_error *error);
    // Local.
    struct elbow_source_spot (*locate)(const struct elbow_source *source, uint64_t row, uint64_t number);
    // Local. Gives back the source and all that it is made of.
    void (*close)(struct elbow_source *source);
};

// What all kinds begin with.
struct elbow_source {
    const struct elbow_source_functions *functions;
    bool may_be_reversed;        // MATLAB wrote it, and the last axis may be that of the samples
    bool is_turned_in_vain;      // transposed, but its rows seem to come first in the file
    struct elbow_hdf5_info info; // of the rows: shape[0] of them. Their bounds are not checked (elbow_hdf5_check_rows)
    bool may_lack;               // chunks of it need not be there
    bool is_sparse;              // entries of the rows can be had without the zeros between them
    uint64_t entries;            // of all sparse rows
};

// What is to be opened: from each file its datasets, transposed and joined, of these the columns, and all files one
// after the other.
struct elbow_source_request {
    const struct elbow_files *files; // must outlive the source
    bool transpose;
    const struct elbow_ranges *columns; // NULL or empty: all
    // Rows of each file, as another process has found them: then files are looked at when they are read. NULL: all are
    // looked at now.
    const uint64_t *rows;
    bool may_lack;      // chunks of a dataset that is not transposed need not be there
    bool shows_written; // in place of the values, bytes that say which lie in chunks that are there (1) or not (0)
};

// Local. Opens the files and describes the rows; *source is NULL on failure. Of several files few are open at a time.
// FILE, FORMAT; MISMATCH where datasets that shall be joined differ in shape or type.
enum elbow_status elbow_source_open(const struct elbow_source_request *request, struct elbow_source **source,
                                    struct elbow_error *error);

struct elbow_selection; // elbow/data/selection.h

// Local. Puts a source whose rows are the samples of a selection (not owned) in place of one that has its stored rows.
// `axis` of the rows is that of time; without series it does not matter. On failure *source is as it was. MEMORY.
enum elbow_status elbow_source_select(struct elbow_source **source, const struct elbow_selection *selection, int axis,
                                      struct elbow_error *error);

// Local. The rows of each of `count` files, in order; NULL if there is one file.
const uint64_t *elbow_source_file_rows(const struct elbow_source *source, size_t *count);

// Local. The functions of the source's kind; of a NULL, close does nothing.
enum elbow_status elbow_source_check(struct elbow_source *source, struct elbow_error *error);
enum elbow_status elbow_source_storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                       struct elbow_error *error);
enum elbow_status elbow_source_packing(struct elbow_source *source, struct elbow_packing *packing,
                                       struct elbow_error *error);
enum elbow_status elbow_source_read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                                    struct elbow_error *error);
enum elbow_status elbow_source_starts(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                      struct elbow_error *error);
enum elbow_status elbow_source_entries(struct elbow_source *source, uint64_t first, uint64_t count,
                                       const uint64_t *starts, uint32_t *columns, void *values,
                                       struct elbow_error *error);
struct elbow_source_spot elbow_source_locate(const struct elbow_source *source, uint64_t row, uint64_t number);
void elbow_source_close(struct elbow_source *source);

ELBOW_C_END

#endif
