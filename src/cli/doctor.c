// SPDX-License-Identifier: BSD-3-Clause
// elbow doctor
#include "elbow/doctor/doctor.h"

#include "elbow/base/build.h"
#include "elbow/base/json.h"
#include "elbow/base/mask.h"
#include "elbow/base/text.h"
#include "elbow/cli/configuration.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/blas.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

// The options on the command line.
struct options {
    const char *path, *run;
    struct elbow_words sets;
    bool json, all;
};

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .value = "CONFIG",
     .help = "a configuration: also reports the memory of its run on a node",
     .offset = offsetof(struct options, path)},
    ELBOW_ROW_SET(offsetof(struct options, sets)),
    {.name = "run-dir",
     .kind = ELBOW_FLAG_TEXT,
     .value = "DIR",
     .help = "test locks and writing there (with CONFIG: in the run directory of train)",
     .offset = offsetof(struct options, run)},
    {.name = "all",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "examine all rows of the data of CONFIG (default: the first 512 MB of each dataset)",
     .offset = offsetof(struct options, all)},
    ELBOW_ROW_JSON(offsetof(struct options, json)),
};

static const char *const LOCKS[] = {"not tried",
                                    "works",
                                    "the file system has no locks",
                                    "works on one node only",
                                    "other nodes cannot see the directory",
                                    "no file can be created there"};

static void print_rate(const char *name, double per_second, const char *of)
{
    if (per_second > 0)
        printf("%-16s %s/s %s\n", name, elbow_text_bytes((uint64_t)per_second).text, of);
}

static void print_node(const struct elbow_machine_node *node)
{
    const struct elbow_binding *binding = &node->binding;
    char cores[32];
    snprintf(cores, sizeof cores, binding->least == binding->most ? "%d" : "%d to %d", binding->least, binding->most);
    elbow_text_print(stdout, "  %-14s %d rank%s on %d core%s, each may run on %s\n", node->host, node->ranks,
                     node->ranks == 1 ? "" : "s", binding->cores, binding->cores == 1 ? "" : "s", cores);
    printf("  %-14s memory: %s free, %s/s by all ranks together; /dev/shm: %s free\n", "",
           elbow_text_bytes(node->memory).text, elbow_text_bytes((uint64_t)node->memory_per_second).text,
           elbow_text_bytes(node->shared).text);
    if (node->network_per_second > 0)
        printf("  %-14s network to the first node: %s/s, %.1f us\n", "",
               elbow_text_bytes((uint64_t)node->network_per_second).text, node->network_latency * 1e6);
}

static void print_files(const struct elbow_doctor_facts *facts)
{
    if (facts->run[0] != 0) {
        elbow_text_print(stdout, "%-16s %s%s%s%s; lock: %s\n", "run directory", facts->run,
                         facts->lock == ELBOW_DOCTOR_LOCK_UNTRIED ? "" : " (tried in ",
                         facts->lock == ELBOW_DOCTOR_LOCK_UNTRIED ? "" : facts->tried_in,
                         facts->lock == ELBOW_DOCTOR_LOCK_UNTRIED ? "" : ")", LOCKS[facts->lock]);
        print_rate("", facts->write_per_second, "written and synced");
    }
    if (facts->data[0] != 0)
        elbow_text_print(stdout, "%-16s %s\n", "data", facts->data);
    print_rate("", facts->read_per_second, "read by one rank");
    if (facts->pages.read > 0)
        printf("%-16s a page of %s, %s, takes %.3g ms to read%s%s%s (%s read)\n", "",
               elbow_text_count(facts->pages.rows, "row").text, elbow_text_bytes(facts->pages.page_bytes).text,
               1e3 * facts->pages.seconds / (double)facts->pages.read, facts->pages.unpacked > 0 ? " and unpacks " : "",
               facts->pages.unpacked > 0 ? elbow_text_bytes(facts->pages.unpacked).text : "",
               facts->pages.unpacked > 0 ? " of chunks" : "", elbow_text_count(facts->pages.read, "page").text);
    if (facts->looked > 0 && facts->looked < facts->stored)
        printf("%-16s examined in the first %llu of %llu rows (--all examines all)\n", "values",
               (unsigned long long)facts->looked, (unsigned long long)facts->stored);
    else if (facts->looked > 0)
        printf("%-16s examined in all %llu rows\n", "values", (unsigned long long)facts->looked);
    if (facts->values != NULL)
        fputs(facts->values, stdout);
}

static void print_advice(int number, const struct elbow_doctor_advice *advice)
{
    char text[sizeof advice->text + 64];
    int margin = printf("%2d. ", number);
    snprintf(text, sizeof text, "%s: %s", advice->topic, advice->text);
    elbow_mask(text);
    elbow_text_wrap(text, margin, stdout);
    putchar('\n');
}

static void print_page(const struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    printf("%-16s %s (%s)\n", "elbow", elbow_build_version(), elbow_build_id());
    printf("%-16s %s\n", "build", elbow_build_flags());
    elbow_text_print(stdout, "%-16s %s\n", "MPI", facts->mpi);
    printf("%-16s %s%s\n", "HDF5", elbow_hdf5_describe() + strlen("HDF5 "), facts->hdf5_is_parallel ? "" : ", serial");
    printf("%-16s %s\n", "BLAS", elbow_blas_describe());
    elbow_text_print(stdout, "%-16s %d per rank; OMP_NUM_THREADS %s, OPENBLAS_NUM_THREADS %s\n", "threads",
                     facts->threads, facts->omp[0] != 0 ? facts->omp : "not set",
                     facts->openblas[0] != 0 ? facts->openblas : "not set");
    printf("%-16s %d on %d node%s\n", "ranks", facts->place.size, facts->place.nodes,
           facts->place.nodes == 1 ? "" : "s");
    for (int n = 0; n < facts->place.nodes; ++n)
        print_node(&facts->nodes[n]);
    if (facts->has_need)
        printf("%-16s %llu parameters, %s; memory per node: %s, with %s of it in /dev/shm\n", "the run",
               (unsigned long long)facts->parameters, elbow_text_count(facts->microbatches, "microbatch").text,
               elbow_text_bytes(facts->memory_need).text, elbow_text_bytes(facts->shared_need).text);
    print_files(facts);
    printf("\n%s\n", report->count == 0 ? "Nothing has to be changed." : "Advice:");
    for (int i = 0; i < report->count; ++i)
        print_advice(i + 1, &report->advice[i]);
}

static void print_json_nodes(struct elbow_json *json, const struct elbow_doctor_facts *facts)
{
    elbow_json_open(json, "nodes", '[');
    for (int n = 0; n < facts->place.nodes; ++n) {
        const struct elbow_machine_node *node = &facts->nodes[n];
        elbow_json_open(json, NULL, '{');
        elbow_json_text(json, "host", node->host);
        elbow_json_integer(json, "ranks", node->ranks);
        elbow_json_integer(json, "cores", node->binding.cores);
        elbow_json_integer(json, "cores_of_a_rank_least", node->binding.least);
        elbow_json_integer(json, "cores_of_a_rank_most", node->binding.most);
        elbow_json_integer(json, "crowded_ranks", node->binding.crowded_ranks);
        elbow_json_integer(json, "crowded_cores", node->binding.crowded_cores);
        elbow_json_integer(json, "memory_free_bytes", (int64_t)node->memory);
        elbow_json_integer(json, "shared_free_bytes", (int64_t)node->shared);
        elbow_json_integer(json, "shared_bytes", (int64_t)node->shared_all);
        elbow_json_number(json, "memory_bytes_per_s", node->memory_per_second);
        elbow_json_number(json, "network_bytes_per_s", node->network_per_second);
        elbow_json_number(json, "network_latency_seconds", node->network_latency);
        elbow_json_close(json, '}');
    }
    elbow_json_close(json, ']');
}

static void print_json_versions(struct elbow_json *json, const struct elbow_doctor_facts *facts)
{
    elbow_json_text(json, "version", elbow_build_version());
    elbow_json_text(json, "commit", elbow_build_id());
    elbow_json_text(json, "build", elbow_build_flags());
    elbow_json_text(json, "mpi", facts->mpi);
    elbow_json_text(json, "hdf5", elbow_hdf5_describe());
    elbow_json_text(json, "hdf5_kind", facts->hdf5_is_parallel ? "parallel" : "serial");
    elbow_json_text(json, "blas", elbow_blas_describe());
}

static void print_json(const struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    struct elbow_json json = {.out = stdout};
    elbow_json_open(&json, NULL, '{');
    print_json_versions(&json, facts);
    elbow_json_integer(&json, "ranks", facts->place.size);
    elbow_json_integer(&json, "threads", facts->threads);
    elbow_json_text(&json, "OMP_NUM_THREADS", facts->omp);
    elbow_json_text(&json, "OPENBLAS_NUM_THREADS", facts->openblas);
    print_json_nodes(&json, facts);
    if (facts->has_need) {
        elbow_json_integer(&json, "parameters", (int64_t)facts->parameters);
        elbow_json_integer(&json, "microbatches", (int64_t)facts->microbatches);
        elbow_json_integer(&json, "node_memory_bytes", (int64_t)facts->memory_need);
        elbow_json_integer(&json, "node_shared_bytes", (int64_t)facts->shared_need);
    }
    elbow_json_text(&json, "run_directory", facts->run);
    elbow_json_text(&json, "lock", LOCKS[facts->lock]);
    elbow_json_number(&json, "write_bytes_per_s", facts->write_per_second);
    elbow_json_text(&json, "data", facts->data);
    elbow_json_number(&json, "read_bytes_per_s", facts->read_per_second);
    elbow_json_integer(&json, "page_rows", (int64_t)facts->pages.rows);
    elbow_json_integer(&json, "page_bytes", (int64_t)facts->pages.page_bytes);
    elbow_json_integer(&json, "page_unpacked_bytes", (int64_t)facts->pages.unpacked);
    elbow_json_number(&json, "pages_bytes_per_s",
                      facts->pages.seconds > 0 ? (double)facts->pages.bytes / facts->pages.seconds : 0);
    elbow_json_integer(&json, "rows_looked_at", (int64_t)facts->looked);
    elbow_json_integer(&json, "rows", (int64_t)facts->stored);
    elbow_json_open(&json, "advice", '[');
    for (int i = 0; i < report->count; ++i) {
        elbow_json_open(&json, NULL, '{');
        elbow_json_text(&json, "topic", report->advice[i].topic);
        elbow_json_text(&json, "text", report->advice[i].text);
        elbow_json_close(&json, '}');
    }
    elbow_json_close(&json, ']');
    elbow_json_close(&json, '}');
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {0};
    struct elbow_error error = {0};
    if (elbow_flags_read(call, &options, &error) == ELBOW_OK && options.path != NULL)
        elbow_configuration_preview(options.path, &options.sets, note);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    struct elbow_config config;
    struct elbow_doctor_report report;
    enum elbow_status status = elbow_flags_read(call, &options, error);
    if (status == ELBOW_OK && options.path == NULL && options.sets.count > 0)
        status = elbow_error_set(error, ELBOW_USAGE, "doctor: --set changes a CONFIG, which is not given");
    if (status == ELBOW_OK && options.path == NULL && options.all)
        status = elbow_error_set(error, ELBOW_USAGE, "doctor: --all examines the data of a CONFIG, which is not given");
    if (status == ELBOW_OK && options.path != NULL)
        status = elbow_configuration_read(call->comm, options.path, &options.sets, &config, error);
    if (status != ELBOW_OK)
        return status;
    elbow_path directory;
    struct elbow_doctor_request request = {.run = options.run};
    if (options.path != NULL) {
        status = elbow_configuration_run(call->comm, options.path, &config, options.run, directory, error);
        request = (struct elbow_doctor_request){.config = &config, .run = directory, .all = options.all};
    }
    if (status == ELBOW_OK)
        status = elbow_doctor_examine(call->comm, &request, &report, error);
    if (status != ELBOW_OK)
        return status;
    if (elbow_comm_place(call->comm).rank == 0 && options.json)
        print_json(&report);
    else if (elbow_comm_place(call->comm).rank == 0)
        print_page(&report);
    elbow_doctor_clear(&report);
    return ELBOW_OK;
}

const struct elbow_command elbow_command_doctor = {
    .name = "doctor",
    .summary = "examine a machine before a run",
    .text = "Prints the environment of a run on one page: versions, ranks by node, binding, threads, space for shared\n"
            "memory, locks in the run directory, and the speed of memory, network and files; then advice on what to\n"
            "change.\n"
            "Loads the data of a CONFIG like a run, and finds missing values, values that the likelihood does not\n"
            "allow, rows that were never written and contradictory scalings.\n"
            "Start it like the run. The exit status is 0 whatever the advice is.\n",
    .examples = "elbow doctor\n"
                "mpirun -n 16 elbow doctor configs/mnist-mlp.yaml --run-dir runs/mnist-mlp\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .preview = preview,
};
