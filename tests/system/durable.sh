#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Durability: before a checkpoint gets its name, the file, the tables, and the names of all directories and files of the run are
# synced, so that a power cut does not lose them; at the end all names are synced. strace shows the calls in order.
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

# A new name requires a sync of its directory; a file requires a sync of its own before it gets its name. Rows and pictures of
# later steps may be written during a checkpoint. The calls are separated by thread, so that no call of another thread splits one,
# and then sorted by start time.
cat >judge.awk <<'A'
function directory(path) { sub(/\/[^\/]*$/, "", path); return path }
# The paths of a call's arguments: FD</directory>, "name", or a name alone.
function paths(line,    count, from, base) {
    count = 0
    from = ""
    while (match(line, /[0-9A-Z_]+<[^>]*>|"[^"]*"/)) {
        word = substr(line, RSTART, RLENGTH)
        line = substr(line, RSTART + RLENGTH)
        if (word !~ /^"/) { sub(/^[^<]*</, "", word); sub(/>$/, "", word); from = word; continue }
        gsub(/"/, "", word)
        path[++count] = word ~ /^\// || from == "" ? word : from "/" word
        from = ""
    }
    return count
}
/ = -1 / { next }
/ mkdir(at)?\(.* = 0$/ { if (paths($0) == 1 && index(path[1], work) == 1) waits[directory(path[1])] = path[1] }
/ fsync\(/ { match($0, /<\/[^>]*>/); name = substr($0, RSTART + 1, RLENGTH - 2); delete waits[name]; synced[name] = 1 }
/ rename(at2?)?\(.* = 0$/ {
    if (paths($0) != 2 || index(path[1], work) != 1) next
    if (path[2] ~ /\/lock$/) next # a power cut may remove it
    if (!(path[1] in synced) && path[2] !~ /\/best\.h5$/) print path[2] " has its name before it is synced"
    if (path[2] ~ /\/step-[0-9]*\.h5$/) {
        ++checkpoints
        for (held in waits) if (waits[held] !~ /\/samples\//) print path[2] " is there before the name of " waits[held]
        if (!(tables "/metrics.csv" in synced) || !(tables "/kl.csv" in synced)) print path[2] " is there before the tables"
        delete synced[tables "/metrics.csv"]
        delete synced[tables "/kl.csv"]
    }
    waits[directory(path[2])] = path[2]
}
END {
    for (held in waits) if (waits[held] !~ /best\.h5$/) print "the name of " waits[held] " is never synced"
    if (checkpoints != 3) print checkpoints + 0 " checkpoints, expected 3"
}
A
ASAN_OPTIONS=$loose timeout -k 5 "$limit" strace -ff -ttt -qq -y -e trace=mkdir,mkdirat,fsync,rename,renameat,renameat2 -o calls "$elbow" train run.yaml \
    --run-dir "$work/runs/deep/run" >run.out 2>run.err || fail "train under strace: $(tail -n 1 run.err)"
cat calls.* | LC_ALL=C sort -s -n -k 1,1 | awk -v work="$work/" -v tables="$work/runs/deep/run" -f judge.awk >verdict
[ ! -s verdict ] || fail "$(cat verdict)"
finish
