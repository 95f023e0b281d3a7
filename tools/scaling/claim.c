// SPDX-License-Identifier: BSD-3-Clause
// The directory of an experiment: its contents, and their owner.
#include "experiment.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char EXCHANGE_TEXT[] = "data: {synthetic: 65536, shape: [16, 16]}\n"
                                    "model: {latent: 16}\n"
                                    "train: {batch: 1, microbatch: 1}\n";

// True if Elbow writes a file of such a name in the directory of an experiment: by a run, or by report, model and plot,
// which may replace their own files.
static bool is_ours(const char *name)
{
    static const char *const names[] = {"exchange.yaml", "lock", "scaling.csv", "prediction.csv", "model.txt"};
    static const char *const endings[] = {".json", ".out", ".log"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (strcmp(name, names[i]) == 0)
            return true;
    if (scaling_is_plot(name))
        return true;
    for (int mode = 0; mode < SCALING_MODES; ++mode) {
        char beginning[32];
        elbow_text_format(beginning, sizeof beginning, "%s-ranks-", scaling_mode_name((enum scaling_mode)mode));
        if (strncmp(name, beginning, strlen(beginning)) != 0)
            continue;
        for (size_t i = 0; i < sizeof endings / sizeof *endings; ++i)
            if (length > strlen(endings[i]) && strcmp(name + length - strlen(endings[i]), endings[i]) == 0)
                return true;
    }
    return false;
}

// A directory without an experiment must have nothing that one would take for its own, or write over.
static enum elbow_status check_new(const char *directory, struct elbow_error *error)
{
    DIR *stream = elbow_directory_list(NULL, directory);
    enum elbow_status status = ELBOW_OK;
    if (stream == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", directory, strerror(errno));
    for (struct dirent *entry; status == ELBOW_OK && (entry = readdir(stream)) != NULL;)
        if (is_ours(entry->d_name))
            status = elbow_error_set(error, ELBOW_USAGE,
                                     "%s/%s: exists, but there is no experiment (config.yaml) with it; give this one "
                                     "another directory",
                                     directory, entry->d_name);
    closedir(stream);
    return status;
}

// A file of the experiment: made, or there with the same text.
static enum elbow_status claim_file(const char *directory, const char *name, const char *text,
                                    struct elbow_error *error)
{
    elbow_path path;
    char *before = NULL;
    size_t size;
    if (!elbow_text_format(path, sizeof path, "%s/%s", directory, name))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", directory);
    if (access(path, F_OK) != 0)
        return elbow_part_write(NULL, path, text, strlen(text), ELBOW_PUBLISH_NEW, error);
    enum elbow_status status = elbow_file_read_input(path, SCALING_TEXT_MAX, &before, &size, error);
    if (status == ELBOW_OK && strcmp(before, text) != 0)
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "%s: differs from this configuration, so %s contains another experiment; give this "
                                 "one another directory",
                                 path, directory);
    elbow_release(&before);
    return status;
}

// The directory contains one experiment, whose settings are recorded and must not change.
enum elbow_status scaling_claim_directory(const struct scaling_experiment *experiment, const char *resolved,
                                          struct elbow_error *error)
{
    const char *directory = experiment->options->directory;
    elbow_path path;
    if (!elbow_text_format(path, sizeof path, "%s/config.yaml", directory))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", directory);
    enum elbow_status status = elbow_file_make_directory(directory, error);
    if (status == ELBOW_OK && access(path, F_OK) != 0)
        status = check_new(directory, error);
    if (status == ELBOW_OK)
        status = claim_file(directory, "config.yaml", resolved, error);
    return status == ELBOW_OK ? claim_file(directory, "exchange.yaml", EXCHANGE_TEXT, error) : status;
}

// Two runs into one directory would read each other's output.
enum elbow_status scaling_lock_directory(const struct scaling_experiment *experiment, struct elbow_directory *open_one,
                                         struct elbow_lock *lock, struct elbow_error *error)
{
    const char *directory = experiment->options->directory;
    struct elbow_log log = elbow_log_open(true, stderr);
    enum elbow_status status = elbow_directory_open(directory, open_one, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_lock_take(open_one, &log, lock, error);
    elbow_log_close(&log);
    if (status == ELBOW_FILE)
        elbow_error_set(error, status,
                        "%s: another run measures into it; wait for its end, or give another directory with -o",
                        directory);
    return status;
}
