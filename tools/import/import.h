// SPDX-License-Identifier: BSD-3-Clause
// The program elbow-import: its arguments and its work.
#ifndef ELBOW_TOOLS_IMPORT_H
#define ELBOW_TOOLS_IMPORT_H

#include "source.h"

#include "elbow/base/text.h"

// The parsed arguments.
struct import_options {
    const char *const *inputs;
    size_t input_count;
    const char *output, *name;
    const char *labels; // the group for the labels of a folder of folders; NULL: beside the dataset
    struct import_reading reading;
    bool has_shape, has_factor, replace;
    size_t rank;
    uint64_t shape[IMPORT_RANK_MAX];
    double factor, offset;
    int compression;
    uint64_t chunk_rows; // 0: not given
    bool asks_help;
};

// Local. Parses the arguments. USAGE if they are wrong. The inputs stay in argv, which is permuted.
enum elbow_status import_parse(int argc, char **argv, struct import_options *options, struct elbow_error *error);
void import_print_help(void);

// Local. Reads all inputs and adds the dataset to the output, which is locked meanwhile.
enum elbow_status import_run(const struct import_options *options, struct elbow_error *error);

// The whole program: exit status 0, 1 (failed) or 2 (usage).
int import_main(int argc, char **argv);

#endif
