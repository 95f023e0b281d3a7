#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Transforms of data: a table comes back as it was stored, on 1 and 3 ranks, after any transform; a checkpoint keeps the learned
# statistics; impossible settings are refused in one sentence.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"

"$make_data" write data.h5 /normal f64 2100,7 normal
"$make_data" write data.h5 /valid f64 90,7 normal seed=9
"$make_data" write data.h5 /once f64 12,2 values values="$(for i in {1..12}; do printf '%d,4e-20,' "$i"; done)"
"$make_data" write data.h5 /apart f64 24,2 values values="$(for i in {1..24}; do printf '%de-9,%de20,' "$i" $((i * i % 11)); done)"
"$make_data" write data.h5 /wider f64 90,9 normal seed=9
"$make_data" write data.h5 /narrower f64 90,5 normal seed=9
"$make_data" write data.h5 /tiny f64 200,7 normal attribute=scale_factor:1e-18
"$make_data" write data.h5 /huge f64 200,7 normal attribute=scale_factor:1e12
"$make_data" write data.h5 /positive f32 200,7 unit
"$make_data" write data.h5 /bytes u8 200,6,5 bytes
"$make_data" write data.h5 /bits u8 200,7 bits
"$make_data" write data.h5 /below f32 200,7 unit set=-3@12,4
"$make_data" write data.h5 /outside f32 50,7 unit set=500@12,4

cat >good.yaml <<'Y'
data: {file: data.h5}
model:
  latent: 2
  likelihood: gaussian
  encoder: [dense: {units: 5}]
  decoder: [dense: {units: 5}]
train: {steps: 3, batch: 24, microbatch: 4}
samples: {count: 4}
Y

# trained NAME SETTING...: a run directory of that name, from one rank; its messages are in NAME.out and NAME.err.
trained() {
    local name=$1 sets=() setting
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    run 0 1 "$name" "$elbow" train good.yaml --run-dir "$name" "${sets[@]}"
}
says() { grep -qE -- "$2" "$1.out" "$1.err" || fail "$1 does not say '$2': $(cat "$1.out" "$1.err")"; }

# refuses STATUS PATTERN SETTING...: `with` on one rank, for a refusal that is the same on three ranks.
refuses() {
    local status=$1 pattern=$2 sets=() setting
    shift 2
    for setting in "$@"; do sets+=(--set "$setting"); done
    rm -rf 1.*
    alone train good.yaml --run-dir run "${sets[@]}"
    judge 1 "$status" "$pattern" train good.yaml --run-dir run "${sets[@]}"
}

# near A B RELATIVE: whether two printed tables hold the same numbers, up to this share of the value or of its column.
near() {
    paste -d ';' "$1" "$2" | awk -F '[;,]' -v most="$3" '
        { n = NF / 2
          for (i = 1; i <= n; ++i) {
              off = $i - $(n + i); size = $(n + i); off = off < 0 ? -off : off; size = size < 0 ? -size : size
              column[i] = size > column[i] ? size : column[i]
              worst[i] = off > worst[i] ? off : worst[i] }
          ++rows }
        END { if (rows == 0) exit 1
              for (i = 1; i <= n; ++i) if (!(worst[i] <= most * column[i])) exit 1 }'
}

# back DATASET TRANSFORM FACTOR: the originals of a reconstruction are the stored values times the factor. The bytes are the same
# on any number of ranks; on request, the values are those of the model.
back() {
    local dataset=$1 transform=$2 factor=$3 name=${1#/}-$2 ranks
    trained "$name" "data.train=$dataset" "data.transform=$transform"
    says "$name" "transform: $transform, "
    for ranks in 1 3; do
        run 0 $ranks "$name.$ranks" "$elbow" reconstruct "$name" -n 40 -o "$name.$ranks.h5"
    done
    same_file "$name, 3 ranks" "$name.1.h5" "$name.3.h5"
    "$make_data" print data.h5 "$dataset" | head -n 40 |
        awk -F , -v f="$factor" -v OFS=, '{ for (i = 1; i <= NF; ++i) $i = sprintf("%.17g", $i * f) } 1' >stored
    "$make_data" print "$name.1.h5" /originals >seen
    near seen stored 1e-6 || fail "$name: the originals differ from the stored values"
    run 0 1 "$name.model" "$elbow" reconstruct "$name" -n 40 -o "$name.model.h5" --transformed
    "$make_data" print "$name.model.h5" /originals >model
    near model stored 1e-6 && fail "$name: --transformed changes nothing"
    run 0 1 "$name.samples" "$elbow" sample "$name" -n 5 -o "$name.samples.csv"
}
for transform in standardize standardize_each minmax asinh; do back /normal $transform 1; done
back /positive log1p 1
back /tiny standardize_each 1e-18
back /huge standardize 1e12
back /bytes standardize 0.0039215686274509803

run 0 1 samples "$elbow" sample normal-asinh -n 5 -o samples.csv --transformed
cmp -s normal-asinh.samples.csv samples.csv && fail "samples are not turned back"

# Samples of an untrained linear decoder map back to about the mean: those of tiny and of huge data have the size of the data.
for name in tiny-standardize_each:1e-18 huge-standardize:1e12; do
    awk -F , -v size="${name#*:}" '{ for (i = 1; i <= NF; ++i) { x = $i / size; if (x < -100 || x > 100) exit 1; n += x > 1e-3 || x < -1e-3 } }
        END { exit !(n > 0) }' "${name%:*}.samples.csv" || fail "$name: samples of another size"
done

# Pictures show the stored values, not the model's input, each from black to white.
trained grey data.train=/bytes data.transform=log1p data.factor=1
run 0 1 picture "$elbow" reconstruct grey -n 8 -o picture.png
run 0 1 picture "$elbow" reconstruct grey -n 8 -o other.png --transformed
cmp -s picture.png other.png && fail "a picture is not turned back"

# The density of stored values: that of the model's values plus the logarithm of the derivative, on three ranks to the last bit.
# With one deviation s for D values and a factor f, the difference is D log(f / s).
run 0 1 eval.1 "$elbow" eval huge-standardize --importance 3 --json
run 0 3 eval.3 "$elbow" eval huge-standardize --importance 3 --json
same_file "eval, 3 ranks" eval.1.out eval.3.out
spread=$(run 0 1 info "$elbow" info huge-standardize && sed -nE 's/^transform   standardize, .* \/ ([^ ]+)$/\1/p' info.out)
for figure in elbo log_likelihood; do
    holds "($(value eval.1.out ${figure}_stored) - $(value eval.1.out $figure) + 7 * log(${spread:-0} / 1e12))^2 < 1e-8" ||
        fail "${figure}_stored: $(cat eval.1.out), deviation $spread"
done
run 0 1 encode "$elbow" encode positive-log1p -o encoded.csv
head -n 1 encoded.csv | grep -q ',elbo_stored' || fail "encode has no elbo_stored: $(head -n 1 encoded.csv)"
run 0 1 eval.log "$elbow" eval positive-log1p
says eval.log '^elbo_stored +-?[0-9.]+'
trained plain data.train=/normal
run 0 1 eval.plain "$elbow" eval plain
grep -q stored eval.plain.out && fail "without a transform there is nothing beside the ELBO"

# Statistics of the training data apply to all other data: validation data, and the data of a command.
trained valid data.train=/normal data.valid=/valid data.transform=standardize_each
run 0 1 other "$elbow" reconstruct valid --data data.h5:/normal -n 40 -o other.h5 --transformed
"$make_data" print other.h5 /originals >seen
"$make_data" print normal-standardize_each.model.h5 /originals >stored
cmp -s seen stored || fail "data of a command have another transform than the training data"
run 0 1 far "$elbow" eval positive-log1p --data data.h5:/outside
says far 'outside is float32 from .* to 500, but .* was trained on'

# Constant columns are reported in one line and trained on; so is a constant dataset.
trained constant data.train=/normal data.factor=0 data.transform=standardize_each
says constant 'data: 7 columns of 7 have the same value in all rows \(0: 0, 1: 0, 2: 0, 3: 0, 4: 0, \.\.\.\) and become 0: data.transform: standardize_each divides by 1 there, and samples and reconstructions have them as they are; data.columns can leave them out'
trained once data.train=/once data.transform=standardize_each
says once 'data: 1 column of 2 has the same value in all rows \(1: 4e-20\) and becomes 0: .* divides by 1 there, and samples and reconstructions have it as it is; data.columns can leave it out'

# always FILE DATASET COLUMN VALUE: one column of a table holds only this value; the others vary.
always() {
    "$make_data" print "$1" "$2" >printed
    awk -F , -v c="$3" -v v="$4" '$c != v { exit 1 } { seen[$(3 - c)]++ } END { for (x in seen) ++n; exit !(NR > 3 && n == NR) }' printed ||
        fail "$1:$2: column $3 is not always $4: $(cat printed)"
}
# The outputs of a model for them are the constant, and inputs stay unchanged; also in a resumed run.
"$make_data" write data.h5 /moved f64 12,2 values values="$(for i in {1..12}; do printf '%d,5,' $((i * i)); done)"
"$make_data" write data.h5 /gone f64 12,2 values values="$(for i in {1..12}; do printf '%d,%s,' "$i" "$([ $((i % 4)) = 0 ] && echo nan || echo 4e-20)"; done)"
trained gone data.train=/gone data.missing=nan data.transform=standardize_each
for ranks in 1 3; do
    run 0 $ranks once "$elbow" sample once -n 9 -o once.$ranks.h5
    run 0 $ranks once "$elbow" reconstruct once --data data.h5:/moved --draw -o once.moved.$ranks.h5
    run 0 $ranks gone "$elbow" impute gone --draws 2 -o gone.$ranks.h5
done
for file in once once.moved gone; do same_file "$file, 3 ranks" $file.1.h5 $file.3.h5; done
always once.1.h5 /samples 2 4e-20
always once.moved.1.h5 /originals 2 5
always once.moved.1.h5 /reconstructions 2 4e-20
always gone.1.h5 /imputed 2 4e-20
grep -q transform_constant once/checkpoints/*3.h5 || fail "a checkpoint does not record the constant columns"
grep -q transform_constant normal-standardize_each/checkpoints/*3.h5 && fail "a checkpoint records constants that do not exist"
run 0 3 once "$elbow" train good.yaml --run-dir once --resume --set data.train=/once --set data.transform=standardize_each --set train.steps=5
run 0 1 once "$elbow" sample once -n 9 -o once.5.h5
always once.5.h5 /samples 2 4e-20
run 0 1 once "$elbow" sample once -n 9 -o once.model.h5 --transformed
"$make_data" print once.model.h5 /samples | cut -d , -f 2 | sort -u | wc -l | grep -qx 9 || fail "--transformed turns constants back"
trained alike data.train=/normal data.factor=0 data.transform=minmax
says alike 'all values are 0 .*there is nothing to learn'
run 0 1 alike "$elbow" sample alike -n 9 -o alike.csv
[ "$(tr ',' '\n' <alike.csv | sort -u)" = 0 ] || fail "one value comes back as others: $(cat alike.csv)"

# Columns of different units need statistics of their own, or the small ones are lost; doctor reports this, too. Columns of about
# one size cause no advice.
for ranks in 1 3; do
    for transform in none standardize minmax; do
        run 0 $ranks apart.$transform "$elbow" doctor good.yaml --set data.train=/apart --set data.transform=$transform
        tr -s ' \n' ' ' <apart.$transform.out | grep -qE "data: data.h5:/apart: .*columns have deviations from [0-9.e-]+ to [0-9.e+]+.*data.transform: standardize_each" ||
            fail "doctor: nothing of columns apart, $transform on $ranks ranks: $(cat apart.$transform.out)"
    done
done
for transform in none standardize; do
    trained together data.train=/normal data.transform=$transform
    grep -q 'columns have' together.err && fail "a warning about columns of one size: $(cat together.err)"
    rm -rf together
done
run 1 1 far.none "$elbow" train good.yaml --run-dir far --set data.train=/apart
says far.none 'step 1: .*not finite; the data may be far from unit scale: set data.transform: standardize, or standardize_each if columns'

# Refused: keys that exclude each other, values that a key excludes, a resume with another transform.
with 2 'data.transform: found .sqrt., expected one of none, standardize, standardize_each, minmax, log1p, asinh' data.transform=sqrt
refuses 2 'data.transform: standardize makes also values below zero, but model.likelihood: bernoulli needs values in \[0, 1\]; set data.transform: none, or model.likelihood: gaussian' \
    data.train=/bits model.likelihood=bernoulli data.transform=standardize
refuses 2 'data.transform: standardize_each makes values that are not whole numbers, but model.likelihood: poisson needs whole numbers from 0' \
    data.train=/bytes model.likelihood=poisson data.transform=standardize_each
refuses 2 'data.transform: log1p makes values that are not whole numbers, but model.likelihood: poisson' data.train=/bytes model.likelihood=poisson data.transform=log1p
refuses 2 'data.transform: standardize makes also values below zero, but data.binarize: sample needs' \
    data.train=/positive model.likelihood=bernoulli data.binarize=sample data.transform=standardize
refuses 2 'data.transform: minmax with data.synthetic: noise is used as it is drawn' data.file= data.train= data.synthetic=50 data.transform=minmax
with 1 'data.h5:/below: row 12 holds -3 \(at index 4\) after scaling \(taken as stored\), but data.transform: log1p needs values above -1; set data.offset, or data.transform: asinh' \
    data.train=/below data.transform=log1p
with 1 'data.h5:/below: row 12 holds -1.* \(at index 4\) after scaling \(taken as stored\) and data.transform: asinh, but model.likelihood: bernoulli needs values in' \
    data.train=/below data.transform=asinh model.likelihood=bernoulli
wrong 1 'data.h5:/below: row 12 holds -3 .*but data.transform: log1p needs values above -1' eval positive-log1p --data data.h5:/below
wrong 2 'data.transform' train good.yaml --run-dir plain --resume --set data.train=/normal --set data.transform=minmax --set train.steps=5

# Data of another width, from any source.
for width in wider:9 narrower:5; do
    says_width="data.h5:/${width%:*}: a sample has ${width#*:} values, but"
    with 1 "$says_width data.h5:/normal has samples of 7 values \(7\); both must have the same shape" \
        data.train=/normal "data.valid=/${width%:*}" data.transform=standardize_each
    wrong 1 "$says_width .*was trained on samples of 7 values" eval normal-standardize_each --data "data.h5:/${width%:*}"
    wrong 1 "$says_width .*was trained on samples of 7 values" train good.yaml --run-dir normal-standardize_each --resume \
        --set data.train=/"${width%:*}" --set data.transform=standardize_each --set train.steps=5
    alone doctor good.yaml --set data.train=/normal --set "data.valid=/${width%:*}" --set data.transform=standardize_each
    grep -qF "$says_width" 1.out 1.err || fail "doctor does not tell of another width: $(cat 1.out 1.err)"
done

# Zeros and ones represent no other values: data that were binarised after a transform are shown as they are.
trained binary data.train=/normal data.transform=asinh data.binarize=threshold data.threshold=0 model.likelihood=bernoulli
run 0 1 binary.seen "$elbow" reconstruct binary -n 40 -o binary.h5
"$make_data" print binary.h5 /originals | tr ',' '\n' | sort -u | tr '\n' ' ' | grep -q '^0 1 $' || fail "binarised values are turned back"
finish
