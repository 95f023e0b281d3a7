// SPDX-License-Identifier: BSD-3-Clause
// The frame of a unit test program: a list of Check tests, run in this process (no fork), exit status 1 if any failed.
#ifndef ELBOW_TESTS_UNIT_H
#define ELBOW_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

int unit_run(const char *name, const TTest *const *tests, size_t count);

// UNIT_MAIN("base/status", test_one, test_two): the tests are made with START_TEST / END_TEST.
#define UNIT_MAIN(name, ...)                                                                                           \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const TTest *const tests[] = {__VA_ARGS__};                                                                    \
        return unit_run(name, tests, sizeof tests / sizeof *tests);                                                    \
    }

#endif
