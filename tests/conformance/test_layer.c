// SPDX-License-Identifier: BSD-3-Clause
// Tests every layer of the table against its reference and with its cases (reference_layer.h): its row, its values, its
// gradient. test_layer_bits.c tests the bits.
#include "layer_fixture.h"
#include "unit.h"

#include <math.h>
#include <string.h>

// Requirements of the model on the last layer of its decoder.
static void check_head(const struct subject *subject)
{
    const struct elbow_layer_instance *layer = &subject->setting.layer;
    const struct elbow_tensor *bias = elbow_parameters_find(&subject->setting.parameters, "l/bias");
    if (!layer->row->can_be_head)
        return;
    ck_assert(layer->row->needs_image && layer->row->place_before);
    ck_assert_msg(bias && bias->count == layer->output.channels, "%s, case %zu", name_of(subject), subject->number);
}

static void check_row(const struct subject *subject)
{
    const struct elbow_layer_row *row = subject->setting.layer.row;
    ck_assert(row == elbow_layer_row(subject->setting.options.kind));
    ck_assert(row->shape && row->create && row->forward && row->backward);
    ck_assert((row->parts == NULL) == (row->part_begin == NULL));
    ck_assert(!row->needs_image || row->place_before);
    check_head(subject);
    size_t end = subject->setting.layer.begin;
    for (size_t t = 0; t < tensors_of(&subject->setting); ++t) { // in a row from its beginning on
        const struct elbow_tensor *tensor = tensor_of(&subject->setting, t);
        bool is_inner = subject->setting.layer.inner_count > 0 && strncmp(tensor->name, "l.", 2) == 0;
        ck_assert_msg(is_inner || strncmp(tensor->name, "l/", 2) == 0, "%s", tensor->name);
        ck_assert_uint_eq(tensor->offset, end);
        end = (tensor->offset + tensor->count + 15) / 16 * 16;
    }
    for (size_t part = 1; part < elbow_layer_parts(&subject->setting.layer); ++part)
        ck_assert_uint_gt(elbow_layer_part_begin(&subject->setting.layer, part),
                          elbow_layer_part_begin(&subject->setting.layer, part - 1));
    ck_assert_uint_eq(elbow_layer_part_begin(&subject->setting.layer, 0), subject->setting.layer.begin);
}

START_TEST(row_is_complete)
{
    each(check_row);
}
END_TEST

// Of the cases that do not fit, too.
START_TEST(shapes_match_the_reference)
{
    for (int kind = 0; kind < ELBOW_LAYER_KINDS; ++kind) {
        const struct elbow_layer_row *row = elbow_layer_row((enum elbow_layer_kind)kind);
        struct reference_case found;
        size_t placed = 0, keeping = 0;
        for (size_t i = 0; reference_layer((enum elbow_layer_kind)kind)->at(i, &found); ++i) {
            struct elbow_shape output, expected, input = {0, 0, found.input.channels, 0};
            char reason[ELBOW_LAYER_REASON_SIZE] = "";
            bool fits = reference_layer((enum elbow_layer_kind)kind)->shape(&found.options, found.input, &expected);
            ck_assert_int_eq(elbow_layer_shape(&found.options, found.input, &output, reason), fits);
            ck_assert_msg((*reason == 0) == fits, "%s, case %zu: '%s'", elbow_layer_word(found.options.kind), i,
                          reason);
            if (!fits)
                continue;
            ck_assert_msg(elbow_shape_is_same(output, expected), "%s, case %zu: %zu x %zu x %zu",
                          elbow_layer_word(found.options.kind), i, output.height, output.width, output.channels);
            // The smallest input of these places: it gives them, and is no larger than the case's. (Where padding
            // alone gives the output there is none.)
            bool keeps = elbow_layer_keeps_places(&found.options);
            ck_assert(keeps || !row->place_before);
            keeping += keeps;
            if (!keeps || !elbow_layer_place_before(&found.options, output, &input, reason))
                continue;
            ++placed;
            ck_assert(input.height <= found.input.height && input.width <= found.input.width);
            ck_assert(elbow_layer_shape(&found.options, input, &output, reason));
            ck_assert(elbow_shape_depth(input) <= elbow_shape_depth(found.input));
            ck_assert(elbow_shape_is_same(output, expected));
        }
        ck_assert_int_eq(placed > 0, keeping > 0);
    }
}
END_TEST

static void check_close(const struct subject *subject, const char *what, size_t count, const float *values,
                        const double *expected, double terms)
{
    // Sums of products of numbers about 1 whose rounding grows with the root of their number: some sixteen units of the
    // last place of a term.
    double tolerance = 0x1p-20 * (1 + sqrt(terms));
    size_t wrong = count; // the first one: an assertion that holds costs a system call
    for (size_t i = count; i-- > 0;)
        if (!(fabs((double)values[i] - expected[i]) <= tolerance * (1 + fabs(expected[i]) * 0.25)))
            wrong = i;
    ck_assert_msg(wrong == count, "%s, case %zu: %s at %zu is %g, expected %g", name_of(subject), subject->number, what,
                  wrong, wrong == count ? 0 : (double)values[wrong], wrong == count ? 0 : expected[wrong]);
}

static void check_values(const struct subject *subject)
{
    const struct setting *setting = &subject->setting;
    struct exact exact = exact_of(setting);
    struct reference_terms terms = subject->reference->terms(&exact.call);
    double coarse = terms.coarse * terms.coarse; // below the root
    subject->reference->forward(&exact.call);
    subject->reference->backward(&exact.call);
    uint64_t allocations = elbow_memory_count().allocations;
    run_forward(setting);
    check_close(subject, "y", outputs_of(setting), setting->y, exact.call.y, coarse * terms.y);
    run_backward(setting);
    ck_assert_uint_eq(elbow_memory_count().allocations, allocations);
    check_close(subject, "dx", inputs_of(setting), setting->dx, exact.call.dx, coarse * terms.dx);
    for (size_t t = 0; t < tensors_of(setting); ++t) {
        const struct elbow_tensor *tensor = tensor_of(setting, t);
        check_close(subject, tensor->name, tensor->count, setting->gradient + tensor->offset,
                    exact.gradient + tensor->offset, coarse * terms.gradient);
    }
    release_exact(&exact);
}

START_TEST(values_match_the_reference)
{
    each(check_values);
}
END_TEST

// The loss is the sum of dy y.
static double loss_of(const struct exact *exact, size_t outputs)
{
    double sum = 0;
    exact->reference->forward(&exact->call);
    for (size_t i = 0; i < outputs; ++i)
        sum += exact->dy[i] * exact->call.y[i];
    return sum;
}

// Some of `values`, which the loss depends on, are moved; their derivatives are those of `gradient`.
static void check_differences(const struct subject *subject, const struct exact *exact, size_t count, double *values,
                              const double *gradient)
{
    const double step = 1e-5;
    size_t outputs = outputs_of(&subject->setting);
    for (size_t i = 0; i < count; i += count / 8 + 1) {
        double before = values[i];
        values[i] = before + step;
        double up = loss_of(exact, outputs);
        values[i] = before - step;
        double down = loss_of(exact, outputs), derivative = (up - down) / (2 * step);
        values[i] = before;
        // Rounding of the loss over the step, step^2 of a third derivative, and, where a corner of an activation lies
        // between, nothing: the drawn values are further from it.
        double tolerance = 1e-7 * (1 + fabs(derivative)) + 1e-15 * (fabs(up) + (double)outputs) / step;
        ck_assert_msg(fabs(derivative - gradient[i]) <= tolerance, "%s, case %zu, %zu: difference %.9g, gradient %.9g",
                      name_of(subject), subject->number, i, derivative, gradient[i]);
    }
}

static size_t differences_checked;

static void check_gradient(const struct subject *subject)
{
    const struct setting *setting = &subject->setting;
    if (inputs_of(setting) + outputs_of(setting) > 5000)
        return; // the references take their time
    struct exact exact = exact_of(setting);
    subject->reference->backward(&exact.call);
    for (size_t t = 0; t < tensors_of(setting); ++t) {
        const struct elbow_tensor *tensor = tensor_of(setting, t);
        check_differences(subject, &exact, tensor->count, exact.parameters + tensor->offset,
                          exact.gradient + tensor->offset);
    }
    check_differences(subject, &exact, inputs_of(setting), exact.x, exact.call.dx);
    release_exact(&exact);
    ++differences_checked;
}

START_TEST(gradients_are_differences)
{
    each(check_gradient);
    ck_assert_uint_gt(differences_checked, 3 * ELBOW_LAYER_KINDS);
}
END_TEST

struct products {
    const struct setting *setting;
    double operations[4]; // of each stage
    bool fits;
};

// An operand has the size of its array.
static bool is_of_size(const struct setting *setting, enum elbow_operand operand, size_t size)
{
    bool is_tensor = false;
    for (size_t t = 0; t < tensors_of(setting) && !is_tensor; ++t) // the first one, but of layers within
        is_tensor = size == tensor_of(setting, t)->count && (t == 0 || setting->layer.inner_count > 0);
    switch (operand) {
    case ELBOW_OPERAND_X:
    case ELBOW_OPERAND_DX:
        return size == inputs_of(setting);
    case ELBOW_OPERAND_Y:
    case ELBOW_OPERAND_DY:
        return size == outputs_of(setting);
    case ELBOW_OPERAND_TENSORS:
    case ELBOW_OPERAND_GRADIENT:
        return is_tensor;
    case ELBOW_OPERAND_WORKSPACE:
        return size > 0;
    case ELBOW_OPERAND_INNER_X:
    case ELBOW_OPERAND_INNER_Y:
        return size > 0 && setting->layer.inner_count > 0;
    }
    return false;
}

static void see_product(void *user, const struct elbow_product *product)
{
    struct products *products = user;
    const struct setting *setting = products->setting;
    products->operations[product->stage] += (double)product->m * (double)product->n * (double)product->k;
    products->fits = products->fits && is_of_size(setting, product->a, product->m * product->k) &&
                     is_of_size(setting, product->b, product->k * product->n) &&
                     is_of_size(setting, product->c, product->m * product->n);
}

// The gradient of a product is two products as large.
static void check_products(const struct subject *subject)
{
    struct products products = {.setting = &subject->setting, .fits = true};
    elbow_layer_products(&subject->setting.layer, subject->setting.rows, see_product, &products);
    ck_assert_msg(products.fits, "%s, case %zu", name_of(subject), subject->number);
    ck_assert(products.operations[ELBOW_PRODUCT_WEIGHTS] == products.operations[ELBOW_PRODUCT_FORWARD]);
    ck_assert(products.operations[ELBOW_PRODUCT_INPUTS] + products.operations[ELBOW_PRODUCT_INNER_INPUTS] ==
              products.operations[ELBOW_PRODUCT_FORWARD]);
}

START_TEST(products_have_the_sizes_of_the_layer)
{
    each(check_products);
}
END_TEST

// Member by member: the padding between them may differ.
static void check_tensor(const struct elbow_tensor *tensor, const struct elbow_tensor *expected)
{
    ck_assert_str_eq(tensor->name, expected->name);
    ck_assert_int_eq(tensor->rank, expected->rank);
    for (int i = 0; i < tensor->rank; ++i)
        ck_assert_uint_eq(tensor->shape[i], expected->shape[i]);
    ck_assert_uint_eq(tensor->offset, expected->offset);
    ck_assert_uint_eq(tensor->count, expected->count);
    ck_assert_int_eq(tensor->is_weight, expected->is_weight);
    ck_assert_int_eq(tensor->initial, expected->initial);
    ck_assert_uint_eq(tensor->fan_in, expected->fan_in);
    ck_assert_uint_eq(tensor->fan_out, expected->fan_out);
    ck_assert_float_eq(tensor->value, expected->value);
}

// A layer that only has tensors has the same ones; it needs a few blocks of memory, for any sizes.
static void check_layout(const struct subject *subject)
{
    const struct setting *setting = &subject->setting;
    struct elbow_parameters parameters = {0};
    struct elbow_layer_instance layer;
    size_t bytes = elbow_memory_count().bytes;
    add_stranger(&parameters, "before");
    ck_assert_int_eq(create_layer(&setting->options, setting->layer.input, 0, &parameters, &layer, NULL), ELBOW_OK);
    ck_assert_uint_lt(elbow_memory_count().bytes - bytes, 16384);
    ck_assert_uint_eq(parameters.count, setting->parameters.count - 1);
    for (size_t t = 0; t < parameters.count; ++t)
        check_tensor(&parameters.tensors[t], &setting->parameters.tensors[t]);
    elbow_layer_destroy(&layer);
    elbow_parameters_clear(&parameters);
}

START_TEST(tensors_do_not_need_rows)
{
    each(check_layout);
}
END_TEST

static void check_memory(const struct subject *subject)
{
    const struct setting *setting = &subject->setting;
    size_t blocks = elbow_memory_count().blocks;
    enum elbow_status status = ELBOW_MEMORY;
    for (uint64_t n = 1; status != ELBOW_OK; ++n) {
        struct elbow_parameters parameters = {0};
        struct elbow_layer_instance layer;
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        status = create_layer(&setting->options, setting->layer.input, setting->rows, &parameters, &layer, &error);
        elbow_memory_fail_at(0);
        ck_assert(status == ELBOW_OK || (status == ELBOW_MEMORY && error.message[0] != 0));
        elbow_layer_destroy(&layer);
        elbow_parameters_clear(&parameters);
        check_blocks(subject, blocks);
    }
}

START_TEST(out_of_memory_leaves_nothing)
{
    each(check_memory);
}
END_TEST

UNIT_MAIN("conformance/layer", row_is_complete, shapes_match_the_reference, values_match_the_reference,
          gradients_are_differences, products_have_the_sizes_of_the_layer, tensors_do_not_need_rows,
          out_of_memory_leaves_nothing)
