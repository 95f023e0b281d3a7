// SPDX-License-Identifier: BSD-3-Clause
// Making conditions, variable by variable. Private to this room.
#ifndef ELBOW_DATA_DETAIL_CONDITIONS_H
#define ELBOW_DATA_DETAIL_CONDITIONS_H

#include "elbow/data/condition.h"

// Local. The next variable, so far of a number.
struct elbow_condition *elbow_conditions_add(struct elbow_conditions *conditions, const char *name);

// Local. One more class of the variable that was added last. MEMORY.
enum elbow_status elbow_conditions_add_class(struct elbow_conditions *conditions, const char *name,
                                             struct elbow_error *error);

// Local. After the last variable: where each lies in c.
void elbow_conditions_place(struct elbow_conditions *conditions);

#endif
