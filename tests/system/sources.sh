#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Rows in several places (tests/data/sources, made with h5py): lists and patterns of files, channels, columns, transposed datasets
# give the same bits as the same rows in one place; labels keep their names. Sources that do not fit together are refused in one
# sentence that names the source. Paths may contain ~ and variables. Many files need few descriptors.
# shellcheck disable=SC2016 # variables are for Elbow to expand
set -u
kept=$(cd "$(dirname "$0")/../data/sources" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
cp "$kept"/*.h5 "$kept"/*.mat .

cat >run.yaml <<'Y'
data: {train: "whole.h5:/x"}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 5}], decoder: [dense: {units: 5}]}
train: {epochs: 2, batch: 24, microbatch: 4}
samples: {count: 0}
Y

# trained NAME RANKS SETTING...
trained() {
    local name=$1 ranks=$2 sets=() setting
    shift 2
    for setting in "$@"; do sets+=(--set "$setting"); done
    run 0 "$ranks" "$name" "$elbow" train run.yaml --run-dir "$name" "${sets[@]}"
}

# alike NAME WHOLE SETTING...: on 1 and 3 ranks, the numbers of a run on the dataset of whole.h5.
alike() {
    local name=$1 whole=$2 ranks
    shift 2
    [ -d "whole.$whole" ] || trained "whole.$whole" 1 "data.train=whole.h5:/$whole"
    for ranks in 1 3; do
        trained "$name.$ranks" "$ranks" "$@"
        same_file "$name" "whole.$whole/kl.csv" "$name.$ranks/kl.csv"
        same_metrics "$name" "whole.$whole/metrics.csv" "$name.$ranks/metrics.csv"
    done
    same_file "$name" "$name.1/checkpoints/step-00000008.h5" "$name.3/checkpoints/step-00000008.h5"
}

alike pattern x 'data.train=part-*.h5:/x'
alike list x 'data.train=[part-1.h5:/x, part-10.h5:/x, part-2.h5:/x]' run.nodes=[] data.stage=.
alike file x data.file='part-*.h5' data.train=/x
alike columns columns 'data.train=part-*.h5:/x' 'data.columns=[[0, 1], 3, 5]'
alike channels channels 'data.train={channels: ["part-*.h5:/u", /v]}'
alike table table 'data.train={channels: ["part-*.h5:/age", "part-*.h5:/age"]}'
alike masses masses 'data.train={channels: ["part-*.h5:/mass", /mass]}'
alike matlab X data.train=matlab.mat:/X data.transpose=true
alike stack S data.train=matlab.mat:/S data.transpose=true
! ls elbow-stage-* 2>/dev/null || fail "copies are left"

# Another order of the files is another dataset: the comparison can fail.
trained turned 1 'data.train=[part-2.h5:/x, part-1.h5:/x, part-10.h5:/x]'
cmp -s turned/kl.csv whole.x/kl.csv && fail "the order of files does not matter"
grep -q '^trained on .*part-2.h5:/x and 2 more' <("$elbow" info turned) || fail "info: $("$elbow" info turned)"

# Names of labels: of texts, and of codes that each file numbers on its own.
trained named 1 data.labels=whole.h5:/text
"$elbow" eval named --json >named.json 2>/dev/null
for labels in /text /type '[part-1.h5:/type, part-10.h5:/text, part-2.h5:/type]' whole.h5:/text; do
    rm -rf labels
    trained labels 3 'data.train=part-*.h5:/x' "data.labels=$labels"
    "$elbow" eval labels --json >labels.json 2>/dev/null
    cmp -s named.json labels.json || fail "labels $labels: $(cat labels.json)"
done
run 0 3 eval "$elbow" eval whole.x --data 'part-*.h5:/x' --labels /type --json
cmp -s named.json eval.out || fail "eval of a pattern: $(cat eval.out)"
run 0 1 eval "$elbow" eval named --data '[part-1.h5:/x, part-10.h5:/x, part-2.h5:/x]' --labels /text --json
cmp -s named.json eval.out || fail "eval of a list: $(cat eval.out)"
run 0 1 eval "$elbow" eval whole.x --data 'part-*.h5' --labels /text --json
cmp -s named.json eval.out || fail "eval of a pattern without a dataset: $(cat eval.out)"
run 0 3 valid "$elbow" train run.yaml --run-dir valid --set 'data.valid=part-*.h5:/x' --set data.valid_labels=/type
run 0 1 doctor "$elbow" doctor run.yaml --set 'data.train=part-*.h5:/x' --set data.labels=/type
grep -q 'configuration:' doctor.out && fail "doctor: $(grep -A3 configuration: doctor.out)"

# ~ and variables are those of rank zero; a file of exactly that name has priority.
mkdir home
cp part-*.h5 home
HOME=$PWD/home alike home x 'data.train=~/part-*.h5:/x'
ROWS=home alike variable x 'data.train=[$ROWS/part-1.h5:/x, "${ROWS}/part-10.h5:/x", home/part-2.h5:/x]'
cp whole.h5 'a[1]$x*.h5'
alike literal x 'data.train=a[1]$x*.h5:/x'
PLACE=home trained placed 1 'data.stage=$PLACE'
printf 'data: {train: "whole.h5:/x"}\nrun: {dir: $PLACE/run}\n' >placed.yaml
PLACE=home run 0 1 check "$elbow" train placed.yaml --check
[ "$(cat check.out)" = home/run ] || fail "run.dir: $(cat check.out)"

# Series with more channels than points cause a hint, too.
"$make_data" write eeg.h5 /x f32 6,8,20 normal
trained eeg 1 "data.train=eeg.h5:/x" 'data.series={length: 8}' train.steps=1
grep -q 'its series are read as 8 points of 20 channels each; if the axis of 20 is time, set data.channels: first' eeg.err || fail "no hint: $(cat eeg.err)"
trained eeg2 1 "data.train=eeg.h5:/x" 'data.series={length: 8}' data.channels=first train.steps=1
grep -q 'its series are read as' eeg2.err && fail "a hint about correct data: $(cat eeg2.err)"
# MATLAB's datasets cause a hint, in training and in info: once, if some of their rows are held back.
trained pointed 1 data.train=matlab.mat:/plain data.valid=0.5 train.steps=1
grep -q 'was written by MATLAB.*read as 3 samples.*data.transpose: true' pointed.err || fail "no hint: $(cat pointed.err)"
[ "$(grep -c 'was written by MATLAB' pointed.err)" = 1 ] || fail "more than one hint: $(cat pointed.err)"
"$make_data" write wide.h5 /x f32 8,3 normal attribute=MATLAB_class:1
trained wide 1 data.train=wide.h5:/x train.steps=1 # of 3 rows of 8 values, perhaps
grep -q 'was written by MATLAB.*read as 8 samples.*data.transpose: true' wide.err || fail "no hint: $(cat wide.err)"
"$elbow" info wide.h5 | grep -q 'transpose: true    # 3 samples' || fail "info: $("$elbow" info wide.h5)"
"$make_data" write uneven-1.h5 /x f32 8,3 normal attribute=MATLAB_class:1
"$make_data" write uneven-2.h5 /x f32 8,4 normal attribute=MATLAB_class:1
run 1 1 uneven "$elbow" train run.yaml --run-dir few --set 'data.train=uneven-*.h5:/x'
grep -q 'all must have one shape; they were written by MATLAB, which stores axes in reverse order: if their samples are along the last axis, set data.transpose: true' uneven.err ||
    fail "files of reversed rows: $(cat uneven.err)"
"$make_data" write first.h5 /x f32 100,4 normal
trained first 1 data.train=first.h5:/x data.transpose=true train.steps=1
grep -q 'data.transpose: true makes it 4 samples of 100 values each; if its samples come first in the file, leave data.transpose out' first.err || fail "no hint: $(cat first.err)"
[ "$("$elbow" info matlab.mat | grep -c 'transpose: true')" = 4 ] || fail "info: $("$elbow" info matlab.mat)"
"$make_data" write ten.h5 /numbers i64 10 labels
for beside in data.labels data.weights data.names; do
    run 1 3 few "$elbow" train run.yaml --run-dir few --set data.train=matlab.mat:/plain --set $beside=ten.h5:/numbers
    [ $beside = data.names ] || grep -q 'but matlab.mat:/plain has 6 .*; it was written by MATLAB, which stores axes in reverse order: data.transpose: true makes it [0-9]* row' few.err ||
        fail "$beside of reversed rows: $(cat few.err)"
done
"$make_data" write two.h5 /u f32 20,3 normal
"$make_data" write two.h5 /v f32 20,3 normal
trained two 1 'data.train=[two.h5:/u, two.h5:/v]'
grep -q 'two.h5:/u and 1 more dataset, 40 samples' two.out || fail "two datasets of a file: $(cat two.out)"
grep -q 'rows of 2 datasets of one file are read one dataset after another; .*{channels: \[' two.out || fail "two datasets of a file, unsaid"
grep -q 'more dataset' list.1.out && fail "files are called datasets"
grep -qE 'MATLAB|leave data.transpose out' matlab.1.err && fail "a hint in spite of data.transpose"

# A resume continues with the same rows in any place; otherwise it names the file.
resumes() { run "$1" 3 resumed "$elbow" train run.yaml --run-dir list.1 --resume --set train.epochs=3 --set "data.train=$2"; }
rm -rf list.kept
cp -r list.1 list.kept
resumes 0 '[home/part-1.h5:/x, home/part-10.h5:/x, home/part-2.h5:/x]'
rm -rf list.1
cp -r list.kept list.1
resumes 1 '[part-1.h5:/x, part-2.h5:/x, part-10.h5:/x]'
grep -q 'file 1 of the list (counted from 0), part-2.h5, had 17 rows, and has 40 now' resumed.err || fail "$(cat resumed.err)"
resumes 1 whole.h5:/x
grep -q 'was trained on a list of 3 files, but whole.h5:/x now has 1' resumed.err || fail "$(cat resumed.err)"
cp part-10.h5 changed.h5
"$make_data" write changed.h5 /z f32 17,6 normal seed=3
resumes 1 '[part-1.h5:/x, changed.h5:/z, part-2.h5:/x]'
grep -q 'changed.h5:/z: its attributes say nothing, but those of part-1.h5:/x say scale_factor 0.5' resumed.err || fail "$(cat resumed.err)"

# refused STATUS PATTERN SETTING...: one sentence, the same on 1 and 3 ranks, and no run directory.
refused() {
    local status=$1 pattern=$2 ranks sets=() setting
    shift 2
    for setting in "$@"; do sets+=(--set "$setting"); done
    for ranks in 1 3; do
        run "$status" $ranks wrong "$elbow" train run.yaml --run-dir wrong "${sets[@]}"
        [ "$(grep -c '^elbow: ' wrong.err)" = 1 ] || fail "$*: not one sentence: $(cat wrong.err)"
        grep -Eq "^elbow: .*$pattern" wrong.err || fail "$*: expected '$pattern': $(cat wrong.err)"
        [ ! -e wrong ] || fail "$*: a run directory was made"
    done
}
refused 1 'data.train: no file matches none\*.h5$' 'data.train=none*.h5:/x'
refused 2 'data.train: \$NOT_SET/x.h5: the environment variable NOT_SET is not set' 'data.train=$NOT_SET/x.h5:/x'
refused 2 'data.stage: ~no-such-user/x: there is no user no-such-user' 'data.stage=~no-such-user/x'
refused 1 'gone.h5: No such file' 'data.train=[part-1.h5:/x, gone.h5:/x]'
refused 1 'other.h5:/type: is float64, but part-1.h5:/x is float32' 'data.train=[part-1.h5:/x, other.h5:/type]'
refused 1 'other.h5:/shape: has rows of 7, but part-1.h5:/x has rows of 6' 'data.train=[part-1.h5:/x, other.h5:/shape]'
refused 1 'other.h5:/plain: its attributes say nothing, but those of part-1.h5:/x say scale_factor 0.5' 'data.train=[part-1.h5:/x, other.h5:/plain]'
refused 1 'other.h5:/bad: row 2 holds a value \(at index 3\) that is NaN' 'data.train=[part-1.h5:/x, part-10.h5:/x, other.h5:/bad]'
refused 1 'other.h5:/bad: row 2 holds a value \(at index 3\) that is NaN' data.train=other.h5:/bad 'data.columns=[0, 3]'
refused 1 'other.h5:/short: has 3 rows, but part-1.h5:/u has 23' 'data.train={channels: [part-1.h5:/u, other.h5:/short]}'
refused 1 'part-1.h5:/age and 2 more files: row 0 holds -[0-9.]*, but data.weights takes finite numbers' 'data.train=part-*.h5:/x' data.weights=/age
refused 2 'channel 1 has 1 file, but channel 0 has 3' 'data.train={channels: ["part-*.h5:/u", other.h5:/short]}'
refused 1 'part-1.h5:/x: has rows of 6, but part-1.h5:/u has rows of 5' 'data.train={channels: [part-1.h5:/u, part-1.h5:/x]}'
refused 1 'other.h5:/numbers: its labels are numbers, those of part-1.h5:/type have names' 'data.train=[part-1.h5:/x, other.h5:/bad]' 'data.labels=[part-1.h5:/type, other.h5:/numbers]'
refused 1 'other.h5:/numbers: has 4 labels, but part-1.h5:/x has 23 samples' 'data.train=[part-1.h5:/x, part-2.h5:/x]' 'data.labels=[other.h5:/numbers, other.h5:/numbers]'
refused 1 'whole.h5:/x: has 6 columns, but data.columns goes up to column 6' 'data.columns=[[0, 6]]'
refused 1 'data.columns is for flat rows' data.train=whole.h5:/channels 'data.columns=[0]'
refused 2 'data.channels: first with \{channels' 'data.train={channels: [part-1.h5:/u, /v]}' data.channels=first

# More files than descriptors: one is open at a time.
mkdir many
for i in $(seq 100); do ln part-1.h5 "many/$i.h5"; done
(ulimit -n 40 && exec "$elbow" train run.yaml --run-dir many.run --set 'data.train=many/*.h5:/x' --set data.labels=/type >many.out 2>&1) ||
    fail "100 files with 40 descriptors: $(tail -n 3 many.out)"
grep -q 'many/1.h5:/x and 99 more files, 2300 samples' many.out || fail "100 files: $(cat many.out)"
finish
