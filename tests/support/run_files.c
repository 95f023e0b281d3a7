// SPDX-License-Identifier: BSD-3-Clause
// Small images behind a sealed user block, and files for a directory.
#include "run_files.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "scratch_open.h"

#include <check.h>
#include <sys/stat.h>

struct image image_make(int64_t number)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    struct image image = {0};
    uint64_t shape[] = {2, 3};
    const float values[] = {1, 2, 3, 4, 5, (float)number};
    struct elbow_hdf5_buffer buffer = {0};
    elbow_hdf5_create_memory(ELBOW_CHECKPOINT_BLOCK, &buffer, &file, &error);
    elbow_hdf5_write_integers(file, "/", "step", &number, 1, &error);
    elbow_hdf5_create_dataset(file, "/model/weight", ELBOW_ELEMENT_FLOAT32, 2, shape, (struct elbow_hdf5_layout){0},
                              &error);
    elbow_hdf5_write_rows(file, "/model/weight", ELBOW_ELEMENT_FLOAT32, 0, 2, values, &error);
    elbow_hdf5_close(file, &error);
    ck_assert_msg(error.status == ELBOW_OK, "%s", error.message);
    elbow_checkpoint_seal(buffer.bytes, buffer.size);
    image.bytes = buffer.bytes;
    image.size = buffer.size;
    return image;
}

struct run run_open(bool with_directory)
{
    struct run run = {.scratch = scratch_make()};
    struct elbow_error error = {0};
    run.directory = scratch_open(run.scratch.directory);
    FILE *nowhere = fopen("/dev/null", "w");
    run.log = elbow_log_open(true, nowhere);
    ck_assert_int_eq(elbow_log_append_to(&run.log, NULL, scratch_path(&run.scratch, "log.txt"), &error), ELBOW_OK);
    if (with_directory)
        ck_assert_int_eq(mkdir(scratch_path(&run.scratch, "checkpoints"), 0777), 0);
    return run;
}

void run_close(struct run *run)
{
    fclose(run->log.screen);
    run->log.screen = NULL;
    elbow_log_close(&run->log);
    elbow_directory_close(&run->directory);
    scratch_clear(&run->scratch);
}

const char *run_path_of(struct run *run, const char *name)
{
    snprintf(run->path, sizeof run->path, "%s/checkpoints/%s", run->scratch.directory, name);
    return run->path;
}

bool run_holds(struct run *run, const char *name)
{
    struct stat about;
    return lstat(run_path_of(run, name), &about) == 0;
}

void run_put(struct run *run, const char *name, bool damaged)
{
    struct image image = image_make(7);
    image.bytes[image.size / 2] ^= damaged;
    scratch_write(run_path_of(run, name), image.bytes, image.size);
    elbow_release(&image.bytes);
}

void run_put_text(struct run *run, const char *name)
{
    scratch_write(run_path_of(run, name), "hello", 5);
}

void run_put_foreign(struct run *run)
{
    static const char *const names[] = {"step-00000009.h5.part",
                                        "step-9.h5",
                                        "step-+0000009.h5",
                                        "step--0000009.h5",
                                        "step- 0000009.h5",
                                        "step-0000000009.h5",
                                        "step-00000009.H5",
                                        "xstep-00000009.h5",
                                        "step-00000009.h5x",
                                        "step-.h5",
                                        "step-0000000x.h5",
                                        "step-99999999999999999999999.h5",
                                        "notes.txt",
                                        "step-00000009",
                                        "step-0x000009.h5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        run_put_text(run, names[i]);
}

int run_warnings(struct run *run)
{
    size_t size;
    char *text = scratch_read(scratch_path(&run->scratch, "log.txt"), &size);
    int count = 0;
    text[size] = 0;
    for (char *at = text; (at = strstr(at, "passed over\n")) != NULL; ++at)
        ++count;
    free(text);
    return count;
}

void run_check_list(struct run *run, const uint64_t *expected, size_t expected_count)
{
    uint64_t *steps = NULL;
    size_t count = 99;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_checkpoint_list(&run->directory, &steps, &count, &error), ELBOW_OK);
    ck_assert_uint_eq(count, expected_count);
    for (size_t i = 0; i < count; ++i)
        ck_assert_uint_eq(steps[i], expected[i]);
    elbow_release(&steps);
}

void run_check_found(struct run *run, bool best, const char *name)
{
    elbow_path found;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_checkpoint_find(run->scratch.directory, best, &run->log, found, &error) == ELBOW_OK, "%s",
                  error.message);
    ck_assert_str_eq(found, run_path_of(run, name));
}

void run_check_kept(struct run *run, uint64_t step, int64_t keep, bool keeps_best, const uint64_t *kept, size_t count)
{
    struct elbow_retention retention;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_retention_open(&run->directory, &retention, &error), ELBOW_OK);
    elbow_retention_put(&retention, &run->directory, step, keep, keeps_best, 0);
    run_check_list(run, kept, count);
    elbow_retention_clear(&retention);
}
