// SPDX-License-Identifier: BSD-3-Clause
// Writing in one go: a reader, and a crash at any moment, sees the old file or the new one.
#include "elbow/base/part.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

// A part is called PREFIX, RANDOM_DIGITS hexadecimal digits, '-', and as much of its file's name as fits.
static const char PREFIX[] = ".elbow-";
enum { RANDOM_DIGITS = 16, ATTEMPTS = 100, LINKS_MAX = 40 };

// Leaves errno as it is.
static enum elbow_status trouble(const struct elbow_directory *directory, const char *path, const char *what,
                                 struct elbow_error *error)
{
    int reason = errno;
    elbow_path name;
    elbow_directory_name(directory, path, name);
    elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be %s: %s", name, what, elbow_file_reason(reason));
    errno = reason;
    return ELBOW_OUTPUT;
}

// Random bits need not be good ones: a name that is taken is not used. Without getrandom the clock and the process will
// do.
static uint64_t random_bits(int attempt)
{
    uint64_t bits;
    if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) == sizeof bits)
        return bits;
    double now = elbow_clock_seconds();
    memcpy(&bits, &now, sizeof bits);
    return bits * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)getpid() * 1000 + (uint64_t)attempt;
}

// The place itself where path is a symbolic link: the link stays, and what it points to is written. Only the last part
// of the path is looked at; the system follows links to directories by itself.
static bool follow_links(struct elbow_part *part)
{
    for (int links = 0; links < LINKS_MAX; ++links) {
        elbow_path target, holder;
        ssize_t length = readlinkat(elbow_directory_descriptor(part->directory), part->path, target, sizeof target - 1);
        if (length < 0)
            return true;
        target[length] = '\0';
        if (target[0] == '/')
            holder[0] = '\0';
        else
            elbow_file_directory_of(part->path, holder);
        const char *between = holder[0] == '\0' || holder[strlen(holder) - 1] == '/' ? "" : "/";
        if (!elbow_text_format(part->path, sizeof part->path, "%s%s%s", holder, between, target)) {
            errno = ENAMETOOLONG;
            return false;
        }
    }
    errno = ELOOP;
    return false;
}

static bool name_part(struct elbow_part *part, int attempt)
{
    const char *slash = strrchr(part->path, '/'), *name = slash == NULL ? part->path : slash + 1;
    size_t length = NAME_MAX - (sizeof PREFIX - 1) - RANDOM_DIGITS - 1;
    return elbow_text_format(part->part, sizeof part->part, "%.*s%s%0*" PRIx64 "-%.*s", (int)(name - part->path),
                             part->path, PREFIX, RANDOM_DIGITS, random_bits(attempt), (int)length, name);
}

enum elbow_status elbow_part_begin(const struct elbow_directory *directory, const char *path, struct elbow_part *part,
                                   int *file, struct elbow_error *error)
{
    *part = (struct elbow_part){.directory = directory};
    size_t longest = sizeof part->path - sizeof PREFIX - RANDOM_DIGITS - 1;
    if (!elbow_text_format(part->path, sizeof part->path, "%s", path) || strlen(path) > longest) {
        elbow_error_set(error, ELBOW_OUTPUT, "%.60s...: the path is longer than %zu bytes", path, longest);
        errno = ENAMETOOLONG;
        return ELBOW_OUTPUT;
    }
    if (!follow_links(part))
        return trouble(directory, path, "created", error);
    int made = -1;
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
        if (!name_part(part, attempt)) {
            errno = ENAMETOOLONG;
            break;
        }
        made = elbow_file_open(directory, part->part, O_EXCL);
        if (made >= 0 || errno != EEXIST)
            break;
    }
    if (made < 0)
        return trouble(directory, path, "created", error);
    part->is_begun = true;
    if (file != NULL)
        *file = made;
    else
        close(made);
    return ELBOW_OK;
}

void elbow_part_abandon(struct elbow_part *part)
{
    int reason = errno;
    if (part->is_begun)
        unlinkat(elbow_directory_descriptor(part->directory), part->part, 0);
    part->is_begun = false;
    errno = reason;
}

static bool sync_part(const struct elbow_part *part)
{
    int file = openat(elbow_directory_descriptor(part->directory), part->part, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool is_synced = elbow_file_sync(file);
    int reason = errno;
    close(file);
    errno = reason;
    return is_synced;
}

// A rename would put a regular file in the place of a pipe, a device or a socket. (Directories refuse it themselves.)
static bool is_special(const struct elbow_part *part)
{
    struct stat about;
    return fstatat(elbow_directory_descriptor(part->directory), part->path, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
           !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode) && !S_ISLNK(about.st_mode);
}

static bool give_name(const struct elbow_part *part, enum elbow_publish publish)
{
    if (publish == ELBOW_PUBLISH_NEW)
        return elbow_file_rename_new(part->directory, part->part, part->path);
    if (is_special(part)) {
        errno = ENXIO;
        return false;
    }
    return elbow_file_rename(part->directory, part->part, part->path);
}

static enum elbow_status refuse_input(struct elbow_part *part, struct elbow_error *error)
{
    elbow_path name;
    elbow_directory_name(part->directory, part->path, name);
    elbow_part_abandon(part);
    elbow_error_set(error, ELBOW_OUTPUT, "%s: is a file that is read, and is never replaced; give another name", name);
    errno = EEXIST;
    return ELBOW_OUTPUT;
}

enum elbow_status elbow_part_publish(struct elbow_part *part, enum elbow_publish publish, struct elbow_error *error)
{
    ELBOW_CHECK(part->is_begun);
    if (elbow_inputs_have(part->directory, part->path))
        return refuse_input(part, error);
    if (!sync_part(part) || !give_name(part, publish)) {
        trouble(part->directory, part->path, "written", error);
        elbow_part_abandon(part);
        return ELBOW_OUTPUT;
    }
    part->is_begun = false;
    elbow_file_sync_directory_of(part->directory, part->path);
    return ELBOW_OK;
}

// True as well for names that a user could only have given on purpose.
bool elbow_part_is_name(const char *name)
{
    size_t prefix = sizeof PREFIX - 1;
    if (strncmp(name, PREFIX, prefix) != 0)
        return false;
    return strspn(name + prefix, "0123456789abcdef") == RANDOM_DIGITS && name[prefix + RANDOM_DIGITS] == '-';
}

void elbow_part_sweep(const struct elbow_directory *directory, const char *path, bool (*is_own)(const char *name))
{
    const size_t before_name = sizeof PREFIX - 1 + RANDOM_DIGITS + 1;
    DIR *stream = elbow_directory_list(directory, path);
    if (stream == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        struct stat about;
        if (elbow_part_is_name(entry->d_name) && is_own(entry->d_name + before_name) &&
            fstatat(dirfd(stream), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
            (S_ISREG(about.st_mode) || S_ISLNK(about.st_mode)))
            unlinkat(dirfd(stream), entry->d_name, 0);
    }
    closedir(stream);
}

enum elbow_status elbow_part_begin_bytes(const struct elbow_directory *directory, const char *path, const void *bytes,
                                         size_t size, struct elbow_part *part, struct elbow_error *error)
{
    int file;
    enum elbow_status status = elbow_part_begin(directory, path, part, &file, error);
    if (status != ELBOW_OK)
        return status;
    bool is_written = elbow_file_put(file, bytes, size);
    int reason = errno;
    if (close(file) != 0 && is_written) {
        is_written = false;
        reason = errno;
    }
    if (is_written)
        return ELBOW_OK;
    elbow_part_abandon(part);
    errno = reason;
    return trouble(directory, path, "written", error);
}

enum elbow_status elbow_part_write(const struct elbow_directory *directory, const char *path, const void *bytes,
                                   size_t size, enum elbow_publish publish, struct elbow_error *error)
{
    struct elbow_part part;
    enum elbow_status status = elbow_part_begin_bytes(directory, path, bytes, size, &part, error);
    return status == ELBOW_OK ? elbow_part_publish(&part, publish, error) : status;
}

bool elbow_part_link(const struct elbow_directory *directory, const char *target, const char *path)
{
    struct stat about;
    struct elbow_part part = {.directory = directory};
    int at = elbow_directory_descriptor(directory);
    if (fstatat(at, path, &about, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISLNK(about.st_mode)) {
        errno = EEXIST;
        return false;
    }
    if (!elbow_text_format(part.path, sizeof part.path, "%s", path) || !name_part(&part, 0)) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (symlinkat(target, at, part.part) != 0)
        return false;
    part.is_begun = true;
    if (elbow_file_rename(directory, part.part, path))
        return true;
    elbow_part_abandon(&part);
    return false;
}
