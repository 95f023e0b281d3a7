#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# train.threads: the same bits on any number of threads and ranks, in any environment, with each installed OpenBLAS; the
# configured number of threads; a resume may change it; the log of the start and its warnings.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /bits u8 200,28,28 bits
"$make_data" write data.h5 /bits-valid u8 70,28,28 bits seed=9
# Large enough to spread products, convolutions, kernels and the optimiser over threads.
cat >dense.yaml <<'Y'
data: {file: data.h5, train: /bits, valid: /bits-valid, binarize: sample}
model: {latent: 40, encoder: [dense: {units: 400, activation: relu}, dense: {units: 200, activation: softplus}], decoder: [dense: {units: 300, activation: silu}]}
train: {epochs: 2, batch: 150, microbatch: 50, clip: 1.0}
log: {every: 1}
samples: {every: 2, count: 6}
checkpoint: {every: 1, keep: 9}
Y
cat >conv.yaml <<'Y'
data: {file: data.h5, train: /bits, valid: /bits-valid}
model:
  latent: 8
  encoder: [conv2d: {filters: 32, kernel: 4, stride: 2, padding: 1}, conv2d: {filters: 64, kernel: 4, stride: 2, padding: 1}]
  decoder: [dense: {units: 3136}, conv_transpose2d: {filters: 32, kernel: 4, stride: 2, padding: 1}, conv_transpose2d: {filters: 1, kernel: 4, stride: 2, padding: 1, activation: none}]
train: {epochs: 1, batch: 66, microbatch: 22}
samples: {every: 2, count: 6}
Y

for model in dense conv; do
    run 0 1 "$model-one" "$elbow" train "$model.yaml" --run-dir "$model-one"
    for variant in 1:2 1:3 2:2 3:2 1:4; do
        name=$model-$variant
        run 0 "${variant%:*}" "$name" "$elbow" train "$model.yaml" --run-dir "$name" --set "train.threads=${variant#*:}"
        same_run "$name" "$model-one" "$name"
        grep -q "^threads: ${variant#*:} a rank; binding: " "$name.out" || fail "$name: threads are not printed"
        grep -q "^ranks: ${variant%:*} on 1 nodes, threads: ${variant#*:} a rank" "$name/receipt.txt" ||
            fail "$name: $(grep ranks "$name/receipt.txt")"
    done
done

# A run may continue with another number of threads.
run 75 1 part "$elbow" train dense.yaml --run-dir part --set run.stop_after=2 --set train.threads=2
run 0 2 rest "$elbow" train dense.yaml --run-dir part --resume --set train.threads=3
same_run "resumed with other threads" dense-one part

run 2 1 none "$elbow" train dense.yaml --run-dir none --set train.threads=0
grep -q 'train.threads: .*from 1 to 1024' none.err || fail "no thread: $(cat none.err)"
run 2 1 many "$elbow" train dense.yaml --run-dir many --set train.threads=1025

# Other numbers in the environment have no effect. The pthread OpenBLAS makes threads when it is loaded, before the program
# begins; they sleep. So the test counts the threads that train.threads adds.
tasks() { # THREADS: the maximum during a benchmark
    local benchmark most=0 count
    "$elbow" bench dense.yaml --rounds 1 --set run.prefetch=off --set "train.threads=$1" >bench.out 2>bench.err &
    benchmark=$!
    while [ -n "$(jobs -rp)" ]; do
        count=$(find "/proc/$benchmark/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)
        if [ "$count" -gt "$most" ]; then most=$count; fi
        sleep 0.02
    done
    wait "$benchmark" || most=failed
    echo "$most"
}
libraries=("")
for directory in /usr/lib/*/openblas-*; do
    [ -e "$directory/libopenblas.so.0" ] && libraries+=("$directory")
done
for library in "${libraries[@]}"; do
    export LD_LIBRARY_PATH=$library OPENBLAS_NUM_THREADS=8 OMP_NUM_THREADS=8 OMP_DYNAMIC=true OMP_NESTED=true
    one=$(tasks 1) two=$(tasks 2) three=$(tasks 3)
    if [ "$one" -lt 1 ] || [ "$two" != $((one + 1)) ] || [ "$three" != $((one + 2)) ]; then
        fail "${library:-as linked}: $one, $two and $three threads in the process for train.threads 1, 2 and 3"
    fi
    for threads in 1 2; do
        run 0 1 environment "$elbow" train dense.yaml --run-dir environment --overwrite --set "train.threads=$threads"
        same_run "${library:-as linked}, $threads threads, the environment asks for 8" dense-one environment
    done
    unset LD_LIBRARY_PATH OPENBLAS_NUM_THREADS OMP_NUM_THREADS OMP_DYNAMIC OMP_NESTED
done

# More threads than cores cause a warning; the benchmark prints its threads.
small=(--rounds 1 --set train.batch=32 --set train.microbatch=16)
run 0 1 crowded taskset -c 0 "$elbow" bench "${small[@]}" --set train.threads=2 --json
[ "$(grep -c '^elbow: warning: 1 rank of 2 threads on a node have 1 core ' crowded.err)" = 1 ] || fail "crowded: $(cat crowded.err)"
grep -q '"threads": 2,' crowded.out || fail "threads are not in the object: $(cat crowded.out)"
run 0 2 many taskset -c 0 "$elbow" bench "${small[@]}" --set train.threads=2
[ "$(grep -c '^elbow: warning: 2 ranks of 2 threads on a node have 1 core ' many.err)" = 1 ] || fail "many: $(cat many.err)"
grep -q ', 2 threads per rank, ' many.out || fail "threads are not in the table: $(cat many.out)"
finish
