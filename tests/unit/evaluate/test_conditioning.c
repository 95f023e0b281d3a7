// SPDX-License-Identifier: BSD-3-Clause
// Conditions of samples: values of flags, defaults, rows of a grid.
#include "elbow/evaluate/conditioning.h"

#include "elbow/data/detail/conditions.h"
#include "unit.h"

#include <string.h>

enum { C = 6 }; // three kinds, a number, two batches

static struct elbow_error error;

static struct elbow_conditions conditions_of(void)
{
    static const char *const kinds[] = {"a", "b,x", "dose=1"}, *const batches[] = {"0", "1"};
    struct elbow_conditions conditions = {0};
    elbow_conditions_add(&conditions, "kind");
    for (int k = 0; k < 3; ++k)
        ck_assert_int_eq(elbow_conditions_add_class(&conditions, kinds[k], NULL), ELBOW_OK);
    struct elbow_condition *dose = elbow_conditions_add(&conditions, "dose");
    dose->mean = 300;
    dose->deviation = 20;
    elbow_conditions_add(&conditions, "batch");
    for (int k = 0; k < 2; ++k)
        ck_assert_int_eq(elbow_conditions_add_class(&conditions, batches[k], NULL), ELBOW_OK);
    elbow_conditions_place(&conditions);
    ck_assert_uint_eq(conditions.width, C);
    return conditions;
}

static enum elbow_status take(struct elbow_conditioning *conditioning, const char *text, bool may_lack)
{
    memset(&error, 0, sizeof error);
    return elbow_conditioning_take(conditioning, &text, 1, may_lack, &error);
}

static void gives(const char *text, const float expected[C])
{
    struct elbow_conditions conditions = conditions_of();
    struct elbow_conditioning conditioning = {.conditions = &conditions};
    ck_assert_msg(take(&conditioning, text, false) == ELBOW_OK, "%s", error.message);
    for (size_t i = 0; i < C; ++i)
        ck_assert_msg(conditioning.fixed[i] == expected[i], "%s, number %zu: %g", text, i,
                      (double)conditioning.fixed[i]);
    elbow_conditioning_clear(&conditioning);
    elbow_conditions_clear(&conditions);
}

START_TEST(values_are_those_of_the_data)
{
    gives("kind=a", (const float[C]){1});
    gives("kind=a,dose=310,batch=1", (const float[C]){1, 0, 0, 0.5F, 0, 1});
    gives("dose=2.6e2", (const float[C]){0, 0, 0, -2});
    gives("kind=b,x,batch=0", (const float[C]){0, 1, 0, 0, 1, 0}); // a class may hold a comma
    gives("batch=0,kind=dose=1", (const float[C]){0, 0, 1, 0, 1, 0});
}
END_TEST

static void refused(const char *text, bool may_lack, const char *message)
{
    struct elbow_conditions conditions = conditions_of();
    struct elbow_conditioning conditioning = {.conditions = &conditions};
    ck_assert_msg(take(&conditioning, text, may_lack) == ELBOW_USAGE, "not refused: %s", text);
    ck_assert_msg(strstr(error.message, message) != NULL, "%s", error.message);
    elbow_conditioning_clear(&conditioning);
    elbow_conditions_clear(&conditions);
}

START_TEST(others_are_refused_with_what_there_is)
{
    refused("kind=c", false,
            "--condition kind=c: the training data had no kind 'c'; the known ones are kind: a, b,x, dose=1; dose: a "
            "number (mean 300, deviation 20); batch: 0, 1");
    refused("kind", false, "'kind' is not NAME=VALUE with the name of a condition; the known ones are kind: a");
    refused("", false, "'' is not NAME=VALUE");
    refused("colour=red,kind=a", false, "'colour=red' is not NAME=VALUE");
    refused("kind=a,kind=a", false, "kind is given twice");
    refused("dose=warm", false, "dose is a number, and 'warm' is not one");
    refused("dose=", false, "dose is a number, and '' is not one");
    refused("dose=inf", false, "dose is a number, and 'inf' is not one");
    refused("batch=2", false, "the training data had no batch '2'");
    refused("none", false, "only a model that was trained with model.condition.dropout above 0");
}
END_TEST

// The contents of c for sample n.
static void check_sample(const struct elbow_conditioning *conditioning, uint64_t n, const float expected[C])
{
    float c[C];
    elbow_conditioning_at(conditioning, n, c);
    for (size_t i = 0; i < C; ++i)
        ck_assert_msg(c[i] == expected[i], "sample %d, number %zu: %g", (int)n, i, (double)c[i]);
}

START_TEST(one_variable_goes_through_its_classes)
{
    struct elbow_conditions conditions = conditions_of();
    struct elbow_conditioning conditioning = {.conditions = &conditions};
    ck_assert_int_eq(take(&conditioning, "batch=1", false), ELBOW_OK);
    ck_assert_int_eq(elbow_conditioning_settle(&conditioning, 7, false, &error), ELBOW_OK);
    ck_assert_uint_eq(elbow_conditioning_classes(&conditioning), 3);
    ck_assert_uint_eq(conditioning.per_class, 3);
    check_sample(&conditioning, 2, (const float[C]){1, 0, 0, 0, 0, 1});
    check_sample(&conditioning, 3, (const float[C]){0, 1, 0, 0, 0, 1});
    check_sample(&conditioning, 6, (const float[C]){0, 0, 1, 0, 0, 1});
    elbow_conditioning_clear(&conditioning);
    conditioning.conditions = &conditions;
    ck_assert_int_eq(elbow_conditioning_settle(&conditioning, 7, false, &error), ELBOW_USAGE);
    ck_assert_msg(strstr(error.message,
                         "is not given, but only one variable with classes may be left out; give the others") != NULL,
                  "%s", error.message);
    elbow_conditioning_clear(&conditioning);
    conditioning.conditions = &conditions;
    ck_assert_int_eq(elbow_conditioning_settle(&conditioning, 6, true, &error), ELBOW_OK);
    check_sample(&conditioning, 5, (const float[C]){0, 0, 1, 0, 1, 0});
    elbow_conditioning_clear(&conditioning);
    elbow_conditions_clear(&conditions);
}
END_TEST

START_TEST(what_is_given_replaces_that_of_a_row)
{
    struct elbow_conditions conditions = conditions_of();
    struct elbow_conditioning conditioning = {.conditions = &conditions};
    float row[C] = {1, 0, 0, 1.5F, 0, 1};
    ck_assert_int_eq(take(&conditioning, "kind=b,x", false), ELBOW_OK);
    elbow_conditioning_replace(&conditioning, row);
    ck_assert(row[0] == 0 && row[1] == 1 && row[3] == 1.5F && row[5] == 1);
    elbow_conditioning_clear(&conditioning);
    conditioning.conditions = &conditions;
    ck_assert_int_eq(take(&conditioning, "none", true), ELBOW_OK);
    elbow_conditioning_replace(&conditioning, row);
    for (size_t i = 0; i < C; ++i)
        ck_assert(row[i] == 0);
    elbow_conditioning_clear(&conditioning);
    elbow_conditions_clear(&conditions);
}
END_TEST

UNIT_MAIN("evaluate/conditioning", values_are_those_of_the_data, others_are_refused_with_what_there_is,
          one_variable_goes_through_its_classes, what_is_given_replaces_that_of_a_row)
