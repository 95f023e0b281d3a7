// SPDX-License-Identifier: BSD-3-Clause
// A program built for a processor that nobody has: it must say so and fail.
#include "elbow/cli/processor.h"

int main(void)
{
    return elbow_processor_fits("processor-stub") ? 0 : 1;
}
