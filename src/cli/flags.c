// SPDX-License-Identifier: BSD-3-Clause
// Flags of subcommands, read by a table. The same words give the same answer on every rank.
#include "elbow/cli/command.h"

#include "elbow/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64, NEAR = 2 }; // a flag up to two typing errors away is suggested

// The state of parsing.
struct reader {
    const struct elbow_call *call;
    const struct elbow_flag *flags;
    size_t count;
    char *options;
    int at;       // the word being read
    size_t plain; // rows without a name that are filled
};

static bool is_word(const struct elbow_flag *flag)
{
    return flag->name == NULL && flag->letter == 0;
}

// "--name", or "-n" of a flag that has no name.
static void format_name(const struct elbow_flag *flag, char name[NAME_SIZE])
{
    if (flag->name != NULL)
        snprintf(name, NAME_SIZE, "--%s", flag->name);
    else
        snprintf(name, NAME_SIZE, "-%c", flag->letter);
}

// The flag of a word; *value is the text behind its '=' (or its letter), or NULL.
static const struct elbow_flag *find(const struct reader *reader, const char *word, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < reader->count; ++i) {
        const struct elbow_flag *flag = &reader->flags[i];
        if (flag->letter != 0 && word[0] == '-' && word[1] == flag->letter) {
            *value = word[2] != '\0' ? word + 2 : NULL;
            return flag;
        }
        size_t length = flag->name != NULL ? strlen(flag->name) : 0;
        if (length == 0 || strncmp(word, "--", 2) != 0 || strncmp(word + 2, flag->name, length) != 0)
            continue;
        if (word[2 + length] == '=')
            *value = word + 2 + length + 1;
        if (word[2 + length] == '=' || word[2 + length] == '\0')
            return flag;
    }
    return NULL;
}

static enum elbow_status refuse_unknown(const struct reader *reader, const char *word, struct elbow_error *error)
{
    char known[512] = "", asked[NAME_SIZE], nearest[NAME_SIZE] = "";
    size_t distance = NEAR + 1, length = 0;
    snprintf(asked, sizeof asked, "%.*s", (int)strcspn(word, "="), word);
    for (size_t i = 0; i < reader->count; ++i) {
        char name[NAME_SIZE];
        if (is_word(&reader->flags[i]))
            continue;
        format_name(&reader->flags[i], name);
        if (elbow_text_distance(asked, name) < distance && strlen(name) > 2) {
            distance = elbow_text_distance(asked, name);
            snprintf(nearest, sizeof nearest, "%s", name);
        }
        if (length < sizeof known)
            length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", length > 0 ? ", " : "", name);
    }
    if (nearest[0] != '\0')
        return elbow_error_set(error, ELBOW_USAGE, "%s: unknown flag; did you mean %s?", asked, nearest);
    if (length == 0)
        return elbow_error_set(error, ELBOW_USAGE, "%s: unknown flag; this command has none", asked);
    return elbow_error_set(error, ELBOW_USAGE, "%s: unknown flag; the flags are %s", asked, known);
}

static enum elbow_status take_integer(const struct elbow_flag *flag, const char *name, const char *value,
                                      int64_t *target, struct elbow_error *error)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    bool is_number = errno == 0 && end != value && *end == '\0';
    if (is_number && flag->most > 0 && number > flag->most)
        return elbow_error_set(error, ELBOW_USAGE, "%s: found '%.200s', expected at most %" PRId64, name, value,
                               flag->most);
    if (!is_number || number < flag->least)
        return elbow_error_set(error, ELBOW_USAGE, "%s: found '%.200s', expected an integer of at least %" PRId64, name,
                               value, flag->least);
    *target = number;
    return ELBOW_OK;
}

static enum elbow_status take_number(const struct elbow_flag *flag, const char *name, const char *value, double *target,
                                     struct elbow_error *error)
{
    char *end;
    double number = strtod(value, &end);
    bool is_share = flag->kind == ELBOW_FLAG_SHARE, is_fine = number > 0 && (is_share ? number < 1 : isfinite(number));
    if (end == value || *end != '\0' || !is_fine)
        return elbow_error_set(error, ELBOW_USAGE, "%s: found '%.200s', expected a %s", name, value,
                               is_share ? "share above 0 and below 1" : "number above 0");
    *target = number;
    return ELBOW_OK;
}

// A plain number is a number of units, one with a suffix a number of bytes.
static enum elbow_status take_bytes(const struct elbow_flag *flag, const char *name, const char *value, int64_t *target,
                                    struct elbow_error *error)
{
    int64_t bytes = 0;
    bool is_plain = value[strspn(value, "0123456789")] == '\0';
    bool is_size =
        elbow_text_read_bytes(value, &bytes) && !(is_plain && __builtin_mul_overflow(bytes, flag->unit, &bytes));
    if (!is_size || bytes < flag->least || bytes > flag->most)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s: found '%.200s', expected a size such as 500MB or 2GiB, or a number in units of "
                               "%" PRId64 " bytes, from %" PRId64 " to %" PRId64 " bytes in total",
                               name, value, flag->unit, flag->least, flag->most);
    *target = bytes;
    return ELBOW_OK;
}

static enum elbow_status take_value(const struct reader *reader, const struct elbow_flag *flag, const char *name,
                                    const char *value, struct elbow_error *error)
{
    void *target = reader->options + flag->offset;
    struct elbow_words *words = target;
    switch (flag->kind) {
    case ELBOW_FLAG_SWITCH:
        *(bool *)target = true;
        return ELBOW_OK;
    case ELBOW_FLAG_TEXT:
    case ELBOW_FLAG_OPTIONAL_TEXT:
        *(const char **)target = value;
        return ELBOW_OK;
    case ELBOW_FLAG_INTEGER:
        return take_integer(flag, name, value, target, error);
    case ELBOW_FLAG_SHARE:
    case ELBOW_FLAG_POSITIVE:
        return take_number(flag, name, value, target, error);
    case ELBOW_FLAG_BYTES:
        return take_bytes(flag, name, value, target, error);
    case ELBOW_FLAG_LIST:
        if (words->count == ELBOW_WORDS_MAX)
            return elbow_error_set(error, ELBOW_USAGE, "%s: given more than %d times", name, ELBOW_WORDS_MAX);
        words->words[words->count++] = value;
        return ELBOW_OK;
    }
    ELBOW_CHECK(!"a kind of flag");
    return ELBOW_OK;
}

// A flag with its value, which may be the word behind it.
static enum elbow_status take_flag(struct reader *reader, const struct elbow_flag *flag, const char *value,
                                   struct elbow_error *error)
{
    char name[NAME_SIZE];
    format_name(flag, name);
    if (flag->kind == ELBOW_FLAG_SWITCH && value != NULL)
        return elbow_error_set(error, ELBOW_USAGE, "%s: takes no value, but '%.200s' was given", name, value);
    if (flag->kind == ELBOW_FLAG_OPTIONAL_TEXT && value == NULL)
        value = "";
    if (flag->kind != ELBOW_FLAG_SWITCH && value == NULL) {
        if (reader->at + 1 == reader->call->count)
            return elbow_error_set(error, ELBOW_USAGE, "%s: the value is missing", name);
        value = reader->call->words[++reader->at];
    }
    bool is_empty = value != NULL && value[0] == '\0' && flag->kind != ELBOW_FLAG_OPTIONAL_TEXT;
    if (is_empty)
        return elbow_error_set(error, ELBOW_USAGE, "%s: the value is empty", name);
    return take_value(reader, flag, name, value, error);
}

// A plain word belongs to the next row without a name; a list takes all that follow.
static enum elbow_status take_word(struct reader *reader, const char *word, struct elbow_error *error)
{
    size_t skip = reader->plain;
    for (size_t i = 0; i < reader->count; ++i) {
        const struct elbow_flag *flag = &reader->flags[i];
        if (!is_word(flag) || skip-- > 0)
            continue;
        if (word[0] == '\0')
            return elbow_error_set(error, ELBOW_USAGE, "argument %d of the subcommand is empty", reader->at + 1);
        reader->plain += flag->kind != ELBOW_FLAG_LIST;
        return take_value(reader, flag, word, word, error);
    }
    return elbow_error_set(error, ELBOW_USAGE, "'%.200s': unexpected argument", word);
}

// True if the member of a required row has been set: a text, or a list of at least one word.
static bool is_given(const struct reader *reader, const struct elbow_flag *flag)
{
    const void *target = reader->options + flag->offset;
    return flag->kind == ELBOW_FLAG_LIST ? ((const struct elbow_words *)target)->count > 0
                                         : *(const char *const *)target != NULL;
}

static enum elbow_status look_for_required(const struct reader *reader, struct elbow_error *error)
{
    const char *command = reader->call->command->name;
    for (size_t i = 0; i < reader->count; ++i) {
        const struct elbow_flag *flag = &reader->flags[i];
        char name[NAME_SIZE] = "";
        if (!flag->is_required || is_given(reader, flag))
            continue;
        if (flag->letter != 0)
            snprintf(name, sizeof name, "-%c ", flag->letter);
        else if (!is_word(flag))
            snprintf(name, sizeof name, "--%s ", flag->name);
        return elbow_error_set(error, ELBOW_USAGE, "%s: %s%s is missing: %s (see elbow %s --help)", command, name,
                               flag->value, flag->help, command);
    }
    return ELBOW_OK;
}

enum elbow_status elbow_flags_read(const struct elbow_call *call, void *options, struct elbow_error *error)
{
    struct reader reader = {
        .call = call, .flags = call->command->flags, .count = call->command->flag_count, .options = options};
    enum elbow_status status = ELBOW_OK;
    bool only_words = false; // behind "--"
    for (; reader.at < call->count && status == ELBOW_OK; ++reader.at) {
        const char *word = call->words[reader.at], *value;
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (only_words || word[0] != '-' || word[1] == '\0') {
            status = take_word(&reader, word, error);
            continue;
        }
        const struct elbow_flag *flag = find(&reader, word, &value);
        status = flag != NULL ? take_flag(&reader, flag, value, error) : refuse_unknown(&reader, word, error);
    }
    return status == ELBOW_OK ? look_for_required(&reader, error) : status;
}
