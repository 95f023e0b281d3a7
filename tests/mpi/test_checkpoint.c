// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints of a small model: they restore the saved state bit for bit, and the bytes do not depend on the places of
// the ranks.
#include "checkpoint_fixture.h"

#include "elbow/base/file.h"

#include <math.h>

// Field by field: padding between fields is nobody's.
static bool same_state(const struct elbow_run_state *a, const struct elbow_run_state *b)
{
    bool same = true;
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        size_t offset = elbow_checkpoint_fields[i].offset;
        same &= memcmp((const char *)a + offset, (const char *)b + offset, 8) == 0;
    }
    return same;
}

static bool same_rules(const struct elbow_missing *a, const struct elbow_missing *b)
{
    return a->count == b->count && memcmp(a->values, b->values, sizeof a->values) == 0 &&
           a->has_range == b->has_range && a->low == b->low && a->high == b->high;
}

static bool same_facts(const struct elbow_data_facts *a, const struct elbow_data_facts *b)
{
    return a->samples == b->samples && a->values == b->values && a->rank == b->rank &&
           memcmp(a->shape, b->shape, sizeof a->shape) == 0 && a->scale.factor == b->scale.factor &&
           a->scale.offset == b->scale.offset && strcmp(a->scale.source, b->scale.source) == 0 &&
           a->has_range == b->has_range && a->element == b->element && a->min == b->min && a->max == b->max &&
           same_rules(&a->missing, &b->missing);
}

static void come_back(const char *optimizer, bool has_second)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    struct elbow_checkpoint back;
    size_t blocks = elbow_memory_count().blocks;
    checkpoint_setup(&fixture, optimizer);
    size_t size = fixture.model->parameters.size;
    mpi_assert(size > 4 * ELBOW_BLOCK);
    must(save(&fixture, fixture.scratch.directory, &error), &error);
    must(elbow_checkpoint_load(mpi_comm, fixture.scratch.directory, false, &fixture.log, &back, &error), &error);
    mpi_assert(strstr(back.path, "/checkpoints/step-123456789.h5") != NULL);
    mpi_assert(same_state(&back.state, &fixture.state));
    mpi_assert(same_facts(&back.data, &fixture.facts));
    mpi_assert(strcmp(back.config_text, fixture.config_text) == 0);
    char *again = NULL;
    must(elbow_config_dump(&back.config, &again, &error), &error);
    mpi_assert(strcmp(again, fixture.config_text) == 0);
    elbow_release(&again);
    mpi_assert(back.accumulators == STATISTICS);
    mpi_assert(memcmp(back.accumulator, fixture.accumulator, sizeof fixture.accumulator) == 0);
    mpi_assert(back.parameters.size == size && back.parameters.count == fixture.model->parameters.count);
    mpi_assert(same_floats(back.values, fixture.values, size));
    mpi_assert(!is_root() || same_floats(back.first_moment, fixture.first_moment, size));
    if (has_second)
        mpi_assert(!is_root() || same_floats(back.second_moment, fixture.second_moment, size));
    else
        mpi_assert(back.second_moment == NULL);
    mpi_assert(is_root() || (back.first_moment == NULL && back.second_moment == NULL));
    elbow_checkpoint_clear(&back);
    checkpoint_teardown(&fixture);
    mpi_assert(elbow_memory_count().blocks == blocks);
}

START_TEST(what_is_saved_comes_back)
{
    come_back("adam", true);
    come_back("sgd", false);
}
END_TEST

// Averaged weights, which replace the others on request; if a run has some, none may be missing.
START_TEST(averages_come_back)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    struct elbow_checkpoint back;
    checkpoint_setup(&fixture, "adam");
    size_t size = fixture.model->parameters.size;
    fixture.config.train.average = 0.5;
    elbow_release(&fixture.config_text);
    must(elbow_config_dump(&fixture.config, &fixture.config_text, &error), &error);
    fixture.source.config_text = fixture.config_text;
    fixture.source.average = fixture.optimizer.second_moment;
    must(save(&fixture, fixture.scratch.directory, &error), &error);
    must(elbow_checkpoint_load(mpi_comm, fixture.scratch.directory, false, &fixture.log, &back, &error), &error);
    mpi_assert(same_floats(back.values, fixture.values, size));
    mpi_assert(is_root() ? same_floats(back.average, fixture.second_moment, size) : back.average == NULL);
    mpi_assert(elbow_checkpoint_take_average(mpi_comm, &back));
    mpi_assert(same_floats(back.values, fixture.second_moment, size));
    elbow_checkpoint_clear(&back);
    fixture.source.average = NULL;
    fixture.state.step = 2;
    must(save(&fixture, fixture.scratch.directory, &error), &error);
    elbow_checkpoint_load(mpi_comm, scratch_path(&fixture.scratch, "checkpoints/step-00000002.h5"), false, &fixture.log,
                          &back, &error);
    mpi_assert(error.status == ELBOW_FORMAT && strstr(error.message, "lacks the averaged weights of train.average"));
    elbow_checkpoint_clear(&back);
    checkpoint_teardown(&fixture);
}
END_TEST

// Facts unknown to version 0.1 are kept if they are present, and only then.
START_TEST(rules_of_the_data_come_back)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    struct elbow_checkpoint back;
    checkpoint_setup(&fixture, "sgd");
    struct elbow_data_facts *facts = &fixture.facts;
    facts->has_range = false;
    facts->element = ELBOW_ELEMENT_FLOAT32;
    facts->min = -2;
    facts->max = 3;
    facts->scale = (struct elbow_scale){.factor = 1, .source = ELBOW_SCALE_STORED};
    must(save(&fixture, fixture.scratch.directory, &error), &error);
    must(elbow_checkpoint_load(mpi_comm, fixture.scratch.directory, false, &fixture.log, &back, &error), &error);
    mpi_assert(!back.data.has_range && !elbow_missing_has_rules(&back.data.missing));
    elbow_checkpoint_clear(&back);
    fixture.state.step += 1;
    facts->has_range = true;
    facts->element = ELBOW_ELEMENT_INT16;
    facts->missing = (struct elbow_missing){
        .count = 2, .values = {-32767, -32768}, .has_range = true, .low = -INFINITY, .high = 9000};
    must(save(&fixture, fixture.scratch.directory, &error), &error);
    must(elbow_checkpoint_load(mpi_comm, fixture.scratch.directory, false, &fixture.log, &back, &error), &error);
    mpi_assert(same_facts(&back.data, facts) && back.data.has_range);
    elbow_checkpoint_clear(&back);
    checkpoint_teardown(&fixture);
}
END_TEST

// The bytes of a checkpoint saved by ranks on these nodes (NULL: as they are), on rank zero; to be freed.
static unsigned char *bytes_saved(const int64_t *nodes, size_t *size)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    if (nodes != NULL)
        must(elbow_comm_pretend(mpi_comm, nodes, (size_t)elbow_comm_place(mpi_comm).size, &error), &error);
    checkpoint_setup(&fixture, "adam");
    must(save(&fixture, fixture.scratch.directory, &error), &error);
    const char *path = scratch_path(&fixture.scratch, "checkpoints/step-123456789.h5");
    unsigned char *bytes = is_root() ? scratch_read(path, size) : NULL;
    mpi_assert(!is_root() || (bytes != NULL && *size > 512));
    checkpoint_teardown(&fixture);
    return bytes;
}

// A snapshot needs the memory that it reports: on rank zero a file of twelve bytes per parameter and four to gather a
// moment, on the others nothing.
START_TEST(a_snapshot_knows_its_bytes)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    struct elbow_snapshot snapshot;
    checkpoint_setup(&fixture, "adam");
    size_t before = elbow_memory_count().bytes;
    mpi_assert(elbow_snapshot_open(mpi_comm, &fixture.source, &snapshot, &error) == ELBOW_OK);
    mpi_assert(elbow_snapshot_bytes(&snapshot) == elbow_memory_count().bytes - before);
    mpi_assert(is_root() ? elbow_snapshot_bytes(&snapshot) >= 16 * fixture.model->parameters.size
                         : elbow_snapshot_bytes(&snapshot) == 0);
    elbow_snapshot_clear(&snapshot);
    checkpoint_teardown(&fixture);
}
END_TEST

START_TEST(the_bytes_do_not_depend_on_the_nodes)
{
    static const int64_t nodes[][4] = {{0, 1, 2, 3}, {0, 1, 0, 1}, {0, 1, 1, 1}, {0, 0, 0, 0}};
    size_t size = 0, other_size = 0;
    unsigned char *bytes = bytes_saved(NULL, &size);
    mpi_assert(elbow_comm_place(mpi_comm).size <= 4);
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; ++i) { // the last one: as it was
        unsigned char *other = bytes_saved(nodes[i], &other_size);
        mpi_assert(!is_root() || (size == other_size && memcmp(bytes, other, size) == 0));
        free(other);
    }
    free(bytes);
}
END_TEST

START_TEST(the_file_holds_named_tensors)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    checkpoint_setup(&fixture, "adam");
    must(save(&fixture, fixture.scratch.directory, &error), &error);
    bool same = true;
    if (is_root()) {
        struct elbow_hdf5 *file = NULL;
        float *read = calloc(fixture.model->parameters.size, sizeof *read);
        elbow_hdf5_open(scratch_path(&fixture.scratch, "checkpoints/step-123456789.h5"), &file, &error);
        static const char *const groups[] = {"/model", "/optimizer/first_moment", "/optimizer/second_moment"};
        const float *arenas[] = {fixture.values, fixture.first_moment, fixture.second_moment};
        for (int g = 0; same && g < 3; ++g)
            for (size_t t = 0; same && t < fixture.model->parameters.count; ++t) {
                const struct elbow_tensor *tensor = &fixture.model->parameters.tensors[t];
                char name[128];
                snprintf(name, sizeof name, "%s/%s", groups[g], tensor->name);
                same = elbow_hdf5_read_rows(file, name, 0, tensor->shape[0], read, &error) == ELBOW_OK &&
                       memcmp(read, arenas[g] + tensor->offset, tensor->count * sizeof *read) == 0;
            }
        elbow_hdf5_close(file, NULL);
        free(read);
    }
    mpi_assert(same && error.status == ELBOW_OK);
    checkpoint_teardown(&fixture);
}
END_TEST

START_TEST(an_unwritable_place_is_told_to_all)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    checkpoint_setup(&fixture, "adam");
    size_t blocks = elbow_memory_count().blocks;
    if (is_root())
        scratch_write(scratch_path(&fixture.scratch, "checkpoints"), "", 0);
    mpi_assert(save(&fixture, fixture.scratch.directory, &error) == ELBOW_OUTPUT);
    mpi_assert(error.status == ELBOW_OUTPUT && strstr(error.message, "/checkpoints: ") != NULL);
    if (is_root()) { // a directory where the file should go
        remove(scratch_path(&fixture.scratch, "checkpoints"));
        struct elbow_error trouble = {0};
        elbow_file_make_directory(scratch_path(&fixture.scratch, "checkpoints/step-123456789.h5"), &trouble);
    }
    mpi_assert(save(&fixture, fixture.scratch.directory, &error) == ELBOW_OUTPUT);
    mpi_assert(strstr(error.message, "the checkpoint was not written: ") != NULL);
    mpi_assert(elbow_memory_count().blocks == blocks);
    checkpoint_teardown(&fixture);
}
END_TEST

START_TEST(no_file_at_all)
{
    struct fixture fixture;
    struct elbow_error error = {0};
    struct elbow_checkpoint back;
    checkpoint_setup(&fixture, "adam");
    mpi_assert(elbow_checkpoint_load(mpi_comm, fixture.scratch.directory, false, &fixture.log, &back, &error) ==
               ELBOW_FILE);
    mpi_assert(strstr(error.message, "holds no checkpoint") != NULL);
    mpi_assert(elbow_checkpoint_load(mpi_comm, "/proc/none", false, &fixture.log, &back, &error) == ELBOW_FILE);
    elbow_checkpoint_clear(&back);
    checkpoint_teardown(&fixture);
}
END_TEST

MPI_UNIT_MAIN("run/checkpoint", what_is_saved_comes_back, averages_come_back, rules_of_the_data_come_back,
              a_snapshot_knows_its_bytes, the_bytes_do_not_depend_on_the_nodes, the_file_holds_named_tensors,
              an_unwritable_place_is_told_to_all, no_file_at_all)
