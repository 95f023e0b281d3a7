#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a power cut may not take: before a checkpoint gets its name, the file, the tables, and the name of every directory
# and file of the run are synced; at the end all names are. Seen by strace, in the order of the calls.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
if ! command -v strace >/dev/null || ! strace -o try true 2>/dev/null; then skip "strace is not here, or may not trace"; fi
cat >run.yaml <<'Y'
data: {synthetic: 64, shape: [8, 8]}
model: {latent: 2, encoder: [dense: {units: 8}], decoder: [dense: {units: 8}]}
train: {epochs: 0, steps: 6, batch: 16, microbatch: 8}
log: {every: 1}
checkpoint: {every: 2}
samples: {every: 3, count: 4}
Y

# A name that was made waits for its directory to be synced; a file for itself, before it gets its name. While a checkpoint
# is written, rows and pictures of later steps may come. Of calls that meet another thread's, only the beginning is told.
cat >judge.awk <<'A'
function directory(path) { sub(/\/[^\/]*$/, "", path); return path }
/ = -1 / { next }
/ mkdir\(".* = 0$/ { split($0, word, "\""); if (index(word[2], work) == 1) waits[directory(word[2])] = word[2] }
/ fsync\(/ { match($0, /<\/[^>]*>/); path = substr($0, RSTART + 1, RLENGTH - 2); delete waits[path]; synced[path] = 1 }
/ rename\("/ {
    split($0, word, "\"")
    if (index(word[2], work) != 1) next
    if (!(word[2] in synced)) print word[4] " has its name before it is synced"
    if (word[4] ~ /\/step-[0-9]*\.h5$/) {
        ++checkpoints
        for (path in waits) if (waits[path] !~ /\/samples\//) print word[4] " is there before the name of " waits[path]
        if (!(tables "/metrics.csv" in synced) || !(tables "/kl.csv" in synced)) print word[4] " is there before the tables"
        delete synced[tables "/metrics.csv"]
        delete synced[tables "/kl.csv"]
    }
    waits[directory(word[4])] = word[4]
}
END {
    for (path in waits) if (waits[path] !~ /best\.h5$/) print "the name of " waits[path] " is never synced"
    if (checkpoints != 3) print checkpoints + 0 " checkpoints, expected 3"
}
A
ASAN_OPTIONS=$loose timeout -k 5 "$limit" strace -f -qq -y -e trace=mkdir,fsync,rename -o calls "$elbow" train run.yaml \
    --run-dir "$work/runs/deep/run" >run.out 2>run.err || fail "train under strace: $(tail -n 1 run.err)"
awk -v work="$work/" -v tables="$work/runs/deep/run" -f judge.awk calls >verdict
[ ! -s verdict ] || fail "$(cat verdict)"
finish
