// SPDX-License-Identifier: BSD-3-Clause
// Checks across keys: keys that need, exclude or complete each other.
#include "elbow/config/config.h"

#include "config_support.h"

static void finishes(const char *text)
{
    struct elbow_config config = defaults(), again;
    accepted(&config, text);
    enum elbow_status status = elbow_config_finish(&config, "run.yaml", &error);
    ck_assert_msg(status == ELBOW_OK, "%s: %s", text, error.message);
    ck_assert_int_ge(config.train.microbatch, 1);
    ck_assert_int_le(config.train.microbatch, config.train.batch);
    memcpy(&again, &config, sizeof again);
    ck_assert_int_eq(elbow_config_finish(&again, "run.yaml", &error), ELBOW_OK);
    ck_assert_int_eq(memcmp(&again, &config, sizeof again), 0);
}

static void does_not_finish(const char *text, const char *message)
{
    struct elbow_config config = defaults();
    accepted(&config, text);
    ck_assert_msg(elbow_config_finish(&config, "run.yaml", &error) == ELBOW_CONFIG, "not refused: %s", text);
    ck_assert_str_eq(error.message, message);
}

START_TEST(test_finish)
{
    finishes("data: {file: x.h5}");
    finishes("data: {train: ['a.h5:/x', 'b.h5:/x'], labels: /y}");
    finishes("data: {train: 'runs/*.h5:/x', labels: /y, columns: [[0, 9], 15]}");
    finishes("data: {train: {channels: ['a.h5:/u', /v]}, labels: /y, transpose: true}");
    finishes("data: {train: 'x.h5:/train', valid: 'y.h5:/valid', valid_labels: 'y.h5:/labels', shape: [4, 4, 3]}");
    finishes("data: {synthetic: 100, shape: [8, 8]}");
    finishes("data: {file: x.h5}\ntrain: {epochs: 0, steps: 10, batch: 8}");
    finishes("data: {file: x.h5}\ntrain: {schedule: step, step_every: 10, batch: 8, microbatch: 8}");
    finishes("data: {file: x.h5}\nmodel: {likelihood: gaussian, learn_variance: true, output_bias: data}");
    finishes("data: {file: x.h5, valid: /v}\ntrain: {patience: 3, schedule: cosine}");
}
END_TEST

START_TEST(test_finish_data)
{
    does_not_finish("seed: 1",
                    "run.yaml: nothing to train on; set data.file and data.train, or data.synthetic for noise");
    does_not_finish("data: {file: x.h5, train: ''}",
                    "run.yaml: nothing to train on; set data.file and data.train, or data.synthetic for noise");
    does_not_finish("data: {train: 'wine.h5'}",
                    "run.yaml: data.train: 'wine.h5' names no dataset; write wine.h5:/DATASET");
    does_not_finish("data: {train: 'wine.h5:'}",
                    "run.yaml: data.train: 'wine.h5:' names no dataset; write wine.h5:/DATASET");
    does_not_finish("data: {train: ['d/1.h5:lab/x', 'd/2.h5:lab/x']}",
                    "run.yaml: data.train: 'd/1.h5:lab/x' names no dataset; write d/1.h5:/lab/x");
    does_not_finish("data: {synthetic: 5, file: x.h5}",
                    "run.yaml: data.synthetic: 5 together with data.file; noise has no files, remove one of them");
    does_not_finish("data: {synthetic: 5, valid: 'x.h5:/x'}",
                    "run.yaml: data.synthetic: 5 together with data.valid; noise has no files, remove one of them");
    does_not_finish("data: {synthetic: 5, train: 'x.h5:/x'}",
                    "run.yaml: data.synthetic: 5 together with data.train x.h5:/x; remove one of them");
    does_not_finish("data: {file: x.h5, train: images}",
                    "run.yaml: data.train: found 'images', expected a dataset such as "
                    "/train/images or FILE:/train/images");
    does_not_finish("data: {file: x.h5, train: /}", "run.yaml: data.train: found '/', expected a dataset such as "
                                                    "/train/images or FILE:/train/images");
    does_not_finish("data: {train: 'x.h5:/x', labels: /y}",
                    "run.yaml: data.labels: no file for the dataset /y; set data.file, or write FILE:/y");
    does_not_finish("data: {train: ['x.h5:/x', /y]}",
                    "run.yaml: data.train: no file for the dataset /y; set data.file, or write FILE:/y");
    does_not_finish("data: {train: ['x.h5:/x', y.h5]}",
                    "run.yaml: data.train: found 'y.h5', expected a dataset such as "
                    "/train/images or FILE:/train/images");
    does_not_finish(
        "data: {synthetic: 5, transpose: true}",
        "run.yaml: data.synthetic: 5 together with data.transpose; noise is not stored, remove one of them");
    does_not_finish("data: {file: x.h5, channels: first, columns: [0]}",
                    "run.yaml: data.channels: first with data.columns, which are of flat rows; remove one of them");
    does_not_finish("data: {file: x.h5, channels: first, train: {channels: [/u, /v]}}",
                    "run.yaml: data.channels: first with {channels: [...]}, which joins datasets as the last axis; "
                    "remove one of them");
    does_not_finish("data: {file: x.h5, valid_labels: /y}",
                    "run.yaml: data.valid_labels without data.valid; set data.valid, too");
    does_not_finish("data: {file: x.h5, shape: [65536, 65536, 65536, 65536]}",
                    "run.yaml: data.shape: makes 18446744073709551615 values, expected at most 2147483647");
    does_not_finish(
        "data: {file: x.h5, channels: first, layout: rows}",
        "run.yaml: data.channels: first with data.layout: rows, which have no channels; remove one of them");
    does_not_finish(
        "data: {synthetic: 5, channels: first}",
        "run.yaml: data.channels: first with data.synthetic: noise is not stored; remove data.channels, and "
        "give data.shape with the channels last");
    struct elbow_config config = defaults();
    accepted(&config, "data: {file: x.h5, shape: [4, 4, 5], channels: first, layout: image}");
    ck_assert_int_eq(elbow_config_finish(&config, "run.yaml", &error), ELBOW_OK);
    config = defaults();
    accepted(&config, "data: {file: x.h5, shape: [7]}");
    ck_assert_int_eq(elbow_config_finish(&config, "run.yaml", &error), ELBOW_OK);
}
END_TEST

START_TEST(test_finish_training)
{
    does_not_finish("data: {file: x.h5}\nmodel: {likelihood: {gaussian: {variance: optimal, start: 1}}}",
                    "run.yaml: model.likelihood.gaussian.start: is for variance: learned; set that, or remove it");
    does_not_finish("data: {file: x.h5}\nmodel: {likelihood: {gaussian: {start: 1}}}",
                    "run.yaml: model.likelihood.gaussian.start: is for variance: learned; set that, or remove it");
    does_not_finish(
        "data: {file: x.h5}\nmodel: {likelihood: {gaussian: {variance: learned, start: 0.01, floor: 0.1}}}",
        "run.yaml: model.likelihood.gaussian.start: 0.01 is below the floor, 0.1; set it higher, or the floor lower");
    does_not_finish(
        "data: {file: x.h5}\nmodel: {likelihood: {gaussian: {variance: 2, floor: 0.1}}}",
        "run.yaml: model.likelihood.gaussian.floor: a variance that is given as a number has none; set variance: "
        "optimal, or remove the floor");
    does_not_finish(
        "data: {file: x.h5}\nmodel: {likelihood: {gaussian: {variance: {learned: 2}, start: 2}}}",
        "run.yaml: model.likelihood.gaussian.variance: learned, and also a number for it (model.variance, "
        "model.learn_variance or {learned: START}); remove the number, and give start if the variance is learned");
    does_not_finish(
        "data: {file: x.h5}\nmodel: {learn_variance: true}",
        "run.yaml: model.learn_variance: a bernoulli likelihood has no variance; set model.likelihood: gaussian, "
        "or remove it");
    does_not_finish("data: {file: x.h5, binarize: sample}\nmodel: {likelihood: gaussian}",
                    "run.yaml: data.binarize: sample with a gaussian likelihood, which is not for zeros and ones; set "
                    "data.binarize: none or model.likelihood: bernoulli");
    does_not_finish(
        "data: {file: x.h5, dequantize: true}",
        "run.yaml: data.dequantize: true with a bernoulli likelihood, which is for values in [0, 1]; remove "
        "it, or set model.likelihood: gaussian, laplace or student_t");
    does_not_finish("data: {file: x.h5, dequantize: true, binarize: sample}",
                    "run.yaml: data.dequantize: true with data.binarize: sample, which makes zeros and ones of the "
                    "values; remove one of them");
    does_not_finish("data: {synthetic: 9, dequantize: true}\nmodel: {likelihood: gaussian}",
                    "run.yaml: data.dequantize: true with data.synthetic: noise is not stored; remove one of them");
    does_not_finish("data: {synthetic: 9}\nmodel: {input: {transform: log1p}}",
                    "run.yaml: model.input.transform: log1p with data.synthetic: noise is used as it is drawn; remove "
                    "one of them");
    does_not_finish("data: {file: x.h5, binarize: sample}\nmodel: {input: {transform: asinh}}",
                    "run.yaml: model.input.transform: asinh with data.binarize: sample, which leaves zeros and ones; "
                    "remove one of them");
    static const char *const of_kl[] = {"beta: 2.0", "warmup: 3", "free_bits: 0.1"};
    for (size_t i = 0; i < sizeof of_kl / sizeof *of_kl; ++i) {
        char text[200], message[200];
        snprintf(text, sizeof text, "data: {file: x.h5}\nmodel: {posterior: deterministic}\nobjective: {%s}", of_kl[i]);
        snprintf(message, sizeof message,
                 "run.yaml: objective.%.*s: model.posterior: deterministic has no KL for it; remove it, or set "
                 "model.posterior: diagonal",
                 (int)strcspn(of_kl[i], ":"), of_kl[i]);
        does_not_finish(text, message);
    }
    does_not_finish(
        "data: {file: x.h5, condition: {label: /c}}\nmodel: {condition: {prior: true}}\nobjective: {kl: {parts: {}}}",
        "run.yaml: objective.kl: parts: needs one prior for all rows, but model.condition.prior: true gives each row "
        "its own; remove one of them");
    does_not_finish(
        "data: {file: x.h5, condition: {label: /c}}\nmodel: {condition: {prior: true}}\nobjective: {penalty: [mmd]}",
        "run.yaml: objective.penalty: mmd: needs one prior for all rows, but model.condition.prior: true gives each "
        "row its own; remove one of them");
    does_not_finish(
        "data: {file: x.h5}\nmodel: {prior: {mixture: {components: 3}}}\nobjective: {free_bits: 0.5}",
        "run.yaml: objective.free_bits: 0.5 with model.prior: mixture, whose KL is sampled and belongs to no "
        "dimension; remove one of them");
    does_not_finish("data: {file: x.h5}\nmodel: {prior: {vamp: 3}}\nobjective: {free_bits: 0.5}",
                    "run.yaml: objective.free_bits: 0.5 with model.prior: vamp, whose KL is sampled and belongs to no "
                    "dimension; remove one of them");
    does_not_finish(
        "data: {file: x.h5}\nmodel: {prior: {vamp: 3}, input: {mask: true}}",
        "run.yaml: model.input.mask: true with model.prior: vamp, whose pseudo-inputs consist of values only; "
        "remove one of them");
    does_not_finish("data: {file: x.h5}\nmodel: {prior: {mixture: 3}}\nobjective: {penalty: [mmd]}",
                    "run.yaml: objective.penalty: mmd: assumes the standard prior, but model.prior is a mixture; "
                    "remove one of them");
    does_not_finish("data: {file: x.h5}\nmodel: {posterior: deterministic}\nobjective: {kl: {capacity: {}}}",
                    "run.yaml: objective.kl: model.posterior: deterministic has no KL for it; remove it, or set "
                    "model.posterior: diagonal");
    does_not_finish("data: {file: x.h5}\nmodel: {posterior: deterministic}\nobjective: {penalty: [mmd, dip]}",
                    "run.yaml: objective.penalty: dip: needs the means and variances of a diagonal posterior; remove "
                    "it, or set model.posterior: diagonal");
    does_not_finish("data: {file: x.h5}\nmodel: {posterior: {diagonal: {least_log_variance: 2, most_log_variance: 2}}}",
                    "run.yaml: model.posterior: least_log_variance: 2 is not below most_log_variance: 2; set it lower");
    does_not_finish("data: {file: x.h5}\nmodel: {posterior: full, latent: 257}",
                    "run.yaml: model.latent: 257 with model.posterior: full, whose head has Z (Z + 3) / 2 outputs: at "
                    "most 256; set fewer, or model.posterior: diagonal");
    does_not_finish("data: {file: x.h5}\nmodel: {posterior: full}\nobjective: {kl: {parts: {}}}",
                    "run.yaml: objective.kl: parts: needs the variances of a diagonal posterior; remove it, or set "
                    "model.posterior: diagonal");
    does_not_finish("data: {file: x.h5}\nmodel: {posterior: full}\nobjective: {penalty: [dip: {of: latents}]}",
                    "run.yaml: objective.penalty: dip of latents: needs the variances of a diagonal posterior; remove "
                    "it, or set model.posterior: diagonal");
    does_not_finish(
        "data: {file: x.h5}\ntrain: {epochs: 0}",
        "run.yaml: train.epochs and train.steps are both 0, so the run would have no steps; set one of them");
    does_not_finish("data: {file: x.h5}\ntrain: {batch: 8, microbatch: 9}",
                    "run.yaml: train.microbatch: 9 is more than train.batch, 8; make it smaller, or the batch larger");
    does_not_finish("data: {file: x.h5}\ntrain: {patience: 2}",
                    "run.yaml: train.patience: counts evaluations, but there are none; set data.valid and eval.every");
    does_not_finish("data: {file: x.h5, valid: /v}\ntrain: {patience: 2}\neval: {every: 0}",
                    "run.yaml: train.patience: counts evaluations, but there are none; set data.valid and eval.every");
    does_not_finish("data: {file: x.h5}\ntrain: {schedule: step}",
                    "run.yaml: train.schedule: step without train.step_every; set it to the number of steps after "
                    "which the rate falls");
    does_not_finish("data: {file: x.h5}\ntrain: {schedule: cosine, epochs: 0, steps: 5}",
                    "run.yaml: train.schedule: cosine without an end; set train.schedule_epochs or train.epochs");
    does_not_finish(
        "data: {file: x.h5}\nobjective: {beta: 4, kl: {capacity: {to: 5}}}",
        "run.yaml: objective.beta with objective.kl: capacity, which weights the KL itself; remove one of them");
    does_not_finish(
        "data: {file: x.h5}\nobjective: {free_bits: 0.1, kl: {capacity: {}}}",
        "run.yaml: objective.free_bits with objective.kl: capacity, which weights the KL itself; remove one of them");
    does_not_finish("data: {file: x.h5}\nobjective: {warmup: 9, kl: {ramp: {cyclical: {steps: 100}}}}",
                    "run.yaml: objective.warmup: 9 with objective.kl.ramp: cyclical, where the weight rises in each "
                    "cycle; remove one of them");
    does_not_finish("data: {file: x.h5}\nobjective: {kl: {free: {of: batch}}}",
                    "run.yaml: objective.kl.free.of: batch without nats that are free; set objective.kl.free: {nats: "
                    "0.25, of: batch}, or remove it");
    does_not_finish("data: {file: x.h5}\nobjective: {classifier: 1}",
                    "run.yaml: objective.classifier without model.classifier; set its layers, or remove it");
    does_not_finish(
        "data: {file: x.h5, labels: /y}\nmodel: {classifier: [dense: {units: 3}]}\nobjective: {penalty: [mmd]}",
        "run.yaml: objective.penalty with model.classifier: each row counts under all classes, and terms that couple "
        "rows would have to couple these, too; remove one of them");
    does_not_finish(
        "data: {file: x.h5}\ntrain: {rate: 0.5, schedule: {pieces: [[1, 0.1]]}}",
        "run.yaml: train.rate: 0.5 with train.schedule: pieces, which contain the rates; remove train.rate");
}
END_TEST

START_TEST(test_microbatch)
{
    struct elbow_config config = defaults();
    accepted(&config, "data: {file: x.h5}\ntrain: {batch: 40}");
    ck_assert_int_eq(elbow_config_finish(&config, "run.yaml", &error), ELBOW_OK);
    ck_assert_int_eq(config.train.microbatch, 40);
    config = defaults();
    accepted(&config, "data: {file: x.h5}\ntrain: {batch: 4096}");
    ck_assert_int_eq(elbow_config_finish(&config, "run.yaml", &error), ELBOW_OK);
    ck_assert_int_eq(config.train.microbatch, 64);
}
END_TEST

UNIT_MAIN("config/finish", test_finish, test_finish_data, test_finish_training, test_microbatch)
