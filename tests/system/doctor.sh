#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow doctor reports each problem of a machine that this test provokes, and gives no advice about the rest.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
"$make_data" write data.h5 /train u8 90,6,6 bytes
"$make_data" write data.h5 /valid u8 30,6,6 bytes
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid}
model: {latent: 3, encoder: [dense: {units: 20}], decoder: [dense: {units: 20}]}
train: {epochs: 1, batch: 24, microbatch: 4, rate: 1.0e-2}
Y
unset OMP_NUM_THREADS OPENBLAS_NUM_THREADS

# advises LOG TOPIC PATTERN: the page has that advice; silent LOG TOPIC: it has no advice on that topic.
advises() {
    tr -s ' \n' ' ' <"$1.out" | sed -E 's/ ([0-9]+\. )/\n\1/g' | grep -qE "^[0-9]+\. $2: .*($3)" ||
        { fail "$1: no advice on $2 with '$3':"; sed '1,/^$/d' "$1.out"; }
}
silent() { grep -qE "^ *[0-9]+\. $2: " "$1.out" && fail "$1: advice on $2 out of nothing: $(grep -E "\. $2: " "$1.out")"; }
# topics FILE.json: the topics of its advice, in order.
topics() { grep -oE '"topic": "[^"]*"' "$1" | cut -d'"' -f4 | tr '\n' ' '; }

# A healthy run: the facts, no advice (except about a serial HDF5), nothing left behind.
touch before
find . | sort >before
run 0 1 sound "$elbow" doctor run.yaml
for text in '^elbow  *[0-9][0-9.]*(-dev)? \(' '^build  .*-ffp-contract=off' '^MPI  .*MPI [0-9]' '^HDF5  *[0-9]+\.[0-9]+' '^BLAS  *OpenBLAS .*1 thread' \
    '^threads  *1 per rank; OMP_NUM_THREADS not set' '^ranks  *1 on 1 node$' '1 rank on [0-9]+ cores?, each may run on' 'memory: .* free, .*/s by all' \
    '/dev/shm: .* free' '^the run  *[0-9]+ parameters, 6 microbatches; memory per node: [0-9.]+ .B' \
    '^run directory  *runs/run \(tried in \.\); lock: works' '[0-9.]+ [kMG]B/s written and synced' '^data  *data.h5' 'B/s read by one rank' \
    'a page of 1 row, 36 bytes, takes .* ms to read \(64 pages read\)'; do
    grep -qE "$text" sound.out || fail "doctor: no line with '$text'"
done
for topic in binding threads 'shared memory' memory 'run directory' configuration network; do silent sound "$topic"; done
find . ! -name 'sound.*' | sort | diff before - || fail "doctor leaves something behind"
[ ! -s sound.err ] || fail "doctor says on standard error: $(cat sound.err)"

# Chunks as large as the data leave no pages to distribute; this matters if pages are read in every epoch.
"$make_data" write whole.h5 /train u8 90,6,6 bytes chunk=90
run 0 1 few "$elbow" doctor run.yaml --set data.train=whole.h5:/train --set data.order=windows
advises few chunks 'A page has at least one chunk of 90 rows, so the data make only 1 page for 6 microbatches.*elbow rechunk whole.h5'
run 0 1 full "$elbow" doctor run.yaml --set data.train=whole.h5:/train
silent full chunks

# Two ranks on one core get advice; two ranks on two cores do not.
taskset -c "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" mpirun --bind-to none -n 2 "$elbow" doctor >crowded.out 2>crowded.err ||
    fail "two ranks on one core: exit status $?"
advises crowded binding '2 ranks share 1 core on .*mpirun --bind-to core'
grep -q '2 ranks on 1 core, each may run on 1' crowded.out || fail "two ranks on one core: no such line"
if [ "$(nproc)" -ge 2 ]; then
    run 0 2 apart "$elbow" doctor
    silent apart binding
fi
if [ "$(nproc)" = 2 ]; then
    run 0 1 threads "$elbow" doctor run.yaml --set train.threads=4
    advises threads binding '1 rank of 4 threads must share 2 cores .*slot:PE=4'
fi

# Threads requested by the environment. A request for the default of a run gets no advice.
OMP_NUM_THREADS=8 run 0 1 omp "$elbow" doctor
advises omp threads 'OMP_NUM_THREADS=8 has no effect.*train.threads: 8'
grep -q '1 per rank; OMP_NUM_THREADS 8' omp.out || fail "OMP_NUM_THREADS=8 is not reported"
OPENBLAS_NUM_THREADS=4 run 0 1 openblas "$elbow" doctor
advises openblas threads 'OPENBLAS_NUM_THREADS=4 has no effect'
OMP_NUM_THREADS=1 run 0 1 omp-1 "$elbow" doctor
silent omp-1 threads

# A run directory without locks, one that cannot be written, one below a file.
ASAN_OPTIONS=$loose LD_PRELOAD=$build/elbow-test-no-locks.so run 0 1 no-locks "$elbow" doctor --run-dir .
advises no-locks 'run directory' '\. cannot be locked.*flock'
grep -q 'lock: the file system has no locks' no-locks.out || fail "no locks: no such line"
run 0 1 no-directory "$elbow" doctor
grep -q '^run directory' no-directory.out && fail "doctor tried a run directory that was not named"
touch file
run 0 1 below-file "$elbow" doctor --run-dir file/run
advises below-file 'run directory' 'Nothing can be written to file .*--run-dir'

# Pretended nodes: doctor measures the network between them. All nodes see the directory and its lock.
run 0 2 nodes "$elbow" doctor run.yaml --set run.nodes='[0,1]'
grep -qE '^ranks  *2 on 2 nodes' nodes.out || fail "two nodes are not reported"
[ "$(grep -c 'network to the first node: [0-9.]* [MG]B/s, [0-9.]* us' nodes.out)" = 1 ] || fail "two nodes, and no way between them"
silent nodes 'run directory'

# Configurations that cannot run, or run badly.
run 0 1 no-data "$elbow" doctor run.yaml --set data.file=none.h5
advises no-data configuration 'none.h5: No such file'
run 0 4 uneven "$elbow" doctor run.yaml
advises uneven configuration '6 microbatches of a batch do not divide evenly among 4 ranks'
run 0 1 large "$elbow" doctor run.yaml --set data.file= --set data.valid= --set data.synthetic=4096 --set train.batch=4 --set train.microbatch=1 \
    --set model.encoder='[dense: {units: 20000}]' --set model.decoder='[dense: {units: 20000}]'
silent large memory

# The weights of conditions count: as many as in a run, with all classes.
"$make_data" write data.h5 /class i64 90 labels
"$make_data" write data.h5 /dose f64 90 normal
cat >told.yaml <<'Y'
data: {file: data.h5, train: /train, condition: {kind: /class, dose: /dose}}
model: {latent: 3, condition: {prior: true}, encoder: [dense: {units: 20}], decoder: [dense: {units: 20}]}
train: {steps: 1, batch: 24, microbatch: 4}
Y
run 0 2 told "$elbow" doctor told.yaml
run 0 1 told-run "$elbow" train told.yaml --run-dir told
weights=$(sed -nE 's/^model: ([0-9]+) parameters.*/\1/p' told-run.out)
grep -q "^the run  *$weights parameters" told.out || fail "conditions: the run has $weights parameters: $(grep '^the run' told.out)"

# doctor checks values as a run loads them: it reports each value that a run would refuse, on any number of ranks.
"$make_data" write bad.h5 /nan f32 40,6,6 unit set=nan@33,5
"$make_data" write bad.h5 /fill f32 40,6,6 unit set=-9999@31,4 attribute=_FillValue:-9999
"$make_data" write bad.h5 /grey f32 90,6,6 unit
"$make_data" write bad.h5 /never u8 90,6,6 nothing
for ranks in 1 3; do
    run 0 $ranks nan "$elbow" doctor run.yaml --set data.file=bad.h5 --set data.train=/nan --set data.valid=
    advises nan configuration 'bad.h5:/nan: row [0-9]+ holds a value .* NaN'
    run 0 $ranks fill "$elbow" doctor run.yaml --set data.file=bad.h5 --set data.train=/fill --set data.valid=
    advises fill configuration 'bad.h5:/fill: 1 of 1440 values are missing'
    run 0 $ranks never "$elbow" doctor run.yaml --set data.file=bad.h5 --set data.train=/never --set data.valid=
    advises never configuration '/never was created but never written'
    run 0 $ranks support "$elbow" doctor run.yaml --set data.factor=1 --set data.offset=0
    advises support configuration 'data.h5:/train: row 0 holds [0-9]+ .*needs values in .0, 1.'
    run 0 $ranks contradicts "$elbow" doctor run.yaml --set data.valid=bad.h5:/grey
    advises contradicts configuration 'bad.h5:/grey: .*scaling'
done
grep -q '^values  *examined in all 120 rows$' sound.out || fail "doctor does not say which values it looked at"
grep -q '^data: data.h5:/train, 90 samples of 6x6 uint8' sound.out || fail "doctor does not describe the data"

# doctor checks the rows that a run takes, on both sides of a split, with all datasets beside them.
"$make_data" write bad.h5 /labels i64 40 labels
"$make_data" write bad.h5 /minus f64 40 normal
"$make_data" write bad.h5 /few f64 5 unit
"$make_data" write bad.h5 /twice i64 3 values values=1,5,5
"$make_data" write bad.h5 /sound i64 4 values values=1,2,39,5
"$make_data" write bad.h5 /hit i64 3 values values=1,33,39
"$make_data" write bad.h5 /good f32 40,6,6 unit
"$make_data" write bad.h5 /scaled f32 40,6,6 unit factor=0.5
# looks RANKS NAME KEY=VALUE...: doctor on bad.h5 alone.
looks() {
    local ranks=$1 name=$2 sets=() setting
    shift 2
    for setting in data.file=bad.h5 data.train=/good data.valid= train.batch=3 train.microbatch=1 "$@"; do sets+=(--set "$setting"); done
    run 0 "$ranks" "$name" "$elbow" doctor run.yaml "${sets[@]}"
}
for ranks in 1 3; do
    looks $ranks outside data.train=/nan 'data.rows=[0, 32]'
    silent outside configuration
    looks $ranks inside data.train=/nan data.rows=/hit
    advises inside configuration 'bad.h5:/nan: row 33 holds a value .* NaN'
done
looks 1 listed data.train=/nan data.rows=/sound
silent listed configuration
looks 3 twice data.rows=/twice
advises twice configuration 'bad.h5:/twice: entry 2 names row 5 a second time'
looks 3 minus data.weights=/minus
advises minus configuration 'bad.h5:/minus: row [0-9]+ '
looks 3 few data.weights=/few
advises few configuration 'bad.h5:/few: has 5 numbers, but bad.h5:/good has 40 rows'
looks 3 named data.names=/labels
advises named configuration 'bad.h5:/labels: is not a dataset of texts'
looks 3 valid-named data.valid=/good data.valid_names=/labels
advises valid-named configuration 'bad.h5:/labels: is not a dataset of texts, but data.valid_names is'
looks 3 grouped data.valid=0.25 data.groups=/few
advises grouped configuration 'bad.h5:/few: has 5 values, but bad.h5:/good has 40 rows'
looks 3 split data.valid=0.25 data.groups=/labels data.labels=/labels
silent split configuration
grep -q '^values  *examined in all 40 rows$' split.out || fail "a split: $(grep '^values' split.out)"
grep -q '^validation: bad.h5:/good, ' split.out || fail "the rows that are held back are not looked at"
looks 1 scaled data.train=/scaled data.valid=0.25
silent scaled configuration
looks 3 unscaled data.train=/scaled data.valid=/good
silent unscaled configuration

# A run's warnings are advice here: values far from unit scale, grey values, and held-back rows. Held-back rows come from the
# dataset that they are compared with, so doctor does not treat them as other data.
"$make_data" write bad.h5 /large f64 40,6 normal factor=1e5
"$make_data" write bad.h5 /heavy f64 40,6 normal set=900@1,2
looks 1 warned-large data.train=/large model.likelihood=gaussian
advises warned-large data 'bad.h5:/large: values have mean .*far from unit scale.*data.transform: standardize'
[ ! -s warned-large.err ] || fail "advice is on standard error, too: $(cat warned-large.err)"
looks 3 warned-grey
advises warned-grey data 'bad.h5:/good holds values between 0 and 1, .*data.binarize: sample'
looks 3 warned-heavy data.train=/heavy data.valid=0.1 data.transform=standardize_each model.likelihood=gaussian
advises warned-heavy data 'bad.h5:/heavy: the held-back rows range from .* to 900, and the training set|bad.h5:/heavy: .*and the training set from .* to 900.*outliers'
grep -q 'to one scale' warned-heavy.out && fail "a warning that compares rows with themselves"
run 0 1 warned-json "$elbow" doctor run.yaml --set data.file=bad.h5 --set data.train=/good --set data.valid= --json
[ "$(topics warned-json.out | sed 's/HDF5 //')" = 'data ' ] || fail "--json: $(topics warned-json.out)"

# train needs as much of /dev/shm as doctor reports.
"$make_data" write data.h5 /labels i64 90 labels
"$make_data" write data.h5 /weights f64 90 unit
kept=(--set data.rows='[1, 80]' --set data.valid=0.2 --set data.labels=/labels --set data.weights=/weights)
run 0 2 need "$elbow" doctor run.yaml "${kept[@]}" --json
if command -v strace >/dev/null && strace -o trace true 2>/dev/null; then
    ASAN_OPTIONS=$loose mpirun --oversubscribe --bind-to none -n 2 strace -f -qq -e trace=fallocate -o trace -ff "$elbow" train run.yaml "${kept[@]}" --run-dir traced --set run.stall=0 \
        --set run.audit=0 >traced.out 2>&1 || fail "train under strace: $(tail -n 1 traced.out)"
    wanted=$(cat trace.* | sed -nE 's/^fallocate\([0-9]+, 0, 0, ([0-9]+)\).*/\1/p' | awk '{ sum += $1 - 1048576 } END { print sum + 0 }')
    rm -f trace trace.*
    [ "$wanted" = "$(value need.out node_shared_bytes)" ] || fail "train asks /dev/shm for $wanted bytes, doctor said $(value need.out node_shared_bytes)"
else
    echo "skip: strace cannot be used: what train takes of /dev/shm was not compared with what doctor tells"
fi

# A tiny /dev/shm, with and without a configuration.
small='mount -t tmpfs -o size=9m tmpfs /dev/shm && exec mpirun --oversubscribe --bind-to none -n 2 "$@"'
if unshare -m true 2>/dev/null && unshare -m bash -c 'mount -t tmpfs -o size=9m tmpfs /dev/shm' 2>/dev/null; then
    timeout "$limit" unshare -m bash -c "$small" - "$elbow" doctor >tiny.out 2>tiny.err || fail "a tiny /dev/shm: exit status $?"
    advises tiny 'shared memory' 'has only .* free.*--shm-size'
    timeout "$limit" unshare -m bash -c "$small" - "$elbow" doctor run.yaml >small.out 2>small.err || fail "a small /dev/shm: exit status $?"
    silent small 'shared memory'
    timeout "$limit" unshare -m bash -c "$small" - "$elbow" doctor run.yaml --set model.encoder='[dense: {units: 40000}]' >full.out 2>full.err ||
        fail "a full /dev/shm: exit status $?"
    advises full 'shared memory' 'this run needs [0-9.]+ MB .*its 2 ranks'
else
    echo "skip: no mount in a namespace of its own: a tiny /dev/shm was not tried"
fi

# A serial HDF5.
if [ -x "$build/elbow-test-serial" ]; then
    run 0 1 serial "$build/elbow-test-serial" doctor run.yaml
    advises serial HDF5 'needs no parallel HDF5'
    grep -qE '^HDF5  *[0-9.]+, serial' serial.out || fail "a serial HDF5 is not reported"
    silent sound HDF5
elif grep -qE '^HDF5 .*serial' sound.out; then
    advises sound HDF5 'needs no parallel HDF5'
else
    echo "skip: no serial HDF5 is installed beside the parallel one: it was not tried"
fi

# JSON for programs, with several problems at once.
OMP_NUM_THREADS=8 ASAN_OPTIONS=$loose LD_PRELOAD=$build/elbow-test-no-locks.so run 0 4 all "$elbow" doctor run.yaml --json
[ "$(topics all.out | sed 's/HDF5 //')" = "configuration data $([ "$(nproc)" -ge 4 ] || echo 'binding ')run directory threads " ] ||
    fail "--json: advice on $(topics all.out)"
[ "$(value all.out ranks)" = 4 ] || fail "--json: $(value all.out ranks) ranks"
for key in mpi hdf5 blas nodes memory_bytes_per_s shared_free_bytes node_memory_bytes write_bytes_per_s read_bytes_per_s; do
    grep -q "\"$key\": " all.out || fail "--json: no $key"
done
if command -v python3 >/dev/null; then python3 -m json.tool all.out >/dev/null || fail "--json is no JSON"; fi
run 2 1 wrong "$elbow" doctor --set train.batch=3
finish
