// SPDX-License-Identifier: BSD-3-Clause
// The file to which a dataset is added. It is locked before it is read, until the new file has replaced it: if two
// imports added to copies of the same old file, one dataset would be lost.
#include "target.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 20, ATTEMPTS = 100 };

static enum elbow_status fail(const struct import_target *target, int reason, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_OUTPUT, "%s: cannot be written: %s", target->path, elbow_file_reason(reason));
}

// The file itself where the output is a link to it, and whether it is there.
static enum elbow_status resolve(struct import_target *target, const char *output, struct elbow_error *error)
{
    char *real = realpath(output, NULL);
    target->exists = real != NULL;
    if (real == NULL && errno != ENOENT)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", output, strerror(errno));
    bool fits = elbow_text_format(target->path, sizeof target->path, "%s", real != NULL ? real : output);
    free(real);
    return fits ? ELBOW_OK : elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", output);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

// True if the file is still the locked one, in the same state.
static bool is_unchanged(const struct import_target *target)
{
    struct stat now;
    const struct stat *then = &target->about;
    return stat(target->path, &now) == 0 && is_same_file(&now, then) && now.st_size == then->st_size &&
           now.st_mtim.tv_sec == then->st_mtim.tv_sec && now.st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

// The lock belongs to the open file: closing the file elsewhere in this process does not release it. On file systems
// without locks, only is_unchanged protects.
static enum elbow_status lock_file(const struct import_target *target, struct elbow_error *error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(target->lock, F_OFD_SETLK, &whole) == 0 || (errno != EACCES && errno != EAGAIN))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FILE,
                           "%s: another program has locked it to add to it; start again when that program has ended",
                           target->path);
}

static enum elbow_status lock_present(struct import_target *target, struct elbow_error *error)
{
    if (stat(target->path, &target->about) == 0 && !S_ISREG(target->about.st_mode))
        return ELBOW_OK; // opening it as HDF5 reports the kind of file
    target->lock = open(target->path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (target->lock < 0)
        return errno == ENOENT ? ELBOW_OK : fail(target, errno, error);
    if (lock_file(target, error) != ELBOW_OK)
        return error->status;
    return fstat(target->lock, &target->about) == 0 ? ELBOW_OK : fail(target, errno, error);
}

enum elbow_status import_target_open(const char *output, struct import_target *target, struct elbow_error *error)
{
    *target = (struct import_target){.lock = -1};
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
        enum elbow_status status = resolve(target, output, error);
        if (status == ELBOW_OK && target->exists)
            status = lock_present(target, error);
        // Another import may have replaced the locked file.
        if (status != ELBOW_OK || !target->exists || target->lock < 0 || is_unchanged(target))
            return status;
        import_target_close(target);
    }
    return elbow_error_set(error, ELBOW_FILE,
                           "%s: changes whenever it is locked; start again when no program writes to it", target->path);
}

static bool copy_bytes(int from, int to, char *buffer)
{
    ssize_t count;
    while ((count = read(from, buffer, COPY_BYTES)) > 0)
        if (!elbow_file_put(to, buffer, (size_t)count))
            return false;
    return count == 0;
}

// Into the part, with the file's permissions.
static enum elbow_status copy(const struct import_target *target, int to, struct elbow_error *error)
{
    char *buffer;
    enum elbow_status status = elbow_allocate(&buffer, COPY_BYTES, 1, "a copy", error);
    if (status != ELBOW_OK)
        return status;
    if (!copy_bytes(target->lock, to, buffer) || fchmod(to, target->about.st_mode & 07777) != 0)
        status = fail(target, errno, error);
    elbow_release(&buffer);
    return status;
}

enum elbow_status import_target_begin(struct import_target *target, struct elbow_error *error)
{
    int file;
    enum elbow_status status = elbow_file_make_directory_of(target->path, error);
    if (status == ELBOW_OK)
        status = elbow_part_begin(NULL, target->path, &target->part, &file, error);
    if (status != ELBOW_OK)
        return status;
    if (target->exists)
        status = copy(target, file, error);
    if (close(file) != 0 && status == ELBOW_OK)
        status = fail(target, errno, error);
    return status;
}

enum elbow_status import_target_publish(struct import_target *target, struct elbow_error *error)
{
    if (target->exists && !is_unchanged(target))
        return elbow_error_set(error, ELBOW_OUTPUT,
                               "%s: another program changed it during the import; nothing was added: start again",
                               target->path);
    enum elbow_status status =
        elbow_part_publish(&target->part, target->exists ? ELBOW_PUBLISH_REPLACE : ELBOW_PUBLISH_NEW, error);
    if (status != ELBOW_OK && !target->exists && errno == EEXIST)
        elbow_error_set(error, status,
                        "%s: another program created it during the import; nothing was added: start again to add to it",
                        target->path);
    return status;
}

void import_target_close(struct import_target *target)
{
    elbow_part_abandon(&target->part);
    if (target->lock >= 0)
        close(target->lock);
    target->lock = -1;
}
