// SPDX-License-Identifier: BSD-3-Clause
// `elbow doctor`: examines the nodes of a run and advises on changes before it starts. All ranks collect facts; the
// advice follows from the facts alone.
#ifndef ELBOW_DOCTOR_DOCTOR_H
#define ELBOW_DOCTOR_DOCTOR_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/parallel/machine.h"

#include "elbow/base/text.h"

ELBOW_C_BEGIN

enum { ELBOW_DOCTOR_ADVICE_MAX = 32, ELBOW_DOCTOR_VALUE_SIZE = 32 };

// The result of locking the run directory.
enum elbow_doctor_lock {
    ELBOW_DOCTOR_LOCK_UNTRIED,    // no directory was named
    ELBOW_DOCTOR_LOCK_WORKS,      // a second lock is refused, on other nodes too
    ELBOW_DOCTOR_LOCK_IMPOSSIBLE, // the file system has no locks
    ELBOW_DOCTOR_LOCK_ALONE,      // another node got the same lock
    ELBOW_DOCTOR_LOCK_UNSEEN,     // other nodes do not see the directory
    ELBOW_DOCTOR_LOCK_NO_ENTRY    // no file can be created in the directory
};

// The pages of the training data (elbow/data/page_table.h) that rank zero read as a sample.
struct elbow_doctor_pages {
    uint64_t rows, page_bytes; // of one page; 0: no page was read
    uint64_t all, chunk_rows;  // pages of the dataset; rows of a chunk, 0: the dataset has no chunks
    uint64_t unpacked;         // bytes of all chunks that a page touches; 0: the dataset has no chunks
    uint64_t read, bytes;      // pages read; their bytes in memory
    double seconds;            // of reading them
};

// All facts are on rank zero; the other ranks have only some.
struct elbow_doctor_facts {
    struct elbow_place place;
    char mpi[ELBOW_MACHINE_LIBRARY_SIZE];
    bool hdf5_is_parallel;
    int threads;                                                          // of one rank: train.threads
    char omp[ELBOW_DOCTOR_VALUE_SIZE], openblas[ELBOW_DOCTOR_VALUE_SIZE]; // *_NUM_THREADS; empty: not set
    const struct elbow_machine_node *nodes;                               // [place.nodes]

    bool has_need; // a configuration was given, and its data could be examined
    uint64_t parameters, microbatches;
    uint64_t shared_need, private_need; // bytes of a node: in /dev/shm; or, without it, for one copy per rank
    uint64_t memory_need;               // bytes of a node, total
    char trouble[ELBOW_MESSAGE_SIZE];   // the reason if the configuration could not be examined, or empty
    char shortage[ELBOW_MESSAGE_SIZE];  // the error of a start if its pages do not fit into memory, or empty
    elbow_path data;                    // the file of the training set, or empty
    double read_per_second;             // bytes of that file; 0: not measured
    uint64_t read_bytes;                // read for this measurement
    struct elbow_doctor_pages pages;
    bool is_read_anew, has_stage; // every epoch reads the files (data.order: windows); data.stage is set
    char *values;                 // description of the values, lines that end in newlines; NULL: not examined
    char *warnings;               // warnings of a run about them, likewise
    uint64_t looked, stored;      // rows of all datasets: examined, stored

    elbow_path run;      // the run directory, or empty
    elbow_path tried_in; // where it was tried: in the run directory, or in its nearest existing parent
    enum elbow_doctor_lock lock;
    char lock_reason[256];   // why it cannot be locked or written to, or empty
    double write_per_second; // bytes of one file, synced; 0: not measured
    uint64_t write_bytes;    // written for this measurement
};

struct elbow_doctor_advice {
    const char *topic; // "binding"
    char text[1024];   // sentences, for the user
};

struct elbow_doctor_report {
    struct elbow_doctor_facts facts;
    struct elbow_machine_node *nodes; // owned, like facts.values and facts.warnings
    int count;                        // of advice
    struct elbow_doctor_advice advice[ELBOW_DOCTOR_ADVICE_MAX];
};

struct elbow_doctor_request {
    const struct elbow_config *config; // NULL: none
    bool all;                          // examine all rows of its data, however large they are
    const char *run;                   // a run directory, or NULL
};

// Collective. Takes a few seconds, most of them for memory, network, files and the values of the data, of which a few
// hundred megabytes are examined. Warnings of a run become advice. Files are written to a temporary directory in the
// run directory (or in its nearest existing parent), which is removed. The report is complete on rank zero only; all
// ranks clear theirs with elbow_doctor_clear. MEMORY.
enum elbow_status elbow_doctor_examine(struct elbow_comm *comm, const struct elbow_doctor_request *request,
                                       struct elbow_doctor_report *report, struct elbow_error *error);

// Local. Releases everything; a zeroed report is legal.
void elbow_doctor_clear(struct elbow_doctor_report *report);

// Local. Replaces the report's advice by that which follows from its facts, the most important first.
void elbow_doctor_advise(struct elbow_doctor_report *report);

ELBOW_C_END

#endif
