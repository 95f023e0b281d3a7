// SPDX-License-Identifier: BSD-3-Clause
// A whole result begins with a head; before, zeros stand in its place.
#include "elbow/cli/early.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct head {
    bool is_whole;
    struct elbow_error error;
};

FILE *elbow_early_open(void)
{
    int memory = memfd_create("elbow-early", MFD_CLOEXEC);
    FILE *early = memory < 0 ? NULL : fdopen(memory, "w+");
    if (early == NULL && memory >= 0)
        close(memory);
    if (early != NULL && fseek(early, (long)sizeof(struct head), SEEK_SET) != 0)
        elbow_early_close(&early);
    return early;
}

void elbow_early_finish(FILE *early, const struct elbow_error *error)
{
    struct head head = {.is_whole = true, .error = *error};
    if (fflush(early) != 0 || ferror(early))
        return;
    // Without a head there is no result: nobody needs to know why it was not written.
    if (pwrite(fileno(early), &head, sizeof head, 0) != (ssize_t)sizeof head)
        clearerr(early);
}

static bool read_head(FILE *early, struct head *head)
{
    return pread(fileno(early), head, sizeof *head, 0) == (ssize_t)sizeof *head && head->is_whole;
}

bool elbow_early_is_whole(FILE *early)
{
    struct head head;
    return early != NULL && read_head(early, &head);
}

enum elbow_status elbow_early_take(FILE *early, FILE *out, struct elbow_error *error)
{
    struct head head;
    char text[4096];
    size_t size;
    bool is_there = read_head(early, &head) && fseek(early, (long)sizeof head, SEEK_SET) == 0;
    while (is_there && (size = fread(text, 1, sizeof text, early)) > 0)
        fwrite(text, 1, size, out);
    if (!is_there || ferror(early))
        return elbow_error_set(error, ELBOW_FILE,
                               "the description of the file, made by a child process, cannot be read: %s; try again",
                               strerror(errno));
    *error = head.error;
    return error->status;
}

void elbow_early_close(FILE **early)
{
    if (*early != NULL)
        fclose(*early);
    *early = NULL;
}
