// SPDX-License-Identifier: BSD-3-Clause
// The two forms of a kind's options: keys of version 0.1, and a map beside the kind's word.
#include "elbow/config/config.h"

#include "config_support.h"

static char *dump_of(const char *text)
{
    struct elbow_config config = defaults();
    char *dump = NULL;
    accepted(&config, text);
    ck_assert_int_eq(elbow_config_dump(&config, &dump, &error), ELBOW_OK);
    return dump;
}

// What version 0.1 cannot say is written with the kind, and reads back.
START_TEST(later_options_are_written_with_their_kind)
{
    const char *const forms[][2] = {
        {"{gaussian: optimal}", "{gaussian: {variance: optimal}}"},
        {"{gaussian: {variance: learned}}", "{gaussian: {variance: learned}}"},
        {"{gaussian: {variance: learned, start: 1}}", "{gaussian: {variance: learned, start: 1.0}}"},
        {"{gaussian: {learned: 2}}", "{gaussian: {variance: {learned: 2.0}}}"},
        {"{gaussian: {variance: predicted, floor: 0.5}}", "{gaussian: {variance: predicted, floor: 0.5}}"},
        {"{gaussian: {variance: per_value, start: null}}", "{gaussian: {variance: per_value}}"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
        char text[200], line[200];
        snprintf(text, sizeof text, "model: {likelihood: %s}", forms[i][0]);
        snprintf(line, sizeof line, "\n  likelihood: %s\n  output_bias", forms[i][1]);
        char *first = dump_of(text), *again = dump_of(first);
        ck_assert_msg(strstr(first, line) != NULL, "%s", first);
        ck_assert_str_eq(first, again);
        elbow_release(&first);
        elbow_release(&again);
    }
}
END_TEST

// The bytes of config.yaml and of checkpoints do not tell in which form a key of version 0.1 was given.
START_TEST(both_forms_give_the_same_bytes)
{
    const char *const forms[][2] = {
        {"model: {likelihood: gaussian, variance: 0.3}", "model: {likelihood: {gaussian: {variance: 0.3}}}"},
        {"model: {likelihood: gaussian, variance: 0.3}", "model: {likelihood: {gaussian: 0.3}}"},
        {"model: {likelihood: gaussian}", "model: {likelihood: {gaussian: {}}, prior: {standard: {}}}"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
        char *flat = dump_of(forms[i][0]), *nested = dump_of(forms[i][1]);
        ck_assert_str_eq(flat, nested);
        ck_assert_ptr_nonnull(strstr(flat, "\n  likelihood: gaussian\n  variance: "));
        ck_assert_ptr_null(strstr(flat, "prior"));
        elbow_release(&flat);
        elbow_release(&nested);
    }
}
END_TEST

UNIT_MAIN("config/forms", both_forms_give_the_same_bytes, later_options_are_written_with_their_kind)
