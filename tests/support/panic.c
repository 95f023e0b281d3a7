// SPDX-License-Identifier: BSD-3-Clause
// The hook jumps out of the act, which must therefore own nothing.
#include "panic.h"

#include "elbow/base/status.h"

#include <setjmp.h>
#include <stdlib.h>

static jmp_buf panic_return;

static void panic_jump(void)
{
    longjmp(panic_return, 1);
}

bool panics(void (*act)(void))
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
