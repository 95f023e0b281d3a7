// SPDX-License-Identifier: BSD-3-Clause
// Verifying a run, checkpoint by checkpoint. Each replay begins with the run's own checkpoint, so that what differs was
// computed between this one and the next.
#include "elbow/train/verify.h"

#include "elbow/base/directory.h"
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/output/table.h"
#include "elbow/output/table_compare.h"
#include "elbow/parallel/collectives.h"

#include "elbow/train/detail/receipt.h"
#include "elbow/train/detail/replay.h"

#include <inttypes.h>
#include <string.h>

struct verifier {
    struct elbow_comm *comm;
    const struct elbow_verify_request *request;
    struct elbow_log *log;
    struct elbow_replay replay;
    struct elbow_directory run; // rank zero's
    uint64_t *steps;            // of the checkpoints, rank zero's; owned
    size_t count, first, last;  // steps[first] begins (first == count: the start does), steps[last] ends
    struct elbow_verification *result;
};

enum elbow_status elbow_verify_configure(const struct elbow_verify_request *request, const char *name, const char *text,
                                         struct elbow_config *config, struct elbow_error *error)
{
    elbow_config_default(config);
    enum elbow_status status = elbow_config_parse(config, name, text, strlen(text), error);
    for (int i = 0; i < request->change_count && status == ELBOW_OK; ++i) {
        const char *change = request->changes[i];
        if (strncmp(change, "data.", 5) != 0 && strncmp(change, "run.", 4) != 0 &&
            strncmp(change, "train.threads=", 14) != 0)
            return elbow_error_set(error, ELBOW_USAGE,
                                   "--set %.60s: a replay keeps all keys that decide the bits; only data.*, run.* and "
                                   "train.threads can be set",
                                   change);
        status = elbow_config_set(config, change, error);
    }
    return status == ELBOW_OK ? elbow_config_finish(config, name, error) : status;
}

// The place of a checkpoint's step in the list.
static enum elbow_status find_step(const struct verifier *verifier, const char *flag, int64_t step, size_t *place,
                                   struct elbow_error *error)
{
    char list[256] = "";
    size_t used = 0;
    for (*place = 0; *place < verifier->count; ++*place)
        if (verifier->steps[*place] == (uint64_t)step)
            return ELBOW_OK;
    for (size_t i = 0; i < verifier->count && used + 32 < sizeof list; ++i, used += strlen(list + used))
        elbow_text_format(list + used, sizeof list - used, "%s%" PRIu64, i > 0 ? ", " : "", verifier->steps[i]);
    return elbow_error_set(error, ELBOW_USAGE, "%s %" PRId64 ": %s holds no checkpoint of that step (it has: %s)", flag,
                           step, verifier->request->run, list);
}

// Rank zero. Which checkpoint begins, and which ends.
static enum elbow_status choose(struct verifier *verifier, struct elbow_error *error)
{
    const struct elbow_verify_request *request = verifier->request;
    enum elbow_status status = elbow_directory_open(request->run, &verifier->run, error);
    if (status == ELBOW_OK)
        status = elbow_checkpoint_list(&verifier->run, &verifier->steps, &verifier->count, error);
    if (status == ELBOW_OK && verifier->count == 0)
        status =
            elbow_error_set(error, ELBOW_FILE, "%s: holds no checkpoint; give the directory of a run", request->run);
    if (status != ELBOW_OK)
        return status;
    verifier->last = verifier->count - 1;
    if (request->to > 0 && find_step(verifier, "--to", request->to, &verifier->last, error) != ELBOW_OK)
        return error->status;
    if (request->from_start) {
        verifier->first = verifier->count;
        return ELBOW_OK;
    }
    verifier->first = verifier->last - 1;
    if (request->from > 0 && find_step(verifier, "--from", request->from, &verifier->first, error) != ELBOW_OK)
        return error->status;
    if (request->from == 0 && verifier->last == 0)
        return elbow_error_set(error, ELBOW_FILE,
                               "%s: holds no checkpoint before that of step %" PRIu64
                               ", so there is none to repeat steps from; --from-start repeats the whole run",
                               request->run, verifier->steps[verifier->last]);
    if (verifier->first >= verifier->last)
        return elbow_error_set(error, ELBOW_USAGE,
                               "verify: --from %" PRIu64
                               " is not before the last checkpoint to compare, of step %" PRIu64,
                               verifier->steps[verifier->first], verifier->steps[verifier->last]);
    return ELBOW_OK;
}

// Rank zero. A table of the run and of the replay.
static enum elbow_status compare_table(struct verifier *verifier, const struct elbow_directory *replay,
                                       const char *name, uint64_t from, uint64_t to, struct elbow_error *error)
{
    const size_t limit = (size_t)1 << ELBOW_TABLE_BYTES_LOG2;
    struct elbow_verification *result = verifier->result;
    struct elbow_table_difference found = {0};
    char *before = NULL, *now = NULL;
    size_t size = 0;
    struct elbow_error missing = {0}; // a run has its checkpoints, whatever became of its tables
    bool are_there = elbow_file_read(&verifier->run, name, limit, &before, &size, &missing) == ELBOW_OK &&
                     elbow_file_read(replay, name, limit, &now, &size, &missing) == ELBOW_OK;
    bool differs = are_there && elbow_table_compare(before, now, from, to, &found);
    result->rows += found.rows;
    if (differs && (result->table[0] == '\0' || found.step < result->first)) {
        elbow_text_format(result->table, sizeof result->table, "%s", name);
        elbow_text_format(result->split, sizeof result->split, "%s", found.split);
        elbow_text_format(result->column, sizeof result->column, "%s", found.column);
        elbow_text_format(result->before, sizeof result->before, "%s", found.before);
        elbow_text_format(result->now, sizeof result->now, "%s", found.now);
        result->first = found.step;
    }
    if (found.equal > result->equal)
        result->equal = found.equal;
    elbow_release(&before);
    elbow_release(&now);
    if (missing.status != ELBOW_MEMORY)
        return ELBOW_OK;
    *error = missing;
    return error->status;
}

// Rank zero. All tables; the last step that is known to be the same lies before the first that is not.
static enum elbow_status compare_tables(struct verifier *verifier, uint64_t from, uint64_t to,
                                        struct elbow_error *error)
{
    static const char *const tables[] = {"metrics.csv", "kl.csv"};
    struct elbow_directory replay = {0};
    struct elbow_verification *result = verifier->result;
    enum elbow_status status = elbow_directory_open(verifier->replay.run, &replay, error);
    result->equal = from;
    result->first = to;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == ELBOW_OK; ++i)
        status = compare_table(verifier, &replay, tables[i], from, to, error);
    if (result->equal >= result->first)
        result->equal = result->first - 1;
    elbow_directory_close(&replay);
    return status;
}

// Rank zero. Whether the receipt explains a difference.
static void explain(struct verifier *verifier, uint64_t from, uint64_t to)
{
    static const size_t limit = (size_t)1 << 30;
    struct elbow_verification *result = verifier->result;
    struct elbow_error none = {0};
    char *receipt = NULL;
    size_t size = 0;
    result->origin = ELBOW_ORIGIN_UNKNOWN;
    if (elbow_file_read(&verifier->run, ELBOW_RUN_RECEIPT, limit, &receipt, &size, &none) == ELBOW_OK)
        result->origin = elbow_receipt_compare(receipt, from, to, result->why);
    elbow_release(&receipt);
}

// Rank zero. Which step, which number, and why.
static enum elbow_status tell(const struct verifier *verifier, struct elbow_error *error)
{
    const struct elbow_verification *result = verifier->result;
    char when[96], row[320] = "", tensor[320] = "";
    if (result->equal + 1 >= result->first)
        elbow_text_format(when, sizeof when, "at step %" PRIu64, result->first);
    else
        elbow_text_format(when, sizeof when, "between step %" PRIu64 " and step %" PRIu64, result->equal + 1,
                          result->first);
    if (result->table[0] != '\0')
        elbow_text_format(row, sizeof row, "; %s of step %" PRIu64 " (%s, %s): %s there, %s now", result->column,
                          result->first, result->split, result->table, result->before, result->now);
    if (result->checkpoint == 0)
        elbow_text_format(tensor, sizeof tensor, "; the replay stops early, by train.patience, before step %" PRIu64,
                          result->to);
    else if (result->tensor.tensors > 0)
        elbow_text_format(tensor, sizeof tensor,
                          "; %s of the checkpoint of step %" PRIu64 ": %.9g there, %.9g now (the first of %zu of %zu "
                          "tensors)",
                          result->tensor.place, result->checkpoint, result->tensor.before, result->tensor.now,
                          result->tensor.tensors, result->tensor.of);
    return elbow_error_set(
        error, ELBOW_MISMATCH, "%s: differs from its replay, first %s%s%s; %s", verifier->request->run, when, row,
        tensor,
        result->origin == ELBOW_ORIGIN_OTHER ? result->why
        : result->origin == ELBOW_ORIGIN_UNKNOWN
            ? "the run has no receipt of its build and processor"
            : "build, libraries and processor are those of the receipt, so they do not explain it: verify "
              "again, and on another machine");
}

// Collective. Compares the result of a replay with the checkpoint of the run.
static enum elbow_status compare(struct verifier *verifier, const struct elbow_checkpoint *before, uint64_t from,
                                 uint64_t reached, struct elbow_error *error)
{
    elbow_path path;
    struct elbow_checkpoint now = {0};
    struct elbow_verification *result = verifier->result;
    uint64_t to = before->state.step;
    bool is_root = elbow_comm_place(verifier->comm).rank == 0;
    if (!elbow_checkpoint_path(verifier->replay.run, reached, path))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", verifier->replay.run);
    enum elbow_status status = elbow_checkpoint_load(verifier->comm, path, false, verifier->log, &now, error);
    if (status != ELBOW_OK)
        return status;
    if (is_root && compare_tables(verifier, from, to, error) == ELBOW_OK) {
        bool differs = reached < to || elbow_checkpoint_compare(before, &now, &result->tensor);
        result->checkpoint = reached < to ? 0 : to;
        result->differs = differs || result->table[0] != '\0';
        result->checkpoints += 1;
        if (result->differs) {
            explain(verifier, from, to);
            tell(verifier, error);
        }
    }
    elbow_checkpoint_clear(&now);
    return elbow_comm_agree_root(verifier->comm, error);
}

// Collective. Makes the steps up to a checkpoint again; `start`: the checkpoint that they begin with, NULL: the start.
static enum elbow_status verify_one(struct verifier *verifier, const uint64_t *start, uint64_t to,
                                    struct elbow_error *error)
{
    elbow_path path, begin = "";
    struct elbow_checkpoint before = {0};
    struct elbow_config config;
    const struct elbow_verify_request *request = verifier->request;
    uint64_t from = start == NULL ? 0 : *start, reached = 0;
    if (!elbow_checkpoint_path(request->run, to, path) || !elbow_checkpoint_path(request->run, from, begin))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", request->run);
    enum elbow_status status = elbow_checkpoint_load(verifier->comm, path, false, verifier->log, &before, error);
    if (status != ELBOW_OK)
        return status;
    elbow_verify_configure(request, path, before.config_text, &config, error);
    status = elbow_comm_agree(verifier->comm, error);
    if (start == NULL && config.data.page_rows == 0) // a copy of the data in other chunks would have others
        config.data.page_rows = (int64_t)before.data.page_rows;
    if (status == ELBOW_OK) {
        elbow_log_say(verifier->log, "making steps %" PRIu64 " to %" PRIu64 " again, from %s", from + 1, to,
                      start == NULL ? "the start" : begin);
        status = elbow_replay_run(&verifier->replay, &config, begin, request->init, from, to, &reached, error);
    }
    if (status == ELBOW_OK)
        status = compare(verifier, &before, from, reached, error);
    elbow_checkpoint_clear(&before);
    return status;
}

// Collective.
static enum elbow_status verify_all(struct verifier *verifier, struct elbow_error *error)
{
    bool starts = verifier->first == verifier->count;
    struct elbow_verification *result = verifier->result;
    result->from = starts ? 0 : verifier->steps[verifier->first];
    result->to = verifier->steps[verifier->last];
    for (size_t i = starts ? 0 : verifier->first + 1; i <= verifier->last; ++i) {
        const uint64_t *start = i == 0 ? NULL : &verifier->steps[i - 1];
        enum elbow_status status = verify_one(verifier, start, verifier->steps[i], error);
        if (status != ELBOW_OK)
            return status;
    }
    elbow_log_say(verifier->log, "%s: steps %" PRIu64 " to %" PRIu64 " have the same bits again: %s, %s of its tables",
                  verifier->request->run, result->from + 1, result->to,
                  elbow_text_count(result->checkpoints, "checkpoint").text, elbow_text_count(result->rows, "row").text);
    return ELBOW_OK;
}

// Collective. What rank zero has found in the run directory.
static enum elbow_status share(struct verifier *verifier, struct elbow_error *error)
{
    size_t numbers[] = {verifier->count, verifier->first, verifier->last};
    elbow_comm_broadcast(verifier->comm, numbers, sizeof numbers);
    verifier->count = numbers[0];
    verifier->first = numbers[1];
    verifier->last = numbers[2];
    if (verifier->steps == NULL)
        elbow_allocate(&verifier->steps, verifier->count, sizeof *verifier->steps, "checkpoints", error);
    if (elbow_comm_agree(verifier->comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(verifier->comm, verifier->steps, verifier->count * sizeof *verifier->steps);
    return ELBOW_OK;
}

enum elbow_status elbow_verify(struct elbow_comm *comm, const struct elbow_verify_request *request,
                               struct elbow_log *log, struct elbow_verification *result, struct elbow_error *error)
{
    struct verifier verifier = {.comm = comm, .request = request, .log = log, .result = result};
    *result = (struct elbow_verification){0};
    *error = (struct elbow_error){0};
    if (elbow_comm_place(comm).rank == 0)
        choose(&verifier, error);
    enum elbow_status status = elbow_comm_agree_root(comm, error);
    if (status == ELBOW_OK)
        status = share(&verifier, error);
    if (status == ELBOW_OK)
        status = elbow_replay_open(comm, &verifier.replay, error);
    if (status == ELBOW_OK)
        status = verify_all(&verifier, error);
    elbow_replay_close(&verifier.replay);
    elbow_directory_close(&verifier.run);
    elbow_release(&verifier.steps);
    return status;
}
