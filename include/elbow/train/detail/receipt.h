// SPDX-License-Identifier: BSD-3-Clause
// The part of a run's receipt that describes program and machine, as far as bits may depend on them.
#ifndef ELBOW_TRAIN_DETAIL_RECEIPT_H
#define ELBOW_TRAIN_DETAIL_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define ELBOW_RUN_RECEIPT "receipt.txt"

// Local. Writes the lines of the receipt for this process: build, libraries, host and processor.
void elbow_receipt_write_origin(FILE *file);

enum elbow_receipt_origin {
    ELBOW_ORIGIN_UNKNOWN, // the receipt does not describe these steps
    ELBOW_ORIGIN_SAME,    // this build, with these libraries and on this processor, made all of these steps
    ELBOW_ORIGIN_OTHER
};

enum { ELBOW_RECEIPT_WHY_SIZE = 512 };

// Local. Finds in the text of a receipt whether this program, on this processor, made the steps first < step <= last.
// For ELBOW_ORIGIN_OTHER `why` gets a clause: "the build changed from 'A' (in the receipt) to 'B'".
enum elbow_receipt_origin elbow_receipt_compare(const char *receipt, uint64_t first, uint64_t last,
                                                char why[ELBOW_RECEIPT_WHY_SIZE]);

#endif
