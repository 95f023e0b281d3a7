#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Selection of samples: ranges, lists and masks, held-back shares, windows of series; datasets beside the rows. The model's input
# is compared with the stored values; held-back rows are compared with an independent calculation of the permutation.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /x f32 200,6 normal chunk=17 deflate=3
"$make_data" write data.h5 /valid f32 20,6 normal seed=7
"$make_data" write data.h5 /five i64 200 labels
"$make_data" write data.h5 /names string 200 names
"$make_data" write data.h5 /list i64 5 values values=199,0,17,16,101
"$make_data" write data.h5 /mask u8 5 values values=0,1,1,0,1
"$make_data" write data.h5 /few f32 5,6 normal seed=3
"$make_data" write data.h5 /s f32 6,25,2 normal chunk=4 deflate=1
"$make_data" write data.h5 /c f32 6,2,25 normal
"$make_data" write data.h5 /flat f32 6,25 normal
"$make_data" write data.h5 /ones f64 200 values "values=$(yes 1 | head -n 200 | paste -sd,)"
"$make_data" write data.h5 /w f64 200,1 unit
for form in tall flat; do
    if [ $form = tall ]; then list=5,1 rows=200,1; else list=1,5 rows=1,200; fi
    "$make_data" write data.h5 /list-$form i64 $list values values=199,0,17,16,101
    "$make_data" write data.h5 /w-$form f64 $rows values "values=$(seq 3 202 | paste -sd,)"
    "$make_data" write data.h5 /five-$form i64 $rows values "values=$(for i in {0..199}; do printf '%d,' $((i % 5)); done)"
done
"$make_data" write data.h5 /recording f32 300,5 normal
"$make_data" write data.h5 /channels f32 2,5000 normal
"$make_data" print data.h5 /x >x
"$make_data" print data.h5 /few >few

cat >run.yaml <<'Y'
data: {file: data.h5, train: /x, labels: /five, names: /names}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 5}], decoder: [dense: {units: 5}]}
train: {steps: 6, batch: 4, microbatch: 1}
log: {every: 1}
eval: {every: 3}
samples: {count: 0}
Y

# trained NAME KEY=VALUE...: a run of one rank in NAME.
trained() {
    local name=$1 sets=() setting
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    run 0 1 "$name" "$elbow" train run.yaml --run-dir "$name" "${sets[@]}"
}
# sees NAME COUNT: the first COUNT originals of its data are the lines of `expected`; their rows go to NAME.row.
sees() {
    run 0 1 "$1.see" "$elbow" reconstruct "$1" -o "$1.h5" -n "$2" || return
    "$make_data" print "$1.h5" /originals | cmp -s - expected || fail "$1: other values"
    "$make_data" print "$1.h5" /row >"$1.row"
}
# rows NAME: the output of `elbow encode` on three ranks, one line per row.
rows() {
    run 0 3 "$1.encode" "$elbow" encode "$1" -o "$1.csv" || return
    awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } { print $at["row"] }' "$1.csv"
}

trained range 'data.rows=[50, 149]'
sed -n 51,150p x >expected
sees range 100
seq 50 149 | cmp -s - range.row || fail "range: rows $(paste -sd' ' range.row)"
trained list data.rows=/list
sed -n '1p;17,18p;102p;200p' x >expected
sees list 5
printf '%s\n' 0 16 17 101 199 | cmp -s - list.row || fail "list: rows $(paste -sd' ' list.row)"
trained mask data.train=/few data.rows=/mask data.labels= data.names= train.batch=3
sed -n '2,3p;5p' few >expected
sees mask 3

# Lists that MATLAB wrote are (1, N): the same run, for lists of rows, weights, conditions and groups.
told=(data.labels= data.names= 'model.decoder=[dense: {units: 5}]')
for form in tall flat; do
    trained list-$form "${told[@]}" data.rows=/list-$form data.weights=/w-$form "data.condition={dose: /w-$form}"
    trained groups-$form "${told[@]}" data.groups=/five-$form data.valid=0.2
done
for name in list- groups-; do
    cmp -s <(cut -d, -f1-6 ${name}tall/metrics.csv) <(cut -d, -f1-6 ${name}flat/metrics.csv) || fail "(1, N): other figures: $(cat ${name}flat/metrics.csv)"
done

# Names, labels and rows of an output belong together.
run 0 3 beside "$elbow" encode list -o beside.csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["names"] != "\"r" $at["row"] "\"" || $at["labels"] != $at["row"] % 5 { exit 1 } END { exit NR != 6 }' beside.csv ||
    fail "names and labels: $(cat beside.csv)"

# Names begin the lines of a CSV of pairs, on any number of ranks. If an output cannot hold names, the program does not look for
# them, and a request for them is refused.
for ranks in 1 3; do
    run 0 $ranks list.csv "$elbow" reconstruct list -o pairs.$ranks.csv -n 5
    cut -d, -f1 pairs.$ranks.csv | cmp -s - <(printf '"r%d"\n' 0 0 16 16 17 17 101 101 199 199) || fail "names of pairs: $(cut -d, -f1 pairs.$ranks.csv)"
    awk -F, 'NF != 7 { exit 1 }' pairs.$ranks.csv || fail "pairs: $(head -n 2 pairs.$ranks.csv)"
done
cmp -s pairs.1.csv pairs.3.csv || fail "pairs depend on the ranks"
"$make_data" write pictures.h5 /x u8 8,4,4 bytes
"$make_data" write pictures.h5 /names string 8 names
trained pictures data.file=pictures.h5 data.train=/x data.labels= model.likelihood=bernoulli
mv pictures.h5 moved.h5
"$make_data" write pictures.h5 /x u8 8,4,4 bytes # without names
run 0 1 picture "$elbow" reconstruct pictures -o pairs.png
run 1 1 no-names "$elbow" reconstruct pictures -o no-names.csv
run 2 3 refused "$elbow" reconstruct pictures -o refused.png --names moved.h5:/names
grep -q '^elbow: --names moved.h5:/names: refused.png cannot hold names' refused.err || fail "--names for a PNG: $(cat refused.err)"
[ ! -e refused.png ] || fail "--names for a PNG, which was made"
run 0 1 given "$elbow" reconstruct pictures -o given.csv --names moved.h5:/names -n 1
cut -d, -f1 given.csv | cmp -s - <(printf '"r0"\n"r0"\n') || fail "--names for a CSV: $(cut -d, -f1 given.csv)"

# A share: the rows of the permutation, with any seed of the run; training has the others.
trained share data.valid=0.05
rows share >found
printf '%s\n' 40 50 55 60 63 81 89 95 133 169 | cmp -s - found || fail "share: $(paste -sd' ' found)"
grep -q '^data: 190 of 200 rows$' share.out || fail "share: $(grep '^data' share.out)"
grep -q '^memory of a rank in addition: [0-9.]* .* for the selection of rows$' share.out || fail "share: $(grep '^memory' share.out)"
trained other-seed data.valid=0.05 seed=9
rows other-seed | cmp -s - found || fail "the run's seed moves the split"
trained third data.valid=0.05 data.split_seed=3
rows third >third.rows
printf '%s\n' 3 5 30 59 77 80 84 88 109 145 | cmp -s - third.rows || fail "split_seed: $(paste -sd' ' third.rows)"
trained groups data.valid=0.2 data.groups=/five
seq 0 5 199 >expected
rows groups | cmp -s - expected || fail "groups: not all of one value"
run 0 1 pairs "$elbow" reconstruct groups -o pairs.h5 -n 7
grep -q 'pairs.h5: the first 7 of 40 held-back samples (rows \([0-9]*, \)\{3\}\.\.\. of the file) and their' pairs.out ||
    fail "pairs: $(cat pairs.out)"
said=$(sed -n 's/.*(rows \(.*\), \.\.\. of the file.*/\1/p' pairs.out)
[ "$said" = "$("$make_data" print pairs.h5 /row | head -n 3 | paste -sd, | sed 's/,/, /g')" ] || fail "pairs: rows $said"
for words in 'data: 160 of 200 rows, with 1 of 5 groups held back' ': 40 of 200 rows, with 1 of 5 groups held back'; do
    grep -q "$words\$" groups.out || fail "groups: no '$words': $(grep ' of 200 rows' groups.out)"
done
run 0 1 eval.1 "$elbow" eval share --json
run 0 3 eval.3 "$elbow" eval share --json
same_file "eval of a share" eval.1.out eval.3.out
grep -q '"samples": 10,' eval.1.out || fail "eval: $(cat eval.1.out)"
run 0 1 whole "$elbow" eval share --data data.h5:/x --json
# A row has the same noise wherever it appears: its number in the file is the key.
run 0 1 all "$elbow" encode share -o all.csv --data data.h5:/x
awk -F, 'FNR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    NR == FNR { held[$at["row"]] = $0; next }
    (FNR - 2) in held { ++found; split(held[FNR - 2], was, ",")
        for (i = 1; i <= 7; ++i) if (($i - was[i]) ^ 2 > 1e-8 * (1 + was[i] ^ 2)) exit 1 }
    END { exit found != 10 }' share.csv all.csv || fail "rows that are held back have other figures than among all rows"
grep -q '"samples": 200,' whole.out || fail "eval --data: $(cat whole.out)"

trained channels data.train=/channels 'data.series={length: 20}' data.labels= data.names= train.steps=1
grep -q 'data.h5:/channels: has 2 series of about 5000 points; if it is one recording of 2 channels' channels.err || fail "channels as series: $(cat channels.err)"

# Windows of each row, at 0, 7, 14; no window has the last points of a row. The channels come first or last.
windows() { # the columns of a window in a row: `at(start, time, channel)`
    awk -F, "{ for (start = 0; start < 21; start += 7) { line = \"\"
        for (t = 0; t < 9; ++t) for (c = 0; c < $1; ++c) line = line (line == \"\" ? \"\" : \",\") \$($2)
        print line } }" >expected
}
series=('data.series={length: 9, step: 7}' data.labels= data.names=)
"$make_data" print data.h5 /s | windows 2 '(start + t) * 2 + c + 1'
trained series "${series[@]}" data.train=/s
sees series 18
grep -q 'one recording' series.err && fail "usual series are warned of: $(cat series.err)"
"$make_data" print data.h5 /c | windows 2 'c * 25 + start + t + 1'
trained first "${series[@]}" data.train=/c data.channels=first
sees first 18
run 1 1 round "$elbow" encode series --data data.h5:/c -o round.h5
grep -q 'shorter than the windows of 9 of the checkpoint; if the other axis, of 25, is time, swap the axes, as numpy.moveaxis(x, 1, 2) does' round.err || fail "$(cat round.err)"
"$make_data" print data.h5 /flat | windows 1 'start + t + 1'
trained flat "${series[@]}" data.train=/flat
sees flat 18
"$make_data" print series.h5 /start | paste -sd' ' | grep -qx '0 7 14 0 7 14 0 7 14 0 7 14 0 7 14 0 7 14' || fail "starts"
uniq -c series.row | awk '$1 != 3 || $2 != NR - 1 { exit 1 }' || fail "rows of windows: $(paste -sd' ' series.row)"
trained held "${series[@]}" data.train=/s data.valid=0.5
rows held | uniq -c | awk '$1 != 3 { exit 1 } END { exit NR != 3 }' || fail "a series was torn apart"

# Several files: datasets beside the rows are read from each file, and outputs name the file of each row.
for file in a:30:5 b:25:6; do
    IFS=: read -r name count seed <<<"$file"
    "$make_data" write "$name.h5" /x f32 "$count,6" normal "seed=$seed" chunk=7
    "$make_data" write "$name.h5" /five i64 "$count" labels
    "$make_data" write "$name.h5" /names string "$count" names
done
several=(data.file= 'data.train=[a.h5:/x, b.h5:/x]' data.labels=/five)
trained several "${several[@]}" data.valid=0.2 data.groups=/five data.weights=/five
run 0 3 several.encode "$elbow" encode several -o several.csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["names"] != "\"r" $at["row"] "\"" || $at["file_name"] != ($at["file"] == 0 ? "\"a.h5:/x\"" : "\"b.h5:/x\"") ||
        $at["row"] % 5 != 0 || $at["labels"] != 0 { exit 1 }
    { ++count[$at["file"]] } END { exit count[0] != 6 || count[1] != 5 }' several.csv || fail "several: $(cat several.csv)"
trained border "${several[@]}" 'data.rows=[28, 31]'
{ "$make_data" print a.h5 /x | tail -n 2; "$make_data" print b.h5 /x | head -n 2; } >expected
sees border 4
printf '%s\n' 28 29 0 1 | cmp -s - border.row || fail "border: rows $(paste -sd' ' border.row)"
"$make_data" print border.h5 /file | paste -sd' ' | grep -qx '0 0 1 1' || fail "border: files"

# Weights of 1 have no effect; other weights change training, but not evaluation.
trained plain data.valid=/valid
trained ones data.valid=/valid data.weights=/ones
trained weighted data.valid=/valid data.weights=/w
diff -q <(columns plain/metrics.csv) <(columns ones/metrics.csv) >/dev/null || fail "weights of 1 change training"
diff -q <(columns plain/metrics.csv) <(columns weighted/metrics.csv) >/dev/null && fail "weights change nothing"

# Only the ratios of weights matter, to the last bit where the factor is a power of two.
"$make_data" write data.h5 /low f64 200 values "values=$(yes 0x1p-1000,0,0x3p-1000,0 | head -n 50 | paste -sd,)"
"$make_data" write data.h5 /high f64 200 values "values=$(yes 1,0,3,0 | head -n 50 | paste -sd,)"
trained low data.valid=/valid data.weights=/low
trained high data.valid=/valid data.weights=/high
diff <(columns low/metrics.csv) <(columns high/metrics.csv) || fail "low weights are other weights"

# A resume keeps the split, on any number of ranks, and refuses another one.
split=(--set data.valid=0.2 --set data.groups=/five --set data.weights=/w)
run 75 1 stop "$elbow" train run.yaml --run-dir again "${split[@]}" --set run.stop_after=3
run 2 1 other-share "$elbow" train run.yaml --run-dir again --resume "${split[@]}" --set data.valid=0.4
run 2 1 other-split "$elbow" train run.yaml --run-dir again --resume "${split[@]}" --set data.split_seed=1
run 1 1 other-groups "$elbow" train run.yaml --run-dir again --resume "${split[@]}" --set data.groups=/names
run 1 1 other-weights "$elbow" train run.yaml --run-dir again --resume "${split[@]}" --set data.weights=/ones
run 1 1 no-weights "$elbow" train run.yaml --run-dir again --resume "${split[@]}" --set data.weights=
for refusal in other-share other-split other-groups other-weights no-weights; do
    [ "$(grep -c '^elbow: ' $refusal.err)" = 1 ] || fail "$refusal: $(cat $refusal.err)"
done
run 0 3 go-on "$elbow" train run.yaml --run-dir again --resume "${split[@]}"
run 0 1 once "$elbow" train run.yaml --run-dir once "${split[@]}"
same_file resume again/checkpoints/step-00000006.h5 once/checkpoints/step-00000006.h5

# Settings without a possible meaning get one sentence.
"$make_data" write data.h5 /twice i64 3 values values=5,1,5
"$make_data" write data.h5 /beyond i64 2 values values=5,200
"$make_data" write data.h5 /half-mask u8 3 values values=1,0,1
"$make_data" write data.h5 /fraction f64 2 values values=1,0.5
"$make_data" write data.h5 /minus f64 200 normal
"$make_data" write data.h5 /nothing f64 200 values "values=$(yes 0 | head -n 200 | paste -sd,)"
"$make_data" write data.h5 /nan f64 200 values "values=nan,$(yes 1 | head -n 199 | paste -sd,)"
"$make_data" write data.h5 /huge f64 200 values "values=$(yes 1e308 | head -n 200 | paste -sd,)"
"$make_data" write data.h5 /tiny f64 200 values "values=1e-308,$(yes 0 | head -n 199 | paste -sd,)"
# wrong SENTENCE KEY=VALUE...
wrong() {
    local sentence=$1 sets=() setting ranks
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    for ranks in 1 3; do
        run 1 $ranks wrong "$elbow" train run.yaml --run-dir wrong "${sets[@]}"
        [ "$(grep -c '^elbow: ' wrong.err)" = 1 ] || fail "$*: no one sentence: $(cat wrong.err)"
        grep -qF "$sentence" wrong.err || fail "$*: $(cat wrong.err)"
        [ -e wrong ] && fail "$*: left a directory"
    done
}
wrong 'data.h5:/x: has 200 rows, but data.rows: [0, 200] ends at row 200' 'data.rows=[0, 200]'
wrong 'data.h5:/twice: entry 2 names row 5 a second time' data.rows=/twice
wrong 'data.h5:/beyond: entry 1 is 200, but rows are numbered from 0 to 199' data.rows=/beyond
wrong 'data.h5:/half-mask: is a mask of 3 numbers, but data.h5:/x has 200 rows' data.rows=/half-mask
wrong 'data.h5:/fraction: entry 1 is 0.5, but data.rows takes whole numbers' data.rows=/fraction
wrong 'data.h5:/x: data.valid: 0.001 of 200 rows leaves nothing to validate on' data.valid=0.001
wrong 'data.h5:/list: has 5 values, but data.h5:/x has 200 rows' data.valid=0.2 data.groups=/list
wrong 'data.h5:/w: row 0 holds 0.' data.valid=0.2 data.groups=/w
grep -q 'but data.groups takes whole numbers or texts, the same for rows that belong together' wrong.err || fail "groups of fractions: $(cat wrong.err)"
wrong 'data.h5:/x: data.groups takes one whole number or text per row, but this has the shape 200 x 6' data.valid=0.2 data.groups=/x
wrong 'data.h5:/minus: row ' data.weights=/minus
wrong 'data.h5:/nan: row 0 holds nan, but data.weights takes finite numbers of at least 0' data.weights=/nan
wrong 'data.h5:/nothing: the weights of all samples add up to 0; some must be above 0' data.weights=/nothing
wrong 'data.h5:/huge: the weights of all samples add up to too large a number to be scaled to a mean of 1; only their ratios matter, so divide' data.weights=/huge
wrong 'data.h5:/tiny: the weights of all samples add up to too small a number to be scaled to a mean of 1; only their ratios matter, so multiply' data.weights=/tiny
wrong 'data.h5:/list: has 5 numbers, but data.h5:/x has 200 rows' data.weights=/list
wrong 'data.h5:/five: is not a dataset of texts, but data.names is a dataset of texts' data.names=/five
wrong 'data.h5: dataset /none not found' data.names=/none
wrong 'data.h5:/s: its series have 25 points, which is shorter than data.series.length: 26' data.train=/s 'data.series={length: 26}' data.labels= data.names=
wrong 'data.h5:/recording: its series have 5 points, which is shorter than data.series.length: 20; if it is one recording of 300 points with 5 channels, cut it into series first' \
    data.train=/recording 'data.series={length: 20}' data.labels= data.names=
"$make_data" write data.h5 /turned f32 2,300 normal
wrong 'data.h5:/turned: data.valid: 0.1 of 2 rows leaves nothing to validate on; take another share, or more data; if the rows are the channels of one recording, (channels, points), transpose it' \
    data.train=/turned data.valid=0.1 'data.series={length: 20}' data.labels= data.names=
wrong 'its series have 2 points, which is shorter than data.series.length: 20; if the other axis, of 25, is time, set data.channels: first' \
    data.train=/c 'data.series={length: 20}' data.labels= data.names=
wrong 'its series have 2 points, which is shorter than data.series.length: 20; if the other axis, of 25, is time, set data.channels: last' \
    data.train=/s 'data.series={length: 20}' data.channels=first data.labels= data.names=
finish
