// SPDX-License-Identifier: BSD-3-Clause
// A dataset: its rows, in the stored type, are in memory, one copy per node that its ranks read together, or in pages
// of each rank (elbow/data/pages.h).
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
#include "elbow/parallel/ordered_rows.h"
#include "elbow/parallel/shared.h"

ELBOW_C_BEGIN

enum { ELBOW_DATASET_NAME_SIZE = 2 * ELBOW_PATH_SIZE + 2 };

struct elbow_binarizer;  // elbow/data/batches.h
struct elbow_data_facts; // elbow/data/facts.h
struct elbow_page_load;  // elbow/data/detail/page_load.h
struct elbow_pages;      // elbow/data/pages.h
struct elbow_through;    // elbow/data/through.h

enum { ELBOW_DATASET_CONSTANT = 5 };

// Observations about a dataset, which elbow_dataset_log reports.
struct elbow_dataset_news {
    bool beats_factor, beats_offset; // data.factor or data.offset overrides an attribute that says something else
    // Its attributes contradict the scaling of the checkpoint, which is used.
    bool has_other_scale;
    // Values that its attributes mark as missing, but the checkpoint does not, and the first row with one.
    uint64_t unread, first_unread;
    char unread_in[ELBOW_DATASET_NAME_SIZE]; // the dataset of that row, if there are several; else empty
    bool is_other_side;        // the training data were reported before: do not repeat what holds for both
    bool fills_nothing;        // data.missing: fill, but no attribute says which values are missing
    bool holds_sentinels;      // it contains numbers that other programs write for missing values; details in `doubt`
    bool misses_none;          // values may be missing (data.missing, data.mask), but none is
    bool is_turned_in_vain;    // data.transpose is set, but the rows seem to come first in the file
    bool may_be_reversed;      // written by MATLAB, and the last axis may be that of the samples
    bool looks_channels_first; // the first axis may be that of the channels, but is not read as such
    char turned[500]; // how the channels are moved: "3 x 64 x 64 (stored flat) to 64 x 64 x 3"; empty: they are not
    // Why the axes of series may be in the other order, and what to do; empty: no doubt; only on rank zero.
    char axes[200];
    char doubt[500]; // why the scaling may be wrong for these data, and what to do; empty: no doubt
    uint64_t empty;  // samples without a known value
    size_t never;    // values of a sample that are known in no sample
    size_t constant; // columns without a deviation, if each column has learned one from this dataset
    size_t first_constant[ELBOW_DATASET_CONSTANT]; // the first of them
    // Of a table whose columns do not learn deviations: the smallest and the largest deviation of a column that varies,
    // as the model sees it; 0: not computed.
    double column_least, column_most;
};

struct elbow_dataset {
    char name[ELBOW_DATASET_NAME_SIZE]; // "data/mnist.h5:/train/images", for messages
    uint64_t samples;                   // N; less than are selected if the request has most_bytes
    size_t values;                      // D
    size_t rank;                        // number of dimensions of a sample
    uint64_t shape[8];                  // of a sample, channels last; the product is D
    enum elbow_layout layout;           // meaning of the dimensions
    enum elbow_element element;
    double min, max; // of the stored values
    struct elbow_scale scale;
    struct elbow_fit transform;      // of the scaled values; owned
    struct elbow_fit input;          // of the transformed values, for the encoder only (model.input.transform); owned
    double trained_min, trained_max; // of the stored values of the training data
    struct elbow_missing missing;    // the rules in force; no known value matches one
    struct elbow_packing packing;    // its own attributes
    // Of all values as the model sees them: scaled and transformed, before they are binarized, and without the noise of
    // data.dequantize. The same on any number of ranks. NaN for synthetic data.
    double mean, deviation, low, high;
    struct elbow_dataset_news news;
    struct elbow_shared rows; // (N, D) of element, or sparse (elbow/data/detail/rows.h)
    // A bit per value: 1 if it is known; each row begins at a byte. base NULL: all values are known. A missing value is
    // stored as 0 here, and the model sees 0 as well: after scaling, transform and binarization. min, max, mean,
    // deviation, low and high are of the known values.
    struct elbow_shared known;
    // Reads rows and their known bits from the files on demand; owned. NULL: the rows are in memory.
    struct elbow_pages *pages;
    uint64_t unknown;                 // missing values
    struct elbow_selection selection; // the samples among the stored rows; owned; zeroed: all
    struct elbow_shared labels;       // (stored rows) int64_t; base NULL without labels
    struct elbow_label_names label_names;
    size_t files;                  // of a list of several files; 0: a single file
    struct elbow_files file_names; // of several files; owned
    // [files] in order; hashes are below 2^52 and set by elbow_dataset_compare; owned.
    uint64_t *file_rows, *file_hashes;
    bool has_labels;
    struct elbow_classes classes; // of the labels, if the request asks for them; owned
    struct elbow_shared weights;  // (stored rows) double; base NULL without weights
    double weight_scale;          // makes their mean over the samples 1
    bool has_weights;
    struct elbow_conditions conditions;                          // the variables; owned
    struct elbow_condition_rows condition_rows[ELBOW_NAMED_MAX]; // their values for the stored rows; owned
    struct elbow_shared sizes;                                   // (stored rows) double; base NULL without sizes
    double mean_size;                                            // of the samples
    bool has_sizes;
    struct elbow_names names; // of the stored rows, only on rank zero
    bool has_names;
    uint64_t beside_bytes;    // memory of a node for labels, weights, sizes and conditions of all stored rows
    uint64_t selection_bytes; // memory of each rank for the selection
    // Memory that is in use only while the dataset is loaded, as rank zero computes it. selecting_bytes: of rank zero,
    // before the rows have memory, to find the samples. reading_bytes: of each rank, in addition to the rows, to read
    // them.
    uint64_t selecting_bytes, reading_bytes;
    bool is_sparse;   // only the stored entries of each row are kept
    uint64_t entries; // of sparse rows: stored values; all others are zero
    // Where the rows are: resident, or in pages of this rank (`pages`). Companions of the rows are always in memory.
    enum elbow_access place;
    struct elbow_page_table page_table; // owned; count 0: the rows have no pages
    struct elbow_page_sample sample;    // of the pages; owned
    struct elbow_page_load *page_load;  // reads them; the pages own it
    struct elbow_steady *steady; // its files as they were when they were first opened; owned; NULL: only described
    uint64_t pages_bytes;        // estimate of the bytes that the pages of a rank take
    bool is_short;               // they do not fit (elbow_dataset_describe)
    uint64_t looked;             // samples that were measured: all, or those of the sample of pages
    // All values that the model sees are 0 or 1. Only set if the demand is UNIT or BINARY; of several parts, the values
    // that must be BINARY.
    bool is_binary;
    bool is_synthetic;
    bool is_whole;                       // synthetic data are counts up to max
    uint64_t seed;                       // synthetic data are drawn with it when used
    const struct elbow_through *through; // computes the values; NULL: they are stored; not owned
    struct elbow_dataset *stored;        // the rows from which it computes them; owned
    // Mean and variance of the values in batches, (D) each, if the request wants them and all rows were read for them;
    // else NULL; owned. If they follow from those of the stored values, the noise of data.dequantize has its expected
    // mean and variance.
    double *start_mean, *start_variance;
    double *page_hashes; // [sample.count] of rows in pages, until they are compared; NULL: not computed; owned
    // Of all values as stored, dense or sparse, below 2^63; the same for any ranks and chunks. 0: not compared, or
    // noise.
    uint64_t hash;
};

// The samples of a dataset. Zeroed: all stored rows.
struct elbow_selecting {
    bool has_range; // rows low to high, both included
    int64_t low, high;
    struct elbow_companion rows; // or the rows that a dataset gives: a mask of 0 and 1, or row numbers
    double share;                // of one side of a split; 0: no split
    uint64_t split_seed;
    bool is_valid;                 // this is the held-out side
    struct elbow_companion groups; // rows with the same value stay on one side
    uint64_t length, step;         // windows of series; step 0: step = length
};

// The machine, as the smallest or largest of all nodes.
struct elbow_placing_machine {
    uint64_t free;              // free bytes of the node with the fewest
    uint64_t node_ranks, ranks; // of the node with the most ranks; of the run
};

// Where the rows are while they are used, and in which order. Zeroed: all in memory.
struct elbow_placing {
    bool may_page; // rows may be read on demand; false: all are in memory
    enum elbow_order_kind order;
    enum elbow_access access;
    uint64_t memory;                      // limit of a node for the rows, in bytes; 0: the free memory
    uint64_t page_rows, window_pages;     // page_rows 0: that of the reference, or automatic
    uint64_t batch, microbatch;           // of training; batch 0: samples are used in file order
    struct elbow_placing_machine machine; // for a description, which then also finds the place; zeroed: it does not
};

// A request to load a dataset.
struct elbow_dataset_request {
    const char *file, *dataset;       // file NULL: synthetic data
    const char *labels_file, *labels; // labels NULL: no labels
    // In place of file and dataset, and of labels_file and labels: the files of a configuration. They must outlive the
    // load.
    const struct elbow_files *files, *labels_files;
    bool transpose;                     // reverse all axes
    bool takes_lists;                   // read a list of numbers as a table of one column
    const struct elbow_ranges *columns; // columns of flat rows; NULL or empty: all
    struct elbow_selecting select;
    bool wants_classes; // find the classes of the labels
    uint64_t labelled;  // number of the selected rows that keep their label, keyed by select.split_seed; 0: all
    struct elbow_companion weights, names, sizes;
    bool only_checks_names; // check that each row has a name, but keep none
    struct elbow_condition_sources conditions;
    enum elbow_missing_kind missing; // which stored values may be missing
    struct elbow_companion mask;     // a dataset of the shape of the rows, 1 for a known value
    uint64_t synthetic;              // number of samples
    uint64_t seed;
    const struct elbow_integers *shape; // of a flat row, or of a synthetic sample; NULL or empty: that of the file
    enum elbow_layout layout;           // MISMATCH if a sample has another number of dimensions
    enum elbow_channels channels;       // position of the channels' axis in the file; first: it is moved to the end
    bool has_factor, has_offset;        // set by the configuration; they override the dataset's attributes
    double factor, offset;
    enum elbow_transform_kind transform; // used without a reference
    enum elbow_transform_kind input;     // the same for the encoder's input
    // The checkpoint or the training set that the data must agree with; may be NULL. Its scaling, transform and
    // missing-value rules are used. A sample with the same number of values takes its shape if either of them is flat.
    const struct elbow_data_facts *reference;
    const char *reference_name; // path of the checkpoint, or name of the training set
    bool is_settled;            // the reference is a checkpoint: attributes that differ are reported, not refused
    bool is_same;               // the reference was made from these same data
    bool is_resumed;            // a run is resumed: keys that override attributes were reported at its start
    struct elbow_demand demand; // the values that the model accepts, and the key that demands it; zeroed: any
    uint64_t most_bytes;        // limit: only the first rows that fit; 0: all rows
    struct elbow_placing placing;
    // For rows in pages: compute the mean of samples that are binarised like this (elbow/data/batches.h), for the start
    // of a model. NULL: do not. Must outlive the load.
    const struct elbow_binarizer *start;
    bool start_variance;    // the variance, too
    const char *start_keys; // for messages: the keys that need them, "model.output_bias"
    bool shows_line;        // show progress on a line that is rewritten
};

// Local. The part of a request that a configuration sets for all its datasets. The caller adds the names of files and
// datasets. It borrows from the configuration.
struct elbow_dataset_request elbow_dataset_request_of(const struct elbow_config *config);

// Local. The rows of data.train that a configuration selects, and the side of the split. The caller adds the names of
// files and datasets.
void elbow_dataset_select(const struct elbow_config *config, bool is_valid, struct elbow_selecting *select);

// Local. Describes a dataset without reading its rows: shape, layout, type, packing, and whether all rows exist.
// `dataset` owns nothing afterwards. FILE, FORMAT and MISMATCH as of elbow_dataset_load. MEMORY if its pages do not
// fit; the dataset is then described nevertheless, and is_short.
enum elbow_status elbow_dataset_describe(const struct elbow_dataset_request *request, struct elbow_dataset *dataset,
                                         struct elbow_hdf5_storage *storage, struct elbow_error *error);

// Collective. Loads a dataset. Each rank reads its part of the rows in large blocks that end at chunk boundaries, and
// checks the values. FORMAT if the dataset is missing or empty, has no axis besides that of the rows, or has labels of
// another length; MISMATCH for a shape or a scaling that contradicts the request; DATA, with the row, for NaN,
// infinity, missing values that are not allowed, and values outside the demanded support; MEMORY, with both figures, if
// the dataset does not fit in the memory of a node. Release `dataset` with elbow_dataset_unload, after a failure too.
enum elbow_status elbow_dataset_load(struct elbow_comm *comm, const struct elbow_dataset_request *request,
                                     struct elbow_log *log, struct elbow_dataset *dataset, struct elbow_error *error);

// Collective. Checks that all nodes (or ranks, if each has a copy) have read the same: number of samples, shape, rows,
// labels. Sets dataset->hash. MISMATCH, with the name of rank zero's dataset.
enum elbow_status elbow_dataset_compare(struct elbow_comm *comm, struct elbow_dataset *dataset,
                                        struct elbow_error *error);

// Local. The first error of reading rows on demand, or OK. `dataset` is a struct elbow_dataset.
enum elbow_status elbow_dataset_check_rows(const void *dataset, struct elbow_error *error);

// Local. The bytes of a node's memory that the rows take, from a description.
size_t elbow_dataset_bytes(const struct elbow_dataset *dataset);

// The memory that a dataset takes, from a description or a load.
struct elbow_dataset_need {
    uint64_t node;      // on a node: a copy of the rows and their companions
    uint64_t rank;      // on each rank, in addition
    uint64_t selecting; // on rank zero, before all that
    uint64_t reading;   // on each rank, only while the dataset is loaded
};

// Local. The need of a dataset; a zeroed dataset needs nothing.
struct elbow_dataset_need elbow_dataset_need(const struct elbow_dataset *dataset);

// Local. The largest number of bytes in use on a node with `ranks` ranks and `copies` copies of the rows, while the
// datasets are loaded one after another.
uint64_t elbow_dataset_loading_peak(const struct elbow_dataset_need *needs, size_t count, uint64_t ranks,
                                    uint64_t copies);

// Collective. Releases the dataset; a zeroed struct is legal.
void elbow_dataset_unload(struct elbow_comm *comm, struct elbow_dataset *dataset);

// Local. Logs one line that describes the dataset: "data: data.h5:/train, 60000 samples of 28 x 28 uint8 from 0 to 255;
// scaling: ...". The line begins with `role` and ends with `beside`. A warning follows for each observation in
// dataset->news.
void elbow_dataset_log(const struct elbow_dataset *dataset, const char *role, const char *beside,
                       struct elbow_log *log);

// Local. Warns of values that the likelihood accepts, but that may be meant differently: values between 0 and 1 for a
// likelihood of zeros and ones; values that are all the same; values so far from unit scale that a likelihood of real
// values cannot be trained on them; columns that are tiny compared with others. The message says mean, deviation and
// what to set.
void elbow_dataset_warn_scale(const struct elbow_dataset *dataset, const struct elbow_demand *demand,
                              struct elbow_log *log);

// Local. Whether values of this mean, deviation, least and largest value are too far from unit scale for a likelihood
// of real values.
bool elbow_dataset_is_unusual(double mean, double deviation, double low, double high);

// Local. Whether the values are so far from unit scale that a warning says so.
bool elbow_dataset_is_far(const struct elbow_dataset *dataset, const struct elbow_demand *demand);

// Local. A hint for models whose layers do not fit the samples, if those may have their channels first; else an empty
// text. Static.
const char *elbow_dataset_channels_hint(const struct elbow_dataset *dataset);

// Local. Whether the first axis of a sample is as short as an axis of channels, and the following ones are longer.
bool elbow_dataset_looks_first(enum elbow_layout layout, size_t rank, const uint64_t *shape);

// Local. The values of one sample as the model sees them, scaled and transformed: values (D).
void elbow_dataset_sample(const struct elbow_dataset *dataset, uint64_t sample, float *values);

// Local. The number that keys all random numbers of a sample: that of its row in the file, or of its window
// (elbow/data/selection.h); and its stored row.
uint64_t elbow_dataset_id(const struct elbow_dataset *dataset, uint64_t sample);
uint64_t elbow_dataset_row(const struct elbow_dataset *dataset, uint64_t sample);

// Local. The condition of a sample: c (C).
void elbow_dataset_condition(const struct elbow_dataset *dataset, uint64_t sample, float *c);

// Local. The weight of a sample; 1 without weights. The mean over all samples is 1.
double elbow_dataset_weight(const struct elbow_dataset *dataset, uint64_t sample);
// Local. The size of a sample; 1 without sizes.
double elbow_dataset_size(const struct elbow_dataset *dataset, uint64_t sample);

// Local. Marks the known values of one sample: known (D), 1 for a known value, 0 for a missing one.
void elbow_dataset_known(const struct elbow_dataset *dataset, uint64_t sample, float *known);

// Local. The pages of the stored rows, also if the values are made from those of another dataset; NULL: all rows are in
// memory.
struct elbow_pages *elbow_dataset_pages(const struct elbow_dataset *dataset);

// Local. The pages as runs of samples that are read together; zeroed if all rows are in memory. Lives as long as the
// dataset.
struct elbow_row_runs elbow_dataset_runs(const struct elbow_dataset *dataset);

// Local. Whether values may be missing.
bool elbow_dataset_has_known(const struct elbow_dataset *dataset);

// Local. The number of values at one place of a sample: the channels of an image, a series or a volume; D for a flat
// row.
size_t elbow_dataset_channels(const struct elbow_dataset *dataset);

// Local. The scaled values of one sample of a file, not transformed and not rounded: values (D). A missing value is
// undefined.
void elbow_dataset_scaled(const struct elbow_dataset *dataset, uint64_t sample, double *values);

// Local. The values of one sample of integers from a file, with noise (D) in [0, 1) added to each stored value before
// it is scaled: values (D). `values` may be `noise`.
void elbow_dataset_sample_moved(const struct elbow_dataset *dataset, uint64_t sample, const float *noise,
                                float *values);

// Local. The label of a sample. Its name is elbow_label_name of label_names.
int64_t elbow_dataset_label(const struct elbow_dataset *dataset, uint64_t sample);

// Local. The number of the class of a sample; -1 if it is unknown. The dataset must have classes.
int64_t elbow_dataset_class(const struct elbow_dataset *dataset, uint64_t sample);

// Height, width and channels (1 or 3) of a sample that is an image: (H, W), (H, W, 1) or (H, W, 3), unless it has
// another layout.
struct elbow_image_shape {
    size_t height, width, channels;
};

// Local. Finds the shape of an image; false if the samples are not images.
bool elbow_dataset_image(enum elbow_layout layout, size_t rank, const uint64_t *shape, struct elbow_image_shape *image);

// The effect of cutting rows into another shape with the same number of values; no value moves.
enum elbow_recut {
    ELBOW_RECUT_GOOD,           // axes are only split or joined
    ELBOW_RECUT_CHANNELS_FIRST, // wrong: the new shape names the axes of rows that are stored with the channels first
    ELBOW_RECUT_OTHER_ORDER     // wrong: values would get to places where they do not belong
};

// Local. Compares two shapes of the same product, of at most ELBOW_HDF5_RANK_MAX axes.
enum elbow_recut elbow_dataset_recut(size_t stored_rank, const uint64_t *stored, size_t rank, const uint64_t *shape);

ELBOW_C_END

#endif
