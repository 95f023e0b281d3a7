// SPDX-License-Identifier: BSD-3-Clause
// The examination: collects the facts of all parts.
#include "elbow/doctor/doctor.h"

#include "elbow/doctor/detail/doctor.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "elbow/parallel/collectives.h"

#include <stdlib.h>
#include <string.h>

// Bytes that are read of each dataset, in a few seconds; and the divisor of a node's free memory.
enum { MOST_BYTES = 1 << 29, FREE_SHARE = 4 };

static void take_variable(const char *name, char value[ELBOW_DOCTOR_VALUE_SIZE])
{
    const char *text = getenv(name);
    if (text != NULL)
        elbow_text_format(value, ELBOW_DOCTOR_VALUE_SIZE, "%s", text);
}

// Collective. The number of bytes of a dataset to examine: a part of the free memory of a node, even if each of its
// ranks has its own copy.
static uint64_t choose_most(struct elbow_comm *comm, const struct elbow_doctor_facts *facts)
{
    uint64_t most = MOST_BYTES;
    for (int n = 0; facts->place.rank == 0 && n < facts->place.nodes; ++n) {
        uint64_t share = facts->nodes[n].memory / (FREE_SHARE * (uint64_t)facts->nodes[n].ranks + 1);
        most = share < most ? share : most;
    }
    most = most > 0 ? most : 1;
    elbow_comm_broadcast(comm, &most, sizeof most);
    return most;
}

enum elbow_status elbow_doctor_examine(struct elbow_comm *comm, const struct elbow_doctor_request *request,
                                       struct elbow_doctor_report *report, struct elbow_error *error)
{
    *report = (struct elbow_doctor_report){0};
    struct elbow_doctor_facts *facts = &report->facts;
    enum elbow_status status = ELBOW_OK;
    *error = (struct elbow_error){0};
    if (request->config != NULL && request->config->run.nodes.count > 0) {
        const struct elbow_integers *pretended = &request->config->run.nodes;
        status = elbow_comm_pretend(comm, pretended->values, pretended->count, error);
    }
    if (status != ELBOW_OK)
        return status;
    facts->place = elbow_comm_place(comm);
    facts->threads = request->config == NULL ? 1 : (int)request->config->train.threads;
    facts->hdf5_is_parallel = strstr(elbow_hdf5_describe(), "parallel") != NULL;
    elbow_machine_library(facts->mpi);
    take_variable("OMP_NUM_THREADS", facts->omp);
    take_variable("OPENBLAS_NUM_THREADS", facts->openblas);
    if (request->run != NULL)
        elbow_text_format(facts->run, sizeof facts->run, "%s", request->run);
    status = elbow_machine_look(comm, facts->threads, &report->nodes, error);
    facts->nodes = report->nodes;
    if (status == ELBOW_OK && request->config != NULL)
        status = elbow_doctor_find_need(comm, request->config, facts, error);
    if (status != ELBOW_OK) {
        elbow_doctor_clear(report);
        return status;
    }
    if (request->config != NULL && facts->trouble[0] == 0)
        elbow_doctor_look_at_values(comm, request->config, request->all ? 0 : choose_most(comm, facts), facts);
    if (request->config != NULL && facts->trouble[0] == 0)
        elbow_doctor_read_pages(comm, request->config, facts);
    elbow_doctor_try_files(comm, facts);
    if (facts->place.rank == 0)
        elbow_doctor_advise(report);
    return ELBOW_OK;
}

void elbow_doctor_clear(struct elbow_doctor_report *report)
{
    elbow_release(&report->nodes);
    elbow_release(&report->facts.values);
    elbow_release(&report->facts.warnings);
    *report = (struct elbow_doctor_report){0};
}
