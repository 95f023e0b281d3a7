// SPDX-License-Identifier: BSD-3-Clause
// Active units (Burda, Grosse, Salakhutdinov 2016): codes whose variance over the rows is above 0.01.
#include "elbow/statistics/detail/yardstick.h"

static const double ACTIVE = 0.01;

enum elbow_status elbow_yardstick_units(const struct elbow_yardstick_input *input,
                                        struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    size_t active = 0;
    (void)error;
    for (size_t j = 0; j < input->width; ++j) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < input->rows; ++i)
            mean += input->codes[i * input->width + j];
        mean /= (double)input->rows;
        for (size_t i = 0; i < input->rows; ++i) {
            double from = input->codes[i * input->width + j] - mean;
            square += from * from;
        }
        active += square / (double)input->rows > ACTIVE;
    }
    elbow_yardstick_add(figures, "active_units", (double)active, NAN);
    return ELBOW_OK;
}
