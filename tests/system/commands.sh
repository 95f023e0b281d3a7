#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Commands after training: eval, encode, sample and reconstruct give the same bytes on 1, 2 and 3 ranks, and their figures
# agree with those of training and with each other; info and config print the facts.
set -u
source_directory=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 90,6,6 bytes
"$make_data" write data.h5 /labels i16 90 labels
"$make_data" write data.h5 /valid u8 137,6,6 bytes seed=4
"$make_data" write data.h5 /valid-labels u8 137 labels
"$make_data" write data.h5 /numbers f32 61,11 normal
cat >images.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid, labels: /labels, valid_labels: /valid-labels, binarize: sample}
model: {latent: 3, encoder: [dense: {units: 20, activation: tanh}], decoder: [dense: {units: 20, activation: tanh}]}
objective: {beta: 0.5, free_bits: 0.1}
train: {epochs: 60, batch: 24, microbatch: 4, rate: 1.0e-2}
Y
cat >numbers.yaml <<'Y'
data: {file: data.h5, train: /numbers}
model: {latent: 2, likelihood: gaussian, learn_variance: true, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 9, batch: 20, microbatch: 4, rate: 1.0e-2}
Y
# Values outside [0, 1], which a threshold turns into 0 and 1.
cat >threshold.yaml <<'Y'
data: {file: data.h5, train: /numbers, binarize: threshold, threshold: 0.1}
model: {latent: 2, encoder: [], decoder: []}
train: {epochs: 1, batch: 20, microbatch: 4}
Y
run 0 2 images "$elbow" train images.yaml --run-dir images
run 0 3 numbers "$elbow" train numbers.yaml --run-dir numbers
run 0 1 threshold "$elbow" train threshold.yaml --run-dir threshold
checkpoint=images/checkpoints/step-00000240.h5

# alike OUTPUT word...: the command on 1, 2 and 3 ranks; @ is the output file; without @ stdout is compared. Leaves OUTPUT.
alike() {
    local output=$1 ranks words word
    shift
    for ranks in 1 2 3; do
        words=()
        for word; do words+=("${word/#@/$ranks.$output}"); done
        run 0 $ranks $ranks.log "$elbow" "${words[@]}" || continue
        case " $* " in *" @ "*) ;; *) cp $ranks.log.out "$ranks.$output" ;; esac
        if [ $ranks = 1 ]; then cp "1.$output" "$output"; else same_file "elbow $*" "$output" "$ranks.$output"; fi
    done
    [ -s "$output" ] || fail "elbow $*: no output"
    rm -f [123]."$output"
}

alike eval.json eval images --json
alike eval.txt eval images
alike train.json eval "$checkpoint" --data data.h5:/train --json
alike one.json eval images --json --importance 1
alike many.json eval images --json --importance 50
alike numbers.json eval numbers --json --importance 70
alike threshold.json eval threshold --json
alike valid.h5 encode images --data data.h5 -o @
alike codes.csv encode images --data data.h5 -o @
alike train.h5 encode "$checkpoint" --data data.h5:/train -o @
alike many.h5 encode images --data data.h5:/valid -o @ --importance 50
alike one.h5 encode images --data data.h5:/valid -o @ --importance 1
alike numbers.h5 encode numbers --data data.h5 -o @
alike samples.png sample images -o @
alike samples.csv sample images -o @ -n 10
alike draws.h5 sample images -o @ -n 9 --seed 5 --draw
alike pairs.png reconstruct images -o @ -n 7
alike pairs.h5 reconstruct images -o @ -n 5 --first 30
alike draws.csv reconstruct numbers -o @ -n 6 --draw
alike numbers-samples.h5 sample numbers -o @ -n 6
alike info.txt info data.h5
alike info-run.txt info images
alike config.yaml config images.yaml --set train.rate=0.5

# column FILE /dataset: its values, one per line; mean: their mean.
column() { "$make_data" print "$1" "$2"; }
mean() { column "$1" "$2" | awk '{ sum += $1 } END { printf "%.17g\n", sum / NR }'; }
# near WHAT A B: equal up to the rounding of a sum of doubles in another order.
near() {
    holds "($2 - $3) ^ 2 <= (1e-9 * $3) ^ 2" || fail "$1: $2 is not $3"
}

# All commands report the same dataset for a file without a dataset.
for command in eval 'encode -o said.h5' 'score -o said.csv' 'reconstruct -o said.png' 'map -o said.svg' measure 'sample --fit 2 -o said.png'; do
    read -ra words <<<"$command"
    rm -f said.h5 said.csv said.png said.svg
    run 0 1 said "$elbow" "${words[0]}" images --data data.h5 "${words[@]:1}"
    dataset=/valid
    [ "${words[0]}" = sample ] && dataset=/train
    [ "$(cat said.out said.err | grep -c "^data: --data data.h5 names no dataset: $dataset is used, as in training; write FILE:/dataset for another")" = 1 ] ||
        fail "$command --data data.h5: $(cat said.out said.err)"
done
run 0 1 said "$elbow" eval images --data data.h5:/valid
! grep -q 'names no dataset' said.err || fail "a dataset is named: $(cat said.err)"

# A unit is printed only if the line before has another unit or none.
run 0 1 noisy "$elbow" train numbers.yaml --run-dir noisy --set 'model.input.corrupt={gaussian: 0.3}' --set train.epochs=1
run 0 1 words "$elbow" eval noisy --corrupt
for figure in corrupted denoised; do grep -qE "^${figure}_psnr +[0-9.-]+ dB\$" words.out || fail "no unit of ${figure}_psnr: $(cat words.out)"; done
[ "$(grep -c 'nats per sample$' words.out)" = 2 ] || fail "units of elbo and deviance: $(cat words.out)"

# eval is the mean of encode's rows.
for figure in elbo recon kl; do
    near "eval and encode: $figure" "$(mean valid.h5 /$figure)" "$(value eval.json $figure)"
    near "eval and encode of other data: $figure" "$(mean train.h5 /$figure)" "$(value train.json $figure)"
    near "eval and encode of numbers: $figure" "$(mean numbers.h5 /$figure)" "$(value numbers.json $figure)"
done
near "the parts of the ELBO" "$(awk "BEGIN { printf \"%.17g\", $(value eval.json recon) - $(value eval.json kl) }")" \
    "$(value eval.json elbo)"
[ "$(value eval.json samples)" = 137 ] || fail "eval: samples"
[ "$(value train.json samples)" = 90 ] || fail "eval --data: samples"

# The CSV file has the values of the HDF5 file, to the last digit.
for name in recon kl elbo labels; do
    cmp -s <(table_column codes.csv $name) <(column valid.h5 /$name) || fail "encode: $name differs between CSV and HDF5"
done
cmp -s <(table_column codes.csv mean_2) <(column valid.h5 /mean | awk -F, '{ printf "%.9g\n", $3 }') ||
    fail "encode: mean_2 differs between CSV and HDF5" # nine digits determine a float

# The last row of the run's table has the same figures, to the last digit.
grep -e '^step,' -e ,valid, images/metrics.csv >valid.csv
told=$(for name in elbo recon kl active_units; do table_column valid.csv $name | tail -n 1; done | paste -s -d ,)
asked=$(value eval.json elbo),$(value eval.json recon),$(value eval.json kl),$(value eval.json active_units)
[ "$told" = "$asked" ] || fail "metrics.csv has $told, eval $asked"

# Labels are copied; the classes add up to the whole.
column valid.h5 /labels >labels
cmp -s labels <(column data.h5 /valid-labels) || fail "encode: labels are not those of the data"
cmp -s <(column train.h5 /labels) <(column data.h5 /labels) || fail "encode: labels of the training data"
tr '{' '\n' <eval.json | grep '"label"' >classes
[ "$(wc -l <classes)" = 5 ] || fail "eval: five classes, but $(wc -l <classes) are printed"
for figure in elbo recon kl; do
    near "eval: $figure of the classes" "$(sed 's/"[a-z_]*"://g; s/[^-0-9.e ]//g' classes | awk -v part=$figure '
        BEGIN { at = part == "elbo" ? 3 : part == "recon" ? 5 : 7 } { n += $2; sum += $2 * $at }
        END { printf "%.17g", n == 137 ? sum / n : 0 }')" "$(value eval.json $figure)"
done

# --binarize replaces the configuration's data.binarize for the encoder's input.
for word in none threshold sample; do
    alike pairs-$word.h5 reconstruct images -o @ -n 137 --binarize $word
    alike rows-$word.h5 encode images -o @ --binarize $word
    alike eval-$word.json eval images --json --binarize $word
    near "--binarize $word: eval and encode" "$(mean rows-$word.h5 /elbo)" "$(value eval-$word.json elbo)"
done
grep -qF "always the same for a row (binarize: sample)" 3.log.out 3.log.err || fail "--binarize: no report"
column data.h5 /valid | tr , '\n' | awk '{ print ($1 / 255 > 0.5) + 0 }' | cmp -s - <(column pairs-threshold.h5 /originals | tr , '\n') || fail "--binarize threshold"
paste <(column data.h5 /valid | tr , '\n') <(column pairs-none.h5 /originals | tr , '\n') |
    awk '($1 / 255 - $2) ^ 2 > 1e-14 { exit 1 }' || fail "--binarize none" # float32 holds seven digits
same_file "--binarize sample is the configuration's" eval.json eval-sample.json
run 2 2 binarize-word "$elbow" eval images --binarize maybe
grep -qF -e "--binarize maybe: expected none, threshold or sample" binarize-word.err || fail "--binarize maybe: $(cat binarize-word.err)"
run 2 1 binarize-numbers "$elbow" encode numbers -o no.h5 --binarize sample
grep -q "a gaussian likelihood does not score zeros and ones" binarize-numbers.err || fail "$(cat binarize-numbers.err)"

# The importance-sampled bound: of one sample it is an ELBO, of many it is tighter. The error of its mean follows from
# the spread of the rows' bounds: a deviation of four standard errors has a probability of 1 in 16,000, and the draws are keyed.
bound() { # K FILE.json FILE.h5
    local k=$1 importance elbo error
    importance=$(value "$2" log_likelihood)
    elbo=$(value "$2" elbo)
    near "--importance $k: encode and eval" "$(mean "$3" /log_likelihood)" "$importance"
    near "--importance $k: effective samples" "$(mean "$3" /effective_samples)" "$(value "$2" effective_samples)"
    column "$3" /effective_samples | awk -v k="$k" '$1 < 1 - 1e-9 || $1 > k * (1 + 1e-9) { exit 1 }' ||
        fail "--importance $k: effective samples outside [1, $k]"
    error=$(paste -d ' ' <(column "$3" /log_likelihood) <(column "$3" /elbo) | awk '{ d = $1 - $2; s += d; q += d * d }
        END { printf "%.17g", sqrt((q / NR - s * s / NR / NR) / NR) }')
    holds "$importance >= $elbo - 4 * $error" || fail "--importance $k: $importance is below the ELBO, $elbo"
    [ "$k" != 1 ] || holds "$importance <= $elbo + 4 * $error" || fail "--importance 1: $importance is no ELBO, $elbo"
}
bound 1 one.json one.h5
bound 50 many.json many.h5
[ "$(value one.json effective_samples)" = 1 ] || fail "--importance 1: $(value one.json effective_samples) effective samples"
holds "$(value many.json log_likelihood) > $(value one.json log_likelihood)" || fail "--importance 50 is no tighter than 1"

# A sample is a function of its number; draws are black or white; originals are the data.
run 0 1 few "$elbow" sample "$checkpoint" -o few.csv -n 3
cmp -s few.csv <(head -n 3 samples.csv) || fail "sample: the first 3 of 10 are not 3"
run 0 1 other "$elbow" sample images -o other.csv -n 3 --seed 2
cmp -s few.csv other.csv && fail "sample: --seed changes nothing"
column draws.h5 /samples | tr , '\n' | grep -vxE '0|1' && fail "sample --draw: neither 0 nor 1"
"$elbow" reconstruct threshold -o binary.h5 -n 61 >binary.log 2>&1 || fail "reconstruct of threshold data: $(tail -n 1 binary.log)"
cmp -s <(column binary.h5 /originals | tr , '\n') \
    <(column data.h5 /numbers | tr , '\n' | awk '{ print($1 > 0.1 ? 1 : 0) }') || fail "reconstruct: originals are not the data"
[ "$(column pairs.h5 /reconstructions | wc -l)" = 5 ] || fail "reconstruct -n 5: other rows"
[ "$(head -c 8 samples.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "samples.png is no PNG"
for file in step-00000036.h5 step-00000036.csv reconstruction-00000036.h5 reconstruction-00000036.csv; do
    [ -s "numbers/samples/$file" ] || fail "a run on numbers leaves no $file"
done
ls numbers/samples/*.png >/dev/null 2>&1 && fail "a run on numbers leaves pictures"
[ "$(grep -c 'are not images' numbers.out)" = 1 ] || fail "a run on numbers does not say once that there are no pictures"
run 0 1 best "$elbow" eval images --best --json

# info: datasets, a checkpoint, a run directory.
for text in '/train: uint8 (90 x 6 x 6)' '/numbers: float32 (61 x 11)' '/valid-labels: uint8 (137)'; do
    grep -qF "$text" info.txt || fail "info of the data does not say $text"
done
for text in 'step  *240 ' 'encoder.head/weight  *20 x 6' 'encoder.0/weight  *36 x 20' 'latent: 3'; do
    grep -q "$text" info-run.txt || fail "info of a run does not say $text"
done
"$make_data" write texts.h5 /names string 3,2 bits
run 0 1 info-texts "$elbow" info texts.h5
grep -q '^/names holds texts, integers or floats were expected' info-texts.out || fail "info does not tell of texts"
run 0 1 info-checkpoint "$elbow" info "$checkpoint"
same_file "info of a run and of its last checkpoint" info-run.txt info-checkpoint.out

# config: its output, read again, gives the same output and contains the settings; --explain lists each of its keys.
run 0 1 config-again "$elbow" config config.yaml
same_file "config of its own output" config.yaml config-again.out
grep -qx '  rate: 0.5' config.yaml || fail "config --set train.rate=0.5 does not show"
same_file "the run's config.yaml" images/config.yaml <("$elbow" config images/config.yaml)
run 0 1 explain "$elbow" config --explain
awk '/^[a-z_0-9]+:/ { section = $1; sub(/:.*/, "", section); if ($2 != "") print section; next }
     /^  [a-z_0-9]+:/ { key = $1; sub(/:.*/, "", key); print section "." key }' config.yaml >keys
[ "$(wc -l <keys)" -gt 40 ] || fail "config prints only $(wc -l <keys) keys"
while read -r key; do
    grep -q "^$key: " explain.out || fail "config --explain does not tell $key"
done <keys
for file in "$source_directory"/configs/*.yaml "$source_directory"/configs/*/*.yaml; do
    run 0 1 first "$elbow" config "$file"
    run 0 1 second "$elbow" config first.out
    same_file "config $file" first.out second.out
done

# Help and version: on standard output only, and once on any number of ranks.
for words in --help -h help --version "train --help" "eval -h" "encode --help" "sample --help" "reconstruct --help" "score --help" \
    "info --help" "config --help" "bench --help" "doctor --help" "help train"; do
    # shellcheck disable=SC2086 # words
    run 0 1 help "$elbow" $words
    [ -s help.out ] || fail "elbow $words: nothing on standard output"
    [ ! -s help.err ] || fail "elbow $words: $(cat help.err)"
done
run 0 2 help "$elbow" --help
[ "$(grep -c '^usage:' help.out)" = 1 ] || fail "elbow --help on two ranks: $(grep -c '^usage:' help.out) times"
rows=$(sed -nE '/^#define ELBOW_COMMAND_LIST/,/^$/s/^ +X\(([a-z]+)\).*/\1/p' "$source_directory/include/elbow/cli/command.h")
[ "$(wc -w <<<"$rows")" -ge 9 ] || fail "no list of commands: $rows"
for command in $rows; do
    grep -q "^  $command " help.out || fail "elbow --help does not list $command"
done
run 0 1 help-train "$elbow" help train
run 0 1 train-help "$elbow" train --set train.epochs=3 --help
same_file "elbow help train and elbow train --help" help-train.out train-help.out
finish
