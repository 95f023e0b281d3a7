// SPDX-License-Identifier: BSD-3-Clause
// The values of a configuration's data, loaded as a run would load them, to find the errors and warnings of a run. Of
// large datasets only the first rows are examined.
#include "elbow/doctor/detail/doctor.h"

#include "elbow/base/log.h"
#include "elbow/base/memory.h"
#include "elbow/data/configured.h"
#include "elbow/data/facts.h"
#include "elbow/evaluate/frozen.h"
#include "elbow/parallel/collectives.h"

#include <stdio.h>
#include <stdlib.h>

// From this number of bytes on, a line announces the examination.
static const uint64_t LONG_BYTES = UINT64_C(1) << 27;

struct look {
    struct elbow_comm *comm;
    const struct elbow_config *config;
    uint64_t most;
    struct elbow_frozen *frozen; // in front of the data; owned; NULL: none
    struct elbow_log lines;      // the description of the data
    struct elbow_doctor_facts *facts;
    struct elbow_error error;
};

// Rank zero. Announces an examination that takes some time.
static void announce(const struct look *look, const struct elbow_dataset_request *request)
{
    struct elbow_dataset dataset;
    struct elbow_hdf5_storage storage;
    struct elbow_error error;
    if (look->facts->place.rank != 0 || elbow_dataset_describe(request, &dataset, &storage, &error) != ELBOW_OK)
        return;
    uint64_t bytes = elbow_dataset_bytes(&dataset);
    struct elbow_log log = elbow_log_open(true, stderr);
    look->facts->stored += dataset.samples;
    if (look->most > 0 && bytes > look->most)
        bytes = look->most;
    if (bytes >= LONG_BYTES)
        elbow_log_say(&log, "doctor: examining the values of %s, %s", dataset.name, elbow_text_bytes(bytes).text);
    elbow_log_close(&log);
}

// Collective. Loads the training data as a run does, or the validation data, which must agree with them. The caller
// frees them in any case.
static void load(struct look *look, const struct elbow_dataset *train, struct elbow_dataset *dataset)
{
    bool is_valid = train != NULL;
    struct elbow_configured configured = {0};
    struct elbow_data_facts facts = is_valid ? elbow_data_facts_of(train) : (struct elbow_data_facts){0};
    const struct elbow_config *config = look->frozen != NULL ? &look->frozen->config : look->config;
    elbow_configured_find(look->comm, config, is_valid, NULL, &configured, &look->error);
    if (look->error.status == ELBOW_OK) {
        struct elbow_dataset_request request = elbow_configured_request(config, is_valid, &configured);
        request.reference = is_valid ? &facts : NULL;
        request.reference_name = is_valid ? train->name : NULL;
        request.most_bytes = look->most;
        if (look->facts->shortage[0] != 0) // which is reported already
            request.placing.memory = 0;
        if (look->frozen != NULL)
            elbow_frozen_request(look->frozen, look->config, &request);
        announce(look, &request);
        elbow_configured_load(look->comm, &request, &look->lines, dataset, &look->error);
    }
    elbow_configured_clear(&configured);
    if (look->error.status == ELBOW_OK && look->frozen != NULL) {
        elbow_dataset_lead_through(dataset, &look->frozen->through, &look->error);
        elbow_comm_agree(look->comm, &look->error);
    }
    if (look->error.status == ELBOW_OK)
        look->facts->looked += dataset->samples;
}

static void describe(struct look *look, const struct elbow_dataset *dataset, const char *role)
{
    if (look->error.status == ELBOW_OK)
        elbow_dataset_log(dataset, role, "", &look->lines);
}

// Collective.
static void look_at_all(struct look *look)
{
    const struct elbow_config *config = look->config;
    struct elbow_demand demand = elbow_config_demand(config);
    struct elbow_dataset train = {0}, valid = {0};
    elbow_frozen_load(look->comm, config, &look->lines, &look->frozen, &look->error);
    if (look->error.status == ELBOW_OK)
        load(look, NULL, &train);
    describe(look, &train, "data");
    if (look->error.status == ELBOW_OK && elbow_configured_has_valid(config)) {
        load(look, &train, &valid);
        describe(look, &valid, "validation");
    }
    if (look->error.status == ELBOW_OK)
        elbow_dataset_warn_scale(&train, &demand, &look->lines);
    elbow_dataset_unload(look->comm, &valid);
    elbow_dataset_unload(look->comm, &train);
    elbow_frozen_destroy(look->frozen);
}

// Rank zero's lines of a kind, in memory; a zeroed one takes none.
struct lines {
    FILE *stream;
    char *text;
    size_t size;
};

static void open_lines(const struct elbow_doctor_facts *facts, struct lines *lines)
{
    if (facts->place.rank == 0)
        lines->stream = open_memstream(&lines->text, &lines->size);
}

static void close_lines(struct lines *lines, char **kept)
{
    if (lines->stream != NULL && fclose(lines->stream) == 0 && lines->size > 0)
        elbow_duplicate(kept, lines->text, NULL);
    free(lines->text);
}

void elbow_doctor_look_at_values(struct elbow_comm *comm, const struct elbow_config *config, uint64_t most,
                                 struct elbow_doctor_facts *facts)
{
    struct look look = {.comm = comm, .config = config, .most = most, .facts = facts};
    struct lines said = {0}, warned = {0};
    if (config->data.synthetic > 0)
        return;
    open_lines(facts, &said);
    open_lines(facts, &warned);
    look.lines = elbow_log_open(said.stream != NULL && warned.stream != NULL, said.stream);
    look.lines.warnings = warned.stream;
    look_at_all(&look);
    elbow_log_close(&look.lines);
    close_lines(&said, &facts->values);
    close_lines(&warned, &facts->warnings);
    if (look.error.status != ELBOW_OK)
        elbow_text_format(facts->trouble, sizeof facts->trouble, "%s", look.error.message);
}
