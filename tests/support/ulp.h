// SPDX-License-Identifier: BSD-3-Clause
// The distance of a float from a double reference in units in the last place of the float nearest to the reference.
#ifndef ELBOW_TESTS_ULP_H
#define ELBOW_TESTS_ULP_H

// 0 for the same NaN-ness or the same infinity, INFINITY where only one is NaN or infinite. A reference above the
// largest float counts as infinity if it rounds there.
double ulp_error(float value, double reference);

#endif
