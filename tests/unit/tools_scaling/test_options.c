// SPDX-License-Identifier: BSD-3-Clause
#include "scaling/scaling.h"

#include "unit.h"

#include <string.h>

enum { WORDS_MAX = 32 };

static enum elbow_status parse(const char *line, struct scaling_options *options, struct elbow_error *error)
{
    static char text[1024]; // the options point into it
    static char *words[WORDS_MAX];
    int count = 0;
    words[count++] = (char[]){"elbow-scaling"};
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, "|"); word != NULL; word = strtok(NULL, "|"))
        words[count++] = word;
    words[count] = NULL;
    *error = (struct elbow_error){0};
    return scaling_parse(count, words, options, error);
}

START_TEST(run_takes_all_its_options)
{
    struct scaling_options options;
    struct elbow_error error;
    ck_assert_int_eq(
        parse("run|a.yaml|--ranks|1 2,4|--nodes|1 2|--mode|weak|--launcher|srun|--repeats|5|--set|a=1|--set|"
              "b=2|--warm-up|0|--rounds|7|-o|dir|--per-node|3|--launcher-options|-x -y|--elbow|e",
              &options, &error),
        ELBOW_OK);
    ck_assert_int_eq(options.command, SCALING_RUN);
    ck_assert_str_eq(options.config, "a.yaml");
    ck_assert_str_eq(options.directory, "dir");
    ck_assert_int_eq(options.ranks.count, 3);
    ck_assert_int_eq(options.ranks.values[2], 4);
    ck_assert_int_eq(options.nodes.values[1], 2);
    ck_assert(options.does[SCALING_WEAK] && !options.does[SCALING_STRONG] && !options.does[SCALING_EXCHANGE]);
    ck_assert_str_eq(options.launcher, "srun");
    ck_assert_int_eq(options.repeats, 5);
    ck_assert_int_eq(options.warm_ups, 0);
    ck_assert_int_eq(options.rounds, 7);
    ck_assert_int_eq(options.per_node, 3);
    ck_assert_int_eq(options.set_count, 2);
    ck_assert_str_eq(options.sets[1], "b=2");
    ck_assert_str_eq(options.launcher_options, "-x -y");
}
END_TEST

START_TEST(strong_and_weak_are_measured_by_default)
{
    struct scaling_options options;
    struct elbow_error error;
    ck_assert_int_eq(parse("run|-o|dir|a.yaml", &options, &error), ELBOW_OK);
    ck_assert(options.does[SCALING_WEAK] && options.does[SCALING_STRONG] && !options.does[SCALING_EXCHANGE]);
    ck_assert_str_eq(options.launcher, "mpirun");
    ck_assert_int_eq(options.ranks.count, 0);
    ck_assert_int_eq(parse("run|-o|dir|a.yaml|--mode|all", &options, &error), ELBOW_OK);
    ck_assert(options.does[SCALING_WEAK] && options.does[SCALING_STRONG] && options.does[SCALING_EXCHANGE]);
}
END_TEST

START_TEST(model_takes_a_network)
{
    struct scaling_options options;
    struct elbow_error error;
    ck_assert_int_eq(parse("model|dir|--latency|2e-6|--bandwidth|1e9|--ranks|8|--per-node|4", &options, &error),
                     ELBOW_OK);
    ck_assert_int_eq(options.command, SCALING_MODEL);
    ck_assert_str_eq(options.directory, "dir");
    ck_assert_double_eq(options.latency, 2e-6);
    ck_assert_double_eq(options.bandwidth, 1e9);
    ck_assert_int_eq(options.per_node, 4);
}
END_TEST

START_TEST(mistakes_are_told)
{
    const char *const lines[][2] = {
        {"", "expected run, report"},
        {"walk|a.yaml", "walk: expected run, report"},
        {"run|-o|dir", "the configuration is missing"},
        {"run|a.yaml|b.yaml|-o|dir", "expected one configuration"},
        {"run|a.yaml", "-o DIR is missing"},
        {"run|a.yaml|-o|dir|--ranks|1 x", "--ranks: found"},
        {"run|a.yaml|-o|dir|--ranks|0", "--ranks: found"},
        {"run|a.yaml|-o|dir|--ranks|", "the value is missing"},
        {"run|a.yaml|-o|dir|--repeats|0", "--repeats: found"},
        {"run|a.yaml|-o|dir|--repeats|2x", "--repeats: found"},
        {"run|a.yaml|-o|dir|--mode|fast", "--mode must be"},
        {"run|a.yaml|-o|dir|--launcher|ssh", "--launcher must be"},
        {"run|a.yaml|-o|dir|--lunacy", "--lunacy: unknown option"},
        {"report", "need one directory"},
        {"report|dir|--ranks|1", "does not take"},
        {"plot|a|b", "need one directory"},
        {"model|dir|--latency|-1", "--latency: expected"},
        {"model|dir|--bandwidth|1GB", "--bandwidth: expected"},
        {"run|a.yaml|-o|dir|--latency|1", "does not take"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i) {
        struct scaling_options options;
        struct elbow_error error;
        ck_assert_msg(parse(lines[i][0], &options, &error) == ELBOW_USAGE, "%s: taken", lines[i][0]);
        ck_assert_msg(strstr(error.message, lines[i][1]) != NULL, "%s: %s", lines[i][0], error.message);
    }
}
END_TEST

START_TEST(help_is_a_command_and_an_option)
{
    struct scaling_options options;
    struct elbow_error error;
    const char *const lines[] = {"--help", "-h", "run|--help", "plot|-h"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i) {
        ck_assert_int_eq(parse(lines[i], &options, &error), ELBOW_OK);
        ck_assert_int_eq(options.command, SCALING_HELP);
    }
}
END_TEST

UNIT_MAIN("tools/scaling/options", run_takes_all_its_options, strong_and_weak_are_measured_by_default,
          model_takes_a_network, mistakes_are_told, help_is_a_command_and_an_option)
