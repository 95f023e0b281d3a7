// SPDX-License-Identifier: BSD-3-Clause
// Copies an HDF5 file, with its datasets of numbers in chunks of whole rows.
#ifndef ELBOW_DATA_RECHUNK_H
#define ELBOW_DATA_RECHUNK_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_RECHUNK_VALUES_MAX = 20 };

// The filter of the new chunks.
struct elbow_rechunk_filter {
    bool keeps;                                // keep the filters of each dataset; `number` is ignored
    int number;                                // an HDF5 filter, after shuffle if it is gzip; 0: none
    unsigned values[ELBOW_RECHUNK_VALUES_MAX]; // its options: for gzip, the level
    unsigned count;
};

struct elbow_rechunk_request {
    const char *source;   // the file
    const char *dataset;  // copy only this dataset or group; NULL or "/": the whole file
    const char *target;   // the new file, which must not exist
    uint64_t chunk_rows;  // rows per chunk; 0: as many as fit into chunk_bytes
    uint64_t chunk_bytes; // > 0; datasets up to this size are copied unchanged
    uint64_t memory;      // bytes for rows in memory; at least one new chunk is held
    struct elbow_rechunk_filter filter;
    void *user;
    // Called after each block of rows; may be NULL.
    void (*progress)(void *user, const char *dataset, uint64_t done, uint64_t rows);
};

struct elbow_rechunk_result {
    uint64_t rewritten, copied;  // number of datasets
    uint64_t references;         // attributes and datasets with references to objects that were not copied: left out
    uint64_t repeated;           // datasets whose chunks were unpacked several times, because memory was short
    uint64_t repeats, band;      // of these: the largest number of times, and the bytes of memory that would avoid it
    elbow_path largest;          // the largest rewritten dataset; empty: none
    uint64_t rows, row_bytes;    // of it
    uint64_t rows_before;        // rows per chunk before; 0: not chunked
    uint64_t rows_after;         // rows per chunk now
    uint64_t touched;            // bytes to unpack to read one row before; 0: not chunked
    bool was_contiguous;         // its rows lay one after another in the file
    uint64_t stored, stored_new; // bytes in the file, before and now
};

// Local. Parses a filter: "none", "keep", "gzip", "gzip:LEVEL", or the number of an HDF5 filter and its options,
// "32015:3". USAGE.
enum elbow_status elbow_rechunk_read_filter(const char *text, struct elbow_rechunk_filter *filter,
                                            struct elbow_error *error);

// Local. Writes the new file. Values, types, extents, attributes, groups and links are unchanged; dimension scales and
// other references between objects point to the new objects; virtual datasets and datasets in raw files become ordinary
// datasets. Each old chunk is read once if `memory` can hold a band of chunks. FILE, FORMAT or DATA for data that
// cannot be read; OUTPUT; USAGE for a filter that cannot write. After a failure the target is incomplete, and the
// caller must remove it.
enum elbow_status elbow_rechunk(const struct elbow_rechunk_request *request, struct elbow_rechunk_result *result,
                                struct elbow_error *error);

ELBOW_C_END

#endif
