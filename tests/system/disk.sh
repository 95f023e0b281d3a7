#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A real disk that fills up during a run: the run continues, and its status reports this. With free space again, the next
# start ends with the files of an undisturbed run. Also: files of a run that vanish.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 40,5,6 bytes
"$make_data" write data.h5 /valid u8 12,5,6 bytes seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, binarize: sample}
model: {latent: 2, encoder: [dense: {units: 20}], decoder: [dense: {units: 20}]}
train: {epochs: 8, batch: 8, microbatch: 2, rate: 0.01}
eval: {every: 5}
log: {every: 2}
checkpoint: {every: 5, keep: 2}
samples: {every: 10, count: 4}
Y
run 0 2 whole "$elbow" train run.yaml --run-dir whole

# said LOG TEXT
said() { grep -q -- "$2" "$1.out" "$1.err" || { fail "$1: does not say \"$2\""; tail -n 5 "$1.err"; }; }

# wait_for_work DIRECTORY: until a run has written a checkpoint (the first ones are soon deleted).
wait_for_work() {
    for _ in $(seq 600); do
        compgen -G "$1/checkpoints/step-*.h5" >/dev/null && return
        sleep 0.05
    done
}

# Limits on file size (in blocks of 1024 bytes): first the larger files fit, then only the smaller ones. Open MPI keeps its shared
# memory in files, and version 5 does not start without them: here it uses another kind of memory.
for blocks in 1 2 4 8 12 16 24 32; do
    # shellcheck disable=SC2016 # for the inner shell
    OMPI_MCA_shmem=sysv on 2 bash -c 'ulimit -f "$1"; exec "$0" train run.yaml --run-dir "limit-$1"' "$elbow" $blocks \
        >limit-$blocks.out 2>limit-$blocks.err
    status=$?
    case $status in
    0 | 1 | 3) ;;
    *) fail "files of at most $blocks kB: status $status"; tail -n 3 limit-$blocks.err ;;
    esac
    [ $status = 0 ] || [ "$(grep -c '^elbow: ' limit-$blocks.err)" -ge 1 ] || fail "files of at most $blocks kB: no word"
    run 0 3 limit-$blocks-on "$elbow" train run.yaml --run-dir limit-$blocks --resume=auto
    same_run "files of at most $blocks kB" whole limit-$blocks
done

# A directory and a table that vanish during the run, in a run directory that stays: they are created again and reported as lost.
sed 's/epochs: 8/epochs: 4000/; s/eval: {every: 5}/eval: {every: 500}/; s/log: {every: 2}/log: {every: 20}/; s/every: 10, count/every: 2000, count/; s/every: 5, keep/every: 100, keep/' \
    run.yaml >long.yaml # some seconds
limit=$((240 * patience))
on 2 "$elbow" train long.yaml --run-dir vanishing >vanishing.out 2>vanishing.err &
vanishing=$!
wait_for_work vanishing
mv vanishing/checkpoints vanishing/metrics.csv vanishing/samples .
wait $vanishing
status=$?
[ $status = 3 ] || fail "vanished files: status $status, expected 3: $(tail -n 3 vanishing.err)"
said vanishing "metrics.csv: has been removed"
[ -s vanishing/checkpoints/step-00020000.h5 ] || fail "vanished files: the last checkpoint is not there"
[ -s vanishing/samples/step-00020000.png ] || fail "vanished files: the last picture is not there"
tail -n 1 vanishing/metrics.csv | grep -q ^20000, || fail "vanished files: the new table does not go to the end"
run 0 1 vanishing-eval "$elbow" eval vanishing --json

# A separate disk that another process fills during the run and frees later.
mkdir disk
mount -t tmpfs -o size=2m tmpfs disk 2>mount.err || { echo "note: no small disk: $(cat mount.err)"; finish; }
trap 'umount "$work/disk"; rm -rf "$work" "$work.mpi"' EXIT
for room in 0 2 5 9 14 20 40 60 80 120; do # kB left free
    head -c 3m /dev/zero >disk/ballast 2>/dev/null
    truncate -s -${room}k disk/ballast
    on 2 "$elbow" train run.yaml --run-dir disk/run >full-$room.out 2>full-$room.err
    status=$?
    case $status in
    0 | 1 | 3) ;;
    *) fail "$room kB left: status $status"; tail -n 3 full-$room.err ;;
    esac
    [ $status != 0 ] || [ $room -gt 40 ] || fail "$room kB left: status 0, so this tests nothing"
    rm disk/ballast
    run 0 1 full-$room-on "$elbow" train run.yaml --run-dir disk/run --resume=auto
    same_run "$room kB left" whole disk/run
    rm -rf disk/run
done

# A disk that is full only for a while.
run 0 2 long "$elbow" train long.yaml --run-dir long
on 2 "$elbow" train long.yaml --run-dir disk/run >while.out 2>while.err &
filled=$!
wait_for_work disk/run
head -c 3m /dev/zero >disk/ballast 2>/dev/null
sleep 0.2
rm disk/ballast
wait $filled
status=$?
case $status in
0) echo "note: the run did not notice that the disk was full for a while" ;;
3)
    said while "training continues"
    said while "can be written again"
    ;;
*) fail "full for a while: status $status: $(tail -n 3 while.err)" ;;
esac
same_run "full for a while" long disk/run
finish
