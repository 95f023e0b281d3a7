// SPDX-License-Identifier: BSD-3-Clause
// Text that grows in a buffer. Numbers and texts read back to the same bits in any locale, and other YAML readers give
// them the same types (1.0e-08, not 1e-08; a text that looks like a number is quoted).
#include "elbow/config/detail/value.h"

#include "elbow/base/mask.h"

#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void elbow_printer_add(struct elbow_printer *printer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = printer->size - printer->length;
    int length = vsnprintf(printer->text + printer->length, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room) {
        printer->is_cut = true;
        printer->text[printer->length] = 0;
        return;
    }
    printer->length += (size_t)length;
}

// The shortest text that reads back the same.
void elbow_printer_add_real(struct elbow_printer *printer, double value)
{
    char digits[40];
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = plain ? uselocale(plain) : (locale_t)0;
    for (int precision = 1; precision <= 17; ++precision) {
        (void)snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    size_t mantissa = strcspn(digits, "e");
    bool has_point = memchr(digits, '.', mantissa) != NULL;
    elbow_printer_add(printer, "%.*s%s%s", (int)mantissa, digits, has_point ? "" : ".0", digits + mantissa);
}

// True if a text needs no quotes: a path of plain characters that no YAML reader takes for anything else.
static bool is_plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    size_t length = strlen(text);
    size_t safe = strspn(text, others);
    if (text[safe] == ':' && text[safe + 1] == '/') // FILE:/dataset
        safe += 1 + strspn(text + safe + 1, others);
    bool is_start = *text == '/' || (*text && strchr(letters, *text)) || strncmp(text, "./", 2) == 0 ||
                    strncmp(text, "../", 3) == 0;
    return is_start && safe == length;
}

// Characters that control a terminal are escaped.
void elbow_printer_add_text(struct elbow_printer *printer, const char *text)
{
    if (is_plain(text)) {
        elbow_printer_add(printer, "%s", text);
        return;
    }
    elbow_printer_add(printer, "\"");
    while (*text) {
        uint32_t character = 0;
        size_t length = elbow_mask_read(text, &character);
        if (character == '"' || character == '\\')
            elbow_printer_add(printer, "\\%c", *text);
        else if (elbow_mask_hides(character) && length > 0)
            elbow_printer_add(printer, "\\u%04" PRIx32, character); // all have 16 bits
        else
            elbow_printer_add(printer, "%.*s", length > 0 ? (int)length : 1, text);
        text += length > 0 ? length : 1;
    }
    elbow_printer_add(printer, "\"");
}
