// SPDX-License-Identifier: BSD-3-Clause
// Paths as a shell would take them. Nothing is run for it: no commands, no word splitting.
#include "elbow/base/expand.h"

#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char OTHERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

// A path that is being put together.
struct growing {
    const char *what, *path; // for messages
    char *text;              // an elbow_path
    size_t length;
    struct elbow_error *error;
};

static enum elbow_status add(struct growing *growing, const char *text, size_t length)
{
    if (length >= ELBOW_PATH_SIZE - growing->length)
        return elbow_error_set(growing->error, ELBOW_CONFIG, "%s: %.200s becomes a path of more than %d bytes",
                               growing->what, growing->path, ELBOW_PATH_SIZE - 1);
    memcpy(growing->text + growing->length, text, length);
    growing->length += length;
    growing->text[growing->length] = '\0';
    return ELBOW_OK;
}

// The directory that ~ stands for: HOME, as everywhere, or what the system knows of the user.
static enum elbow_status add_home(struct growing *growing, const char *user, size_t length)
{
    char name[256] = "";
    const char *home = length == 0 ? getenv("HOME") : NULL;
    if (home != NULL && home[0] != '\0')
        return add(growing, home, strlen(home));
    bool fits = elbow_text_format(name, sizeof name, "%.*s", (int)length, user);
    const struct passwd *entry = length == 0 ? getpwuid(getuid()) : fits ? getpwnam(name) : NULL;
    if (entry != NULL && entry->pw_dir != NULL && entry->pw_dir[0] != '\0')
        return add(growing, entry->pw_dir, strlen(entry->pw_dir));
    if (length == 0)
        return elbow_error_set(growing->error, ELBOW_CONFIG,
                               "%s: %.200s: HOME is not set, so ~ has no meaning; write the whole path", growing->what,
                               growing->path);
    return elbow_error_set(
        growing->error, ELBOW_CONFIG,
        "%s: %.200s: there is no user %.60s; write the whole path, or ./~ for a name that begins with ~", growing->what,
        growing->path, name);
}

// What stands behind a $; *end is behind it.
static enum elbow_status add_variable(struct growing *growing, const char *begin, const char **end)
{
    bool has_braces = begin[0] == '{';
    const char *name = begin + has_braces;
    size_t length = *name != '\0' && strchr(LETTERS, *name) != NULL ? strspn(name, OTHERS) : 0;
    char variable[256];
    *end = begin;
    if (length == 0 || (has_braces && name[length] != '}'))
        return add(growing, "$", 1); // no name
    *end = name + length + has_braces;
    const char *value = NULL;
    if (elbow_text_format(variable, sizeof variable, "%.*s", (int)length, name))
        value = getenv(variable);
    if (value != NULL)
        return add(growing, value, strlen(value));
    return elbow_error_set(
        growing->error, ELBOW_CONFIG,
        "%s: %.200s: the environment variable %.100s is not set; set it (also in the job), or write the whole path",
        growing->what, growing->path, variable);
}

enum elbow_status elbow_path_expand(const char *what, const char *path, elbow_path expanded, struct elbow_error *error)
{
    struct growing growing = {what, path, expanded, 0, error};
    enum elbow_status status = ELBOW_OK;
    const char *next = path;
    expanded[0] = '\0';
    if (*next == '~') {
        size_t length = strcspn(next + 1, "/");
        status = add_home(&growing, next + 1, length);
        next += 1 + length;
    }
    while (*next != '\0' && status == ELBOW_OK) {
        size_t length = strcspn(next, "$");
        status = add(&growing, next, length);
        next += length;
        if (*next == '$' && status == ELBOW_OK)
            status = add_variable(&growing, next + 1, &next);
    }
    return status;
}

static bool is_there(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static enum elbow_status each_match(const char *what, const char *pattern, elbow_path_take *take, void *user,
                                    struct elbow_error *error)
{
    glob_t found = {0};
    int result = glob(pattern, GLOB_NOSORT, NULL, &found);
    enum elbow_status status = ELBOW_OK;
    if (result == GLOB_NOSPACE)
        status = elbow_error_set(error, ELBOW_MEMORY, "%s: out of memory for the files of %s", what, pattern);
    else if (result != 0 || found.gl_pathc == 0)
        status = elbow_error_set(error, ELBOW_FILE, "%s: no file matches %s", what, pattern);
    else
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    for (size_t i = 0; i < found.gl_pathc && status == ELBOW_OK; ++i)
        status = take(user, found.gl_pathv[i], error);
    globfree(&found);
    return status;
}

enum elbow_status elbow_path_each(const char *what, const char *path, bool *is_pattern, elbow_path_take *take,
                                  void *user, struct elbow_error *error)
{
    elbow_path expanded;
    *is_pattern = false;
    if (is_there(path))
        return take(user, path, error);
    enum elbow_status status = elbow_path_expand(what, path, expanded, error);
    if (status != ELBOW_OK)
        return status;
    *is_pattern = strpbrk(expanded, "*?[") != NULL && !is_there(expanded);
    return *is_pattern ? each_match(what, expanded, take, user, error) : take(user, expanded, error);
}
