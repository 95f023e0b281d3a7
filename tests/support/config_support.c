// SPDX-License-Identifier: BSD-3-Clause
// The defaults, and calls that note their error.
#include "config_support.h"

struct elbow_error error;

struct elbow_config defaults(void)
{
    struct elbow_config config;
    elbow_config_default(&config);
    return config;
}

enum elbow_status parse(struct elbow_config *config, const char *text)
{
    memset(&error, 0, sizeof error);
    return elbow_config_parse(config, "run.yaml", text, strlen(text), &error);
}

void accepted(struct elbow_config *config, const char *text)
{
    enum elbow_status status = parse(config, text);
    ck_assert_msg(status == ELBOW_OK, "%s: %s", text, error.message);
}
