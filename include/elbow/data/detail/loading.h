// SPDX-License-Identifier: BSD-3-Clause
// What the parts of loading a dataset (dataset_load.c) share: opening and describing (dataset_open.c), its shape
// (dataset_shape.c), reading (row_reader.h, dataset_read.c, dataset_sparse.c, dataset_turn.c), what is missing
// (dataset_known.c, dataset_spot.c, dataset_sentinel.c), figures of all values (dataset_measure.c), what follows from
// them (dataset_values.c, dataset_transform.c).
#ifndef ELBOW_DATA_DETAIL_LOADING_H
#define ELBOW_DATA_DETAIL_LOADING_H

#include "elbow/data/dataset.h"
#include "elbow/data/source.h"
#include "elbow/parallel/partition.h"

// Synthetic counts are below it.
enum { ELBOW_SYNTHETIC_COUNTS = 16 };

// What one loading keeps in hand.
struct elbow_loading {
    struct elbow_comm *comm;
    const struct elbow_dataset_request *request;
    struct elbow_dataset *dataset;
    struct elbow_files one;          // where the request names one dataset
    const struct elbow_files *files; // of the request
    const uint64_t *file_rows;       // of each file, as rank zero has counted them; NULL: this rank counts
    struct elbow_source *source;     // owned
    struct elbow_hdf5_info info;     // of the source
    struct elbow_hdf5_info stored;   // before anything was selected
    struct elbow_source *mask;       // of the same rows, which values are known; owned; NULL: there is none
    struct elbow_source *written;    // likewise, which lie in chunks that are there
    // Rows are stored with the channels first, and turned round: channels of a stored row, and places of each; 0: not.
    size_t channels, places;
    bool is_sampled;    // figures are of dataset->sample, else of all rows
    uint64_t first_row; // of a page that is looked at alone: sentences count from it
    double least, most; // stored, of the rows that were read into memory
    // Of all values that are looked at, after elbow_loading_measure.
    struct elbow_loading_figures {
        double mean, deviation;          // stored
        uint64_t missing, first_missing; // values; the first one's number among all
        uint64_t unread, first_unread;   // likewise, of rules that do not hold
        uint64_t known, empty;           // values; samples without one
    } figures;
};

// Collective, or local without a communicator. Opens the file and finds out what is in it: samples, element, shape and
// layout of the dataset. FILE, FORMAT, MISMATCH; ranks may fail alone.
enum elbow_status elbow_loading_open_source(struct elbow_loading *loading, struct elbow_error *error);
enum elbow_status elbow_loading_open(struct elbow_loading *loading, struct elbow_error *error);

// Collective, or local without a communicator. Finds out which samples are wanted, and puts a source of these in place
// of that of all stored rows. Comes right after the source has been opened; *error tells how that went.
enum elbow_status elbow_loading_select(struct elbow_loading *loading, struct elbow_error *error);

// Local. A companion of so many entries (0: any number), beside the stored rows.
struct elbow_companion elbow_loading_beside(const struct elbow_loading *loading, struct elbow_companion companion,
                                            uint64_t rows);

// Local. Of a loading that knows its selection: puts a source of the samples in place of that of all stored rows, and
// opens the mask.
enum elbow_status elbow_loading_select_again(struct elbow_loading *loading, struct elbow_error *error);

// Local. Opens the source of the samples and their masks once more, of a loading that knows its selection.
enum elbow_status elbow_loading_reopen(struct elbow_loading *loading, struct elbow_error *error);

// Collective. Where the rows will be, and their pages, where they have such. MEMORY, with both figures.
enum elbow_status elbow_loading_place(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error);

// Collective. The pages of samples that are drawn when they are used. MEMORY.
enum elbow_status elbow_loading_place_synthetic(struct elbow_loading *loading, struct elbow_error *error);

// Local. Likewise of a description, where the request says what there is: place and bytes alone.
enum elbow_status elbow_loading_place_described(struct elbow_loading *loading, struct elbow_error *error);

// Local. The stored rows of a page: those of the request, of the reference, or automatic ones.
uint64_t elbow_loading_page_rows(const struct elbow_loading *loading);

// The rows that this rank looks through for figures and bad values: of all ranks each is looked at by one (resident
// rows: of all ranks of a node, those that it has read).
struct elbow_loading_walk {
    const struct elbow_loading *loading;
    struct elbow_range pages; // of the sample that are left; or of rows, once
};

// Local.
struct elbow_loading_walk elbow_loading_walk(const struct elbow_loading *loading);
bool elbow_loading_walk_next(struct elbow_loading_walk *walk, struct elbow_range *rows);

// Local. Row number i of those that figures are of.
uint64_t elbow_loading_looked_row(const struct elbow_loading *loading, uint64_t i);

// Collective. Smallest and largest of what is looked at, where it was not found when the rows were read; with what came
// of reading pages.
enum elbow_status elbow_loading_find_range(struct elbow_loading *loading, struct elbow_error *error);

// Collective. The first error of any rank, and of its pages.
enum elbow_status elbow_loading_agree(const struct elbow_loading *loading, struct elbow_error *error);

// Local. Whether the model takes the values of some rows, whose scaling and transform, smallest and largest are known.
// `sample` has room for one. DATA, with the first that it does not take.
enum elbow_status elbow_loading_check_values(struct elbow_loading *loading, struct elbow_range rows, float *sample,
                                             struct elbow_error *error);

// Local. Likewise of the rows that this rank looks at, of all kinds of trouble in turn: their extremes become the
// dataset's low and high, and is_binary is set from them. Rows in memory that are not looked at are only checked.
enum elbow_status elbow_loading_check(struct elbow_loading *loading, struct elbow_error *error);

// Local. The rules by which a stored value of a dataset is a missing one, in words.
const char *elbow_loading_missing_rules(const struct elbow_dataset *dataset, double value);

// Local. DATA, with the sentence: value `at` of a row stands for a missing one.
enum elbow_status elbow_loading_refuse_missing(const struct elbow_loading *loading, uint64_t row, size_t at,
                                               double value, struct elbow_error *error);

// Collective. The classes of the labels, which have been loaded from files (NULL: there are no labels), where the
// request wants them; and which rows keep their labels.
enum elbow_status elbow_loading_classes(struct elbow_loading *loading, const struct elbow_files *files,
                                        struct elbow_log *log, struct elbow_error *error);

// Collective. Weights and names of the rows.
enum elbow_status elbow_loading_companions(struct elbow_loading *loading, struct elbow_log *log,
                                           struct elbow_error *error);

// Local. Opens the mask of the rows, selected as they are, where there is one. Whether values may be missing at all is
// known from then on (elbow_loading_may_miss). MISMATCH for another shape; FORMAT for sparse rows.
enum elbow_status elbow_loading_open_mask(struct elbow_loading *loading, int time_axis, struct elbow_error *error);
bool elbow_loading_may_miss(const struct elbow_loading *loading);
bool elbow_loading_takes_nan(const struct elbow_loading *loading);
bool elbow_loading_takes_fill(const struct elbow_loading *loading); // what attributes mark

// Local. Whether data.missing, which is another kind, may be set to let in the values of a kind.
bool elbow_loading_may_let_in(const struct elbow_loading *loading, enum elbow_missing_kind kind);

// Collective. Room for what is known, where values may be missing.
enum elbow_status elbow_loading_share_known(struct elbow_loading *loading, struct elbow_log *log,
                                            struct elbow_error *error);

// Room for the masks of a block, of rows_max rows.
struct elbow_loading_marks {
    uint64_t rows_max;
    void *mask, *written, *row; // owned; NULL: there is no such mask
};

// Local.
enum elbow_status elbow_loading_marks_create(const struct elbow_loading *loading, uint64_t rows_max,
                                             struct elbow_loading_marks *marks, struct elbow_error *error);
void elbow_loading_marks_destroy(struct elbow_loading_marks *marks);

struct elbow_row_block; // elbow/data/detail/row_reader.h

// Local. Notes which values of the rows of a block, which have been read, are known, and makes the others 0. Takes the
// smallest and the largest. DATA for a mask of other numbers than 0 and 1, and for values that are known, but NaN or
// infinite, unless the missing-value rules mean them, which are counted later.
enum elbow_status elbow_loading_mark(const struct elbow_loading *loading, const struct elbow_loading_marks *marks,
                                     struct elbow_row_block *block, struct elbow_error *error);

// Collective. Gives the room back where all values turn out to be known; DATA if none is. Figures are there.
enum elbow_status elbow_loading_settle_known(struct elbow_loading *loading, struct elbow_error *error);

// Local. Turns rows in memory round that are stored with the channels first (elbow_element_size(element) bytes a
// value). `row` has room for one.
void elbow_loading_turn(const struct elbow_loading *loading, enum elbow_element element, void *rows, uint64_t count,
                        void *row);

// Local. Takes over the shape: the file's, that of the request for flat rows, that of the reference where either is
// flat. MISMATCH.
enum elbow_status elbow_loading_take_shape(struct elbow_loading *loading, struct elbow_error *error);

// Local. Whether the sample has the dimensions that its layout names.
enum elbow_status elbow_loading_check_layout(const struct elbow_dataset *dataset, struct elbow_error *error);

// Local. The rows that this rank reads: whole chunks, or pieces of about a megabyte.
struct elbow_range elbow_loading_rows(const struct elbow_loading *loading, const struct elbow_hdf5_info *info,
                                      uint64_t row_bytes, bool is_shared, uint64_t *piece);

// Local. The pieces in which rows are dealt out: chunks, or about a megabyte.
uint64_t elbow_loading_piece(const struct elbow_hdf5_info *info, uint64_t row_bytes);

// Local. Rows of a block that are read at once, of these bytes a row, in such pieces.
uint64_t elbow_loading_block(uint64_t row_bytes, uint64_t piece);

// Local. How the rows are stored, into *storage, and what reading them takes, into the dataset. Errors as of
// elbow_source_storage.
enum elbow_status elbow_loading_find_reading(struct elbow_loading *loading, struct elbow_hdf5_storage *storage,
                                             struct elbow_error *error);

// Local. Bytes of the masks of a block of so many rows, and of one row of them.
uint64_t elbow_loading_marks_bytes(const struct elbow_loading *loading, uint64_t rows);

// Local. Reads this rank's rows in blocks and looks for the smallest, the largest and the unusable ones.
enum elbow_status elbow_loading_read_rows(struct elbow_loading *loading, struct elbow_error *error);

// Local. The same for sparse rows.
enum elbow_status elbow_loading_read_sparse(struct elbow_loading *loading, struct elbow_error *error);

// Local. DATA, with the sentence: value `number` of a row of the source is NaN or infinite.
enum elbow_status elbow_loading_refuse_infinite(const struct elbow_loading *loading, uint64_t row, uint64_t number,
                                                struct elbow_error *error);

// Local. The number in the source's row of value `at` of a row in memory.
size_t elbow_loading_number(const struct elbow_loading *loading, size_t at);

// Where a value lies, for a sentence.
struct elbow_loading_spot {
    char name[ELBOW_DATASET_NAME_SIZE]; // "data/mnist.h5:/train/images"
    uint64_t row, number;               // of the dataset, of the row
};

// Local. Of a value of the source, by its number in the source's row.
struct elbow_loading_spot elbow_loading_locate(const struct elbow_loading *loading, uint64_t row, uint64_t number);

// Collective. Figures of all values, the same on any number of ranks; minimum and maximum are known. MEMORY.
enum elbow_status elbow_loading_measure(struct elbow_loading *loading, struct elbow_error *error);

// Collective. The transform of the scaled values, with its numbers: those of the reference, or learned. DATA for values
// that it has nothing for. MEMORY.
enum elbow_status elbow_loading_take_transform(struct elbow_loading *loading, struct elbow_error *error);

// Local. Where what lies beside the rows has another number of entries (MISMATCH), and MATLAB wrote the rows: adds to
// the sentence that they may be reversed.
void elbow_loading_hint_reversed(const struct elbow_loading *loading, struct elbow_error *error);

// Collective. Mean and deviation of the transformed values, where there is a transform; their extremes are known.
// MEMORY.
enum elbow_status elbow_loading_measure_transformed(struct elbow_loading *loading, struct elbow_error *error);

// Collective. The transform of what the encoder sees, likewise, and the range of the training data. Mean, deviation and
// extremes are known. DATA for values that it has nothing for.
enum elbow_status elbow_loading_take_input(struct elbow_loading *loading, struct elbow_error *error);

// Collective. Doubts values that are numbers as other programs write them for missing ones. Figures, minimum and
// maximum are known. MEMORY.
enum elbow_status elbow_loading_doubt_sentinels(struct elbow_loading *loading, struct elbow_error *error);

// Collective. What follows from all rows together: scaling, transform, and whether all values may be what is demanded.
enum elbow_status elbow_loading_settle(struct elbow_loading *loading, struct elbow_error *error);

#endif
