// SPDX-License-Identifier: BSD-3-Clause
// The log. A line that cannot be written to the file is lost without stopping the run: the screen still has it.
#include "elbow/base/log.h"

#include "elbow/base/file.h"
#include "elbow/base/mask.h"
#include "elbow/base/signals.h"
#include "elbow/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 4096 }; // bytes of a message; what is longer is cut

struct elbow_log elbow_log_open(bool speaks, FILE *screen)
{
    return (struct elbow_log){.speaks = speaks, .screen = screen};
}

enum elbow_status elbow_log_append_to(struct elbow_log *log, const struct elbow_directory *directory, const char *path,
                                      struct elbow_error *error)
{
    elbow_path name;
    if (!log->speaks)
        return ELBOW_OK;
    int file = elbow_file_open(directory, path, O_APPEND);
    log->file = file < 0 ? NULL : fdopen(file, "a");
    if (log->file != NULL) {
        elbow_signals_keep_log(file);
        return ELBOW_OK;
    }
    int reason = errno;
    if (file >= 0)
        close(file);
    elbow_directory_name(directory, path, name);
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be written: %s", name, elbow_file_reason(reason));
}

void elbow_log_leave_file(struct elbow_log *log)
{
    if (log->file != NULL) {
        elbow_signals_keep_log(-1);
        fclose(log->file);
    }
    log->file = NULL;
}

static void end_progress(struct elbow_log *log)
{
    if (log->line_is_open)
        fputs("\r\033[K", log->screen);
    log->line_is_open = false;
}

static void write_line(FILE *out, const char *prefix, const char *line)
{
    fprintf(out, "%s%s\n", prefix, line);
    fflush(out);
}

// A whole line or none of it; where lines were lost, the next one that is written is preceded by their number.
static void append_line(struct elbow_log *log, const char *prefix, const char *line)
{
    char text[LINE_SIZE + 128], lost[64] = "";
    int file = fileno(log->file);
    off_t before = lseek(file, 0, SEEK_END);
    if (log->lost > 0)
        elbow_text_format(lost, sizeof lost, "(%u line%s could not be written)\n", log->lost,
                          log->lost == 1 ? "" : "s");
    elbow_text_format(text, sizeof text, "%s%s%s\n", lost, prefix, line);
    size_t length = strlen(text);
    bool is_written = elbow_file_put(file, text, length);
    log->lost = is_written ? 0 : log->lost + 1;
    if (!is_written && before >= 0 && ftruncate(file, before) != 0)
        return; // half a line stays: no more can be done
}

static void tell(struct elbow_log *log, FILE *screen, const char *prefix, const char *format, va_list arguments)
{
    char line[LINE_SIZE];
    vsnprintf(line, sizeof line, format, arguments);
    elbow_mask(line);
    end_progress(log);
    write_line(screen, prefix, line);
    if (log->file != NULL)
        append_line(log, prefix, line);
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
    char line[LINE_SIZE];
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    elbow_mask(line);
    fprintf(log->screen, "\r\033[K%s", line);
    fflush(log->screen);
    log->line_is_open = true;
}

void elbow_log_close(struct elbow_log *log)
{
    end_progress(log);
    elbow_log_leave_file(log);
}
