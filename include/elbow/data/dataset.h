// SPDX-License-Identifier: BSD-3-Clause
// A dataset in memory: one copy a node, in the type it is stored in, read by all ranks of the node together.
#ifndef ELBOW_DATA_DATASET_H
#define ELBOW_DATA_DATASET_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/classes.h"
#include "elbow/data/companion.h"
#include "elbow/data/condition.h"
#include "elbow/data/element.h"
#include "elbow/data/files.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/labels.h"
#include "elbow/data/packing.h"
#include "elbow/data/page_sample.h"
#include "elbow/data/page_table.h"
#include "elbow/data/scale.h"
#include "elbow/data/selection.h"
#include "elbow/data/transform.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/shared.h"

ELBOW_C_BEGIN

enum { ELBOW_DATASET_NAME_SIZE = 2 * ELBOW_PATH_SIZE + 2 };

struct elbow_data_facts; // elbow/data/facts.h
struct elbow_page_load;  // elbow/data/detail/page_load.h
struct elbow_pages;      // elbow/data/pages.h
struct elbow_through;    // elbow/data/through.h

enum { ELBOW_DATASET_CONSTANT = 5 };

// What a dataset has to say beside its values; for elbow_dataset_log.
struct elbow_dataset_news {
    bool beats_factor, beats_offset; // data.factor, data.offset are used where an attribute says something else
    bool has_other_scale;            // its attributes say another scaling than that of the checkpoint, which is used
    uint64_t unread, first_unread;   // values that its attributes call missing, and the checkpoint does not; row
    char unread_in[ELBOW_DATASET_NAME_SIZE]; // the dataset of that row, where there are several; else empty
    bool is_other_side;        // of a dataset that has been told of: what holds for both sides is not said again
    bool fills_nothing;        // data.missing: fill, but nothing says which of its values are missing
    bool holds_sentinels;      // numbers as other programs write them for missing ones; `doubt` tells
    bool misses_none;          // values may be missing (data.missing, data.mask), and none is
    bool is_turned_in_vain;    // data.transpose, but the rows seem to come first in the file
    bool may_be_reversed;      // MATLAB wrote it, and its last axis may be that of the samples
    bool looks_channels_first; // its first axis may be that of the channels, and is not read so
    char turned[500];          // how rows are turned round: "3 x 64 x 64 (stored flat) to 64 x 64 x 3"; empty: not
    char axes[200];  // why the axes of series may be the other way round, and what to do; empty: not; rank zero's
    char doubt[500]; // why the scaling may be wrong here, and what to do; empty: it seems right
    uint64_t empty;  // samples without a known value
    size_t never;    // values of a sample that are known in none
    size_t constant; // columns without a deviation, where one of each was learned from this dataset
    size_t first_constant[ELBOW_DATASET_CONSTANT]; // the first of them
    // Of a table whose columns have no deviations of their own: the least and the largest of columns that vary, as the
    // model sees them; 0: not looked at.
    double column_least, column_most;
};

struct elbow_dataset {
    char name[ELBOW_DATASET_NAME_SIZE]; // "data/mnist.h5:/train/images", for messages
    uint64_t samples;                   // N; of more that are stored, where the request has most_bytes
    size_t values;                      // D
    size_t rank;                        // dimensions of a sample
    uint64_t shape[8];                  // of a sample, channels last; product D
    enum elbow_layout layout;           // what its dimensions are
    enum elbow_element element;
    double min, max; // stored
    struct elbow_scale scale;
    struct elbow_fit transform;      // of the scaled values; owned
    struct elbow_fit input;          // of these, for the encoder alone (model.input.transform); owned
    double trained_min, trained_max; // stored, of the training data
    struct elbow_missing missing;    // the rules that hold; a known value is none that they mean
    struct elbow_packing packing;    // what its own attributes say
    // Of all values as the model sees them, scaled and transformed, before they are binarised, and without the noise of
    // data.dequantize; the same on any ranks. NaN where all is noise.
    double mean, deviation, low, high;
    struct elbow_dataset_news news;
    struct elbow_shared rows; // (N, D) of element, or sparse: detail/rows.h tells
    // A bit for each value, 1: it is known, the rows aligned to bytes; base NULL: all are. One that is missing is
    // stored as 0 here, and is 0 for the model, too: scaled, transformed or binarised. min, max, mean, deviation, low
    // and high are of those that are known.
    struct elbow_shared known;
    struct elbow_pages *pages;        // rows, and what is known of them, read from the files when they are used; owned.
                                      // NULL: they are in memory
    uint64_t unknown;                 // values that are missing
    struct elbow_selection selection; // which of the stored rows the samples are, owned; zeroed: all
    struct elbow_shared labels;       // (stored rows) int64_t; base NULL without labels
    struct elbow_label_names label_names;
    size_t files;                      // of a list, more than one; 0: a single one
    struct elbow_files file_names;     // where there are several; owned
    uint64_t *file_rows, *file_hashes; // [files] in order; hashes below 2^52, once compared; owned
    bool has_labels;
    struct elbow_classes classes; // of the labels, where the request wants them; owned
    struct elbow_shared weights;  // (stored rows) double; base NULL without weights
    double weight_scale;          // what makes their mean over the samples 1
    bool has_weights;
    struct elbow_conditions conditions;                          // what the model is told of rows; owned
    struct elbow_condition_rows condition_rows[ELBOW_NAMED_MAX]; // of the stored rows; owned
    struct elbow_shared sizes;                                   // (stored rows) double; base NULL without sizes
    double mean_size;                                            // of the samples
    bool has_sizes;
    struct elbow_names names; // of the stored rows, on rank zero
    bool has_names;
    uint64_t
        beside_bytes; // labels, weights, sizes and conditions of all stored rows, beside the rows in a node's memory
    uint64_t selection_bytes; // the selection, on each rank
    // What is taken only while it is loaded, as rank zero knows it: by rank zero before there is room for the rows, to
    // find out which of them are samples; by each rank beside all that, to read them.
    uint64_t selecting_bytes, reading_bytes;
    bool is_sparse;   // only the entries of each row are kept, as they are stored
    uint64_t entries; // of sparse rows: values that are stored; all others are zero
    // Where the rows are: resident, or in pages of this rank (`pages`). What lies beside the rows is in memory in any
    // case.
    enum elbow_access place;
    struct elbow_page_table page_table; // owned; count 0: rows belong to no pages
    struct elbow_page_sample sample;    // of the pages; owned
    struct elbow_page_load *page_load;  // what reads them; the pages own it
    uint64_t pages_bytes;               // that the pages of a rank take, about
    uint64_t looked;                    // samples that the figures are of: all, or those of the sample of pages
    bool is_binary; // all values that the model sees are 0 or 1 (known only where the demand is UNIT or BINARY; of
                    // several parts those of which it is BINARY)
    bool is_synthetic;
    bool is_whole;                       // synthetic data are counts up to max
    uint64_t seed;                       // synthetic data are drawn with it when used
    const struct elbow_through *through; // what makes the values; NULL: they are stored; not owned
    struct elbow_dataset *stored;        // the rows that it makes them of; owned
    uint64_t hash; // of all values as stored, dense or sparse, below 2^63, alike for any ranks and chunks; 0: not
                   // compared, or noise
};

// Which samples a dataset consists of. Zeroed: all stored rows.
struct elbow_selecting {
    bool has_range; // rows from low to high, both included
    int64_t low, high;
    struct elbow_companion rows; // or those that a dataset names: a mask of 0 and 1, or numbers
    double share;                // one side of a split; 0: none
    uint64_t split_seed;
    bool is_valid;                 // the side that is held back
    struct elbow_companion groups; // whose values are not torn apart
    uint64_t length, step;         // windows of series; step 0: length
};

// What there is for rows, of all nodes.
struct elbow_placing_machine {
    uint64_t free;              // bytes of a node, at least
    uint64_t node_ranks, ranks; // of a node, at most; in all
};

// Where rows are while they are used, and in which order they are. Zeroed: all in memory.
struct elbow_placing {
    bool may_page; // rows may be read when they are used; else they are in memory
    enum elbow_order_kind order;
    enum elbow_access access;
    uint64_t memory;                      // of a node for rows; 0: what there is
    uint64_t page_rows, window_pages;     // page_rows 0: automatic, or that of the reference
    uint64_t batch, microbatch;           // of training; batch 0: samples are used in the order of the file
    struct elbow_placing_machine machine; // for a description, which finds the place then; zeroed: it does not
};

// What is to be loaded.
struct elbow_dataset_request {
    const char *file, *dataset;       // file NULL: synthetic
    const char *labels_file, *labels; // labels NULL: none
    // In place of file and dataset, and of labels: whatever a configuration names. They must outlive the loading.
    const struct elbow_files *files, *labels_files;
    bool transpose;                     // the files have all axes reversed
    bool takes_lists;                   // a list of numbers is a table of one column
    const struct elbow_ranges *columns; // of flat rows; NULL or empty: all
    struct elbow_selecting select;
    bool wants_classes; // for a classifier
    uint64_t labelled;  // of the selected rows so many keep their labels, keyed by select.split_seed; 0: all
    struct elbow_companion weights, names, sizes;
    bool only_checks_names; // the dataset gets none: whether there is one for each row is all that is asked
    struct elbow_condition_sources conditions;
    enum elbow_missing_kind missing; // which stored values may be missing
    struct elbow_companion mask;     // or a dataset of the rows' shape, 1 for those that are known
    uint64_t synthetic;              // samples
    uint64_t seed;
    const struct elbow_integers *shape; // of a flat row, or of a synthetic sample; may be NULL or empty
    enum elbow_layout layout;           // MISMATCH if a sample has another number of dimensions
    enum elbow_channels channels; // where the file has their axis; first: rows are turned round while they are read
    bool has_factor, has_offset;  // from the configuration; they come before the dataset's attributes
    double factor, offset;
    enum elbow_transform_kind transform; // without a reference
    enum elbow_transform_kind input;     // likewise, of what the encoder sees
    // What the data have to agree with, of a checkpoint or of the training set; may be NULL. Scaling, transform and
    // missing-value rules are its own. A sample of as many values has its shape, or either of them is flat.
    const struct elbow_data_facts *reference;
    const char *reference_name; // the checkpoint's path, or the training set's name
    bool is_settled;            // the reference is a checkpoint's: attributes that say otherwise are only news
    bool is_same;               // the reference was made of these very data
    bool is_resumed;            // a run goes on, which was told at its start of keys that beat attributes
    struct elbow_demand demand; // what the values that the model sees may be, and who asks; zeroed: any
    uint64_t most_bytes;        // of rows: the first ones, and no more; 0: all rows
    struct elbow_placing placing;
};

// Local. What a configuration says of all its datasets; the names of files and datasets are the caller's to add.
// Borrows from the configuration.
struct elbow_dataset_request elbow_dataset_request_of(const struct elbow_config *config);

// Local. What a configuration says of the rows of data.train: which of them, and which side of the split. The names of
// files and datasets are the caller's to add.
void elbow_dataset_select(const struct elbow_config *config, bool is_valid, struct elbow_selecting *select);

// Local. Describes what would be loaded, without a row of it: shape, layout, type, packing, and whether all rows are
// there. Nothing has to be unloaded. FILE, FORMAT, MISMATCH, as of a load.
enum elbow_status elbow_dataset_describe(const struct elbow_dataset_request *request, struct elbow_dataset *dataset,
                                         struct elbow_hdf5_storage *storage, struct elbow_error *error);

// Collective. Loads: every rank reads its part of the rows, chunk-aligned in large blocks; NaN, infinity, missing
// values that may not be and values outside the demanded support are found here, with the row. FORMAT for a missing
// dataset, an empty one, rank < 2, labels of another length; MISMATCH for a shape or a scaling that contradicts the
// request; DATA for bad values; MEMORY, with both figures, if it does not fit in a node's memory.
enum elbow_status elbow_dataset_load(struct elbow_comm *comm, const struct elbow_dataset_request *request,
                                     struct elbow_log *log, struct elbow_dataset *dataset, struct elbow_error *error);

// Collective. Whether all nodes (or ranks, where each has a copy) read the same: samples, shape, rows, labels.
// MISMATCH, with the name of rank zero's dataset, if not. Sets dataset->hash.
enum elbow_status elbow_dataset_compare(struct elbow_comm *comm, struct elbow_dataset *dataset,
                                        struct elbow_error *error);

// Local. Of a dataset (struct elbow_dataset): whether all of its rows that were used could be read. The first error.
enum elbow_status elbow_dataset_check_rows(const void *dataset, struct elbow_error *error);

// Local. The bytes that the rows take in a node's memory, by what a description tells of them.
size_t elbow_dataset_bytes(const struct elbow_dataset *dataset);

// What a dataset takes of a node's memory, by what a description or a load tells of it.
struct elbow_dataset_need {
    uint64_t node;      // a copy of the rows and of what lies beside them
    uint64_t rank;      // of each rank, beside that
    uint64_t selecting; // of rank zero, before all that
    uint64_t reading;   // of each rank, only while the dataset is loaded
};

// Local. A zeroed dataset needs nothing.
struct elbow_dataset_need elbow_dataset_need(const struct elbow_dataset *dataset);

// Local. Most bytes that a node takes while datasets are loaded one after the other, by so many ranks into so many
// copies.
uint64_t elbow_dataset_loading_peak(const struct elbow_dataset_need *needs, size_t count, uint64_t ranks,
                                    uint64_t copies);

// Collective. Gives it back; a zeroed struct is legal.
void elbow_dataset_unload(struct elbow_comm *comm, struct elbow_dataset *dataset);

// Local. One line that says what the dataset is: "data: data.h5:/train, 60000 samples of 28 x 28 uint8 from 0 to 255;
// scaling: ...", where `role` is "data" and `beside` goes to its end; then a warning for each piece of its news.
void elbow_dataset_log(const struct elbow_dataset *dataset, const char *role, const char *beside,
                       struct elbow_log *log);

// Local. Warnings of values that the likelihood takes, but that may be meant otherwise: some between 0 and 1 for one of
// zeros and ones; and, with mean, deviation and what to set, values that are all the same, or so far from unit scale
// that a likelihood for any real values cannot be trained on them, or columns that are next to nothing beside others.
void elbow_dataset_warn_scale(const struct elbow_dataset *dataset, const struct elbow_demand *demand,
                              struct elbow_log *log);

// Local. Whether the values are so far from unit scale that there is such a warning.
bool elbow_dataset_is_far(const struct elbow_dataset *dataset, const struct elbow_demand *demand);

// Local. What is said of a model whose layers do not fit samples that may have their channels first; empty: nothing.
const char *elbow_dataset_channels_hint(const struct elbow_dataset *dataset);

// Local. Whether the first axis of a sample is as short as that of channels, before longer ones.
bool elbow_dataset_looks_first(enum elbow_layout layout, size_t rank, const uint64_t *shape);

// Local. The values of one sample (D) as the model sees them, scaled and transformed, into `values`.
void elbow_dataset_sample(const struct elbow_dataset *dataset, uint64_t sample, float *values);

// Local. The number that keys all random numbers of a sample: that of its row in the file, or of its window
// (elbow/data/selection.h). Its stored row.
uint64_t elbow_dataset_id(const struct elbow_dataset *dataset, uint64_t sample);
uint64_t elbow_dataset_row(const struct elbow_dataset *dataset, uint64_t sample);

// Local. What the model is told of a sample: c (C).
void elbow_dataset_condition(const struct elbow_dataset *dataset, uint64_t sample, float *c);

// Local. How much a sample counts; 1 without weights. The mean over all samples is 1.
double elbow_dataset_weight(const struct elbow_dataset *dataset, uint64_t sample);
// Local. The size of a sample; 1 without sizes.
double elbow_dataset_size(const struct elbow_dataset *dataset, uint64_t sample);

// Local. Which values of one sample are known, into known (D): 1, or 0 where one is missing.
void elbow_dataset_known(const struct elbow_dataset *dataset, uint64_t sample, float *known);

// Local. The pages of the rows that are read, of a dataset whose values are made of those of another one, too; NULL:
// all are in memory.
struct elbow_pages *elbow_dataset_pages(const struct elbow_dataset *dataset);

// Local. Whether values may be missing.
bool elbow_dataset_has_known(const struct elbow_dataset *dataset);

// Local. How many values lie in one place of a sample: the channels of an image, of a series, of a volume; all values
// of a flat row.
size_t elbow_dataset_channels(const struct elbow_dataset *dataset);

// Local. The scaled values of one sample (D) of a file, not transformed and not rounded; anything where one is missing.
void elbow_dataset_scaled(const struct elbow_dataset *dataset, uint64_t sample, double *values);

// Local. Likewise with noise (D) in [0, 1) added to each value as it is stored, before it is scaled: of whole numbers
// from a file. values may be noise.
void elbow_dataset_sample_moved(const struct elbow_dataset *dataset, uint64_t sample, const float *noise,
                                float *values);

// Local. The label of a sample (its name: elbow_label_name of label_names).
int64_t elbow_dataset_label(const struct elbow_dataset *dataset, uint64_t sample);

// Local. The number of a sample's class, -1 if it is unknown: where there are classes.
int64_t elbow_dataset_class(const struct elbow_dataset *dataset, uint64_t sample);

// Height, width and channels (1 or 3) of a sample that is a picture: (H, W), (H, W, 1), (H, W, 3), unless its layout is
// another one than an image's.
struct elbow_image_shape {
    size_t height, width, channels;
};

// Local. False if the samples are no pictures.
bool elbow_dataset_image(enum elbow_layout layout, size_t rank, const uint64_t *shape, struct elbow_image_shape *image);

// What comes of rows that are cut anew into another shape of as many values; no value moves.
enum elbow_recut {
    ELBOW_RECUT_GOOD,           // it only splits or joins axes
    ELBOW_RECUT_CHANNELS_FIRST, // bad: it names the axes of rows that are stored with the channels first
    ELBOW_RECUT_OTHER_ORDER     // bad: values would come to places where they do not belong
};

// Local. Shapes of the same product, of at most ELBOW_HDF5_RANK_MAX axes.
enum elbow_recut elbow_dataset_recut(size_t stored_rank, const uint64_t *stored, size_t rank, const uint64_t *shape);

ELBOW_C_END

#endif
