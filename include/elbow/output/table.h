// SPDX-License-Identifier: BSD-3-Clause
// A table of a run directory that grows by rows: rank zero's. Every row begins with its place: step, epoch, split.
#ifndef ELBOW_OUTPUT_TABLE_H
#define ELBOW_OUTPUT_TABLE_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/log.h"

#include <stdint.h>
#include <sys/types.h>

ELBOW_C_BEGIN

// What every header begins with, and the words of `split`.
#define ELBOW_TABLE_PLACE "step,epoch,split"
typedef enum { ELBOW_SPLIT_TRAIN, ELBOW_SPLIT_VALID, ELBOW_SPLITS } elbow_split;
extern const char *const elbow_split_words[ELBOW_SPLITS];

enum { ELBOW_TABLE_BYTES_LOG2 = 36 }; // a file that is larger is no table

// One table. Rows that could not be written wait in memory, for the next turn.
struct elbow_table {
    bool is_open;
    int file;            // owned
    off_t end;           // of the last row that is whole
    bool owes_end;       // a newline is missing before it: somebody's last line has none
    char *header;        // of the file; owned
    char *waiting;       // rows to be written; owned
    size_t length, size; // bytes that wait; room
    int reason;          // errno of the last failure
    char name[16];       // beneath the directory
    elbow_path path;
    const struct elbow_directory *directory; // borrowed
    struct elbow_log *log;                   // borrowed
};

// What is to be opened. Nothing is kept but the directory and the log.
struct elbow_table_request {
    const struct elbow_directory *directory;
    struct elbow_log *log;
    const char *name, *header; // the header with its newline
    bool may_lack_columns; // an existing table may have some of the header's columns, in any order: it keeps its own
    size_t room;           // bytes that may wait
};

// Local. Opens a table for appending, after cutting its rows of steps after `step`; lines that are no rows stay. FILE
// if it cannot be read or written; FORMAT if an existing file has another header (but where `step` is 0, and it holds
// nothing but rows: then it begins anew). Rows are to have the columns of table->header. A failure leaves something to
// close.
enum elbow_status elbow_table_open(const struct elbow_table_request *request, uint64_t step, struct elbow_table *table,
                                   struct elbow_error *error);

// Local. Puts a row, its newline included, behind those that wait, and then all of them to disk, whole or not at all.
// OUTPUT if not all could be written; a row that finds no room is lost. A table that has been removed begins anew,
// which is OUTPUT, too. One that somebody has changed or replaced keeps what is there (a warning): rows go on behind
// it. An error that *error tells of already stays.
enum elbow_status elbow_table_append(struct elbow_table *table, const char *row, size_t length,
                                     struct elbow_error *error);

// Local. Tries to write what waits. OUTPUT if something still does.
enum elbow_status elbow_table_flush(struct elbow_table *table, struct elbow_error *error);

// Local. Whether rows wait because there is no room on the disk.
bool elbow_table_waits_for_room(const struct elbow_table *table);

// Local. A zeroed struct is legal.
void elbow_table_close(struct elbow_table *table);

ELBOW_C_END

#endif
