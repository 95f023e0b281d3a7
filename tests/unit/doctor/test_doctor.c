// SPDX-License-Identifier: BSD-3-Clause
// Advice from made-up facts: none for a sound machine, and one for each thing that is wrong, with its figures.
#include "elbow/doctor/doctor.h"

#include "unit.h"

#include <string.h>

// Two nodes of four ranks on four cores each, with all requirements of a run.
static void make_sound(struct elbow_doctor_report *report, struct elbow_machine_node nodes[2])
{
    *report = (struct elbow_doctor_report){0};
    for (int n = 0; n < 2; ++n)
        nodes[n] = (struct elbow_machine_node){.ranks = 4,
                                               .binding = {.least = 1, .most = 1, .cores = 4, .share = 1},
                                               .memory = UINT64_C(8000000000),
                                               .shared = UINT64_C(4000000000),
                                               .memory_per_second = 2e10};
    strcpy(nodes[0].host, "one");
    strcpy(nodes[1].host, "two");
    nodes[1].network_per_second = 1e10;
    report->facts = (struct elbow_doctor_facts){.place = {.size = 8, .nodes = 2, .node_size = 4},
                                                .hdf5_is_parallel = true,
                                                .threads = 1,
                                                .nodes = nodes,
                                                .has_need = true,
                                                .microbatches = 16,
                                                .shared_need = UINT64_C(1000000000),
                                                .private_need = UINT64_C(3000000000),
                                                .memory_need = UINT64_C(2000000000),
                                                .run = "runs/x",
                                                .tried_in = "runs",
                                                .lock = ELBOW_DOCTOR_LOCK_WORKS};
}

static void expect(struct elbow_doctor_report *report, const char *topic, const char *part)
{
    elbow_doctor_advise(report);
    ck_assert_int_eq(report->count, topic == NULL ? 0 : 1);
    if (topic == NULL)
        return;
    ck_assert_str_eq(report->advice[0].topic, topic);
    ck_assert_msg(strstr(report->advice[0].text, part) != NULL, "'%s' is not in: %s", part, report->advice[0].text);
    ck_assert_int_eq(report->advice[0].text[strlen(report->advice[0].text) - 1], '.');
}

START_TEST(sound)
{
    struct elbow_doctor_report report;
    struct elbow_machine_node nodes[2];
    make_sound(&report, nodes);
    expect(&report, NULL, NULL);
    strcpy(report.facts.omp, "1");
    expect(&report, NULL, NULL);
    report.facts.threads = 4;
    strcpy(report.facts.omp, "4");
    expect(&report, NULL, NULL);
}
END_TEST

START_TEST(binding)
{
    struct elbow_doctor_report report;
    struct elbow_machine_node nodes[2];
    make_sound(&report, nodes);
    nodes[1].binding.crowded_ranks = 4;
    nodes[1].binding.crowded_cores = 1;
    expect(&report, "binding", "4 ranks share 1 core on two:");
    report.facts.threads = 3;
    expect(&report, "binding", "4 ranks of 3 threads must share 1 core on two");
}
END_TEST

START_TEST(room)
{
    struct elbow_doctor_report report;
    struct elbow_machine_node nodes[2];
    make_sound(&report, nodes);
    nodes[1].shared = 64000000;
    expect(&report, "shared memory", "/dev/shm of two has only 64.0 MB free, and this run needs 1.0 GB");
    ck_assert_ptr_nonnull(strstr(report.advice[0].text, "size=2064M /dev/shm"));
    report.facts.has_need = false;
    expect(&report, "shared memory", "/dev/shm of two has only 64.0 MB free");
    nodes[1].shared = UINT64_C(4000000000);
    expect(&report, NULL, NULL);
    report.facts.has_need = true;
    nodes[0].memory = 1500000000;
    expect(&report, "memory", "about 2.0 GB on a node, but one has 1.5 GB free");
}
END_TEST

START_TEST(run_directory)
{
    static const struct {
        enum elbow_doctor_lock lock;
        const char *part;
    } cases[] = {
        {ELBOW_DOCTOR_LOCK_UNTRIED, NULL},
        {ELBOW_DOCTOR_LOCK_IMPOSSIBLE, "runs cannot be locked"},
        {ELBOW_DOCTOR_LOCK_ALONE, "Two nodes could lock runs at the same time"},
        {ELBOW_DOCTOR_LOCK_UNSEEN, "runs is not on a file system that all nodes share"},
        {ELBOW_DOCTOR_LOCK_NO_ENTRY, "Nothing can be written to runs (Read-only file system)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct elbow_doctor_report report;
        struct elbow_machine_node nodes[2];
        make_sound(&report, nodes);
        report.facts.lock = cases[i].lock;
        strcpy(report.facts.lock_reason, "Read-only file system");
        expect(&report, cases[i].part == NULL ? NULL : "run directory", cases[i].part);
    }
}
END_TEST

START_TEST(pages)
{
    struct elbow_doctor_report report;
    struct elbow_machine_node nodes[2];
    make_sound(&report, nodes);
    strcpy(report.facts.data, "x.h5");
    report.facts.pages = (struct elbow_doctor_pages){
        .rows = 64, .page_bytes = 1000000, .all = 2000, .chunk_rows = 1, .unpacked = 3000001, .read = 9};
    expect(&report, NULL, NULL); // the files are read once
    report.facts.is_read_anew = true;
    expect(&report, "chunks", "Reading a page of 64 rows, 1.0 MB, unpacks 3.0 MB of chunks");
    report.facts.pages.unpacked = 3000000;
    expect(&report, NULL, NULL);
    report.facts.pages.chunk_rows = 1024;
    report.facts.pages.all = 319; // 20 for each microbatch would do
    expect(&report, "chunks", "the data make only 319 pages for 16 microbatches of a batch");
    report.facts.pages.all = 320;
    report.facts.read_per_second = 9e7;
    expect(&report, "staging", "x.h5 is read at 90.0 MB a second");
    report.facts.has_stage = true;
    expect(&report, NULL, NULL);
}
END_TEST

START_TEST(data)
{
    struct elbow_doctor_report report;
    struct elbow_machine_node nodes[2];
    char warnings[] = "one value is far away\nall labels are equal\n";
    make_sound(&report, nodes);
    report.facts.warnings = warnings;
    elbow_doctor_advise(&report);
    ck_assert_int_eq(report.count, 2);
    ck_assert_str_eq(report.advice[0].text, "one value is far away.");
    ck_assert_str_eq(report.advice[1].text, "all labels are equal.");
    make_sound(&report, nodes);
    strcpy(report.facts.shortage, "the data need 9.0 GB, and a node has 8.0 GB");
    expect(&report, "memory", "This run would be refused: the data need 9.0 GB, and a node has 8.0 GB.");
}
END_TEST

START_TEST(all_else)
{
    struct elbow_doctor_report report;
    struct elbow_machine_node nodes[2];
    make_sound(&report, nodes);
    nodes[1].network_per_second = 1.18e8;
    expect(&report, "network", "between one and two pass at 118.0 MB a second");
    make_sound(&report, nodes);
    strcpy(report.facts.openblas, "8");
    expect(&report, "threads", "OPENBLAS_NUM_THREADS=8 has no effect");
    make_sound(&report, nodes);
    report.facts.hdf5_is_parallel = false;
    expect(&report, "HDF5", "needs no parallel HDF5");
    make_sound(&report, nodes);
    report.facts.microbatches = 12;
    expect(&report, "configuration", "12 microbatches of a batch do not divide evenly among 8 ranks");
    make_sound(&report, nodes);
    report.facts.has_need = false;
    strcpy(report.facts.trouble, "x.h5: not there");
    expect(&report, "configuration", "x.h5: not there.");
}
END_TEST

UNIT_MAIN("run/doctor", sound, binding, room, run_directory, pages, data, all_else)
