// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/quantile.h"

#include "unit.h"

#include <math.h>

// numpy.quantile of the same values.
START_TEST(values)
{
    const float sorted[] = {-2, 0, 1, 5};
    ck_assert_double_eq_tol(elbow_quantile_of_values(sorted, 4, 0), -2, 1e-12);
    ck_assert_double_eq_tol(elbow_quantile_of_values(sorted, 4, 0.1), -1.4, 1e-12);
    ck_assert_double_eq_tol(elbow_quantile_of_values(sorted, 4, 0.5), 0.5, 1e-12);
    ck_assert_double_eq_tol(elbow_quantile_of_values(sorted, 4, 0.9), 3.8, 1e-12);
    ck_assert_double_eq_tol(elbow_quantile_of_values(sorted, 4, 1), 5, 1e-12);
    ck_assert_double_eq_tol(elbow_quantile_of_values(sorted, 1, 0.3), -2, 1e-12);
}
END_TEST

// scipy.stats.norm.ppf.
START_TEST(normal)
{
    ck_assert_double_eq(elbow_quantile_of_normal(0.5), 0);
    ck_assert_double_eq_tol(elbow_quantile_of_normal(0.975), 1.959963984540054, 1e-13);
    ck_assert_double_eq_tol(elbow_quantile_of_normal(0.25), -0.6744897501960817, 1e-13);
    ck_assert_double_eq_tol(elbow_quantile_of_normal(1e-9), -5.9978070150076865, 1e-12);
    ck_assert_double_eq(elbow_quantile_of_normal(0.125), -elbow_quantile_of_normal(0.875));
}
END_TEST

UNIT_MAIN("statistics/quantile", values, normal)
