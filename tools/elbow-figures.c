// SPDX-License-Identifier: BSD-3-Clause
// elbow-figures: the figures of the tutorial. See tools/figures.
#include "elbow/cli/processor.h"
#include "figures/figures.h"

int main(int argc, char **argv)
{
    return elbow_processor_fits("elbow-figures") ? figures_main(argc, argv) : 1;
}
