// SPDX-License-Identifier: BSD-3-Clause
// Whether an act breaks a contract: the panic hook jumps back instead of ending the program. The act must hold nothing.
#ifndef ELBOW_TESTS_PANIC_H
#define ELBOW_TESTS_PANIC_H

#include "elbow/base/status.h"

#include <setjmp.h>
#include <stdlib.h>

static jmp_buf panic_return;

static inline void panic_jump(void)
{
    longjmp(panic_return, 1);
}

static inline bool panics(void (*act)(void))
{
    elbow_panic_hook(panic_jump);
    volatile bool panicked = true;
    if (setjmp(panic_return) == 0) {
        act();
        panicked = false;
    }
    elbow_panic_hook(abort);
    return panicked;
}

#endif
