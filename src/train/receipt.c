// SPDX-License-Identifier: BSD-3-Clause
// The origin of steps, written into the receipt and read back from it.
#include "elbow/train/detail/receipt.h"

#include "elbow/base/build.h"
#include "elbow/base/text.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/blas.h"

#include "elbow/train/detail/ranks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 512 };

// The lines on which bits depend, and their names in messages.
enum line { LINE_BUILD, LINE_LIBRARIES, LINE_PROCESSOR, LINES };
static const struct {
    const char *key, *name;
} lines[LINES] = {[LINE_BUILD] = {"build: ", "build"},
                  [LINE_LIBRARIES] = {"libraries: ", "libraries"},
                  [LINE_PROCESSOR] = {"host: ", "processor"}};

static void describe(enum line line, char text[LINE_SIZE])
{
    switch (line) {
    case LINE_BUILD:
        elbow_text_format(text, LINE_SIZE, "elbow %s, %s, %s", elbow_build_version(), elbow_build_id(),
                          elbow_build_flags());
        break;
    case LINE_LIBRARIES:
        elbow_text_format(text, LINE_SIZE, "%s; %s", elbow_blas_describe(), elbow_hdf5_describe());
        break;
    case LINE_PROCESSOR:
    case LINES:
        elbow_rank_processor(text, LINE_SIZE);
        break;
    }
}

void elbow_receipt_write_origin(FILE *file)
{
    char host[256] = "unknown host", text[LINE_SIZE];
    gethostname(host, sizeof host - 1);
    for (enum line line = 0; line < LINES; ++line) {
        describe(line, text);
        fprintf(file, "%s%s%s%s\n", lines[line].key, line == LINE_PROCESSOR ? host : "",
                line == LINE_PROCESSOR ? ", " : "", text);
    }
}

// The first line from `from` on, and before `end` (NULL: the end of the text), that begins with a key; NULL: none.
static const char *find_line(const char *from, const char *end, const char *key)
{
    for (const char *line = from; line != NULL && (end == NULL || line < end);) {
        if (strncmp(line, key, strlen(key)) == 0)
            return line;
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return NULL;
}

// Whether a start at step `begin`, before the next ones, has made some of the steps.
static bool made_some(uint64_t begin, const char *next, uint64_t first, uint64_t last)
{
    uint64_t end = UINT64_MAX;
    for (; next != NULL; next = find_line(next + 1, NULL, "start: ")) {
        const char *step = strstr(next, " at step ");
        if (step != NULL && strtoull(step + 9, NULL, 10) < end)
            end = strtoull(step + 9, NULL, 10);
    }
    return begin < last && end > first && end > begin;
}

// Whether a start, whose lines end at `end`, was of another origin.
static bool is_other(const char *start, const char *end, char why[ELBOW_RECEIPT_WHY_SIZE])
{
    for (enum line line = 0; line < LINES; ++line) {
        char text[LINE_SIZE];
        const char *found = find_line(start, end, lines[line].key);
        if (found == NULL)
            continue;
        found += strlen(lines[line].key);
        size_t length = strcspn(found, "\n");
        const char *comma = line == LINE_PROCESSOR ? memchr(found, ',', length) : NULL;
        if (comma != NULL && comma[1] == ' ') { // behind the host's name
            length -= (size_t)(comma + 2 - found);
            found = comma + 2;
        }
        describe(line, text);
        if (strlen(text) == length && memcmp(text, found, length) == 0)
            continue;
        elbow_text_format(why, ELBOW_RECEIPT_WHY_SIZE, "the %s changed from '%.*s' (in the receipt) to '%.200s'",
                          lines[line].name, (int)(length < 200 ? length : 200), found, text);
        return true;
    }
    return false;
}

enum elbow_receipt_origin elbow_receipt_compare(const char *receipt, uint64_t first, uint64_t last,
                                                char why[ELBOW_RECEIPT_WHY_SIZE])
{
    enum elbow_receipt_origin origin = ELBOW_ORIGIN_UNKNOWN;
    why[0] = '\0';
    for (const char *start = find_line(receipt, NULL, "start: "); start != NULL;) {
        const char *next = find_line(start + 1, NULL, "start: ");
        const char *step = strstr(start, " at step ");
        if (step != NULL && (next == NULL || step < next) &&
            made_some(strtoull(step + 9, NULL, 10), next, first, last)) {
            if (is_other(start, next, why))
                return ELBOW_ORIGIN_OTHER;
            origin = ELBOW_ORIGIN_SAME;
        }
        start = next;
    }
    return origin;
}
