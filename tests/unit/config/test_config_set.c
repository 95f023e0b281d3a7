// SPDX-License-Identifier: BSD-3-Clause
// --set for every type and for entries of lists.
#include "config_support.h"

#include "elbow/base/mask.h"

static void set(struct elbow_config *config, const char *assignment)
{
    memset(&error, 0, sizeof error);
    enum elbow_status status = elbow_config_set(config, assignment, &error);
    ck_assert_msg(status == ELBOW_OK, "%s", error.message);
}

static void not_set(struct elbow_config *config, const char *assignment, const char *message)
{
    char start[300];
    snprintf(start, sizeof start, "--set %s: ", assignment);
    elbow_mask(start);
    struct elbow_config before;
    memcpy(&before, config, sizeof before);
    size_t blocks = elbow_memory_count().blocks;
    memset(&error, 0, sizeof error);
    ck_assert_msg(elbow_config_set(config, assignment, &error) == ELBOW_CONFIG, "not refused: %s", assignment);
    ck_assert_msg(strncmp(error.message, start, strlen(start)) == 0, "'%s' begins '%s'", error.message, start);
    ck_assert_str_eq(error.message + strlen(start), message);
    ck_assert_int_eq(memcmp(&before, config, sizeof before), 0);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(test_set)
{
    struct elbow_config config = defaults();
    set(&config, "seed=5");
    set(&config, "train.rate=3e-4");
    set(&config, "train.optimizer=sgd");
    set(&config, "model.learn_variance=true");
    set(&config, "data.factor=2");
    set(&config, "eval.every=epoch");
    set(&config, "run.time_limit=1h30m");
    ck_assert_int_eq(config.run.time_limit, 5400);
    set(&config, "run.time_limit=\"1-12:00:00\"");
    ck_assert_int_eq(config.run.time_limit, 129600);
    set(&config, "data.file=a b: [c]#d.h5");
    set(&config, "data.valid=\"x=y.h5:/t\"");
    set(&config, "data.shape=[4, 5, 3]");
    set(&config, "data.shape.1=28");
    set(&config, "run.nodes=[0, 1, 0]");
    ck_assert_int_eq(config.seed, 5);
    ck_assert(config.train.rate == 3e-4 && config.data.has_factor && config.data.factor == 2);
    ck_assert_int_eq(config.train.optimizer, ELBOW_OPTIMIZER_SGD);
    ck_assert(config.model.likelihood_options.learn_variance);
    ck_assert_str_eq(config.data.file, "a b: [c]#d.h5");
    ck_assert_str_eq(config.data.valid, "x=y.h5:/t");
    ck_assert_int_eq(config.data.shape.values[0], 4);
    ck_assert_int_eq(config.data.shape.values[1], 28);
    ck_assert_int_eq(config.run.nodes.values[1], 1);
    set(&config, "data.train=[a.h5:/x, b.h5:/x]");
    set(&config, "data.train.1=c.h5:/x");
    ck_assert_str_eq(config.data.train, "a.h5:/x\nc.h5:/x");
    set(&config, "data.train={channels: [/u, [b.h5:/v, c.h5:/v]]}");
    ck_assert_str_eq(config.data.train, "\t/u\tb.h5:/v\nc.h5:/v");
    ck_assert_uint_eq(elbow_places_channels(config.data.train), 2);
    set(&config, "data.columns=[[0, 9], 15]");
    ck_assert_uint_eq(config.data.columns.count, 2);
    ck_assert_int_eq(config.data.columns.ranges[0].last, 9);
    ck_assert_int_eq(config.data.columns.ranges[1].first, 15);
    set(&config, "data.factor=null");
    set(&config, "data.valid=");
    ck_assert(!config.data.has_factor);
    ck_assert_str_eq(config.data.valid, "");
    set(&config, "train={epochs: 3, batch: 8}");
    ck_assert_int_eq(config.train.epochs, 3);
    ck_assert_int_eq(config.train.batch, 8);
    set(&config, "model.encoder=[dense: {units: 64}, dense: {units: 32, activation: tanh}]");
    set(&config, "model.encoder.0.dense.units=256");
    set(&config, "model.encoder.1={dense: {units: 7}}");
    ck_assert_uint_eq(config.model.encoder.count, 2);
    ck_assert_int_eq(config.model.encoder.layers[0].units, 256);
    ck_assert_int_eq(config.model.encoder.layers[1].units, 7);
    ck_assert_int_eq(config.model.encoder.layers[1].activation, ELBOW_ACTIVATION_RELU);
    set(&config, "model.encoder.1.dense={units: 9, activation: none}");
    set(&config, "model.encoder.0.dense.activation=sigmoid");
    ck_assert_int_eq(config.model.encoder.layers[0].activation, ELBOW_ACTIVATION_SIGMOID);
    ck_assert_int_eq(config.model.encoder.layers[1].units, 9);
    set(&config, "model.encoder=[dense: {units: 5}, residual: {layers: [dense: {units: 3}, residual: [dropout: 0.5]]}, "
                 "residual: [dense: {units: 4}]]");
    set(&config, "model.encoder.1.residual.layers.0.dense.units=64");
    set(&config, "model.encoder.1.residual.layers.1.residual.layers.0.dropout.rate=0.25");
    set(&config, "model.encoder.2.residual.layers=[dense: {units: 8}, layer_norm]");
    const struct elbow_layer *layers = config.model.encoder.layers, *inner = elbow_layer_inner(&layers[1], 0);
    ck_assert_uint_eq(config.model.encoder.count, 3);
    ck_assert(layers[0].inner.count == 0 && layers[1].inner.count == 2 && layers[2].inner.count == 2);
    ck_assert(inner[0].kind == ELBOW_LAYER_DENSE && inner[0].units == 64);
    ck_assert(inner[1].kind == ELBOW_LAYER_RESIDUAL && elbow_layer_inner(&inner[1], 0)->rate == 0.25);
    inner = elbow_layer_inner(&layers[2], 0);
    ck_assert(inner[0].units == 8 && inner[1].kind == ELBOW_LAYER_LAYER_NORM && inner[1].epsilon == 1e-5);
    set(&config, "model.decoder=[]");
}
END_TEST

static bool variance_is(const struct elbow_likelihood_options *options, enum elbow_number from, double value)
{
    struct elbow_variance variance = elbow_likelihood_variance(options);
    return variance.from == from && variance.value == value;
}

// A kind with its options: a map sets all of them, the word leaves those that are keys of version 0.1.
START_TEST(test_set_kind)
{
    struct elbow_config config = defaults();
    const struct elbow_likelihood_options *options = &config.model.likelihood_options;
    set(&config, "model.likelihood={gaussian: {variance: learned}}");
    ck_assert(config.model.likelihood == ELBOW_LIKELIHOOD_GAUSSIAN && variance_is(options, ELBOW_NUMBER_LEARNED, 0));
    set(&config, "model.likelihood={gaussian: {variance: {learned: 0.25}}}");
    ck_assert(variance_is(options, ELBOW_NUMBER_LEARNED, 0.25));
    set(&config, "model.likelihood={gaussian: {variance: learned, start: 0.125}}");
    ck_assert(variance_is(options, ELBOW_NUMBER_LEARNED, 0.125) && options->floor == 1e-6);
    set(&config, "model.likelihood=gaussian"); // no word outlasts that
    ck_assert(variance_is(options, ELBOW_NUMBER_FIXED, 1) && !options->has_start);
    set(&config, "model.variance=0.25");
    set(&config, "model.learn_variance=true");
    set(&config, "model.likelihood=gaussian"); // numbers of version 0.1 do
    ck_assert(variance_is(options, ELBOW_NUMBER_LEARNED, 0.25) && options->learn_variance);
    set(&config, "model.likelihood.gaussian.variance=0.5");
    ck_assert(variance_is(options, ELBOW_NUMBER_FIXED, 0.5) && !options->learn_variance);
    set(&config, "model.likelihood.gaussian.variance=optimal");
    ck_assert(variance_is(options, ELBOW_NUMBER_OPTIMAL, 0));
    set(&config, "model.likelihood=bernoulli");
    ck_assert(options->variance == 1 && options->variance_from == ELBOW_NUMBER_FIXED);
    set(&config, "model.likelihood.gaussian.variance=per_value");
    ck_assert(config.model.likelihood == ELBOW_LIKELIHOOD_GAUSSIAN && variance_is(options, ELBOW_NUMBER_PER_VALUE, 0));
    set(&config, "model.likelihood.gaussian.floor=0.5");
    ck_assert(variance_is(options, ELBOW_NUMBER_PER_VALUE, 0) && options->floor == 0.5);
    set(&config, "model.likelihood.gaussian=0.75");
    ck_assert(variance_is(options, ELBOW_NUMBER_FIXED, 0.75) && options->floor == 1e-6);
    set(&config, "model.likelihood={gaussian: {learned: 3}}");
    ck_assert(variance_is(options, ELBOW_NUMBER_LEARNED, 3));
    set(&config, "model.variance=2");
    ck_assert(variance_is(options, ELBOW_NUMBER_LEARNED, 2));
    const char *any = "expected a number above 0, optimal, learned, {learned: START}, per_value, predicted";
    char message[200];
    snprintf(message, sizeof message, "model.likelihood.gaussian.variance: found 'maybe', %s", any);
    not_set(&config, "model.likelihood={gaussian: {variance: maybe}}", message);
    snprintf(message, sizeof message, "model.likelihood.gaussian.variance: found a map, %s", any);
    not_set(&config, "model.likelihood={gaussian: {variance: {fixed: 1}}}", message);
    snprintf(message, sizeof message, "model.likelihood.gaussian.variance: '0' is out of bounds, %s", any);
    not_set(&config, "model.likelihood.gaussian.variance=0", message);
    not_set(&config, "model.likelihood={gaussian: {varance: 1}}",
            "model.likelihood.gaussian.varance: unknown key; did you mean model.likelihood.gaussian.variance?");
    not_set(&config, "model.likelihood={bernoulli: {variance: 1}}",
            "model.likelihood.bernoulli: has no options; write bernoulli alone");
    not_set(&config, "model.likelihood={bernoulli: 1}",
            "model.likelihood.bernoulli: has no options; write bernoulli alone");
    not_set(&config, "model.prior={standard: {mean: 0}}", "model.prior.standard: has no options; write standard alone");
    const char *kinds = "expected one of none, drop, gaussian, salt_and_pepper";
    snprintf(message, sizeof message, "model.input.corrupt: found 'blur', %s", kinds);
    not_set(&config, "model.input={corrupt: blur}", message);
    snprintf(message, sizeof message, "model.input.corrupt: found 'blur.share', %s", kinds);
    not_set(&config, "model.input.corrupt.blur.share=1", message);
    not_set(&config, "model.input.corrupt={drop: 1}",
            "model.input.corrupt.drop: '1' is out of bounds, expected a number above 0 and below 1");
    not_set(&config, "model.input.corrupt=gaussian",
            "model.input.corrupt.gaussian: deviation is missing, expected a number above 0");
    not_set(&config, "model.input.transform=sqrt",
            "model.input.transform: found 'sqrt', expected one of none, standardize, standardize_each, minmax, log1p, "
            "asinh");
    set(&config, "model.input.corrupt.drop=0.25");
    set(&config, "model.input.transform=log1p");
    ck_assert(config.model.input.corrupt == ELBOW_CORRUPT_DROP && config.model.input.amount == 0.25 &&
              config.model.input.transform == ELBOW_TRANSFORM_LOG1P);
    set(&config, "model.input.corrupt.salt_and_pepper.share=0.5");
    ck_assert(config.model.input.corrupt == ELBOW_CORRUPT_SALT_AND_PEPPER && config.model.input.amount == 0.5 &&
              config.model.input.transform == ELBOW_TRANSFORM_LOG1P);
    not_set(&config, "model.posterior=fuller",
            "model.posterior: found 'fuller', expected one of diagonal, deterministic, full");
    not_set(&config, "model.posterior={deterministic: 1}",
            "model.posterior.deterministic: has no options; write deterministic alone");
    not_set(&config, "model.prior=normal", "model.prior: found 'normal', expected one of standard, mixture, vamp");
    not_set(
        &config, "model.likelihood={gaussian: {}, bernoulli: {}}",
        "model.likelihood: a second key 'bernoulli' beside 'gaussian', expected one kind with its options in braces");
    struct elbow_config fresh = defaults();
    accepted(&fresh, "model: {likelihood: {gaussian: {variance: {learned: 0.1}}}}");
    ck_assert(variance_is(&fresh.model.likelihood_options, ELBOW_NUMBER_LEARNED, 0.1));
    ck_assert_int_eq(parse(&fresh, "model: {learn_variance: true, likelihood: {gaussian: optimal}}"), ELBOW_CONFIG);
    ck_assert_str_eq(error.message,
                     "run.yaml:1:9: model.learn_variance: given twice, also by model.likelihood; remove it here");
    ck_assert_int_eq(parse(&fresh, "model: {learn_variance: true, likelihood: {gaussian: {variance: 1}}}"),
                     ELBOW_CONFIG);
    ck_assert_str_eq(error.message,
                     "run.yaml:1:9: model.learn_variance: given twice, also by model.likelihood; remove it here");
}
END_TEST

START_TEST(test_set_refusals)
{
    struct elbow_config config = defaults();
    const char *no_entry = "there is no such entry; entries count from 0; to add one, give the whole list";
    set(&config, "model.encoder=[dense: {units: 64}]");
    set(&config, "data.shape=[4, 5]");
    not_set(&config, "train.rate=x", "train.rate: found 'x', expected a number above 0");
    not_set(&config, "train.rate=", "train.rate: found nothing, expected a number above 0");
    not_set(&config, "run.time_limit=90:00",
            "run.time_limit: found '90:00', expected seconds, or a time such as 90m, 1h30m, 1:30:00 or 1-12:00:00");
    not_set(&config, "run.time_limit=[60]",
            "run.time_limit: found a list, expected seconds, or a time such as 90m, 1h30m, 1:30:00 or 1-12:00:00");
    not_set(&config, "train.rate", "expected key=value, such as train.rate=3e-4");
    not_set(&config, "=3", "expected key=value, such as train.rate=3e-4");
    not_set(&config, "train.epoch=3", "unknown key; did you mean train.epochs?");
    not_set(&config, "epochs=3", "unknown key; did you mean train.epochs?");
    not_set(&config, "trian.epochs=3", "unknown key; did you mean train.epochs?");
    not_set(&config, "train.rate.=3", "unknown key; `elbow config --explain` lists all");
    not_set(&config, "train.rate.0=3", "unknown key; did you mean train.rate?");
    not_set(&config, "train={epoch: 3}", "train.epoch: unknown key; did you mean train.epochs?");
    not_set(&config, "train=3", "train: found '3', expected a map of its keys; `elbow config --explain` lists them");
    not_set(&config, "data.shape=[1,",
            "value:2:1: not valid YAML: did not find expected node content while parsing a flow "
            "node that begins at line 2; check indentation, brackets and quotes there");
    not_set(&config, "data.shape.2=3", no_entry);
    not_set(&config, "data.shape.x=3", no_entry);
    not_set(&config, "data.shape..1=3", no_entry);
    not_set(&config, "data.shape.0.1=3", no_entry);
    not_set(&config, "data.shape.99999999999999999999=3", no_entry);
    not_set(&config, "model.encoder.1.dense.units=3", no_entry);
    not_set(&config, "data.shape.0=x", "data.shape.0: found 'x', expected a whole number from 1 to 65536");
    not_set(&config, "model.encoder.0.dense.units=x",
            "model.encoder.0.dense.units: found 'x', expected a whole number from 1 to 1048576");
    not_set(&config, "model.encoder.0.dense.unit=3",
            "model.encoder.0.dense.unit: unknown key; did you mean model.encoder.0.dense.units?");
    not_set(&config, "data.file=a\xff.h5",
            "data.file: byte 2 of the text is a control character or not UTF-8; rename the file");
    char text[400] = "train.rate=";
    memset(text + 11, 'x', 300);
    ck_assert_int_eq(elbow_config_set(&config, text, &error), ELBOW_CONFIG);
    ck_assert_ptr_nonnull(strstr(error.message, "xxx...: train.rate: found 'xxx"));
    memset(text, 'x', 300); // the key itself
    text[200] = '=';
    ck_assert_int_eq(elbow_config_set(&config, text, &error), ELBOW_CONFIG);
    ck_assert_ptr_nonnull(strstr(error.message, ": unknown key"));
}
END_TEST
START_TEST(test_locate)
{
    elbow_path file, dataset;
    ck_assert(elbow_config_locate("a.h5", "/x", file, dataset));
    ck_assert_str_eq(file, "a.h5");
    ck_assert_str_eq(dataset, "/x");
    ck_assert(elbow_config_locate("a.h5", "d:/b.h5:/x/y", file, dataset));
    ck_assert_str_eq(file, "d:/b.h5");
    ck_assert_str_eq(dataset, "/x/y");
    char text[ELBOW_PATH_SIZE + 8];
    memset(text, 'x', sizeof text);
    text[ELBOW_PATH_SIZE] = 0;
    ck_assert(!elbow_config_locate("a.h5", text, file, dataset));
    ck_assert(!elbow_config_locate(text, "/x", file, dataset));
    strcpy(text + ELBOW_PATH_SIZE - 1, ":/y");
    ck_assert(elbow_config_locate("a.h5", text, file, dataset));
    ck_assert_uint_eq(strlen(file), ELBOW_PATH_SIZE - 1);
}
END_TEST

START_TEST(test_no_memory)
{
    static const char *const assignments[] = {"seed=3", "data.file=x", "model.encoder.0.dense.units=4",
                                              "data.shape=[2, 3]", "model.encoder.0.dense.unit=4"};
    struct elbow_config config = defaults();
    set(&config, "model.encoder=[dense: {units: 3}]");
    size_t blocks = elbow_memory_count().blocks;
    for (size_t i = 0; i < sizeof assignments / sizeof *assignments; ++i) {
        enum elbow_status status = ELBOW_MEMORY;
        for (uint64_t n = 1; status == ELBOW_MEMORY; ++n) {
            elbow_memory_fail_at(n);
            status = elbow_config_set(&config, assignments[i], &error);
            elbow_memory_fail_at(0);
            ck_assert(status == ELBOW_OK || status == ELBOW_MEMORY || (i == 4 && status == ELBOW_CONFIG));
            ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
            ck_assert(n > 1 || status == ELBOW_MEMORY); // the first allocation is always one of ours
        }
    }
    ck_assert_int_eq(config.model.encoder.layers[0].units, 4);
}
END_TEST

UNIT_MAIN("config/set", test_set, test_set_kind, test_set_refusals, test_locate, test_no_memory)
