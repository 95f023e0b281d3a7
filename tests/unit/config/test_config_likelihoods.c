// SPDX-License-Identifier: BSD-3-Clause
// The options of likelihoods: written back, wrong values refused, the largest whole number that each takes.
#include "config_support.h"

#include <math.h>

static void written_as(const char *form, const char *written)
{
    struct elbow_config config = defaults(), again = defaults();
    char assignment[200], line[200], *dump = NULL, *second = NULL;
    snprintf(assignment, sizeof assignment, "model.likelihood=%s", form);
    snprintf(line, sizeof line, "\n  likelihood: %s\n", written);
    ck_assert_msg(elbow_config_set(&config, assignment, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_int_eq(elbow_config_dump(&config, &dump, &error), ELBOW_OK);
    ck_assert_msg(strstr(dump, line) != NULL, "%s is not in %s", line, dump);
    ck_assert_int_eq(elbow_config_parse(&again, "dump", dump, strlen(dump), &error), ELBOW_OK);
    ck_assert_int_eq(elbow_config_dump(&again, &second, &error), ELBOW_OK);
    ck_assert_str_eq(second, dump);
    elbow_release(&dump);
    elbow_release(&second);
}

START_TEST(options_are_written_back)
{
    written_as("continuous_bernoulli", "continuous_bernoulli");
    written_as("laplace", "{laplace: {scale: learned}}");
    written_as("{laplace: 0.5}", "{laplace: {scale: 0.5}}");
    written_as("{laplace: {learned: 0.5}}", "{laplace: {scale: {learned: 0.5}}}");
    written_as("{laplace: predicted}", "{laplace: {scale: predicted}}");
    written_as("student_t", "{student_t: {scale: learned, df: 4.0}}");
    written_as("{student_t: {scale: 2, df: learned}}", "{student_t: {scale: 2.0, df: learned}}");
    written_as("{student_t: {df: {learned: 7}}}", "{student_t: {scale: learned, df: {learned: 7.0}}}");
    written_as("{binomial: 16}", "{binomial: {n: 16}}");
    written_as("{categorical: {classes: 3}}", "{categorical: {classes: 3}}");
    written_as("discretized_logistic", "{discretized_logistic: {levels: 256, scale: learned}}");
    written_as("{discretized_logistic: {levels: 16, scale: predicted}}",
               "{discretized_logistic: {levels: 16, scale: predicted}}");
    written_as("negative_binomial", "{negative_binomial: {dispersion: per_value, size: none}}");
    written_as("{zero_inflated_negative_binomial: {dispersion: predicted, size: total}}",
               "{zero_inflated_negative_binomial: {dispersion: predicted, size: total}}");
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    static const char *const wrong[][2] = {
        {"{laplace: {scale: 0}}",
         "laplace.scale: '0' is out of bounds, expected a number above 0, learned, {learned: START}, "
         "predicted"},
        {"{laplace: {scale: per_value}}", "laplace.scale: found 'per_value', expected a number above 0, learned, "
                                          "{learned: START}, predicted"},
        {"{student_t: {df: -3}}", "student_t.df: '-3' is out of bounds, expected a number above 0, learned, {learned: "
                                  "START}, predicted"},
        {"{student_t: {freedom: 3}}", "student_t.freedom: unknown key; model.likelihood.student_t has: scale, df"},
        {"binomial", "binomial: n is missing, expected a whole number from 1 to 16777216"},
        {"{binomial: {n: 0}}", "binomial.n: '0' is out of bounds, expected a whole number from 1 to 16777216"},
        {"{binomial: {n: 2.5}}", "binomial.n: found '2.5', expected a whole number from 1 to 16777216"},
        {"categorical", "categorical: classes is missing, expected a whole number from 2 to 65536"},
        {"{categorical: {classes: 1}}",
         "categorical.classes: '1' is out of bounds, expected a whole number from 2 to 65536"},
        {"{discretized_logistic: {levels: 1}}",
         "discretized_logistic.levels: '1' is out of bounds, expected a whole number from 2 to 65536"},
        {"{discretized_logistic: {scale: 0}}", "discretized_logistic.scale: '0' is out of bounds, expected a number "
                                               "above 0, learned, {learned: START}, predicted"},
        {"{negative_binomial: {dispersion: learned}}",
         "negative_binomial.dispersion: found 'learned', expected one of per_value, predicted"},
        {"{zero_inflated_negative_binomial: {size: given}}",
         "zero_inflated_negative_binomial.size: found 'given', expected one of none, total, data"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        struct elbow_config config = defaults();
        char assignment[200];
        snprintf(assignment, sizeof assignment, "model.likelihood=%s", wrong[i][0]);
        ck_assert_msg(elbow_config_set(&config, assignment, &error) == ELBOW_CONFIG, "%s", assignment);
        ck_assert_msg(strstr(error.message, wrong[i][1]) != NULL, "%s, not %s", error.message, wrong[i][1]);
        ck_assert_int_eq(config.model.likelihood, ELBOW_LIKELIHOOD_BERNOULLI);
    }
}
END_TEST

static struct elbow_demand demand_of(const char *form)
{
    struct elbow_config config = defaults();
    char assignment[200];
    snprintf(assignment, sizeof assignment, "model.likelihood=%s", form);
    ck_assert_int_eq(elbow_config_set(&config, assignment, &error), ELBOW_OK);
    return elbow_config_demand(&config);
}

START_TEST(whole_numbers_have_a_largest)
{
    ck_assert(demand_of("{binomial: 16}").most == 16 && demand_of("{categorical: 5}").most == 4);
    struct elbow_demand levels = demand_of("{discretized_logistic: {levels: 256}}");
    ck_assert(levels.most == 255 && levels.support == ELBOW_SUPPORT_LEVEL);
    ck_assert(isinf(demand_of("poisson").most) && isinf(demand_of("negative_binomial").most));
}
END_TEST

UNIT_MAIN("config/likelihoods", options_are_written_back, wrong_options_are_refused, whole_numbers_have_a_largest)
