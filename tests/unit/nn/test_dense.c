// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/nn/dense.h"

#include "unit.h"

START_TEST(layers_add_their_tensors)
{
    struct elbow_parameters parameters = {0};
    struct elbow_dense dense;
    struct elbow_error error = {0};
    ck_assert_int_eq(
        elbow_dense_create(&parameters, "e.0", 5, 3, ELBOW_ACTIVATION_RELU, ELBOW_INITIALIZER_AUTO, &dense, &error),
        ELBOW_OK);
    const struct elbow_tensor *weight = elbow_parameters_find(&parameters, "e.0/weight");
    const struct elbow_tensor *bias = elbow_parameters_find(&parameters, "e.0/bias");
    ck_assert(weight && bias);
    ck_assert(weight->rank == 2 && weight->shape[0] == 5 && weight->shape[1] == 3 && weight->is_weight);
    ck_assert(bias->rank == 1 && bias->shape[0] == 3 && !bias->is_weight && bias->initial == ELBOW_INITIAL_CONSTANT);
    ck_assert(weight->fan_in == 5 && weight->fan_out == 3);
    ck_assert(dense.weight == weight->offset && dense.bias == bias->offset && dense.inputs == 5 && dense.units == 3);
    elbow_parameters_clear(&parameters);
}
END_TEST

UNIT_MAIN("nn/dense", layers_add_their_tensors)
