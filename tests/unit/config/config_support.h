// SPDX-License-Identifier: BSD-3-Clause
// What the tests of the configuration share: defaults, and reading YAML called run.yaml.
#ifndef ELBOW_TESTS_CONFIG_SUPPORT_H
#define ELBOW_TESTS_CONFIG_SUPPORT_H

#include "elbow/base/memory.h"
#include "elbow/config/config.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct elbow_error error; // of the last call

static inline struct elbow_config defaults(void)
{
    struct elbow_config config;
    elbow_config_default(&config);
    return config;
}

static inline enum elbow_status parse(struct elbow_config *config, const char *text)
{
    memset(&error, 0, sizeof error);
    return elbow_config_parse(config, "run.yaml", text, strlen(text), &error);
}

static inline void accepted(struct elbow_config *config, const char *text)
{
    enum elbow_status status = parse(config, text);
    ck_assert_msg(status == ELBOW_OK, "%s: %s", text, error.message);
}

#endif
