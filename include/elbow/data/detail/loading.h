// SPDX-License-Identifier: BSD-3-Clause
// Shared by the parts that load a dataset (dataset_load.c): opening and description (dataset_open.c), shape
// (dataset_shape.c), selection (dataset_select.c), place (dataset_place.c), reading (row_reader.h, dataset_read.c,
// dataset_sparse.c, dataset_turn.c), missing values (dataset_known.c, dataset_spot.c, dataset_sentinel.c), figures of
// all values (dataset_measure.c), and what depends on them (dataset_values.c, dataset_transform.c).
#ifndef ELBOW_DATA_DETAIL_LOADING_H
#define ELBOW_DATA_DETAIL_LOADING_H

#include "elbow/data/dataset.h"
#include "elbow/data/source.h"
#include "elbow/parallel/partition.h"

// Synthetic counts are below this.
enum { ELBOW_SYNTHETIC_COUNTS = 16 };

// The state of a load.
struct elbow_loading {
    struct elbow_comm *comm;
    const struct elbow_dataset_request *request;
    struct elbow_dataset *dataset;
    struct elbow_files one;          // the dataset of a request without lists
    const struct elbow_files *files; // those of the request, or `one`
    const uint64_t *file_rows;       // of each file, as rank zero counted them; NULL: this rank counts
    struct elbow_source *source;     // owned
    struct elbow_hdf5_info info;     // of the source
    struct elbow_hdf5_info stored;   // the source before the selection
    struct elbow_source *mask;       // which values of the same rows are known; owned; NULL: no mask
    // Which values of the same rows are in chunks that were written; owned; NULL: not needed.
    struct elbow_source *written;
    // Of rows that are stored with the channels first: channels, and places per channel; 0: the channels are last
    // already.
    size_t channels, places;
    bool is_sampled;    // figures are of dataset->sample; false: of all rows
    uint64_t first_row; // of a single page that is checked: messages count rows from it
    double least, most; // smallest and largest stored value of the rows that this rank read into memory
    // Figures of all measured values, set by elbow_loading_measure.
    struct elbow_loading_figures {
        double mean, deviation;          // of the stored values
        uint64_t missing, first_missing; // number of missing values, and the index of the first among all values
        // The same for values that match rules of the attributes which are not in force.
        uint64_t unread, first_unread;
        uint64_t known, empty; // known values; samples without a known value
    } figures;
};

// Collective; local if there is no communicator. Opens the files and describes the dataset: samples, element, shape and
// layout. The first function opens the source alone. FILE, FORMAT, MISMATCH; ranks may fail differently.
enum elbow_status elbow_loading_open_source(struct elbow_loading *loading, struct elbow_error *error);
enum elbow_status elbow_loading_open(struct elbow_loading *loading, struct elbow_error *error);

// Collective; local if there is no communicator. Finds the samples, and replaces the source of the stored rows by one
// of the samples. Call it directly after opening, with the error of that.
enum elbow_status elbow_loading_select(struct elbow_loading *loading, struct elbow_error *error);

// Local. The files of the labels; NULL if there are none. `one` stores those of a single file.
const struct elbow_files *elbow_loading_labels(const struct elbow_dataset_request *request, struct elbow_files *one);

// Local. A companion of the stored rows, with this number of entries (0: any).
struct elbow_companion elbow_loading_beside(const struct elbow_loading *loading, struct elbow_companion companion,
                                            uint64_t rows);

// Local. Like elbow_loading_select, for a load that already has its selection; also opens the mask.
enum elbow_status elbow_loading_select_again(struct elbow_loading *loading, struct elbow_error *error);

// Local. Opens the source of the samples and the masks again, for a load that already has its selection.
enum elbow_status elbow_loading_reopen(struct elbow_loading *loading, struct elbow_error *error);

// Collective. Decides where the rows are kept, and makes their table of pages if they have any. MEMORY, with both
// figures.
enum elbow_status elbow_loading_place(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error);

// Collective. Makes the pages of synthetic samples, which are drawn on demand. MEMORY.
enum elbow_status elbow_loading_place_synthetic(struct elbow_loading *loading, struct elbow_error *error);

// Local. Decides the place for a description, from the machine in the request. Sets only place and bytes.
enum elbow_status elbow_loading_place_described(struct elbow_loading *loading, struct elbow_error *error);

// Local. The stored rows per page: those of the request, of the reference, or the automatic number.
uint64_t elbow_loading_page_rows(const struct elbow_loading *loading);

// A walk over the rows that this rank checks and measures. Each row is visited by one rank of all; a resident row by
// one rank of each node, the one that has read it.
struct elbow_loading_walk {
    const struct elbow_loading *loading;
    struct elbow_range pages; // remaining pages of the sample; or rows, as a single step
};

// Local. Begins a walk; and sets *rows to the next rows, or returns false at the end.
struct elbow_loading_walk elbow_loading_walk(const struct elbow_loading *loading);
bool elbow_loading_walk_next(struct elbow_loading_walk *walk, struct elbow_range *rows);

// Local. The row at index i of the measured rows.
uint64_t elbow_loading_looked_row(const struct elbow_loading *loading, uint64_t i);

// Collective. Finds the smallest and the largest measured value, unless reading the rows has found them. Returns errors
// of reading pages as well.
enum elbow_status elbow_loading_find_range(struct elbow_loading *loading, struct elbow_error *error);

// Collective. The first error of any rank, or of its pages.
enum elbow_status elbow_loading_agree(const struct elbow_loading *loading, struct elbow_error *error);

// Local. Checks that the model accepts the values of some rows. Scaling, transform and extremes must be known. `sample`
// is workspace for one sample (D). DATA, with the first value that is not accepted.
enum elbow_status elbow_loading_check_values(struct elbow_loading *loading, struct elbow_range rows, float *sample,
                                             struct elbow_error *error);

// Local. The same for all rows that this rank visits, one kind of error after another. Sets the dataset's low, high and
// is_binary from them. Rows in memory that are not measured are only checked.
enum elbow_status elbow_loading_check(struct elbow_loading *loading, struct elbow_error *error);

// Local. The attributes that mark a stored value as missing, in words.
const char *elbow_loading_missing_rules(const struct elbow_dataset *dataset, double value);

// Local. DATA, with a message: the value at index `at` of a row is a missing one.
enum elbow_status elbow_loading_refuse_missing(const struct elbow_loading *loading, uint64_t row, size_t at,
                                               double value, struct elbow_error *error);

// Collective. Finds the classes of the labels if the request asks for them, and the rows that keep their label. files:
// those of the labels; NULL: there are no labels.
enum elbow_status elbow_loading_classes(struct elbow_loading *loading, const struct elbow_files *files,
                                        struct elbow_log *log, struct elbow_error *error);

// Collective. Reads the weights, sizes, conditions and names of the rows.
enum elbow_status elbow_loading_companions(struct elbow_loading *loading, struct elbow_log *log,
                                           struct elbow_error *error);

// Local. Opens the mask of the selected rows, if there is one. After this, elbow_loading_may_miss says whether values
// may be missing. MISMATCH for a mask of another shape; FORMAT for sparse rows.
enum elbow_status elbow_loading_open_mask(struct elbow_loading *loading, int time_axis, struct elbow_error *error);
bool elbow_loading_may_miss(const struct elbow_loading *loading);
bool elbow_loading_takes_nan(const struct elbow_loading *loading);
bool elbow_loading_takes_fill(const struct elbow_loading *loading); // those that attributes mark

// Local. Whether a message may suggest to change data.missing, so that it allows missing values of this kind.
bool elbow_loading_may_let_in(const struct elbow_loading *loading, enum elbow_missing_kind kind);

// Collective. Allocates the known bits if values may be missing. MEMORY.
enum elbow_status elbow_loading_share_known(struct elbow_loading *loading, struct elbow_log *log,
                                            struct elbow_error *error);

// The workspace for the masks of a block of up to rows_max rows.
struct elbow_loading_marks {
    uint64_t rows_max;
    void *mask, *written, *row; // owned; NULL: no such mask
};

// Local. Allocates the workspace (MEMORY), and releases it.
enum elbow_status elbow_loading_marks_create(const struct elbow_loading *loading, uint64_t rows_max,
                                             struct elbow_loading_marks *marks, struct elbow_error *error);
void elbow_loading_marks_destroy(struct elbow_loading_marks *marks);

struct elbow_row_block; // elbow/data/detail/row_reader.h

// Local. Marks the known values of a block of rows that were read, and sets the missing ones to 0. Updates the smallest
// and the largest value. DATA for a mask with numbers other than 0 and 1, and for known values that are NaN or
// infinite, except those that match a rule which data.missing does not allow: they are refused later.
enum elbow_status elbow_loading_mark(const struct elbow_loading *loading, const struct elbow_loading_marks *marks,
                                     struct elbow_row_block *block, struct elbow_error *error);

// Collective. Releases the known bits if all values are known. DATA if no value is known. Figures must have been
// measured.
enum elbow_status elbow_loading_settle_known(struct elbow_loading *loading, struct elbow_error *error);

// Local. Moves the channels of rows in memory from the first axis to the last, in place. A value has
// elbow_element_size(element) bytes; `row` is workspace for one row.
void elbow_loading_turn(const struct elbow_loading *loading, enum elbow_element element, void *rows, uint64_t count,
                        void *row);

// Local. Sets the shape of a sample: that of the file; for flat rows that of the request; if either is flat, that of
// the reference. MISMATCH.
enum elbow_status elbow_loading_take_shape(struct elbow_loading *loading, struct elbow_error *error);

// Local. Checks that a sample has as many dimensions as its layout. MISMATCH.
enum elbow_status elbow_loading_check_layout(const struct elbow_dataset *dataset, struct elbow_error *error);

// Local. The rows that this rank reads, in whole pieces. *piece is the result of elbow_loading_piece.
struct elbow_range elbow_loading_rows(const struct elbow_loading *loading, const struct elbow_hdf5_info *info,
                                      uint64_t row_bytes, bool is_shared, uint64_t *piece);

// Local. The number of rows in a piece: a chunk, or about a megabyte.
uint64_t elbow_loading_piece(const struct elbow_hdf5_info *info, uint64_t row_bytes);

// Local. The number of rows to read at once, in whole pieces; row_bytes: bytes of a row.
uint64_t elbow_loading_block(uint64_t row_bytes, uint64_t piece);

// Local. Describes the storage of the rows, and sets the bytes that reading needs in the dataset. Errors as of
// elbow_source_storage.
enum elbow_status elbow_loading_find_reading(struct elbow_loading *loading, struct elbow_hdf5_storage *storage,
                                             struct elbow_error *error);

// Local. The bytes of the masks of a block, and of one row of workspace.
uint64_t elbow_loading_marks_bytes(const struct elbow_loading *loading, uint64_t rows);

// Local. Reads this rank's rows in blocks, and finds the smallest, the largest and invalid values.
enum elbow_status elbow_loading_read_rows(struct elbow_loading *loading, struct elbow_error *error);

// Local. The same for sparse rows.
enum elbow_status elbow_loading_read_sparse(struct elbow_loading *loading, struct elbow_error *error);

// Local. DATA, with a message: the value at index `number` of a row of the source is NaN or infinite.
enum elbow_status elbow_loading_refuse_infinite(const struct elbow_loading *loading, uint64_t row, uint64_t number,
                                                struct elbow_error *error);

// Local. The index, in the row of the source, of the value at index `at` of a row in memory.
size_t elbow_loading_number(const struct elbow_loading *loading, size_t at);

// The position of a value, for messages.
struct elbow_loading_spot {
    char name[ELBOW_DATASET_NAME_SIZE]; // "data/mnist.h5:/train/images"
    uint64_t row, number;               // row of the dataset; index in the row
};

// Local. Finds the position of a value from its row in the source and its index there.
struct elbow_loading_spot elbow_loading_locate(const struct elbow_loading *loading, uint64_t row, uint64_t number);

// Collective. Measures all values; smallest and largest must be known. The same bits on any number of ranks. MEMORY.
enum elbow_status elbow_loading_measure(struct elbow_loading *loading, struct elbow_error *error);

// Collective. Sets the transform of the scaled values: that of the reference, or a learned one. DATA for values that it
// cannot transform. MEMORY.
enum elbow_status elbow_loading_take_transform(struct elbow_loading *loading, struct elbow_error *error);

// Local. If `error` is a MISMATCH of the number of entries of a companion, and MATLAB wrote the rows: adds to the
// message that the axes may be reversed.
void elbow_loading_hint_reversed(const struct elbow_loading *loading, struct elbow_error *error);

// Collective. Measures the transformed values again if there is a transform; their extremes must be known. MEMORY.
enum elbow_status elbow_loading_measure_transformed(struct elbow_loading *loading, struct elbow_error *error);

// Collective. Sets the transform of the encoder's input in the same way, and the range of the training data. Mean,
// deviation and extremes must be known. `seen`: moments of the values as the model sees them; NULL: they are computed
// if they are needed. DATA for values that it cannot transform.
enum elbow_status elbow_loading_take_input(struct elbow_loading *loading, const struct elbow_moments *seen,
                                           struct elbow_error *error);

// Local. Whether elbow_loading_doubt_sentinels reads the rows.
bool elbow_loading_doubts_sentinels(const struct elbow_loading *loading);

// Collective. Notes a doubt if the values contain numbers that other programs write for missing ones. Figures, smallest
// and largest value must be known. MEMORY.
enum elbow_status elbow_loading_doubt_sentinels(struct elbow_loading *loading, struct elbow_error *error);

// Collective. After the rows are in their place: finds scaling and transform, checks that the model accepts the values,
// and computes the figures that the request wants for the start of a model. DATA, MISMATCH, MEMORY, and errors of
// reading.
enum elbow_status elbow_loading_settle(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error);

#endif
