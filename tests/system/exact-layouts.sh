#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Each layout of data, from files of h5py, AnnData and NumPy (tests/data/layouts): the same bits on 1 and 3 ranks, and samples
# with the values and rows that these libraries read. Layouts without such a file are in exact.sh.
set -u
kept=$(cd "$(dirname "$0")/../data/layouts" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
cp "$kept"/*.h5 "$kept"/*.h5ad "$kept"/*.mat "$kept"/*.npz .
run 0 1 import "$build/elbow-import" arrays.npz --array spectra -o spectra.h5 --name /x

# trained NAME DATA: on 1 and 3 ranks, with the same bits.
trained() {
    local ranks
    cat >"$1.yaml" <<Y
data: $2
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 5}], decoder: [dense: {units: 5}]}
train: {steps: 2, batch: 6, microbatch: 2}
samples: {count: 0}
Y
    for ranks in 1 3; do run 0 $ranks "$1.$ranks" "$elbow" train "$1.yaml" --run-dir "$1.$ranks" || return; done
    same_run "$1" "$1.1" "$1.3"
}

# shown NAME FLAG...: one line per original of NAME.3, in the form of expected.csv, in NAME.seen.
shown() {
    local name=$1 key
    shift
    run 0 1 "$name.shown" "$elbow" reconstruct "$name.3" -n 1000 -o "$name.h5" --force "$@" || return
    for key in file row start originals; do "$make_data" print "$name.h5" /$key >"$name.$key" 2>/dev/null; done
    [ -s "$name.row" ] || awk '{ print NR - 1 }' "$name.originals" >"$name.row" # all rows of one file
    [ -s "$name.file" ] || sed 's/.*/0/' "$name.row" >"$name.file"
    [ -s "$name.start" ] || sed 's/.*/0/' "$name.row" >"$name.start"
    paste -d , "$name.file" "$name.row" "$name.start" "$name.originals" >"$name.seen"
}

# expected CASE: the values that the libraries read.
expected() { sed -n "s/^$1,//p" "$kept/expected.csv"; }

# layout NAME DATA: all samples, in order, to the last bit.
layout() {
    trained "$1" "$2" && shown "$1" || return
    [ -s "$1.seen" ] || fail "$1: no values"
    expected "$1" | cmp -s - "$1.seen" || fail "$1: other values: $(diff <(expected "$1") "$1.seen" | head -n 6)"
}

# held NAME COUNT DATA: the same for a held-back share: COUNT samples, in order.
held() {
    trained "$1" "$3" && shown "$1" || return
    [ "$(wc -l <"$1.seen")" = "$2" ] || fail "$1: $(wc -l <"$1.seen") samples are held back"
    expected "$1" | grep -xFf "$1.seen" | cmp -s - "$1.seen" || fail "$1: other values: $(cat "$1.seen")"
}

layout files '{train: "part-*.h5:/x"}'
layout range '{file: layouts.h5, train: {channels: [/u, /v]}, rows: [3, 16]}'
layout mask '{file: layouts.h5, train: /x, rows: /mask, columns: [[0, 1], 4]}'
layout list '{file: layouts.h5, train: /x, rows: /list, names: /name, weights: /weight}'
run 0 3 names "$elbow" encode list.3 -o names.csv
[ "$(awk '{ printf "Probe %02d ä\n", $1 }' list.row)" = "$(grep -oE 'Probe [0-9]+ ä' names.csv)" ] || fail "names of other rows: $(cat names.csv)"
layout matlab '{train: "lab.mat:/s", transpose: true}'
layout npz '{train: "spectra.h5:/x"}'
for part in X:X raw:raw/X counts:layers/counts; do
    layout ${part%:*} "{train: 'cells.h5ad:/${part#*:}'}"
    grep -q '^data: .*, sparse (' ${part%:*}.3.out || fail "$part: not sparse: $(grep ^data: ${part%:*}.3.out)"
done

# Whole groups of 4 rows, two of five groups; whole series of 5 windows each, two of six series.
held share 8 '{file: layouts.h5, train: /x, valid: 0.4, groups: /group}'
[ "$(awk '{ ++rows[$1 % 5] } END { for (group in rows) print rows[group] }' share.row | xargs)" = '4 4' ] || fail "torn groups: $(cat share.row)"
for name in flat series; do
    held $name 10 "{file: layouts.h5, train: /$name, valid: 0.3, series: {length: 8, step: 5}}"
    [ "$(sort -u $name.row | wc -l)" = 2 ] || fail "$name: torn series: $(cat $name.row)"
done

# near A B: equal up to single-precision rounding of sums in another order.
near() {
    paste -d , "$1" "$2" | awk -F , '{ for (i = 1; i <= NF / 2; ++i) { off = $i - $(i + NF / 2); if (off * off > 4e-14 * (1 + $i * $i)) exit 1 } }
        END { exit NR != 20 }'
}
for transform in none standardize standardize_each minmax log1p asinh; do
    trained $transform "{file: layouts.h5, train: /positive, transform: $transform}" || continue
    shown $transform --transformed || continue
    expected $transform >wanted
    near wanted $transform.seen || fail "$transform: other values: $(diff wanted $transform.seen | head -n 6)"
    shown $transform || continue
    expected stored >wanted
    near wanted $transform.seen || fail "$transform: does not come back: $(diff wanted $transform.seen | head -n 6)"
done
finish
