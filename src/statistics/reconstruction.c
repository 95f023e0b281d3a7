// SPDX-License-Identifier: BSD-3-Clause
// The mean over rows of a row's mean squared error.
#include "elbow/base/memory.h"
#include "elbow/statistics/detail/yardstick.h"

enum elbow_status elbow_yardstick_reconstruction(const struct elbow_yardstick_input *input,
                                                 struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    double *errors = NULL;
    size_t values = input->values;
    enum elbow_status status = elbow_allocate(&errors, input->rows, sizeof *errors, "errors of rows", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < input->rows; ++i) {
        for (size_t k = 0; k < values; ++k) {
            double by = (double)input->data[i * values + k] - (double)input->reconstructions[i * values + k];
            errors[i] += by * by;
        }
        errors[i] /= (double)values;
    }
    elbow_yardstick_add_mean(figures, "reconstruction_mse", input->rows, errors);
    elbow_release(&errors);
    return ELBOW_OK;
}
