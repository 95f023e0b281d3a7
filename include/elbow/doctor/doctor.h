// SPDX-License-Identifier: BSD-3-Clause
// `elbow doctor`: what a run would find on these nodes, and what to change before it starts. Facts are collected by all
// ranks; advice follows from the facts alone.
#ifndef ELBOW_DOCTOR_DOCTOR_H
#define ELBOW_DOCTOR_DOCTOR_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/parallel/machine.h"

#include "elbow/base/text.h"

ELBOW_C_BEGIN

enum { ELBOW_DOCTOR_ADVICE_MAX = 32, ELBOW_DOCTOR_VALUE_SIZE = 32 };

// What became of a lock in the run directory.
enum elbow_doctor_lock {
    ELBOW_DOCTOR_LOCK_UNTRIED,    // no directory was named
    ELBOW_DOCTOR_LOCK_WORKS,      // a second one is refused, on other nodes too
    ELBOW_DOCTOR_LOCK_IMPOSSIBLE, // the file system has none
    ELBOW_DOCTOR_LOCK_ALONE,      // another node got the same lock
    ELBOW_DOCTOR_LOCK_UNSEEN,     // other nodes do not see the directory
    ELBOW_DOCTOR_LOCK_NO_ENTRY    // nothing can be made in the directory
};

// Pages of the training data (elbow/data/page_table.h) that were read, by one rank.
struct elbow_doctor_pages {
    uint64_t rows, page_bytes; // of a page; 0: none was read
    uint64_t all, chunk_rows;  // pages of the set; rows of a chunk, 0: there are no chunks
    uint64_t unpacked;         // bytes of all chunks that a page touches; 0: there are no chunks
    uint64_t read, bytes;      // pages, and their bytes in memory
    double seconds;            // of reading
};

// All on rank zero.
struct elbow_doctor_facts {
    struct elbow_place place;
    char mpi[ELBOW_MACHINE_LIBRARY_SIZE];
    bool hdf5_is_parallel;
    int threads;                                                          // of a rank: train.threads
    char omp[ELBOW_DOCTOR_VALUE_SIZE], openblas[ELBOW_DOCTOR_VALUE_SIZE]; // of *_NUM_THREADS; empty: not set
    const struct elbow_machine_node *nodes;                               // [place.nodes]

    bool has_need; // a configuration was given, and its data could be looked at
    uint64_t parameters, microbatches;
    uint64_t shared_need, private_need; // bytes of a node: in /dev/shm; with copies for each rank in its place
    uint64_t memory_need;               // bytes of a node, in all
    char trouble[ELBOW_MESSAGE_SIZE];   // why the configuration could not be judged, or empty
    elbow_path data;                    // the file of the training set, or empty
    double read_per_second;             // bytes of it; 0: not measured
    uint64_t read_bytes;
    struct elbow_doctor_pages pages;
    bool is_read_anew, has_stage; // each epoch reads the files (data.order: windows); data.stage is set
    char *values;                 // what the values of the data are, in lines with their ends; NULL: not looked at
    char *warnings;               // what a run would warn of in them, likewise
    uint64_t looked, stored;      // rows of all datasets: looked at, and there

    elbow_path run;      // the run directory, or empty
    elbow_path tried_in; // where it was tried: the directory, or the next one above that is there
    enum elbow_doctor_lock lock;
    char lock_reason[256];
    double write_per_second;
    uint64_t write_bytes;
};

struct elbow_doctor_advice {
    const char *topic; // "binding"
    char text[1024];   // sentences
};

struct elbow_doctor_report {
    struct elbow_doctor_facts facts;
    struct elbow_machine_node *nodes; // owned, as facts.values and facts.warnings
    int count;
    struct elbow_doctor_advice advice[ELBOW_DOCTOR_ADVICE_MAX];
};

struct elbow_doctor_request {
    const struct elbow_config *config; // NULL: none
    bool all;                          // all rows of its data are looked at, however many there are
    const char *run;                   // a run directory, or NULL
};

// Collective. A few seconds, most of them for memory, network, files and the values of the data, of which some hundred
// megabytes are looked at; what a run would warn of is advice. Nothing stays behind: what is written goes
// to a directory of its own in the run directory (or in the next one above that exists), which is removed. The report
// is rank zero's. MEMORY.
enum elbow_status elbow_doctor_examine(struct elbow_comm *comm, const struct elbow_doctor_request *request,
                                       struct elbow_doctor_report *report, struct elbow_error *error);

// Local. A zeroed report is legal.
void elbow_doctor_clear(struct elbow_doctor_report *report);

// Local. What the facts ask for: into report, in the order of weight.
void elbow_doctor_advise(struct elbow_doctor_report *report);

ELBOW_C_END

#endif
