// SPDX-License-Identifier: BSD-3-Clause
// Learning from all rows of a dataset in pages, in as few walks over the rows as possible. In a walk each page is read
// once, by one rank (by two at the border of their parts). Figures that need the results of an earlier walk wait for
// the next one. The log announces each walk.
#ifndef ELBOW_DATA_DETAIL_LEARNING_H
#define ELBOW_DATA_DETAIL_LEARNING_H

#include "elbow/base/log.h"
#include "elbow/data/detail/batch_sums.h"
#include "elbow/data/detail/loading.h"
#include "elbow/data/detail/moments.h"

// The smallest and the largest of some values.
struct elbow_extremes {
    double low, high;
};

// Checks of values against the demands of the model. An error of the first kind in any row is reported before one of
// the next kind.
enum elbow_check_kind { ELBOW_CHECK_RANGE, ELBOW_CHECK_WHOLE, ELBOW_CHECK_SUPPORT, ELBOW_CHECK_KINDS };

struct elbow_checking {
    struct elbow_loading *loading;
    float *sample; // [D], owned
    struct elbow_extremes extremes;
    bool is_early;           // the extremes of the stored values are not known yet
    bool has_range;          // the extremes of the values as the model sees them follow from the stored ones
    int found;               // the first kind of error that was found so far; ELBOW_CHECK_KINDS: none
    struct elbow_range rows; // rows that contain it
};

// Local. Begins a check, and adds rows in order. Scaling and transform must be known, and unless is_early, min and max.
// MEMORY. Release it with elbow_checking_end, after a failure too.
enum elbow_status elbow_checking_begin(struct elbow_loading *loading, bool is_early, struct elbow_checking *checking,
                                       struct elbow_error *error);
void elbow_checking_add(struct elbow_checking *checking, struct elbow_range rows);
void elbow_checking_end(struct elbow_checking *checking);

// Local. Ends a check when min and max are known: sets low and high of the dataset from the rows that were added. DATA,
// with the first value that the model does not accept.
enum elbow_status elbow_checking_conclude(struct elbow_checking *checking, struct elbow_error *error);

// Local. Extends *least and *most to the smallest and the largest known value of some rows, as stored.
void elbow_loading_look(const struct elbow_dataset *dataset, struct elbow_range rows, double *least, double *most);

// Collective. Extends min and max of the dataset to those of all ranks.
void elbow_loading_agree_range(const struct elbow_loading *loading);

// Local. Counts the known and the missing values of some rows. Mean and deviation of the result are not set.
struct elbow_loading_figures elbow_loading_count(const struct elbow_loading *loading, struct elbow_range rows);

// Local. Sets mean and deviation of the figures from the means of (value - min) / (max - min) and of its square.
void elbow_loading_take_mean(struct elbow_loading *loading, double mean, double square);

// Local. Sets a preliminary scaling of the dataset from an assumed largest value.
void elbow_loading_guess_scale(struct elbow_loading *loading, double most);

// Local. Sets scaling, mean and deviation of the dataset from the figures. DATA if values are missing that may not be;
// MISMATCH if the scaling of the reference does not suit the dataset. All ranks have the same figures, and return the
// same.
enum elbow_status elbow_loading_settle_scale(struct elbow_loading *loading, struct elbow_error *error);

// Local. Sets mean and deviation of the dataset, of scaled values, from those of the figures.
void elbow_loading_scale_mean(struct elbow_loading *loading);

// Collective. Combines the results of the checks of all ranks: low, high, is_binary, and the first error.
enum elbow_status elbow_loading_agree_check(struct elbow_loading *loading, struct elbow_error *error);

// The source of rows for moments.
struct elbow_loading_reader {
    const struct elbow_loading *loading;
    float *sample; // (D) workspace: rows are read as the model sees them; NULL: scaled, but not transformed
};

// Local. A job for the moments of values with these extremes, and the extremes of the scaled values. The reader must
// outlive the job.
struct elbow_moments_job elbow_loading_job(const struct elbow_loading_reader *reader, struct elbow_extremes extremes);
struct elbow_extremes elbow_loading_scaled_extremes(const struct elbow_dataset *dataset);

// Local. Checks that the transform is defined for all values. DATA, with the first value for which it is not.
enum elbow_status elbow_loading_check_transform(const struct elbow_loading *loading, struct elbow_error *error);

// Local. Learns the transform from these moments of scaled values. With data.dequantize, *moments become those of
// values with noise. DATA if the values span too wide a range.
enum elbow_status elbow_loading_fit(const struct elbow_loading *loading, struct elbow_moments *moments,
                                    struct elbow_error *error);

// Local. After the transform was learned: sets the figures of columns for a warning.
void elbow_loading_note_columns(const struct elbow_loading *loading, struct elbow_moments *moments);

// Local. Sets mean and deviation of the dataset, or the figures of columns for a warning, from moments of the values as
// the model sees them.
void elbow_loading_use_seen(const struct elbow_loading *loading, const struct elbow_moments *moments);

// Sums of (value - min) / (max - min) and of its square, with the same bits as those of elbow_loading_measure, which
// reads the rows itself. A block belongs to the rank that gets its first row.
struct elbow_measuring {
    const struct elbow_loading *loading;
    uint64_t blocks, block; // number of blocks; the current one, or `blocks` for none
    uint64_t next;          // the next row
    double *sums, *squares; // [blocks], owned
    struct elbow_piece *piece;
};

// Local. Begins the sums, and adds the rows of this rank's part in order, in pieces of any size. MEMORY. Release them
// with elbow_measuring_end, after a failure too.
enum elbow_status elbow_measuring_begin(const struct elbow_loading *loading, struct elbow_measuring *measuring,
                                        struct elbow_error *error);
void elbow_measuring_add(struct elbow_measuring *measuring, struct elbow_range rows);
void elbow_measuring_end(struct elbow_measuring *measuring);

// Collective. Reads the remaining rows of this rank's last block, and sets mean and deviation of the figures.
void elbow_measuring_conclude(struct elbow_measuring *measuring, struct elbow_loading *loading);

// Collective. Learns everything that depends on all rows, in as few walks as possible. The bits are those of
// elbow_loading_settle with a walk for each figure. MEMORY, DATA, and errors of reading.
enum elbow_status elbow_loading_learn(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error);

// Collective. For a dataset in pages whose figures are those of a sample: computes the mean and variance that
// request->start asks for, in one walk over all rows. Errors as above.
enum elbow_status elbow_loading_learn_start(struct elbow_loading *loading, struct elbow_log *log,
                                            struct elbow_error *error);

// Local. The hash of some rows, below 2^52, as elbow_dataset_compare computes it.
double elbow_dataset_hash_rows(const struct elbow_dataset *dataset, struct elbow_range rows);

// The parts of a walk.
enum elbow_pass_part {
    ELBOW_PASS_LOOK = 1 << 0,    // extremes as stored, counts, and hashes of the pages that are compared
    ELBOW_PASS_SCALED = 1 << 1,  // moments of the scaled values: their first pass, or the second
    ELBOW_PASS_CHECK = 1 << 2,   // whether the model takes the values
    ELBOW_PASS_SEEN = 1 << 3,    // the same for the values as the model sees them
    ELBOW_PASS_START = 1 << 4,   // mean and variance of the values in batches
    ELBOW_PASS_MEASURE = 1 << 5, // mean and deviation of the stored values
};

// The counts of ELBOW_PASS_LOOK.
enum { ELBOW_COUNT_KNOWN, ELBOW_COUNT_EMPTY, ELBOW_COUNT_MISSING, ELBOW_COUNTS };

// The state of learning from a dataset.
struct elbow_learning {
    struct elbow_loading *loading;
    struct elbow_log *log;
    char what[128];               // for messages: the keys that need the rows
    int pass, passes;             // number of the current walk; number of all
    unsigned now;                 // parts of the current walk
    double last_line;             // clock at the last line of progress
    struct elbow_extremes stored; // set by ELBOW_PASS_LOOK, as are the next two
    double first_missing;         // index of the first missing value among all values; INFINITY: none
    double *hashes;               // [sample.count] of the pages of the sample; INFINITY: not read by this rank; owned
    struct elbow_loading_reader scaled_reader, seen_reader;
    struct elbow_moments scaled, seen;
    struct elbow_moments_taking scaled_taking, seen_taking;
    struct elbow_checking checking;
    struct elbow_batch_sums *start; // owned
    struct elbow_measuring measuring;
    double *vector; // sums over all rows of the last walk; owned
    size_t width;   // number of doubles in `vector`
};

// Collective. Announces and makes a walk over all rows for the parts `now`, which must have begun. Afterwards `vector`
// holds their sums, in the order of the parts. MEMORY, and errors of reading.
enum elbow_status elbow_learning_walk(struct elbow_learning *learning, unsigned now, struct elbow_error *error);

// Local. Logs that all rows are about to be read.
void elbow_learning_announce(struct elbow_learning *learning);

// Local. The sums of a part in the vector of the last walk.
const double *elbow_learning_sums(const struct elbow_learning *learning, enum elbow_pass_part part);

#endif
