// SPDX-License-Identifier: BSD-3-Clause
// Zip archives: the only caller of libzip.
#include "archive.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

enum { INFLATION = 1040 }; // Deflate packs at most about 1032 to 1

struct import_archive {
    zip_t *zip;
    zip_file_t *member; // that is read; NULL: none
    elbow_path path;
    char name[ELBOW_PATH_SIZE];
    uint64_t size; // of the file
};

static enum elbow_status fail(const char *name, zip_error_t *reason, struct elbow_error *error)
{
    int code = zip_error_code_zip(reason);
    if (code == ZIP_ER_READ || code == ZIP_ER_OPEN || code == ZIP_ER_NOENT)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", name, zip_error_strerror(reason));
    if (code == ZIP_ER_MEMORY)
        return elbow_error_set(error, ELBOW_MEMORY, "%s: no memory to read it", name);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the zip archive is damaged or not supported (%s)", name,
                           zip_error_strerror(reason));
}

static enum elbow_status open_zip(struct import_archive *archive, const char *path, struct elbow_error *error)
{
    struct stat about;
    int code = ZIP_ER_OK;
    if (!elbow_text_format(archive->path, sizeof archive->path, "%s", path))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
    if (stat(path, &about) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", path, strerror(errno));
    archive->size = (uint64_t)about.st_size;
    archive->zip = zip_open(path, ZIP_RDONLY, &code);
    if (archive->zip != NULL)
        return ELBOW_OK;
    zip_error_t reason;
    zip_error_init_with_code(&reason, code);
    fail(path, &reason, error);
    zip_error_fini(&reason);
    return error->status;
}

enum elbow_status import_archive_open(const char *path, struct import_archive **archive, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(archive, 1, sizeof **archive, "an archive", error);
    if (status != ELBOW_OK)
        return status;
    status = open_zip(*archive, path, error);
    if (status == ELBOW_OK)
        return ELBOW_OK;
    import_archive_close(*archive);
    *archive = NULL;
    return status;
}

uint64_t import_archive_count(const struct import_archive *archive)
{
    zip_int64_t count = zip_get_num_entries(archive->zip, 0);
    return count < 0 ? 0 : (uint64_t)count;
}

const char *import_archive_name(const struct import_archive *archive, uint64_t member)
{
    const char *name = zip_get_name(archive->zip, member, ZIP_FL_ENC_GUESS);
    return name == NULL ? "" : name;
}

static enum elbow_status read_member(void *state, void *bytes, size_t size, size_t *got, struct elbow_error *error)
{
    struct import_archive *archive = state;
    *got = 0;
    while (*got < size) {
        zip_int64_t count = zip_fread(archive->member, (char *)bytes + *got, size - *got);
        if (count < 0)
            return fail(archive->name, zip_file_get_error(archive->member), error);
        if (count == 0)
            break;
        *got += (size_t)count;
    }
    return ELBOW_OK;
}

static void close_archive(void *state)
{
    import_archive_close(state);
}

// Upper bound of the bytes of a member, independent of its own claim.
static uint64_t most_of(const struct import_archive *archive, const zip_stat_t *about)
{
    uint64_t packed = about->comp_size < archive->size ? about->comp_size : archive->size, most;
    if (__builtin_mul_overflow(packed, about->comp_method == ZIP_CM_STORE ? 1 : INFLATION, &most))
        most = UINT64_MAX - 1;
    return about->size < most ? about->size : most;
}

static enum elbow_status open_member(struct import_archive *archive, uint64_t member, const char *name, uint64_t *most,
                                     struct elbow_error *error)
{
    zip_stat_t about;
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    elbow_text_format(archive->name, sizeof archive->name, "%s", name);
    if (zip_stat_index(archive->zip, member, 0, &about) != 0)
        return fail(name, zip_get_error(archive->zip), error);
    if ((about.valid & needed) != needed)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the zip archive is damaged (it has no size)", name);
    if (about.encryption_method != ZIP_EM_NONE)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: is encrypted; save it without a password", name);
    if (about.comp_method != ZIP_CM_STORE && about.comp_method != ZIP_CM_DEFLATE)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: is packed by method %u, stored or Deflate was expected, as written by numpy.savez "
                               "and numpy.savez_compressed",
                               name, about.comp_method);
    *most = most_of(archive, &about);
    archive->member = zip_fopen_index(archive->zip, member, 0);
    return archive->member != NULL ? ELBOW_OK : fail(name, zip_get_error(archive->zip), error);
}

enum elbow_status import_archive_stream(struct import_archive *archive, uint64_t member, const char *name,
                                        struct import_stream **stream, struct elbow_error *error)
{
    struct import_supply supply = {.read = read_member, .close = close_archive, .state = archive};
    enum elbow_status status = open_member(archive, member, name, &supply.most, error);
    if (status == ELBOW_OK)
        return import_stream_supply(name, supply, stream, error);
    import_archive_close(archive);
    return status;
}

void import_archive_close(struct import_archive *archive)
{
    if (archive == NULL)
        return;
    if (archive->member != NULL)
        zip_fclose(archive->member);
    if (archive->zip != NULL)
        zip_discard(archive->zip);
    elbow_release(&archive);
}
