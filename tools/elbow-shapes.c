// SPDX-License-Identifier: BSD-3-Clause
// elbow-shapes: a dataset of sprites with known factors. See tools/shapes.
#include "elbow/cli/processor.h"
#include "shapes/shapes.h"

int main(int argc, char **argv)
{
    return elbow_processor_fits("elbow-shapes") ? shapes_main(argc, argv) : 1;
}
