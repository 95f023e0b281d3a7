// SPDX-License-Identifier: BSD-3-Clause
// Other programs: fork, exec, wait.
#include "launch.h"

#include "elbow/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NO_PROGRAM = 127 };

void scaling_words_add(struct scaling_words *words, const char *format, ...)
{
    va_list values;
    size_t left = sizeof words->text - words->used;
    va_start(values, format);
    int length = vsnprintf(words->text + words->used, left, format, values);
    va_end(values);
    if (words->count == SCALING_WORDS_MAX || length < 0 || (size_t)length >= left) {
        words->is_full = true;
        return;
    }
    words->words[words->count++] = words->text + words->used;
    words->words[words->count] = NULL;
    words->used += (size_t)length + 1;
}

void scaling_words_split(struct scaling_words *words, const char *text)
{
    for (const char *at = text + strspn(text, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        scaling_words_add(words, "%.*s", (int)length, at);
        at += length;
    }
}

void scaling_words_format(const struct scaling_words *words, char *line, size_t size)
{
    size_t length = 0;
    line[0] = '\0';
    for (int i = 0; i < words->count && length < size; ++i) {
        const char *word = words->words[i];
        bool plain = word[0] != '\0' && strpbrk(word, " \t\n'\"\\$`*?[]{}()<>|&;#~") == NULL;
        const char *quote = plain ? "" : strchr(word, '\'') == NULL ? "'" : "\"";
        int wanted = snprintf(line + length, size - length, "%s%s%s%s", i == 0 ? "" : " ", quote, word, quote);
        length += (size_t)wanted;
    }
}

// A file for one of the child's streams; -1 if it shall be ours.
static enum elbow_status open_stream(const char *path, int *file, struct elbow_error *error)
{
    *file = path == NULL ? -1 : elbow_file_open(NULL, path, O_TRUNC);
    if (path == NULL || *file >= 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", path, elbow_file_reason(errno));
}

static void close_stream(int file)
{
    if (file >= 0)
        close(file);
}

static _Noreturn void become(const struct scaling_words *words, int output, int log)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    if (output >= 0)
        dup2(output, STDOUT_FILENO);
    if (log >= 0)
        dup2(log, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL); // which we ignore
    execvp(words->words[0], words->words);
    _exit(EXIT_NO_PROGRAM);
}

enum elbow_status scaling_launch(const struct scaling_words *words, const char *output, const char *log,
                                 struct elbow_error *error)
{
    const char *name = words->words[0];
    int state, out, err;
    if (words->is_full)
        return elbow_error_set(error, ELBOW_USAGE, "the command line of %s is longer than %d words or %d bytes", name,
                               SCALING_WORDS_MAX, SCALING_WORDS_SIZE);
    if (open_stream(output, &out, error) != ELBOW_OK)
        return error->status;
    if (open_stream(log, &err, error) != ELBOW_OK) {
        close_stream(out);
        return error->status;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        become(words, out, err);
    close_stream(out);
    close_stream(err);
    if (child < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s cannot be started: %s", name, strerror(errno));
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return elbow_error_set(error, ELBOW_FILE, "%s cannot be waited for: %s", name, strerror(errno));
    if (WIFSIGNALED(state))
        return elbow_error_set(error, ELBOW_FILE, "%s was ended by signal %d", name, WTERMSIG(state));
    if (WEXITSTATUS(state) == EXIT_NO_PROGRAM)
        return elbow_error_set(error, ELBOW_FILE, "%s cannot be started: is it installed and in the PATH?", name);
    if (WEXITSTATUS(state) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s ended with status %d", name, WEXITSTATUS(state));
    return ELBOW_OK;
}

void scaling_find_program(const char *name, const char *given, elbow_path path)
{
    elbow_path self;
    if (given != NULL) {
        elbow_text_format(path, sizeof(elbow_path), "%s", given);
        return;
    }
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = NULL;
    if (length > 0) {
        self[length] = '\0';
        slash = strrchr(self, '/');
    }
    if (slash != NULL) {
        *slash = '\0';
        if (elbow_text_format(path, sizeof(elbow_path), "%s/%s", self, name) && access(path, X_OK) == 0)
            return;
    }
    elbow_text_format(path, sizeof(elbow_path), "%s", name);
}
