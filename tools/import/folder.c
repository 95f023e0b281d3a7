// SPDX-License-Identifier: BSD-3-Clause
// The contents of a folder. Pictures are recognized by their names here, and by their content when they are read.
#include "folder.h"

#include "natural.h"

#include "elbow/base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CLASSES_MAX = 1 << 16, FORMATS_MAX = 16 }; // as many classes as labels may have names

bool import_folder_path(const char *folder, const char *name, elbow_path path)
{
    size_t length = strlen(folder);
    bool has_slash = length > 0 && folder[length - 1] == '/';
    return elbow_text_format(path, ELBOW_PATH_SIZE, "%s%s%s", folder, has_slash ? "" : "/", name);
}

// Makes space for one more entry of a list.
static enum elbow_status grow(void *list, size_t count, size_t *capacity, size_t size, struct elbow_error *error)
{
    void *old, *larger;
    if (count < *capacity)
        return ELBOW_OK;
    size_t wanted = *capacity == 0 ? 256 : 2 * *capacity;
    enum elbow_status status = elbow_allocate(&larger, wanted, size, "names of files", error);
    if (status != ELBOW_OK)
        return status;
    memcpy(&old, list, sizeof old);
    if (count > 0)
        memcpy(larger, old, count * size);
    elbow_release(list);
    memcpy(list, &larger, sizeof larger);
    *capacity = wanted;
    return ELBOW_OK;
}

static enum elbow_status add_file(struct import_folder *folder, const char *class, const char *name,
                                  struct elbow_error *error)
{
    elbow_path path;
    if (!elbow_text_format(path, sizeof path, "%s%s%s", class, class[0] == '\0' ? "" : "/", name))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
    enum elbow_status status = grow(&folder->files, folder->count, &folder->size, sizeof *folder->files, error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&folder->files[folder->count].name, path, error);
    if (status == ELBOW_OK)
        folder->files[folder->count++].pictures = 1;
    return status;
}

static enum elbow_status add_class(struct import_folder *folder, const char *name, struct elbow_error *error)
{
    if (folder->class_count == CLASSES_MAX)
        return elbow_error_set(error, ELBOW_FORMAT, "there are more than %d folders, too many for classes",
                               CLASSES_MAX);
    enum elbow_status status =
        grow(&folder->classes, folder->class_count, &folder->class_size, sizeof *folder->classes, error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&folder->classes[folder->class_count].name, name, error);
    folder->class_count += status == ELBOW_OK;
    return status;
}

// True if an entry is a folder, through links. Not all file systems say so in the list.
static bool is_folder(const char *path, const struct dirent *entry)
{
    elbow_path full;
    struct stat about;
    if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN))
        return false;
    return entry->d_type == DT_DIR ||
           (import_folder_path(path, entry->d_name, full) && stat(full, &about) == 0 && S_ISDIR(about.st_mode));
}

static int compare_files(const void *left, const void *right)
{
    const struct import_file *a = left, *b = right;
    return import_natural_order(a->name, b->name);
}

static int compare_classes(const void *left, const void *right)
{
    const struct import_class *a = left, *b = right;
    return import_natural_order(a->name, b->name);
}

// Reads one folder: appends its pictures to the list, in order. Folders in the outermost one (class: "") are recorded
// as classes.
static enum elbow_status list_one(struct import_folder *folder, const char *path, const char *class,
                                  struct elbow_error *error)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", path, strerror(errno));
    enum elbow_status status = ELBOW_OK;
    size_t first = folder->count;
    struct dirent *entry;
    while (status == ELBOW_OK && (errno = 0, entry = readdir(directory)) != NULL) {
        if (import_format_of_name(entry->d_name) != NULL)
            status = add_file(folder, class, entry->d_name, error);
        else if (is_folder(path, entry) && class[0] == '\0')
            status = add_class(folder, entry->d_name, error);
        else
            folder->passed += class[0] != '\0' && is_folder(path, entry);
    }
    if (status == ELBOW_OK && errno != 0)
        status = elbow_error_set(error, ELBOW_FILE, "%s: %s", path, strerror(errno));
    closedir(directory);
    if (status == ELBOW_OK && folder->count > first)
        qsort(folder->files + first, folder->count - first, sizeof *folder->files, compare_files);
    return status;
}

static enum elbow_status refuse_empty(const char *path, struct elbow_error *error)
{
    char endings[128];
    import_format_endings(endings, sizeof endings);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: there is no picture in this folder (%s)", path, endings);
}

static enum elbow_status list_classes(struct import_folder *folder, const char *path, struct elbow_error *error)
{
    qsort(folder->classes, folder->class_count, sizeof *folder->classes, compare_classes);
    for (size_t i = 0; i < folder->class_count; ++i) {
        struct import_class *class = &folder->classes[i];
        elbow_path inner;
        if (!import_folder_path(path, class->name, inner))
            return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", inner);
        size_t first = folder->count;
        enum elbow_status status = list_one(folder, inner, class->name, error);
        if (status == ELBOW_OK && folder->count == first)
            status = refuse_empty(inner, error);
        if (status != ELBOW_OK)
            return status;
        class->rows = folder->count - first;
    }
    return ELBOW_OK;
}

static void drop_classes(struct import_folder *folder)
{
    for (size_t i = 0; i < folder->class_count; ++i)
        elbow_release(&folder->classes[i].name);
    folder->class_count = 0;
}

enum elbow_status import_folder_list(const char *path, struct import_folder *folder, struct elbow_error *error)
{
    enum elbow_status status = list_one(folder, path, "", error);
    if (status != ELBOW_OK)
        return status;
    if (folder->count == 0 && folder->class_count == 0)
        return refuse_empty(path, error);
    if (folder->count == 0)
        return list_classes(folder, path, error);
    folder->passed = folder->class_count;
    drop_classes(folder);
    return ELBOW_OK;
}

enum elbow_status import_folder_single(struct import_folder *folder, const char *path, struct elbow_error *error)
{
    return add_file(folder, "", path, error);
}

const char *import_folder_format(const struct import_folder *folder)
{
    const char *name = import_format_of_name(folder->files[0].name)->name;
    for (size_t i = 1; i < folder->count; ++i)
        if (import_format_of_name(folder->files[i].name)->name != name)
            return NULL;
    return name;
}

// "2 PNG files", or "12 pictures (10 JPEG, 2 PNG)".
static void format_count(const struct import_folder *folder, char *text, size_t size)
{
    struct {
        const char *name;
        size_t count;
    } formats[FORMATS_MAX] = {{0}};
    size_t found = 0;
    for (size_t i = 0; i < folder->count; ++i) {
        const char *name = import_format_of_name(folder->files[i].name)->name;
        size_t k = 0;
        while (k < found && formats[k].name != name)
            ++k;
        found += k == found;
        formats[k].name = name;
        ++formats[k].count;
    }
    if (found == 1) {
        elbow_text_format(text, size, "%zu %s file%s", folder->count, formats[0].name, folder->count == 1 ? "" : "s");
        return;
    }
    size_t length = (size_t)snprintf(text, size, "%zu pictures (", folder->count);
    for (size_t k = 0; k < found && length < size; ++k)
        length += (size_t)snprintf(text + length, size - length, "%zu %s%s", formats[k].count, formats[k].name,
                                   k + 1 < found ? ", " : ")");
}

void import_folder_report(const char *path, const struct import_folder *folder)
{
    char count[128], classes[64] = "", passed[64] = "";
    format_count(folder, count, sizeof count);
    if (folder->class_count > 0)
        elbow_text_format(classes, sizeof classes, "%zu class%s, ", folder->class_count,
                          folder->class_count == 1 ? "" : "es");
    if (folder->passed > 0)
        elbow_text_format(passed, sizeof passed, "; %zu folder%s skipped", folder->passed,
                          folder->passed == 1 ? " is" : "s are");
    elbow_text_print(stdout, "elbow-import: %s: %s%s in natural order, from %s to %s%s\n", path, classes, count,
                     folder->files[0].name, folder->files[folder->count - 1].name, passed);
}

void import_folder_clear(struct import_folder *folder)
{
    for (size_t i = 0; i < folder->count; ++i)
        elbow_release(&folder->files[i].name);
    elbow_release(&folder->files);
    drop_classes(folder);
    elbow_release(&folder->classes);
    *folder = (struct import_folder){0};
}
