// SPDX-License-Identifier: BSD-3-Clause
#include "scaling/scaling.h"

#include "scratch.h"
#include "unit.h"

#include <string.h>

// A file as `run` writes it, without the fields that are not read.
static const char TEXT[] =
    "{\"kind\": \"measured\", \"mode\": \"weak\", \"repeat\": 2, \"nodes_asked\": 0, \"command\": \"mpirun -n 2 x '{a: "
    "1}'\", "
    "\"bench\": {\"ranks\": 2, \"nodes\": 1, \"threads\": 1, \"batch\": 512, \"microbatch\": 64, \"parameters\": "
    "1082680, "
    "\"rounds\": 2, \"microbatches\": 8, \"started\": \"2026-11-21T11:57:13Z\", \"hosts\": \"a:1 b:1\", "
    "\"processor\": \"P\", \"build\": \"elbow 0.1.0\", \"step_shares\": {\"compute\": 0.75, \"exchange\": 0.125, "
    "\"data\": 0.0625}, \"buckets\": [405504, 278528, 398656], \"samples_per_s\": 4096, \"step_seconds\": 0.125, "
    "\"cores_busy\": 0.5, \"overlap\": 8, \"seconds\": {\"compute\": {\"median\": 0.1}, \"forward\": {\"median\": "
    "0.03}, \"backward\": {\"median\": 0.06}, "
    "\"exchange\": {\"median\": 1e-4}, \"optimizer\": {\"median\": 2e-4}, \"update\": {\"median\": 5e-4}}}}\n";

START_TEST(a_measurement_is_read)
{
    struct scaling_sample sample;
    struct elbow_error error;
    ck_assert_int_eq(scaling_sample_parse("a.json", TEXT, strlen(TEXT), &sample, &error), ELBOW_OK);
    ck_assert_int_eq(sample.kind, SCALING_MEASURED);
    ck_assert_int_eq(sample.mode, SCALING_WEAK);
    ck_assert_int_eq(sample.ranks, 2);
    ck_assert_int_eq(sample.repeat, 2);
    ck_assert_uint_eq(sample.batch, 512);
    ck_assert_uint_eq(sample.microbatches, 8);
    ck_assert_double_eq(sample.step, 0.125);
    ck_assert_double_eq(sample.exchange, 0.125);
    ck_assert_double_eq(sample.update_seconds, 5e-4);
    ck_assert_double_eq(sample.cores_busy, 0.5);
    ck_assert_double_eq(sample.forward_seconds, 0.03);
    ck_assert_uint_eq(sample.overlap, 8);
    ck_assert_int_eq(sample.buckets, 3);
    ck_assert_uint_eq(sample.bucket[2], 398656);
    ck_assert_str_eq(sample.hosts, "a:1 b:1");
}
END_TEST

START_TEST(a_simulation_has_the_step_alone)
{
    static const char simulated[] =
        "{\"kind\": \"simulated\", \"mode\": \"strong\", \"repeat\": 0, \"command\": \"tools/simulate\", \"bench\": "
        "{\"ranks\": 64, \"nodes\": 64, \"threads\": 1, \"batch\": 1024, \"microbatch\": 8, \"microbatches\": 128, "
        "\"parameters\": 1000, \"started\": \"2026\", \"hosts\": \"64 simulated nodes\", \"processor\": \"P\", "
        "\"build\": \"B\", \"step_seconds\": 0.5, \"samples_per_s\": 2048, "
        "\"step_shares\": {\"compute\": 0.5, \"exchange\": 0.25, \"data\": 0}}}";
    struct scaling_sample sample;
    struct elbow_error error;
    ck_assert_int_eq(scaling_sample_parse("a.json", simulated, strlen(simulated), &sample, &error), ELBOW_OK);
    ck_assert_int_eq(sample.kind, SCALING_SIMULATED);
    ck_assert_int_eq(sample.nodes, 64);
    ck_assert_double_eq(sample.step, 0.5);
    // A measurement without its parts is none.
    char text[1024];
    snprintf(text, sizeof text, "{\"kind\": \"measured\"%s", simulated + strlen("{\"kind\": \"simulated\""));
    ck_assert_int_eq(scaling_sample_parse("a.json", text, strlen(text), &sample, &error), ELBOW_FORMAT);
}
END_TEST

START_TEST(damage_is_told_with_the_key)
{
    const char *const changes[][3] = {
        {"\"measured\"", "\"predicted\"", "`kind`"},
        {"\"weak\"", "\"weird\"", "`mode`"},
        {"\"ranks\": 2", "\"ranks\": 0", "`ranks`"},
        {"\"ranks\": 2", "\"ranks\": 1.5", "`ranks`"},
        {"\"ranks\": 2", "\"ranks\": \"2\"", "`ranks`"},
        {"\"ranks\": 2", "\"ranks\": 1e12", "`ranks`"},
        {"\"batch\": 512, ", "", "`batch`"},
        {"\"step_seconds\": 0.125", "\"step_seconds\": null", "`step_seconds`"},
        {"\"step_seconds\": 0.125", "\"step_seconds\": -1", "`step_seconds`"},
        {"[405504, ", "[x, ", "`buckets`"},
        {"[405504, 278528, 398656]", "[]", "`buckets`"},
        {"\"hosts\": \"a:1 b:1\"", "\"hosts\": [1]", "`hosts`"},
        {"\"update\": {", "\"updat\": {", "`median`"},
        {"\"bench\": {", "\"bench\": 1, \"x\": {", "`ranks`"},
        {"}}}}\n", "}}", "a.json:"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; ++i) {
        char text[2048];
        struct scaling_sample sample;
        struct elbow_error error;
        const char *at = strstr(TEXT, changes[i][0]);
        ck_assert_ptr_nonnull(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - TEXT), TEXT, changes[i][1], at + strlen(changes[i][0]));
        ck_assert_msg(scaling_sample_parse("a.json", text, strlen(text), &sample, &error) == ELBOW_FORMAT, "%s: taken",
                      changes[i][1]);
        ck_assert_msg(strstr(error.message, changes[i][2]) != NULL, "%s: %s", changes[i][1], error.message);
    }
}
END_TEST

START_TEST(a_directory_is_read_in_order)
{
    struct scratch scratch = scratch_make();
    struct scaling_samples samples;
    struct elbow_error error;
    ck_assert_int_eq(scaling_samples_read(scratch.directory, &samples, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "contains no measurements"));
    ck_assert_int_eq(scaling_samples_read("/proc/none", &samples, &error), ELBOW_FILE);
    for (int i = 0; i < 20; ++i) {
        char text[2048], name[32];
        const char *at = strstr(TEXT, "\"ranks\": 2");
        snprintf(name, sizeof name, "m%02d.json", i);
        snprintf(text, sizeof text, "%.*s\"ranks\": %d%s", (int)(at - TEXT), TEXT, 20 - i, at + strlen("\"ranks\": 2"));
        FILE *file = fopen(scratch_path(&scratch, name), "w");
        fputs(text, file);
        fclose(file);
    }
    ck_assert_int_eq(scaling_samples_read(scratch.directory, &samples, &error), ELBOW_OK);
    ck_assert_uint_eq(samples.count, 20);
    for (int i = 0; i < 20; ++i)
        ck_assert_int_eq(samples.list[i].ranks, i + 1);
    scaling_samples_clear(&samples);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("tools/scaling/measurement", a_measurement_is_read, a_simulation_has_the_step_alone,
          damage_is_told_with_the_key, a_directory_is_read_in_order)
