// SPDX-License-Identifier: BSD-3-Clause
// The parts of elbow-scaling. Measurements are files of a result directory, one each; report, model and plots are made
// from them, again and again.
//
// A figure is measured (on real ranks), simulated (the real program on ranks that a simulator makes) or predicted (by
// the model). Its kind goes with it from the file into every table, text and plot; rows of different kinds are never
// put together.
#ifndef ELBOW_TOOLS_SCALING_H
#define ELBOW_TOOLS_SCALING_H

#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum scaling_kind { SCALING_MEASURED, SCALING_SIMULATED, SCALING_PREDICTED, SCALING_KINDS };

// STRONG: the configuration as it is. WEAK: its batch grows with the ranks. EXCHANGE: small batches of models of
// several sizes, which the model is fitted to.
enum scaling_mode { SCALING_STRONG, SCALING_WEAK, SCALING_EXCHANGE, SCALING_MODES };

const char *scaling_kind_name(enum scaling_kind kind); // "measured"
const char *scaling_mode_name(enum scaling_mode mode); // "strong"

enum { SCALING_LIST_MAX = 64, SCALING_SETS_MAX = 32, SCALING_BUCKETS_MAX = 256, SCALING_HOSTS_SIZE = 512 };

// Whole numbers of the command line: "1 2 4".
struct scaling_list {
    int count;
    int values[SCALING_LIST_MAX];
};

// The command line.
struct scaling_options {
    enum { SCALING_RUN, SCALING_REPORT, SCALING_MODEL, SCALING_PLOT, SCALING_HELP } command;
    const char *directory;
    // run
    const char *config; // a path
    const char *sets[SCALING_SETS_MAX];
    int set_count;
    struct scaling_list ranks, nodes; // empty where not given
    int per_node;                     // ranks on a node; 0: not given
    bool does[SCALING_MODES];
    const char *launcher;         // mpirun, srun
    const char *launcher_options; // words behind it; NULL: the built-in ones
    const char *elbow;            // NULL: to be found
    int repeats, warm_ups, rounds;
    bool force; // report, model, plot
    // model
    double latency, bandwidth; // between nodes: seconds a message, bytes/s of a node; 0: not given
};

// Local. USAGE, in one sentence, for any error.
enum elbow_status scaling_parse(int argc, char **argv, struct scaling_options *options, struct elbow_error *error);
void scaling_print_help(void);

// One measurement, as read from its file. Times are in seconds; shares are those of the step.
struct scaling_sample {
    enum scaling_kind kind;
    enum scaling_mode mode;
    int ranks, nodes, threads, repeat;
    uint64_t batch, microbatch, microbatches, parameters;
    double step, samples_per_s;
    double compute, exchange, data; // shares
    double cores_busy;              // of a rank: well below 1, another program used its core
    // Parts that the benchmark times alone.
    double compute_seconds, exchange_seconds, optimizer_seconds, update_seconds, forward_seconds, backward_seconds;
    uint64_t overlap; // microbatches of a rank that run together on several nodes
    int buckets;
    uint64_t bucket[SCALING_BUCKETS_MAX]; // parameters, from the first layer on
    char hosts[SCALING_HOSTS_SIZE], build[128], processor[128], started[32];
};

// The measurements of a directory.
struct scaling_samples {
    size_t count, capacity;
    struct scaling_sample *list; // owned
};

// Local. Parses the text of one measurement. FORMAT; `path` names the file in the message.
enum elbow_status scaling_sample_parse(const char *path, const char *text, size_t size, struct scaling_sample *sample,
                                       struct elbow_error *error);

// Local. All measurements of a directory, by mode, nodes, ranks, parameters, repeat. FILE if there are none.
enum elbow_status scaling_samples_read(const char *directory, struct scaling_samples *samples,
                                       struct elbow_error *error);
void scaling_samples_clear(struct scaling_samples *samples);

// The spread of values; all five are equal if there is one value.
struct scaling_spread {
    double least, lower, median, upper, most;
};

// Local. Of count >= 1 values, which are sorted.
struct scaling_spread scaling_spread_of(double *values, size_t count);

// A row of the table: all repeats of one point.
struct scaling_row {
    enum scaling_kind kind;
    enum scaling_mode mode;
    int ranks, nodes, threads, repeats; // repeats: 0 for a prediction
    uint64_t batch, microbatch, microbatches, parameters;
    struct scaling_spread step, samples_per_s, speedup, efficiency;
    double compute, exchange, data; // shares of the step, medians
    double compute_seconds, update_seconds;
    double cores_busy; // the share of its cores that a rank had in the worst repeat; NaN if it was not measured
};

// Below this share, a rank did not have its core to itself in all its steps. (A waiting rank yields its core only if
// another program needs it.)
#define SCALING_BUSY_LEAST 0.9

// Local. Whether other programs were running, so that the figures are unreliable.
bool scaling_row_is_crowded(const struct scaling_row *row);

struct scaling_table {
    size_t count, capacity;
    struct scaling_row *rows; // owned
};

// Local. Adds a row, which the caller fills; NULL and MEMORY if there is no memory.
struct scaling_row *scaling_table_add(struct scaling_table *table, struct elbow_error *error);
void scaling_table_clear(struct scaling_table *table);

// Local. The rows of all strong and weak points. Speed-up and efficiency are against the fewest ranks of the same kind
// and mode, repeat by repeat (the ratio of two measurements of one repeat), where the base has that repeat, else
// against the base's median. Speed-up counts samples/s; efficiency is speed-up over (ranks / ranks of the base).
enum elbow_status scaling_table_make(const struct scaling_samples *samples, struct scaling_table *table,
                                     struct elbow_error *error);

// Local. Writes a file that is made from measurements into the directory of an experiment, as in elbow/base/output.h,
// except that a file with the same bytes may exist. OUTPUT.
enum elbow_status scaling_publish(const char *path, const char *bytes, size_t size, bool force,
                                  struct elbow_error *error);

// Local. Whether scaling_publish would write the file: like elbow_output_check, except for a file with the same bytes.
enum elbow_status scaling_may_publish(const char *path, const char *bytes, size_t size, bool force,
                                      struct elbow_error *error);

// Local. Publishes the table as CSV; reads such a table and adds its rows. FILE, FORMAT, OUTPUT.
enum elbow_status scaling_table_write(const struct scaling_table *table, const char *path, bool force,
                                      struct elbow_error *error);
enum elbow_status scaling_table_read(const char *path, struct scaling_table *table, struct elbow_error *error);

// Rows [first, first + count) of one kind and mode, by rising ranks.
struct scaling_series {
    const struct scaling_row *rows;
    size_t count;
};

// Local. count 0 if there are none.
struct scaling_series scaling_series_of(const struct scaling_table *table, enum scaling_kind kind,
                                        enum scaling_mode mode);

// Local. The knee: the row with the largest speed-up x efficiency (Eager, Zahorjan and Lazowska 1989: there the ratio
// of efficiency to time of execution is best). The last row: there is no knee within the series. Of count >= 1 rows.
size_t scaling_knee(struct scaling_series series);

// The time of the ranks that an ideal run would not need, as shares of the row's step. They add up to 1 - efficiency,
// except for differences of medians.
struct scaling_loss {
    double uneven;   // ranks that wait for others with one more microbatch
    double compute;  // a microbatch takes longer than at the base
    double exchange; // the exchange takes longer
    double data;     // data take longer
    double rest;
};

// Local. Of a row against the base of its series.
struct scaling_loss scaling_loss_of(const struct scaling_row *base, const struct scaling_row *row);

// Local. The subcommands.
enum elbow_status scaling_run(const struct scaling_options *options, struct elbow_error *error);
enum elbow_status scaling_report(const struct scaling_options *options, struct elbow_error *error);
enum elbow_status scaling_model(const struct scaling_options *options, struct elbow_error *error);
enum elbow_status scaling_plot(const struct scaling_options *options, struct elbow_error *error);

// Local. Whether scaling_plot writes files of this name in the directory of an experiment.
bool scaling_is_plot(const char *name);

// The whole program: exit status 0, 1 (failed) or 2 (usage).
int scaling_main(int argc, char **argv);

#endif
