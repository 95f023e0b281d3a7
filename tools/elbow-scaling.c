// SPDX-License-Identifier: BSD-3-Clause
// elbow-scaling: scaling experiments, their report, a model of them, and plots. See tools/scaling.
#include "elbow/cli/processor.h"
#include "scaling/scaling.h"

int main(int argc, char **argv)
{
    return elbow_processor_fits("elbow-scaling") ? scaling_main(argc, argv) : 1;
}
