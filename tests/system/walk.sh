#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Decoding of latents, walks through the latent space and selected rows: the same bytes on 1 and 3 ranks, and values that agree
# with each other, bit for bit.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 88,4,4 bytes
"$make_data" write data.h5 /labels i16 88 labels
"$make_data" write data.h5 /counts f32 40,6 counts
cat >images.yaml <<'Y'
data: {file: data.h5, train: /train, binarize: threshold}
model: {latent: 3, encoder: [dense: {units: 9, activation: tanh}], decoder: [dense: {units: 9, activation: tanh}]}
train: {epochs: 6, batch: 24, microbatch: 4, rate: 1.0e-2}
Y
cat >told.yaml <<'Y'
data: {file: data.h5, train: /train, condition: {label: /labels}, binarize: threshold}
model: {latent: 2, prior: {mixture: {components: 3}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4}
Y
cat >classes.yaml <<'Y'
data: {file: data.h5, train: /train, labels: /labels, binarize: threshold}
model: {latent: 2, classifier: [dense: {units: 7}], encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 24, microbatch: 4}
Y
# Totals follow from the rows.
cat >counts.yaml <<'Y'
data: {file: data.h5, train: /counts}
model: {latent: 2, posterior: deterministic, likelihood: {negative_binomial: {size: total}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 20, microbatch: 4}
Y
for run in images told classes counts; do run 0 1 $run "$elbow" train $run.yaml --run-dir $run; done

# alike OUTPUT word...: the command on 1 and 3 ranks; @ is the output file. Leaves OUTPUT.
alike() {
    local output=$1 ranks
    shift
    for ranks in 1 3; do run 0 $ranks alike "$elbow" "${@/#@/$ranks.$output}" || return; done
    same_file "elbow $*" "1.$output" "3.$output"
    mv "1.$output" "$output"
}
column() { "$make_data" print "$1" "$2"; }
# same WHAT A B: lines that must exist and be equal.
same() { if [ -z "$2" ] || [ "$2" != "$3" ]; then fail "$1: $(diff <(echo "$2") <(echo "$3") | head -n 3)"; fi; }
lines() { sed -n "$(printf '%dp;' "$@")"; }

run 0 1 codes "$elbow" encode images -o codes.h5
run 0 1 all "$elbow" reconstruct images -o all.h5 -n 88
alike decoded.h5 decode images --latents codes.h5:/mean -o @
same "what is encoded and decoded is the reconstruction" "$(column all.h5 /reconstructions)" "$(column decoded.h5 /decoded)"
alike decoded.png decode images --latents codes.h5:/mean -o @ --draw --seed 4

alike worst.h5 reconstruct images -o @ --worst 5
same "--worst: recon" "$(column codes.h5 /recon | sort -g | head -n 5)" "$(column worst.h5 /recon)"
mapfile -t worst < <(column worst.h5 /row)
for i in 0 1 2 3 4; do
    same "--worst: row ${worst[i]}" "$(column all.h5 /reconstructions | lines $((worst[i] + 1)))" \
        "$(column worst.h5 /reconstructions | lines $((i + 1)))"
done
alike picked.h5 reconstruct images -o @ --rows 70,3,12
same "--rows" "$(column all.h5 /reconstructions | lines 71; column all.h5 /reconstructions | lines 4 13)" "$(column picked.h5 /reconstructions)"
paste -d, <(column picked.h5 /originals) <(column picked.h5 /reconstructions) <(column picked.h5 /errors) | tr ',' ' ' |
    awk '{ for (i = 1; i <= 16; ++i) { d = $i - $(i + 16) - 0; d = d < 0 ? -d : d; e = d - $(i + 32); if (e * e > 1e-12) exit 1 } }' ||
    fail "--rows: errors are not the distances"

# The middle of an odd number of points is the centre, which is 0 of N(0, I).
alike walk.h5 traverse images -o @ --steps 5
alike walk.png traverse images -o @ --steps 3 --row 7 --dimensions 2,0 --data data.h5:/train
"$make_data" write zero.h5 /z f32 1,3 labels
run 0 1 zero "$elbow" decode images --latents zero.h5:/z -o centre.h5
for n in 3 8 13; do
    same "the centre of a traversal" "$(column centre.h5 /decoded)" "$(column walk.h5 /decoded | lines $n)"
done
same "traverse: dimensions by use" "$(column walk.h5 /use | uniq | sort -gr)" "$(column walk.h5 /use | uniq)"
same "traverse: quantiles of N(0, 1)" "-1.281552 -0.524401 0.000000 0.524401 1.281552" \
    "$(paste -d' ' <(column walk.h5 /z | tr ', ' ' ') <(column walk.h5 /dimension) | head -n 5 | awk '{ printf "%s%.6f", (NR > 1 ? " " : ""), $($4 + 1) }')"

alike between.h5 interpolate images --rows 12,80,3 --steps 4 -o @
alike round.csv interpolate images --rows 12,80 --steps 4 --spherical -o @
same "the ends of an interpolation" "$(for row in 12 80 80 3; do column all.h5 /reconstructions | lines $((row + 1)); done)" \
    "$(column between.h5 /decoded | lines 1 4 5 8)"

alike labelled.svg traverse images -o @ --steps 3
grep -q 'svg' labelled.svg || fail "traverse -o labelled.svg: no SVG"

# Conditions, classes and totals: here, too, the ends are the reconstructions.
for run in told classes counts; do
    alike $run.ends.h5 interpolate $run --rows 1,6 --steps 3 -o @
    run 0 1 $run.rows "$elbow" reconstruct $run --rows 1,6 -o $run.rows.h5
    same "$run: the ends of an interpolation" "$(column $run.rows.h5 /reconstructions)" "$(column $run.ends.h5 /decoded | lines 1 3)"
    run 0 1 $run.walk "$elbow" traverse $run --row 2 --steps 3 -o $run.walk.csv
done
alike counts.png traverse counts -n 1 --steps 3 -o @
alike told.csv traverse told --condition label=1 --steps 3 -o @
run 0 1 as-zeros "$elbow" encode counts -o counts.codes.h5
alike counts.h5 decode counts --latents counts.codes.h5:/mean -o @ --size 100
column counts.h5 /decoded | tr ',' ' ' | awk '{ sum = 0; for (i = 1; i <= NF; ++i) sum += $i; if ((sum - 100) ^ 2 > 1e-4) exit 1 }' ||
    fail "decode --size 100: means do not add up to that"

# Samples carry the name of their class.
run 0 1 of "$elbow" sample classes -o of.csv -n 7
same "classes of samples" "$(column data.h5 /labels | sort -nu | awk '{ class[NR] = $1 } END { for (i = 0; i < 7; ++i) print class[i % NR + 1] }')" \
    "$(cut -d, -f1 of.csv)"
run 0 1 one "$elbow" sample classes -o one.h5 --class 2 -n 5
same "sample --class" 2 "$(column one.h5 /class | uniq)"

# wrong PATTERN word...: status 1 or 2 and one sentence.
wrong() {
    local pattern=$1 status
    shift
    on 1 "$elbow" "$@" >wrong.out 2>wrong.err
    status=$?
    [ $status = 1 ] || [ $status = 2 ] || fail "elbow $*: exit status $status"
    grep -v 'warning:' wrong.err | grep -cE "^elbow: $pattern" | grep -qx 1 || fail "elbow $*: $(cat wrong.err)"
}
"$make_data" write bad.h5 /wide f32 5,4 normal
"$make_data" write bad.h5 /nan f32 5,3 normal set=nan@2,1
wrong 'bad.h5:/wide: has rows of 4 values, and the model has 3 latent variables' decode images --latents bad.h5:/wide -o x.h5
wrong 'bad.h5:/nan: row 2, value 1 is nan' decode images --latents bad.h5:/nan -o x.h5
wrong '--latents bad.h5: expected FILE:/dataset' decode images --latents bad.h5 -o x.h5
wrong 'bad.h5: dataset /none not found' decode images --latents bad.h5:/none -o x.h5
wrong 'zero.h5: is a file that is read' decode images --latents zero.h5:/z -o zero.h5 --force
wrong '--condition label: is not given' decode told --latents codes.h5:/mean -o x.h5
wrong '.*give --class; the classes are' traverse classes -o x.h5
wrong '--class nine: the training data have no such class; the classes are' sample classes --class nine -o x.h5
wrong '--class 1: images.* was trained without model.classifier' sample images --class 1 -o x.h5
wrong '--rows: 88 is out of range; there are 88 rows' reconstruct images --rows 3,88 -o x.h5
wrong '--rows: found .3,x., expected whole numbers' interpolate images --rows 3,x -o x.h5
wrong '--rows 3: found one row, expected two or more' interpolate images --rows 3 -o x.h5
wrong '--rows, --worst, and -n with --first: each selects rows' reconstruct images --rows 3 --worst 2 -o x.h5
wrong '--row: 88 is out of range; there are 88 rows' traverse images --row 88 -o x.h5
wrong '--dimensions: 3 is out of range; there are 3 latent dimensions' traverse images --dimensions 0,3 -o x.h5
wrong '-n and --dimensions: both select' traverse images --dimensions 0 -n 2 -o x.h5
wrong '--dimensions 1: counts.* deterministic, and no prior' traverse counts --dimensions 1 -o x.h5
wrong 'x.jpg: the name must end in .png, .svg, .pdf, .h5 or .csv' traverse counts -o x.jpg
[ ! -e x.h5 ] || fail "a refused command left an output"
finish
