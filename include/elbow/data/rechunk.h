// SPDX-License-Identifier: BSD-3-Clause
// Writing an HDF5 file anew, its datasets of numbers in chunks of whole rows.
#ifndef ELBOW_DATA_RECHUNK_H
#define ELBOW_DATA_RECHUNK_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_RECHUNK_VALUES_MAX = 20 };

// How new chunks are packed.
struct elbow_rechunk_filter {
    bool keeps;                                // as the dataset's chunks are packed now; `number` does not matter
    int number;                                // of an HDF5 filter, after shuffle if that is gzip; 0: not packed
    unsigned values[ELBOW_RECHUNK_VALUES_MAX]; // of the filter: of gzip its level
    unsigned count;
};

struct elbow_rechunk_request {
    const char *source;   // the file
    const char *dataset;  // a dataset or a group of it: nothing else is written; NULL or "/": the whole file
    const char *target;   // the new file, which must not exist
    uint64_t chunk_rows;  // rows of a chunk; 0: as many as chunk_bytes hold
    uint64_t chunk_bytes; // > 0; also the size up to which datasets are copied as they are
    uint64_t memory;      // bytes that the rows in hand may take; at least a new chunk is
    struct elbow_rechunk_filter filter;
    void *user;
    // Called after each block of rows; may be NULL.
    void (*progress)(void *user, const char *dataset, uint64_t done, uint64_t rows);
};

struct elbow_rechunk_result {
    uint64_t rewritten, copied;  // datasets
    uint64_t references;         // attributes and datasets of references that lead out of what was written: left out
    uint64_t repeated;           // datasets whose chunks were unpacked several times, for want of memory
    uint64_t repeats, band;      // of these: most times, and the memory that it would take to do it once
    elbow_path largest;          // the largest dataset that was rewritten; empty: none
    uint64_t rows, row_bytes;    // of it
    uint64_t rows_before;        // of a chunk of it before; 0: it had none
    uint64_t rows_after;         // likewise now
    uint64_t touched;            // bytes that were unpacked to read one row; 0: it had no chunks
    uint64_t stored, stored_new; // bytes in the file, before and after
};

// Local. Reads "none", "keep", "gzip", "gzip:LEVEL", or the number of an HDF5 filter and its values, "32015:3". USAGE.
enum elbow_status elbow_rechunk_read_filter(const char *text, struct elbow_rechunk_filter *filter,
                                            struct elbow_error *error);

// Local. Writes the file. Values, types, extents, attributes, groups and links stay as they are; dimension scales and
// other references between objects lead to the new objects; virtual datasets and those in raw files become datasets of
// their own. Row chunks are read once if `memory` holds a band of them. On failure the target is half-written, and for
// the caller to remove. FILE, FORMAT, DATA for what cannot be read; OUTPUT; USAGE for a filter that cannot write.
enum elbow_status elbow_rechunk(const struct elbow_rechunk_request *request, struct elbow_rechunk_result *result,
                                struct elbow_error *error);

ELBOW_C_END

#endif
