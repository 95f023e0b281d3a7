// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/nn/activation.h"

#include "elbow/math/random.h"

#include "panic.h"
#include "reference.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { ACTIVATIONS = ELBOW_ACTIVATIONS, N = 1601 };

static float derivative_room[N], y_room[N], dy_room[N], bias_room[N];

// From -40 to 40, dense about zero.
static float argument(size_t i)
{
    int middle = (N - 1) / 2;
    float t = ((float)i - (float)middle) / (float)middle;
    return 40.0f * t * t * t;
}

START_TEST(forward_and_backward_of_each_activation)
{
    for (int activation = 0; activation < ACTIVATIONS; ++activation) {
        for (size_t i = 0; i < N; ++i) {
            bias_room[i] = (float)(i % 5) * 0.125f;
            y_room[i] = argument(i) - bias_room[i];
            dy_room[i] = i % 2 == 0 ? 2.0f : -0.5f;
        }
        double a[N];
        for (size_t i = 0; i < N; ++i)
            a[i] = (double)(y_room[i] + bias_room[i]);
        elbow_activation_forward(activation, 1, N, bias_room, y_room, derivative_room);
        elbow_activation_backward(activation, N, y_room, derivative_room, dy_room);
        for (size_t i = 0; i < N; ++i) {
            double y = reference_activation(activation, a[i]), derivative = reference_derivative(activation, a[i]);
            // Five roundings at most, kernels of 4 ULP included: 1e-6 relative; gelu's exponent a^2 / 2 multiplies that
            // of a / sqrt(2), and its tail ends in denormal numbers.
            double tail = activation == ELBOW_ACTIVATION_GELU && a[i] < 0.0 ? 0x1p-23 * a[i] * a[i] : 0.0;
            ck_assert_msg(fabs((double)y_room[i] - y) <= (1e-6 + tail) * fabs(y) + 1e-36, "activation %d at %g: %g",
                          activation, a[i], (double)y_room[i]);
            // Derivatives are built from numbers near 1: absolute, times |dy| <= 2; silu's a (1 - s) multiplies an
            // error of 2^-25. That of exp is y itself.
            double upstream = i % 2 == 0 ? 2.0 : -0.5, own = activation == ELBOW_ACTIVATION_EXP ? 1e-6 * y : 0.0;
            ck_assert_msg(fabs((double)dy_room[i] - upstream * derivative) <= 1e-6 + 0x1p-23 * fabs(a[i]) + 2 * own,
                          "derivative of activation %d at %g: %g", activation, a[i], (double)dy_room[i]);
        }
    }
}
END_TEST

START_TEST(small_softplus_derivatives_keep_their_digits)
{
    float y = -15.0f, zero = 0.0f, dy = 1.0f;
    elbow_activation_forward(ELBOW_ACTIVATION_SOFTPLUS, 1, 1, &zero, &y, NULL);
    elbow_activation_backward(ELBOW_ACTIVATION_SOFTPLUS, 1, &y, NULL, &dy);
    double expected = reference_sigmoid(-15.0);
    ck_assert_double_eq_tol((double)dy, expected, 1e-6 * expected);
}
END_TEST

START_TEST(nan_passes_through)
{
    for (int activation = 0; activation < ACTIVATIONS; ++activation) {
        float y[2] = {NAN, 1.0f}, bias[2] = {0}, derivative[2];
        elbow_activation_forward(activation, 1, 2, bias, y, derivative);
        ck_assert_msg(isnan(y[0]) && !isnan(y[1]), "activation %d", activation);
    }
}
END_TEST

// The bits of an element do not depend on its row, its column or the width.
START_TEST(rows_and_columns_are_independent)
{
    enum { ROWS = 5, UNITS = 37 };
    struct elbow_stream stream = {1, ELBOW_PURPOSE_SYNTHETIC, 0, 0};
    float a[ROWS * UNITS], bias[UNITS];
    elbow_random_normal(stream, ROWS * UNITS, a);
    elbow_random_uniform(stream, UNITS, bias);
    for (int activation = 0; activation < ACTIVATIONS; ++activation) {
        float y[ROWS * UNITS], derivative[ROWS * UNITS] = {0}, dy[ROWS * UNITS];
        memcpy(y, a, sizeof a);
        memcpy(dy, a, sizeof a);
        elbow_activation_forward(activation, ROWS, UNITS, bias, y, derivative);
        elbow_activation_backward(activation, (size_t)ROWS * UNITS, y, derivative, dy);
        for (size_t i = 0; i < ROWS * UNITS; ++i) {
            float one = a[i], one_derivative = 0.0f, one_dy = a[i];
            elbow_activation_forward(activation, 1, 1, &bias[i % UNITS], &one, &one_derivative);
            elbow_activation_backward(activation, 1, &one, &one_derivative, &one_dy);
            ck_assert(memcmp(&one, &y[i], sizeof one) == 0 && memcmp(&one_dy, &dy[i], sizeof one) == 0);
            ck_assert(memcmp(&one_derivative, &derivative[i], sizeof one) == 0);
        }
    }
}
END_TEST

START_TEST(initialiser_follows_the_activation)
{
    static const enum elbow_initial automatic[ACTIVATIONS] = {
        [ELBOW_ACTIVATION_NONE] = ELBOW_INITIAL_GLOROT,      [ELBOW_ACTIVATION_RELU] = ELBOW_INITIAL_HE,
        [ELBOW_ACTIVATION_LEAKY_RELU] = ELBOW_INITIAL_HE,    [ELBOW_ACTIVATION_TANH] = ELBOW_INITIAL_GLOROT,
        [ELBOW_ACTIVATION_SIGMOID] = ELBOW_INITIAL_GLOROT,   [ELBOW_ACTIVATION_SOFTPLUS] = ELBOW_INITIAL_HE,
        [ELBOW_ACTIVATION_SILU] = ELBOW_INITIAL_HE,          [ELBOW_ACTIVATION_GELU] = ELBOW_INITIAL_HE,
        [ELBOW_ACTIVATION_ELU] = ELBOW_INITIAL_HE,           [ELBOW_ACTIVATION_EXP] = ELBOW_INITIAL_GLOROT,
        [ELBOW_ACTIVATION_HARD_TANH] = ELBOW_INITIAL_GLOROT,
    };
    for (int activation = 0; activation < ACTIVATIONS; ++activation) {
        ck_assert_int_eq(elbow_activation_initial(activation, ELBOW_INITIALIZER_AUTO), automatic[activation]);
        ck_assert_int_eq(elbow_activation_initial(activation, ELBOW_INITIALIZER_HE), ELBOW_INITIAL_HE);
        ck_assert_int_eq(elbow_activation_initial(activation, ELBOW_INITIALIZER_GLOROT), ELBOW_INITIAL_GLOROT);
    }
}
END_TEST

// Neither infinite nor a derivative of that size, for any input.
START_TEST(exp_is_clamped)
{
    float y[] = {20.0f, 21.0f, 1e30f}, bias[3] = {0}, dy[] = {1.0f, 1.0f, 1.0f};
    elbow_activation_forward(ELBOW_ACTIVATION_EXP, 1, 3, bias, y, NULL);
    elbow_activation_backward(ELBOW_ACTIVATION_EXP, 3, y, NULL, dy);
    for (int i = 0; i < 3; ++i) {
        ck_assert_double_eq_tol((double)y[i], exp(20.0), 1e-6 * exp(20.0)); // one rounding
        ck_assert(dy[i] == 0.0f);
    }
}
END_TEST

static void silu_without_derivative(void)
{
    float y = 0.0f, bias = 0.0f;
    elbow_activation_forward(ELBOW_ACTIVATION_SILU, 1, 1, &bias, &y, NULL);
}

START_TEST(only_silu_and_gelu_want_derivatives)
{
    for (int activation = 0; activation < ACTIVATIONS; ++activation)
        ck_assert_int_eq(elbow_activation_keeps_derivative(activation),
                         activation == ELBOW_ACTIVATION_SILU || activation == ELBOW_ACTIVATION_GELU);
    ck_assert(panics(silu_without_derivative));
}
END_TEST

UNIT_MAIN("nn/activation", forward_and_backward_of_each_activation, small_softplus_derivatives_keep_their_digits,
          nan_passes_through, rows_and_columns_are_independent, initialiser_follows_the_activation, exp_is_clamped,
          only_silu_and_gelu_want_derivatives)
