// SPDX-License-Identifier: BSD-3-Clause
// What the receipt of a run says of the program and the machine, as far as bits may depend on it.
#ifndef ELBOW_TRAIN_DETAIL_RECEIPT_H
#define ELBOW_TRAIN_DETAIL_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ELBOW_RUN_RECEIPT "receipt.txt"

// Local. Writes the lines of the receipt that tell of this process: build, libraries, host and processor.
void elbow_receipt_write_origin(FILE *file);

enum elbow_receipt_origin {
    ELBOW_ORIGIN_UNKNOWN, // the receipt tells nothing of these steps
    ELBOW_ORIGIN_SAME,    // all starts of these steps were of this build, with these libraries and on this processor
    ELBOW_ORIGIN_OTHER
};

enum { ELBOW_RECEIPT_WHY_SIZE = 512 };

// Local. Looks up who made the steps first < step <= last by the text of a receipt. Of another origin *why gets a
// clause: "the run was made by build A, and this is B".
enum elbow_receipt_origin elbow_receipt_compare(const char *receipt, uint64_t first, uint64_t last,
                                                char why[ELBOW_RECEIPT_WHY_SIZE]);

#endif
