// SPDX-License-Identifier: BSD-3-Clause
// Tests that the bits of every layer of the table depend only on its inputs.
#include "elbow/math/blas.h"
#include "elbow/math/threads.h"
#include "layer_fixture.h"
#include "unit.h"

#include <math.h>
#include <string.h>

static void check_equal(const struct subject *subject, const char *what, size_t count, const float *a, const float *b)
{
    ck_assert_msg(count == 0 || memcmp(a, b, count * sizeof *a) == 0, "%s, case %zu: %s differs", name_of(subject),
                  subject->number, what);
}

// The same case again.
static struct setting again(const struct subject *subject)
{
    struct setting setting;
    const struct setting *old = &subject->setting;
    ck_assert(set_up(&setting, old->list, old->layer.input, old->rows));
    return setting;
}

// All results of a setting equal those of another one.
static void check_same(const struct subject *subject, const struct setting *other)
{
    const struct setting *setting = &subject->setting;
    check_equal(subject, "y", outputs_of(setting), setting->y, other->y);
    check_equal(subject, "what is kept", setting->kept_size, setting->kept, other->kept);
    check_equal(subject, "dx", inputs_of(setting), setting->dx, other->dx);
    check_equal(subject, "the gradient", setting->parameters.size, setting->gradient, other->gradient);
}

static void spoil_workspace(const struct setting *setting)
{
    for (size_t i = 0; i < setting->workspace_size; ++i)
        setting->workspace[i] = NAN;
}

// The bits of a row do not depend on the rows beside it, nor on old contents of arrays.
static void check_split(const struct subject *subject)
{
    if (!subject->has_own_products)
        return;
    const struct setting *setting = &subject->setting;
    struct setting other = again(subject);
    run_forward(setting);
    run_backward(setting);
    spoil_workspace(&other);
    for (size_t first = 0, count = 1; first < setting->rows; first += count, count += 3) {
        count = count > setting->rows - first ? setting->rows - first : count;
        struct elbow_layer_call call = call_of(&other, first, count);
        elbow_layer_forward(&other.layer, &call);
        elbow_layer_backward(&other.layer, &call);
    }
    check_equal(subject, "y of split rows", outputs_of(setting), setting->y, other.y);
    if (setting->layer.inner_count == 0) // otherwise their kept values are adjacent for all rows of a call
        check_equal(subject, "what split rows keep", setting->kept_size, setting->kept, other.kept);
    check_equal(subject, "dx of split rows", inputs_of(setting), setting->dx, other.dx);
    tear_down(&other);
}

START_TEST(any_split_of_rows)
{
    each(check_split);
}
END_TEST

static size_t with_parts;

// Part by part, backward from the last one, each of which writes the gradient up to the next one's; then the inputs.
static void check_parts(const struct subject *subject)
{
    struct setting other = again(subject);
    const struct elbow_layer_instance *layer = &other.layer;
    size_t parts = elbow_layer_parts(layer);
    with_parts += parts > 1;
    run_forward(&subject->setting);
    run_backward(&subject->setting);
    struct elbow_layer_call call = call_of(&other, 0, other.rows);
    for (size_t part = 0; part < parts; ++part) {
        // Later parts are not there yet.
        size_t end = part + 1 < parts ? elbow_layer_part_begin(layer, part + 1) : other.parameters.size;
        float *arrived = drawn(other.parameters.size, 9);
        memcpy(arrived, other.values, end * sizeof *arrived);
        call.parameters = arrived;
        layer->row->forward(layer, (struct elbow_span){part, 1}, &call);
        elbow_release(&arrived);
    }
    call.parameters = other.values;
    for (size_t part = parts, end = other.parameters.size; part-- > 0;) {
        size_t begin = elbow_layer_part_begin(layer, part);
        layer->row->backward(layer, (struct elbow_span){part, 1}, &call);
        check_equal(subject, "a part of the gradient", end - begin, subject->setting.gradient + begin,
                    other.gradient + begin);
        end = begin;
    }
    if (layer->row->backward_inputs)
        layer->row->backward_inputs(layer, &call);
    check_same(subject, &other);
    tear_down(&other);
}

START_TEST(parts_change_no_bit)
{
    each(check_parts);
    ck_assert(with_parts > 0 || !elbow_dense_product_is_own());
}
END_TEST

static void check_threads(const struct subject *subject)
{
    struct setting other = again(subject);
    run_forward(&subject->setting);
    run_backward(&subject->setting);
    elbow_threads_set(3);
    ck_assert_int_eq(elbow_blas_find_cuts(NULL), ELBOW_OK);
    run_forward(&other);
    run_backward(&other);
    elbow_threads_set(1);
    check_same(subject, &other);
    tear_down(&other);
}

START_TEST(threads_change_no_bit)
{
    each(check_threads);
}
END_TEST

// A second pass gives the same gradient (nothing is added up), also without dx, and for any contents of the workspace;
// and only the layer's tensors are written.
static void check_places(const struct subject *subject)
{
    const struct setting *setting = &subject->setting;
    struct setting other = again(subject);
    float *untouched = drawn(setting->parameters.size, 8); // as in set_up
    run_forward(setting);
    run_backward(setting);
    spoil_workspace(&other);
    run_forward(&other);
    spoil_workspace(&other);
    memcpy(other.gradient, setting->gradient, setting->parameters.size * sizeof *other.gradient);
    struct elbow_layer_call call = call_of(&other, 0, other.rows);
    call.dx = NULL;
    elbow_layer_backward(&other.layer, &call);
    check_equal(subject, "the gradient without dx", setting->parameters.size, setting->gradient, other.gradient);
    for (size_t t = 0; t < tensors_of(setting); ++t) {
        const struct elbow_tensor *tensor = tensor_of(setting, t);
        memcpy(untouched + tensor->offset, setting->gradient + tensor->offset, tensor->count * sizeof *untouched);
    }
    check_equal(subject, "what is none of the layer's", setting->parameters.size, untouched, setting->gradient);
    elbow_release(&untouched);
    tear_down(&other);
}

START_TEST(tensors_are_overwritten_and_nothing_else)
{
    each(check_places);
}
END_TEST

static bool has_nan(const float *values, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (isnan(values[i]))
            return true;
    return false;
}

// A row of NaN gives a NaN in its own y, and in the gradient of every tensor that it meets, but in no other row.
static void check_nan(const struct subject *subject)
{
    const struct setting *setting = &subject->setting;
    const struct elbow_layer_instance *layer = &setting->layer;
    size_t bad = setting->rows / 2;
    for (size_t i = 0; i < layer->inputs; ++i)
        setting->x[bad * layer->inputs + i] = NAN;
    run_forward(setting);
    run_backward(setting);
    for (size_t row = 0; row < setting->rows; ++row) {
        ck_assert_msg(has_nan(setting->y + row * layer->outputs, layer->outputs) == (row == bad), "%s, case %zu",
                      name_of(subject), subject->number);
        ck_assert(row == bad || !has_nan(setting->dx + row * layer->inputs, layer->inputs));
    }
    if (tensors_of(setting) > 0)
        ck_assert(has_nan(setting->gradient + tensor_of(setting, 0)->offset, tensor_of(setting, 0)->count));
}

START_TEST(not_a_number_goes_through)
{
    each(check_nan);
}
END_TEST

UNIT_MAIN("conformance/layer_bits", any_split_of_rows, parts_change_no_bit, threads_change_no_bit,
          tensors_are_overwritten_and_nothing_else, not_a_number_goes_through)
