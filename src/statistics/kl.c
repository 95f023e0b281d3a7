// SPDX-License-Identifier: BSD-3-Clause
// The KL and its parts, as the evaluation of a model has them (elbow/evaluate/measure.h).
#include "elbow/statistics/detail/yardstick.h"

enum elbow_status elbow_yardstick_kl(const struct elbow_yardstick_input *input, struct elbow_yardstick_figures *figures,
                                     struct elbow_error *error)
{
    (void)error;
    elbow_yardstick_add(figures, "kl", input->kl->kl, input->kl->error);
    if (!input->kl->has_parts)
        return ELBOW_OK;
    elbow_yardstick_add(figures, "kl_information", input->kl->information, NAN);
    elbow_yardstick_add(figures, "kl_total_correlation", input->kl->total_correlation, NAN);
    elbow_yardstick_add(figures, "kl_dimensions", input->kl->dimensions, NAN);
    return ELBOW_OK;
}
