// SPDX-License-Identifier: BSD-3-Clause
// Checkpoint files by themselves: the seal refuses every damage; the right one is found among damaged and foreign
// files, and only our own are ever removed.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"
#include "scratch.h"
#include "scratch_open.h"
#include "unit.h"

#include <sys/stat.h>

struct image {
    unsigned char *bytes; // owned
    size_t size;
};

// A small HDF5 file behind a sealed user block, whose contents depend on `number`.
static struct image make_image(int64_t number)
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

static enum elbow_status verify(const unsigned char *bytes, size_t size, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_checkpoint_verify("some/file.h5", bytes, size, error);
    ck_assert_int_eq(status, error->status);
    ck_assert(status == ELBOW_OK || strstr(error->message, "some/file.h5: is ") == error->message);
    return status;
}

START_TEST(every_flipped_byte_is_refused)
{
    struct image image = make_image(1);
    struct elbow_error error;
    ck_assert_int_eq(verify(image.bytes, image.size, &error), ELBOW_OK);
    for (size_t i = 0; i < image.size; ++i)
        for (int flip = 1; flip < 256; flip = flip * 2 + 1) { // the lowest bits, up to all
            image.bytes[i] ^= (unsigned char)flip;
            ck_assert_msg(verify(image.bytes, image.size, &error) == ELBOW_FORMAT, "byte %zu ^ %d", i, flip);
            image.bytes[i] ^= (unsigned char)flip;
        }
    ck_assert_int_eq(verify(image.bytes, image.size, &error), ELBOW_OK);
    elbow_release(&image.bytes);
}
END_TEST

START_TEST(every_other_length_is_refused)
{
    struct image image = make_image(1);
    struct elbow_error error;
    // In a block of exactly its size, so that a sanitizer sees a read behind the end.
    for (size_t size = 0; size < image.size; ++size) {
        unsigned char *cut = malloc(size + (size == 0));
        memcpy(cut, image.bytes, size);
        ck_assert_msg(verify(cut, size, &error) == ELBOW_FORMAT, "%zu bytes", size);
        free(cut);
    }
    unsigned char *longer = calloc(1, image.size + 1);
    memcpy(longer, image.bytes, image.size);
    ck_assert_int_eq(verify(longer, image.size + 1, &error), ELBOW_FORMAT);
    free(longer);
    elbow_release(&image.bytes);
}
END_TEST

START_TEST(the_reason_is_told)
{
    struct image image = make_image(1);
    struct elbow_error error;
    image.bytes[8] = 2;
    verify(image.bytes, image.size, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "format 2, but this program reads format 1"));
    image.bytes[8] = 1;
    verify(image.bytes, image.size - 3, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "cut off"));
    image.bytes[0] = 'X';
    verify(image.bytes, image.size, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "not a checkpoint of Elbow"));
    image.bytes[0] = 'E';
    image.bytes[image.size - 1] ^= 1;
    verify(image.bytes, image.size, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "damaged"));
    elbow_release(&image.bytes);
}
END_TEST

START_TEST(the_seal_is_little_endian_and_known)
{
    struct image image = make_image(1);
    uint64_t rest = 0;
    ck_assert_int_eq(memcmp(image.bytes, "ELBOWCP\n\1\0\0\0\0\2\0\0", 16), 0);
    for (int i = 7; i >= 0; --i)
        rest = rest << 8 | image.bytes[16 + i];
    ck_assert_uint_eq(rest, image.size - 512);
    // Sealing again changes nothing; whatever stood in the block is gone.
    unsigned char before[512];
    memcpy(before, image.bytes, 512);
    memset(image.bytes, 0xAB, 512);
    elbow_checkpoint_seal(image.bytes, image.size);
    ck_assert_int_eq(memcmp(before, image.bytes, 512), 0);
    elbow_release(&image.bytes);
}
END_TEST

// A run directory under test: its log goes into a file.
struct run {
    struct scratch scratch;
    struct elbow_directory directory;
    struct elbow_log log;
    char path[512];
};

static struct run open_run(bool with_directory)
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

static void close_run(struct run *run)
{
    fclose(run->log.screen);
    run->log.screen = NULL;
    elbow_log_close(&run->log);
    elbow_directory_close(&run->directory);
    scratch_clear(&run->scratch);
}

static const char *path_of(struct run *run, const char *name)
{
    snprintf(run->path, sizeof run->path, "%s/checkpoints/%s", run->scratch.directory, name);
    return run->path;
}

static bool has(struct run *run, const char *name)
{
    struct stat about;
    return lstat(path_of(run, name), &about) == 0;
}

// A checkpoint file of this name, damaged in the middle or not.
static void put(struct run *run, const char *name, bool damaged)
{
    struct image image = make_image(7);
    image.bytes[image.size / 2] ^= damaged;
    scratch_write(path_of(run, name), image.bytes, image.size);
    elbow_release(&image.bytes);
}

static void put_text(struct run *run, const char *name)
{
    scratch_write(path_of(run, name), "hello", 5);
}

static int warnings(struct run *run)
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

static void check_list(struct run *run, const uint64_t *expected, size_t expected_count)
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

static void check_found(struct run *run, bool best, const char *name)
{
    elbow_path found;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_checkpoint_find(run->scratch.directory, best, &run->log, found, &error) == ELBOW_OK, "%s",
                  error.message);
    ck_assert_str_eq(found, path_of(run, name));
}

static void put_foreign(struct run *run)
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
        put_text(run, names[i]);
}

// What stays after the checkpoint of `step` was written by a start that finds the others there.
static void check_kept(struct run *run, uint64_t step, int64_t keep, bool keeps_best, const uint64_t *kept,
                       size_t count)
{
    struct elbow_shelf shelf;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_shelf_open(&run->directory, &shelf, &error), ELBOW_OK);
    elbow_shelf_put(&shelf, &run->directory, step, keep, keeps_best, 0);
    check_list(run, kept, count);
    elbow_shelf_clear(&shelf);
}

START_TEST(directories_without_checkpoints)
{
    struct run run = open_run(false);
    elbow_path found;
    struct elbow_error error = {0};
    check_list(&run, NULL, 0);
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "holds no checkpoint"));
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, true, &run.log, found, &error), ELBOW_FILE);
    ck_assert_int_eq(elbow_checkpoint_find("/proc/none", false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "/proc/none: No such file"));
    elbow_checkpoint_link_best(&run.directory, 5);
    scratch_write(scratch_path(&run.scratch, "checkpoints"), "hello", 5); // a file of that name
    check_list(&run, NULL, 0);
    close_run(&run);
}
END_TEST

START_TEST(foreign_names_are_no_checkpoints)
{
    struct run run = open_run(true);
    put_foreign(&run);
    check_list(&run, NULL, 0);
    put(&run, "step-00000003.h5", false);
    put(&run, "step-00000002.h5", false);
    check_list(&run, (const uint64_t[]){2, 3}, 2);
    check_found(&run, false, "step-00000003.h5");
    check_kept(&run, 3, 1, false, (const uint64_t[]){3}, 1);
    ck_assert(has(&run, "step-9.h5") && has(&run, "step-00000009.h5.part") && has(&run, "notes.txt"));
    ck_assert_int_eq(warnings(&run), 0);
    close_run(&run);
}
END_TEST

START_TEST(damaged_ones_are_passed_over)
{
    struct run run = open_run(true);
    elbow_path found;
    struct elbow_error error = {0};
    put(&run, "step-00000010.h5", false);
    put(&run, "step-00000020.h5", false);
    put(&run, "step-00000030.h5", true);
    put_text(&run, "step-00000040.h5");
    scratch_write(path_of(&run, "step-00000050.h5"), "", 0);
    ck_assert_int_eq(mkdir(path_of(&run, "step-00000060.h5"), 0777), 0);
    check_found(&run, false, "step-00000020.h5");
    ck_assert_int_eq(warnings(&run), 4);
    ck_assert_int_eq(elbow_checkpoint_find(path_of(&run, "step-00000030.h5"), false, &run.log, found, &error),
                     ELBOW_FORMAT);
    ck_assert_int_eq(elbow_checkpoint_find(path_of(&run, "step-00000010.h5"), false, &run.log, found, &error),
                     ELBOW_OK);
    ck_assert_str_eq(found, run.path);
    put(&run, "step-00000010.h5", true);
    put(&run, "step-00000020.h5", true);
    error = (struct elbow_error){0};
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "holds no checkpoint that is sound"));
    close_run(&run);
}
END_TEST

// The newest file may be sound, where there was no memory to look.
// A pipe, a directory, a text of a checkpoint's name are not waited for, read or taken.
START_TEST(foreign_things_are_passed_over)
{
    struct run run = open_run(true);
    put(&run, "step-00000003.h5", false);
    put_text(&run, "step-00000004.h5");
    mkdir(path_of(&run, "step-00000005.h5"), 0777);
    mkfifo(path_of(&run, "step-00000006.h5"), 0666);
    if (symlink("step-00000099.h5", path_of(&run, "step-00000007.h5")) != 0) // to nothing
        ck_abort_msg("no symbolic link");
    check_found(&run, false, "step-00000003.h5");
    close_run(&run);
}
END_TEST

START_TEST(no_memory_is_no_damage)
{
    struct run run = open_run(true);
    put(&run, "step-00000010.h5", false);
    put(&run, "step-00000020.h5", false);
    size_t before = elbow_memory_count().blocks;
    uint64_t count = elbow_memory_count().allocations;
    check_found(&run, false, "step-00000020.h5");
    count = elbow_memory_count().allocations - count;
    ck_assert_uint_ge(count, 2);
    for (uint64_t n = 1; n <= count; ++n) {
        elbow_path found;
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        enum elbow_status status = elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error);
        elbow_memory_fail_at(0);
        ck_assert_int_eq(status, ELBOW_MEMORY);
        ck_assert_int_eq(error.status, ELBOW_MEMORY);
        ck_assert_uint_eq(elbow_memory_count().blocks, before);
    }
    ck_assert_int_eq(warnings(&run), 0);
    close_run(&run);
}
END_TEST

// A newer one that cannot be read may be sound: nobody takes an older one for it, or takes it away.
START_TEST(what_cannot_be_read_is_no_damage)
{
    struct run run = open_run(true);
    elbow_path found;
    struct elbow_error error = {0};
    put(&run, "step-00000010.h5", false);
    put(&run, "step-00000020.h5", true);
    ck_assert_int_eq(symlink("step-00000030.h5", path_of(&run, "step-00000030.h5")), 0); // ELOOP
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_msg(strstr(error.message, "step-00000030.h5: cannot be read: Too many levels") != NULL, "%s",
                  error.message);
    ck_assert_ptr_nonnull(strstr(error.message, "try again when it can be read"));
    ck_assert_int_eq(elbow_checkpoint_cut(&run.directory, 10, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "step-00000030.h5: cannot be read"));
    ck_assert(has(&run, "step-00000030.h5") && !has(&run, "step-00000030.h5.damaged"));
    // For the shelf it neither counts nor goes, and is asked again.
    ck_assert_int_eq(unlink(path_of(&run, "step-00000020.h5.damaged")), 0);
    struct elbow_shelf shelf;
    ck_assert_int_eq(elbow_shelf_open(&run.directory, &shelf, &error), ELBOW_OK);
    put(&run, "step-00000040.h5", false);
    elbow_shelf_put(&shelf, &run.directory, 40, 1, false, 0);
    check_list(&run, (const uint64_t[]){30, 40}, 2);
    ck_assert_int_eq(unlink(path_of(&run, "step-00000030.h5")), 0);
    put(&run, "step-00000030.h5", false);
    put(&run, "step-00000050.h5", false);
    ck_assert_int_eq(elbow_shelf_reserve(&shelf, &error), ELBOW_OK);
    elbow_shelf_put(&shelf, &run.directory, 50, 1, false, 0);
    check_list(&run, (const uint64_t[]){50}, 1);
    elbow_shelf_clear(&shelf);
    close_run(&run);
}
END_TEST

// Earlier ones that were set aside stay, whatever comes to their step.
START_TEST(damaged_ones_get_names_of_their_own)
{
    static const char *const names[] = {"step-00000020.h5.damaged", "step-00000020.h5.damaged-2",
                                        "step-00000020.h5.damaged-3"};
    struct run run = open_run(true);
    struct elbow_error error = {0};
    put(&run, "step-00000010.h5", false);
    for (size_t i = 0; i < 3; ++i) {
        char text[8];
        snprintf(text, sizeof text, "no. %d", (int)i);
        scratch_write(path_of(&run, "step-00000020.h5"), text, 5);
        ck_assert_int_eq(elbow_checkpoint_cut(&run.directory, 10, &error), ELBOW_OK);
        ck_assert(!has(&run, "step-00000020.h5"));
    }
    for (size_t i = 0; i < 3; ++i) {
        size_t size;
        char *bytes = scratch_read(path_of(&run, names[i]), &size);
        ck_assert(bytes != NULL && size == 5 && bytes[4] == (char)('0' + i));
        free(bytes);
    }
    ck_assert(has(&run, "step-00000010.h5"));
    close_run(&run);
}
END_TEST

START_TEST(steps_beyond_eight_digits)
{
    struct run run = open_run(true);
    elbow_path path;
    ck_assert(elbow_checkpoint_path("run", 123456789012, path));
    ck_assert_str_eq(path, "run/checkpoints/step-123456789012.h5");
    ck_assert(elbow_checkpoint_path("run", 500, path));
    ck_assert_str_eq(path, "run/checkpoints/step-00000500.h5");
    put(&run, "step-99999999.h5", false);
    put(&run, "step-100000000.h5", false); // before the other by its letters
    put(&run, "step-18446744073709551615.h5", true);
    check_list(&run, (const uint64_t[]){99999999, 100000000, UINT64_MAX}, 3);
    check_found(&run, false, "step-100000000.h5");
    check_kept(&run, 100000000, 1, false, (const uint64_t[]){100000000, UINT64_MAX}, 2);
    close_run(&run);
}
END_TEST

START_TEST(the_newest_and_the_best_are_kept)
{
    struct run run = open_run(true);
    for (int step = 1; step <= 6; ++step) {
        char name[32];
        snprintf(name, sizeof name, "step-%08d.h5", step);
        put(&run, name, false);
    }
    elbow_checkpoint_link_best(&run.directory, 2);
    check_kept(&run, 6, 9, true, (const uint64_t[]){1, 2, 3, 4, 5, 6}, 6);
    check_kept(&run, 6, 3, true, (const uint64_t[]){2, 4, 5, 6}, 4);
    // The best one is that which best.h5 links to: one that could not be written is no reason to lose it.
    elbow_checkpoint_link_best(&run.directory, 7);
    check_kept(&run, 6, 1, true, (const uint64_t[]){2, 6}, 2);
    check_kept(&run, 6, 1, false, (const uint64_t[]){6}, 1);
    close_run(&run);
}
END_TEST

// A start that knows nothing of what lies there reads before it counts, and before it deletes.
START_TEST(damaged_ones_neither_count_nor_go)
{
    struct run run = open_run(true);
    put(&run, "step-00000001.h5", false);
    put(&run, "step-00000002.h5", true);
    put(&run, "step-00000003.h5", false);
    put_text(&run, "step-00000004.h5");
    put(&run, "step-00000005.h5", true);
    mkdir(path_of(&run, "step-00000006.h5"), 0777);
    mkfifo(path_of(&run, "step-00000007.h5"), 0666); // nobody will ever write to it
    put(&run, "step-00000008.h5", false);
    check_kept(&run, 8, 2, false, (const uint64_t[]){2, 3, 4, 5, 6, 7, 8}, 7);
    check_kept(&run, 8, 1, false, (const uint64_t[]){2, 4, 5, 6, 7, 8}, 6);
    close_run(&run);
}
END_TEST

// The shelf of a run that writes for long asks for room now and then, and follows what it deletes.
START_TEST(a_shelf_over_a_long_run)
{
    struct run run = open_run(true);
    struct elbow_shelf shelf;
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(elbow_shelf_open(&run.directory, &shelf, &error), ELBOW_OK);
    for (uint64_t step = 1; step <= 40; ++step) {
        char name[32];
        snprintf(name, sizeof name, "step-%08d.h5", (int)step);
        put_text(&run, name); // that it is sound the shelf is told
        ck_assert_int_eq(elbow_shelf_reserve(&shelf, &error), ELBOW_OK);
        elbow_shelf_put(&shelf, &run.directory, step, step <= 30 ? 25 : 2, false, 0);
        ck_assert_uint_eq(shelf.count, step <= 25 ? step : step <= 30 ? 25 : 2);
    }
    check_list(&run, (const uint64_t[]){39, 40}, 2);
    elbow_shelf_put(&shelf, &run.directory, 40, 2, false, 0); // written again
    ck_assert_uint_eq(shelf.count, 2);
    elbow_shelf_clear(&shelf);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    close_run(&run);
}
END_TEST

START_TEST(the_best_is_a_link)
{
    struct run run = open_run(true);
    char target[64] = "";
    put(&run, "step-00000001.h5", false);
    put(&run, "step-00000002.h5", false);
    elbow_checkpoint_link_best(&run.directory, 1);
    check_found(&run, true, "best.h5");
    elbow_checkpoint_link_best(&run.directory, 2);
    ck_assert_int_eq(readlink(path_of(&run, "best.h5"), target, sizeof target - 1), 16);
    ck_assert_str_eq(target, "step-00000002.h5");
    put_text(&run, "link");
    ck_assert_int_eq(unlink(path_of(&run, "best.h5")), 0);
    ck_assert_int_eq(rename(scratch_path(&run.scratch, "checkpoints/link"), path_of(&run, "best.h5")), 0);
    ck_assert(!elbow_checkpoint_link_best(&run.directory, 2)); // a file of somebody's stays
    ck_assert_int_lt(readlink(path_of(&run, "best.h5"), target, sizeof target - 1), 0);
    ck_assert_int_eq(unlink(path_of(&run, "best.h5")), 0);
    elbow_checkpoint_link_best(&run.directory, 2);
    check_found(&run, true, "best.h5");
    check_found(&run, false, "step-00000002.h5"); // the link is no checkpoint of its own
    check_list(&run, (const uint64_t[]){1, 2}, 2);
    close_run(&run);
}
END_TEST

START_TEST(paths_that_are_too_long)
{
    char run[ELBOW_PATH_SIZE + 8];
    elbow_path path;
    struct elbow_error error = {0};
    struct elbow_log log = elbow_log_open(false, stdout);
    memset(run, '/', sizeof run); // the root, told at length
    run[sizeof run - 1] = 0;
    ck_assert(!elbow_checkpoint_path(run, 1, path));
    ck_assert_int_eq(elbow_checkpoint_find(run, false, &log, path, &error), ELBOW_FILE);
    ck_assert_int_eq(elbow_checkpoint_find(run, true, &log, path, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "too long"));
}
END_TEST

UNIT_MAIN("run/checkpoint", every_flipped_byte_is_refused, every_other_length_is_refused, the_reason_is_told,
          the_seal_is_little_endian_and_known, directories_without_checkpoints, foreign_names_are_no_checkpoints,
          damaged_ones_are_passed_over, what_cannot_be_read_is_no_damage, damaged_ones_get_names_of_their_own,
          foreign_things_are_passed_over, no_memory_is_no_damage, steps_beyond_eight_digits,
          the_newest_and_the_best_are_kept, damaged_ones_neither_count_nor_go, a_shelf_over_a_long_run,
          the_best_is_a_link, paths_that_are_too_long)
