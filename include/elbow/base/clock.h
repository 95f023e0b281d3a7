// SPDX-License-Identifier: BSD-3-Clause
// Time: a monotonic clock for durations, the wall clock for people.
#ifndef ELBOW_BASE_CLOCK_H
#define ELBOW_BASE_CLOCK_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Local. Seconds on a monotonic clock. No value is special: a clock may begin at zero or below.
double elbow_clock_seconds(void);

// Local. For tests: the source of elbow_clock_seconds from now on; NULL: the system's clock again.
void elbow_clock_replace(double (*source)(void));

// Local. The present date and time, ISO 8601 in UTC, into text.
void elbow_clock_now(char *text, size_t size);

ELBOW_C_END

#endif
