// SPDX-License-Identifier: BSD-3-Clause
// Run directories, told from those of other people. Only making a file proves that one can be made.
#include "elbow/train/detail/run_directory.h"

#include "elbow/base/build.h"
#include "elbow/base/file.h"
#include "elbow/base/lock.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/math/hash.h"
#include "elbow/output/events.h"
#include "elbow/output/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The names that a run writes: the folders come last; the report, which is made again at each end, is the last file.
static const char *const files[] = {ELBOW_RUN_CONFIG, "metrics.csv", "kl.csv",          "log.txt",
                                    "receipt.txt",    "lock",        ELBOW_EVENTS_NAME, ELBOW_RUN_REPORT};
static const char *const folders[] = {"checkpoints", "samples"};
enum { FILES = sizeof files / sizeof *files, FOLDERS = sizeof folders / sizeof *folders };
enum {
    NEEDED = FILES - 1
}; // files that have to be written; whatever is in the way of a report is a warning at the end

enum { HEAD_SIZE = 64 };
static const size_t RECEIPT_LIMIT = (size_t)1 << 30;

static bool is_there(const struct elbow_directory *directory, const char *name)
{
    struct stat about;
    return fstatat(elbow_directory_descriptor(directory), name, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

// The first bytes of a regular file, zero-terminated; "" if it cannot be read.
static void read_head(const struct elbow_directory *directory, const char *name, char head[HEAD_SIZE])
{
    struct stat about;
    ssize_t length = 0;
    int file = openat(elbow_directory_descriptor(directory), name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file >= 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode))
        length = elbow_file_get(file, head, HEAD_SIZE - 1);
    if (file >= 0)
        close(file);
    head[length > 0 ? length : 0] = 0;
}

static bool is_receipt(const char *text)
{
    return strncmp(text, "run: elbow ", 11) == 0 || strncmp(text, "start: ", 7) == 0;
}

static bool is_checkpoint(const char *text)
{
    return strncmp(text, ELBOW_CHECKPOINT_MAGIC, sizeof ELBOW_CHECKPOINT_MAGIC - 1) == 0;
}

static bool has_checkpoint(const struct elbow_directory *directory)
{
    DIR *stream = elbow_directory_list(directory, "checkpoints");
    bool found = false;
    if (stream == NULL)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(stream)) != NULL;) {
        char name[ELBOW_CHECKPOINT_NAME_SIZE], head[HEAD_SIZE];
        uint64_t step;
        if (!elbow_checkpoint_step(entry->d_name, &step))
            continue;
        elbow_checkpoint_name(step, name);
        read_head(directory, name, head);
        found = is_checkpoint(head);
    }
    closedir(stream);
    return found;
}

static bool is_run(const struct elbow_directory *directory)
{
    static const struct {
        const char *name;
        bool (*is_mark)(const char *text);
    } marks[] = {{"receipt.txt", is_receipt},
                 {"metrics.csv", elbow_metrics_is_table},
                 {"kl.csv", elbow_metrics_is_table},
                 {"lock", elbow_lock_is_ours}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; ++i) {
        char head[HEAD_SIZE];
        read_head(directory, marks[i].name, head);
        if (marks[i].is_mark(head))
            return true;
    }
    return has_checkpoint(directory);
}

enum elbow_run_kind elbow_run_kind_of(const struct elbow_directory *directory, const char **name)
{
    *name = NULL;
    for (int i = FOLDERS; i-- > 0;)
        if (is_there(directory, folders[i]))
            *name = folders[i];
    for (int i = FILES; i-- > 0;)
        if (is_there(directory, files[i]))
            *name = files[i];
    if (*name == NULL)
        return ELBOW_RUN_NONE;
    return is_run(directory) ? ELBOW_RUN_ONE : ELBOW_RUN_FOREIGN;
}

bool elbow_run_is_empty(const struct elbow_directory *directory)
{
    DIR *stream = elbow_directory_list(directory, ".");
    bool is_empty = true;
    if (stream == NULL)
        return false;
    for (struct dirent *entry; is_empty && (entry = readdir(stream)) != NULL;)
        is_empty =
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || elbow_part_is_name(entry->d_name);
    closedir(stream);
    return is_empty;
}

static bool is_file_of_run(const char *name)
{
    for (int i = 0; i < FILES; ++i)
        if (strcmp(name, files[i]) == 0)
            return true;
    return false;
}

static bool is_in_checkpoints(const char *name)
{
    uint64_t step;
    return elbow_checkpoint_step(name, &step) || strcmp(name, "best.h5") == 0;
}

// Parts of version 0.1 (NAME.part) stay: others use such names, too.
void elbow_run_sweep(const struct elbow_directory *directory)
{
    elbow_part_sweep(directory, ".", is_file_of_run);
    elbow_part_sweep(directory, "checkpoints", is_in_checkpoints);
    elbow_part_sweep(directory, "samples", elbow_gallery_is_name);
}

static enum elbow_status cannot(const struct elbow_directory *directory, const char *name, const char *reason,
                                struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FILE, "%s/%s: cannot be written: %s", directory->path, name, reason);
}

static enum elbow_status check_folder(const struct elbow_directory *directory, const char *name,
                                      struct elbow_error *error)
{
    struct stat about;
    if (!is_there(directory, name))
        return ELBOW_OK;
    if (fstatat(elbow_directory_descriptor(directory), name, &about, 0) != 0)
        return cannot(directory, name, errno == ENOENT ? "it is a broken link" : strerror(errno), error);
    return S_ISDIR(about.st_mode) ? ELBOW_OK : cannot(directory, name, "it is not a directory", error);
}

// A link may lead to a file that is still to be made.
static enum elbow_status check_file(const struct elbow_directory *directory, const char *name,
                                    struct elbow_error *error)
{
    struct stat about;
    if (fstatat(elbow_directory_descriptor(directory), name, &about, 0) != 0)
        return errno == ENOENT ? ELBOW_OK : cannot(directory, name, strerror(errno), error);
    return S_ISREG(about.st_mode) ? ELBOW_OK : cannot(directory, name, elbow_file_reason(ENXIO), error);
}

// A file there (a copy that followed links has one) would have to give way to a link.
static enum elbow_status check_best(const struct elbow_directory *directory, struct elbow_error *error)
{
    struct stat about;
    const char *name = "checkpoints/best.h5";
    if (fstatat(elbow_directory_descriptor(directory), name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ELBOW_OK : cannot(directory, name, strerror(errno), error);
    return S_ISLNK(about.st_mode)
               ? ELBOW_OK
               : cannot(directory, name, "it is not a link, and a run makes one; move it elsewhere", error);
}

enum elbow_status elbow_run_check_places(const struct elbow_directory *directory, struct elbow_error *error)
{
    for (int i = 0; i < FOLDERS; ++i)
        if (check_folder(directory, folders[i], error) != ELBOW_OK)
            return error->status;
    for (int i = 0; i < NEEDED; ++i)
        if (check_file(directory, files[i], error) != ELBOW_OK)
            return error->status;
    return check_best(directory, error);
}

// Whether a new file can be made in the folder that holds the path, through links.
static enum elbow_status try_part(const struct elbow_directory *directory, const char *path, struct elbow_error *error)
{
    struct elbow_part part;
    enum elbow_status status = elbow_part_begin(directory, path, &part, NULL, error);
    elbow_part_abandon(&part);
    return status;
}

// Whether an existing file can be opened for writing.
static enum elbow_status try_open(const struct elbow_directory *directory, const char *name, struct elbow_error *error)
{
    if (faccessat(elbow_directory_descriptor(directory), name, F_OK, 0) != 0)
        return ELBOW_OK;
    int file = elbow_file_open(directory, name, O_APPEND);
    if (file < 0)
        return cannot(directory, name, elbow_file_reason(errno), error);
    close(file);
    return ELBOW_OK;
}

static enum elbow_status begin_receipt(const struct elbow_directory *directory, struct elbow_error *error)
{
    char line[128];
    if (is_there(directory, "receipt.txt"))
        return ELBOW_OK;
    elbow_text_format(line, sizeof line, "run: elbow %s\n", elbow_build_version());
    enum elbow_status status = elbow_part_write(directory, "receipt.txt", line, strlen(line), ELBOW_PUBLISH_NEW, error);
    return status != ELBOW_OK && errno == EEXIST ? ELBOW_OK : status;
}

enum elbow_status elbow_run_make_places(const struct elbow_directory *directory, struct elbow_error *error)
{
    static const char *const tried[] = {ELBOW_RUN_CONFIG, "checkpoints/step-00000000.h5", "samples/step-00000000.png"};
    enum elbow_status status = elbow_run_check_places(directory, error);
    if (status == ELBOW_OK)
        status = begin_receipt(directory, error);
    for (int i = 0; i < FOLDERS && status == ELBOW_OK; ++i)
        status = elbow_directory_make(directory, folders[i], error);
    for (size_t i = 0; i < sizeof tried / sizeof *tried && status == ELBOW_OK; ++i)
        status = try_part(directory, tried[i], error);
    for (int i = 0; i < NEEDED && status == ELBOW_OK; ++i)
        if (strcmp(files[i], "lock") != 0 && strcmp(files[i], ELBOW_RUN_CONFIG) != 0)
            status = try_open(directory, files[i], error);
    // At the very start nothing is lost yet: what cannot be written stops the run.
    if (status == ELBOW_OUTPUT)
        status = error->status = ELBOW_FILE;
    return status;
}

bool elbow_run_has_configuration(const struct elbow_directory *directory, const char *text)
{
    char *bytes = NULL;
    size_t size = 0;
    bool is_same =
        elbow_file_read(directory, ELBOW_RUN_CONFIG, ELBOW_RUN_CONFIG_LIMIT, &bytes, &size, NULL) == ELBOW_OK &&
        size == strlen(text) && memcmp(bytes, text, size) == 0;
    elbow_release(&bytes);
    return is_same;
}

enum { NOTE_SIZE = 64 };

static void format_note(char note[NOTE_SIZE], const char *bytes, size_t size)
{
    elbow_text_format(note, NOTE_SIZE, "config: %016" PRIx64 "\n", elbow_hash_bytes(bytes, size));
}

// The last line of a receipt may have been cut off by a crash: the note is looked for anywhere.
bool elbow_run_has_noted(const struct elbow_directory *directory, const char *bytes, size_t size)
{
    char note[NOTE_SIZE], *receipt = NULL;
    size_t length;
    format_note(note, bytes, size);
    bool found = elbow_file_read(directory, "receipt.txt", RECEIPT_LIMIT, &receipt, &length, NULL) == ELBOW_OK &&
                 strstr(receipt, note) != NULL;
    elbow_release(&receipt);
    return found;
}

void elbow_run_note_configuration(const struct elbow_directory *directory, const char *text)
{
    char note[NOTE_SIZE];
    if (elbow_run_has_noted(directory, text, strlen(text)))
        return;
    format_note(note, text, strlen(text));
    int file = elbow_file_open(directory, "receipt.txt", O_APPEND);
    if (file < 0)
        return; // this configuration will be taken for an edited one, and kept
    elbow_file_put(file, note, strlen(note));
    close(file);
}

enum elbow_status elbow_run_keep(const struct elbow_directory *directory, const char *name, char aside[64],
                                 struct elbow_error *error)
{
    for (int number = 1; number < 10000; ++number) {
        elbow_text_format(aside, 64, "%s.old-%d", name, number);
        if (elbow_file_rename_new(directory, name, aside))
            return ELBOW_OK;
        if (errno != EEXIST)
            break;
    }
    return elbow_error_set(error, ELBOW_FILE, "%s/%s: cannot be renamed: %s", directory->path, name, strerror(errno));
}
