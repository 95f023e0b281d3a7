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

static void refused(const char *text, const char *message)
{
    struct elbow_config config = defaults();
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_msg(parse(&config, text) == ELBOW_CONFIG, "not refused: %s", text);
    ck_assert_int_eq(error.status, ELBOW_CONFIG);
    ck_assert_str_eq(error.message, message);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

// Values that version 0.1 cannot express are written with the kind, and read back.
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

// The bytes of config.yaml and of checkpoints do not depend on the form of a key of version 0.1.
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

// Flat keys of version 0.1 are used if they can express the value; otherwise everything is written with objective.kl
// alone.
START_TEST(kl_is_written_flat_where_that_says_all)
{
    static const char flat[] = "\n  beta: 4.0\n  warmup: 10\n  free_bits: 0.5\n";
    const char *const forms[][2] = {
        {"beta: 4, warmup: 10, free_bits: 0.5", NULL},
        {"kl: {weight: 4, ramp: {linear: 10}, free: {nats: 0.5}}", NULL},
        {"kl: {weight: 4, free: {nats: 0.5, of: sample}}, warmup: 10", NULL},
        {"kl: null, beta: 4, warmup: 10, free_bits: 0.5", NULL},
        {"kl: {weight: 2, ramp: {cyclical: {steps: 100}}}",
         "{weight: 2.0, ramp: {cyclical: {cycles: 4, share: 0.5, steps: 100}}, free: {nats: 0.0, of: sample}}"},
        {"kl: {ramp: {linear: 7}, free: {nats: 0.25, of: batch}}",
         "{weight: 1.0, ramp: {linear: {steps: 7}}, free: {nats: 0.25, of: batch}}"},
        {"kl: {parts: {}}", "{parts: {information: 1.0, total_correlation: 6.0, dimensions: 1.0}}"},
        {"kl: {capacity: {to: 5, steps: 10}}", "{capacity: {weight: 1.0e+02, from: 0.0, to: 5.0, steps: 10}}"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
        char text[200], line[200];
        snprintf(text, sizeof text, "objective: {%s}", forms[i][0]);
        snprintf(line, sizeof line, "\nobjective:\n  kl: %s\ntrain:", forms[i][1] ? forms[i][1] : "");
        char *first = dump_of(text), *again = dump_of(first);
        ck_assert_msg(strstr(first, forms[i][1] ? line : flat) != NULL, "%s: %s", text, first);
        ck_assert(forms[i][1] || strstr(first, "\n  kl:") == NULL);
        ck_assert_str_eq(first, again);
        elbow_release(&first);
        elbow_release(&again);
    }
}
END_TEST

START_TEST(penalties_are_written_and_set)
{
    struct elbow_config config = defaults();
    char *first = dump_of("objective: {penalty: [dip, mmd: {weight: 5}]}"), *again = dump_of(first);
    ck_assert_msg(strstr(first,
                         "\nobjective:\n  penalty: [mmd: {weight: 5.0, width: 1.0}, dip: {off_diagonal: 1.0e+01, "
                         "diagonal: 1.0e+02, of: means}]\n  beta: 1.0\n") != NULL,
                  "%s", first);
    ck_assert_str_eq(first, again);
    elbow_release(&first);
    elbow_release(&again);
    accepted(&config, "objective: {penalty: [mmd: {weight: 5}]}");
    ck_assert_int_eq(elbow_config_set(&config, "objective.penalty.0.mmd.width=2", &error), ELBOW_OK);
    ck_assert(config.objective.penalty_options.mmd_weight == 5 && config.objective.penalty_options.mmd_width == 2);
    ck_assert_int_eq(elbow_config_set(&config, "objective.penalty=[dip, mmd: {width: 0}]", &error), ELBOW_CONFIG);
    ck_assert(config.objective.penalties == 1 << ELBOW_PENALTY_MMD &&
              config.objective.penalty_options.dip_diagonal == 0);
    ck_assert_int_eq(elbow_config_set(&config, "objective.penalty=[]", &error), ELBOW_OK);
    ck_assert(config.objective.penalties == 0);
}
END_TEST

START_TEST(kl_is_set_and_refused)
{
    struct elbow_config config = defaults();
    accepted(&config, "objective: {beta: 3, warmup: 5}");
    ck_assert_int_eq(elbow_config_set(&config, "objective.kl.weight=4", &error), ELBOW_OK);
    ck_assert(config.objective.beta == 4 && config.objective.warmup == 5);
    ck_assert_int_eq(elbow_config_set(&config, "objective.kl={weight: 2}", &error), ELBOW_OK);
    ck_assert(config.objective.beta == 2 && config.objective.warmup == 0);
    ck_assert_int_eq(elbow_config_set(&config, "objective.kl.capacity.to=9", &error), ELBOW_OK);
    ck_assert(config.objective.kl == ELBOW_KL_CAPACITY && config.objective.capacity.to == 9);
    // A refused value changes nothing, also within nested kinds.
    ck_assert_int_eq(
        elbow_config_set(&config, "objective.kl={weight: 3, ramp: {cyclical: {steps: 9}}, free: {of: all}}", &error),
        ELBOW_CONFIG);
    ck_assert(config.objective.kl == ELBOW_KL_CAPACITY && config.objective.beta == 2 && config.objective.ramp == 0);
    refused("objective: {beta: 3, kl: {weight: 2}}",
            "run.yaml:1:13: objective.beta: given twice, also by objective.kl; remove it here");
    refused("objective: {warmup: 3, kl: {ramp: {linear: 2}}}",
            "run.yaml:1:13: objective.warmup: given twice, also by objective.kl; remove it here");
    refused("objective: {free_bits: 3, kl: {free: {nats: 2}}}",
            "run.yaml:1:13: objective.free_bits: given twice, also by objective.kl; remove it here");
    refused("objective: {kl: {capacity: {to: 2}, free: {nats: 1}}}",
            "run.yaml:1:37: objective.kl: a second key 'free' beside 'capacity', expected one kind with its options in "
            "braces");
    refused("objective: {kl: {weight: -1}}",
            "run.yaml:1:26: objective.kl.weight: '-1' is out of bounds, expected a number of at least 0");
    refused("objective: {kl: {ramp: {cyclical: {cycles: 3}}}}",
            "run.yaml:1:25: objective.kl.ramp.cyclical: steps is missing, expected a whole number of at least 1");
    refused("objective: {kl: {ramp: {cyclical: {steps: 3, share: 0}}}}",
            "run.yaml:1:53: objective.kl.ramp.cyclical.share: '0' is out of bounds, expected a number above 0 and at "
            "most 1");
    refused("objective: {kl: {ramp: sudden}}",
            "run.yaml:1:24: objective.kl.ramp: found 'sudden', expected one of linear, cyclical");
    refused("objective: {kl: {free: {nats: 1, of: all}}}",
            "run.yaml:1:38: objective.kl.free.of: found 'all', expected one of sample, batch");
    refused("objective: {penalty: [mmd: {weight: -1}]}",
            "run.yaml:1:37: objective.penalty.0.mmd.weight: '-1' is out of bounds, expected a number of at least 0");
    refused("objective: {penalty: [mmd, dip: {}, mmd: {}]}",
            "run.yaml:1:37: objective.penalty.2: mmd a second time; remove one of them");
    refused("objective: {penalty: mmd}",
            "run.yaml:1:22: objective.penalty: found 'mmd', expected a list of mmd, dip, each at most once, or []");
    refused("objective: {penalty: [dip: {of: all}]}",
            "run.yaml:1:33: objective.penalty.0.dip.of: found 'all', expected one of means, latents");
    refused("objective: {kl: {parts: {total_correlation: -6}}}",
            "run.yaml:1:45: objective.kl.parts.total_correlation: '-6' is out of bounds, expected a number of at least "
            "0");
    refused("objective: {kl: big}", "run.yaml:1:17: objective.kl: found 'big', expected a map such as {weight: ...}, "
                                    "null, or one of capacity, parts");
    refused("objective: {kl: {wait: 2}}",
            "run.yaml:1:18: objective.kl.wait: unknown key; objective.kl has: weight, ramp, free");
}
END_TEST

UNIT_MAIN("config/forms", penalties_are_written_and_set, kl_is_written_flat_where_that_says_all, kl_is_set_and_refused,
          both_forms_give_the_same_bytes, later_options_are_written_with_their_kind)
