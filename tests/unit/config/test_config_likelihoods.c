// SPDX-License-Identifier: BSD-3-Clause
// The options of likelihoods: written back, wrong values refused, the largest whole number that each takes.
#include "config_support.h"

#include <math.h>

static void written_as(const char *form, const char *written)
{
    struct elbow_config config = defaults(), again = defaults();
    char assignment[400], line[400], *dump = NULL, *second = NULL;
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
    written_as("[poisson: {columns: [0, 9]}, gaussian: {variance: optimal, columns: [[10, 12], 14]}, bernoulli: "
               "{columns: 13}]",
               "[poisson: {columns: [0, 9]}, gaussian: {columns: [[10, 12], [14, 14]], variance: optimal}, "
               "bernoulli: {columns: [13, 13]}]");
    written_as("[gaussian: {floor: 0.25, variance: learned}]", "[gaussian: {variance: learned, floor: 0.25}]");
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
        {"[]", "model.likelihood: found a list, expected one of bernoulli"},
        {"[poisson: {columns: [0, 4]}, normal: {columns: [5, 9]}]", "likelihood.1: found 'normal', expected one of"},
        {"[poisson: {columns: [4, 0]}]", "likelihood.0.poisson.columns.0: ends before it begins"},
        {"[poisson: {columns: [0, 1, 2]}]", "poisson.columns: expected the first and the last column, such as [0, 9]"},
        {"[poisson: {columns: all}]", "poisson.columns.0: found 'all', expected a whole number"},
        {"[poisson: {columns: [0, 1], columns: 3}]", "likelihood.0.poisson.columns: given twice"},
        {"[poisson: {columns: [0, 1], rate: 3}]", "likelihood.0.poisson: has no options"},
        {"[gaussian: {columns: [0, 1], varance: 3}]",
         "unknown key; did you mean model.likelihood.0.gaussian.variance?"},
        {"{gaussian: {columns: [0, 1]}}", "model.likelihood.gaussian.columns: unknown key"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        struct elbow_config config = defaults();
        char assignment[400];
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

// Five columns, unless the form has others.
static void wrong_columns(const char *form, const char *message)
{
    struct elbow_config config = defaults();
    char assignment[400];
    snprintf(assignment, sizeof assignment, "model.likelihood=%s", form);
    error = (struct elbow_error){0};
    ck_assert_msg(elbow_config_set(&config, assignment, &error) == ELBOW_OK, "%s", error.message);
    enum elbow_status status = elbow_config_check_columns(&config, 5, &error);
    if (message)
        ck_assert_msg(status == ELBOW_CONFIG && strstr(error.message, message), "%s: %s", form, error.message);
    else
        ck_assert_msg(status == ELBOW_OK, "%s: %s", form, error.message);
}

START_TEST(each_column_belongs_to_one_likelihood)
{
    wrong_columns("[poisson: {columns: [[0, 1], 4]}, gaussian: {columns: [2, 3]}]", NULL);
    wrong_columns("[gaussian]", NULL);
    wrong_columns("gaussian", NULL);
    wrong_columns("[poisson: {columns: [0, 1]}, gaussian: {columns: [3, 4]}]",
                  "model.likelihood: column 2 belongs to no likelihood (samples have 5 values, columns 0 to 4)");
    wrong_columns("[poisson: {columns: [0, 1]}, gaussian: {columns: [2, 3]}]", "column 4 belongs to no likelihood");
    wrong_columns("[poisson: {columns: [0, 2]}, gaussian: {columns: [2, 4]}]",
                  "model.likelihood.1.gaussian.columns: column 2 is one of model.likelihood.0.poisson, too");
    wrong_columns("[poisson: {columns: [0, 1]}, gaussian: {columns: [2, 5]}]",
                  "model.likelihood.1.gaussian.columns: ends with column 5, but samples have 5 values");
    wrong_columns("[poisson, gaussian: {columns: [2, 4]}]", "model.likelihood.0.poisson.columns: is missing");
}
END_TEST

// A list has no keys of version 0.1, nor a scale that only some of its columns could have.
static void unfinished(const char *form, const char *other, const char *message)
{
    struct elbow_config config = defaults();
    char assignment[400];
    snprintf(assignment, sizeof assignment, "model.likelihood=%s", form);
    ck_assert_int_eq(elbow_config_set(&config, assignment, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_config_set(&config, "data.train=FILE:/rows", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_config_set(&config, other, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_config_finish(&config, "run.yaml", &error), ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
}

START_TEST(likelihoods_of_columns_agree)
{
    static const char both[] = "[poisson: {columns: [0, 1]}, gaussian: {columns: [2, 4]}]";
    unfinished(both, "model.variance=2", "run.yaml: model.variance: with a list of likelihoods; give the variance in");
    unfinished(both, "data.binarize=sample", "data.binarize: sample with a poisson likelihood");
    unfinished(both, "data.dequantize=true", "data.dequantize: true with a poisson likelihood");
    unfinished(both, "data.transform=standardize", "model.likelihood: poisson needs whole numbers from 0");
    unfinished("[poisson: {columns: [0, 1]}, discretized_logistic: {columns: [2, 4]}]", "seed=1",
               "model.likelihood.1.discretized_logistic: with model.likelihood.0.poisson, but levels are divided by");
    unfinished("[poisson: {columns: [0, 1]}, gaussian: {columns: [2, 4], start: 2}]", "seed=1",
               "model.likelihood.1.gaussian.start: is for variance: learned");
    unfinished("[poisson: {columns: [0, 2]}, gaussian: {columns: [2, 4]}]", "seed=1",
               "run.yaml: model.likelihood.1.gaussian.columns: column 2");
}
END_TEST

START_TEST(entries_of_the_list_are_set)
{
    struct elbow_config config = defaults(), other = defaults();
    const struct elbow_likelihood_parts *parts = &config.model.parts;
    const char *list = "model.likelihood=[poisson: {columns: [0, 1]}, gaussian: {columns: [2, 4]}]";
    ck_assert_int_eq(elbow_config_set(&config, list, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_config_set(&config, "model.likelihood.1.gaussian.variance=optimal", &error), ELBOW_OK);
    ck_assert(parts->count == 2 && parts->parts[1].options.variance_from == ELBOW_NUMBER_OPTIMAL);
    ck_assert(parts->parts[1].columns.ranges[0].first == 2 && parts->parts[1].columns.ranges[0].last == 4);
    ck_assert_int_eq(elbow_config_set(&other, list, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_config_resumable(&other, &config, &error), ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, "model.likelihood") != NULL, "%s", error.message);
    struct elbow_demand demand = elbow_config_demand(&config);
    size_t last;
    ck_assert(demand.support == ELBOW_SUPPORT_COUNT);
    ck_assert(elbow_demand_of_column(&demand, 0, &last).support == ELBOW_SUPPORT_COUNT && last == 1);
    ck_assert(elbow_demand_of_column(&demand, 3, &last).support == ELBOW_SUPPORT_REAL && last == 4);
    ck_assert_int_eq(elbow_config_set(&config, "model.likelihood=poisson", &error), ELBOW_OK);
    ck_assert(parts->count == 0 && config.model.likelihood == ELBOW_LIKELIHOOD_POISSON);
}
END_TEST

UNIT_MAIN("config/likelihoods", options_are_written_back, wrong_options_are_refused, whole_numbers_have_a_largest,
          each_column_belongs_to_one_likelihood, likelihoods_of_columns_agree, entries_of_the_list_are_set)
