// SPDX-License-Identifier: BSD-3-Clause
// The natural order of names: img2 stands before img10.
#ifndef ELBOW_TOOLS_IMPORT_NATURAL_H
#define ELBOW_TOOLS_IMPORT_NATURAL_H

// Local. Below, equal to or above zero, as strcmp. Runs of digits are compared as numbers, all else as bytes; names
// that are equal so are compared as bytes. The same in every locale.
int import_natural_order(const char *left, const char *right);

#endif
