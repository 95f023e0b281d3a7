// SPDX-License-Identifier: BSD-3-Clause
// Learning from all rows of a dataset whose order is one of pages: from rows in memory or in pages, with the same bits.
// One walk over the rows finds the moments from which the other figures follow. In a walk each page is read once, by
// one rank (by two at the border of their parts). A second walk follows after a wrong guess of the scaling of bytes,
// for a threshold after a learned transform, and to name a value that the model does not accept. The log announces each
// walk over pages.
#ifndef ELBOW_DATA_DETAIL_LEARNING_H
#define ELBOW_DATA_DETAIL_LEARNING_H

#include "elbow/base/log.h"
#include "elbow/data/detail/batch_reader.h"
#include "elbow/data/detail/block_moments.h"
#include "elbow/data/detail/loading.h"

// The smallest and the largest of some values.
struct elbow_extremes {
    double low, high;
};

// Checks of values against the demands of the model. An error of the first kind in any row is reported before one of
// the next kind.
enum elbow_check_kind { ELBOW_CHECK_RANGE, ELBOW_CHECK_WHOLE, ELBOW_CHECK_SUPPORT, ELBOW_CHECK_KINDS };

// When a check is made. SETTLED: scaling, transform and extremes are known. EARLY: the scaling is guessed, extremes are
// not known yet. BEFORE: likewise, and the transform is not learned yet; only stored values are checked.
enum elbow_check_time { ELBOW_CHECK_SETTLED, ELBOW_CHECK_EARLY, ELBOW_CHECK_BEFORE };

// Different stored values of columns that must be zeros and ones, until there are more than two.
struct elbow_few_values {
    double values[2];
    int count; // 3: there are more
};

// Local. Adds the known values of some rows; and whether all are the smallest or the largest value of the dataset.
void elbow_few_values_add(const struct elbow_loading *loading, struct elbow_range rows, struct elbow_few_values *few);
bool elbow_few_values_are_extremes(const struct elbow_few_values *few, const struct elbow_dataset *dataset);

// Local. Whether is_binary depends on a column with this demand.
bool elbow_loading_asks_binary(const struct elbow_demand *demand);

struct elbow_checking {
    struct elbow_loading *loading;
    float *sample; // [D], owned
    struct elbow_extremes extremes;
    enum elbow_check_time time;
    bool has_range;              // the extremes of the values as the model sees them follow from the stored ones
    int found;                   // the first kind of error that was found so far; ELBOW_CHECK_KINDS: none
    struct elbow_range rows;     // rows that contain it
    struct elbow_few_values few; // if the time is BEFORE
};

// Local. Begins a check, and adds rows in order. MEMORY. Release it with elbow_checking_end, after a failure too.
enum elbow_status elbow_checking_begin(struct elbow_loading *loading, enum elbow_check_time time,
                                       struct elbow_checking *checking, struct elbow_error *error);
void elbow_checking_add(struct elbow_checking *checking, struct elbow_range rows);
void elbow_checking_end(struct elbow_checking *checking);

// Local. Whether the result depends on the scaling.
bool elbow_checking_needs_scale(const struct elbow_checking *checking);

// Local. Ends a check when min and max are known: sets low and high of the dataset from the rows that were added,
// unless the time was BEFORE. DATA, with the first value that the model does not accept.
enum elbow_status elbow_checking_conclude(struct elbow_checking *checking, struct elbow_error *error);

// Local. Whether the extremes of the columns, as the model sees them, prove that it accepts all values.
bool elbow_loading_accepts(const struct elbow_loading *loading, const struct elbow_moments *seen);

// Local. Extends *least and *most to the smallest and the largest known value of some rows, as stored.
void elbow_loading_look(const struct elbow_dataset *dataset, struct elbow_range rows, double *least, double *most);

// Local. Counts the known and the missing values of some rows. Mean and deviation of the result are not set.
struct elbow_loading_figures elbow_loading_count(const struct elbow_loading *loading, struct elbow_range rows);

// Local. Sets a preliminary scaling of the dataset from an assumed largest value.
void elbow_loading_guess_scale(struct elbow_loading *loading, double most);

// Local. Sets scaling, mean and deviation of the dataset from the figures. DATA if values are missing that may not be;
// MISMATCH if the scaling of the reference does not suit the dataset. All ranks have the same figures, and return the
// same.
enum elbow_status elbow_loading_settle_scale(struct elbow_loading *loading, struct elbow_error *error);

// Collective. Combines the results of the checks of all ranks: low, high, is_binary, and the first error.
enum elbow_status elbow_loading_agree_check(struct elbow_loading *loading, struct elbow_error *error);

// Local. The extremes of the scaled values.
struct elbow_extremes elbow_loading_scaled_extremes(const struct elbow_dataset *dataset);

// Local. Checks that the transform is defined for all values. DATA, with the first value for which it is not.
enum elbow_status elbow_loading_check_transform(const struct elbow_loading *loading, struct elbow_error *error);

// Local. Learns the transform from these moments of scaled values. With data.dequantize, *moments become those of
// values with noise. DATA if the values span too wide a range.
enum elbow_status elbow_loading_fit(const struct elbow_loading *loading, struct elbow_moments *moments,
                                    struct elbow_error *error);

// Local. Converts moments of scaled values to those of values with the noise of data.dequantize: exactly, not from
// drawn noise.
void elbow_loading_add_noise(const struct elbow_loading *loading, struct elbow_moments *moments);

// Local. Sets mean and deviation of the dataset, or the figures of columns for a warning, from moments of the values as
// the model sees them.
void elbow_loading_use_seen(const struct elbow_loading *loading, const struct elbow_moments *moments);

// Collective. Learns everything that depends on all rows. MEMORY, DATA, and errors of reading.
enum elbow_status elbow_loading_learn(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error);

// Collective. For a dataset in pages whose figures are those of a sample: computes the mean and variance that
// request->start asks for, in one walk over all rows, with the bits of elbow_batch_moments. Errors as above.
enum elbow_status elbow_loading_learn_start(struct elbow_loading *loading, struct elbow_log *log,
                                            struct elbow_error *error);

// Local. The hash of some rows, below 2^52, as elbow_dataset_compare computes it.
double elbow_dataset_hash_rows(const struct elbow_dataset *dataset, struct elbow_range rows);

// The parts of a walk.
enum elbow_pass_part {
    ELBOW_PASS_STORED = 1 << 0, // moments of the stored values; counts; hashes of the pages that are compared
    ELBOW_PASS_CHECK = 1 << 1,  // whether the model takes the values
    ELBOW_PASS_SEEN = 1 << 2,   // moments of the values as the model sees them
    ELBOW_PASS_START = 1 << 3,  // moments of the values in batches
};

// Counts over the rows.
enum { ELBOW_COUNT_KNOWN, ELBOW_COUNT_EMPTY, ELBOW_COUNT_MISSING, ELBOW_COUNTS };

// The state of learning from a dataset. All arrays are owned.
struct elbow_learning {
    struct elbow_loading *loading;
    struct elbow_log *log;
    char what[128];              // for messages: the keys that need the rows
    int pass, passes;            // number of the current walk; number of all
    unsigned now;                // parts of the current walk
    double last_line;            // clock at the last line of progress
    double counts[ELBOW_COUNTS]; // of this rank's rows
    double first_missing;        // index of the first missing value among all values; INFINITY: none
    double *hashes;              // [sample.count] of the pages of the sample; INFINITY: not read by this rank
    double *row;                 // (D) workspace, as are the next two
    float *sample, *known;
    struct elbow_block_moments stored_block, seen_block, start_block;
    struct elbow_checking checking;
    struct elbow_batch_reader reader; // for ELBOW_PASS_START
    double *records;                  // (parts with moments, D, 6) of the last walk
    size_t width;                     // number of doubles in `records`
    struct elbow_moments seen, start; // of the values as the model sees them, and as batches have them
};

// Collective. Announces and makes a walk over all rows for the parts `now`, of which CHECK must have begun. MEMORY, and
// errors of reading.
enum elbow_status elbow_learning_walk(struct elbow_learning *learning, unsigned now, struct elbow_error *error);

// Local. Logs that all rows are about to be read, if they are in pages.
void elbow_learning_announce(struct elbow_learning *learning);

// Local. The records of a part of the last walk (D, 6).
const double *elbow_learning_records(const struct elbow_learning *learning, enum elbow_pass_part part);

#endif
