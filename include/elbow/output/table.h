// SPDX-License-Identifier: BSD-3-Clause
// A table of a run directory that grows by rows. Rank zero only. Every row begins with its place: step, epoch, split.
#ifndef ELBOW_OUTPUT_TABLE_H
#define ELBOW_OUTPUT_TABLE_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/log.h"

#include <stdint.h>
#include <sys/types.h>

ELBOW_C_BEGIN

// The start of every header, and the words of `split`.
#define ELBOW_TABLE_PLACE "step,epoch,split"
typedef enum { ELBOW_SPLIT_TRAIN, ELBOW_SPLIT_VALID, ELBOW_SPLITS } elbow_split;
extern const char *const elbow_split_words[ELBOW_SPLITS];

enum { ELBOW_TABLE_BYTES_LOG2 = 36 }; // a larger file is not a table

// One table. Rows that could not be written are pending in memory, until the next write.
struct elbow_table {
    bool is_open;
    int file;            // owned
    off_t end;           // end of the last complete row
    bool owes_end;       // a newline is missing before it: a foreign last line has none
    char *header;        // of the file; owned
    char *waiting;       // rows to be written; owned
    size_t length, size; // pending bytes; their limit
    int reason;          // errno of the last failure
    char name[16];       // below the directory
    elbow_path path;
    const struct elbow_directory *directory; // borrowed
    struct elbow_log *log;                   // borrowed
};

// The table to open. Only the directory and the log are kept.
struct elbow_table_request {
    const struct elbow_directory *directory;
    struct elbow_log *log;
    const char *name, *header; // the header with its newline
    bool may_lack_columns;     // an existing table may have some of the columns, in any order, and keeps them
    size_t capacity;           // maximum of pending bytes
};

// Local. Opens a table for appending, after cutting its rows of steps after `step`; lines that are not rows stay. FILE
// if it cannot be read or written; FORMAT if an existing file has another header (unless `step` is 0 and it holds only
// rows: then it begins again). Rows must have the columns of table->header. Close it also after a failure.
enum elbow_status elbow_table_open(const struct elbow_table_request *request, uint64_t step, struct elbow_table *table,
                                   struct elbow_error *error);

// Local. Appends a row, including its newline, to the pending ones, and then writes all of them, each complete or not
// at all. OUTPUT if not all could be written; a row beyond the limit is lost. A removed table begins again, which is
// also OUTPUT. One that another program has changed or replaced keeps its contents (a warning), and new rows follow. An
// earlier error in *error stays.
enum elbow_status elbow_table_append(struct elbow_table *table, const char *row, size_t length,
                                     struct elbow_error *error);

// Local. Tries to write what is pending. OUTPUT if something still is.
enum elbow_status elbow_table_flush(struct elbow_table *table, struct elbow_error *error);

// Local. Whether rows are pending because there is no space on the disk.
bool elbow_table_waits_for_space(const struct elbow_table *table);

// Local. A zeroed struct is legal.
void elbow_table_close(struct elbow_table *table);

ELBOW_C_END

#endif
