// SPDX-License-Identifier: BSD-3-Clause
// Macros for rows of the tables of keys.
#ifndef ELBOW_CONFIG_DETAIL_ROWS_H
#define ELBOW_CONFIG_DETAIL_ROWS_H

#include "elbow/config/detail/schema.h"

#include <math.h>

// The keys of a kind.
#define OPTIONS(rows)                                                                                                  \
    {                                                                                                                  \
        rows, sizeof(rows) / sizeof *(rows)                                                                            \
    }

#define INTEGER .type = ELBOW_KEY_INTEGER
#define REAL .type = ELBOW_KEY_REAL
#define BOOLEAN .type = ELBOW_KEY_BOOLEAN
#define CHOICE(list) .type = ELBOW_KEY_CHOICE, .choices = list
// A number, or one of the words of the list; beside a word alone, the number is beside_word.
#define NUMBER(list, beside_word) .type = ELBOW_KEY_NUMBER, .choices = (list), .unset = (beside_word)
#define KIND(list) .type = ELBOW_KEY_KIND, .kinds = list
#define MAP(options) .type = ELBOW_KEY_MAP, .kinds = options
#define DURATION .type = ELBOW_KEY_DURATION
#define BYTES .type = ELBOW_KEY_BYTES
#define TEXT .type = ELBOW_KEY_TEXT
#define NAMED .type = ELBOW_KEY_NAMED
#define PLACES(channels) .type = ELBOW_KEY_PLACES, .count_most = (channels)
#define FROM(least_, most_) .least = (least_), .most = (most_)
#define FROM_ZERO .least = 0, .most = INT64_MAX
#define FROM_ONE .least = 1, .most = INT64_MAX
#define ANY .low = -INFINITY, .high = INFINITY
#define ABOVE_ZERO .low = 0, .low_open = true, .high = INFINITY
#define NOT_NEGATIVE .low = 0, .high = INFINITY
#define SHARE .low = 0, .high = 1
#define BELOW_ONE .low = 0, .high = 1, .high_open = true

#endif
