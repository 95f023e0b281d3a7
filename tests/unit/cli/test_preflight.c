// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/cli/preflight.h"

#include "elbow/base/child.h"
#include "elbow/cli/early.h"
#include "elbow/data/preview.h"

#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const double LIMIT = 20; // seconds: far more than any of this needs

static const char *const RANKS[] = {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "PMI_LOCAL_RANK", "SLURM_LOCALID"};

static void clear_ranks(void)
{
    for (size_t i = 0; i < sizeof RANKS / sizeof *RANKS; ++i)
        unsetenv(RANKS[i]);
}

static void pass(const struct elbow_call *call, char *note)
{
    (void)call;
    (void)note;
}

static void crash_in_file(const struct elbow_call *call, char *note)
{
    strcpy(note, call->words[0]);
    raise(SIGSEGV);
}

static void crash_elsewhere(const struct elbow_call *call, char *note)
{
    (void)call;
    (void)note;
    raise(SIGABRT);
}

static void hang(const struct elbow_call *call, char *note)
{
    strcpy(note, call->words[0]);
    while (true)
        pause();
}

// A file that libhdf5 1.10.8 runs in a circle over; others may find it damaged.
static void read_circle(const struct elbow_call *call, char *note)
{
    elbow_preview_dataset(call->words[0], "/train", note);
}

static enum elbow_status try_preview(void (*preview)(const struct elbow_call *call, char *note), const char *word,
                                     double seconds, struct elbow_error *error)
{
    struct elbow_command command = {.name = "test", .preview = preview};
    char *words[] = {(char *)word};
    struct elbow_call call = {.count = 1, .words = words};
    *error = (struct elbow_error){0};
    return elbow_preflight(&command, &call, seconds, error);
}

START_TEST(what_passes_is_no_news)
{
    struct elbow_error error;
    clear_ranks();
    ck_assert_int_eq(try_preview(pass, "a.h5", LIMIT, &error), ELBOW_OK);
    ck_assert_int_eq(try_preview(NULL, "a.h5", LIMIT, &error), ELBOW_OK);
    // What does not die of a file is the program's own affair.
    ck_assert_int_eq(try_preview(crash_elsewhere, "a.h5", LIMIT, &error), ELBOW_OK);
    ck_assert_int_eq(error.status, ELBOW_OK);
}
END_TEST

START_TEST(a_crash_is_a_sentence)
{
    struct elbow_error error;
    clear_ranks();
    ck_assert_int_eq(try_preview(crash_in_file, "a.h5:/train", LIMIT, &error), ELBOW_FORMAT);
    ck_assert_str_eq(error.message, "a.h5:/train: the HDF5 library crashes reading it (signal SEGV): the file is "
                                    "damaged; create it again, or use another copy of it");
}
END_TEST

START_TEST(hanging_is_a_sentence)
{
    struct elbow_error error;
    clear_ranks();
    ck_assert_int_eq(try_preview(hang, "a.h5:/train", 0.3, &error), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "a.h5:/train: could not be opened within 0.3 s"));
    ck_assert_ptr_nonnull(strstr(error.message, "again with libver='v110' (h5py) or later, or list its source"));
    enum elbow_status status = try_preview(read_circle, ELBOW_SOURCE_DIR "/tests/damaged/hang.h5", 1, &error);
    ck_assert(status == ELBOW_OK || strstr(error.message, "hang.h5:/train: could not be opened within 1 s") != NULL);
}
END_TEST

START_TEST(one_rank_a_node_looks)
{
    struct elbow_error error;
    for (size_t i = 0; i < sizeof RANKS / sizeof *RANKS; ++i) {
        clear_ranks();
        setenv(RANKS[i], "1", 1);
        ck_assert_int_eq(try_preview(crash_in_file, "a.h5", LIMIT, &error), ELBOW_OK);
        setenv(RANKS[i], "0", 1);
        ck_assert_int_eq(try_preview(crash_in_file, "a.h5", LIMIT, &error), ELBOW_FORMAT);
    }
    // mpirun inside of a Slurm job: each rank has the local rank of mpirun's daemon.
    setenv(RANKS[0], "1", 1);
    setenv(RANKS[3], "0", 1);
    ck_assert_int_eq(try_preview(crash_in_file, "a.h5", LIMIT, &error), ELBOW_OK);
    clear_ranks();
}
END_TEST

static bool describe_error(const struct elbow_call *call, char *note, FILE *out, struct elbow_error *error)
{
    strcpy(note, call->words[0]);
    for (int i = 0; i < 2000; ++i) // more than a buffer
        fprintf(out, "line %d\n", i);
    elbow_error_set_reason(error, ELBOW_DATA, 5, "%s: a sentence", call->words[0]);
    note[0] = '\0';
    return true;
}

static bool describe_nothing(const struct elbow_call *call, char *note, FILE *out, struct elbow_error *error)
{
    (void)call, (void)note, (void)error;
    fprintf(out, "half a result");
    return false;
}

static bool describe_and_crash(const struct elbow_call *call, char *note, FILE *out, struct elbow_error *error)
{
    (void)error;
    strcpy(note, call->words[0]);
    fprintf(out, "half a result");
    raise(SIGSEGV);
    return true;
}

// More than may be written.
static bool describe_too_much(const struct elbow_call *call, char *note, FILE *out, struct elbow_error *error)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096});
    return describe_error(call, note, out, error);
}

typedef bool describeer(const struct elbow_call *call, char *note, FILE *out, struct elbow_error *error);

static enum elbow_status try_describe(describeer *describe, struct elbow_call *call, struct elbow_error *error)
{
    static char word[] = "a.h5";
    static char *words[] = {word};
    struct elbow_command command = {.name = "test", .describe = describe};
    *call = (struct elbow_call){.count = 1, .words = words};
    *error = (struct elbow_error){0};
    return elbow_preflight(&command, call, LIMIT, error);
}

START_TEST(a_result_comes_with_its_error)
{
    struct elbow_call call;
    struct elbow_error error;
    char line[64];
    int last = -1;
    clear_ranks();
    ck_assert_int_eq(try_describe(describe_error, &call, &error), ELBOW_OK);
    ck_assert_int_eq(error.status, ELBOW_OK);
    ck_assert_ptr_nonnull(call.early);
    FILE *out = tmpfile();
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(elbow_early_take(call.early, out, &error), ELBOW_DATA);
    ck_assert_str_eq(error.message, "a.h5: a sentence");
    ck_assert_int_eq(error.reason, 5);
    rewind(out);
    while (fgets(line, sizeof line, out) != NULL)
        ck_assert_int_eq(atoi(line + strlen("line ")), ++last);
    ck_assert_int_eq(last, 1999);
    fclose(out);
    elbow_early_close(&call.early);
    ck_assert_ptr_null(call.early);
    elbow_early_close(&call.early);
}
END_TEST

START_TEST(half_a_result_is_none)
{
    struct elbow_call call;
    struct elbow_error error;
    clear_ranks();
    ck_assert_int_eq(try_describe(describe_nothing, &call, &error), ELBOW_OK);
    ck_assert_ptr_null(call.early);
    ck_assert_int_eq(try_describe(describe_too_much, &call, &error), ELBOW_OK);
    ck_assert_ptr_null(call.early);
    ck_assert_int_eq(try_describe(describe_and_crash, &call, &error), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "a.h5: the HDF5 library crashes reading it (signal SEGV)"));
    ck_assert_ptr_null(call.early);
    setenv(RANKS[0], "1", 1);
    ck_assert_int_eq(try_describe(describe_error, &call, &error), ELBOW_OK);
    ck_assert_ptr_null(call.early);
    clear_ranks();
}
END_TEST

UNIT_MAIN("cli/preflight", what_passes_is_no_news, a_crash_is_a_sentence, hanging_is_a_sentence, one_rank_a_node_looks,
          a_result_comes_with_its_error, half_a_result_is_none)
