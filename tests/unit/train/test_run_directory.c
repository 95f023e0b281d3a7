// SPDX-License-Identifier: BSD-3-Clause
// Run directories, recognised by their contents.
#include "elbow/train/detail/run_directory.h"

#include "scratch.h"
#include "scratch_open.h"
#include "unit.h"

#include <sys/stat.h>

static const char *const names[] = {"config.yaml", "metrics.csv", "kl.csv",      "log.txt",
                                    "receipt.txt", "lock",        "checkpoints", "samples"};
enum { NAMES = sizeof names / sizeof *names };

struct place {
    struct scratch scratch;
    struct elbow_directory directory;
};

static struct place open_place(void)
{
    struct place place = {.scratch = scratch_make()};
    place.directory = scratch_open(place.scratch.directory);
    return place;
}

static void close_place(struct place *place)
{
    elbow_directory_close(&place->directory);
    scratch_clear(&place->scratch);
}

static void put(struct place *place, const char *name, const char *text)
{
    scratch_write(scratch_path(&place->scratch, name), text, strlen(text));
}

static enum elbow_run_kind kind(struct place *place, const char **name)
{
    return elbow_run_kind_of(&place->directory, name);
}

START_TEST(names_alone_are_no_run)
{
    for (size_t i = 0; i < NAMES; ++i)
        for (int how = 0; how < 4; ++how) {
            struct place place = open_place();
            const char *name, *path = scratch_path(&place.scratch, names[i]);
            put(&place, "thesis.tex", "mine");
            ck_assert_int_eq(kind(&place, &name), ELBOW_RUN_NONE);
            path = scratch_path(&place.scratch, names[i]);
            if (how == 0)
                scratch_write(path, "of mine", 7);
            else
                ck_assert_int_eq(how == 1 ? mkdir(path, 0777) : how == 2 ? mkfifo(path, 0666) : symlink("x", path), 0);
            ck_assert_int_eq(kind(&place, &name), ELBOW_RUN_FOREIGN);
            ck_assert_str_eq(name, names[i]);
            close_place(&place);
        }
}
END_TEST

START_TEST(runs_are_known_by_their_files)
{
    static const struct {
        const char *name, *text;
    } marks[] = {{"receipt.txt", "start: 2026-01-01 at step 0\n"},
                 {"receipt.txt", "run: elbow 0.2.0\n"},
                 {"metrics.csv", "step,epoch,split,objective,elbo,recon,kl,beta\n"},
                 {"kl.csv", "step,epoch,split,kl_0,kl_1\n"},
                 {"lock", "process 17 on somewhere since then\n"},
                 {"checkpoints/step-00000500.h5", "ELBOWCP\n and so on"}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; ++i) {
        struct place place = open_place();
        const char *name;
        mkdir(scratch_path(&place.scratch, "checkpoints"), 0777);
        put(&place, "checkpoints/notes.txt", "ELBOWCP\n is what they begin with");
        put(&place, "checkpoints/step-5.h5", "ELBOWCP\n is what they begin with");
        put(&place, "log.txt", "data: many");
        ck_assert_int_eq(kind(&place, &name), ELBOW_RUN_FOREIGN);
        put(&place, marks[i].name, marks[i].text);
        ck_assert_msg(kind(&place, &name) == ELBOW_RUN_ONE, "%s", marks[i].text);
        put(&place, marks[i].name, "");
        ck_assert_int_eq(kind(&place, &name), ELBOW_RUN_FOREIGN);
        close_place(&place);
    }
}
END_TEST

START_TEST(emptiness)
{
    struct place place = open_place();
    ck_assert(elbow_run_is_empty(&place.directory));
    put(&place, ".elbow-0123456789abcdef-x", "half");
    ck_assert(elbow_run_is_empty(&place.directory));
    put(&place, ".hidden", "");
    ck_assert(!elbow_run_is_empty(&place.directory));
    close_place(&place);
}
END_TEST

// Every place is tried; a created file makes the directory a run's.
START_TEST(places)
{
    struct place place = open_place();
    struct elbow_error error = {0};
    const char *name;
    char path[300];
    ck_assert_int_eq(elbow_run_make_places(&place.directory, &error), ELBOW_OK);
    ck_assert_int_eq(kind(&place, &name), ELBOW_RUN_ONE);
    for (size_t i = 0; i < NAMES; ++i) {
        bool is_folder = strchr(names[i], '.') == NULL && strcmp(names[i], "lock") != 0;
        snprintf(path, sizeof path, "%s/%s", place.scratch.directory, names[i]);
        remove(path);
        for (int how = 0; how < 3; ++how) {
            if (how == 0)
                ck_assert_int_eq(mkfifo(path, 0666), 0);
            else if (how == 1 && is_folder)
                scratch_write(path, "of mine", 7);
            else if (how == 1)
                ck_assert_int_eq(mkdir(path, 0777), 0);
            else
                ck_assert_int_eq(symlink(is_folder ? "nowhere" : names[i], path), 0);
            for (int writes = 0; writes < 2; ++writes) {
                error = (struct elbow_error){0};
                enum elbow_status status = writes ? elbow_run_make_places(&place.directory, &error)
                                                  : elbow_run_check_places(&place.directory, &error);
                ck_assert_msg(status == ELBOW_FILE && strstr(error.message, path) != NULL, "%s: %s", names[i],
                              error.message);
            }
            ck_assert_int_eq(remove(path), 0);
        }
        ck_assert_int_eq(elbow_run_make_places(&place.directory, &error), ELBOW_OK);
    }
    put(&place, "checkpoints/best.h5", "a copy");
    ck_assert_int_eq(elbow_run_check_places(&place.directory, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "best.h5: cannot be written: it is not a link"));
    close_place(&place);
}
END_TEST

UNIT_MAIN("run/run_directory", names_alone_are_no_run, runs_are_known_by_their_files, emptiness, places)
