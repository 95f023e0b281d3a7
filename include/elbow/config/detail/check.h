// SPDX-License-Identifier: BSD-3-Clause
// The parts of elbow_config_finish that have files of their own.
#ifndef ELBOW_CONFIG_DETAIL_CHECK_H
#define ELBOW_CONFIG_DETAIL_CHECK_H

#include "elbow/config/config.h"

// Local. Whether the kinds of the model go together. CONFIG, with `name` in the message.
enum elbow_status elbow_check_kinds(const struct elbow_config *config, const char *name, struct elbow_error *error);

#endif
