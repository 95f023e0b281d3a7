// SPDX-License-Identifier: BSD-3-Clause
// A help text, line by line, as a manual page, with the same contents.
#include "elbow/cli/manual.h"

#include "elbow/base/build.h"

#include <ctype.h>
#include <string.h>

enum {
    CONTINUED = 8,    // a line with this indentation continues the entry above it
    LINE_WIDTH = 60,  // a line of the page ends at the first blank after this number of characters
    STYLED_WIDTH = 20 // likewise, of text with fonts in it
};

// The part of the page that is being written.
enum state { BEFORE, USAGE, TEXT, ENTRY, SAMPLE };

struct writer {
    const struct elbow_manual *manual;
    FILE *out;
    enum state state;
    bool is_after_empty;   // line
    bool is_after_heading; // of the page
    bool has_options;      // heading
    const char *at;        // the next line
};

// Writes text in which roff sees no request or escape.
static void put_text(FILE *out, const char *text, size_t length)
{
    if (length > 0 && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", out);
    for (size_t i = 0; i < length; ++i) {
        if (text[i] == '\\')
            fputs("\\e", out);
        else if (text[i] == '-')
            fputs("\\-", out);
        else
            fputc(text[i], out);
    }
}

// Text that roff fills: a line of the page may end at a blank.
static void put_filled(FILE *out, const char *text, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i < length; ++i) {
        if (text[i] != ' ' || i < start + LINE_WIDTH)
            continue;
        put_text(out, text + start, i - start);
        fputc('\n', out);
        start = i + 1;
    }
    put_text(out, text + start, length - start);
    fputc('\n', out);
}

// The length of a word: letters, digits and characters that join them.
static size_t word_length(const char *text)
{
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || (text[length] != '\0' && strchr("-_=/.*", text[length]) != NULL))
        ++length;
    return length > 3 && strncmp(text + length - 3, "...", 3) == 0 ? length - 3 : length;
}

// A synopsis or the term of an entry: words to be typed are bold, CAPITALS are italic, the rest is plain.
static void put_styled(FILE *out, const char *text, size_t length)
{
    size_t start = 0;
    for (size_t i = 0; i < length;) {
        size_t word = word_length(text + i);
        if (word == 0) {
            bool ends = text[i] == ' ' && i >= start + STYLED_WIDTH;
            start = ends ? i + 1 : start;
            put_text(out, ends ? "\n" : text + i, 1);
            ++i;
            continue;
        }
        bool is_plain = isdigit((unsigned char)text[i]) || text[i] == '.';
        fputs(is_plain ? "" : isupper((unsigned char)text[i]) ? "\\fI" : "\\fB", out);
        put_text(out, text + i, word);
        fputs(is_plain ? "" : "\\fR", out);
        i += word;
    }
}

static void put_heading(struct writer *writer, const char *text, size_t length)
{
    fputs(".SH ", writer->out);
    for (size_t i = 0; i < length; ++i)
        fputc(toupper((unsigned char)text[i]), writer->out);
    fputc('\n', writer->out);
    writer->is_after_heading = true;
}

static void leave_sample(struct writer *writer)
{
    if (writer->state == SAMPLE)
        fputs(".fi\n.RE\n", writer->out);
}

// The column at which the meaning of an entry begins; the line's length if it has none.
static size_t find_meaning(const char *line, size_t length, size_t indent)
{
    for (size_t i = indent; i + 1 < length; ++i)
        if (line[i] == ' ' && line[i + 1] == ' ')
            return i + strspn(line + i, " ");
    return length;
}

static size_t trimmed(const char *line, size_t length)
{
    while (length > 0 && line[length - 1] == ' ')
        --length;
    return length;
}

static void put_usage(struct writer *writer, const char *line, size_t length, size_t indent)
{
    static const char USAGE_WORD[] = "usage: ";
    size_t start = sizeof USAGE_WORD - 1;
    if (writer->state == BEFORE) {
        fputs(".SH SYNOPSIS\n", writer->out);
        writer->state = USAGE;
    } else if (indent == start) {
        fputs(".br\n", writer->out);
    } else {
        start = indent;
    }
    size_t meaning = find_meaning(line, length, start); // a remark on the line
    put_styled(writer->out, line + start, trimmed(line, meaning) - start);
    fputc('\n', writer->out);
    if (meaning == length)
        return;
    fputs(".RS 4\n", writer->out);
    put_filled(writer->out, line + meaning, length - meaning);
    fputs(".RE\n", writer->out);
}

// "  term  meaning"; a term whose meaning begins in the next line; or a line of its own, which is shown unchanged.
static void put_entry(struct writer *writer, const char *line, size_t length, size_t indent)
{
    size_t meaning = find_meaning(line, length, indent);
    bool goes_on = strspn(writer->at, " ") >= CONTINUED;
    if (meaning == length && !goes_on) {
        if (writer->state != SAMPLE)
            fputs(writer->is_after_heading ? ".RS 4\n.nf\n" : ".PP\n.RS 4\n.nf\n", writer->out);
        writer->is_after_heading = false;
        writer->state = SAMPLE;
        put_text(writer->out, line + indent, length - indent);
        fputc('\n', writer->out);
        return;
    }
    if (line[indent] == '-' && !writer->has_options && writer->is_after_empty)
        put_heading(writer, "options", strlen("options"));
    writer->has_options = writer->has_options || line[indent] == '-';
    leave_sample(writer);
    writer->state = ENTRY;
    writer->is_after_heading = false;
    fputs(".TP\n", writer->out);
    put_styled(writer->out, line + indent, trimmed(line, meaning) - indent);
    fputc('\n', writer->out);
    if (meaning == length)
        return;
    put_filled(writer->out, line + meaning, length - meaning);
}

static void put_line(struct writer *writer, const char *line, size_t length)
{
    size_t indent = strspn(line, " ");
    bool is_heading = indent == 0 && line[length - 1] == ':' && writer->is_after_empty && writer->at[0] == ' ';
    if (writer->state == BEFORE || (writer->state == USAGE && !writer->is_after_empty)) {
        put_usage(writer, line, length, indent);
        return;
    }
    if (is_heading) {
        leave_sample(writer);
        writer->state = TEXT;
        writer->has_options = writer->has_options || strncmp(line, "options", strlen("options")) == 0;
        put_heading(writer, line, length - 1);
        return;
    }
    if (writer->state == USAGE)
        fputs(".SH DESCRIPTION\n", writer->out);
    if (indent > 0 && indent < CONTINUED) {
        put_entry(writer, line, length, indent);
        return;
    }
    leave_sample(writer);
    if (indent == 0 && writer->state != USAGE && writer->is_after_empty)
        fputs(".PP\n", writer->out);
    if (indent == 0)
        writer->state = TEXT;
    put_filled(writer->out, line + indent, length - indent);
    writer->is_after_heading = false;
}

enum elbow_status elbow_manual_write(const struct elbow_manual *manual, FILE *out, struct elbow_error *error)
{
    struct writer writer = {.manual = manual, .out = out, .at = manual->help};
    if (strncmp(manual->help, "usage: ", strlen("usage: ")) != 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the help does not begin with 'usage: '", manual->name);
    fputs(".\\\" Made from the help of the program; not to be edited.\n.TH ", out);
    for (const char *at = manual->name; *at != '\0'; ++at)
        fputc(toupper((unsigned char)*at), out);
    fprintf(out, " 1 %s \"Elbow %s\" Elbow\n.SH NAME\n", manual->date, elbow_build_version());
    put_text(out, manual->name, strlen(manual->name));
    fputs(" \\- ", out);
    put_text(out, manual->summary, strlen(manual->summary));
    fputc('\n', out);
    while (*writer.at != '\0') {
        const char *line = writer.at;
        size_t length = strcspn(line, "\n");
        writer.at += length + (line[length] == '\n');
        if (length > 0)
            put_line(&writer, line, length);
        writer.is_after_empty = length == 0;
    }
    leave_sample(&writer);
    if (strcmp(manual->name, "elbow") != 0)
        fputs(".SH SEE ALSO\n.BR elbow (1)\n", out);
    return ELBOW_OK;
}
