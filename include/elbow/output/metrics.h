// SPDX-License-Identifier: BSD-3-Clause
// metrics.csv and kl.csv of a run directory: tables of rank zero, `%.17g`, C locale, one row at a time. Other ranks may
// hold a zeroed struct and call nothing.
#ifndef ELBOW_OUTPUT_METRICS_H
#define ELBOW_OUTPUT_METRICS_H

#include "elbow/config/figures.h"
#include "elbow/output/table.h"

ELBOW_C_BEGIN

enum { ELBOW_METRICS_COLUMNS = ELBOW_FIGURES + ELBOW_PART_FIGURES };

struct elbow_metrics {
    struct elbow_table metrics, kl;
    char *row; // memory for one; owned
    struct elbow_metrics_column {
        enum elbow_figure_kind kind;
        size_t part;
        bool is_of_part;
    } columns[ELBOW_METRICS_COLUMNS];
    size_t column_count;                     // of metrics.csv, after the place of a row
    size_t latent;                           // 0: there is no KL
    const struct elbow_directory *directory; // borrowed
    struct elbow_log *log;                   // borrowed
};

// One row of metrics.csv: the figures of elbow/config/figures.h that belong there; a figure that is not given, or NaN,
// is empty.
struct elbow_metrics_row {
    uint64_t step, epoch; // steps done; epochs begun (from 1)
    elbow_split split;
    struct elbow_figures figures;
};

// Local. Opens both files of a run directory, which stays open, for appending, after cutting their rows of steps after
// `step`; lines that are not rows stay. FILE if they cannot be read or written; FORMAT if an existing file has another
// header (unless `step` is 0 and it holds only rows: then it begins again). A metrics.csv may have only some of the
// figures, in any order, as an earlier version wrote it: it keeps its columns, and new rows have just these. latent 0:
// there is no KL: metrics.csv lacks its figures, and there is no kl.csv.
//
// own: figures that not every run has (values are not read): those of some objectives (ELBOW_FIGURE_OF_SOME), and those
// of parts, each a column after all others.
enum elbow_status elbow_metrics_open(const struct elbow_directory *directory, size_t latent,
                                     const struct elbow_figures *own, uint64_t step, struct elbow_log *log,
                                     struct elbow_metrics *metrics, struct elbow_error *error);

// Local. Whether a text begins like a table of a run.
bool elbow_metrics_is_table(const char *text);

// Local. Whether a file of the directory begins like one of the two, and holds more than its header.
bool elbow_metrics_has_rows(const struct elbow_directory *directory, const char *name);

// Local. Appends a row to metrics.csv, and one to kl.csv: step, epoch, split, kl_0, ..., kl_{Z-1} (means in nats),
// after the pending ones. OUTPUT if not all could be written: they are then pending (some hundred; further ones are
// lost), and the tables hold whole rows. A removed table begins again, which is also OUTPUT. One that another program
// has changed or replaced keeps its contents (a warning), and new rows follow. kl (latent) is not read if there is
// none.
enum elbow_status elbow_metrics_append(struct elbow_metrics *metrics, const struct elbow_metrics_row *row,
                                       const double *kl, struct elbow_error *error);

// Local. Tries to write what is pending. OUTPUT if something still is.
enum elbow_status elbow_metrics_flush(struct elbow_metrics *metrics, struct elbow_error *error);

// Local. Whether rows are pending because there is no space on the disk.
bool elbow_metrics_waits_for_space(const struct elbow_metrics *metrics);

// Local. The descriptors of the two tables, for syncing; -1 if a table is not open.
void elbow_metrics_descriptors(const struct elbow_metrics *metrics, int descriptors[2]);

// Local. A zeroed struct is legal.
void elbow_metrics_close(struct elbow_metrics *metrics);

ELBOW_C_END

#endif
