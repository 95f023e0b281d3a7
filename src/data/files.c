// SPDX-License-Identifier: BSD-3-Clause
// Finding files. The result is one text, path and dataset alternating, each ended by a zero byte, so that it can be
// sent to other ranks.
#include "elbow/data/files.h"

#include "elbow/base/expand.h"
#include "elbow/base/memory.h"
#include "elbow/config/config.h"
#include "elbow/parallel/collectives.h"

#include <string.h>

// Texts that are being collected. Begins zeroed.
struct texts {
    char *text; // owned
    size_t length, size, count;
};

static enum elbow_status add_text(struct texts *texts, const char *text, struct elbow_error *error)
{
    size_t length = strlen(text) + 1;
    if (length > texts->size - texts->length) {
        size_t size = 2 * texts->size + length + 256;
        char *larger;
        enum elbow_status status = elbow_allocate(&larger, size, 1, "names of files", error);
        if (status != ELBOW_OK)
            return status;
        if (texts->length > 0)
            memcpy(larger, texts->text, texts->length);
        elbow_release(&texts->text);
        texts->text = larger;
        texts->size = size;
    }
    memcpy(texts->text + texts->length, text, length);
    texts->length += length;
    ++texts->count;
    return ELBOW_OK;
}

static enum elbow_status add_pair(struct texts *texts, const char *path, const char *dataset, struct elbow_error *error)
{
    enum elbow_status status = add_text(texts, path, error);
    return status == ELBOW_OK ? add_text(texts, dataset, error) : status;
}

// Makes files of the text of pairs, file by file. Takes ownership of the text.
static enum elbow_status point(struct texts *texts, size_t channels, struct elbow_files *files,
                               struct elbow_error *error)
{
    size_t pairs = texts->count / 2;
    const char **names;
    enum elbow_status status = elbow_allocate(&names, 2 * pairs, sizeof *names, "names of files", error);
    if (status != ELBOW_OK) {
        elbow_release(&texts->text);
        return status;
    }
    const char *at = texts->text;
    for (size_t i = 0; i < 2 * pairs; ++i, at += strlen(at) + 1)
        names[i % 2 * pairs + i / 2] = at;
    bool are_several = files->are_several;
    *files = (struct elbow_files){.count = pairs / channels,
                                  .channels = channels,
                                  .are_several = are_several,
                                  .paths = names,
                                  .datasets = names + pairs,
                                  .text = texts->text,
                                  .names = names};
    return ELBOW_OK;
}

struct elbow_files elbow_files_of(const char *const *path, const char *const *dataset)
{
    return (struct elbow_files){.count = 1, .channels = 1, .paths = path, .datasets = dataset};
}

// A search: pairs of the channels, one channel after another.
struct search {
    const struct elbow_files_request *request;
    struct texts texts;
    const char *dataset; // of the current place
    bool are_several;
    size_t first, files; // pairs before this channel; files of the first channel
};

static enum elbow_status take(void *user, const char *path, struct elbow_error *error)
{
    struct search *search = user;
    return add_pair(&search->texts, path, search->dataset, error);
}

// A bare dataset: one in each of the files that it goes with, those of the rows or of the first channel.
static enum elbow_status add_beside(struct search *search, const struct elbow_place_of *place,
                                    struct elbow_error *error)
{
    const struct elbow_files *beside = search->request->beside;
    enum elbow_status status = ELBOW_OK;
    elbow_path path;
    if (place->channel == 0) {
        for (size_t i = 0; i < beside->count && status == ELBOW_OK; ++i)
            status = add_pair(&search->texts, beside->paths[i * beside->channels], search->dataset, error);
        return status;
    }
    size_t at = 0;
    for (size_t i = 0; i < search->files && status == ELBOW_OK; ++i) {
        elbow_text_format(path, sizeof path, "%s", search->texts.text + at); // which may move
        at += strlen(path) + 1;
        at += strlen(search->texts.text + at) + 1;
        status = add_pair(&search->texts, path, search->dataset, error);
    }
    return status;
}

static enum elbow_status add_place(struct search *search, const struct elbow_place_of *place, struct elbow_error *error)
{
    const struct elbow_files_request *request = search->request;
    elbow_path path, dataset;
    bool is_pattern = false;
    if (!elbow_config_locate(request->file, place->location, path, dataset))
        return elbow_error_set(error, ELBOW_CONFIG, "%s: %.60s...: the path is too long", request->key,
                               place->location);
    search->dataset = dataset;
    bool is_bare = strstr(place->location, ":/") == NULL;
    bool is_beside = place->channel > 0 || (request->beside != NULL && request->beside->are_several);
    if (is_bare && is_beside)
        return add_beside(search, place, error);
    if (path[0] == '\0')
        return elbow_error_set(error, ELBOW_CONFIG,
                               "%s: no file for the dataset %.200s; set data.file, or write FILE:%.200s", request->key,
                               place->location, place->location);
    enum elbow_status status = elbow_path_each(request->key, path, &is_pattern, take, search, error);
    search->are_several = search->are_several || is_pattern;
    return status;
}

// Reorders the pairs from channel by channel to file by file.
static enum elbow_status interleave(struct search *search, size_t channels, struct elbow_files *files,
                                    struct elbow_error *error)
{
    struct texts turned = {0};
    struct elbow_files found = {0};
    enum elbow_status status = point(&search->texts, 1, &found, error);
    size_t count = found.count / channels;
    for (size_t i = 0; i < found.count && status == ELBOW_OK; ++i) {
        size_t from = i % channels * count + i / channels;
        status = add_pair(&turned, found.paths[from], found.datasets[from], error);
    }
    if (status == ELBOW_OK)
        status = point(&turned, channels, files, error);
    else
        elbow_release(&turned.text);
    elbow_files_clear(&found);
    return status;
}

enum elbow_status elbow_files_find(const struct elbow_files_request *request, struct elbow_files *files,
                                   struct elbow_error *error)
{
    struct search search = {.request = request};
    struct elbow_place_of place = {.next = request->places};
    size_t channels = elbow_places_channels(request->places), channel = 0, places = 0;
    enum elbow_status status = ELBOW_OK;
    *files = (struct elbow_files){0};
    while (status == ELBOW_OK && elbow_places_next(&place)) {
        if (place.channel != channel) {
            if (channel == 0)
                search.files = search.texts.count / 2;
            else if (search.texts.count / 2 - search.first != search.files)
                break;
            search.first = search.texts.count / 2;
        }
        channel = place.channel;
        status = add_place(&search, &place, error);
        ++places;
    }
    if (status == ELBOW_OK && channels > 1 && search.texts.count / 2 - search.first != search.files)
        status = elbow_error_set(
            error, ELBOW_CONFIG, "%s: channel %zu has %s, but channel 0 has %zu; each file needs all channels",
            request->key, channel, elbow_text_count(search.texts.count / 2 - search.first, "file").text, search.files);
    if (status != ELBOW_OK || search.texts.count == 0) {
        elbow_release(&search.texts.text);
        return status;
    }
    bool is_beside = request->beside != NULL && request->beside->are_several && strstr(request->places, ":/") == NULL;
    files->are_several = search.are_several || is_beside || places > 1;
    return channels > 1 ? interleave(&search, channels, files, error) : point(&search.texts, 1, files, error);
}

static size_t size_of(const struct elbow_files *files)
{
    size_t size = 0;
    for (size_t i = 0; i < files->count * files->channels; ++i)
        size += strlen(files->paths[i]) + strlen(files->datasets[i]) + 2;
    return size;
}

enum elbow_status elbow_files_share(struct elbow_comm *comm, const struct elbow_files_request *request,
                                    struct elbow_files *files, struct elbow_error *error)
{
    bool is_root = elbow_comm_place(comm).rank == 0;
    *files = (struct elbow_files){0};
    *error = (struct elbow_error){0};
    if (is_root)
        elbow_files_find(request, files, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    uint64_t words[] = {files->count, files->channels, files->are_several, is_root ? size_of(files) : 0};
    elbow_comm_broadcast(comm, words, sizeof words);
    if (words[0] == 0)
        return ELBOW_OK;
    struct texts texts = {.count = 2 * words[0] * words[1], .text = files->text};
    if (!is_root)
        elbow_allocate(&texts.text, words[3], 1, "names of files", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK)
        elbow_comm_broadcast(comm, texts.text, words[3]);
    files->are_several = words[2];
    if (!is_root && error->status == ELBOW_OK)
        point(&texts, words[1], files, error);
    else if (!is_root)
        elbow_release(&texts.text);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        elbow_files_clear(files);
    return error->status;
}

bool elbow_files_are_one(const struct elbow_files *files)
{
    for (size_t i = 1; i < files->count * files->channels; ++i)
        if (strcmp(files->paths[i], files->paths[0]) != 0)
            return false;
    return true;
}

void elbow_files_name(const struct elbow_files *files, char *name, size_t size)
{
    char channels[48] = "", more[48] = "";
    if (files->channels > 1)
        elbow_text_format(channels, sizeof channels, ", ... (%zu channels)", files->channels);
    if (files->count > 1)
        elbow_text_format(
            more, sizeof more, " and %s",
            elbow_text_count(files->count - 1, elbow_files_are_one(files) ? "more dataset" : "more file").text);
    elbow_text_format(name, size, "%s:%s%s%s", files->paths[0], files->datasets[0], channels, more);
}

static enum elbow_status stay(void *user, const char *path, const char *dataset, const char **moved,
                              struct elbow_error *error)
{
    (void)user;
    (void)dataset;
    (void)error;
    *moved = path;
    return ELBOW_OK;
}

enum elbow_status elbow_files_copy(const struct elbow_files *files, struct elbow_files *copy, struct elbow_error *error)
{
    return elbow_files_moved(files, stay, NULL, copy, error);
}

enum elbow_status elbow_files_moved(const struct elbow_files *files, elbow_files_move *move, void *user,
                                    struct elbow_files *moved, struct elbow_error *error)
{
    struct texts texts = {0};
    enum elbow_status status = ELBOW_OK;
    *moved = (struct elbow_files){.are_several = files->are_several};
    for (size_t i = 0; i < files->count * files->channels && status == ELBOW_OK; ++i) {
        const char *path = files->paths[i];
        status = move(user, files->paths[i], files->datasets[i], &path, error);
        if (status == ELBOW_OK)
            status = add_pair(&texts, path, files->datasets[i], error);
    }
    if (status == ELBOW_OK && texts.count > 0)
        return point(&texts, files->channels, moved, error);
    elbow_release(&texts.text);
    return status;
}

void elbow_files_clear(struct elbow_files *files)
{
    elbow_release(&files->text);
    elbow_release(&files->names);
    *files = (struct elbow_files){0};
}

enum elbow_status elbow_files_expand(struct elbow_comm *comm, const char *key, const char *path, elbow_path expanded,
                                     struct elbow_error *error)
{
    elbow_path found = "";
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0)
        elbow_path_expand(key, path, found, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, found, sizeof found);
    memcpy(expanded, found, sizeof found);
    return ELBOW_OK;
}
