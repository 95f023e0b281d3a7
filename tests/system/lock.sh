#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# One run at a time in a run directory: a second run is refused on all its ranks, with the job of the first; read-only commands
# are not refused; after the holder was killed, nothing is refused.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 40,5,6 bytes
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train}
model: {latent: 2, encoder: [dense: {units: 20}], decoder: [dense: {units: 20}]}
train: {epochs: 100000000, batch: 8, microbatch: 4}
log: {every: 100000}
checkpoint: {every: 20000, keep: 2}
samples: {every: 0}
Y
(limit=$((400 * patience)); on 2 "$elbow" train run.yaml --run-dir busy >busy.out 2>busy.err) &
holder=$!
for _ in $(seq 1200); do
    compgen -G 'busy/checkpoints/step-*.h5' >first.out && break
    kill -0 "$holder" 2>kill.err || break
    sleep 0.1
done
[ -s first.out ] || fail "the first run wrote no checkpoint: $(tail -n 3 busy.err) $(tail -n 3 busy/log.txt)"
process=$(grep -o 'process [0-9]*' busy/lock | cut -d' ' -f2)
[ "$(cat "/proc/${process:-none}/comm")" = elbow ] || fail "busy/lock names no process: $(cat busy/lock)"

for how in "" --resume --resume=auto --overwrite; do
    for ranks in 1 2; do
        # shellcheck disable=SC2086 # no flag is no word
        run 1 $ranks "second$how-$ranks" "$elbow" train run.yaml --run-dir busy $how
        [ "$(grep -c "another run is at work in it (process $process on $(hostname)" "second$how-$ranks.err")" = 1 ] ||
            fail "train $how beside a run: $(cat "second$how-$ranks.err")"
    done
done
# shellcheck disable=SC2016 # for the inner shell
on 2 bash -c '"$0" train run.yaml --run-dir busy --resume; echo "status $?" >&2' "$elbow" >all.out 2>all.err
[ "$(grep -c '^status 1$' all.err)" = 2 ] || fail "not status 1 on both ranks: $(cat all.err)"
run 0 2 eval "$elbow" eval busy --json
run 0 1 sample "$elbow" sample busy -o samples.csv -n 2
[ ! -e busy.old-1 ] || fail "--overwrite moved the directory of a run at work"

# The first run is undisturbed. After a kill its lock file stays, but refuses no other run.
kill -KILL "$process" || fail "the first run is not at work any more: $(tail -n 3 busy.err)"
wait "$holder"
[ -e busy/lock ] || fail "a killed run removed its lock file, so this tests nothing"
newest=0
for file in busy/checkpoints/step-*.h5; do
    step=$((10#$(basename "$file" .h5 | cut -d- -f2)))
    [ "$step" -gt "$newest" ] && newest=$step
done
run 75 2 after "$elbow" train run.yaml --run-dir busy --resume --set run.stop_after=$((newest + 3))
[ ! -e busy/lock ] || fail "a run that ended left its lock"
finish
