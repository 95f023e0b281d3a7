#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Files that netCDF4 and h5py wrote (tests/data/values): their values are read right, on one rank and on three, or refused in
# one sentence that tells what to do. What the model sees is compared as the originals of `elbow reconstruct`.
set -u
kept=$(cd "$(dirname "$0")/../data/values" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"
cp "$kept"/*.h5 "$kept"/*.nc .

cat >good.yaml <<'Y'
data: {file: values.h5}
model:
  latent: 2
  likelihood: gaussian
  encoder: [dense: {units: 5}]
  decoder: [dense: {units: 5}]
train: {steps: 1, batch: 24, microbatch: 4}
samples: {count: 0}
Y

# refused STATUS PATTERN word...: `wrong` on one rank, for what others refuse on three ranks here. refuses: with settings.
refused() {
    rm -rf 1.*
    alone "${@:3}"
    judge 1 "$@"
}
refuses() {
    local status=$1 pattern=$2 sets=() setting
    shift 2
    for setting in "$@"; do sets+=(--set "$setting"); done
    refused "$status" "$pattern" train good.yaml --run-dir run "${sets[@]}"
}

# trained NAME SETTING...: a run directory of that name, from one rank; what was said is in NAME.out and NAME.err.
trained() {
    local name=$1 sets=() setting
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    run 0 1 "$name" "$elbow" train good.yaml --run-dir "$name" "${sets[@]}"
}

# says NAME PATTERN; silent NAME: whether it warned.
says() { cat "$1.out" "$1.err" | grep -qE -- "$2" || fail "$1 does not say '$2': $(cat "$1.out" "$1.err")"; }
silent() { ! grep 'elbow: warning' "$1.err" || fail "$1 warns"; }

# sees NAME EXPECTED word...: what the run's model sees of its data, or of what the words name.
sees() {
    local name=$1 ranks
    for ranks in 1 3; do
        rm -f seen.h5
        run 0 $ranks "$name.seen" "$elbow" reconstruct "$name" -n 24 -o seen.h5 "${@:3}" || return
        cmp -s <("$make_data" print seen.h5 /originals) <("$make_data" print expected.h5 "/$2") ||
            fail "$name on $ranks ranks sees other values than /$2 ($*)"
    done
}

# right DATASET SETTING...: trains without a warning and sees what is expected of the dataset.
right() {
    local name=${1#*:/}
    name=${name#/}
    trained "$name" "data.train=$1" "${@:2}" && silent "$name" && sees "$name" "$name"
}

# Packed values.
right values.nc:/packed
says packed 'values.nc:/packed, 24 samples of 3x4 int16 from .*value = stored \* 0.0001 \+ 2 \(the attributes scale_factor and add_offset\)'
right values.nc:/range
right values.nc:/unsigned
says unsigned 'uint8 from'
right values.nc:/nan

# Missing ones.
with 1 'values.nc:/holes: 20 of 288 values are missing \(_FillValue, missing_value\), the first in row 5 \(number 1 of the row, -32767 as stored\); fill them in, or leave out the rows \(data.rows\) or columns \(data.columns\) that have them' \
    data.train=values.nc:/holes
refuses 1 'values.nc:/holes: 20 of 288 values are missing' data.train=values.nc:/holes data.factor=1 data.offset=0
refuses 1 'values.nc:/outside: 1 of 288 values are missing \(valid_max\), the first in row 11 \(number 7 ' data.train=values.nc:/outside
refuses 1 'values.nc:/unpacked_bounds: 1 of 288 values are missing \(valid_min, valid_max\), the first in row 11 ' \
    data.train=values.nc:/unpacked_bounds
refuses 1 "values.nc:/masked: 1 of 288 values are missing \(netCDF's fill value where no _FillValue is set\), the first in row 3 \(number 4 " \
    data.train=values.nc:/masked
refuses 1 'values.nc:/nan_gap: 1 of 288 values are missing \(_FillValue\), the first in row 3 \(number 2 of the row, nan as stored\)' data.train=values.nc:/nan_gap
refuses 1 'values.nc:/holes: 20 of 288 values are missing' data.train=values.nc:/packed data.valid=values.nc:/holes
wrong 1 'values.nc:/holes: 19 of 288 values are missing' eval packed --data values.nc:/holes
refused 1 'values.nc:/holes: 19 of 288 values are missing' encode packed --data values.nc:/holes -o x.h5

# Channels first.
right /chw data.channels=first
right /grey data.channels=first
right /cdhw data.channels=first data.layout=volume
right /ct data.channels=first data.layout=series
right /uv
trained chw_chunked data.train=/chw_chunked data.channels=first data.factor=0.0039215686274509803 && silent chw_chunked && sees chw_chunked chw
trained chw_flat data.train=/chw_flat data.channels=first 'data.shape=[3,6,5]' && sees chw_flat chw
says chw_flat 'rows are turned from 3 x 6 x 5 \(stored flat\) to 6 x 5 x 3$'
refuses 1 'values.h5:/chw_flat: a sample is 6 x 5 x 3, with the channels last as it seems, .* data.shape in that order, 3 x 6 x 5' \
    data.train=/chw_flat data.channels=first 'data.shape=[6,5,3]'
trained chw_half_flat data.train=/chw_half_flat data.channels=first 'data.shape=[3,6,5]' && sees chw_half_flat chw
trained uv_flat data.train=/uv_flat 'data.shape=[6,5,2]' && sees uv_flat uv
says uv_flat 'images of 6 x 5 with 2 channels'
refused 2 'x.png: a PNG holds 1 or 3 channels, and the samples of this model have 2; give a name that ends in .h5 or .csv' \
    sample uv_flat -o x.png
sees chw chw --data values.h5:/chw_flat
trained unread data.train=/chw
says unread 'samples are 3x6x5: the last axis is taken for the channels; if the first one is theirs, set data.channels: first'
trained hwc data.train=/hwc && silent hwc && sees hwc chw
with 1 'values.h5:/chw: its samples are stored as 3 x 6 x 5, with the channels first, and data.shape would only cut their rows anew, into 6 x 5 x 3; set data.channels: first' \
    data.train=/chw 'data.shape=[6,5,3]'
refuses 1 'values.h5:/hwc: its samples are stored as 6 x 5 x 3, and data.shape would only cut .* into 3 x 6 x 5, .*leave data.shape out' \
    data.train=/hwc 'data.shape=[3,6,5]'
refuses 1 'values.h5:/chw_half_flat: its samples are stored as 3 x 30, and data.shape would only cut' data.train=/chw_half_flat 'data.shape=[6,5,3]'
refuses 1 'values.h5:/ct: a sample is 2 x 9, but data.channels: first with data.layout: auto needs 3 axes' data.train=/ct data.channels=first
refuses 1 'values.h5:/chw: a sample is 3 x 6 x 5, but data.channels: first with data.layout: volume needs 4 axes' \
    data.train=/chw data.channels=first data.layout=volume
refuses 2 'data.channels: first with data.layout: rows' data.train=/chw data.channels=first data.layout=rows
refuses 2 'model.encoder.0: a conv2d .* does not fit an input of 1 x 6 x 5.*if the first one is theirs, set data.channels: first' data.train=/grey \
    'model.encoder=[conv2d: {filters: 2, kernel: 4, stride: 2, padding: 1}]'

# Another order of the same axes.
wrong 1 'values.h5:/chw: a sample is 3 x 6 x 5, with the channels first, but hwc.* was trained on samples of 6 x 5 x 3; move that axis' \
    eval hwc --data values.h5:/chw
refused 1 'values.h5:/hwc: a sample is 5 x 3 x 6 when its first axis has been moved .* but chw.* was trained on samples of 6 x 5 x 3' \
    encode chw --data values.h5:/hwc -o x.h5
refuses 1 'values.h5:/chw: a sample is 3 x 6 x 5, with the channels first, but values.h5:/hwc has samples of 6 x 5 x 3' data.train=/hwc data.valid=/chw
trained flat_valid data.train=/chw data.channels=first data.valid=/chw_flat && sees flat_valid chw

# A scaling that was found for another type.
for other in unit standard; do
    refused 1 "values.h5:/$other: is float32 from .*, but hwc.* was trained on uint8 from 0 to 255, .* \(bytes above 1 are divided by 255\); store both alike" \
        eval hwc --data values.h5:/$other
done
refused 1 'values.h5:/u16: is uint16 from 0 to 65535, but hwc.* was trained on uint8' eval hwc --data values.h5:/u16
sees hwc chw --data values.h5:/wide
trained unit data.train=/unit
refused 1 'values.h5:/hwc: is uint8 from 0 to 255, but unit.* was trained on float32 from 0 to 1' eval unit --data values.h5:/hwc
run 0 1 bits "$elbow" eval hwc --data values.h5:/bits
says bits 'warning: values.h5:/bits is uint8 from 0 to 1, but hwc.* was trained on uint8 from 0 to 255'
run 0 1 wide "$elbow" eval unit --data values.h5:/wide
says wide 'warning: values.h5:/wide is float32 from 0 to 255, but unit.* was trained on float32 from 0 to 1'
with 1 'values.h5:/unit: is float32 from 0 to 1, but values.h5:/hwc holds uint8 from 0 to 255' data.train=/hwc data.valid=/unit
refuses 1 'values.h5:/hwc: is uint8 from 0 to 255, but values.h5:/unit holds float32 from 0 to 1' data.train=/unit data.valid=/hwc
trained both_told data.train=/hwc data.valid=/wide && silent both_told
says both_told 'validation: values.h5:/wide, 24 samples of 6x5x3 float32 from 0 to 255; scaling: value = stored \* 0.00392157 '
with 1 'values.nc:/packed: its attributes say value = stored \* 0.0001 \+ 2, but values.nc:/nan has stored \* 1 \+ 0' \
    data.train=values.nc:/nan data.valid=values.nc:/packed

# Attributes that mean something else elsewhere; a key comes before an attribute.
for other in vector text; do
    trained $other data.train=/factor_$other
    says $other "warning: values.h5:/factor_$other: attributes that are no numbers, or too many, are not used: factor"
    sees $other ct
done
trained beaten data.train=/factor_two data.factor=1
says beaten "warning: values.h5:/factor_two: data.factor 1 in the place of the attribute factor, 2 \(version 0.1 took the attributes\): value = stored \* 1 \+ 0"
sees beaten ct
run 0 1 again "$elbow" train good.yaml --run-dir beaten --resume --set data.train=/factor_two --set data.factor=1 --set train.steps=2
says again 'resuming from beaten' && silent again # it is no news any more
trained agreed data.train=/factor_two data.factor=2 && silent agreed
refuses 1 'values.h5:/both: its attribute factor differs from the attribute scale_factor; mend it, or set data.factor' data.train=/both
trained both data.train=/both data.factor=1 && sees both ct

# A checkpoint keeps its scaling, whatever other files say.
run 0 1 other "$elbow" eval beaten --data values.h5:/factor_two
says other 'warning: values.h5:/factor_two: its attributes \(factor 2\) are not used: scaling and missing values are those of the checkpoint, value = stored \* 1 \+ 0$'
sees beaten ct --data values.h5:/factor_two
trained plain data.train=values.nc:/nan
run 0 1 unread_rules "$elbow" eval plain --data values.nc:/masked
says unread_rules "warning: values.nc:/masked: its attributes \(netCDF's fill value 9.96921e\+36\) are not used: .*; 1 values that they call missing are taken for data, the first in row 3"
run 0 3 resumed "$elbow" train good.yaml --run-dir packed --resume --set data.train=values.nc:/packed --set train.steps=2
says resumed 'stored \* 0.0001 \+ 2'
grep -q 'attributes' resumed.err && fail "the same attributes at a resume are news: $(cat resumed.err)"

# Scales that hardly anything can be learned from; the advice that is given makes the warning go.
trained pressure data.train=/pressure train.on_nan=skip
says pressure 'warning: values.h5:/pressure: values have mean 101[0-9]+ and deviation [0-9.]+ .*data.factor: .* and data.offset: .* give mean 0 and deviation 1'
[ "$(grep -c 'elbow: warning' pressure.err)" = 1 ] || fail "more than one warning: $(cat pressure.err)"
for hopeless in pressure strain; do
    trained $hopeless.first data.train=/$hopeless train.on_nan=skip
    factor=$(grep -oE 'data.factor: [^ ]+' $hopeless.first.err) offset=$(grep -oE 'data.offset: [^ ]+' $hopeless.first.err)
    trained $hopeless.cured data.train=/$hopeless "data.factor=${factor#*: }" "data.offset=${offset#*: }" && silent $hopeless.cured
    run 0 3 $hopeless.third "$elbow" train good.yaml --run-dir $hopeless.third --set data.train=/$hopeless --set train.on_nan=skip
    cmp -s <(grep 'far from unit' $hopeless.first.err) <(grep 'far from unit' $hopeless.third.err) || fail "$hopeless: other figures on three ranks"
done
for constant in zero constant; do
    trained $constant data.train=/$constant
    says $constant "warning: values.h5:/$constant: all values are [07] \(mean [07], deviation 0\): there is nothing to learn"
done

nothing_left
finish
