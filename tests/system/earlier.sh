#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Checkpoints of earlier versions (tests/data): this version evaluates them and resumes from them, with the figures of the version
# that wrote them.
set -u
here=$(cd "$(dirname "$0")/../data" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

# The data that the checkpoints were trained on.
"$make_data" write data.h5 /bytes u8 50,6,6 bytes
"$make_data" write data.h5 /bytes-valid u8 17,6,6 bytes seed=9
"$make_data" write data.h5 /labels-valid u8 17 labels
"$make_data" write data.h5 /normal f32 50,8 normal
"$make_data" write data.h5 /normal-valid f32 17,8 normal seed=9

# numbers FILE: one word or number a line.
numbers() { tr -s ',:{}[] \n' '\n' <"$1" | grep .; }

# close WHAT KEPT NOW: the same words, and numbers that agree to 1e-5, because processors round differently.
close() {
    local difference
    difference=$(paste <(numbers "$2") <(numbers "$3") | awk '
        function size(x) { return x < 0 ? -x : x }
        NF != 2 || ($1 != $2 && ($1 !~ /^[-+0-9.e]+$/ || $2 !~ /^[-+0-9.e]+$/ || size($1 - $2) > 1e-5 * (1e-2 + size($1)))) {
            print "was " $1 ", is " $2 }')
    [ -z "$difference" ] && return
    fail "$1: figures differ"
    head -n 3 <<<"$difference"
}

# keys FILE: the names in a JSON text, sorted.
keys() { grep -oE '"[a-z_]+":' "$1" | sort -u; }

# without_later KEPT NOW: NOW without the figures that the version of KEPT did not have.
without_later() {
    local key later=()
    for key in $(comm -13 <(keys "$1") <(keys "$2")); do later+=(-e "s/$key [^,}]*,? ?//g"); done
    sed -E "${later[@]}" -e '' "$2"
}

for folder in "$here"/[0-9]*/; do
    for file in "$folder"*.h5; do
        base=${file%.h5} name=$(basename "$folder")-$(basename "$file" .h5)
        mkdir -p "$name/checkpoints"
        cp "$file" "$name/checkpoints/step-00000005.h5"
        head -n 1 "$base.metrics" >"$name/metrics.csv" # a table with these columns only, which the run extends
        run 0 1 "$name.eval" "$elbow" eval "$file" --importance 3 --json && {
            without_later "$base.eval" "$name.eval.out" >"$name.eval.figures"
            close "$name, eval" "$base.eval" "$name.eval.figures"
        }
        run 0 2 "$name.train" "$elbow" train "$base.yaml" --run-dir "$name" --resume || continue
        close "$name, metrics.csv" "$base.metrics" "$name/metrics.csv"
        close "$name, kl.csv" "$base.kl" "$name/kl.csv"
    done
done
# Attributes that version 0.1 did not read, or that give a scaling other than the checkpoint's: they stay unread, with one warning
# per dataset.
mkdir attributes
"$make_data" write attributes/data.h5 /weights f64 50,1 unit
"$make_data" write attributes/data.h5 /normal f32 50,8 normal attribute=scale_factor:2 attribute=valid_max:1
"$make_data" write attributes/data.h5 /normal-valid f32 17,8 normal seed=9 factor=3
base=$here/0.1.0/dense-gaussian
mkdir -p attributes/run/checkpoints
cp "$base.h5" attributes/run/checkpoints/step-00000005.h5
cp -r attributes/run attributes/other
head -n 1 "$base.metrics" >attributes/run/metrics.csv
cd attributes || exit 1
if run 0 1 train "$elbow" train "$base.yaml" --run-dir run --resume; then
    close "attributes, metrics.csv" "$base.metrics" run/metrics.csv
    grep -qE '/normal: its attributes \(scale_factor 2, valid_max 1\) are not used: .*value = stored \* 1 \+ 0; [0-9]+ values that they mark as missing are used as data' train.err ||
        fail "attributes of the training data: $(cat train.err)"
    grep -qE '/normal-valid: its attributes \(factor 3\) are not used' train.err || fail "attributes of the validation data: $(cat train.err)"
    [ "$(grep -c 'its attributes' train.err)" = 2 ] || fail "not one warning for a dataset: $(cat train.err)"
fi
# Weights that version 0.1 did not have count as other data.
run 1 2 weights "$elbow" train "$base.yaml" --run-dir other --resume --set data.weights=/weights
[ "$(grep -c '^elbow: .*step-00000005.h5: was trained without data.weights; ' weights.err)" = 1 ] ||
    fail "weights at a resume: $(cat weights.err)"
cd .. || exit 1

found=(0.1.0-*/checkpoints)
[ ${#found[@]} = 4 ] || fail "not all four checkpoints of 0.1.0 were found"
finish
