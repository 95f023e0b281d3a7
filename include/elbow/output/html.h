// SPDX-License-Identifier: BSD-3-Clause
// Self-contained pages: texts, images and scripts within one HTML file, which loads nothing.
#ifndef ELBOW_OUTPUT_HTML_H
#define ELBOW_OUTPUT_HTML_H

#include "elbow/base/language.h"

#include <stddef.h>
#include <stdio.h>

ELBOW_C_BEGIN

// All functions are local and write to a stream; the caller handles its errors.

// By this in its head a page is known as one of Elbow's.
#define ELBOW_HTML_MARK "<meta name=\"generator\" content=\"Elbow\">"

// Begins a page with a style sheet of lines (NULL ends them), and ends it with a script of lines. The page forbids the
// browser to load anything else.
void elbow_html_begin(FILE *out, const char *title, const char *const *style);
void elbow_html_end(FILE *out, const char *const *script);

// A text, escaped for elements and for attributes in double quotes. Hidden characters (elbow/base/mask.h), except tabs
// and line feeds, and bytes that are not UTF-8 become U+FFFD.
void elbow_html_text(FILE *out, const char *text);
// The same for `count` of its bytes.
void elbow_html_text_of(FILE *out, const char *text, size_t length);

// An element with a text in it: tag "p" or "p class=\"note\"".
void elbow_html_element(FILE *out, const char *tag, const char *text);

// Begins and ends a section with a heading. The id is a fixed word of the page.
void elbow_html_section(FILE *out, const char *id, const char *heading);
void elbow_html_section_end(FILE *out);

// An image within the page: type "image/png". Alt describes the image.
void elbow_html_image(FILE *out, const char *type, const void *bytes, size_t size, const char *alt);

// JSON for the page's script, escaped so that no text in it can end the element.
void elbow_html_json(FILE *out, const char *id, const char *json);

ELBOW_C_END

#endif
