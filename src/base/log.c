// SPDX-License-Identifier: BSD-3-Clause
// The log. A line that cannot be written to the file is lost without stopping the run: the screen still has it.
#include "elbow/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

struct elbow_log elbow_log_open(bool speaks, FILE *screen)
{
    return (struct elbow_log){.speaks = speaks, .screen = screen};
}

enum elbow_status elbow_log_append_to(struct elbow_log *log, const char *path, struct elbow_error *error)
{
    if (!log->speaks)
        return ELBOW_OK;
    log->file = fopen(path, "ae");
    if (log->file == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", path, strerror(errno));
    return ELBOW_OK;
}

static void end_progress(struct elbow_log *log)
{
    if (log->line_is_open)
        fputs("\r\033[K", log->screen);
    log->line_is_open = false;
}

static void write_line(FILE *out, const char *prefix, const char *format, va_list arguments)
{
    if (out == NULL)
        return;
    fputs(prefix, out);
    vfprintf(out, format, arguments);
    fputc('\n', out);
    fflush(out);
}

static void tell(struct elbow_log *log, FILE *screen, const char *prefix, const char *format, va_list arguments)
{
    end_progress(log);
    va_list again;
    va_copy(again, arguments);
    write_line(screen, prefix, format, arguments);
    write_line(log->file, prefix, format, again);
    va_end(again);
}

void elbow_log_say(struct elbow_log *log, const char *format, ...)
{
    if (!log->speaks)
        return;
    va_list arguments;
    va_start(arguments, format);
    tell(log, log->screen, "", format, arguments);
    va_end(arguments);
}

void elbow_log_warn(struct elbow_log *log, const char *format, ...)
{
    if (!log->speaks)
        return;
    va_list arguments;
    va_start(arguments, format);
    tell(log, stderr, "elbow: warning: ", format, arguments);
    va_end(arguments);
}

void elbow_log_progress(struct elbow_log *log, const char *format, ...)
{
    if (!log->speaks)
        return;
    va_list arguments;
    va_start(arguments, format);
    fputs("\r\033[K", log->screen);
    vfprintf(log->screen, format, arguments);
    fflush(log->screen);
    va_end(arguments);
    log->line_is_open = true;
}

void elbow_log_close(struct elbow_log *log)
{
    end_progress(log);
    if (log->file != NULL)
        fclose(log->file);
    log->file = NULL;
}
