#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A run that is stopped after any step and resumed on another number of ranks ends with the files of an undisturbed run; a start
# treats the files in a run directory as documented.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 58,5,6 bytes
"$make_data" write data.h5 /valid u8 17,5,6 bytes seed=9

# 12 steps, 4 per epoch; rows, evaluations, pictures and checkpoints at steps that do not coincide. The last batch of an epoch is
# short; every optimiser step needs both moments.
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 70, activation: tanh}], decoder: [dense: {units: 70, activation: silu}]}
objective: {beta: 1.5, warmup: 7}
train: {epochs: 3, batch: 16, microbatch: 4, optimizer: adamw, weight_decay: 0.05, rate: 0.01, schedule: cosine, rate_warmup: 2, clip: 5}
eval: {every: 3}
log: {every: 5}
checkpoint: {every: 7, best: false}
samples: {every: 4, count: 6}
Y
last="step-00000012.h5"

train() { # STATUS RANKS LOG DIRECTORY argument...
    local expected=$1 ranks=$2 log=$3 directory=$4
    shift 4
    run "$expected" "$ranks" "$log" "$elbow" train run.yaml --run-dir "$directory" "$@"
}

said() { # LOG TEXT: on either stream
    grep -q -- "$2" "$1.out" "$1.err" && return 0
    fail "$1: does not say \"$2\""
    tail -n 5 "$1.out" "$1.err"
}

# same_end WHAT DIRECTORY: the end is that of the run `whole`. Checkpoints of other steps may have stayed.
same_end() {
    local file
    same_file "$1" "whole/checkpoints/$last" "$2/checkpoints/$last"
    same_file "$1" whole/kl.csv "$2/kl.csv"
    same_metrics "$1" whole/metrics.csv "$2/metrics.csv"
    for file in whole/samples/*; do
        same_file "$1" "$file" "$2/samples/${file##*/}"
    done
    [ "$(ls whole/samples)" = "$(ls "$2/samples")" ] || fail "$1: other pictures than an undisturbed run"
}

train 0 1 whole whole
[ -s whole/samples/step-00000012.png ] || fail "the undisturbed run left no picture"

for step in 1 2 3 4 5 6 7 8 9 10 11; do
    first=$((step % 4 + 1)) second=$(((step + step / 4 + 1) % 4 + 1))
    train 75 $first stop-$step stop-$step --set run.stop_after=$step
    said stop-$step "stopped after step $step"
    train 0 $second go-on-$step stop-$step --resume
    same_end "stopped after $step on $first, resumed on $second ranks" stop-$step
done

# Stopped after every step, one start each.
for step in 2 5 6 9; do
    train 75 $((step % 3 + 1)) often-$step often --resume=auto --set run.stop_after=$step
done
train 0 3 often often --resume=auto
same_end "stopped often, --resume=auto" often

# Rows and pictures beyond the checkpoint (from a killed run) are made again, not twice.
train 75 2 killed killed --set run.stop_after=6
cp whole/metrics.csv whole/kl.csv killed/
cp whole/samples/* killed/samples/
printf '11,3,tra' >>killed/kl.csv
train 0 1 killed killed --resume
same_end "killed after later rows" killed

# A damaged newest checkpoint is skipped with a warning.
for damage in flip cut empty; do
    train 75 2 $damage $damage --set run.stop_after=8
    file=$damage/checkpoints/step-00000008.h5
    [ -s $damage/checkpoints/step-00000007.h5 ] || fail "$damage: there is no older checkpoint"
    case $damage in
    flip)
        byte=$(od -An -tu1 -j 5000 -N 1 $file)
        printf '%b' "\\x$(printf %02x $((byte ^ 1)))" | dd of=$file bs=1 seek=5000 conv=notrunc status=none
        ;;
    cut) truncate -s -100 $file ;;
    empty) : >$file ;;
    esac
    train 0 3 $damage-go-on $damage --resume
    said $damage-go-on "elbow: warning: .*$file.*passed over"
    same_end "newest checkpoint damaged ($damage)" $damage
done
train 75 1 ruined ruined --set run.stop_after=2
: >ruined/checkpoints/step-00000002.h5
train 1 1 ruined ruined --resume
said ruined "holds no checkpoint that is sound"

# A finished run reports this and changes nothing.
before=$(cd whole && find . -type f ! -name log.txt -exec cksum {} + | sort)
train 0 2 again whole --resume
said again "already finished"
[ "$before" = "$(cd whole && find . -type f ! -name log.txt -exec cksum {} + | sort)" ] ||
    fail "a finished run changed when it was started again"
train 0 1 shorter whole --resume --set train.epochs=1
said shorter 'whole: this run is already finished: it has made [0-9]* steps, and train.epochs: 1 asks for [0-9]*; set a larger train.epochs to continue'
train 0 1 fewer whole --resume --set train.steps=2
said fewer 'it has made [0-9]* steps, and train.steps: 2 asks for 2; set a larger train.steps to continue'
train 2 2 refused whole
said refused "whole.*--resume"
train 1 1 nothing no-such-run --resume
said nothing "no-such-run"

# Settings that may not change at a resume, and settings that may.
train 2 2 changed stop-3 --resume --set train.rate=0.5
said changed "train.rate.*0.01.*0.5"
train 2 1 layers stop-3 --resume --set model.latent=4
said layers "model.latent.*3.*4"
cp -r whole longer
train 0 3 longer longer --resume --set train.epochs=5 --set train.schedule_epochs=0 --set log.every=6
[ -s longer/checkpoints/step-00000020.h5 ] || fail "a raised train.epochs does not continue"
tail -n 1 longer/metrics.csv | grep -q ^20, || fail "longer: the table does not end at step 20"
cp data.h5 kept.h5
rm data.h5
"$make_data" write data.h5 /train u8 57,5,6 bytes
"$make_data" write data.h5 /valid u8 17,5,6 bytes seed=9
cp -r stop-3 shrunk && rm shrunk/checkpoints/$last
train 1 2 shrunk shrunk --resume
said shrunk "58 samples.*57"
mv kept.h5 data.h5

# --overwrite moves the former run aside, whole.
cp -r whole former
train 0 2 overwrite former --overwrite
same_end "begun anew" former
diff -r whole former.old-1 >/dev/null || fail "--overwrite did not keep the former run"

# --init takes the tensors that fit: all but the last layers for a model with another latent dimension, with a report.
train 0 2 init init --init whole --set model.latent=2
said init "init: [1-9][0-9]* of [0-9]* tensors taken"
said init "has another shape"
train 0 1 init-1 init-1 --init whole/checkpoints/$last --set model.latent=2
same_run "--init" init init-1

# Early stopping, on any number of ranks, ends the run: no work is left.
for ranks in 1 2; do
    train 0 $ranks patience-$ranks patience-$ranks --set train.patience=2 --set train.epochs=60 --set train.rate=0.2 \
        --set eval.every=2
    said patience-$ranks "stopped early"
done
same_run "train.patience" patience-1 patience-2
steps=$(table_column patience-1/metrics.csv step | tail -n 1)
[ "$steps" -lt 240 ] || fail "train.patience: ran to step $steps"
train 0 1 patience-again patience-1 --resume --set train.patience=2 --set train.epochs=60 --set train.rate=0.2 \
    --set eval.every=2
said patience-again "already finished"

# The data may move: a resume finds the same rows elsewhere, with any chunks. Other rows are refused.
"$make_data" write moved.h5 /train u8 58,5,6 bytes
"$make_data" write moved.h5 /valid u8 23,5,6 bytes seed=9
mkdir elsewhere
"$make_data" write elsewhere/moved.h5 /rows u8 58,5,6 bytes chunk=7
"$make_data" write elsewhere/moved.h5 /others u8 58,5,6 bytes seed=2
"$make_data" write elsewhere/moved.h5 /valid u8 23,5,6 bytes seed=9
moved=(--set data.file=moved.h5 --set train.steps=12)
train 0 2 moved-whole moved-whole "${moved[@]}"
train 75 1 moved-begin moved "${moved[@]}" --set run.stop_after=7
mv moved.h5 gone.h5
away=(--set train.steps=12 --resume --set data.file=elsewhere/moved.h5)
train 1 3 moved-other moved "${away[@]}" --set data.train=/others
said moved-other "was trained on other rows than elsewhere/moved.h5:/others has now"
train 1 1 moved-valid moved "${away[@]}" --set data.train=/rows --set data.valid=
said moved-valid "validation data, and data.valid names none now"
train 0 3 moved-end moved "${away[@]}" --set data.train=/rows
same_metrics "data that moved" moved-whole/metrics.csv moved/metrics.csv
same_file "data that moved" moved-whole/kl.csv moved/kl.csv
for file in moved-whole/samples/*; do
    same_file "data that moved" "$file" "moved/samples/${file##*/}"
done
"$make_data" print moved-whole/checkpoints/$last /model/encoder.0/weight >whole-weight || fail "no weights"
"$make_data" print moved/checkpoints/$last /model/encoder.0/weight | cmp - whole-weight || fail "data that moved: other parameters"

# Numbers that are not finite: the run stops with one line, or skips the steps and counts them. One row in 58 of the data
# overflows the gradient (1e38 over a variance of 0.001): one step per epoch.
"$make_data" write huge.h5 /train f32 58,5,6 unit set=1e38@20,3
sed -i 's/file: data.h5/file: huge.h5/; s/, valid: .valid, binarize: sample//; s/latent: 3/latent: 3, likelihood: gaussian, variance: 0.001/' run.yaml
for ranks in 1 3; do
    train 1 $ranks nan-$ranks nan-$ranks
    [ "$(grep -c '^elbow: step .*not finite' nan-$ranks.err)" = 1 ] || fail "NaN on $ranks ranks: $(cat nan-$ranks.err)"
    train 0 $ranks skip-$ranks skip-$ranks --set train.on_nan=skip
    train 1 $ranks lost-$ranks lost-$ranks --set train.on_nan=skip --set train.rate=1e35 --set log.every=1
    said lost-$ranks "too many steps in a row"
    [ "$(grep '^elbow: .*too many steps in a row' lost-$ranks.err)" = "$(tail -n 1 lost-$ranks/log.txt)" ] ||
        fail "lost-$ranks: the log ends with $(tail -n 1 lost-$ranks/log.txt)"
done
same_run "on_nan: skip" skip-1 skip-3
skipped=$(table_column skip-1/metrics.csv skipped | awk '{ sum += $1 } END { print sum }')
[ "$skipped" = 3 ] || fail "on_nan: skip: $skipped steps are counted as skipped, expected 3"
diff -q <(columns lost-1/metrics.csv) <(columns lost-3/metrics.csv) >/dev/null || fail "on_nan: lost: tables differ"
skipped=$(table_column lost-1/metrics.csv skipped | awk '{ sum += $1 } END { print sum }')
[ "$skipped" = 10 ] || fail "on_nan: skip gave up after $skipped steps, expected 10 rows before the end"
for step in 3 6; do
    train 75 2 skip-stop-$step skip-stop-$step --set train.on_nan=skip --set run.stop_after=$step
    train 0 3 skip-go-on-$step skip-stop-$step --set train.on_nan=skip --resume
    same_file "on_nan: skip, resumed" skip-1/checkpoints/$last skip-stop-$step/checkpoints/$last
    same_metrics "on_nan: skip, resumed" skip-1/metrics.csv skip-stop-$step/metrics.csv
done
finish
