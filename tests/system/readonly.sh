#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A read-only run directory: one sentence and status 1 on every rank if it is read-only from the start; a warning and status 3 if
# it becomes read-only during a run, which continues. Mounts are made in a namespace of the test's own.
set -u
if [ -z "${ELBOW_TEST_MOUNTS:-}" ]; then
    if ! unshare --mount mount -t tmpfs none /mnt 2>/dev/null; then
        echo "skip: no file system may be mounted here, not even in a namespace of its own"
        exit 77
    fi
    ELBOW_TEST_MOUNTS=1 exec unshare --mount bash "$0" "$@"
fi
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-jobs.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
limit=$((200 * patience)) # only to catch a hang; a busy machine may be slow
trap 'umount -q "$work"/*/checkpoints "$work"/* 2>/dev/null; rm -rf "$work" "$work.mpi"' EXIT

# A file that is opened by name from now on is read-only; open files stay as they are, and a run has its directory open.
forbid() {
    mount --bind "$1" "$1" || fail "$1: cannot be mounted"
    mount -o remount,bind,ro "$1" || fail "$1: cannot be made read-only"
}
permit() { umount "$1" || fail "$1: cannot be made writable again"; }

# forbid_at_work RUN PLACE: the same during a run. The run is paused meanwhile, so that it cannot end first, and resumes for a
# moment if it was paused during a write: a file that is open for writing cannot be made read-only.
forbid_at_work() {
    local held deadline=$((SECONDS + 120 * patience))
    mapfile -t held < <(processes "$1")
    mount --bind "$2" "$2" || fail "$2: cannot be mounted"
    while kill -STOP "${held[@]}" && ! mount -o remount,bind,ro "$2" 2>/dev/null; do
        [ $SECONDS -lt $deadline ] || { fail "$2: cannot be made read-only" && break; }
        kill -CONT "${held[@]}"
        sleep 0.01
    done
    kill -CONT "${held[@]}"
}

"$make_data" write data.h5 /train u8 400,5,6 bytes
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train}
model: {latent: 2, encoder: [dense: {units: 20}], decoder: [dense: {units: 20}]}
train: {epochs: 0, steps: 30, batch: 8, microbatch: 2}
checkpoint: {every: 10}
samples: {every: 10, count: 4}
Y

# refused LOG RANKS SENTENCE argument...: status 1 on each rank, one sentence.
refused() {
    local log=$1 ranks=$2 sentence=$3 rank
    shift 3
    # shellcheck disable=SC2016 # for the inner shell
    timeout -k 5 "$limit" mpirun --oversubscribe --bind-to none -n "$ranks" bash -c \
        'log=$1; shift; "$@"; echo $? >"$log.status.$OMPI_COMM_WORLD_RANK"' - "$log" \
        "$elbow" train run.yaml "$@" >"$log.out" 2>"$log.err" </dev/null || fail "$log: mpirun"
    for ((rank = 0; rank < ranks; rank++)); do
        [ "$(cat "$log.status.$rank")" = 1 ] || fail "$log: rank $rank ended with $(cat "$log.status.$rank")"
    done
    [ "$(grep -v '^elbow: warning: ' "$log.err" | grep -c '^elbow: ')" = 1 ] || fail "$log: not one sentence: $(cat "$log.err")"
    grep -q "^elbow: $sentence" "$log.err" || fail "$log: said $(cat "$log.err")"
}

# From the start: a place where no directory can be made, an empty directory, a directory with a run.
mkdir place empty
run 0 2 whole "$elbow" train run.yaml --run-dir whole
cp -r whole former
forbid place
forbid empty
forbid former
refused no-place 3 "place/run: .*Read-only file system" --run-dir place/run
refused empty 2 "empty[/a-z.]*: .*Read-only file system" --run-dir empty
refused resume 3 "former[/a-z.]*: .*Read-only file system" --run-dir former --resume --set train.steps=40
refused overwrite 2 "former: cannot be moved aside: " --run-dir former --overwrite
# Commands that only read succeed.
run 0 2 info "$elbow" info former
run 0 2 sample "$elbow" sample former -o samples.png
permit place
permit empty
permit former
diff -r whole former >changed || fail "a run that may not be written changed: $(head -n 3 changed)"
[ -z "$(find place empty -mindepth 1)" ] || fail "a file was made in a read-only directory"

# A user without write permission.
if [ "$(id -u)" = 0 ] && chmod 755 "$work" && setpriv --reuid 65534 --regid 65534 --clear-groups "$elbow" --version >/dev/null 2>&1; then
    setpriv --reuid 65534 --regid 65534 --clear-groups timeout -k 5 $limit "$elbow" train run.yaml --run-dir place/run \
        >user.out 2>user.err
    status=$?
    [ $status = 1 ] || fail "without permission: status $status"
    said user "^elbow: place/run: .*Permission denied"
    [ "$(grep -v '^elbow: warning: ' user.err | grep -c '^elbow: ')" = 1 ] || fail "without permission: not one sentence: $(cat user.err)"
else
    echo "there is no other user here who could run the program: that he may not write is not tried"
fi

# During a run: it continues, warns once, writes again when it can, and reports this in its status.
# shellcheck disable=SC2317 # here and below: called by eventually
has_checkpoint() { compgen -G "$1/checkpoints/step-*.h5" >/dev/null; }
# shellcheck disable=SC2317
says() { grep -q -- "$2" "$1.out" "$1.err"; }
often=(--set checkpoint.every=500 --set samples.count=0)
start 2 under under --set train.steps=100000000 "${often[@]}"
eventually has_checkpoint under
forbid_at_work under under/checkpoints
eventually says under "under/checkpoints/.*Read-only file system; training continues and tries again next time, and the exit status will report it"
permit under/checkpoints
eventually says under "checkpoints can be written again"
kill -USR1 "$(processes under 0)"
ends 75 under
said under "but some output could not be written; continue with --resume"
[ "$(grep -c 'warning: .*checkpoint.*Read-only file system' under.err)" = 1 ] || fail "under: not one warning: $(cat under.err)"

# Read-only to the end: no last checkpoint, status 3; the next start resumes and ends with the bytes of an undisturbed run.
start 2 end end --set train.steps=40000 "${often[@]}"
eventually has_checkpoint end
forbid_at_work end end/checkpoints
ends 3 end
said end "^elbow: end: the run is finished, but some output could not be written"
permit end/checkpoints
[ ! -e end/checkpoints/step-00040000.h5 ] || fail "end: a checkpoint in a read-only directory"
run 0 3 end-on "$elbow" train run.yaml --run-dir end --resume --set train.steps=40000 "${often[@]}"
run 0 1 end-whole "$elbow" train run.yaml --run-dir end-whole --set train.steps=40000 "${often[@]}"
same_file "read-only to the end" end-whole/checkpoints/step-00040000.h5 end/checkpoints/step-00040000.h5
same_metrics "read-only to the end" end-whole/metrics.csv end/metrics.csv
finish
