// SPDX-License-Identifier: BSD-3-Clause
// A program for a processor that does not exist: it must say so and fail.
#include "elbow/cli/processor.h"

int main(void)
{
    return elbow_processor_fits("processor-stub") ? 0 : 1;
}
