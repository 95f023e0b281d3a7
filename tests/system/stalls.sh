#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A rank that delays the others is named, once, by a rank that waits for it, and the run continues with the same bits.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-jobs.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
limit=$((200 * patience)) # only to catch a hang; a busy machine may be slow

"$make_data" write data.h5 /train u8 58,5,6 bytes
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train}
model: {latent: 3, encoder: [dense: {units: 100}], decoder: [dense: {units: 100}]}
train: {epochs: 1000000, batch: 16, microbatch: 4}
checkpoint: {every: 50}
samples: {count: 0}
run: {stall: 2}
Y
# shellcheck disable=SC2317 # here and below: called by eventually
has_rows() { # DIRECTORY
    [ -n "$(ls "$1/checkpoints" 2>/dev/null)" ]
}
# shellcheck disable=SC2317
is_named() { # LOG RANK
    grep -q "warning: rank $2 on [^ ]* ([a-z ]*) keeps the others waiting, for [1-9][0-9]* s now" "$1.err"
}
# shellcheck disable=SC2317
goes_on() { # LOG
    grep -q "the run continues after a wait of [0-9]* s" "$1.err"
}

# stall LOG RANK argument...: four ranks, and one of them is stopped for a while.
stall() {
    local log=$1 rank=$2 late
    shift 2
    start 4 "$log" "$log" "$@"
    eventually has_rows "$log"
    late=$(processes "$log" "$rank")
    kill -STOP "$late"
    eventually is_named "$log" "$rank"
    sleep 1 # it is not named again
    kill -CONT "$late"
    eventually goes_on "$log"
    kill -USR1 "$late"
    ends 75 "$log"
    [ "$(grep -c 'keeps\{0,1\} the others waiting' "$log.err")" = 1 ] ||
        fail "$log: not one warning: $(grep 'the others' "$log.err")"
}

stall one-node 3
grep -q "rank 3 on $(hostname | cut -d. -f1) (\(computing\|exchanging gradients\|writing rows\|writing a checkpoint\))" one-node.err ||
    fail "the rank's host and phase are not reported: $(cat one-node.err)"
grep -q "rank 3 on .* keeps the others waiting" one-node/log.txt || fail "the log does not tell"
stall root 0
stall two-nodes 2 --set "run.nodes=[0,0,1,1]"
grep -q "(phase unknown)" two-nodes.err && fail "two-nodes: a neighbour on the node knows the phase"
stall four-nodes 1 --set "run.nodes=[0,1,2,3]"
grep -q "rank 1 on [^ ]* (phase unknown)" four-nodes.err || fail "four-nodes: the phase of another node is reported"

# Two stalls at once, and no warning with run.stall: 0.
start 4 two two
eventually has_rows two
# shellcheck disable=SC2046 # two words
kill -STOP $(processes two 1) $(processes two 2)
# shellcheck disable=SC2317
are_named() { grep -q "warning: rank 1 on .*, rank 2 on .* keep the others waiting" two.err; }
eventually are_named
# shellcheck disable=SC2046
kill -CONT $(processes two 1) $(processes two 2)
kill -USR1 "$(processes two 0)"
ends 75 two
start 4 off off --set run.stall=0
eventually has_rows off
late=$(processes off 2)
kill -STOP "$late"
sleep 4
kill -CONT "$late"
kill -USR1 "$late"
ends 75 off
grep -q 'the others waiting' off.err && fail "run.stall: 0 does not stop the watch"

# The bits are the same.
last=$(($(sed -n 's/^elbow: stopped after step \([0-9]*\) .*/\1/p' one-node.err) + 10))
run 0 3 end "$elbow" train run.yaml --run-dir one-node --resume --set train.steps="$last"
run 0 1 whole "$elbow" train run.yaml --run-dir whole --set train.steps="$last"
name=$(printf 'checkpoints/step-%08d.h5' "$last")
same_file "after a stall" "whole/$name" "one-node/$name"
same_metrics "after a stall" whole/metrics.csv one-node/metrics.csv
finish
