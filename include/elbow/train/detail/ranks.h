// SPDX-License-Identifier: BSD-3-Clause
// The build and the machine of a rank.
#ifndef ELBOW_TRAIN_DETAIL_RANKS_H
#define ELBOW_TRAIN_DETAIL_RANKS_H

#include <stddef.h>

// Local. The name of the processor as the kernel reports it, cut to `size` bytes.
void elbow_rank_processor(char *name, size_t size);

// Local. Build, libraries and processor as one line of text. It must be the same on all ranks for the same bits.
void elbow_rank_describe(char *what, size_t size);

#endif
