// SPDX-License-Identifier: BSD-3-Clause
// HTML. All text from outside goes through elbow_html_text_of.
#include "elbow/output/html.h"

#include "elbow/base/mask.h"
#include "elbow/output/base64.h"

#include <stdint.h>
#include <string.h>

static void put_lines(FILE *out, const char *const *lines)
{
    for (size_t i = 0; lines[i] != NULL; ++i)
        fprintf(out, "%s\n", lines[i]);
}

void elbow_html_begin(FILE *out, const char *title, const char *const *style)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" ELBOW_HTML_MARK "\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
          "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n",
          out);
    elbow_html_element(out, "title", title);
    fputs("<style>\n", out);
    put_lines(out, style);
    fputs("</style>\n</head>\n<body>\n", out);
}

void elbow_html_end(FILE *out, const char *const *script)
{
    fputs("<script>\n", out);
    put_lines(out, script);
    fputs("</script>\n</body>\n</html>\n", out);
}

static void put_character(FILE *out, uint32_t character, const char *bytes, size_t length)
{
    if (character == '<')
        fputs("&lt;", out);
    else if (character == '>')
        fputs("&gt;", out);
    else if (character == '&')
        fputs("&amp;", out);
    else if (character == '"')
        fputs("&quot;", out);
    else if (elbow_mask_hides(character) && character != '\n' && character != '\t')
        fputs("\xEF\xBF\xBD", out);
    else
        fwrite(bytes, 1, length, out);
}

void elbow_html_text_of(FILE *out, const char *text, size_t length)
{
    for (const char *end = text + length; text < end && *text != '\0';) {
        uint32_t character = 0;
        size_t bytes = elbow_mask_read(text, &character);
        if (bytes == 0 || bytes > (size_t)(end - text)) {
            fputs("\xEF\xBF\xBD", out);
            bytes = 1;
        } else {
            put_character(out, character, text, bytes);
        }
        text += bytes;
    }
}

void elbow_html_text(FILE *out, const char *text)
{
    elbow_html_text_of(out, text, strlen(text));
}

void elbow_html_element(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    elbow_html_text(out, text);
    fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

void elbow_html_section(FILE *out, const char *id, const char *heading)
{
    fprintf(out, "<section id=\"%s\">\n", id);
    elbow_html_element(out, "h2", heading);
}

void elbow_html_section_end(FILE *out)
{
    fputs("</section>\n", out);
}

void elbow_html_image(FILE *out, const char *type, const void *bytes, size_t size, const char *alt)
{
    fprintf(out, "<img src=\"data:%s;base64,", type);
    elbow_base64_put(out, bytes, size);
    fputs("\" alt=\"", out);
    elbow_html_text(out, alt);
    fputs("\">\n", out);
}

// In JSON, '<' occurs only in texts, where it may be written as an escape.
void elbow_html_json(FILE *out, const char *id, const char *json)
{
    fprintf(out, "<script type=\"application/json\" id=\"%s\">", id);
    for (; *json != '\0'; ++json) {
        if (*json == '<')
            fputs("\\u003c", out);
        else
            fputc(*json, out);
    }
    fputs("</script>\n", out);
}
