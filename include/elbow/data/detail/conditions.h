// SPDX-License-Identifier: BSD-3-Clause
// Construction of conditions, variable by variable. Private to this room.
#ifndef ELBOW_DATA_DETAIL_CONDITIONS_H
#define ELBOW_DATA_DETAIL_CONDITIONS_H

#include "elbow/data/condition.h"

// Local. Adds a variable, which is a number until it gets a class. The caller has checked that there is space for it.
struct elbow_condition *elbow_conditions_add(struct elbow_conditions *conditions, const char *name);

// Local. Adds a class to the last variable. MEMORY.
enum elbow_status elbow_conditions_add_class(struct elbow_conditions *conditions, const char *name,
                                             struct elbow_error *error);

// Local. Call it after the last variable: sets the entries of each variable in c.
void elbow_conditions_place(struct elbow_conditions *conditions);

#endif
