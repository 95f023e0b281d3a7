#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Mistakes in commands, flags and configurations.
set -u
self=$(realpath "$0")
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"

# The command line.
wrong 2 'no command given'
wrong 2 'trian: unknown command; did you mean train\?' trian good.yaml
wrong 2 '--run-dri: unknown flag; did you mean --run-dir\?' train good.yaml --run-dri x
wrong 2 'train: CONFIG is missing' train
wrong 2 '--run-dir' train good.yaml --run-dir
wrong 2 'more.yaml' train good.yaml more.yaml
wrong 2 '--resume=perhaps: expected' train good.yaml --run-dir run --resume=perhaps
wrong 2 '--resume and --overwrite' train good.yaml --run-dir run --resume --overwrite
wrong 2 'good(-alone)?: holds 1 checkpoint.*--resume' train good.yaml --run-dir good
wrong 2 'eval: CHECKPOINT is missing' eval
wrong 2 'info: FILE is missing' info
wrong 2 'config needs a configuration' config
wrong 2 'trian: unknown command; did you mean train' help trian
wrong 2 '--importance.*0' eval good --importance 0
wrong 2 '--confusion: good/.*was trained without model.classifier; leave it out' eval good --confusion x.csv
wrong 2 '--importance.*many' eval good --importance many
wrong 2 '--size /labels: no likelihood of the checkpoint has size: data' eval good --size /labels
wrong 2 '--size 5: no likelihood of the checkpoint has a size' sample good -o x.h5 --size 5
wrong 2 '--size 0.25: no likelihood of the checkpoint has a size' sample good -o x.h5 --size 0.25
wrong 2 '--size: found .0., expected a number above 0' sample good -o x.h5 --size 0
wrong 2 '--size: found .inf., expected a number above 0' sample good -o x.h5 --size inf
wrong 2 'sample: -o FILE is missing' sample good
wrong 2 'reconstruct: -o FILE is missing' reconstruct good
wrong 2 'decode: --latents FILE:/dataset is missing' decode good -o x.h5
wrong 2 'interpolate: --rows ROW,ROW\[,...\] is missing' interpolate good -o x.h5
wrong 2 'encode: -o FILE is missing' encode good --data data.h5
wrong 2 '-n.*0|--count.*0' sample good -o x.png -n 0
wrong 2 'must end in .png, .h5 or .csv' sample good -o x.jpg
wrong 2 'not images.*.h5 or .csv' sample flat -o x.png
wrong 2 'must end in .h5 or .csv' encode good --data data.h5 -o x.jpg
wrong 2 'holds pictures.*.h5 or .csv' encode good --data data.h5 -o x.png
wrong 2 '60 rows, too few for 10 from row 60' reconstruct good -o x.png -n 10 --first 60
wrong 2 'data.h5: is a file that is read' encode good --data data.h5 -o data.h5 --force
wrong 2 'step-.*: is a checkpoint, and is never replaced; give another name' sample good -o good/checkpoints/step-00000003.h5 --force
wrong 2 'step-.*: is a name that a run uses for its checkpoints' sample good -o good/checkpoints/step-00000099.h5 --force
wrong 1 'data.h5: exists already; give another name, or --force to replace it' encode good --data data.h5 -o data.h5
wrong 2 '--force is for --trace' train good.yaml --run-dir run --force
wrong 2 '--data :/: has no file' eval good --data :/

wrong 2 'x.jpg: the name must end in .png, .svg, .pdf, .h5 or .csv' traverse good -o x.jpg
wrong 2 '--by most: expected elbo, recon, kl, importance or deviance' score good -o x.h5 --by most
wrong 2 'measure: nothing to measure; give a CHECKPOINT, or a table with --codes' measure
wrong 2 'map: -o FILE is missing' map good
wrong 2 'compare: found 1 run, expected 2 to 8' compare good
wrong 2 'x.pdf: the name must end in .html' report good -o x.pdf
wrong 2 "--rounds: found '0', expected an integer of at least 1" bench good.yaml --rounds 0
wrong 2 '--jason: unknown flag; did you mean --json' doctor --jason
wrong 2 '--from and --from-start exclude each other' verify good --from 3 --from-start

wrong 2 'x.pt: must end in .safetensors or .onnx' export good -o x.pt
wrong 2 'export: -o FILE is missing' export good
wrong 2 'rechunk: -o FILE is missing' rechunk data.h5
wrong 1 'away: No such file' export away -o x.safetensors

# A deterministic autoencoder has no prior, and no distribution of z.
run 0 1 plain "$elbow" train good.yaml --run-dir plain --set model.posterior=deterministic
wrong 2 'sample: plain.*has model.posterior: deterministic, without a prior.*add --fit K' sample plain -o x.png
wrong 2 '--data is for --fit' sample good -o x.png --data data.h5
wrong 2 "--fit: found '0'" sample good -o x.png --fit 0
wrong 2 '--fit 100: more components than the 60 latents of .*; give fewer' sample plain -o x.png --fit 100
wrong 2 '--importance: plain.*has model.posterior: deterministic, without a distribution of z' eval plain --importance 3
wrong 2 '--importance: plain.*has model.posterior: deterministic, without a distribution of z' encode plain -o x.h5 --importance 3
wrong 2 '--kl-parts: plain.*has model.posterior: deterministic, without a KL' eval plain --kl-parts
wrong 2 'impute: plain.*has model.posterior: deterministic, without a distribution of z' impute plain -o x.h5
"$elbow" eval plain --json >plain.json 2>/dev/null || fail "eval plain: exit status $?"
for key in recon residual explained_deviance; do
    grep -q "\"$key\": " plain.json || fail "eval of a deterministic autoencoder: no $key"
done
! grep -qE '"(elbo|kl)' plain.json || fail "eval of a deterministic autoencoder has an elbo or a kl"
with 2 'objective.beta: model.posterior: deterministic has no KL for it' model.posterior=deterministic objective.beta=0.5
with 2 'objective.draws: 5: model.posterior: deterministic draws no z' model.posterior=deterministic objective.draws=5
with 2 'objective.bound: model.posterior: deterministic has no KL for it' model.posterior=deterministic objective.bound=importance
with 2 'objective.beta with objective.bound: importance, which weights whole draws' objective.bound=importance objective.beta=2
with 2 'objective.kl with objective.bound: importance' objective.bound=importance 'objective.kl={parts: {}}'
with 2 'objective.penalty with objective.bound: importance' objective.bound=importance 'objective.penalty=[mmd: {}]'
with 2 'objective.bound.importance.gradient: .*most' 'objective.bound={importance: {gradient: most}}'
with 2 "objective.draws: '0' is out of bounds" objective.draws=0
with 2 'train.microbatch: 100000 with objective.draws: 1024 is more than 16777216 draws' train.batch=100000 train.microbatch=100000 objective.draws=1024

wrong 2 '--corrupt: good.*was trained without model.input.corrupt; leave it out' eval good --corrupt
wrong 2 '--corrupt: good.*was trained without model.input.corrupt; leave it out' reconstruct good --corrupt -o x.h5

# Every subcommand has a line.
for command in $("$elbow" --help | awk '/^commands:/ { inside = 1; next } /^$/ { inside = 0 } inside { print $1 }'); do
    grep -qE "^wrong [0-9].* $command( |$)" "$self" || fail "no line of errors-usage.sh is of elbow $command"
done

# Outputs that cannot be written are refused before the work, instead of reported as lost after it.
wrong 1 'nodir/x.png: cannot be written: No such file.*nothing was computed' sample good -o nodir/x.png
wrong 1 'nodir/x.h5: cannot be written: No such file' encode good -o nodir/x.h5
wrong 1 'nodir/deep/x.png: .*No such file' reconstruct good -o nodir/deep/x.png
wrong 1 'data.h5/x.png: cannot be written: Not a directory' sample good -o data.h5/x.png
wrong 1 'directory: is a directory; name a file in it' encode good -o directory
if [ -d /proc/self ]; then wrong 1 '/proc/x.h5: cannot be written: ' encode good -o /proc/x.h5; fi

# Ranks started with different flags: the third rank has a flag of its own.
rm -rf 3.*
# shellcheck disable=SC2016 # for the inner shell
on_three 'own=(); [ "$OMPI_COMM_WORLD_RANK" = 2 ] && own=(--set train.epochs=2)
    "$@" "${own[@]}"' "$elbow" train good.yaml --run-dir different
judge 3 2 'the ranks set different keys' train good.yaml --run-dir different

# Ranks whose OpenBLAS uses another core type: a warning; with run.strict, an error before a run directory is made.
unlike() {
    rm -rf 3.* different
    # shellcheck disable=SC2016 # for the inner shell
    on_three '[ "$OMPI_COMM_WORLD_RANK" = 0 ] || export OPENBLAS_CORETYPE=Nehalem
        "$@"' "$elbow" train good.yaml --run-dir different "$@"
}
if "$elbow" --version | grep -q Nehalem || ! OPENBLAS_CORETYPE=Nehalem "$elbow" --version | grep -q Nehalem; then
    echo "skip: this OpenBLAS has one core only: ranks that differ were not tried"
else
    unlike --set run.strict=true
    judge 3 1 'the ranks run different builds or processors.*run.strict is set' train good.yaml --set run.strict=true
    [ ! -e different ] || fail "run.strict: a run directory was made"
    unlike
    grep -q '^elbow: warning: the ranks run different builds or processors' 3.err || fail "ranks that differ: no warning"
    [ "$(cat 3.status.* | sort -u)" = 0 ] || fail "ranks that differ: exit status $(cat 3.status.* | sort -u)"
fi

# The configuration.
wrong 1 'none.yaml: .*No such file' train none.yaml
wrong 1 'directory: is a directory' train directory
yaml 2 'bad.yaml:2:3: train.epoch: unknown key; did you mean train.epochs\?' 'train:\n  epoch: 3\n'
yaml 2 'bad.yaml:1:1: trian: unknown key; did you mean train\?' 'trian: {epochs: 3}\n'
yaml 2 "bad.yaml:1:17: train.epochs: found 'many', expected a whole number" 'train: {epochs: many}\n'
yaml 2 'bad.yaml:1:15: train.rate: found a list' 'train: {rate: [1, 2]}\n'
yaml 2 "bad.yaml:1:8: train: found '3', expected a map" 'train: 3\n'
yaml 2 'train.epochs: given twice' 'train: {epochs: 3, epochs: 4}\n'
yaml 2 'bad.yaml:2' 'train: {epochs: 3\n'
yaml 2 'bad.yaml' 'train:\n\tepochs: 3\n'
yaml 2 'nothing to train on' ''
yaml 2 'zero byte' 'seed: 1\n\0\n'
yaml 2 'bad.yaml' 'seed: \0377\0376\n'
yaml 2 'bad.yaml' 'seed: 1\n---\nseed: 2\n'
yaml 2 'unknown layer .desne., expected dense' 'model: {encoder: [desne: {units: 3}]}\n'
yaml 2 'units is missing' 'model: {encoder: [dense: {activation: relu}]}\n'
yaml 2 'conv2d.filter: unknown key; did you mean model.encoder.0.conv2d.filters' 'model: {encoder: [conv2d: {filter: 8, kernel: 3}]}\n'
yaml 2 'did you mean .*activation' 'model: {encoder: [dense: {units: 3, activaton: relu}]}\n'
yaml 2 "found 'relux', expected one of none, relu" 'model: {encoder: [dense: {units: 3, activation: relux}]}\n'
yaml 2 'model.encoder: found' 'model: {encoder: 3}\n'
with 2 "train.epochs: '-1' is out of bounds" train.epochs=-1
with 2 'train.rate.*above 0' train.rate=0
with 2 'train.rate' train.rate=nan
with 2 'train.beta1.*below 1' train.beta1=1
with 2 'model.latent' model.latent=0
with 2 'model.encoder.0.dense.units' model.encoder.0.dense.units=0
with 2 "train.optimizer: found 'adamm', expected one of adam, adamw, sgd, rmsprop" train.optimizer=adamm
with 2 "train.second_moment: '-1' is out of bounds" train.second_moment=-1
with 2 'train.second_moment: 1 with train.optimizer: sgd, which has none' train.second_moment=1 train.optimizer=sgd
with 2 'train.average.*is out of bounds, expected a number of at least 0 and below 1' train.average=1
with 2 "train.optimizer.rmsprop.rho: '1' is out of bounds, expected a number of at least 0 and below 1" train.optimizer.rmsprop.rho=1
with 2 "train.optimizer.rmsprop.momentum: '-1' is out of bounds" 'train.optimizer={rmsprop: {momentum: -1}}'
with 2 'train.optimizer.rmsprop.alpha: unknown key' 'train.optimizer={rmsprop: {alpha: 0.9}}'
with 2 'train.optimizer.sgd: has no options; write sgd alone' 'train.optimizer={sgd: {rho: 0.9}}'
with 2 'model.learn_variance.*true or false' model.learn_variance=3
with 2 'train.ratee=3: unknown key; did you mean train.rate\?' train.ratee=3
with 2 'train.rate' train.rate
with 2 '=3' =3
with 2 'model.encoder.5' model.encoder.5.dense.units=3
with 2 'train.microbatch: 21 is more than train.batch' train.microbatch=21
with 2 'data.synthetic: 10 together with data.file' data.synthetic=10
with 2 'train.patience' train.patience=3
with 2 'train.step_every' train.schedule=step
with 2 'train.schedule.pieces: found a list, expected a list of up to 32 of \[EPOCHS, RATE\]' 'train.schedule={pieces: []}'
with 2 'train.schedule.pieces.1: found a list, expected a list of up to 32 of' 'train.schedule={pieces: [[1, 0.1], [3]]}'
with 2 "train.schedule.pieces.0: '0' is out of bounds" 'train.schedule={pieces: [[0, 0.1]]}'
with 2 "train.schedule.pieces.0: '0.0' is out of bounds" 'train.schedule={pieces: [[1, 0.0]]}'
with 2 'train.schedule.pieces: rates is missing' train.schedule=pieces
with 2 'data.binarize: sample with a gaussian' model.likelihood=gaussian data.binarize=sample
with 2 'model.learn_variance: a bernoulli' model.learn_variance=true
with 2 'negative_binomial.size: data without data.size; name a dataset' 'model.likelihood={negative_binomial: {size: data}}'
with 2 'data.size: no likelihood takes it' data.size=/labels
with 2 "data.valid: found '20%', expected a dataset such as /train/images or FILE:/train/images, or a share of the training rows such as 0.2" data.valid=20%
with 2 'data.valid_size: no likelihood takes it' data.valid=/x data.valid_size=/labels
with 2 'model.likelihood.1.gaussian.columns: column 9 is one of model.likelihood.0.poisson, too' \
    'model.likelihood=[poisson: {columns: [0, 9]}, gaussian: {columns: [9, 19]}]'
with 2 'train.epochs and train.steps are both 0' train.epochs=0
with 2 'data.valid_labels without data.valid' data.valid_labels=/labels
with 2 'nothing to train on' data.file=
with 2 "data.train: found 'good'" data.train=good
with 2 'run.nodes: has 5 entries' run.nodes='[0,0,0,1,1]'

nothing_left
finish
