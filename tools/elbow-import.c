// SPDX-License-Identifier: BSD-3-Clause
// elbow-import: datasets from files of NumPy, IDX, text and pictures. See tools/import.
#include "elbow/cli/processor.h"
#include "import/import.h"

int main(int argc, char **argv)
{
    return elbow_processor_fits("elbow-import") ? import_main(argc, argv) : 1;
}
