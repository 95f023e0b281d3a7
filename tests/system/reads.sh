#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Rows that are read during training (data.access: stream): late reads change nothing and are reported; failed reads are repeated
# if that can help; rows that stay unreadable, and a replaced file, end the run on all ranks with one sentence, and a resume from
# the last checkpoint reaches the same end.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-jobs.sh"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
[ -f "$build/elbow-test-reads.so" ] || skip "elbow-test-reads.so is not built"

"$make_data" write data.h5 /train u8 600,40 bytes chunk=10 deflate=1
"$make_data" write data.h5.new /train u8 600,40 bytes chunk=10 deflate=1 seed=3
"$make_data" write sums.h5 /train u8 600,40 bytes chunk=10 checksum=1
"$make_data" write part1.h5 /train u8 300,40 bytes chunk=10
"$make_data" write part2.h5 /train u8 300,40 bytes chunk=10 seed=2
"$make_data" write part2.h5.new /train u8 300,40 bytes chunk=10 seed=3
for file in *.h5; do
    touch -d "2020-02-02 20:20" "$file"
    cp -p "$file" "$file.kept"
done
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, order: windows, window_pages: 2, page_rows: 10, access: stream, binarize: sample}
model: {latent: 2, encoder: [dense: {units: 8}], decoder: [dense: {units: 8}]}
train: {epochs: 12, batch: 60, microbatch: 20}
checkpoint: {every: 10, keep: 20}
log: {every: 20}
samples: {count: 0}
Y
early=checkpoints/step-00000010.h5 middle=checkpoints/step-00000060.h5 last=checkpoints/step-00000120.h5
# disturbed LOG READS argument...: three ranks with disturbed reads.
disturbed() {
    local log=$1 reads=$2
    shift 2
    ELBOW_TEST_READS=$reads ASAN_OPTIONS=$loose on 3 env "LD_PRELOAD=$build/elbow-test-reads.so" \
        "$elbow" train run.yaml --run-dir "$log" "$@" >"$log.out" 2>"$log.err"
}
# train STATUS LOG READS argument...
train() {
    local expected=$1 status
    shift
    disturbed "$@"
    status=$?
    [ "$status" = "$expected" ] && return 0
    fail "$1: exit status $status, expected $expected"
    tail -n 5 "$1.err"
}
# again LOG COUNT: COUNT reads are repeated, and each is reported once, by its rank.
again() {
    [ "$(grep -c "warning: rank 2: .*; samples [0-9]* to [0-9]* are read again " "$1.err")" = "$2" ] ||
        fail "$1: not $2 reads again: $(grep again "$1.err")"
}
# told LOG PATTERN: the error is one sentence with PATTERN.
told() {
    [ "$(grep "^elbow: " "$1.err" | grep -vc warning)" = 1 ] || fail "$1: not one sentence: $(cat "$1.err")"
    grep -Eq "^elbow: .*$2" "$1.err" || fail "$1: expected '$2': $(cat "$1.err")"
}
# resumes PLAIN LOG argument...: once the files are back, a resume reaches the same end.
resumes() {
    local plain=$1 log=$2 file
    shift 2
    [ -e "$log/$last" ] && fail "$log: a run whose rows could not be read has come to its end"
    for file in data sums part1 part2; do
        cp -p $file.h5.kept $file.h5
    done
    run 0 2 "$log-again" "$elbow" train run.yaml --run-dir "$log" --resume "$@"
    same_file "resumed after: $log" "$plain/$last" "$log/$last"
}
run 0 1 plain "$elbow" train run.yaml --run-dir plain --set data.access=resident
run 0 1 seldom "$elbow" train run.yaml --run-dir seldom --set data.access=resident --set checkpoint.every=60

# A read waits until the test has seen that its rank is named. No checkpoint is due meanwhile: it would need the library, which
# the read occupies.
# shellcheck disable=SC2317 # called by eventually
is_named() { # LOG RANK
    grep -q "rank $2 on [^ ]* (waiting for pages of the data)" "$1.err"
}
# held RANK
held() {
    local log=held-$1
    disturbed "$log" "$1:data.h5:$log/$middle:1:hold" --trace "$log.json" --set run.stall=3 --set checkpoint.every=60 &
    job=$!
    eventually is_named "$log" "$1"
    touch "$log/$middle.go"
    ends 0 "$log"
    same_file "$log" seldom/$last "$log/$last"
    grep '"name": "late pages"' "$log.json" | grep -q "\"pid\": $1[,}]" || fail "$log: the trace has no late pages of the rank"
    grep '"name": "read"' "$log.json" | grep -q "\"pid\": $1[,}]" || fail "$log: the trace has no reader of the rank"
}
held 1
held 0
grep -q "rank 0 on [^ ]* (waiting for pages of the data)" held-0/log.txt && fail "the late rank writes the log"
table_column held-0/metrics.csv late_pages | awk '{ late += $1 } END { exit !late }' || fail "metrics.csv counts no late page"

train 0 once 2:data.h5:once/$early:1:eio
same_file "a read that fails once" plain/$last once/$last
train 0 stale 2:data.h5:stale/$early:2:stale
same_file "a file that is found the second time" plain/$last stale/$last
again stale 2
grep -q "rank 2: data.h5: rows [0-9]* to [0-9]* of dataset /train cannot be read (HDF5: Stale file handle); .* at once" stale.err ||
    fail "stale: file and rows are not named"
grep -q "rank 2: data.h5: .*(HDF5: Stale file handle); .* in 0.25 s" stale.err || fail "stale: no pause"

train 1 fails 2:data.h5:fails/$early:1000000:eio
told fails 'data.h5: rows [0-9]+ to [0-9]+ of dataset /train cannot be read \(HDF5: Input/output error\); step [0-9]+ was not made'
again fails 6
resumes plain fails

train 1 cut 0:data.h5:cut/$early:1:cut
told cut 'data.h5: was replaced or changed while it was read: it had [0-9]+ bytes, and has [0-9]+ bytes now'
resumes plain cut

# After a failed read the file is opened again, and is another file, or gone.
train 1 replaced 2:data.h5:replaced/$early:1000000:replace-stale
told replaced 'data.h5: was replaced or changed while it was read: '
again replaced 1
resumes plain replaced
train 1 removed 2:data.h5:removed/$early:1000000:remove-stale
told removed 'data.h5: No such file'
again removed 1
resumes plain removed

# A read that fails again is not tried a third time.
run 0 1 sums "$elbow" train run.yaml --run-dir sums --set data.file=sums.h5 --set data.access=resident
train 1 damaged 2:sums.h5:damaged/$early:1000000:flip404 --set data.file=sums.h5
told damaged 'sums.h5: rows [0-9]+ to [0-9]+ of dataset /train .*hecksum'
again damaged 1
resumes sums damaged --set data.file=sums.h5

# Files of a list are opened again and again.
list=(--set 'data.train=["part1.h5:/train","part2.h5:/train"]')
run 0 1 parts "$elbow" train run.yaml --run-dir parts "${list[@]}" --set data.access=resident
train 1 gone 1:part2.h5:gone/$early:1:remove "${list[@]}"
told gone 'part2.h5: No such file'
resumes parts gone "${list[@]}"
train 1 other 1:part2.h5:other/$early:1:replace "${list[@]}"
told other 'part2.h5: was replaced or changed while it was read: '
resumes parts other "${list[@]}"
finish
