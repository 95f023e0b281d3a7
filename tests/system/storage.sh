#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Files as other programs store them (tests/data/storage). If rows are missing or unreadable, a run ends immediately with one
# sentence, the same on any number of ranks, in info and in doctor. Data in other files are read from another directory and with
# data.stage.
set -u
data=$(cd "$(dirname "$0")/../data/storage" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
unset HDF5_PLUGIN_PATH HDF5_VDS_PREFIX HDF5_EXT_PREFIX HDF5_EXTFILE_PREFIX

cat >run.yaml <<'Y'
data: {train: none}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 3}], decoder: [dense: {units: 3}]}
train: {epochs: 1, batch: 6, microbatch: 2}
samples: {count: 0}
Y

# refused FILE:/dataset PATTERN [doctor]: by train on 1 and 3 ranks, by info, and by doctor if given.
refused() {
    local where=$1 pattern=$2 ranks begin=$SECONDS
    for ranks in 1 3; do
        run 1 $ranks refused "$elbow" train run.yaml --set "data.train=$data/$where" --run-dir refused
        [ "$(grep -c '^elbow: ' refused.err)" = 1 ] || fail "$where: not one sentence: $(cat refused.err)"
        grep -Eq "^elbow: .*$pattern" refused.err || fail "$where: expected '$pattern': $(cat refused.err)"
        [ ! -e refused ] || fail "$where: a run directory was made"
    done
    run 0 1 info "$elbow" info "$data/${where%%:*}"
    grep -Eq "$pattern" info.out || fail "info, $where: $(cat info.out)"
    [ $((SECONDS - begin)) -le $limit ] || fail "$where: it took $((SECONDS - begin)) s"
    [ "${3:-}" = doctor ] || return 0
    run 0 1 doctor "$elbow" doctor run.yaml --set "data.train=$data/$where" --run-dir refused
    tr -s ' \n' ' ' <doctor.out | grep -Eq "configuration: .*$pattern" || fail "doctor, $where: $(tail -n 5 doctor.out)"
}
refused filters.h5:/lzf 'dataset /lzf is compressed with lzf \(HDF5 filter 32000\), which is not installed here \(plugins are looked for in .*h5py has it: write the data again in Python' doctor
refused filters.h5:/blosc 'blosc \(HDF5 filter 32001\).*h5repack'
refused missing.h5:/x 'rows 10 to 19 of virtual dataset /x are stored as x in part1.h5, and there is no such file' doctor
refused gap.h5:/x '40 values of virtual dataset /x, in rows 10 to 19 of 30, are not mapped to any source'
refused link.h5:/gone '/gone is a link to /x in part1.h5, and there is no such file'
refused raw.h5:/cut 'raw.bin of dataset /cut is truncated: it has 160 bytes, but 320 are needed'
refused unwritten.h5:/x 'rows 60 to 99 of dataset /x were never written \(4 of its 10 chunks\)' doctor
refused unwritten.h5:/never 'dataset /never was created but never written'
refused sources.h5:/filter 'virtual dataset /filter \(rows 0 to 399\): .*filters.h5: dataset lzf is compressed with lzf' doctor
refused sources.h5:/absent 'virtual dataset /absent \(rows 0 to 9\): .*part0.h5: dataset z not found'
refused sources.h5:/turned '/turned maps the whole of x in part0.h5 to 4 x 10 values, but that has 10 x 4 now'
refused newer.h5:/complex '/complex cannot be read by this version, HDF5 [0-9.]+|holds complex numbers'
refused many.h5:/images '/images holds 30 objects \(0000, ...\) that look like similar datasets of uint8 \(4 x 4\), one per sample'
refused many.h5:/table '/table holds compound values \(mass, charge\), a table'

# Chunks that were never written are missing values if the configuration says so.
run 0 3 partly "$elbow" train run.yaml --set "data.train=$data/unwritten.h5:/x" --set data.missing=fill --run-dir partly
grep -q '^data: 40 % of the values are missing' partly.out || fail "missing chunks: $(grep '^data' partly.out)"

# Unreadable datasets do not hide readable ones.
run 0 1 info "$elbow" info "$data/newer.h5"
grep -q '^/readable: float32 (5 x 4), contiguous' info.out || fail "info: nothing behind an unreadable object"
run 0 1 info "$elbow" info "$data/filters.h5"
grep -Eq '^/lzf: .* chunks of 50 x 32, filters: lzf \(number 32000, not installed\)' info.out || fail "info names no filter"
# The two lines of YAML, unchanged, make a run.
{ grep -A 2 'usable as data.train' info.out | tail -n 2 | sed 's/^        //'; sed 1d run.yaml; } >own.yaml
run 0 1 own "$elbow" train own.yaml --run-dir own
grep -q '^data: .*filters.h5:/random, 40 samples' own.out || fail "the YAML of info: $(cat own.out own.err)"

# From another directory, and staged, on any number of ranks; the labels' file is a source of the data.
mkdir local
for where in view.h5:/x link.h5:/x raw.h5:/x; do
    for ranks in 1 3; do
        run 0 $ranks elsewhere "$elbow" train run.yaml --set "data.train=$data/$where" --run-dir elsewhere --overwrite \
            --set data.stage=local --set train.microbatch=1
        grep -q "^elbow: warning: data.stage: $data/$where has values in other files" elsewhere.err ||
            fail "$where: no mention of data.stage: $(cat elsewhere.err)"
        case $where in raw*) range='10 to 49' ;; view*) range='0 to 59' ;; *) range='20 to 59' ;; esac
        grep -q "float32 from $range" elsewhere.out || fail "$where: $(grep '^data' elsewhere.out)"
    done
done
run 0 1 labels "$elbow" train run.yaml --set "data.train=$data/view.h5:/x" --set "data.labels=$data/part0.h5:/y" --run-dir labels
grep -q 'float32 from 0 to 59' labels.out || fail "a source that is open as the file of the labels: $(grep '^data' labels.out)"

# Labels in another file, too: of texts, of a group, and of a group with only one member.
for labels in texts group mixed mixed/codes view; do
    run 0 1 labels "$elbow" train run.yaml --set "data.train=$data/part0.h5:/x" --set "data.labels=$data/sources.h5:/$labels" \
        --run-dir labels --overwrite --set data.stage=local
    grep -q "^elbow: warning: data.stage: $data/sources.h5:/$labels has values in other files" labels.err ||
        fail "/$labels: no word on data.stage: $(cat labels.err)"
    grep -q "^labels: .*sources.h5:/$labels, 2 names (a, b)" labels.out || fail "/$labels: $(grep '^labels' labels.out)"
done

# A command never replaces the files of its data or of the model.
cp "$data"/view.h5 "$data"/part0.h5 "$data"/part2.h5 .
run 0 1 short "$elbow" train run.yaml --set data.train=view.h5:/x --run-dir short
for over in "encode short --data view.h5:/x" "encode short" "sample short"; do
    read -ra words <<<"$over"
    run 2 1 over "$elbow" "${words[@]}" -o part0.h5 --force
    grep -q 'part0.h5: is a file that is read' over.err || fail "a source was replaced: $(cat over.err)"
done
same_file "a source" part0.h5 "$data/part0.h5"

# Damaged files: info ends within its time, with a status of its own.
number=0
for file in filters.h5 missing.h5 newer.h5 special.h5; do
    size=$(stat -c %s "$data/$file")
    for i in 1 2 3 4 5; do
        number=$((number + 1))
        cp "$data/$file" damaged.h5
        printf '\x5a\xff\x00\xa5' | dd of=damaged.h5 bs=1 seek=$((8 + i * 7919 % (size - 16))) count=4 conv=notrunc 2>/dev/null
        [ $i != 5 ] || head -c $((size * number / 23)) "$data/$file" >damaged.h5
        timeout -k 5 $limit "$elbow" info damaged.h5 >damaged.out 2>damaged.err
        status=$?
        [ $status -le 1 ] || fail "info of $file, damage $i: exit status $status: $(cat damaged.err)"
        [ $status = 0 ] || [ "$(wc -l <damaged.err)" = 1 ] || fail "info of $file, damage $i: $(cat damaged.err)"
    done
done

# Chunks of whole rows: a run on them makes the same bytes, whichever program wrote them; unwritten rows are refused.
mkdir before after
"$make_data" write before/x.h5 /x u8 300,6,6 bytes
run 0 3 rechunk "$elbow" rechunk before/x.h5 -o after/x.h5 --chunk 1 --filter gzip
run 0 1 rechunk "$elbow" rechunk before/x.h5 -o after/one.h5 --chunk 1 --filter gzip
"$make_data" write before/bits.h5 /x u8 300,6,6 bits
run 0 1 packed "$elbow" rechunk before/bits.h5 -o after/bits.h5 --chunk 1 --filter gzip
grep -q 'had no chunks' packed.err && fail "rechunk: a warning of packed data: $(cat packed.err)"
run 0 1 gainless "$elbow" rechunk before/x.h5 -o after/same.h5 --chunk 1
grep -q '^elbow: warning: /x: had no chunks, so reading a row unpacked nothing, .*; use the old file$' gainless.err ||
    fail "rechunk of contiguous data: $(cat gainless.err)"
run 0 1 again "$elbow" rechunk after/same.h5 -o after/again.h5 --rows 2
grep -q 'had no chunks' again.err && fail "rechunk: a warning of data in chunks: $(cat again.err)"
cmp -s after/x.h5 after/one.h5 || fail "rechunk: other bytes on three ranks"
for side in before after; do
    (cd $side && run 0 1 train "$elbow" train ../run.yaml --set data.train=x.h5:/x --run-dir run) || fail "train $side"
done
cmp -s before/run/checkpoints/step-*.h5 after/run/checkpoints/step-*.h5 || fail "rechunk: another model"
run 1 3 rechunk "$elbow" rechunk "$data/unwritten.h5:/x" -o unwritten.h5
grep -q '^elbow: .*rows 60 to 99 of dataset /x were never written' rechunk.err || fail "rechunk: $(cat rechunk.err)"
[ ! -e unwritten.h5 ] || fail "rechunk: half a file is there"
run 2 1 rechunk "$elbow" rechunk before/x.h5 -o before/x.h5 --force
grep -q 'is a file that is read' rechunk.err || fail "rechunk over its input: $(cat rechunk.err)"
finish
