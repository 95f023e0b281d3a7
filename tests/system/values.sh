#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Files that netCDF4 and h5py wrote (tests/data/values): their values are read correctly, on 1 and 3 ranks, or refused in one
# sentence with a cure. The model's input is compared as the originals of `elbow reconstruct`.
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

# refused STATUS PATTERN word...: `wrong` on one rank; three ranks refuse similar settings here. refuses: with settings.
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

# trained NAME SETTING...: a run directory of that name, from one rank; its messages are in NAME.out and NAME.err.
trained() {
    local name=$1 sets=() setting
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    run 0 1 "$name" "$elbow" train good.yaml --run-dir "$name" "${sets[@]}"
}

# says NAME PATTERN: the run warned; silent NAME: it did not.
says() { cat "$1.out" "$1.err" | grep -qE -- "$2" || fail "$1 does not say '$2': $(cat "$1.out" "$1.err")"; }
silent() { ! grep 'elbow: warning' "$1.err" || fail "$1 warns"; }

# sees NAME EXPECTED word...: the model's input from the data of the run, or from the data that the words name.
sees() {
    local name=$1 ranks
    for ranks in 1 3; do
        rm -f seen.h5
        run 0 $ranks "$name.seen" "$elbow" reconstruct "$name" -n 24 -o seen.h5 "${@:3}" || return
        cmp -s <("$make_data" print seen.h5 /originals) <("$make_data" print expected.h5 "/$2") ||
            fail "$name on $ranks ranks sees other values than /$2 ($*)"
    done
}

# right DATASET SETTING...: trains without a warning and sees the expected values of the dataset.
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
with 1 'values.nc:/holes: 20 of 288 values are missing \(_FillValue, missing_value\), the first in row 5 \(at index 1, -32767 as stored\); fill them in, or leave out the rows \(data.rows\) or columns \(data.columns\) that have them' \
    data.train=values.nc:/holes
refuses 1 'values.nc:/holes: 20 of 288 values are missing' data.train=values.nc:/holes data.factor=1 data.offset=0
refuses 1 'values.nc:/outside: 1 of 288 values are missing \(valid_max\), the first in row 11 \(at index 7' data.train=values.nc:/outside
refuses 1 'values.nc:/unpacked_bounds: 1 of 288 values are missing \(valid_min, valid_max\), the first in row 11 ' \
    data.train=values.nc:/unpacked_bounds
refuses 1 "values.nc:/masked: 1 of 288 values are missing \(netCDF's fill value where no _FillValue is set\), the first in row 3 \(at index 4" \
    data.train=values.nc:/masked
refuses 1 'values.nc:/nan_gap: 1 of 288 values are missing \(_FillValue\), the first in row 3 \(at index 2, nan as stored\)' data.train=values.nc:/nan_gap
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
says chw_flat 'axes are moved from 3 x 6 x 5 \(stored flat\) to 6 x 5 x 3$'
refuses 1 'values.h5:/chw_flat: a sample is 6 x 5 x 3, and seems to have its channels last, .* data.shape in that order, 3 x 6 x 5' \
    data.train=/chw_flat data.channels=first 'data.shape=[6,5,3]'
trained chw_half_flat data.train=/chw_half_flat data.channels=first 'data.shape=[3,6,5]' && sees chw_half_flat chw
trained uv_flat data.train=/uv_flat 'data.shape=[6,5,2]' && sees uv_flat uv
says uv_flat 'images of 6 x 5 with 2 channels'
refused 2 'x.png: a PNG holds 1 or 3 channels, and the samples of this model have 2; give a name that ends in .h5 or .csv' \
    sample uv_flat -o x.png
sees chw chw --data values.h5:/chw_flat
trained unread data.train=/chw
says unread 'samples are 3x6x5: the last axis is read as the channels; if they come first, set data.channels: first'
trained hwc data.train=/hwc && silent hwc && sees hwc chw
with 1 'values.h5:/chw: its samples are stored as 3 x 6 x 5, with the channels first, and data.shape would only reshape their rows to 6 x 5 x 3; set data.channels: first' \
    data.train=/chw 'data.shape=[6,5,3]'
refuses 1 'values.h5:/hwc: its samples are stored as 6 x 5 x 3, and data.shape would only reshape .* to 3 x 6 x 5, .*leave data.shape out' \
    data.train=/hwc 'data.shape=[3,6,5]'
refuses 1 'values.h5:/chw_half_flat: its samples are stored as 3 x 30, and data.shape would only reshape' data.train=/chw_half_flat 'data.shape=[6,5,3]'
refuses 1 'values.h5:/ct: a sample is 2 x 9, but data.channels: first with data.layout: auto needs 3 axes' data.train=/ct data.channels=first
refuses 1 'values.h5:/chw: a sample is 3 x 6 x 5, but data.channels: first with data.layout: volume needs 4 axes' \
    data.train=/chw data.channels=first data.layout=volume
refuses 2 'data.channels: first with data.layout: rows' data.train=/chw data.channels=first data.layout=rows
refuses 2 'model.encoder.0: a conv2d .* does not fit an input of 1 x 6 x 5.*if they come first, set data.channels: first' data.train=/grey \
    'model.encoder=[conv2d: {filters: 2, kernel: 4, stride: 2, padding: 1}]'

# Another order of the same axes.
wrong 1 'values.h5:/chw: a sample is 3 x 6 x 5, with the channels first, but hwc.* was trained on samples of 6 x 5 x 3; move that axis' \
    eval hwc --data values.h5:/chw
refused 1 'values.h5:/hwc: a sample is 5 x 3 x 6 when its first axis has been moved .* but chw.* was trained on samples of 6 x 5 x 3' \
    encode chw --data values.h5:/hwc -o x.h5
refuses 1 'values.h5:/chw: a sample is 3 x 6 x 5, with the channels first, but values.h5:/hwc has samples of 6 x 5 x 3' data.train=/hwc data.valid=/chw
trained flat_valid data.train=/chw data.channels=first data.valid=/chw_flat && sees flat_valid chw

# A scaling found for another type.
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
# Levels beside fractions, although they lie close; figures that are not finite.
"$make_data" write levels.h5 /counts u8 24,6,5,3 counts
"$make_data" write levels.h5 /far f32 24,6,5,3 unit set=1e30@0,0
run 0 1 levels "$elbow" eval unit --data levels.h5:/counts
says levels 'warning: levels.h5:/counts is uint8 from 0 to [2-9], but unit.* was trained on float32 from 0 to 1'
run 1 1 far "$elbow" eval unit --data levels.h5:/far
says far 'elbow: the figures are not finite: values of levels.h5:/far lie far from those of the training data \(from 0 to 1\)'
with 1 'values.h5:/unit: is float32 from 0 to 1, but values.h5:/hwc holds uint8 from 0 to 255' data.train=/hwc data.valid=/unit
refuses 1 'values.h5:/hwc: is uint8 from 0 to 255, but values.h5:/unit holds float32 from 0 to 1' data.train=/unit data.valid=/hwc
trained both_told data.train=/hwc data.valid=/wide && silent both_told
says both_told 'validation: values.h5:/wide, 24 samples of 6x5x3 float32 from 0 to 255; scaling: value = stored \* 0.00392157 '
with 1 'values.nc:/packed: its attributes say value = stored \* 0.0001 \+ 2, but values.nc:/nan has stored \* 1 \+ 0' \
    data.train=values.nc:/nan data.valid=values.nc:/packed

# Attributes that mean something else elsewhere; a key has priority over an attribute.
for other in vector text; do
    trained $other data.train=/factor_$other
    says $other "warning: values.h5:/factor_$other: attributes that are not single numbers are not used: factor"
    sees $other ct
done
trained beaten data.train=/factor_two data.factor=1
says beaten "warning: values.h5:/factor_two: data.factor 1 instead of the attribute factor, 2 \(version 0.1 took the attributes\): value = stored \* 1 \+ 0"
sees beaten ct
run 0 1 again "$elbow" train good.yaml --run-dir beaten --resume --set data.train=/factor_two --set data.factor=1 --set train.steps=2
says again 'resuming from beaten' && silent again # no longer new
trained agreed data.train=/factor_two data.factor=2 && silent agreed
refuses 1 'values.h5:/both: its attribute factor differs from the attribute scale_factor; correct it, or set data.factor' data.train=/both
trained both data.train=/both data.factor=1 && sees both ct

# A checkpoint keeps its scaling, whatever other files say.
run 0 1 other "$elbow" eval beaten --data values.h5:/factor_two
says other 'warning: values.h5:/factor_two: its attributes \(factor 2\) are not used: scaling and missing values are those of the checkpoint, value = stored \* 1 \+ 0$'
sees beaten ct --data values.h5:/factor_two
trained plain data.train=values.nc:/nan
run 1 1 unread_rules "$elbow" eval plain --data values.nc:/masked
says unread_rules "warning: values.nc:/masked: its attributes \(netCDF's fill value 9.96921e\+36\) are not used: .*; 1 values that they mark as missing are used as data, the first in row 3"
run 0 3 resumed "$elbow" train good.yaml --run-dir packed --resume --set data.train=values.nc:/packed --set train.steps=2
says resumed 'stored \* 0.0001 \+ 2'
grep -q 'attributes' resumed.err && fail "the same attributes at a resume are news: $(cat resumed.err)"

# Scales that prevent learning; the advised settings remove the warning.
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
# The advice has the digits that it needs, if a double has them; a low initial variance causes no second warning.
"$make_data" write far.h5 /many i64 30,2 values "values=$(seq -s, 1600000000 1600000059)"
"$make_data" write far.h5 /more i64 30,2 values "values=$(seq -s, 9007199254740000 9007199254740059)"
trained far.first data.train=far.h5:/many train.on_nan=skip
factor=$(grep -oE 'data.factor: [^ ]+' far.first.err) offset=$(grep -oE 'data.offset: [^ ]+' far.first.err)
trained far.cured data.train=far.h5:/many "data.factor=${factor#*: }" "data.offset=${offset#*: }"
grep -q 'far from unit' far.cured.err && fail "the advice is not true: $(cat far.cured.err)"
trained far.more data.train=far.h5:/more train.on_nan=skip model.learn_variance=true
says far.more 'far from unit scale, and a gaussian likelihood learns little from them or diverges; data.transform: standardize .* gives mean 0 and deviation 1$'
[ "$(grep -c 'elbow: warning' far.more.err)" = 1 ] || fail "more than one warning: $(cat far.more.err)"
for constant in zero constant; do
    trained $constant data.train=/$constant
    says $constant "warning: values.h5:/$constant: all values are [07] \(mean [07], deviation 0\): there is nothing to learn"
done

nothing_left
# Allowed missing values: NaN, an attribute and a mask mark the same values, with the same figures and the same values filled in.
# Statistics of a column are those of its known values.
"$make_data" write gaps.h5 /nan f32 120,6 normal gaps=0.3
"$make_data" write gaps.h5 /fill f32 120,6 normal gaps=0.3 gap=-9 attribute=_FillValue:-9
"$make_data" write gaps.h5 /any f32 120,6 normal gaps=0.3 gap=1e30
"$make_data" write gaps.h5 /all f32 120,6 normal
"$make_data" write gaps.h5 /known u8 120,6 known gaps=0.3
"$make_data" write gaps.h5 /wrong u8 120,6 bytes
"$make_data" write gaps.h5 /other u8 120,3,2 known
"$make_data" write gaps.h5 /zeros u8 120,6 known gaps=1.1
"$make_data" write gaps.h5 /chw f32 40,2,3,3 normal gaps=0.3
gaps=(data.file=gaps.h5 data.transform=standardize_each model.input.mask=true train.steps=400 train.epochs=0 'model.decoder=[]' 'model.likelihood={gaussian: {variance: optimal}}'
    train.rate=1.0e-2)
let_in() { trained "$1" "${gaps[@]}" "${@:2}" && says "$1" 'of the values are missing, [0-9]+ of 720 \(a mask of them takes 120 bytes of memory\)'; }
let_in by_nan data.train=/nan data.missing=nan
let_in by_fill data.train=/fill data.missing=fill
trained not_told "${gaps[@]}" data.train=/all data.missing=fill && says not_told 'gaps.h5:/all: has no attribute _FillValue, missing_value or valid_range, so data.missing: fill finds no missing values'
trained none_missing "${gaps[@]}" data.train=/all data.missing=nan && says none_missing '^data: no value is missing$'
# Markers of missing values without an attribute: one warning, but none if the other values include numbers of that kind.
"$make_data" write gaps.h5 /marked f32 120,6 normal gaps=0.3 gap=-999
"$make_data" write gaps.h5 /broad f32 120,6 normal gaps=0.3 gap=-999 set=400@0,0 set=-700@0,1
"$make_data" write gaps.h5 /seldom f32 120,6 normal set=9999@3,2
marks=("${gaps[@]}" data.transform=none model.input.mask=false train.steps=1 train.on_nan=skip)
for missing in refuse fill; do
    trained marked.$missing "${marks[@]}" data.train=/marked data.missing=$missing
    says marked.$missing 'warning: gaps.h5:/marked: [0-9]+ of its values \([23][0-9.]* %\) are -999, far below all others \(from -.* to .*\), .* an attribute missing_value of -999 and set data.missing: fill'
    [ "$(grep -c 'elbow: warning' marked.$missing.err)" = 1 ] || fail "more than one warning: $(cat marked.$missing.err)"
done
for plain in broad seldom; do
    trained unmarked.$plain "${marks[@]}" data.train=/$plain
    grep -q 'mark what is missing' unmarked.$plain.err && fail "$plain: $(cat unmarked.$plain.err)"
done
# Bytes that are not levels of 255: one warning.
"$make_data" write gaps.h5 /grades u8 120,6 labels
trained grades data.file=gaps.h5 data.train=/grades && says grades 'warning: gaps.h5:/grades holds bytes up to 4, .* and so only reach 0.0157; .* set data.factor: 0.25$'
[ "$(grep -c 'elbow: warning' grades.err)" = 1 ] || fail "more than one warning: $(cat grades.err)"
let_in by_mask data.train=/any data.mask=/known
let_in by_both data.train=/nan data.mask=/known data.missing=any
for way in by_nan:1 by_fill:1 by_mask:1 by_both:3; do
    ranks=${way#*:} way=${way%:*}
    run 0 1 "$way.eval" "$elbow" eval "$way" --json --hide 0.2 --importance 5
    run 0 "$ranks" "$way.filled" "$elbow" impute "$way" -o "$way.h5" --importance 20 --draws 2
    same_file "$way, figures" by_nan.eval.out "$way.eval.out"
    same_file "$way, filled in" <("$make_data" print by_nan.h5 /draws) <("$make_data" print "$way.h5" /draws)
done
grep -qE 'null|nan|inf' by_nan.eval.out && fail "figures that are no numbers: $(cat by_nan.eval.out)"
"$make_data" print by_nan/checkpoints/step-00000400.h5 /data/transform >learned
paste -d ';' <("$make_data" print gaps.h5 /all) <("$make_data" print gaps.h5 /known) | tr ';' ',' | awk -F, '
    { for (i = 1; i <= 6; ++i) if ($(6 + i)) { ++n[i]; sum[i] += $i; square[i] += $i * $i } }
    END { for (i = 1; i <= 6; ++i) printf "%.9g%s", sum[i] / n[i], i < 6 ? "," : "\n"
          for (i = 1; i <= 6; ++i) printf "%.9g%s", sqrt(square[i] / n[i] - (sum[i] / n[i]) ^ 2), i < 6 ? "," : "\n" }' >wanted
paste -d ',' learned wanted | awk -F, '{ for (i = 1; i <= 6; ++i) if (($i - $(6 + i)) ^ 2 > 1e-12) exit 1 }' ||
    fail "mean and deviation of known values: learned $(cat learned), wanted $(cat wanted)"
paste -d ',' <("$make_data" print by_nan.h5 /imputed) <("$make_data" print gaps.h5 /all) <("$make_data" print by_nan.h5 /known) <("$make_data" print gaps.h5 /known) |
    awk -F, '{ for (i = 1; i <= 6; ++i) {
                   if ($(12 + i) != $(18 + i) || $i !~ /^-?[0-9.e+-]+$/) exit 1
                   if ($(18 + i) && $i != $(6 + i)) exit 1
                   if (!$(18 + i)) { off += ($i - $(6 + i)) ^ 2; all += $(6 + i) ^ 2; ++n } } }
              END { if (n < 150 || off > 0.6 * all) exit 1 }' || fail "imputed: other values, or no better than without"
# The lines that info prints make a run.
for way in nan fill; do
    { "$elbow" info gaps.h5 | sed -n "/^\\/$way:/,/missing:/p" | grep -A 3 '^        data:' | sed 's/^        //'
      sed 1d good.yaml; } >told.yaml
    run 0 1 told "$elbow" train told.yaml --run-dir "told-$way"
    says told "^data: .*% of the values are missing, [0-9]+ of"
done
# A mask beside other data; without a mask all values are known.
run 0 1 with_mask "$elbow" eval by_mask --data gaps.h5:/any --mask /known --json --hide 0.2 --importance 5
same_file "--mask" by_nan.eval.out with_mask.out
run 0 1 without "$elbow" eval by_mask --data gaps.h5:/all --json
says without 'the model was trained with data.mask, and there is none for these rows.*give one with --mask'
grep -q '"known"' without.out && fail "all values are known, and a figure reports their share"
run 0 1 nothing "$elbow" impute by_mask -o nothing.csv --data gaps.h5:/all
says nothing 'warning: gaps.h5:/all: no value is missing; data.missing and data.mask'
# A resume continues with the same missing values.
"$make_data" write gaps.h5 /others u8 120,6 known gaps=0.3 seed=2
"$make_data" write gaps.h5 /weights u8 120 bits
kept=()
for setting in "${gaps[@]}" data.train=/any data.mask=/others train.steps=500; do kept+=(--set "$setting"); done
refused 1 'was trained on other rows than gaps.h5:/any has now .* in the same type with the same values missing, or start a new run' \
    train good.yaml --run-dir by_mask --resume "${kept[@]}"
refused 1 'in the same type with the same data.weights and values missing, or start a new run' \
    train good.yaml --run-dir by_mask --resume "${kept[@]}" --set data.weights=/weights
# If all values are known, a run is the same as without these keys.
trained known_all data.file=gaps.h5 data.train=/all data.missing=any
trained known_plain data.file=gaps.h5 data.train=/all
same_file "all known" <("$make_data" print known_all/checkpoints/step-00000001.h5 /model/encoder.0/weight) \
    <("$make_data" print known_plain/checkpoints/step-00000001.h5 /model/encoder.0/weight)
# Rows that are turned round, and a convolution that sees the mask as extra channels.
trained turned data.file=gaps.h5 data.train=/chw data.missing=nan data.channels=first model.input.mask=true \
    'model.encoder=[conv2d: {filters: 2, kernel: 2}]'
says turned 'of the values are missing'
# A valid share of netCDF's missing values; the checkpoint has their markers.
trained holes data.train=values.nc:/holes data.missing=fill data.valid=0.25
says holes 'data: .* 15|validation: [0-9.]+ % of the values are missing'
run 0 1 holes_eval "$elbow" eval holes --json
holds "$(value holes_eval.out known) < 1" || fail "no holes: $(cat holes_eval.out)"

refuses 1 'gaps.h5:/nan: row 0 holds a value \(at index [0-9]+\) that is NaN or infinite' data.file=gaps.h5 data.train=/nan
refuses 1 'gaps.h5:/wrong: row 0 holds [0-9]+ \(at index 0\), but data.mask must be 1 for a known value and 0 for a missing one' \
    data.file=gaps.h5 data.train=/all data.mask=/wrong
with 1 'gaps.h5:/other: is 120 x 3 x 2, but gaps.h5:/all is 120 x 6; data.mask must have the shape of the rows' \
    data.file=gaps.h5 data.train=/all data.mask=/other
with 1 'gaps.h5:/any: all values are missing, so there is nothing to train on' data.file=gaps.h5 data.train=/any data.mask=/zeros
refuses 2 'data.missing: found .*holes.*, expected one of refuse, nan, fill, any' data.train=/all data.missing=holes
refuses 2 'data.valid_mask without data.valid' data.train=/all data.valid_mask=/known
refuses 2 'data.valid_mask with data.valid: 0.5, a share of the training rows, whose mask is data.mask' data.train=/all data.valid=0.5 data.valid_mask=/known
refuses 2 'model.input.mask: found .*maybe' data.train=/all model.input.mask=maybe
refused 2 '--hide: found .1., expected a share above 0 and below 1' eval by_nan --hide 1
refused 2 '--hide: found .half., expected a share' impute by_nan -o x.h5 --hide half
refused 2 '--mask /: expected a dataset such as' eval by_nan --mask /
refused 1 'gaps.h5:/wrong: row 0 holds .* but --mask must be 1 for a known value' eval by_nan --mask /wrong
refused 2 '--draws.*0' impute by_nan -o x.h5 --draws 0
refused 2 "--draws: found .1048577., expected at most 1048576" impute by_nan -o x.h5 --draws 1048577
refused 2 '--importance.*0' impute by_nan -o x.h5 --importance 0
refused 2 'must end in .h5 or .csv' impute by_nan -o x.jpg
refused 2 'impute: -o FILE is missing' impute by_nan

finish
