// SPDX-License-Identifier: BSD-3-Clause
// The natural order of names: img2 comes before img10.
#ifndef ELBOW_TOOLS_IMPORT_NATURAL_H
#define ELBOW_TOOLS_IMPORT_NATURAL_H

// Local. Compares like strcmp. Runs of digits are compared as numbers, everything else as bytes; equal names are
// compared as bytes. The same in each locale.
int import_natural_order(const char *left, const char *right);

#endif
