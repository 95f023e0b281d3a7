// SPDX-License-Identifier: BSD-3-Clause
// Reading configurations: defaults, and every refusal with its exact position and text.
#include "config_support.h"

static void refused(const char *text, const char *message)
{
    struct elbow_config config = defaults();
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_msg(parse(&config, text) == ELBOW_CONFIG, "not refused: %s", text);
    ck_assert_int_eq(error.status, ELBOW_CONFIG);
    ck_assert_str_eq(error.message, message);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(test_defaults)
{
    struct elbow_config config = defaults();
    ck_assert_int_eq(config.seed, 1);
    ck_assert_str_eq(config.data.train, "/train/images");
    ck_assert_str_eq(config.data.valid, "");
    ck_assert(!config.data.has_factor && config.data.factor == 1 && !config.data.has_offset && config.data.offset == 0);
    ck_assert_uint_eq(config.data.shape.count, 0);
    ck_assert_int_eq(config.model.likelihood, ELBOW_LIKELIHOOD_BERNOULLI);
    ck_assert_uint_eq(config.model.encoder.count, 0);
    ck_assert_int_eq(config.train.epochs, 20);
    ck_assert_int_eq(config.train.microbatch, 0);
    ck_assert(config.train.rate == 1e-3 && config.train.beta2 == 0.999 && config.train.epsilon == 1e-8);
    ck_assert_int_eq(config.eval.every, ELBOW_EVERY_EPOCH);
    ck_assert(config.checkpoint.best);
    ck_assert_str_eq(config.run.dir, "");
}
END_TEST

START_TEST(test_example)
{
    struct elbow_config config = defaults();
    accepted(&config,
             "seed: 7\ndata:\n  file: data/mnist.h5\n  valid: /test/images\n  binarize: sample\n  factor: 0.5\n"
             "  shape: [28, 28]\nmodel:\n  latent: 3\n  likelihood: gaussian\n  learn_variance: True\n  encoder:\n"
             "    - dense: {units: 512, activation: silu}\n    - dense:\n        units: 256\n  decoder: []\n"
             "train: {rate: 3e-4, batch: 1e3, steps: 12.0, momentum: 0}\neval: {every: 100}\nlog:\n");
    ck_assert_int_eq(config.seed, 7);
    ck_assert_str_eq(config.data.file, "data/mnist.h5");
    ck_assert_int_eq(config.data.binarize, ELBOW_BINARIZE_SAMPLE);
    ck_assert(config.data.has_factor && config.data.factor == 0.5 && !config.data.has_offset);
    ck_assert_uint_eq(config.data.shape.count, 2);
    ck_assert_int_eq(config.data.shape.values[1], 28);
    ck_assert_int_eq(config.model.latent, 3);
    ck_assert_int_eq(config.model.likelihood, ELBOW_LIKELIHOOD_GAUSSIAN);
    ck_assert(config.model.likelihood_options.learn_variance);
    ck_assert_uint_eq(config.model.encoder.count, 2);
    ck_assert_int_eq(config.model.encoder.layers[0].units, 512);
    ck_assert_int_eq(config.model.encoder.layers[0].activation, ELBOW_ACTIVATION_SILU);
    ck_assert_int_eq(config.model.encoder.layers[1].units, 256);
    ck_assert_int_eq(config.model.encoder.layers[1].activation, ELBOW_ACTIVATION_RELU);
    ck_assert_uint_eq(config.model.decoder.count, 0);
    ck_assert(config.train.rate == 3e-4 && config.train.momentum == 0);
    ck_assert_int_eq(config.train.batch, 1000);
    ck_assert_int_eq(config.train.steps, 12);
    ck_assert_int_eq(config.eval.every, 100);
    // a second text replaces the first; null removes an optional value, and empties a text
    accepted(&config,
             "data: {factor: null, valid: ~, shape: []}\nmodel: {encoder: [dense: {units: 1}]}\neval: {every: epoch}");
    ck_assert(!config.data.has_factor && config.data.factor == 1);
    ck_assert_str_eq(config.data.valid, "");
    ck_assert_uint_eq(config.data.shape.count, 0);
    ck_assert_int_eq(config.data.shape.values[1], 0);
    ck_assert_uint_eq(config.model.encoder.count, 1);
    ck_assert_int_eq(config.eval.every, ELBOW_EVERY_EPOCH);
    ck_assert_int_eq(config.model.latent, 3);
}
END_TEST

START_TEST(convolutions)
{
    struct elbow_config config = defaults();
    accepted(&config, "data: {synthetic: 9}\nmodel:\n  encoder:\n"
                      "    - conv2d: {filters: 32, kernel: 4, stride: 2, padding: 1, activation: silu}\n"
                      "    - conv2d: {kernel: 3, filters: 7}\n  decoder:\n"
                      "    - conv_transpose2d: {filters: 3, kernel: 5, stride: 3, padding: 2, output_padding: 1, "
                      "activation: none}\n");
    const struct elbow_layer *layers = config.model.encoder.layers, *last = config.model.decoder.layers;
    ck_assert(layers[0].kind == ELBOW_LAYER_CONV2D && layers[0].filters == 32 && layers[0].kernel == 4);
    ck_assert(layers[0].stride == 2 && layers[0].padding == 1 && layers[0].activation == ELBOW_ACTIVATION_SILU);
    ck_assert(layers[1].kind == ELBOW_LAYER_CONV2D && layers[1].filters == 7 && layers[1].kernel == 3);
    ck_assert(layers[1].stride == 1 && layers[1].padding == 0 && layers[1].activation == ELBOW_ACTIVATION_RELU);
    ck_assert(last->kind == ELBOW_LAYER_CONV_TRANSPOSE2D && last->filters == 3 && last->kernel == 5);
    ck_assert(last->stride == 3 && last->padding == 2 && last->output_padding == 1);
    ck_assert_int_eq(last->activation, ELBOW_ACTIVATION_NONE);
}
END_TEST

START_TEST(test_unknown_keys)
{
    refused("seed: 1\ntrain:\n  rate: 1\n  epoch: 3\n",
            "run.yaml:4:3: train.epoch: unknown key; did you mean train.epochs?");
    refused("train: {latent: 3}", "run.yaml:1:9: train.latent: unknown key; did you mean model.latent?");
    refused("epochs: 3", "run.yaml:1:1: epochs: unknown key; did you mean train.epochs?");
    refused("rate: 3", "run.yaml:1:1: rate: unknown key; did you mean train.rate?");
    refused("modle: {latent: 3}", "run.yaml:1:1: modle: unknown key; did you mean model?");
    refused("sede: 3", "run.yaml:1:1: sede: unknown key; did you mean seed?");
    refused("objective: {temperature: 3}", "run.yaml:1:13: objective.temperature: unknown key; objective has: bound, "
                                           "draws, kl, penalty, classifier, beta, warmup, free_bits");
    refused("quantisation: 3",
            "run.yaml:1:1: quantisation: unknown key; a configuration has: seed, data, model, objective, "
            "train, eval, log, checkpoint, samples, run");
    refused("train.epochs: 3",
            "run.yaml:1:1: train.epochs: a name with a dot, expected a section; write train: {epochs: ...}");
    refused("? \n: 3",
            "run.yaml:1:2: unknown key; a configuration has: seed, data, model, objective, train, eval, log, "
            "checkpoint, samples, run");
    char text[1000] = "train: {";
    memset(text + 8, 'e', 900);
    strcpy(text + 908, ": 3}");
    struct elbow_config config = defaults();
    ck_assert_int_eq(parse(&config, text), ELBOW_CONFIG);
    ck_assert_ptr_nonnull(strstr(error.message, "unknown key; train has: epochs, steps, batch"));
}
END_TEST

START_TEST(test_twice)
{
    refused("train:\n  rate: 1\n  batch: 2\n  rate: 3\n",
            "run.yaml:4:3: train.rate: given twice, first in line 2; remove one of them");
    refused("data: {}\ntrain: {}\ndata: {}\n", "run.yaml:3:1: data: given twice, first in line 1; remove one of them");
    refused("seed: 1\nseed: 1\n", "run.yaml:2:1: seed: given twice, first in line 1; remove one of them");
    refused("model: {encoder: [dense: {units: 3, units: 4}]}",
            "run.yaml:1:37: model.encoder.0.dense.units: given twice, first in line 1; remove one of them");
}
END_TEST

START_TEST(test_kinds)
{
    refused("[1, 2]", "run.yaml:1:1: not a configuration, expected sections such as train: {epochs: 20}");
    refused("train", "run.yaml:1:1: not a configuration, expected sections such as train: {epochs: 20}");
    refused("train: 20",
            "run.yaml:1:8: train: found '20', expected a map of its keys; `elbow config --explain` lists them");
    refused("train: [1]",
            "run.yaml:1:8: train: found a list, expected a map of its keys; `elbow config --explain` lists them");
    refused("train:\n  rate: {a: 1}", "run.yaml:2:9: train.rate: found a map, expected a number above 0");
    refused("train: {rate: [1]}", "run.yaml:1:15: train.rate: found a list, expected a number above 0");
    refused("train: {rate: }", "run.yaml:1:15: train.rate: found nothing, expected a number above 0");
    refused("train: {rate: null}", "run.yaml:1:15: train.rate: found nothing, expected a number above 0");
    refused("train: {rate: \"1\"}", "run.yaml:1:15: train.rate: found the quoted text '1', expected a number above 0");
    refused("train: {batch: '1'}",
            "run.yaml:1:16: train.batch: found the quoted text '1', expected a whole number from 1 to 16777216");
    refused("data: {file: [x]}", "run.yaml:1:14: data.file: found a list, expected a text of at most 1023 bytes");
    refused("data: {labels: {channels: [/u, /v]}}",
            "run.yaml:1:16: data.labels: found a map, expected a text of at most 1023 bytes, or a list of such");
    refused("data: {train: {channels: [/u]}}",
            "run.yaml:1:26: data.train.channels: expected a list of two datasets or more, such as [/u, /v]");
    refused("data: {train: [/u, []]}", "run.yaml:1:20: data.train.1: found a list, expected a text of at most 1023 "
                                       "bytes, a list of such, or {channels: [/u, /v]}");
    refused("data: {train: [/u, '']}",
            "run.yaml:1:20: data.train.1: found nothing, expected a dataset such as FILE:/dataset");
    refused(
        "data: {columns: 3}",
        "run.yaml:1:17: data.columns: found '3', expected a list of up to 256 columns and ranges such as [[0, 9], 15]");
    refused("data: {columns: [[3, 1]]}",
            "run.yaml:1:18: data.columns.0: ends before it begins, at 1; write the lower end first");
    refused("data: {columns: [[0, 3], 3]}",
            "run.yaml:1:26: data.columns.1: begins at 3, but 3 precedes it; give columns in rising order, each once");
    refused("data: {columns: [[0, 1, 2]]}",
            "run.yaml:1:18: data.columns.0: expected a column, or a range such as [0, 9]");
    refused("model: {learn_variance: 1}", "run.yaml:1:25: model.learn_variance: found '1', expected true or false");
    refused("model: {learn_variance: 'true'}",
            "run.yaml:1:25: model.learn_variance: found the quoted text 'true', expected true or false");
#define AND_WORD(name, word, ...) ", " #word
    static const char words[] = ELBOW_LIKELIHOOD_LIST(AND_WORD);
    char message[512];
    snprintf(message, sizeof message, "run.yaml:1:21: model.likelihood: found 'Gaussian', expected one of %s",
             words + 2);
    refused("model: {likelihood: Gaussian}", message);
    snprintf(message, sizeof message, "run.yaml:1:21: model.likelihood: found nothing, expected one of %s", words + 2);
    refused("model: {likelihood: }", message);
    refused("train: {optimizer: [adam]}",
            "run.yaml:1:20: train.optimizer: found a list, expected one of adam, adamw, sgd, rmsprop");
    refused("eval: {every: day}",
            "run.yaml:1:15: eval.every: found 'day', expected a whole number of steps (0: never), or epoch");
    refused("eval: {every: -1}",
            "run.yaml:1:15: eval.every: '-1' is out of bounds, expected a whole number of steps (0: never), or epoch");
    refused("log: {every: epoch}", "run.yaml:1:14: log.every: found 'epoch', expected a whole number of at least 1");
    refused("data: {shape: 28}",
            "run.yaml:1:15: data.shape: found '28', expected a list of 1 to 4 whole numbers from 1 to "
            "65536, or []");
}
END_TEST

START_TEST(test_numbers)
{
    static const char *const no_integers[] = {"x",   "1.5", "0x10", "010", "1_000", "1e",
                                              "--1", "+",   "1e-1", "nan", ".inf"};
    static const char *const large_integers[] = {"-1", "9223372036854775808", "-9223372036854775809", "1e30", "1e999"};
    static const char *const no_reals[] = {"x",   "nan",   ".nan", "inf", "-.inf", "0x1p3",
                                           "1,5", "1.2.3", "1e",   ".",   "true"};
    static const char *const bad_reals[] = {"0", "-1", "1e999", "-0.0", "1e-999"};
    char text[200], message[400];
    for (size_t i = 0; i < sizeof no_integers / sizeof *no_integers; ++i) {
        snprintf(text, sizeof text, "seed: %s", no_integers[i]);
        snprintf(message, sizeof message, "run.yaml:1:7: seed: found '%s', expected a whole number of at least 0",
                 no_integers[i]);
        refused(text, message);
    }
    for (size_t i = 0; i < sizeof large_integers / sizeof *large_integers; ++i) {
        snprintf(text, sizeof text, "seed: %s", large_integers[i]);
        snprintf(message, sizeof message,
                 "run.yaml:1:7: seed: '%s' is out of bounds, expected a whole number of at least 0", large_integers[i]);
        refused(text, message);
    }
    for (size_t i = 0; i < sizeof no_reals / sizeof *no_reals; ++i) {
        snprintf(text, sizeof text, "train:\n  rate: %s", no_reals[i]);
        snprintf(message, sizeof message, "run.yaml:2:9: train.rate: found '%s', expected a number above 0",
                 no_reals[i]);
        refused(text, message);
    }
    for (size_t i = 0; i < sizeof bad_reals / sizeof *bad_reals; ++i) {
        snprintf(text, sizeof text, "train:\n  rate: %s", bad_reals[i]);
        snprintf(message, sizeof message, "run.yaml:2:9: train.rate: '%s' is out of bounds, expected a number above 0",
                 bad_reals[i]);
        refused(text, message);
    }
    refused("train: {beta1: 1}",
            "run.yaml:1:16: train.beta1: '1' is out of bounds, expected a number of at least 0 and below 1");
    refused("train: {rate_final: 1.1}",
            "run.yaml:1:21: train.rate_final: '1.1' is out of bounds, expected a number of at least 0 and at most 1");
    refused("train: {batch: 0}",
            "run.yaml:1:16: train.batch: '0' is out of bounds, expected a whole number from 1 to 16777216");
    refused("data: {offset: inf}", "run.yaml:1:16: data.offset: found 'inf', expected a number, or null");
    struct elbow_config config = defaults();
    accepted(&config, "seed: 9223372036854775807\ntrain: {rate: .5, clip: 5., beta1: +1e-1, batch: 1e+3}");
    ck_assert_int_eq(config.seed, INT64_MAX);
    ck_assert(config.train.rate == 0.5 && config.train.clip == 5 && config.train.beta1 == 0.1);
    ck_assert_int_eq(config.train.batch, 1000);
}
END_TEST

START_TEST(test_lists)
{
    refused(
        "data: {shape: [1, 2, 3, 4, 5]}",
        "run.yaml:1:15: data.shape: found 5 entries, expected a list of 1 to 4 whole numbers from 1 to 65536, or []");
    refused("data: {channels: middle}", "run.yaml:1:18: data.channels: found 'middle', expected one of last, first");
    refused("data:\n  shape: [28, x]",
            "run.yaml:2:15: data.shape.1: found 'x', expected a whole number from 1 to 65536");
    refused("data:\n  shape: [28, 0]",
            "run.yaml:2:15: data.shape.1: '0' is out of bounds, expected a whole number from 1 to 65536");
    refused("model: {encoder: }",
            "run.yaml:1:18: model.encoder: found nothing, expected a list of up to 64 layers such as "
            "[dense: {units: 256, activation: relu}]");
    refused("model:\n  encoder:\n    - dense",
            "run.yaml:3:7: model.encoder.0.dense: units is missing, expected a whole number from 1 to 1048576");
    refused("model: {encoder: [5]}", "run.yaml:1:19: model.encoder.0: unknown layer '5', expected dense, conv2d, "
                                     "conv_transpose2d, gated, layer_norm, pool, upsample, dropout, residual, "
                                     "conv1d, conv_transpose1d, conv3d or conv_transpose3d");
    refused("model: {encoder: [~]}", "run.yaml:1:19: model.encoder.0: found nothing, expected a layer such as dense: "
                                     "{units: 256, activation: relu}");
    refused(
        "model:\n  encoder: [{}]",
        "run.yaml:2:13: model.encoder.0: found a map, expected a layer such as dense: {units: 256, activation: relu}");
    refused("model:\n  encoder:\n    - dense: {units: 1}\n    - dense:\n      units: 5",
            "run.yaml:5:7: model.encoder.1: a second key 'units' beside 'dense', expected one layer per entry; write "
            "its options in braces: dense: {units: 256, activation: relu}");
    refused("model: {encoder: [conv2d: {filters: 8}]}",
            "run.yaml:1:19: model.encoder.0.conv2d: kernel is missing, expected a whole number from 1 to 255");
    refused("model: {encoder: [conv2d: {filters: 8, kernel: 3, output_padding: 1}]}",
            "run.yaml:1:51: model.encoder.0.conv2d.output_padding: unknown key; model.encoder.0.conv2d has: filters, "
            "kernel, stride, padding, activation");
    refused("model: {decoder: [conv_transpose2d: {filters: 8, kernel: 0}]}",
            "run.yaml:1:58: model.decoder.0.conv_transpose2d.kernel: '0' is out of bounds, expected a whole number "
            "from 1 to 255");
    refused(
        "model: {encoder: [conv1d: {filters: 8, kernel: 0}]}",
        "run.yaml:1:48: model.encoder.0.conv1d.kernel: '0' is out of bounds, expected a whole number from 1 to 255");
    refused("model: {encoder: [conv3d: {filters: 8, kernel: 3, output_padding: 1}]}",
            "run.yaml:1:51: model.encoder.0.conv3d.output_padding: unknown key; model.encoder.0.conv3d has: filters, "
            "kernel, stride, padding, activation");
    refused("model:\n  encoder:\n    - linear: {units: 1}",
            "run.yaml:3:7: model.encoder.0: unknown layer 'linear', expected dense, conv2d, conv_transpose2d, gated, "
            "layer_norm, pool, upsample, dropout, residual, conv1d, conv_transpose1d, conv3d or conv_transpose3d");
    refused("model: {encoder: [residual]}",
            "run.yaml:1:19: model.encoder.0.residual: layers is missing, expected a list "
            "of one or more layers such as [dense: {units: 256, activation: relu}]");
    refused(
        "model: {encoder: [residual: {layers: dense}]}",
        "run.yaml:1:38: model.encoder.0.residual.layers: found 'dense', expected a list of one or more layers such as "
        "[dense: {units: 256, activation: relu}]");
    refused("model: {encoder: [residual: {layers: []}]}",
            "run.yaml:1:38: model.encoder.0.residual.layers: an empty list, expected at least one layer");
    refused(
        "model: {encoder: [residual: {layers: [dense: {units: 0}]}]}",
        "run.yaml:1:54: model.encoder.0.residual.layers.0.dense.units: '0' is out of bounds, expected a whole number "
        "from 1 to 1048576");
    refused("model: {encoder: [residual: {layers: [dense: {units: 1}], factor: 2}]}",
            "run.yaml:1:59: model.encoder.0.residual.factor: unknown key; model.encoder.0.residual has: layers");
    refused("model: {encoder: [residual: [residual: [residual: [dense: {units: 1}]]]]}",
            "run.yaml:1:51: model.encoder.0.residual.0.residual.0.residual: layers nested too deeply, expected at most "
            "2 levels of lists");
    refused("model: {encoder: [dropout]}",
            "run.yaml:1:19: model.encoder.0.dropout: rate is missing, expected a number of at least 0 and below 1");
    refused("model: {encoder: [dropout: 1.0]}", "run.yaml:1:28: model.encoder.0.dropout: '1.0' is out of bounds, "
                                                "expected a number of at least 0 and below 1");
    refused("model:\n  encoder:\n    - dense:",
            "run.yaml:3:7: model.encoder.0.dense: units is missing, expected a whole number from 1 to 1048576");
    refused("model:\n  encoder:\n    - dense: {activation: relu}",
            "run.yaml:3:7: model.encoder.0.dense: units is missing, expected a whole number from 1 to 1048576");
    refused("model:\n  encoder:\n    - dense: [5]",
            "run.yaml:3:14: model.encoder.0.dense: found a list, expected a map of its "
            "keys; `elbow config --explain` lists them");
    refused(
        "model:\n  encoder:\n    - dense: {units: 5, activation: rleu}",
        "run.yaml:3:37: model.encoder.0.dense.activation: found 'rleu', expected one of none, relu, leaky_relu, tanh, "
        "sigmoid, softplus, silu, gelu, elu, exp, hard_tanh");
    refused(
        "model:\n  encoder:\n    - dense: {units: 5, activatoin: relu}",
        "run.yaml:3:25: model.encoder.0.dense.activatoin: unknown key; did you mean model.encoder.0.dense.activation?");
    refused("model:\n  encoder:\n    - dense: {units: 5, bias: 1}",
            "run.yaml:3:25: model.encoder.0.dense.bias: unknown key; model.encoder.0.dense has: units, activation");
    char text[4000] = "model:\n  encoder:\n";
    for (int i = 0; i < ELBOW_LAYERS_MAX; ++i)
        strcat(text, "    - dense: {units: 1}\n");
    struct elbow_config config = defaults();
    accepted(&config, text);
    ck_assert_uint_eq(config.model.encoder.count, ELBOW_LAYERS_MAX);
    char inner[4100];
    snprintf(inner, sizeof inner, "%.*sresidual: [dense: {units: 1}]\n",
             (int)(strlen(text) - strlen("dense: {units: 1}\n")), text);
    refused(inner, "run.yaml:66:18: model.encoder.63.residual: more than 64 layers; use fewer");
    strcat(text, "    - dense: {units: 1}\n");
    refused(text, "run.yaml:67:7: model.encoder: more than 64 layers; use fewer");
}
END_TEST

START_TEST(test_texts)
{
    char text[ELBOW_PATH_SIZE + 100] = "data:\n  file: ";
    size_t start = strlen(text);
    memset(text + start, 'x', ELBOW_PATH_SIZE - 1);
    struct elbow_config config = defaults();
    accepted(&config, text);
    ck_assert_uint_eq(strlen(config.data.file), ELBOW_PATH_SIZE - 1);
    text[start + ELBOW_PATH_SIZE - 1] = 'x';
    refused(text, "run.yaml:2:9: data.file: a text of 1024 bytes, expected at most 1023; use a shorter path");
    refused("data: {file: \"a\\nb\"}",
            "run.yaml:1:14: data.file: byte 2 of the text is a control character or not UTF-8; rename the file");
    refused("data: {file: \"a\\u2028\"}",
            "run.yaml:1:14: data.file: byte 2 of the text is a control character or not UTF-8; rename the file");
    char huge[3000] = "train: {rate: ";
    memset(huge + 14, 'x', 2000);
    strcpy(huge + 14 + 2000, "}");
    refused(huge, "run.yaml:1:15: train.rate: found 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'..., "
                  "expected a number above 0");
    // cut between characters: 59 x, then two bytes of e acute
    char accents[300] = "train: {rate: ";
    memset(accents + 14, 'x', 59);
    strcpy(accents + 14 + 59, "\xc3\xa9\xc3\xa9}");
    refused(accents,
            "run.yaml:1:15: train.rate: found 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'..., "
            "expected a number above 0");
}
END_TEST

UNIT_MAIN("config/config", test_defaults, test_example, test_unknown_keys, test_twice, test_kinds, test_numbers,
          test_lists, test_texts, convolutions)
