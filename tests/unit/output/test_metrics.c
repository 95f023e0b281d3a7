// SPDX-License-Identifier: BSD-3-Clause
// The tables of a run: their rows to the byte, and what cutting them leaves in every state that a crash can leave.
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/output/metrics.h"
#include "scratch.h"
#include "scratch_open.h"
#include "unit.h"

#include <glob.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char METRICS[] = "step,epoch,split,objective,elbo,recon,kl,beta,rate,grad_norm,active_units,skipped,"
                              "seconds,samples_per_s,compute,exchange,data\n";
static const char KL[] = "step,epoch,split,kl_0,kl_1\n";

#define GIVEN(figure, value) .values[figure] = (value), .is_given[figure] = true
static const struct elbow_metrics_row train_row = {
    .step = 50,
    .epoch = 1,
    .split = ELBOW_SPLIT_TRAIN,
    .figures = {GIVEN(ELBOW_FIGURE_SAMPLES, 700), GIVEN(ELBOW_FIGURE_OBJECTIVE, -100.5),
                GIVEN(ELBOW_FIGURE_ELBO, -101.25), GIVEN(ELBOW_FIGURE_RECON, -90), GIVEN(ELBOW_FIGURE_KL, 11.25),
                GIVEN(ELBOW_FIGURE_BETA, 0.5), GIVEN(ELBOW_FIGURE_RATE, 0.001), GIVEN(ELBOW_FIGURE_GRAD_NORM, 3),
                GIVEN(ELBOW_FIGURE_SKIPPED, 2), GIVEN(ELBOW_FIGURE_SECONDS, 0.25),
                GIVEN(ELBOW_FIGURE_SAMPLES_PER_S, 51200), GIVEN(ELBOW_FIGURE_COMPUTE, 0.75),
                GIVEN(ELBOW_FIGURE_EXCHANGE, 0.125), GIVEN(ELBOW_FIGURE_DATA, 0)}};
static const char TRAIN[] = "50,1,train,-100.5,-101.25,-90,11.25,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0\n";
static const char TRAIN_KL[] = "50,1,train,10,1.25\n";
static const double kl_of[] = {10, 1.25};

static struct elbow_metrics_row valid_row(uint64_t step)
{
    return (struct elbow_metrics_row){
        .step = step,
        .epoch = 2,
        .split = ELBOW_SPLIT_VALID,
        .figures = {GIVEN(ELBOW_FIGURE_OBJECTIVE, NAN), GIVEN(ELBOW_FIGURE_ELBO, 1.0 / 3), GIVEN(ELBOW_FIGURE_RECON, 0),
                    GIVEN(ELBOW_FIGURE_KL, 0), GIVEN(ELBOW_FIGURE_BETA, 0), GIVEN(ELBOW_FIGURE_ACTIVE_UNITS, 2),
                    GIVEN(ELBOW_FIGURE_LOG_LIKELIHOOD, 7), GIVEN(ELBOW_FIGURE_SKIPPED, 0)}};
}

static const char VALID_TAIL[] = ",2,valid,,0.33333333333333331,0,0,0,,,2,0,,,,,\n";

static struct elbow_log silence; // warnings are counted where they matter

// Opens the tables of a scratch directory, which stays open with them until the test ends.
static enum elbow_status open_tables(const char *path, size_t latent, uint64_t step, struct elbow_metrics *metrics,
                                     struct elbow_error *error)
{
    static struct elbow_directory directory;
    elbow_directory_close(&directory);
    directory = scratch_open(path);
    return elbow_metrics_open(&directory, latent, step, &silence, metrics, error);
}

static void expect(struct scratch *scratch, const char *name, const char *text)
{
    size_t size;
    char *bytes = scratch_read(scratch_path(scratch, name), &size);
    ck_assert_ptr_nonnull(bytes);
    bytes[size] = '\0';
    ck_assert_str_eq(bytes, text);
    ck_assert_uint_eq(size, strlen(text)); // no zero bytes
    free(bytes);
}

// Opens with these contents and closes again.
static enum elbow_status reopen(struct scratch *scratch, const void *text, size_t size, uint64_t step,
                                struct elbow_error *error)
{
    struct elbow_metrics metrics;
    scratch_write(scratch_path(scratch, "metrics.csv"), text, size);
    scratch_write(scratch_path(scratch, "kl.csv"), KL, sizeof KL - 1);
    enum elbow_status status = open_tables(scratch->directory, 2, step, &metrics, error);
    elbow_metrics_close(&metrics);
    return status;
}

// What a cut at `step` makes of a metrics.csv of the header and `rows`: the header and `kept`.
static void expect_cut(struct scratch *scratch, const char *rows, uint64_t step, const char *kept)
{
    char before[2048], after[2048];
    struct elbow_error error = {0};
    snprintf(before, sizeof before, "%s%s", METRICS, rows);
    snprintf(after, sizeof after, "%s%s", METRICS, kept);
    ck_assert_msg(reopen(scratch, before, strlen(before), step, &error) == ELBOW_OK, "%s", error.message);
    expect(scratch, "metrics.csv", after);
    expect(scratch, "kl.csv", KL);
    glob_t parts;
    ck_assert_int_eq(glob(scratch_path(scratch, ".elbow-*"), 0, NULL, &parts), GLOB_NOMATCH);
}

START_TEST(rows_to_the_byte)
{
    struct scratch scratch = scratch_make();
    struct elbow_metrics metrics;
    struct elbow_error error = {0};
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    expect(&scratch, "metrics.csv", METRICS);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    struct elbow_metrics_row valid = valid_row(UINT64_C(12345678901234));
    ck_assert_int_eq(elbow_metrics_append(&metrics, &valid, kl_of, &error), ELBOW_OK);
    int tables[2];
    elbow_metrics_descriptors(&metrics, tables);
    ck_assert(fsync(tables[0]) == 0 && fsync(tables[1]) == 0 && tables[0] != tables[1]);
    snprintf(text, sizeof text, "%s%s12345678901234%s", METRICS, TRAIN, VALID_TAIL);
    expect(&scratch, "metrics.csv", text); // before the close: a row is there once it is appended
    snprintf(text, sizeof text, "%s%s12345678901234,2,valid,10,1.25\n", KL, TRAIN_KL);
    expect(&scratch, "kl.csv", text);
    elbow_metrics_close(&metrics);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(resuming_goes_on_behind_the_kept_rows)
{
    struct scratch scratch = scratch_make();
    struct elbow_metrics metrics;
    struct elbow_error error = {0};
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    for (uint64_t step = 100; step <= 300; step += 100) {
        struct elbow_metrics_row row = valid_row(step);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &row, kl_of, &error), ELBOW_OK);
    }
    elbow_metrics_close(&metrics);
    ck_assert_int_eq(open_tables(scratch.directory, 2, 100, &metrics, &error), ELBOW_OK);
    struct elbow_metrics_row row = valid_row(250);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &row, kl_of, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    snprintf(text, sizeof text, "%s100%s250%s", METRICS, VALID_TAIL, VALID_TAIL);
    expect(&scratch, "metrics.csv", text);
    snprintf(text, sizeof text, "%s100,2,valid,10,1.25\n250,2,valid,10,1.25\n", KL);
    expect(&scratch, "kl.csv", text);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(cutting_by_step)
{
    struct scratch scratch = scratch_make();
    char all[1024], two[512];
    snprintf(two, sizeof two, "%s50%s", TRAIN, VALID_TAIL); // a train and a valid row of one step
    snprintf(all, sizeof all, "%s60%s", two, VALID_TAIL);
    expect_cut(&scratch, "", 50, "");
    expect_cut(&scratch, all, 60, all);
    expect_cut(&scratch, all, 1000, all);
    expect_cut(&scratch, all, 59, two);
    expect_cut(&scratch, all, 50, two);
    expect_cut(&scratch, all, 49, "");
    expect_cut(&scratch, all, 5, ""); // "50" begins with a 5
    expect_cut(&scratch, all, 0, ""); // begins anew
    scratch_clear(&scratch);
}
END_TEST

// A crash may cut the last row anywhere; where only its end of line is missing nobody knows whether digits are, too.
START_TEST(cutting_incomplete_rows)
{
    struct scratch scratch = scratch_make();
    char rows[1024];
    for (size_t length = 0; length < sizeof TRAIN - 1; ++length) {
        snprintf(rows, sizeof rows, "50%s%.*s", VALID_TAIL, (int)length, TRAIN);
        char kept[256];
        snprintf(kept, sizeof kept, "50%s", VALID_TAIL);
        expect_cut(&scratch, rows, 1000, kept);
    }
    scratch_clear(&scratch);
}
END_TEST

// Some file systems leave blocks of zeros after a power cut.
START_TEST(cutting_zero_bytes)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char bytes[4096] = {0}, text[1024];
    size_t length = (size_t)snprintf(bytes, sizeof bytes, "%s%s", METRICS, TRAIN);
    length += 700;
    length += (size_t)snprintf(bytes + length, sizeof bytes - length, "\n60%s", VALID_TAIL);
    ck_assert_int_eq(reopen(&scratch, bytes, length, 1000, &error), ELBOW_OK);
    snprintf(text, sizeof text, "%s%s60%s", METRICS, TRAIN, VALID_TAIL);
    expect(&scratch, "metrics.csv", text);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(headers)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    // Cut off in the header's middle, or empty: no row was ever there.
    for (size_t length = 0; length < sizeof METRICS - 1; ++length) {
        ck_assert_int_eq(reopen(&scratch, METRICS, length, 10, &error), ELBOW_OK);
        expect(&scratch, "metrics.csv", METRICS);
    }
    // Another header, with a name in the message; but not where the tables begin anew.
    ck_assert_int_eq(reopen(&scratch, "step,loss\n5,1\n", 14, 10, &error), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "metrics.csv: begins with another header"));
    expect(&scratch, "metrics.csv", "step,loss\n5,1\n");
    ck_assert_int_eq(reopen(&scratch, "step,loss\n5,1\n", 14, 0, &error), ELBOW_FORMAT);
    expect(&scratch, "metrics.csv", "step,loss\n5,1\n");
    // Rows of another run, which left no checkpoint.
    static const char others[] = "step,epoch,split,kl_0\n5,1,train,3.5\n10,2,valid,\n15,2,tr";
    ck_assert_int_eq(reopen(&scratch, others, sizeof others - 1, 10, &error), ELBOW_FORMAT);
    ck_assert_int_eq(reopen(&scratch, others, sizeof others - 1, 0, &error), ELBOW_OK);
    expect(&scratch, "metrics.csv", METRICS);
    // kl.csv of another number of latent dimensions.
    ck_assert_int_eq(open_tables(scratch.directory, 3, 10, &metrics, &error), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "kl.csv: begins with another header"));
    ck_assert(!metrics.metrics.is_open && metrics.metrics.waiting == NULL);
    // Missing files are made, at any step.
    unlink(scratch_path(&scratch, "metrics.csv"));
    unlink(scratch_path(&scratch, "kl.csv"));
    ck_assert_int_eq(open_tables(scratch.directory, 2, 10, &metrics, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    expect(&scratch, "metrics.csv", METRICS);
    expect(&scratch, "kl.csv", KL);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(unusable_directories)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char removed[300];
    snprintf(removed, sizeof removed, "%s/removed", scratch.directory);
    mkdir(removed, 0777);
    struct elbow_directory directory = scratch_open(removed);
    rmdir(removed);
    ck_assert_int_eq(elbow_metrics_open(&directory, 2, 0, &silence, &metrics, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "removed/metrics.csv"));
    elbow_directory_close(&directory);
    mkfifo(scratch_path(&scratch, "metrics.csv"), 0666); // nobody will ever write to it
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "it is no regular file"));
    unlink(scratch_path(&scratch, "metrics.csv"));
    mkdir(scratch_path(&scratch, "kl.csv"), 0777);
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_FILE);
    ck_assert(!metrics.metrics.is_open && metrics.metrics.waiting == NULL);
    ck_assert_int_eq(error.status, ELBOW_FILE);
    scratch_clear(&scratch);
}
END_TEST

// The disk fills up in the middle of a row (here: a limit of the file's size): the row is taken back.
START_TEST(a_full_disk_leaves_whole_rows)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    struct rlimit before, limit;
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = sizeof METRICS - 1 + sizeof TRAIN - 1 + 20;
    setrlimit(RLIMIT_FSIZE, &limit);
    enum elbow_status status = elbow_metrics_append(&metrics, &train_row, kl_of, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(status, ELBOW_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "metrics.csv: cannot be written: "));
    snprintf(text, sizeof text, "%s%s", METRICS, TRAIN);
    expect(&scratch, "metrics.csv", text);
    ck_assert(elbow_metrics_waits_for_room(&metrics));
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    ck_assert(!elbow_metrics_waits_for_room(&metrics));
    snprintf(text, sizeof text, "%s%s%s%s", METRICS, TRAIN, TRAIN, TRAIN); // the one that waited, too
    expect(&scratch, "metrics.csv", text);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

// Rows that find the disk full wait, in order, and both tables are whole as soon as there is room.
START_TEST(rows_wait_for_room)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    size_t size;
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    elbow_file_fail_at(3, 40);
    for (uint64_t step = 1; step <= 30; ++step) {
        struct elbow_metrics_row row = train_row;
        row.step = step;
        enum elbow_status status = elbow_metrics_append(&metrics, &row, kl_of, &error);
        ck_assert_int_eq(status, step == 1 || step > 21 ? ELBOW_OK : ELBOW_OUTPUT);
        ck_assert(elbow_metrics_waits_for_room(&metrics) == (status != ELBOW_OK));
        static const char *const names[] = {"metrics.csv", "kl.csv"};
        for (size_t i = 0; i < 2; ++i) { // whole rows, at any time
            char *text = scratch_read(scratch_path(&scratch, names[i]), &size);
            size_t lines = 0;
            for (size_t k = 0; k < size; ++k)
                lines += text[k] == '\n';
            ck_assert_uint_eq(lines, status == ELBOW_OK ? step + 1 : 2);
            ck_assert_int_eq(text[size - 1], '\n');
            free(text);
        }
    }
    elbow_file_fail_at(0, 0);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(more_rows_than_can_wait)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    elbow_file_fail_at(1, UINT64_MAX / 2);
    int rows = 0;
    do {
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
        ++rows;
    } while (rows < 1000000 && strstr(error.message, "rows are lost") == NULL);
    ck_assert_int_gt(rows, 500);
    ck_assert_int_lt(rows, 1000000);
    elbow_file_fail_at(0, 0);
    ck_assert_int_eq(elbow_metrics_flush(&metrics, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_table_that_is_removed_begins_anew)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    ck_assert_int_eq(unlink(scratch_path(&scratch, "metrics.csv")), 0);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "has been removed"));
    ck_assert(!elbow_metrics_waits_for_room(&metrics));
    snprintf(text, sizeof text, "%s%s", METRICS, TRAIN);
    expect(&scratch, "metrics.csv", text);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

// The directory itself is never made anew: what is appended waits.
START_TEST(a_directory_that_is_removed_stays_removed)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    scratch_clear(&scratch);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
    ck_assert_int_ne(access(scratch.directory, F_OK), 0);
    ck_assert(metrics.metrics.length > 0);
    elbow_metrics_close(&metrics);
}
END_TEST

// Lines of others stay, wherever rows are cut: comments, rows with a word too many, empty lines, a last one without
// end.
START_TEST(lines_of_others_stay)
{
    static const char *const others[] = {
        "# tuned the rate here\n",
        "\n",
        "50,1,train\n",
        "50,1,train,-100.5,-101.25,-90,11.25,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0,why?\n",
        "50,1,train,-100.5,-101.25,-90,11.25,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0 !\n",
        "50,1,test,-100.5,-101.25,-90,11.25,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0\n",
        "99999999999999999999999,1,train,,,,,,,,,,,,,,\n",
        "-5,1,train,,,,,,,,,,,,,,\n"};
    struct scratch scratch = scratch_make();
    char rows[1024], kept[1024];
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        for (uint64_t step = 0; step < 100; step += 55) {
            snprintf(rows, sizeof rows, "%s%s60%s%s", others[i], TRAIN, VALID_TAIL, others[i]);
            snprintf(kept, sizeof kept, "%s%s%s", others[i], step == 0 ? "" : TRAIN, others[i]);
            expect_cut(&scratch, rows, step, kept);
        }
    snprintf(rows, sizeof rows, "%s# the end", TRAIN);
    snprintf(kept, sizeof kept, "%s# the end\n", TRAIN);
    expect_cut(&scratch, rows, 50, kept);
    expect_cut(&scratch, rows, 10, "# the end\n");
    scratch_clear(&scratch);
}
END_TEST

// What a table holds after somebody has changed it and a row has been appended. *said: warnings.
static void expect_changed(const char *before, const char *changed, bool renames, const char *after, int said)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char path[300], text[2048];
    size_t size;
    FILE *screen = fopen("/dev/null", "w");
    snprintf(path, sizeof path, "%s/metrics.csv", scratch.directory);
    silence = elbow_log_open(true, screen);
    ck_assert_int_eq(elbow_log_append_to(&silence, NULL, scratch_path(&scratch, "log.txt"), &error), ELBOW_OK);
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    snprintf(text, sizeof text, "%s%s", METRICS, before);
    expect(&scratch, "metrics.csv", text);
    if (renames)
        ck_assert_int_eq(unlink(path), 0); // an editor's file comes in its place
    scratch_write(path, changed, strlen(changed));
    for (int i = 0; i < 2; ++i)
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    snprintf(text, sizeof text, "%s%s%s", after, TRAIN, TRAIN);
    expect(&scratch, "metrics.csv", text);
    snprintf(text, sizeof text, "%s%s%s%s", KL, TRAIN_KL, TRAIN_KL, TRAIN_KL);
    expect(&scratch, "kl.csv", text);
    elbow_metrics_close(&metrics);
    silence.line_is_open = false;
    elbow_log_close(&silence);
    silence = (struct elbow_log){0};
    fclose(screen);
    char *log = scratch_read(scratch_path(&scratch, "log.txt"), &size);
    int warnings = 0;
    for (size_t i = 0; i < size; ++i)
        warnings += log[i] == '\n';
    ck_assert_int_eq(warnings, said);
    free(log);
    scratch_clear(&scratch);
}

START_TEST(a_table_that_is_changed_keeps_its_bytes)
{
    char longer[2048], same[2048];
    signal(SIGPIPE, SIG_IGN);
    for (int renames = 0; renames < 2; ++renames) {
        snprintf(longer, sizeof longer, "# mine\n%s%s# and mine\n", METRICS, TRAIN);
        expect_changed(TRAIN, longer, renames, longer, 1);
        expect_changed(TRAIN, "# shorter\n", renames, "# shorter\n", 1);
        expect_changed(TRAIN, "# no end", renames, "# no end\n", 1);
        expect_changed(TRAIN, "", renames, "", 1);
        snprintf(same, sizeof same, "%s%s", METRICS, TRAIN);
        same[0] = 'S'; // as long as before
        expect_changed(TRAIN, same, renames, same, renames);
    }
}
END_TEST

// The newline that ends somebody's last line may find the disk full: it is owed, and no row is joined to that line.
START_TEST(a_line_without_an_end_gets_it_when_there_is_room)
{
    char changed[1024], text[2048], path[300];
    for (int renames = 0; renames < 2; ++renames) {
        struct scratch scratch = scratch_make();
        struct elbow_error error = {0};
        struct elbow_metrics metrics;
        snprintf(path, sizeof path, "%s/metrics.csv", scratch.directory);
        ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
        if (renames)
            ck_assert_int_eq(unlink(path), 0);
        snprintf(changed, sizeof changed, "%s%s# no end", METRICS, TRAIN);
        scratch_write(path, changed, strlen(changed));
        elbow_file_fail_at(renames ? 2 : 1, 1); // behind the opening of the new file
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
        elbow_file_fail_at(1, 1); // and once more
        ck_assert_int_eq(elbow_metrics_flush(&metrics, &error), ELBOW_OUTPUT);
        elbow_file_fail_at(0, 0);
        expect(&scratch, "metrics.csv", changed);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
        snprintf(text, sizeof text, "%s\n%s%s", changed, TRAIN, TRAIN);
        expect(&scratch, "metrics.csv", text);
        elbow_metrics_close(&metrics);
        scratch_clear(&scratch);
    }
}
END_TEST

// Half a row that could not be taken back is Elbow's own: it goes. Anything else in its place stays.
START_TEST(half_a_row_is_known)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char text[2048], path[300];
    snprintf(path, sizeof path, "%s/metrics.csv", scratch.directory);
    for (int is_foreign = 0; is_foreign < 2; ++is_foreign) {
        unlink(path);
        unlink(scratch_path(&scratch, "kl.csv"));
        ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
        elbow_file_fail_at(1, 2);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
        elbow_file_fail_at(0, 0);
        snprintf(text, sizeof text, "%s%.20s", METRICS, is_foreign ? "someone else's notes, longer" : TRAIN);
        scratch_write(path, text, strlen(text));
        ck_assert_int_eq(elbow_metrics_flush(&metrics, &error), ELBOW_OK);
        if (is_foreign)
            snprintf(text, sizeof text, "%ssomeone else's notes\n%s", METRICS, TRAIN);
        else
            snprintf(text, sizeof text, "%s%s", METRICS, TRAIN);
        expect(&scratch, "metrics.csv", text);
        elbow_metrics_close(&metrics);
    }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(reopen(&scratch, METRICS, sizeof METRICS - 1, 10, &error), ELBOW_OK);
    enum elbow_status status = ELBOW_MEMORY;
    uint64_t nth = 0;
    while (status == ELBOW_MEMORY) {
        elbow_memory_fail_at(++nth);
        status = open_tables(scratch.directory, 2, 10, &metrics, &error);
        if (status == ELBOW_OK)
            status = elbow_metrics_append(&metrics, &train_row, kl_of, &error);
        elbow_memory_fail_at(0);
        elbow_metrics_close(&metrics);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    ck_assert_int_eq(status, ELBOW_OK);
    ck_assert_uint_ge(nth, 4); // the header of kl.csv, both texts, the row: all were made to fail
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("run/metrics", lines_of_others_stay, a_table_that_is_changed_keeps_its_bytes, half_a_row_is_known,
          a_line_without_an_end_gets_it_when_there_is_room, a_directory_that_is_removed_stays_removed,
          rows_wait_for_room, more_rows_than_can_wait, a_table_that_is_removed_begins_anew, rows_to_the_byte,
          resuming_goes_on_behind_the_kept_rows, cutting_by_step, cutting_incomplete_rows, cutting_zero_bytes, headers,
          unusable_directories, a_full_disk_leaves_whole_rows, every_allocation_may_fail)
