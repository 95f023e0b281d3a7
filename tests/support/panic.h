// SPDX-License-Identifier: BSD-3-Clause
// Checks that an act breaks a contract: the panic hook jumps back instead of ending the program. The act must own
// nothing.
#ifndef ELBOW_TESTS_PANIC_H
#define ELBOW_TESTS_PANIC_H

#include <stdbool.h>

bool panics(void (*act)(void));

#endif
