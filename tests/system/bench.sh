#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow bench for users: one thread per rank in any environment, with each installed OpenBLAS.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

small=(--rounds 1 --set train.batch=32 --set train.microbatch=16 --set "model.encoder=[dense: {units: 16}]"
    --set "model.decoder=[]")

# number LOG KEY: a number of the one JSON object on standard output.
number() { sed -n "s/.*\"$2\": \([-0-9.e+]*\)[,}].*/\1/p" "$1.out"; }

# holds WHAT EXPRESSION: of awk.
holds() { awk "BEGIN { exit !($2) }" || fail "$1: $2 does not hold"; }

for ranks in 1 2; do
    run 0 "$ranks" "bench-$ranks" "$elbow" bench "${small[@]}" --json || continue
    [ "$(wc -l <"bench-$ranks.out")" = 1 ] || fail "$ranks ranks: standard output holds more than the object"
    for expected in "ranks $ranks" "nodes 1" "batch 32" "microbatch 16" "allocations_after_first_step 0"; do
        [ "$(number "bench-$ranks" "${expected% *}")" = "${expected#* }" ] ||
            fail "$ranks ranks: ${expected% *} is '$(number "bench-$ranks" "${expected% *}")', not ${expected#* }"
    done
    for key in samples_per_s step_seconds floor_seconds fraction_of_floor update_seconds allreduce_seconds \
        update_over_allreduce traced_over_step safety_share audit_every gflops exchange_bytes_read peak_bytes; do
        holds "$ranks ranks: $key" "$(number "bench-$ranks" "$key" | grep . || echo 0) > 0"
    done
    twice=$(sed 's/"seconds": .*"step_over_floor_spread"/"step_over_floor_spread"/' "bench-$ranks.out" |
        grep -o '"[a-z_]*": ' | sort | uniq -d)
    [ -z "$twice" ] || fail "$ranks ranks: keys that stand twice: $twice"
    # Consistency of one object: the rate is the batch over the time of a step.
    holds "$ranks ranks" "($(number "bench-$ranks" samples_per_s) * $(number "bench-$ranks" step_seconds) - 32) ^ 2 < 1e-6"
    for part in step traced floor compute data forward latent likelihood backward sum exchange optimizer update allreduce audit agreement; do
        grep -q "\"$part\": {\"median\": " "bench-$ranks.out" || fail "$ranks ranks: no part $part"
    done
done
run 0 1 table "$elbow" bench "${small[@]}"
grep -q '^update / allreduce  *[0-9.]* (quartiles' table.out || fail "no comparison: $(cat table.out)"
grep -q 'training: from step 1 on, ' table.err || fail "no first step: $(grep training: table.err)"
grep -q '^step / floor  *[0-9.]* (quartiles' table.out || fail "no table: $(cat table.out)"
[ -z "$(find . -type d -name runs)" ] || fail "a run directory was made"

# Datasets beside the rows: a size for each row, and a mask of known values.
"$make_data" write beside.h5 /counts u8 64,7 bits
"$make_data" write beside.h5 /known u8 64,7 bits seed=3
"$make_data" write beside.h5 /sizes f64 64 values "values=$(printf '%s.5,' {1..64} | sed 's/,$//')"
cat >beside.yaml <<'Y'
data: {file: beside.h5, train: /counts, size: /sizes, mask: /known}
model: {latent: 2, likelihood: {negative_binomial: {size: data}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {steps: 1, batch: 32, microbatch: 16}
Y
run 0 1 beside "$elbow" bench beside.yaml --rounds 1 --json
grep -q '"likelihood": {"median": ' beside.out || fail "sizes and a mask: $(cat beside.out beside.err)"

# Pages that are read on demand: a page of 16 rows, 640 bytes, plus as many bytes from the file. Rows in memory have no pages.
"$make_data" write pages.h5 /x u8 6400,40 bytes chunk=16
cat >pages.yaml <<'Y'
data: {file: pages.h5, train: /x, order: windows, page_rows: 16, window_pages: 4}
model: {latent: 2, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {steps: 1, batch: 32, microbatch: 16}
Y
for ranks in 1 2; do
    run 0 "$ranks" "pages-$ranks" "$elbow" bench pages.yaml --rounds 2 --json --set data.access=stream || continue
    [ "$(number "pages-$ranks" page_bytes)" = 640 ] || fail "a page of $(number "pages-$ranks" page_bytes) bytes, not 640"
    holds "stored bytes" "$(number "pages-$ranks" page_stored_bytes) == 640"
    for key in read_bytes_per_s read_floor_bytes_per_s; do holds "$key" "$(number "pages-$ranks" "$key" | grep . || echo 0) > 0"; done
    holds "a page takes more than its bytes" "$(number "pages-$ranks" read_over_floor) > 1"
    for part in read read_floor; do grep -q "\"$part\": {\"median\": " "pages-$ranks.out" || fail "no part $part"; done
done
run 0 1 pages "$elbow" bench pages.yaml --rounds 1 --set data.access=stream
grep -q '^read_floor  *[0-9.]' pages.out || fail "no row of reading: $(cat pages.out)"
grep -q '^read / read_floor  *[0-9.]* (quartiles' pages.out || fail "reading is not compared: $(cat pages.out)"
grep -q '^pages  *640 bytes each, [0-9.]* MB/s by a rank; the floor reads 640 bytes, ' pages.out || fail "no speed: $(cat pages.out)"
run 0 1 resident "$elbow" bench pages.yaml --rounds 1 --set data.access=resident
grep -qE '^(read|pages)' resident.out && fail "rows in memory are read: $(cat resident.out)"

# A file that changes during the benchmark ends it with an error.
"$make_data" write changed.h5 /x u8 6400,40 bytes chunk=16
"$elbow" bench pages.yaml --rounds 1000 --set data.file=changed.h5 --set data.access=stream >changed.out 2>changed.err &
bench=$!
for _ in {1..300}; do
    grep -q 'memory while training' changed.err && break
    sleep 0.1
done
sleep 1
touch -d 2001-01-01 changed.h5
wait "$bench"
status=$?
[ "$status" = 1 ] || fail "a changed file: exit status $status"
grep -q '^elbow: changed.h5:.* was written to after it was opened' changed.err || fail "a changed file: $(cat changed.err)"

run 2 1 rounds "$elbow" bench --rounds 0
run 2 1 rounds "$elbow" bench --rounds 1000000
run 2 1 key "$elbow" bench --set train.bacth=4
grep -q 'did you mean train.batch' key.err || fail "a wrong key: $(cat key.err)"
run 1 1 missing "$elbow" bench missing.yaml

# One thread per rank: the matrix products of these steps are large enough for OpenBLAS to use threads. It creates them when it is
# loaded, so threads may exist, but they must not work. The clocks may be off by a tenth of a core.
large=(--rounds 1 --set train.batch=256 --set train.microbatch=256 --set run.prefetch=off --json)
libraries=("")
for directory in /usr/lib/*/openblas-*; do
    [ -e "$directory/libopenblas.so.0" ] && libraries+=("$directory")
done
for library in "${libraries[@]}"; do
    export LD_LIBRARY_PATH=$library OPENBLAS_NUM_THREADS=8 OMP_NUM_THREADS=8 GOTO_NUM_THREADS=8
    run 0 1 version "$elbow" --version
    grep -q 'OpenBLAS .*, 1 thread$' version.out || fail "${library:-as linked}: $(grep OpenBLAS version.out)"
    run 0 1 threads "$elbow" bench "${large[@]}" || continue
    grep -q '^threads: 1 a rank; binding: ' threads.err || fail "${library:-as linked}: threads and binding are not printed"
    holds "${library:-as linked}: cores_busy" "$(number threads cores_busy) < 1.1"
done
unset LD_LIBRARY_PATH OPENBLAS_NUM_THREADS OMP_NUM_THREADS GOTO_NUM_THREADS

# Ranks that share a core get a warning; ranks with a core each do not.
run 0 2 crowded taskset -c 0 "$elbow" bench "${small[@]}"
[ "$(grep -c '^elbow: warning: 2 ranks of a node share 1 core ' crowded.err)" = 1 ] || fail "crowded: $(cat crowded.err)"
run 0 1 alone taskset -c 0 "$elbow" bench "${small[@]}"
grep -q 'share' alone.err && fail "alone: $(cat alone.err)"

# By default, a rank uses a thread for its data only if it has a second core.
grep -q '^data: collated in the step (not every rank has a core to spare for a thread)$' alone.err ||
    fail "one core: $(grep '^data: ' alone.err)"
if [ "$(nproc)" -gt 1 ]; then
    run 0 1 free "$elbow" bench "${small[@]}"
    grep -q '^data: collated ahead of the step, by one more thread a rank$' free.err || fail "two cores: $(grep '^data: ' free.err)"
fi
finish
