// SPDX-License-Identifier: BSD-3-Clause
// elbow-test-damage: damages a checkpoint in every way of two kinds, flipped bits of one byte and a cut at a length,
// and looks for it as a resume does: in a run directory, where an older, sound one stands beside it.
//
//   elbow-test-damage CHECKPOINT DIRECTORY FLIPS
//
// Every byte of the checkpoint is changed by FLIPS different masks (1: all bits; 9: each bit too; 255: every other
// value), and every shorter length is tried. Each time the older file must be used; if the damaged one is requested by
// its name, it must be refused with a sentence that names it. DIRECTORY must not exist. Prints the counts; exit status
// 1 if a check failed.
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/checkpoint/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t OLDER = 1, NEWER = 2;

struct campaign {
    const char *run;
    elbow_path older, newer; // files
    char *bytes;             // of the sound checkpoint
    size_t size;
    struct elbow_log log;
    uint64_t tried, accepted;
};

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "elbow-test-damage: %s: %s\n", what, why);
    exit(2);
}

static void must(enum elbow_status status, const struct elbow_error *error)
{
    if (status != ELBOW_OK)
        give_up("cannot go on", error->message);
}

// The file as the loader sees it: a program that writes in its place could stop anywhere, so only the bytes count.
static void write_newer(const struct campaign *campaign, const char *bytes, size_t size)
{
    FILE *stream = fopen(campaign->newer, "wb");
    if (stream == NULL || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0)
        give_up(campaign->newer, strerror(errno));
}

static void note_accepted(struct campaign *campaign, const char *how, size_t place, int mask, const char *why)
{
    ++campaign->accepted;
    printf("ACCEPTED: %s %zu (mask %02x): %s\n", how, place, (unsigned)mask, why);
}

// The newer file is damaged and must not be used.
static void judge(struct campaign *campaign, const char *how, size_t place, int mask)
{
    elbow_path found;
    struct elbow_error error = {0};
    ++campaign->tried;
    if (elbow_checkpoint_find(campaign->newer, false, &campaign->log, found, &error) == ELBOW_OK)
        note_accepted(campaign, how, place, mask, "by its name");
    else if (strstr(error.message, campaign->newer) == NULL)
        note_accepted(campaign, how, place, mask, error.message);
    error = (struct elbow_error){0};
    if (elbow_checkpoint_find(campaign->run, false, &campaign->log, found, &error) != ELBOW_OK)
        note_accepted(campaign, how, place, mask, error.message);
    else if (strcmp(found, campaign->older) != 0)
        note_accepted(campaign, how, place, mask, "as the newest of its run");
}

static int mask_of(int flips, int number)
{
    if (flips == 255)
        return number + 1;
    return number == 0 ? 255 : 1 << (number - 1);
}

static void flip_all(struct campaign *campaign, int flips)
{
    for (size_t i = 0; i < campaign->size; ++i)
        for (int number = 0; number < flips; ++number) {
            int mask = mask_of(flips, number);
            campaign->bytes[i] = (char)(campaign->bytes[i] ^ mask);
            write_newer(campaign, campaign->bytes, campaign->size);
            judge(campaign, "flipped byte", i, mask);
            campaign->bytes[i] = (char)(campaign->bytes[i] ^ mask);
        }
}

static void cut_all(struct campaign *campaign)
{
    for (size_t size = 0; size < campaign->size; ++size) {
        write_newer(campaign, campaign->bytes, size);
        judge(campaign, "cut at byte", size, 0);
    }
}

// The intact file must be used; otherwise the other checks prove nothing.
static void expect_sound(struct campaign *campaign)
{
    elbow_path found;
    struct elbow_error error = {0};
    write_newer(campaign, campaign->bytes, campaign->size);
    must(elbow_checkpoint_find(campaign->run, false, &campaign->log, found, &error), &error);
    if (strcmp(found, campaign->newer) != 0)
        give_up(found, "was taken instead of the newer, sound one");
}

static void prepare(struct campaign *campaign, const char *checkpoint)
{
    struct elbow_error error = {0};
    struct stat about;
    if (stat(campaign->run, &about) == 0)
        give_up(campaign->run, "is there already");
    if (!elbow_checkpoint_path(campaign->run, OLDER, campaign->older) ||
        !elbow_checkpoint_path(campaign->run, NEWER, campaign->newer))
        give_up(campaign->run, "the path is too long");
    must(elbow_file_read_input(checkpoint, (size_t)1 << 30, &campaign->bytes, &campaign->size, &error), &error);
    must(elbow_file_make_directory_of(campaign->older, &error), &error);
    must(elbow_part_write(NULL, campaign->older, campaign->bytes, campaign->size, ELBOW_PUBLISH_REPLACE, &error),
         &error);
    campaign->log = elbow_log_open(false, stdout);
}

int main(int argc, char **argv)
{
    int flips = argc == 4 ? atoi(argv[3]) : 0;
    if (flips != 1 && flips != 9 && flips != 255)
        give_up("usage", "elbow-test-damage CHECKPOINT DIRECTORY 1|9|255");
    struct campaign campaign = {.run = argv[2]};
    prepare(&campaign, argv[1]);
    expect_sound(&campaign);
    flip_all(&campaign, flips);
    cut_all(&campaign);
    expect_sound(&campaign);
    printf("%zu bytes, %llu damaged files, %llu taken\n", campaign.size, (unsigned long long)campaign.tried,
           (unsigned long long)campaign.accepted);
    elbow_release(&campaign.bytes);
    return campaign.accepted == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
