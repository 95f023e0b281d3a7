// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset whose rows are in pages, where something is learned from all of them: what can be found together is
// found in one walk, in which each page is read once, by one rank (two at the border between them). What needs what
// another walk has found waits for the next one; each is announced.
#ifndef ELBOW_DATA_DETAIL_LEARNING_H
#define ELBOW_DATA_DETAIL_LEARNING_H

#include "elbow/base/log.h"
#include "elbow/data/detail/batch_sums.h"
#include "elbow/data/detail/loading.h"
#include "elbow/data/detail/moments.h"

// Of rows, as the model sees them.
struct elbow_extremes {
    double low, high;
};

// Whether rows are what the model demands: trouble of one kind anywhere comes before that of the next.
enum elbow_check_kind { ELBOW_CHECK_RANGE, ELBOW_CHECK_WHOLE, ELBOW_CHECK_SUPPORT, ELBOW_CHECK_KINDS };

struct elbow_checking {
    struct elbow_loading *loading;
    float *sample; // [D], owned
    struct elbow_extremes extremes;
    bool is_early, has_range; // extremes as stored are not known yet; those of the model follow from them
    int found;                // kind of the trouble that comes first, so far; ELBOW_CHECK_KINDS: none
    struct elbow_range rows;  // among which it is
};

// Local. Scaling and transform are known; min and max, too, unless it is early. Rows come in order. Given back with
// elbow_checking_end, on failure too. MEMORY.
enum elbow_status elbow_checking_begin(struct elbow_loading *loading, bool is_early, struct elbow_checking *checking,
                                       struct elbow_error *error);
void elbow_checking_add(struct elbow_checking *checking, struct elbow_range rows);
void elbow_checking_end(struct elbow_checking *checking);

// Local. Min and max are known: sets the dataset's low and high of these rows. DATA.
enum elbow_status elbow_checking_conclude(struct elbow_checking *checking, struct elbow_error *error);

// Local. Smallest and largest known value of some rows, as stored, join *least and *most.
void elbow_loading_look(const struct elbow_dataset *dataset, struct elbow_range rows, double *least, double *most);

// Collective. The dataset's min and max become those of all ranks.
void elbow_loading_agree_range(const struct elbow_loading *loading);

// Local. What is known and what is missing of some rows, without mean and deviation.
struct elbow_loading_figures elbow_loading_count(const struct elbow_loading *loading, struct elbow_range rows);

// Local. Mean and deviation of the figures, of the means of (value - min) / (max - min) and of its square.
void elbow_loading_take_mean(struct elbow_loading *loading, double mean, double square);

// Local. The scaling that follows from a largest value, before that is known: the dataset's, for now.
void elbow_loading_guess_scale(struct elbow_loading *loading, double most);

// Local. Scaling, mean and deviation; whether the scaling of others makes sense here. All ranks have the same figures,
// and the same answer.
enum elbow_status elbow_loading_settle_scale(struct elbow_loading *loading, struct elbow_error *error);

// Local. Mean and deviation of the scaled values, by those of the figures.
void elbow_loading_scale_mean(struct elbow_loading *loading);

// Collective. What the check of all ranks has come to: low, high, is_binary.
enum elbow_status elbow_loading_agree_check(struct elbow_loading *loading, struct elbow_error *error);

// Rows as moments take them.
struct elbow_loading_reader {
    const struct elbow_loading *loading;
    float *sample; // (D) room: values as the model sees them; NULL: scaled ones
};

// Local. Moments of values with these extremes; the reader must outlive the job.
struct elbow_moments_job elbow_loading_job(const struct elbow_loading_reader *reader, struct elbow_extremes extremes);
struct elbow_extremes elbow_loading_scaled_extremes(const struct elbow_dataset *dataset);

// Local. Whether the transform has something for all values. DATA, with the first that it has nothing for.
enum elbow_status elbow_loading_check_transform(const struct elbow_loading *loading, struct elbow_error *error);

// Local. The transform learns of these moments of scaled values, which become those of values with noise. DATA.
enum elbow_status elbow_loading_fit(const struct elbow_loading *loading, struct elbow_moments *moments,
                                    struct elbow_error *error);

// Local. Of a transform that has learned: what its warning says of columns.
void elbow_loading_note_columns(const struct elbow_loading *loading, struct elbow_moments *moments);

// Local. What follows from moments of the values as the model sees them: mean and deviation, and what a warning says.
void elbow_loading_use_seen(const struct elbow_loading *loading, const struct elbow_moments *moments);

// Sums of (value - min) / (max - min) and of its square, to the bits of elbow_loading_measure, which reads the rows on
// its own. A block belongs to the rank that meets its first row.
struct elbow_measuring {
    const struct elbow_loading *loading;
    uint64_t blocks, block; // in all; the one that is being added, == blocks: none
    uint64_t next;          // row that comes next
    double *sums, *squares; // [blocks], owned
    struct elbow_piece *piece;
};

// Local. Rows of a rank's part come in order, in pieces of any size. Given back with elbow_measuring_end, on failure
// too. MEMORY.
enum elbow_status elbow_measuring_begin(const struct elbow_loading *loading, struct elbow_measuring *measuring,
                                        struct elbow_error *error);
void elbow_measuring_add(struct elbow_measuring *measuring, struct elbow_range rows);
void elbow_measuring_end(struct elbow_measuring *measuring);

// Collective. Reads what the last block of this rank lacks; then mean and deviation are in the loading's figures.
void elbow_measuring_conclude(struct elbow_measuring *measuring, struct elbow_loading *loading);

// Collective. In place of settling a dataset in walks for each figure: all that is learned from its rows, in as few
// walks as it takes, to the same bits.
enum elbow_status elbow_loading_learn(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error);

// Collective. Of a dataset in pages whose figures are of some of them: what the request wants to know for the start of
// a model, in one walk over all rows.
enum elbow_status elbow_loading_learn_start(struct elbow_loading *loading, struct elbow_log *log,
                                            struct elbow_error *error);

// Local. The hash of some rows as elbow_dataset_compare takes it, below 2^52.
double elbow_dataset_hash_rows(const struct elbow_dataset *dataset, struct elbow_range rows);

// Parts of a walk.
enum elbow_pass_part {
    ELBOW_PASS_LOOK = 1 << 0,    // extremes as stored, counts, and hashes of the pages that are compared
    ELBOW_PASS_SCALED = 1 << 1,  // moments of the scaled values: their means, or else what follows
    ELBOW_PASS_CHECK = 1 << 2,   // whether the model takes the values
    ELBOW_PASS_SEEN = 1 << 3,    // moments of the values as the model sees them, likewise
    ELBOW_PASS_START = 1 << 4,   // mean and variance of what samples become in batches
    ELBOW_PASS_MEASURE = 1 << 5, // mean and deviation as stored
};

// What ELBOW_PASS_LOOK counts.
enum { ELBOW_COUNT_KNOWN, ELBOW_COUNT_EMPTY, ELBOW_COUNT_MISSING, ELBOW_COUNTS };

// What is learned of a dataset, walk by walk.
struct elbow_learning {
    struct elbow_loading *loading;
    struct elbow_log *log;
    char what[128];               // what the rows are read for
    int pass, passes;             // of those that are announced
    unsigned now;                 // parts of this walk
    double last_line;             // clock: of the progress
    struct elbow_extremes stored; // of ELBOW_PASS_LOOK, as the following two
    double first_missing;         // the value's number among all; INFINITY: none
    double *hashes;               // [sample.count] of pages, INFINITY for others; owned
    struct elbow_loading_reader scaled_reader, seen_reader;
    struct elbow_moments scaled, seen;
    struct elbow_moments_taking scaled_taking, seen_taking;
    struct elbow_checking checking;
    struct elbow_batch_sums *start; // owned
    struct elbow_measuring measuring;
    double *vector; // of all rows; owned
    size_t room;    // its doubles
};

// Collective. One walk over all rows for the parts `now`, which have begun; announced. Their sums are in the vector
// afterwards, in the order of the parts. MEMORY, and what reading pages comes to.
enum elbow_status elbow_learning_walk(struct elbow_learning *learning, unsigned now, struct elbow_error *error);

// Local. Says that all rows are about to be read.
void elbow_learning_announce(struct elbow_learning *learning);

// Local. The sums of a part in the vector of the last walk.
const double *elbow_learning_sums(const struct elbow_learning *learning, enum elbow_pass_part part);

#endif
