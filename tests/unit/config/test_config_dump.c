// SPDX-License-Identifier: BSD-3-Clause
// The dump and its round trip, changes that a resume allows, damaged texts, and every file in configs/.
#include "elbow/config/detail/schema.h"

#include "config_support.h"

#include "elbow/base/file.h"
#include "elbow/config/detail/value.h"

#include <glob.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <time.h>

// A small generator of its own (splitmix64): the tests of this floor know no other.
static uint64_t state;
static uint64_t draw(uint64_t limit)
{
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % limit;
}

static double draw_real(void)
{
    double share = (double)(draw(UINT64_C(1) << 53) + 1) / 0x1p53; // in (0, 1]
    return draw(2) ? share * 0.999 : ldexp(share, -(int)draw(1000));
}

static void draw_path(char *path)
{
    // clang-format off
    static const char *const pieces[] = {
        "data", "/", "x.h5", " ", ":", ": ", "#", " #", "\"", "'", "\\", "[", "{", "&", "*", "!", "|", ">",
        "%", "@", "\xc3\xa9", "-", "1e5", "null", "true", "~", "\xe2\x82\xac", "\xf0\x9f\x92\xa7",
        // NOLINTNEXTLINE(misc-misleading-bidirectional): what the test is about
        "\xe2\x80\xae"}; // which turns the writing to the left
    // clang-format on
    memset(path, 0, ELBOW_PATH_SIZE);
    size_t count = draw(20) == 0 ? 150 : draw(6);
    for (size_t i = 0; i < count; ++i)
        strcat(path, pieces[draw(sizeof pieces / sizeof *pieces)]);
}

static void draw_option(const struct elbow_key *key, struct elbow_layer *layer)
{
    void *value = (char *)layer + key->offset;
    size_t choices = 0;
    switch (key->type) {
    case ELBOW_KEY_INTEGER:
        *(int64_t *)value = key->least + (int64_t)draw((uint64_t)(key->most - key->least) + 1);
        return;
    case ELBOW_KEY_CHOICE:
        while (key->choices[choices])
            ++choices;
        *(int *)value = (int)draw(choices);
        return;
    case ELBOW_KEY_REAL:
        *(double *)value = draw_real();
        return;
    default:
        ck_abort_msg("%s: nobody draws an option of this type", key->name);
    }
}

// Layers into `entries`, which has `room` entries, with inner layers behind them. Returns the number of all.
static size_t draw_entries(struct elbow_layer *entries, size_t count, size_t room, size_t depth)
{
    size_t kinds, used = count;
    const struct elbow_kind_schema *schemas = elbow_schema_layers(&kinds);
    for (size_t i = 0; i < count; ++i) {
        struct elbow_layer *layer = &entries[i];
        *layer = (struct elbow_layer){.kind = (enum elbow_layer_kind)draw(kinds)};
        struct elbow_inner_layers inner = {
            .ahead = used - i, .count = draw(3) + 1, .room = room - used, .depth = depth + 1};
        while (layer->kind == ELBOW_LAYER_RESIDUAL && (depth == ELBOW_LAYERS_DEPTH || inner.room < inner.count))
            layer->kind = (enum elbow_layer_kind)draw(kinds);
        if (layer->kind == ELBOW_LAYER_RESIDUAL) {
            layer->inner = inner;
            used += draw_entries(layer + inner.ahead, inner.count, inner.room, inner.depth);
            continue;
        }
        struct elbow_keys keys = schemas[layer->kind].keys;
        for (size_t k = 0; k < keys.count; ++k)
            draw_option(&keys.rows[k], layer);
    }
    return used;
}

static void draw_layers(struct elbow_layers *layers)
{
    layers->count = draw(8) == 0 ? ELBOW_LAYERS_MAX : draw(4);
    draw_entries(layers->layers, layers->count, ELBOW_LAYERS_MAX, 0);
}

// One place, a list, or up to three channels of lists.
static void draw_places(char *places, size_t channels)
{
    size_t length = 0;
    memset(places, 0, ELBOW_PLACES_SIZE);
    for (size_t channel = 0; channel < channels; ++channel)
        for (size_t place = 0, count = draw(3) + 1; place < count; ++place) {
            elbow_path path;
            draw_path(path);
            bool has_mark = place > 0 || channels > 1;
            length += (size_t)sprintf(places + length, "%s%s:/x", !has_mark ? "" : place > 0 ? "\n" : "\t", path);
        }
}

static void draw_data(struct elbow_config *config)
{
    draw_path(config->data.file);
    draw_places(config->data.train, draw(3) + 1);
    draw_places(config->data.valid, draw(3) + 1);
    draw_places(config->data.labels, 1);
    draw_path(config->data.valid_labels);
    config->data.transpose = draw(2);
    config->data.columns.count = draw(4);
    for (size_t i = 0; i < config->data.columns.count; ++i) {
        config->data.columns.ranges[i].first = (int64_t)(1000 * i + draw(500));
        config->data.columns.ranges[i].last = config->data.columns.ranges[i].first + (int64_t)draw(3);
    }
    draw_path(config->run.dir);
    config->data.binarize = (int)draw(3);
    config->data.threshold = -draw_real();
    config->data.has_factor = draw(2);
    config->data.factor = config->data.has_factor ? draw_real() : 1;
    config->data.has_offset = draw(2);
    config->data.offset = config->data.has_offset ? -draw_real() : 0;
    config->data.shape.count = draw(5);
    for (size_t i = 0; i < config->data.shape.count; ++i)
        config->data.shape.values[i] = (int64_t)draw(65536) + 1;
    config->run.nodes.count = draw(ELBOW_NODES_MAX + 1);
    for (size_t i = 0; i < config->run.nodes.count; ++i)
        config->run.nodes.values[i] = (int64_t)draw(1 << 20);
}

// One of a key's kinds. Its options have their presets, or their minimum if they are mandatory.
static void draw_kind(struct elbow_config *config, const char *name)
{
    const struct elbow_key *key = elbow_schema_find(elbow_schema_keys(), "model", name);
    int kinds = 0;
    while (key->kinds[kinds].name)
        ++kinds;
    int kind = (int)draw((uint64_t)kinds);
    *(int *)((char *)config + key->offset) = kind;
    for (size_t i = 0; i < key->kinds[kind].keys.count; ++i) {
        const struct elbow_key *option = &key->kinds[kind].keys.rows[i];
        elbow_value_preset(option, config);
        if (!option->preset && option->type == ELBOW_KEY_INTEGER)
            *(int64_t *)((char *)config + option->offset) = option->least;
    }
}

static void draw_config(struct elbow_config *config)
{
    elbow_config_default(config);
    draw_data(config);
    config->seed = (int64_t)draw(INT64_MAX);
    config->data.layout = (int)draw(5);
    config->data.channels = (int)draw(2);
    config->data.transform = (int)draw(ELBOW_TRANSFORMS);
    config->model.posterior = (int)draw(ELBOW_POSTERIORS);
    config->model.input.transform = (int)draw(ELBOW_TRANSFORMS);
    config->model.input.corrupt = (int)draw(ELBOW_CORRUPTIONS);
    if (config->model.input.corrupt != ELBOW_CORRUPT_NONE)
        config->model.input.amount = draw_real() / 10 + 1e-3;
    draw_kind(config, "prior");
    draw_kind(config, "likelihood");
    config->model.likelihood_options.variance = draw_real() * 1e300;
    config->model.likelihood_options.learn_variance = draw(2);
    config->model.initializer = (int)draw(3);
    draw_layers(&config->model.encoder);
    draw_layers(&config->model.decoder);
    config->objective.free_bits = draw_real();
    config->train.rate = draw_real();
    config->train.beta1 = draw_real() * 0.5;
    config->train.epsilon = draw_real();
    config->train.clip = draw_real() * 1e6;
    config->train.schedule = (int)draw(ELBOW_SCHEDULES);
    if (config->train.schedule == ELBOW_SCHEDULE_PIECES)
        config->train.pieces.count = draw(ELBOW_PIECES_MAX) + 1;
    for (size_t i = 0; i < config->train.pieces.count; ++i) {
        config->train.pieces.pieces[i].epochs = (int64_t)draw(UINT32_MAX) + 1;
        config->train.pieces.pieces[i].rate = draw_real();
    }
    config->train.microbatch = (int64_t)draw(100);
    config->eval.every = draw(2) ? ELBOW_EVERY_EPOCH : (int64_t)draw(1000);
    config->checkpoint.best = draw(2);
    config->data.order = (int)draw(3);
    config->data.window_pages = (int64_t)draw(1000) + 1;
    config->data.page_rows = (int64_t)draw(1000);
    config->data.access = (int)draw(4);
    config->data.memory = (int64_t)draw(INT64_MAX);
    config->run.progress = (int)draw(3);
    config->run.prefetch = (int)draw(3);
    config->run.time_limit = (int64_t)draw(1000000000);
}

START_TEST(test_round_trip)
{
    const char *given = getenv("ELBOW_TEST_SEED");
    state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("test_round_trip: ELBOW_TEST_SEED=%" PRIu64 "\n", state);
    for (int i = 0; i < 300; ++i) {
        struct elbow_config config, read;
        draw_config(&config);
        elbow_config_default(&read);
        char *text = NULL, *again = NULL;
        ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_OK);
        accepted(&read, text);
        ck_assert_msg(memcmp(&read, &config, sizeof read) == 0, "another configuration was read back from:\n%s", text);
        ck_assert_int_eq(elbow_config_dump(&read, &again, &error), ELBOW_OK);
        ck_assert_str_eq(text, again);
        ck_assert_int_eq(elbow_config_resumable(&config, &read, &error), ELBOW_OK);
        elbow_release(&text);
        elbow_release(&again);
    }
}
END_TEST

START_TEST(test_dump)
{
    struct elbow_config config = defaults();
    accepted(&config,
             "data: {file: data/x.h5, valid: 'b.h5:/v', labels: 'true', shape: [28, 28]}\nmodel: {encoder: [dense: "
             "{units: 3}, dense: {units: 4, activation: tanh}]}\ntrain: {rate: 0.0003, clip: 1e20, momentum: 0.1}");
    char *text = NULL;
    ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_OK);
    static const char start[] =
        "seed: 1\ndata:\n  file: data/x.h5\n  train: /train/images\n  valid: b.h5:/v\n"
        "  labels: \"true\"\n  valid_labels: \"\"\n  binarize: none\n  threshold: 0.5\n"
        "  factor: null\n  offset: null\n  shape: [28, 28]\n  synthetic: 0\n  stage: \"\"\nmodel:\n  latent: 20\n";
    ck_assert_msg(strncmp(text, start, strlen(start)) == 0, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "  encoder:\n    - dense: {units: 3, activation: relu}\n"
                                       "    - dense: {units: 4, activation: tanh}\n  decoder: []\n"));
    ck_assert_ptr_nonnull(strstr(text, "  rate: 0.0003\n"));
    ck_assert_ptr_nonnull(strstr(text, "  epsilon: 1.0e-08\n"));
    ck_assert_ptr_nonnull(strstr(text, "  clip: 1.0e+20\n"));
    ck_assert_ptr_nonnull(strstr(text, "  momentum: 0.1\n"));
    ck_assert_ptr_nonnull(strstr(text, "  every: epoch\n"));
    ck_assert_ptr_null(strstr(text, "layout")); // later than version 0.1, and as it is by default
    ck_assert_ptr_null(strstr(text, "channels"));
    ck_assert_ptr_null(strstr(text, "transform"));
    elbow_release(&text);
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
    ck_assert_ptr_null(text);
}
END_TEST

// If such a locale is installed, a decimal comma changes nothing.
START_TEST(test_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8", "pt_BR.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (setlocale(LC_ALL, names[i]))
            break;
    struct elbow_config config = defaults();
    accepted(&config, "train: {rate: 2.5e-3}");
    char *text = NULL;
    ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_OK);
    setlocale(LC_ALL, "C");
    ck_assert(config.train.rate == 2.5e-3);
    ck_assert_ptr_nonnull(strstr(text, "  rate: 0.0025\n"));
    elbow_release(&text);
}
END_TEST

START_TEST(test_resumable)
{
    struct elbow_config old = defaults(), new = defaults();
    accepted(
        &new,
        "data: {file: y.h5, train: /x, valid: /v, labels: /l, valid_labels: /m, stage: /tmp}\n"
        "train: {epochs: 99, steps: 7, threads: 4}\nlog: {every: 3}\ncheckpoint: {every: 1, keep: 1, best: false}\n"
        "samples: {every: 1, count: 2}\neval: {every: 3}\nrun: {dir: x, stop_after: 3, strict: true, nodes: [0]}");
    ck_assert_int_eq(elbow_config_resumable(&old, &new, &error), ELBOW_OK);
    static const char rest[] = "; a resume may change only the paths of the data, data.access, data.memory, "
                               "train.epochs, train.steps, train.threads, log.*, checkpoint.*, samples.*, eval.* and "
                               "run.*; set it back, or start a new run in another directory";
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"seed: 2", "seed: the checkpoint was made with 1, now it is 2"},
        {"train: {rate: 2e-3}", "train.rate: the checkpoint was made with 0.001, now it is 0.002"},
        {"data: {synthetic: 9}", "data.synthetic: the checkpoint was made with 0, now it is 9"},
        {"data: {factor: 1}", "data.factor: the checkpoint was made with null, now it is 1.0"},
        {"data: {shape: [2, 2]}", "data.shape: the checkpoint was made with [], now it is [2, 2]"},
        {"model: {learn_variance: true}", "model.learn_variance: the checkpoint was made with false, now it is true"},
        {"train: {optimizer: sgd}", "train.optimizer: the checkpoint was made with adam, now it is sgd"},
        {"model: {encoder: [dense: {units: 2}]}",
         "model.encoder: the checkpoint was made with [], now it is [dense: {units: 2, activation: relu}]"},
        {"train: {microbatch: 2}", "train.microbatch: the checkpoint was made with 0, now it is 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char message[ELBOW_MESSAGE_SIZE];
        elbow_config_default(&new);
        accepted(&new, cases[i].text);
        snprintf(message, sizeof message, "%s%s", cases[i].message, rest);
        ck_assert_int_eq(elbow_config_resumable(&old, &new, &error), ELBOW_CONFIG);
        ck_assert_str_eq(error.message, message);
    }
    elbow_config_default(&new);
    accepted(&old, "model: {encoder: [dense: {units: 2, activation: tanh}]}");
    accepted(&new, "model: {encoder: [dense: {units: 2, activation: relu}]}");
    ck_assert_int_eq(elbow_config_resumable(&old, &new, &error), ELBOW_CONFIG);
}
END_TEST

START_TEST(test_choice)
{
    ck_assert_str_eq(elbow_config_choice("model.likelihood", ELBOW_LIKELIHOOD_BERNOULLI), "bernoulli");
    ck_assert_str_eq(elbow_config_choice("data.binarize", ELBOW_BINARIZE_SAMPLE), "sample");
    ck_assert_str_eq(elbow_config_choice("model.output_bias", ELBOW_OUTPUT_BIAS_DATA), "data");
    ck_assert_str_eq(elbow_config_choice("model.initializer", ELBOW_INITIALIZER_HE), "he");
    ck_assert_str_eq(elbow_config_choice("train.optimizer", ELBOW_OPTIMIZER_SGD), "sgd");
    ck_assert_str_eq(elbow_config_choice("train.schedule", ELBOW_SCHEDULE_STEP), "step");
    ck_assert_str_eq(elbow_config_choice("train.on_nan", ELBOW_ON_NAN_SKIP), "skip");
    ck_assert_str_eq(elbow_config_choice("run.progress", ELBOW_PROGRESS_PLAIN), "plain");
    ck_assert_str_eq(elbow_config_choice("activation", ELBOW_ACTIVATION_NONE), "none");
    ck_assert_str_eq(elbow_config_choice("activation", ELBOW_ACTIVATION_LEAKY_RELU), "leaky_relu");
    ck_assert_str_eq(elbow_config_choice("activation", ELBOW_ACTIVATION_SILU), "silu");
}
END_TEST

START_TEST(test_no_memory)
{
    const char *text = "seed: 1\ndata: {file: x, shape: [1, 2]}\nmodel: {encoder: [dense: {units: 3}]}\n";
    size_t blocks = elbow_memory_count().blocks;
    enum elbow_status status = ELBOW_MEMORY;
    struct elbow_config config = defaults();
    uint64_t n = 1;
    for (; status != ELBOW_OK; ++n) {
        elbow_memory_fail_at(n);
        status = parse(&config, text);
        elbow_memory_fail_at(0);
        ck_assert(status == ELBOW_OK || status == ELBOW_MEMORY);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    ck_assert_uint_gt(n, 20); // a node, its key and its text are three each
}
END_TEST

// Every beginning of a full dump is read or refused with a position, and never crashes.
START_TEST(test_truncated)
{
    state = 1;
    struct elbow_config config;
    draw_config(&config);
    char *text = NULL;
    ck_assert_int_eq(elbow_config_dump(&config, &text, &error), ELBOW_OK);
    size_t length = strlen(text);
    for (size_t size = 0; size <= length; ++size) {
        char *copy = malloc(size ? size : 1); // so that the sanitizer sees a read behind the end
        memcpy(copy, text, size);
        struct elbow_config read = defaults();
        enum elbow_status status = elbow_config_parse(&read, "run.yaml", copy, size, &error);
        ck_assert(status == ELBOW_OK || status == ELBOW_CONFIG);
        if (status == ELBOW_CONFIG)
            ck_assert_int_eq(strncmp(error.message, "run.yaml:", 9), 0);
        free(copy);
    }
    elbow_release(&text);
}
END_TEST

START_TEST(test_configs)
{
    glob_t found;
    ck_assert_int_eq(glob(ELBOW_SOURCE_DIR "/configs/*.yaml", 0, NULL, &found), 0);
    ck_assert_int_eq(glob(ELBOW_SOURCE_DIR "/configs/papers/*.yaml", GLOB_APPEND, NULL, &found), 0);
    ck_assert_uint_ge(found.gl_pathc, 7);
    for (size_t i = 0; i < found.gl_pathc; ++i) {
        struct elbow_config config = defaults();
        char *text = NULL;
        size_t size = 0;
        memset(&error, 0, sizeof error);
        enum elbow_status status = elbow_file_read_input(found.gl_pathv[i], 1 << 20, &text, &size, &error);
        if (status == ELBOW_OK)
            status = elbow_config_parse(&config, found.gl_pathv[i], text, size, &error);
        if (status == ELBOW_OK)
            status = elbow_config_finish(&config, found.gl_pathv[i], &error);
        ck_assert_msg(status == ELBOW_OK, "%s", error.message);
        // Noise is for benchmarks; where values are missing, all rows are to be imputed; one evaluation is at the end.
        if (config.data.synthetic == 0 && config.data.missing == ELBOW_MISSING_REFUSE && config.eval.every != 0)
            ck_assert_str_ne(config.data.valid, "");
        elbow_release(&text);
    }
    globfree(&found);
}
END_TEST

UNIT_MAIN("config/dump", test_round_trip, test_dump, test_locale, test_resumable, test_choice, test_no_memory,
          test_truncated, test_configs)
