#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow map and elbow compare: the same bytes on 1, 2 and 3 ranks; the coordinates are the means that encode writes, along the
# dimensions of the largest KL; pictures show the names of classes; each error is one sentence. compare prints means and paired
# differences of the rows that encode writes.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 90,6,6 bytes
"$make_data" write data.h5 /labels i16 90 labels
"$make_data" write data.h5 /flat f32 40,9 normal
"$make_data" write data.h5 /names string 90 names
"$make_data" write data.h5 /numbers f64 90 normal
cat >images.yaml <<'Y'
data: {file: data.h5, train: /train, labels: /labels}
model: {latent: 4, likelihood: gaussian, encoder: [dense: {units: 20, activation: tanh}], decoder: [dense: {units: 20, activation: tanh}]}
train: {epochs: 30, batch: 24, microbatch: 4, rate: 1.0e-2}
Y
sed 's/latent: 4/latent: 2/' images.yaml >plane.yaml
sed 's/latent: 4/latent: 3, posterior: deterministic/' images.yaml >plain.yaml
sed 's|train: /train, labels: /labels|train: /flat|' images.yaml >flat.yaml
for name in images plane plain flat; do run 0 1 $name "$elbow" train $name.yaml --run-dir $name; done

# alike OUTPUT word...: the command on 1, 2 and 3 ranks; @ is the output file. Leaves OUTPUT.
alike() {
    local output=$1 ranks
    shift
    for ranks in 1 2 3; do
        run 0 $ranks map "$elbow" "${@/#@/$ranks.$output}" || return
        same_file "elbow $*" "1.$output" "$ranks.$output"
    done
    mv "1.$output" "$output"
}
alike map.png map images -o @
alike principal.h5 map images -o @ --principal --pairs 4 --names /names
run 0 1 pairs "$elbow" map images -o pairs.svg --pairs 3
run 0 1 grid "$elbow" map plane -o grid.pdf --grid 4
run 0 1 line "$elbow" map images -o line.svg --dimensions 1
run 0 1 csv "$elbow" map images -o map.csv
run 0 1 density "$elbow" map plain -o density.csv --colour density --dimensions 2
run 0 1 numbers "$elbow" map images -o numbers.csv --colour data.h5:/numbers --dimensions 3,0,1
run 0 1 named "$elbow" map images -o named.svg --labels /names
run 0 1 codes "$elbow" encode images -o codes.csv

[ "$(head -c 4 map.png | tail -c 3)" = PNG ] || fail "map.png is no PNG"
[ "$(head -c 5 grid.pdf)" = %PDF- ] || fail "grid.pdf is no PDF"
for text in ">0</text>" ">3</text>" "share of the rows" "(KL "; do grep -qF "$text" pairs.svg || fail "pairs.svg lacks $text"; done
grep -qF 'share of the rows' line.svg || fail "line.svg is no histogram"
grep -qF '>r0</text>' named.svg || fail "named.svg has no names of classes"

# The axes are those of the largest KL, and the coordinates are the means.
order=$(awk -F, 'NR > 1 { for (j = 1; j <= 4; ++j) kl[j] += $j ^ 2 + exp($(j + 4)) - 1 - $(j + 4) } END { for (j = 1; j <= 4; ++j) print j - 1, kl[j] }' codes.csv |
    sort -k2,2gr | awk 'NR <= 2 { printf "%sz%s", (NR > 1 ? "," : ""), $1 }')
[ "$(head -n 1 map.csv)" = "row,$order,labels" ] || fail "map.csv begins with $(head -n 1 map.csv), the largest KL are $order"
for axis in ${order/,/ }; do
    # In blocks of other sizes some processors round the sums of a product differently, in single precision.
    paste <(table_column map.csv "$axis") <(table_column codes.csv "mean_${axis#z}") |
        awk '{ d = ($1 - $2) / (1 + ($1 < 0 ? -$1 : $1)); if (NF != 2 || d * d > 1e-10) bad = 1 } END { exit bad || NR == 0 }' ||
        fail "map.csv: $axis is not the mean that encode writes"
done
cmp -s <(table_column map.csv labels) <("$make_data" print data.h5 /labels) || fail "map.csv: other labels"
cmp -s <(table_column map.csv row) <(seq 0 89) || fail "map.csv: other rows"
[ "$(head -n 1 numbers.csv)" = row,z3,z0,z1,value,labels ] || fail "numbers.csv begins with $(head -n 1 numbers.csv)"
cmp -s <(table_column numbers.csv value | awk '{ printf "%.9g\n", $1 }') <("$make_data" print data.h5 /numbers | awk '{ printf "%.9g\n", $1 }') ||
    fail "numbers.csv: other numbers"
table_column density.csv density | awk '!($1 > 0) { exit 1 }' || fail "a density that is not above 0"
# Principal components: their total variance is that of the means, and the largest comes first.
variance() { awk -F, '{ for (i = 1; i <= NF; ++i) { sum[i] += $i; square[i] += $i * $i } } END { for (i = 1; i <= NF; ++i) printf "%.9g ", (square[i] - sum[i] ^ 2 / NR) / (NR - 1) }'; }
read -r -a parts <<<"$(paste -d, <("$make_data" print principal.h5 /pc1) <("$make_data" print principal.h5 /pc2) <("$make_data" print principal.h5 /pc3) <("$make_data" print principal.h5 /pc4) | variance)"
read -r -a means <<<"$(awk -F, 'NR > 1 { print $1 "," $2 "," $3 "," $4 }' codes.csv | variance)"
holds "${parts[0]} >= ${parts[1]} && ${parts[1]} >= ${parts[2]} && ${parts[2]} >= ${parts[3]}" || fail "the components' variances: ${parts[*]}"
holds "(${parts[0]} + ${parts[1]} + ${parts[2]} + ${parts[3]} - ${means[0]} - ${means[1]} - ${means[2]} - ${means[3]}) ^ 2 < 1e-8" ||
    fail "the variance of the components is not that of the means: ${parts[*]}; ${means[*]}"

# refused SENTENCE word...: status 2, one sentence, no file.
refused() {
    local sentence=$1
    shift
    run 2 1 refused "$elbow" map "$@"
    grep -qE "$sentence" refused.err || fail "elbow map $*: $(cat refused.err)"
    for file in x.*; do [ ! -e "$file" ] || fail "elbow map $*: left $file"; done
}
refused 'the name must end in .png, .svg, .pdf, .h5 or .csv' images -o x.jpg
refused 'there is no 4; the model has 0 to 3' images -o x.png --dimensions 1,4
refused '1 is given twice' images -o x.png --dimensions 1,1
refused 'expected up to 8 numbers of dimensions' images -o x.png --dimensions 1,-2
refused 'each names the axes' images -o x.png --dimensions 1,2 --principal
refused 'needs as many latent dimensions, and there are 4' images -o x.png --pairs 5
refused 'two latent dimensions, and this one has 4' images -o x.png --grid 4
refused 'cannot contain pictures' plane -o x.csv --grid 4
refused 'leave --principal and --pairs out' plane -o x.png --grid 4 --principal
refused 'expected a dataset such as /test/colour' images -o x.png --colour blue
refused 'x.png cannot hold names' images -o x.png --names /names
refused 'one axis is drawn as a histogram' images -o x.png --dimensions 1 --colour density
run 1 1 refused "$elbow" map images -o map.png
grep -q 'map.png' refused.err || fail "a map that is there was replaced: $(cat refused.err)"
run 0 1 replaced "$elbow" map images -o map.png --force

# compare: means, differences and their errors, from the rows of encode.
alike compare.png compare images plane plain -o @
for ranks in 1 3; do run 0 $ranks json.$ranks "$elbow" compare images plane plain --json; done
same_file "elbow compare --json" json.1.out json.3.out
run 0 1 plane.codes "$elbow" encode plane -o plane.csv
figure() { grep "\"run\": \"$1\"" json.1.out | grep -oE "\"$2\": *[^,}]+" | sed -n "${3}s/.*: *//p"; }
told=$(paste -d, <(table_column codes.csv elbo) <(table_column plane.csv elbo) | awk -F, '{ d = $2 - $1; sum += d; square += d * d } END { mean = sum / NR; print mean, sqrt((square / NR - mean * mean) / (NR - 1)) }')
holds "($(figure plane elbo 2) - ${told% *}) ^ 2 < 1e-8 && ($(figure plane elbo_se 2) - ${told#* }) ^ 2 < 1e-8" ||
    fail "compare: the difference is $(figure plane elbo 2) +- $(figure plane elbo_se 2), by the rows $told"
[ "$(figure plain elbo 1)$(figure plain recon 1 | cut -c 1)" = - ] || fail "compare: an autoencoder has recon alone: $(cat json.1.out)"
run 0 1 screen "$elbow" compare images plane --data data.h5:/train
grep -q '^difference from images, row by row' screen.out || fail "compare prints no differences: $(cat screen.out)"
run 0 1 other "$elbow" compare images flat
grep -q '^flat: evaluated on other rows' other.out || fail "compare pairs other rows: $(cat other.out)"
for wrong in 'found 1 run, expected 2 to 8|images' 'not a format of plots|images plane -o x.csv' 'nowhere|images nowhere'; do
    # shellcheck disable=SC2086 # words
    "$elbow" compare ${wrong#*|} >refused.out 2>refused.err && fail "elbow compare ${wrong#*|} was not refused"
    grep -q "${wrong%%|*}" refused.err || fail "elbow compare ${wrong#*|}: $(cat refused.err)"
done
finish
