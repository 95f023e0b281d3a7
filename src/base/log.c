// SPDX-License-Identifier: BSD-3-Clause
// The log. A line that cannot be written to the file is lost without stopping the run: the screen still has it; and the
// other way round.
#include "elbow/base/log.h"

#include "elbow/base/file.h"
#include "elbow/base/mask.h"
#include "elbow/base/signals.h"
#include "elbow/base/streams.h"
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

bool elbow_log_lost_screen(const struct elbow_log *log, char *text, size_t size)
{
    if (log->lost_stream == NULL)
        return false;
    elbow_text_format(text, size, "standard %s cannot be written: %s", log->lost_stream == stderr ? "error" : "output",
                      strerror(log->lost_reason));
    return true;
}

static size_t compose_loss(const struct elbow_log *log, char line[LINE_SIZE])
{
    char what[256];
    elbow_log_lost_screen(log, what, sizeof what);
    elbow_text_format(line, LINE_SIZE,
                      "elbow: warning: %s; the run continues, log.txt has its lines, and the exit status will be 3\n",
                      what);
    return strlen(line);
}

static void warn_of_screen(const struct elbow_log *log)
{
    char line[LINE_SIZE];
    size_t length = compose_loss(log, line);
    elbow_streams_put(stderr, line, length);
}

// To stdout or stderr. The first failure is kept.
static void show(struct elbow_log *log, FILE *stream, const char *text, size_t length)
{
    int reason = elbow_streams_put(stream, text, length);
    if (reason == 0 || log->lost_stream != NULL)
        return;
    log->lost_stream = stream;
    log->lost_reason = reason;
    if (log->minds_screen && stream != stderr)
        warn_of_screen(log);
}

static void end_progress(struct elbow_log *log)
{
    static const char back[] = "\r\033[K";
    if (log->line_is_open)
        show(log, log->screen, back, sizeof back - 1);
    log->line_is_open = false;
}

// A whole line or none of it; where lines were lost, the next one that is written is preceded by their number.
static void append_line(struct elbow_log *log, const char *line, size_t length)
{
    char text[LINE_SIZE + 64];
    int file = fileno(log->file), head = 0;
    off_t before = lseek(file, 0, SEEK_END);
    if (log->lost > 0)
        head = snprintf(text, 64, "(%u line%s could not be written)\n", log->lost, log->lost == 1 ? "" : "s");
    memcpy(text + head, line, length);
    bool is_written = elbow_file_put(file, text, (size_t)head + length);
    log->lost = is_written ? 0 : log->lost + 1;
    if (!is_written && before >= 0 && ftruncate(file, before) != 0)
        return; // half a line stays: no more can be done
}

// One line, with its end; cut if it is too long.
static size_t compose(char line[LINE_SIZE], const char *prefix, const char *format, va_list arguments)
{
    elbow_text_format(line, LINE_SIZE - 1, "%s", prefix);
    size_t length = strlen(line);
    vsnprintf(line + length, LINE_SIZE - 1 - length, format, arguments);
    elbow_mask(line + length);
    length = strlen(line);
    line[length++] = '\n';
    return length;
}

// The file is told of the screen as soon as there is one.
static void file_loss(struct elbow_log *log)
{
    char line[LINE_SIZE];
    if (!log->minds_screen || log->lost_stream == NULL || log->lost_is_filed || log->file == NULL)
        return;
    log->lost_is_filed = true;
    append_line(log, line, compose_loss(log, line));
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
        file_loss(log);
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

static void tell(struct elbow_log *log, FILE *stream, const char *prefix, const char *format, va_list arguments)
{
    char line[LINE_SIZE];
    end_progress(log);
    size_t length = compose(line, prefix, format, arguments);
    show(log, stream, line, length);
    if (log->file != NULL)
        append_line(log, line, length);
    file_loss(log);
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
    tell(log, log->warnings != NULL ? log->warnings : stderr, log->warnings != NULL ? "" : "elbow: warning: ", format,
         arguments);
    va_end(arguments);
}

void elbow_log_progress(struct elbow_log *log, const char *format, ...)
{
    if (!log->speaks)
        return;
    va_list arguments;
    va_start(arguments, format);
    char line[LINE_SIZE];
    size_t length = compose(line, "\r\033[K", format, arguments) - 1; // no line feed
    show(log, log->screen, line, length);
    va_end(arguments);
    log->line_is_open = true;
}

static size_t compose_end(char line[LINE_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = compose(line, "elbow: ", format, arguments);
    va_end(arguments);
    return length;
}

void elbow_log_end(struct elbow_log *log, const char *sentence)
{
    char line[LINE_SIZE];
    if (log->file != NULL)
        append_line(log, line, compose_end(line, "%s", sentence));
}

void elbow_log_close(struct elbow_log *log)
{
    end_progress(log);
    elbow_log_leave_file(log);
}
