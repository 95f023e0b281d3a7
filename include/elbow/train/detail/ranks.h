// SPDX-License-Identifier: BSD-3-Clause
// What a rank runs on.
#ifndef ELBOW_TRAIN_DETAIL_RANKS_H
#define ELBOW_TRAIN_DETAIL_RANKS_H

#include <stddef.h>

// Local. The processor's name as the kernel tells it.
void elbow_rank_processor(char *name, size_t size);

// Local. Build, libraries and processor: what must be the same on all ranks for the same bits.
void elbow_rank_describe(char *what, size_t size);

#endif
