// SPDX-License-Identifier: BSD-3-Clause
// The table of formats.
#include "source.h"

#include <string.h>
#include <strings.h>

#define FORMAT_ADDRESS(name) &import_format_##name,
static const struct import_format *const FORMATS[] = {IMPORT_FORMAT_LIST(FORMAT_ADDRESS)};
#undef FORMAT_ADDRESS

enum { FORMATS_COUNT = sizeof FORMATS / sizeof *FORMATS };

const struct import_format *import_format_find(const unsigned char *head, size_t size)
{
    for (size_t i = 0; i < FORMATS_COUNT; ++i)
        if (FORMATS[i]->matches(head, size))
            return FORMATS[i];
    return NULL;
}

// True if a name ends in one of the endings of a list.
static bool has_ending(const char *name, const char *endings)
{
    size_t length = strlen(name);
    while (*endings != '\0') {
        size_t ending = strcspn(endings, " ");
        if (length > ending && strncasecmp(name + length - ending, endings, ending) == 0)
            return true;
        endings += ending + strspn(endings + ending, " ");
    }
    return false;
}

const struct import_format *import_format_of_name(const char *name)
{
    for (size_t i = 0; i < FORMATS_COUNT && name[0] != '.'; ++i)
        if (FORMATS[i]->endings != NULL && has_ending(name, FORMATS[i]->endings))
            return FORMATS[i];
    return NULL;
}

void import_format_names(char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < FORMATS_COUNT && length < size; ++i) {
        const char *between = i == 0 ? "" : i + 1 == FORMATS_COUNT ? " and " : ", ";
        elbow_text_format(text + length, size - length, "%s%s", between, FORMATS[i]->name);
        length += strlen(text + length);
    }
}

void import_format_endings(char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < FORMATS_COUNT && length < size; ++i) {
        if (FORMATS[i]->endings == NULL)
            continue;
        elbow_text_format(text + length, size - length, "%s%s", length == 0 ? "" : " ", FORMATS[i]->endings);
        length += strlen(text + length);
    }
}
