#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# --trace writes a file that viewers of traces can read, of bounded size, with the ranks' clocks aligned; it changes no bit of a
# run, and objects in its place are reported at the start.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-jobs.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
limit=$((200 * patience)) # only to catch a hang; a busy machine may be slow
reader=$build/elbow-test-trace
[ -x "$reader" ] || skip "elbow-test-trace is not built (Debian: libjansson-dev)"

"$make_data" write data.h5 /train u8 580,12,12 bytes
"$make_data" write data.h5 /valid u8 90,12,12 bytes seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 90}, dense: {units: 70}], decoder: [dense: {units: 70}, dense: {units: 90}]}
train: {epochs: 0, steps: 50, batch: 16, microbatch: 2}
eval: {every: 20}
checkpoint: {every: 20}
samples: {every: 25, count: 4}
run: {prefetch: on, audit: 10}
Y

# events NAME: its events in the last trace read.
events() { sed -n "s/^$1: \([0-9]*\) events.*/\1/p" reading; }
# reads FILE: the file is a trace.
reads() {
    "$reader" "$1" >reading 2>reading.err && return 0
    fail "$1: $(cat reading.err)"
    return 1
}
# has NAME COUNT: this number of events of a name.
has() { [ "$(events "$1")" = "$2" ] || fail "$(events "$1") events '$1', expected $2"; }

# Two ranks, fifty steps, all features of a run; the same bits as without a trace. A missing directory is made.
run 0 2 plain "$elbow" train run.yaml --run-dir plain
run 0 2 traced "$elbow" train run.yaml --run-dir traced --trace traced/traces/all.json
same_run "with a trace" plain traced
reads traced/traces/all.json && {
    has step 100
    has forward 394 # 8 microbatches per step, but 2 in the last step of the epoch
    holds "$(events gather) > 300 && $(events gather) <= 394" || fail "$(events gather) events of the thread that gathers"
    has exchange 100
    has reduce 100
    has optimizer 100
    has audit 14 # in steps 10, 20, ... and before each checkpoint, in steps 20, 40 and 50
    has evaluation 6
    has pictures 4
    has checkpoint 6
    has write 3
    grep -q '^steps: 1 to 50$' reading || fail "other steps: $(grep steps reading)"
    grep -q '^ranks: 2$' reading || fail "other ranks"
    grep -q '^lost: 0$' reading || fail "events are lost"
}
said traced "^trace: traced/traces/all.json holds [0-9]* events$"
[ -z "$(find . -name '.elbow-*')" ] || fail "something half-written is left"

# The reader reports errors.
broken() { # WHAT SED-COMMAND
    sed "$2" traced/traces/all.json >broken.json
    cmp -s broken.json traced/traces/all.json && fail "$1: nothing was broken"
    "$reader" broken.json >/dev/null 2>&1 && fail "$1 is not found"
}
broken "a negative duration" '0,/"dur": /s//"dur": -/'
broken "a cut" "\$d"
broken "an unknown name" '0,/"name": "forward"/s//"name": "froward"/'
broken "an event that leaves the one around it" '0,/"name": "forward"\(.*\)"dur": [0-9.]*/s//"name": "forward"\1"dur": 1000000000/'
broken "a step that is missing" '/"step": 7}/d'
broken "an event without a time" '0,/"ts": [0-9.]*, "dur"/s//"dur"/'
broken "a clock that is wrong" '/"pid": 1/s/"ts": /"ts": 9/'

# Nodes: messages, and a clock for each; some steps only; a stop.
run 75 3 nodes "$elbow" train run.yaml --run-dir nodes --trace nodes.json:11-20 --set "run.nodes=[0,1,1]" --set run.bucket=4096 \
    --set run.stop_after=30
reads nodes.json && {
    has step 30
    grep -q '^steps: 11 to 20$' reading || fail "other steps: $(grep steps reading)"
    holds "$(events 'gradients in') >= 20 && $(events 'parameters out') >= 20" || fail "messages are missing"
    has "gradients out" "$(events 'gradients in')"
    has "parameters out" "$(events 'parameters in')"
    holds "$(sed -n 's/^clock error: \(.*\) us/\1/p' reading) > 0" || fail "clocks that were not compared"
}

# Clocks that differ by a quarter of an hour; the reader would find a step of one rank that does not meet the other's. (One
# command for both ranks: with two, Open MPI 5.0.7 crashes.)
cat >ahead <<'A'
if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then export LD_PRELOAD=$1 ELBOW_TEST_CLOCK=1000; fi
shift
exec "$@"
A
ASAN_OPTIONS=$loose run 0 2 apart bash ahead "$build/elbow-test-clock-apart.so" "$elbow" train run.yaml --run-dir apart --trace apart.json \
    --set "run.nodes=[0,1]"
reads apart.json && has step 100
same_file "clocks apart" plain/checkpoints/step-00000050.h5 apart/checkpoints/step-00000050.h5

# Many steps: the newest events within the bound, which is about 41216 lines and a few bytes for each.
run 0 1 many "$elbow" train run.yaml --run-dir many --trace many.json --set train.steps=1500 \
    --set checkpoint.every=0 --set eval.every=0 --set samples.count=0
reads many.json && {
    grep -q '^steps: [1-9][0-9]* to 1500$' reading || fail "not the newest steps: $(grep steps reading)"
    holds "$(sed -n 's/^lost: //p' reading) > 0" || fail "1500 steps with all their events"
    holds "$(wc -l <many.json) < 41300 && $(wc -c <many.json) < 41300 * 200" || fail "$(wc many.json): too large"
}
said many "holds the newest [0-9]* events; [0-9]* older ones did not fit"
cp many.json before.json
run 1 2 again "$elbow" train run.yaml --run-dir again --trace many.json
said again "^elbow: many.json: exists already; give another name, or --force to replace it"
same_file "a trace that was there" before.json many.json
[ ! -e again ] || fail "a start that was refused made its run directory"
run 0 2 again "$elbow" train run.yaml --run-dir again --trace many.json --force
reads many.json && has step 100

# Objects in its place are reported before anything is made.
refused() { # STATUS LOG TRACE SENTENCE
    run "$1" 2 "$2" "$elbow" train run.yaml --run-dir never --trace "$3"
    [ "$(grep -c '^elbow: ' "$2.err")" = 1 ] || fail "$2: not one sentence: $(cat "$2.err")"
    said "$2" "^elbow: $4"
    [ ! -e never ] || fail "$2: the run directory was made"
    rm -rf never
}
cp data.h5 kept.h5
mkdir folder
refused 2 data data.h5 "data.h5: is a file that is read"
refused 1 directory folder "folder: is a directory"
refused 1 no-directory data.h5/t.json "data.h5/t.json: cannot be written: Not a directory"
refused 1 device /dev/null "/dev/null: is a pipe, a device or a socket"
for place in checkpoints/step-00000050.h5 samples/x.png metrics.csv config.yaml log.txt; do
    refused 2 place never/$place "never/$place: is where the run writes other files; give --trace another name"
done
# Other names of these places are recognised as soon as the directory exists.
ln -s by-link/metrics.csv link.json
for trace in ./by-name/checkpoints/step-00000050.h5 "$PWD/by-name/metrics.csv" link.json; do
    rm -rf by-name by-link
    mkdir by-link
    run 2 2 other-name "$elbow" train run.yaml --run-dir "$([ "$trace" = link.json ] && echo by-link || echo by-name)" --trace "$trace" --force
    said other-name "^elbow: $trace: is where the run writes other files; give --trace another name"
done
rm -rf by-name by-link link.json
refused 2 steps t.json:9-3 "--trace=t.json:9-3: expected FILE or FILE:FIRST-LAST, with steps from 1"
refused 2 no-steps t.json:- "--trace=t.json:-: expected FILE"
refused 2 no-name :1-2 "--trace=:1-2: names no file"
same_file "a refused trace" kept.h5 data.h5
run 1 2 no-place "$elbow" train run.yaml --run-dir made --trace /proc/t.json # no file can be made there
said no-place "^elbow: /proc/t.json: cannot be written: "

# Objects that come into its place later: one warning, the run's own status, no partial file.
# shellcheck disable=SC2317 # here and below: called by eventually
has_checkpoint() { [ -n "$(ls "$1/checkpoints" 2>/dev/null)" ]; }
start 2 late late --trace late.json --set train.steps=100000000
eventually has_checkpoint late
echo mine >late.json
kill -USR1 "$(processes late 0)"
ends 75 late
said late "elbow: warning: late.json: another program has made this file meanwhile, and it is kept"
[ "$(cat late.json)" = mine ] || fail "a file that came later was replaced"
[ -z "$(find . -name '.elbow-*')" ] || fail "a partial trace is left"

# No partial file stays after a kill, either.
start 2 killed killed --trace killed.json --set train.steps=100000000
eventually has_checkpoint killed
# shellcheck disable=SC2046 # one word each
kill -KILL $(processes killed)
wait "$job"
[ -z "$(find . -maxdepth 1 -name '*killed.json*')" ] || fail "a killed run leaves a trace"
finish
