// SPDX-License-Identifier: BSD-3-Clause
// The table of activations. Elementwise stages go row by row through the cache, in place.
#include "elbow/nn/activation.h"

#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

static const float leak = 0.01f;

enum { VALUES_LEAST = 1 << 13 }; // values that are worth a thread

struct activation {
    enum elbow_initial initial; // of the weights before it
    bool keeps_derivative;
    // One row: a becomes y = f(a + bias).
    void (*forward)(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative);
    // dy *= f'(a); NULL: f' is 1.
    void (*backward)(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy);
    // y = f(a) as nodes of an ONNX graph.
    elbow_onnx_value (*onnx)(struct elbow_onnx *onnx, elbow_onnx_value a);
};

static void none_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        y[i] += bias[i];
}

static void relu_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        y[i] = y[i] + bias[i] < 0.0f ? 0.0f : y[i] + bias[i]; // NaN is not below zero
}

static void relu_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        dy[i] *= y[i] > 0.0f ? 1.0f : 0.0f;
}

static void leaky_relu_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i) {
        float a = y[i] + bias[i], leaked = leak * a;
        y[i] = a < 0.0f ? leaked : a;
    }
}

static void leaky_relu_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        dy[i] *= y[i] > 0.0f ? 1.0f : leak;
}

static void tanh_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    none_forward(n, bias, y, derivative);
    elbow_vector_tanh(n, y, y);
}

static void tanh_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        dy[i] *= (1.0f - y[i]) * (1.0f + y[i]);
}

static void sigmoid_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    none_forward(n, bias, y, derivative);
    elbow_vector_sigmoid(n, y, y);
}

static void sigmoid_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        dy[i] *= y[i] * (1.0f - y[i]);
}

static void softplus_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    none_forward(n, bias, y, derivative);
    elbow_vector_softplus(n, y, y);
}

// 1 - exp(-y), without the loss of digits near y = 0.
static void softplus_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    enum { CHUNK = 512 };
    float minus_derivative[CHUNK] = {0};
    (void)derivative;
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t count = n - first < CHUNK ? n - first : CHUNK;
        for (size_t i = 0; i < count; ++i)
            minus_derivative[i] = -y[first + i];
        elbow_vector_expm1(count, minus_derivative, minus_derivative);
        for (size_t i = 0; i < count; ++i)
            dy[first + i] *= -minus_derivative[i];
    }
}

// From s = sigmoid(a): derivative = s (1 + a (1 - s)), y = a s.
static void silu_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    none_forward(n, bias, y, derivative);
    elbow_vector_sigmoid(n, y, derivative);
    for (size_t i = 0; i < n; ++i) {
        float a = y[i], s = derivative[i];
        y[i] = a * s;
        derivative[i] = s * (1.0f + a * (1.0f - s));
    }
}

static void derivative_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    (void)y;
    for (size_t i = 0; i < n; ++i)
        dy[i] *= derivative[i];
}

// Phi(a) = erfc(-a / sqrt(2)) / 2 and phi(a) = exp(-a^2 / 2) / sqrt(2 pi): y = a Phi(a), derivative = Phi(a) + a
// phi(a).
static void gelu_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    enum { CHUNK = 512 };
    const float root_half = 0.70710678118654752f, density = 0.39894228040143268f;
    float below[CHUNK], height[CHUNK];
    for (size_t first = 0, count; first < n; first += count) {
        count = n - first < CHUNK ? n - first : CHUNK;
        none_forward(count, bias + first, y + first, NULL);
        for (size_t i = 0; i < count; ++i) {
            float a = y[first + i];
            below[i] = -root_half * a;
            height[i] = -0.5f * a * a;
        }
        elbow_vector_erfc(count, below, below);
        elbow_vector_exp(count, height, height);
        for (size_t i = 0; i < count; ++i) {
            float a = y[first + i], share = 0.5f * below[i];
            derivative[first + i] = share + a * (density * height[i]);
            y[first + i] = a * share;
        }
    }
}

static void elu_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    enum { CHUNK = 512 };
    float below[CHUNK];
    (void)derivative;
    for (size_t first = 0, count; first < n; first += count) {
        count = n - first < CHUNK ? n - first : CHUNK;
        none_forward(count, bias + first, y + first, NULL);
        elbow_vector_expm1(count, y + first, below);
        for (size_t i = 0; i < count; ++i)
            y[first + i] = y[first + i] > 0.0f ? y[first + i] : below[i];
    }
}

static void elu_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        dy[i] *= y[i] > 0.0f ? 1.0f : 1.0f + y[i];
}

// exp(20) = 4.9e8: a row of large values must not overflow, nor send a step of that size back.
static const float exp_most = 20.0f;

static void exp_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        y[i] = y[i] + bias[i] > exp_most ? exp_most : y[i] + bias[i]; // NaN is not above it
    elbow_vector_exp(n, y, y);
}

static void exp_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    float most;
    (void)derivative;
    elbow_vector_exp(1, &exp_most, &most);
    for (size_t i = 0; i < n; ++i)
        dy[i] *= y[i] >= most ? 0.0f : y[i];
}

static void hard_tanh_forward(size_t n, const float *restrict bias, float *restrict y, float *restrict derivative)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i) {
        float a = y[i] + bias[i], capped = a > 1.0f ? 1.0f : a;
        y[i] = capped < -1.0f ? -1.0f : capped;
    }
}

static void hard_tanh_backward(size_t n, const float *restrict y, const float *restrict derivative, float *restrict dy)
{
    (void)derivative;
    for (size_t i = 0; i < n; ++i)
        dy[i] *= y[i] > -1.0f && y[i] < 1.0f ? 1.0f : 0.0f;
}

#define ONE_NODE(word, operation)                                                                                      \
    static elbow_onnx_value word##_onnx(struct elbow_onnx *onnx, elbow_onnx_value a)                                   \
    {                                                                                                                  \
        return elbow_onnx_one(onnx, operation, a);                                                                     \
    }
ONE_NODE(relu, "Relu")
ONE_NODE(tanh, "Tanh")
ONE_NODE(sigmoid, "Sigmoid")
ONE_NODE(softplus, "Softplus")
ONE_NODE(elu, "Elu")
#undef ONE_NODE

static elbow_onnx_value none_onnx(struct elbow_onnx *onnx, elbow_onnx_value a)
{
    (void)onnx;
    return a;
}

static elbow_onnx_value leaky_relu_onnx(struct elbow_onnx *onnx, elbow_onnx_value a)
{
    const struct elbow_onnx_attribute derivative = {.name = "alpha", .kind = ELBOW_ONNX_NUMBER, .number = leak};
    return elbow_onnx_node(onnx, "LeakyRelu", 1, &a, 1, &derivative);
}

static elbow_onnx_value silu_onnx(struct elbow_onnx *onnx, elbow_onnx_value a)
{
    return elbow_onnx_two(onnx, "Mul", a, elbow_onnx_one(onnx, "Sigmoid", a));
}

// a (1 + erf(a / sqrt(2))) / 2.
static elbow_onnx_value gelu_onnx(struct elbow_onnx *onnx, elbow_onnx_value a)
{
    elbow_onnx_value scaled = elbow_onnx_two(onnx, "Mul", a, elbow_onnx_float(onnx, 0.70710678118654752f));
    elbow_onnx_value share =
        elbow_onnx_two(onnx, "Add", elbow_onnx_one(onnx, "Erf", scaled), elbow_onnx_float(onnx, 1));
    return elbow_onnx_two(onnx, "Mul", a, elbow_onnx_two(onnx, "Mul", share, elbow_onnx_float(onnx, 0.5f)));
}

static elbow_onnx_value exp_onnx(struct elbow_onnx *onnx, elbow_onnx_value a)
{
    return elbow_onnx_one(onnx, "Exp", elbow_onnx_two(onnx, "Min", a, elbow_onnx_float(onnx, exp_most)));
}

static elbow_onnx_value hard_tanh_onnx(struct elbow_onnx *onnx, elbow_onnx_value a)
{
    elbow_onnx_value least = elbow_onnx_float(onnx, -1), most = elbow_onnx_float(onnx, 1);
    const elbow_onnx_value inputs[] = {a, least, most};
    return elbow_onnx_node(onnx, "Clip", 3, inputs, 0, NULL);
}

static const struct activation none_row = {.initial = ELBOW_INITIAL_GLOROT, .forward = none_forward, .onnx = none_onnx};
static const struct activation relu_row = {ELBOW_INITIAL_HE, false, relu_forward, relu_backward, relu_onnx};
static const struct activation leaky_relu_row = {ELBOW_INITIAL_HE, false, leaky_relu_forward, leaky_relu_backward,
                                                 leaky_relu_onnx};
static const struct activation tanh_row = {ELBOW_INITIAL_GLOROT, false, tanh_forward, tanh_backward, tanh_onnx};
static const struct activation sigmoid_row = {ELBOW_INITIAL_GLOROT, false, sigmoid_forward, sigmoid_backward,
                                              sigmoid_onnx};
static const struct activation softplus_row = {ELBOW_INITIAL_HE, false, softplus_forward, softplus_backward,
                                               softplus_onnx};
static const struct activation silu_row = {ELBOW_INITIAL_HE, true, silu_forward, derivative_backward, silu_onnx};
static const struct activation gelu_row = {ELBOW_INITIAL_HE, true, gelu_forward, derivative_backward, gelu_onnx};
static const struct activation elu_row = {ELBOW_INITIAL_HE, false, elu_forward, elu_backward, elu_onnx};
static const struct activation exp_row = {ELBOW_INITIAL_GLOROT, false, exp_forward, exp_backward, exp_onnx};
static const struct activation hard_tanh_row = {ELBOW_INITIAL_GLOROT, false, hard_tanh_forward, hard_tanh_backward,
                                                hard_tanh_onnx};

#define ROW(name, word) [name] = &word##_row,
static const struct activation *const activations[] = {ELBOW_ACTIVATION_LIST(ROW)};

static const struct activation *row_of(enum elbow_activation activation)
{
    ELBOW_CHECK((unsigned)activation < ELBOW_ACTIVATIONS);
    return activations[activation];
}

enum elbow_initial elbow_activation_initial(enum elbow_activation activation, enum elbow_initializer initializer)
{
    if (initializer == ELBOW_INITIALIZER_HE)
        return ELBOW_INITIAL_HE;
    if (initializer == ELBOW_INITIALIZER_GLOROT)
        return ELBOW_INITIAL_GLOROT;
    return row_of(activation)->initial;
}

bool elbow_activation_keeps_derivative(enum elbow_activation activation)
{
    return row_of(activation)->keeps_derivative;
}

struct forward {
    const struct activation *row;
    size_t units;
    const float *bias;
    float *y, *derivative; // derivative: NULL if it is not kept
};

static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct forward *forward = user;
    size_t units = forward->units;
    (void)part;
    for (size_t row = first; row < first + count; ++row)
        forward->row->forward(units, forward->bias, forward->y + row * units,
                              forward->derivative ? forward->derivative + row * units : NULL);
}

void elbow_activation_forward(enum elbow_activation activation, size_t rows, size_t units, const float *bias, float *y,
                              float *derivative)
{
    struct forward call = {.row = row_of(activation), .units = units, .bias = bias, .y = y};
    ELBOW_CHECK(derivative != NULL || !call.row->keeps_derivative);
    call.derivative = call.row->keeps_derivative ? derivative : NULL;
    elbow_threads_split(rows, 1, VALUES_LEAST / (units + 1) + 1, forward_span, &call);
}

struct backward {
    const struct activation *row;
    const float *y, *derivative;
    float *dy;
};

static void backward_span(void *user, int part, size_t first, size_t count)
{
    const struct backward *backward = user;
    (void)part;
    backward->row->backward(count, backward->y + first, backward->derivative ? backward->derivative + first : NULL,
                            backward->dy + first);
}

void elbow_activation_backward(enum elbow_activation activation, size_t n, const float *y, const float *derivative,
                               float *dy)
{
    struct backward call = {.row = row_of(activation), .y = y, .derivative = derivative, .dy = dy};
    if (call.row->backward)
        elbow_threads_split(n, ELBOW_THREADS_LINE, VALUES_LEAST, backward_span, &call);
}

elbow_onnx_value elbow_activation_onnx(enum elbow_activation activation, struct elbow_onnx *onnx, elbow_onnx_value a)
{
    return row_of(activation)->onnx(onnx, a);
}
