// SPDX-License-Identifier: BSD-3-Clause
// Stored rows, in any kind of storage. A row has the values of a sample, all of one type; rows are numbered from 0.
// Each kind has a file, src/data/source/<word>.c, and sources can be built from other sources. Rows are read on demand,
// and the memory of a source does not grow with its rows. No MPI call. Not thread-safe.
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

// The position of a value in its file, for messages and outputs. The source owns the texts.
struct elbow_source_spot {
    const char *file, *dataset;
    uint64_t row;    // of the dataset
    uint64_t number; // index of the value in that row
    size_t channel;  // index of the joined dataset
};

// The functions of a kind of source.
struct elbow_source_functions {
    // Local. Checks that all rows exist and can be read, without reading one. Errors as of elbow_hdf5_check_storage.
    enum elbow_status (*check)(struct elbow_source *source, struct elbow_error *error);
    // Local. Describes the storage of the rows; of several datasets, that of the first. storage->reading is an upper
    // bound of the bytes that a read needs besides its rows, and storage->kept the bytes that the source keeps until it
    // is closed.
    enum elbow_status (*storage)(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error);
    // Local. Reads the attributes, as elbow_packing_read does. MISMATCH if those of several datasets differ.
    enum elbow_status (*packing)(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error);
    // Local. Reads rows [first, first + count): out (count rows of info.element).
    enum elbow_status (*read)(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error);
    // Local. Only for sparse rows (is_sparse). The starts of rows [first, first + count) among the entries of all rows,
    // and the end of the last one: starts [count + 1], ascending, at most `entries`.
    enum elbow_status (*starts)(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                struct elbow_error *error);
    // Local. Only for sparse rows. The entries of the rows with these starts: columns (below the values of a row,
    // ascending, each once) and values of info.element.
    enum elbow_status (*entries)(struct elbow_source *source, uint64_t first, uint64_t count, const uint64_t *starts,
                                 uint32_t *columns, void *values, struct elbow_error *error);
    // Local. Finds the position of a value.
    struct elbow_source_spot (*locate)(const struct elbow_source *source, uint64_t row, uint64_t number);
    // Local. Releases the source and the sources in it.
    void (*close)(struct elbow_source *source);
};

// The common beginning of all kinds.
struct elbow_source {
    const struct elbow_source_functions *functions;
    bool may_be_reversed;   // MATLAB wrote it, and the last axis may be that of the samples
    bool is_turned_in_vain; // it is transposed, but its rows seem to come first in the file
    // Of the rows; their number is shape[0]. Limits are not checked (elbow_hdf5_check_rows).
    struct elbow_hdf5_info info;
    bool may_lack;    // its chunks need not be written
    bool is_sparse;   // the entries of the rows can be read without the zeros between them
    uint64_t entries; // of all sparse rows
};

// A request to open a source. The datasets of each file are transposed and joined as channels; columns are taken from
// the result; and the files follow one another.
struct elbow_source_request {
    const struct elbow_files *files; // must outlive the source
    bool transpose;
    const struct elbow_ranges *columns; // NULL or empty: all
    // Rows of each file, if another process has counted them: files are then opened on their first read. NULL: all
    // files are opened and described now.
    const uint64_t *rows;
    // Records the files, which must stay as they are (elbow/data/steady.h); must outlive the source. NULL: only several
    // files are compared, with how they were when this source opened them first.
    struct elbow_steady *steady;
    bool may_lack;      // chunks of a dataset that is not transposed need not be written
    bool shows_written; // instead of the values, bytes that say which are in chunks that were written: 1 or 0
};

// Local. Opens the files and describes the rows; *source is NULL on failure. Only a few of several files are open at a
// time. FILE, FORMAT; MISMATCH if joined datasets differ in shape or type. Close the source with elbow_source_close.
enum elbow_status elbow_source_open(const struct elbow_source_request *request, struct elbow_source **source,
                                    struct elbow_error *error);

struct elbow_selection; // elbow/data/selection.h

// Local. Replaces a source of stored rows by one of the samples of a selection, which must outlive it. `axis` is that
// of time; it is ignored without series. On failure *source is unchanged. MEMORY.
enum elbow_status elbow_source_select(struct elbow_source **source, const struct elbow_selection *selection, int axis,
                                      struct elbow_error *error);

// Local. The rows of each of the `count` files, in order; NULL if there is only one.
const uint64_t *elbow_source_file_rows(const struct elbow_source *source, size_t *count);

// Local. Call the functions of the source's kind. elbow_source_close does nothing with a NULL.
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
