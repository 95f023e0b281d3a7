// SPDX-License-Identifier: BSD-3-Clause
#include "likelihood_subject.h"

#include "reference_vae.h"

#include <check.h>
#include <math.h>
#include <string.h>

float x[ROWS * WIDEST], y[ROWS * WIDEST * OUTPUTS_MAX], dy[ROWS * WIDEST * OUTPUTS_MAX];
float shared[SUBJECT_SHARED_MAX], dshared[SUBJECT_SHARED_MAX];
double recon[ROWS];

static double exact_x[ROWS * WIDEST], exact_y[ROWS * WIDEST * OUTPUTS_MAX], exact_shared[WIDEST];

static struct subject subject_of(int kind, const struct elbow_likelihood_options *options)
{
    const struct elbow_likelihood *row = elbow_likelihood_row((enum elbow_likelihood_kind)kind);
    struct subject subject = {kind, row, &REFERENCE_LIKELIHOODS[kind], options, row->outputs(options), false};
    ck_assert(subject.outputs >= 1 && subject.outputs <= OUTPUTS_MAX);
    return subject;
}

// Number of values that are trained beside the networks, with their start in *start.
size_t subject_shared_count(const struct subject *subject, size_t values, float *start)
{
    struct elbow_tensor tensor = {0};
    if (!subject->row->shared || !subject->row->shared(subject->options, values, &tensor))
        return 0;
    ck_assert(strncmp(tensor.name, "likelihood/", 11) == 0);
    ck_assert(tensor.rank == 1 && tensor.shape[0] >= 1 && tensor.shape[0] <= SUBJECT_SHARED_MAX && !tensor.is_weight);
    *start = tensor.value;
    return (size_t)tensor.shape[0];
}

// A call without gradients; trained numbers differ from their start, and from each other if they vary.
struct elbow_likelihood_call subject_call(const struct subject *subject, size_t rows, size_t values, bool vary)
{
    float start = 0;
    size_t count = subject_shared_count(subject, values, &start);
    for (size_t k = 0; k < count; ++k)
        shared[k] = start + (subject->is_at_start ? 0 : 0.125F) + (vary ? 0.25F * sinf((float)k) : 0);
    return (struct elbow_likelihood_call){.options = subject->options,
                                          .rows = rows,
                                          .values = values,
                                          .x = x,
                                          .y = y,
                                          .shared = count > 0 ? shared : NULL,
                                          .recon = recon};
}

// The reference of row i of a call.
struct reference_row subject_exact(const struct subject *subject, const struct elbow_likelihood_call *call, size_t i)
{
    struct reference_row row = reference_row_of(subject->kind, subject->options, call->values);
    size_t outputs = call->values * row.outputs;
    ck_assert(row.shared_count <= WIDEST);
    for (size_t d = 0; d < call->values; ++d)
        exact_x[d] = call->x[i * call->values + d];
    for (size_t k = 0; k < outputs; ++k)
        exact_y[k] = call->y[i * outputs + k];
    for (size_t k = 0; k < row.shared_count; ++k)
        exact_shared[k] = call->shared[k];
    row.x = exact_x;
    row.y = exact_y;
    row.shared = exact_shared;
    row.size = call->size ? call->size[i] : 0;
    return row;
}

void subject_give_size(const struct subject *subject, double size, struct elbow_likelihood_call *call)
{
    static double sizes[SUBJECT_SHARED_MAX];
    ck_assert_uint_le(call->rows, SUBJECT_SHARED_MAX);
    for (size_t i = 0; i < call->rows; ++i)
        sizes[i] = size;
    call->size = reference_row_of(subject->kind, subject->options, call->values).is_coupled ? sizes : NULL;
}

// The outputs of one value, the first of which is `at`.
void subject_fill_outputs(const struct subject *subject, double at, float *outputs)
{
    outputs[0] = (float)at;
    for (size_t o = 1; o < subject->outputs; ++o)
        outputs[o] = (float)subject->reference->others[(o - 1) % 2];
}

// Calls check for every likelihood in all its forms.
void subject_each(void (*check)(const struct subject *subject))
{
    static struct elbow_config config;
    for (int kind = 0; kind < ELBOW_LIKELIHOODS; ++kind) {
        ck_assert_ptr_nonnull(REFERENCE_LIKELIHOODS[kind].forms[0]);
        for (const char *const *form = REFERENCE_LIKELIHOODS[kind].forms; *form; ++form) {
            reference_set_likelihood(*form, &config);
            ck_assert_int_eq(config.model.likelihood, kind);
            struct subject subject = subject_of(kind, &config.model.likelihood_options);
            check(&subject);
        }
    }
}

const char *subject_name(const struct subject *subject)
{
    return elbow_config_choice("model.likelihood", subject->kind);
}

void subject_fill(const struct subject *subject, size_t count)
{
    uint64_t state = 20141 + (uint64_t)subject->kind;
    for (size_t i = 0; i < count; ++i) {
        x[i] = (float)subject->reference->value(reference_random(&state));
        for (size_t o = 0; o < subject->outputs; ++o)
            y[i * subject->outputs + o] = (float)(1.5 * reference_normal(&state));
    }
}
