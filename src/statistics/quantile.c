// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/quantile.h"

#include "elbow/base/status.h"

#include <math.h>

double elbow_quantile_of_values(const float *sorted, size_t count, double share)
{
    ELBOW_CHECK(sorted != NULL && count > 0 && share >= 0 && share <= 1);
    double place = share * (double)(count - 1);
    size_t below = (size_t)place, above = below + 1 < count ? below + 1 : below;
    double part = place - (double)below;
    return (1 - part) * (double)sorted[below] + part * (double)sorted[above];
}

double elbow_quantile_of_normal(double share)
{
    double low = -40, high = 0;
    ELBOW_CHECK(share > 0 && share < 1);
    if (share == 0.5)
        return 0;
    if (share > 0.5)
        return -elbow_quantile_of_normal(1 - share);
    for (int i = 0; i < 100; ++i) {
        double middle = (low + high) / 2;
        if (0.5 * erfc(-middle / sqrt(2)) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
