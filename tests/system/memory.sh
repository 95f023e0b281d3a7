#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The memory of a run, minus that of a run on almost no data, compared with the figures of its log and of doctor: within a tenth,
# for each layout of data.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
[ "$patience" = 1 ] || skip "sanitizers and valgrind take memory of their own"
memory=$build/elbow-test-memory
[ -x "$memory" ] || skip "elbow-test-memory is not built"

cat >run.yaml <<'Y'
data: {train: none}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 3}], decoder: [dense: {units: 3}]}
train: {epochs: 0, steps: 1, batch: 6, microbatch: 2}
samples: {count: 0}
Y
mkdir tiny large
# On a busy machine this may take longer than a command of the program.
for rows in tiny:64 large:60000; do
    "$memory" make "${rows%:*}" "${rows#*:}" || { fail "no data in ${rows%:*}"; finish; }
done

# kilobytes TEXT: the kilobytes of a text such as "12.3 MB".
kilobytes() { awk -v text="$1" 'BEGIN { split(text, part, " "); unit["bytes"] = 0.001; unit["kB"] = 1; unit["MB"] = 1000; unit["GB"] = 1e6
    printf "%d\n", part[1] * unit[part[2]] }'; }

# measured SETTING...: sets taken (the peak of the run in kB), logged and said (the figures of log and doctor in kB).
measured() {
    local settings=() setting
    for setting in "$@"; do settings+=(--set "$setting"); done
    run 0 1 doctor "$elbow" doctor run.yaml --run-dir other --json "${settings[@]}" & # without output, nothing agrees
    run 0 1 memory "$memory" peak peak "$elbow" train run.yaml --run-dir memory --overwrite "${settings[@]}"
    wait $!
    taken=$(cat peak) said=$(value doctor.out node_memory_bytes)
    said=$((${said:-0} / 1000))
    logged=$(kilobytes "$(sed -n 's/^memory in all: .* a rank, \([0-9.]* [a-zA-Z]*\) a node of .*/\1/p' memory.out | head -n 1)")
}

measured data.train=tiny/layouts.h5:/contiguous
ground=$((taken - logged))
echo "the program alone: $ground kB"

# agrees WHAT SETTING...
agrees() {
    local what=$1
    shift
    measured "$@"
    taken=$((taken - ground))
    echo "$what: taken $taken kB, announced by the log $logged kB, by doctor $said kB"
    holds "$taken <= 1.1 * $logged && $taken >= 0.9 * $logged" || fail "$what: taken $taken kB, the log announces $logged kB"
    holds "$taken <= 1.1 * $said && $taken >= 0.9 * $said" || fail "$what: taken $taken kB, doctor announces $said kB"
}
file=large/layouts.h5
for layout in contiguous big_endian rows narrow small few whole columns shuffled csr; do
    agrees "$layout" data.train=$file:/$layout
done
agrees "a list" 'data.train=large/part-*.h5:/x'
agrees "a virtual dataset" data.train=large/part.h5:/x
# libhdf5 would open all sources, with half a megabyte and a handle for each.
ulimit -S -n 128
agrees "a virtual dataset of many sources" data.train=large/many.h5:/x
ulimit -S -n "$(ulimit -H -n)"
agrees "transposed" data.train=$file:/turned data.transpose=true
agrees "series" data.train=$file:/series 'data.series={length: 256}'
agrees "a range of rows" data.train=$file:/contiguous 'data.rows=[0, 29999]'
agrees "a share for validation" data.train=$file:/contiguous data.valid=0.5
agrees "a share of packed rows" data.train=$file:/few data.valid=0.5
agrees "validation beside it" data.train=$file:/contiguous data.valid=$file:/few
agrees "some columns" data.train=$file:/contiguous 'data.columns=[[0, 127]]'
agrees "channels, some missing" "data.train={channels: [\"$file:/contiguous\", /contiguous]}" data.missing=nan
agrees "a mask" data.train=$file:/contiguous data.mask=$file:/mask
agrees "a mask in one chunk" data.train=$file:/contiguous data.mask=$file:/mask_whole
agrees "what lies beside rows" data.train=$file:/contiguous data.labels=$file:/labels data.weights=$file:/numbers \
    "data.condition={n: \"$file:/numbers\"}" data.names=$file:/names
stream=(data.order=windows data.access=stream data.memory=20MB data.window_pages=1 train.batch=256 train.microbatch=128 train.steps=100)
agrees "pages" data.train=$file:/contiguous "${stream[@]}"
agrees "pages of packed rows" data.train=$file:/small "${stream[@]}"
grep -q '^data: .* a node needs up to 20.0 MB for them and for unpacking (data.memory: 20.0 MB)' memory.out || fail "pages: $(grep '^data' memory.out)"
measured data.train=$file:/contiguous
grep -qE '\(while the data are loaded\)|^memory while training' memory.out && fail "loading takes no memory, but is reported: $(grep '^memory' memory.out)"
measured data.train=$file:/whole
grep -q '^memory in all: .* a rank, .* a node of 1 rank (while the data are loaded)$' memory.out ||
    fail "the peak of loading is not reported: $(grep '^memory' memory.out)"
grep -q '^memory while training: .* a rank, .* a node$' memory.out || fail "no memory of training: $(grep '^memory' memory.out)"
finish
