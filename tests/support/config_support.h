// SPDX-License-Identifier: BSD-3-Clause
// Shared by the tests of the configuration: defaults, and reading YAML called run.yaml.
#ifndef ELBOW_TESTS_CONFIG_SUPPORT_H
#define ELBOW_TESTS_CONFIG_SUPPORT_H

#include "elbow/base/memory.h"
#include "elbow/config/config.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

extern struct elbow_error error; // of the last call

struct elbow_config defaults(void);
enum elbow_status parse(struct elbow_config *config, const char *text);
void accepted(struct elbow_config *config, const char *text);

#endif
