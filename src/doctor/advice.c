// SPDX-License-Identifier: BSD-3-Clause
// Advice: one function for each topic turns facts into sentences. There is none on facts that are in order.
#include "elbow/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// With less, MPI and Elbow may not use shared memory; containers often have 64 MB.
static const uint64_t SHARED_LITTLE = UINT64_C(128000000);
static const uint64_t CHUNKS_MUCH = 3, PAGES_FEW = 20;
static const double READ_SLOW = 1e8;      // bytes a second: a disk shared by many
static const double NETWORK_SLOW = 1.3e8; // bytes a second: Ethernet of 1 Gbit/s

static void __attribute__((format(printf, 3, 4)))
advise(struct elbow_doctor_report *report, const char *topic, const char *format, ...)
{
    va_list arguments;
    if (report->count == ELBOW_DOCTOR_ADVICE_MAX)
        return;
    struct elbow_doctor_advice *advice = &report->advice[report->count++];
    advice->topic = topic;
    va_start(arguments, format);
    vsnprintf(advice->text, sizeof advice->text, format, arguments);
    va_end(arguments);
}

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

static void judge_binding(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    for (int n = 0; n < facts->place.nodes; ++n) {
        const struct elbow_machine_node *node = &facts->nodes[n];
        const struct elbow_binding *binding = &node->binding;
        if (binding->crowded_ranks == 0)
            continue;
        if (facts->threads == 1)
            advise(report, "binding",
                   "%d ranks share %d core%s on %s: they take turns, and all others wait for them. Start fewer ranks, "
                   "or bind each to a core of its own (mpirun --bind-to core, srun --cpu-bind=cores).",
                   binding->crowded_ranks, binding->crowded_cores, plural(binding->crowded_cores), node->host);
        else
            advise(report, "binding",
                   "%d rank%s of %d threads must share %d core%s on %s: the threads take turns. Use fewer ranks or a "
                   "smaller train.threads, or bind each rank to %d cores (mpirun --map-by slot:PE=%d --bind-to core, "
                   "srun --cpus-per-task=%d).",
                   binding->crowded_ranks, plural(binding->crowded_ranks), facts->threads, binding->crowded_cores,
                   plural(binding->crowded_cores), node->host, facts->threads, facts->threads, facts->threads);
        return; // advice for one node is enough
    }
}

static void judge_threads(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    const struct {
        const char *name, *value;
    } variables[] = {{"OMP_NUM_THREADS", facts->omp}, {"OPENBLAS_NUM_THREADS", facts->openblas}};
    char own[ELBOW_DOCTOR_VALUE_SIZE];
    snprintf(own, sizeof own, "%d", facts->threads);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; ++i) {
        const char *value = variables[i].value;
        if (value[0] == 0 || strcmp(value, own) == 0 || strcmp(value, "1") == 0)
            continue;
        advise(
            report, "threads",
            "%s=%s has no effect: a rank computes with train.threads threads, here %d, so that the bits do not depend "
            "on the environment. For %s threads per rank set train.threads: %s and give each rank that many cores "
            "(mpirun --map-by slot:PE=%s --bind-to core).",
            variables[i].name, value, facts->threads, value, value, value);
    }
}

static void judge_need_of_shared(struct elbow_doctor_report *report, const struct elbow_machine_node *node)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    unsigned long long megabytes = facts->shared_need / 500000 + 64; // twice the need, and that of MPI
    if (node->shared >= facts->shared_need)
        return;
    advise(report, "shared memory",
           "/dev/shm of %s has only %s free, and this run needs %s for the data and the exchange of its %d ranks: each "
           "rank would make its own copies, %s on that node, and the exchange would be slower. Enlarge it (as root: "
           "mount -o remount,size=%lluM /dev/shm; containers: --shm-size=%llum).",
           node->host, elbow_text_bytes(node->shared).text, elbow_text_bytes(facts->shared_need).text, node->ranks,
           elbow_text_bytes(facts->private_need).text, megabytes, megabytes);
}

static void judge_shared(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    int least = 0;
    for (int n = 1; n < facts->place.nodes; ++n)
        least = facts->nodes[n].shared < facts->nodes[least].shared ? n : least;
    const struct elbow_machine_node *node = &facts->nodes[least];
    if (facts->has_need) {
        judge_need_of_shared(report, node);
    } else if (node->shared < SHARED_LITTLE) {
        advise(report, "shared memory",
               "/dev/shm of %s has only %s free. The ranks of a node keep data, gradients and their one copy of the "
               "parameters there; without it each rank makes its own copies. Enlarge it (as root: mount -o "
               "remount,size=1G /dev/shm; containers: --shm-size=1g). elbow doctor CONFIG reports the need of a run.",
               node->host, elbow_text_bytes(node->shared).text);
    }
}

static void judge_memory(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    for (int n = 0; n < facts->place.nodes && facts->has_need && facts->shortage[0] == 0; ++n) {
        if (facts->nodes[n].memory >= facts->memory_need)
            continue;
        advise(report, "memory",
               "This run needs about %s on a node, but %s has %s free. Use fewer ranks on a node, a smaller "
               "train.microbatch, or a job with more memory.",
               elbow_text_bytes(facts->memory_need).text, facts->nodes[n].host,
               elbow_text_bytes(facts->nodes[n].memory).text);
        return;
    }
}

static void judge_shares(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    uint64_t ranks = (uint64_t)facts->place.size;
    if (facts->trouble[0] != 0)
        advise(report, "configuration", "%.700s.", facts->trouble);
    if (facts->has_need && facts->microbatches % ranks != 0)
        advise(report, "configuration",
               "The %llu microbatches of a batch do not divide evenly among %d ranks: some ranks wait in every step. "
               "Use a number of ranks that divides %llu.",
               (unsigned long long)facts->microbatches, facts->place.size, (unsigned long long)facts->microbatches);
}

static void judge_shortage(struct elbow_doctor_report *report)
{
    if (report->facts.shortage[0] != 0)
        advise(report, "memory", "This run would be refused: %.900s.", report->facts.shortage);
}

// The warnings of a run, one per line.
static void judge_values(struct elbow_doctor_report *report)
{
    const char *line = report->facts.warnings;
    while (line != NULL && *line != '\0') {
        size_t length = strcspn(line, "\n");
        advise(report, "data", "%.*s.", (int)(length < 1000 ? length : 1000), line);
        line += length + (line[length] != '\0');
    }
}

// Chunks matter to a run that reads pages in every epoch; others read all rows once, in large blocks.
static void judge_pages(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    const struct elbow_doctor_pages *pages = &facts->pages;
    if (!facts->is_read_anew || pages->read == 0)
        return;
    if (pages->unpacked > CHUNKS_MUCH * pages->page_bytes)
        advise(report, "chunks",
               "Reading a page of %s, %s, unpacks %s of chunks, and every epoch reads all pages. Rewrite the "
               "file in chunks of whole rows (elbow rechunk %.300s -o NEW.h5).",
               elbow_text_count(pages->rows, "row").text, elbow_text_bytes(pages->page_bytes).text,
               elbow_text_bytes(pages->unpacked).text, facts->data);
    else if (pages->chunk_rows > 1 && pages->all < PAGES_FEW * facts->microbatches)
        advise(
            report, "chunks",
            "A page has at least one chunk of %s, so the data make only %s for %s of a batch: pages at the bounds of "
            "segments are read twice, an epoch reads up to %.2g times the bytes of the data, and a window holds a "
            "large part of the data. Rewrite the file in smaller chunks (elbow rechunk %.300s -o NEW.h5 --chunk 64).",
            elbow_text_count(pages->chunk_rows, "row").text, elbow_text_count(pages->all, "page").text,
            elbow_text_count(facts->microbatches, "microbatch").text,
            (double)(pages->all + facts->microbatches) / (double)pages->all, facts->data);
    if (facts->read_per_second > 0 && facts->read_per_second < READ_SLOW && !facts->has_stage)
        advise(report, "staging",
               "%.300s is read at %s a second, and every epoch reads all of it. If the nodes have a disk of their own, "
               "set data.stage to a directory on it.",
               facts->data, elbow_text_bytes((uint64_t)facts->read_per_second).text);
}

static void judge_lock(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    const char *place = facts->tried_in;
    switch (facts->lock) {
    case ELBOW_DOCTOR_LOCK_UNTRIED:
    case ELBOW_DOCTOR_LOCK_WORKS:
        break;
    case ELBOW_DOCTOR_LOCK_IMPOSSIBLE:
        advise(
            report, "run directory",
            "%.300s cannot be locked%s%.200s: nothing would keep a second run out of the same run directory. Mount the "
            "file system with locks (Lustre: -o flock; NFS: lockd, and not -o nolock), choose another one with "
            "--run-dir, or make sure that no two jobs use the directory.",
            place, facts->lock_reason[0] != 0 ? ": " : "", facts->lock_reason);
        break;
    case ELBOW_DOCTOR_LOCK_ALONE:
        advise(
            report, "run directory",
            "Two nodes could lock %.300s at the same time: locks work on one node only (Lustre: -o localflock; NFS: -o "
            "nolock or local_lock). Make sure that no two jobs use the same run directory.",
            place);
        break;
    case ELBOW_DOCTOR_LOCK_UNSEEN:
        advise(report, "run directory",
               "%.300s is not on a file system that all nodes share. Rank zero alone writes there, but a job that is "
               "started again on other nodes will not find its checkpoints: choose a shared one with --run-dir.",
               place);
        break;
    case ELBOW_DOCTOR_LOCK_NO_ENTRY:
        advise(report, "run directory",
               "Nothing can be written to %.300s (%.200s): choose another directory with --run-dir.", place,
               facts->lock_reason);
        break;
    }
}

static void judge_network(struct elbow_doctor_report *report)
{
    const struct elbow_doctor_facts *facts = &report->facts;
    int slowest = 1;
    for (int n = 2; n < facts->place.nodes; ++n)
        if (facts->nodes[n].network_per_second < facts->nodes[slowest].network_per_second)
            slowest = n;
    if (facts->place.nodes < 2 || facts->nodes[slowest].network_per_second > NETWORK_SLOW)
        return;
    advise(report, "network",
           "Messages between %s and %s pass at %s a second. If the nodes have a faster network, MPI does not use it: "
           "name its interface (mpirun --mca btl_tcp_if_include NAME), or use an MPI built for it (UCX, libfabric). "
           "With larger batches the exchange takes a smaller share of a step.",
           facts->nodes[0].host, facts->nodes[slowest].host,
           elbow_text_bytes((uint64_t)facts->nodes[slowest].network_per_second).text);
}

static void judge_hdf5(struct elbow_doctor_report *report)
{
    if (!report->facts.hdf5_is_parallel)
        advise(report, "HDF5",
               "This HDF5 is a serial build, and nothing has to be changed: every rank reads on its own, and rank zero "
               "writes, so Elbow needs no parallel HDF5.");
}

void elbow_doctor_advise(struct elbow_doctor_report *report)
{
    report->count = 0;
    judge_shares(report);
    judge_shortage(report);
    judge_values(report);
    judge_pages(report);
    judge_binding(report);
    judge_memory(report);
    judge_shared(report);
    judge_lock(report);
    judge_network(report);
    judge_threads(report);
    judge_hdf5(report);
}
