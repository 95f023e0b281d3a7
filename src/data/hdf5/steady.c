// SPDX-License-Identifier: BSD-3-Clause
// A file must not change while it is read: libhdf5 caches its metadata, and returns zeros for bytes behind its end. A
// file that is opened again must be the same file.
#include "elbow/data/steady.h"

#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"
#include "elbow/math/hash.h"

#include <errno.h>
#include <string.h>
#include <time.h>

struct elbow_steady {
    struct known {
        uint64_t path; // hash of the path, or of it and of a virtual dataset's name
        struct elbow_hdf5_stamp stamp;
        bool is_whole; // of a virtual dataset: all sources were there
    } * files;         // owned
    size_t count, capacity;
};

struct elbow_hdf5_stamp elbow_hdf5_stamp_of(const struct stat *about)
{
    return (struct elbow_hdf5_stamp){.is_known = true,
                                     .size = (uint64_t)about->st_size,
                                     .seconds = about->st_mtim.tv_sec,
                                     .fraction = about->st_mtim.tv_nsec,
                                     .inode = about->st_ino};
}

static bool look(const struct elbow_hdf5 *file, struct elbow_hdf5_stamp *stamp)
{
    void *handle = NULL;
    struct stat about;
    if (H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) < 0 || handle == NULL || fstat(*(int *)handle, &about) != 0)
        return false;
    *stamp = elbow_hdf5_stamp_of(&about);
    return true;
}

void elbow_hdf5_stamp(struct elbow_hdf5 *file)
{
    struct elbow_hdf5_stamp stamp;
    if (look(file, &stamp))
        file->stamp = stamp;
}

enum elbow_status elbow_hdf5_check_steady(const struct elbow_hdf5 *file, struct elbow_error *error)
{
    const struct elbow_hdf5_stamp *then = &file->stamp;
    struct elbow_hdf5_stamp now;
    if (!then->is_known || !look(file, &now))
        return ELBOW_OK;
    if (now.size != then->size) // a shorter file may be complete when it is opened again
        return elbow_error_set_reason(error, ELBOW_MISMATCH, now.size < then->size ? ENODATA : 0,
                                      "%s: had %s when it was opened, and has %s now; a file must not change while it "
                                      "is read",
                                      file->name, elbow_text_count(then->size, "byte").text,
                                      elbow_text_count(now.size, "byte").text);
    if (now.seconds != then->seconds)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: was written to after it was opened; a file must not change while it is read",
                               file->name);
    return ELBOW_OK;
}

enum elbow_status elbow_steady_create(struct elbow_steady **steady, struct elbow_error *error)
{
    return elbow_allocate(steady, 1, sizeof **steady, "a list of files", error);
}

void elbow_steady_destroy(struct elbow_steady *steady)
{
    if (steady == NULL)
        return;
    elbow_release(&steady->files);
    elbow_release(&steady);
}

static const struct known *find(const struct elbow_steady *steady, uint64_t path)
{
    for (size_t i = 0; i < steady->count; ++i)
        if (steady->files[i].path == path)
            return &steady->files[i];
    return NULL;
}

static enum elbow_status reserve_one(struct elbow_steady *steady, struct elbow_error *error)
{
    struct known *larger;
    if (steady->count < steady->capacity)
        return ELBOW_OK;
    size_t capacity = 2 * steady->capacity + 4;
    enum elbow_status status = elbow_allocate(&larger, capacity, sizeof *larger, "a list of files", error);
    if (status != ELBOW_OK)
        return status;
    if (steady->count > 0)
        memcpy(larger, steady->files, steady->count * sizeof *larger);
    elbow_release(&steady->files);
    steady->files = larger;
    steady->capacity = capacity;
    return ELBOW_OK;
}

static enum elbow_status add(struct elbow_steady *steady, struct known known, struct elbow_error *error)
{
    enum elbow_status status = reserve_one(steady, error);
    if (status == ELBOW_OK)
        steady->files[steady->count++] = known;
    return status;
}

struct moment {
    char text[32];
};

static struct moment moment_of(int64_t seconds)
{
    struct moment moment = {"an unknown time"};
    struct tm parts;
    time_t time = (time_t)seconds;
    if (localtime_r(&time, &parts) != NULL)
        strftime(moment.text, sizeof moment.text, "%Y-%m-%d %H:%M:%S", &parts);
    return moment;
}

static enum elbow_status compare(const char *path, const struct elbow_hdf5_stamp *then,
                                 const struct elbow_hdf5_stamp *now, struct elbow_error *error)
{
    static const char MUST[] = "files must not change while they are read";
    bool is_other =
        now->inode != then->inode && now->fraction != then->fraction && now->fraction != 0 && then->fraction != 0;
    if (now->size != then->size)
        return elbow_error_set(
            error, ELBOW_MISMATCH, "%s: was replaced or changed while it was read: it had %s, and has %s now; %s", path,
            elbow_text_count(then->size, "byte").text, elbow_text_count(now->size, "byte").text, MUST);
    if (now->seconds != then->seconds)
        return elbow_error_set(
            error, ELBOW_MISMATCH,
            "%s: was replaced or changed while it was read: its last change was at %s, and is now at %s; %s", path,
            moment_of(then->seconds).text, moment_of(now->seconds).text, MUST);
    if (is_other)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: was replaced while it was read: another file has its name now; %s", path, MUST);
    return ELBOW_OK;
}

enum elbow_status elbow_steady_compare(const struct elbow_steady *steady, const char *path,
                                       const struct elbow_hdf5_stamp *now, struct elbow_error *error)
{
    const struct known *known = steady == NULL ? NULL : find(steady, elbow_hash_text(path));
    return known == NULL || !now->is_known ? ELBOW_OK : compare(path, &known->stamp, now, error);
}

enum elbow_status elbow_steady_note(struct elbow_steady *steady, const char *path, const struct elbow_hdf5_stamp *now,
                                    struct elbow_error *error)
{
    const struct known known = {.path = elbow_hash_text(path), .stamp = *now};
    if (steady == NULL || !now->is_known || find(steady, known.path) != NULL)
        return ELBOW_OK;
    return add(steady, known, error);
}

enum elbow_status elbow_steady_whole(struct elbow_steady *steady, const char *path, const char *name, bool *is_whole,
                                     struct elbow_error *error)
{
    const uint64_t parts[] = {elbow_hash_text(path), elbow_hash_text(name)};
    const struct known first = {.path = elbow_hash_bytes(parts, sizeof parts), .is_whole = *is_whole};
    const struct known *known = steady == NULL ? &first : find(steady, first.path);
    if (known == NULL)
        return add(steady, first, error);
    *is_whole = known->is_whole;
    return ELBOW_OK;
}
