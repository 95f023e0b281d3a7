#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The page docs/howto/your-own-data.md suffices for a file of each layout: its three lines, unchanged, make a run from such a
# file, on two ranks.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
page=$top/docs/howto/your-own-data.md

"$make_data" write spectra.h5 /x f32 200,64 normal
"$make_data" write photos.h5 /images u8 200,3,12,16 bytes
"$make_data" write digits.h5 /x u8 200,784 bytes
"$make_data" write patients.h5 /x f64 200,12 normal
"$make_data" write patients.h5 /patient i64 200 labels
"$make_data" write sensors.h5 /signal f32 20,300,2 normal
"$make_data" write weather.nc /t2m i16 200,9,8 bytes attribute=scale_factor:0.01 attribute=add_offset:273.15 attribute=missing_value:-32767 \
    set=-32767@3,5
"$make_data" write good.h5 /rows i64 199 values "values=$(seq 0 199 | grep -vx 3 | paste -sd,)"
cp "$top/tests/data/sparse/cells.h5ad" .
awk 'BEGIN { print "name,a,b,c"; for (i = 0; i < 200; ++i) printf "row%d,%.3f,%.1f,%d\n", i, sin(i), 100 * cos(i / 3), i % 7 }' >table.csv
mkdir -p runs pictures/birch pictures/oak
"$make_data" write runs/1.h5 /x f32 150,64 normal
"$make_data" write runs/2.h5 /x f32 50,64 normal seed=2
"$make_data" write lab.mat /x f64 12,200 normal
"$make_data" write buoys.h5 /x f32 200,12 normal gaps=0.2
for i in {1..40}; do cp "$top/tests/data/import/grey8.png" "pictures/$([ $((i % 2)) = 0 ] && echo birch || echo oak)/$i.png"; done

# The imports of the page, except arrays.npz, for which this test has no tool.
awk '/^```/ { inside = $0 == "```sh"; next } inside && /^elbow-import/' "$page" >imports
[ "$(wc -l <imports)" = 3 ] || fail "the page imports with $(wc -l <imports) lines"
while read -r line; do
    case $line in *.npz*) continue ;; esac
    read -r -a words <<<"${line%%#*}"
    run 0 1 import "$build/elbow-import" "${words[@]:1}"
done <imports

# layout NAME TEXT: the next block of YAML trains, and its log has TEXT about the data.
blocks=0
layout() {
    blocks=$((blocks + 1))
    awk -v wanted=$blocks '/^```/ { inside = $0 == "```yaml"; block += inside; next } inside && block == wanted' "$page" >"$1.yaml"
    [ "$(wc -l <"$1.yaml")" = 3 ] || { fail "$1: $(wc -l <"$1.yaml") lines"; return; }
    run 0 2 "$1" "$elbow" train "$1.yaml" --set train.epochs=0 --set train.steps=2 --set samples.count=0 --run-dir "run-$1"
    grep -Eq "^data: .*$2" "$1.out" || fail "$1: no '$2': $(grep '^data' "$1.out")"
}
layout rows 'spectra.h5:/x, 180 samples of 64 float32'
layout first 'photos.h5:/images, 180 samples of 12x16x3 uint8'
layout flat 'digits.h5:/x, 180 samples of 28x28 uint8'
layout share 'patients.h5:/x, 160 samples of 12 float64'
layout series 'sensors.h5:/signal, 144 samples of 64x2 float32'
layout counts 'cells.h5ad:/layers/counts, 36 samples of 9 int64 from 0 to [0-9]+, sparse'
layout packed 'weather.nc:/t2m, 179 samples of 9x8 int16 .*the attributes scale_factor and add_offset'
layout text 'data.h5:/table, 180 samples of 3 float32'
layout pictures 'data.h5:/pictures, 36 samples of .* uint8'
layout many 'runs/1.h5:/x and 1 more file, 180 samples of 64 float32'
layout matlab 'lab.mat:/x, 180 samples of 12 float64'
layout gaps '[0-9.]+ % of the values are missing'
# The page asks for 100 held-back rows; here there are 20.
line=$(grep -E '^elbow reconstruct .* -n 100 ' "$page")
read -r -a words <<<"${line%%#*}"
for ranks in 1 3; do
    run 0 $ranks pairs "$elbow" reconstruct run-rows "${words[@]:3}" --force
    [ "$("$make_data" print pairs.h5 /row | wc -l)" = 20 ] || fail "-n 100 of 20 rows: $("$make_data" print pairs.h5 /row)"
    [ "$(grep -c -- '-n 100: spectra.h5:/x has 20 held-back samples; the output has all of them' pairs.err)" = 1 ] || fail "-n 100: $(cat pairs.err)"
done
run 0 1 pairs "$elbow" reconstruct run-rows -o pairs.h5 --first 15 -n 9 --force
grep -q -- '-n 9: spectra.h5:/x has 5 held-back samples from number 15 on; the output has' pairs.err || fail "-n 9: $(cat pairs.err)"
# The messages about gaps, for this run and with fewer draws.
grep -E '^elbow (eval .*--hide|impute) ' "$page" | sed 's/^elbow //; s/ 500 / 5 /; s/ 20$/ 2/' >told
while read -r line; do
    read -r -a words <<<"${line//runs\/run/run-gaps}"
    run 0 1 gaps.told "$elbow" "${words[@]}"
done <told
[ "$("$make_data" print filled.h5 /draws | wc -l)" = 200 ] || fail "no completions: $(cat told gaps.told.err)"
[ $blocks = "$(grep -c '^```yaml$' "$page")" ] || fail "the page has $(grep -c '^```yaml$' "$page") layouts, $blocks are tried"

# The models of the page on counts, spectra and gaps, and the commands on them, with small stand-ins.
page=$top/docs/howto/counts-spectra-gaps.md
rm filled.h5 pairs.h5
"$make_data" write counts.h5 /x i16 80,31 counts
"$make_data" write gaps.h5 /x f32 60,8,8 unit gaps=0.2
blocks=0
for name in counts spectra gaps; do
    blocks=$((blocks + 1))
    awk -v wanted=$blocks '/^```/ { inside = $0 == "```yaml"; block += inside; next } inside && block == wanted' "$page" >$name.yaml
    grep -qx "# $name.yaml" $name.yaml || fail "block $blocks is not $name.yaml"
    rm -rf "runs/$name"
    run 0 2 "$name.train" "$elbow" train $name.yaml --set train.epochs=1 --set samples.count=4
done
[ $blocks = "$(grep -c '^```yaml$' "$page")" ] || fail "$page: not all models are tried"
grep -E '^elbow (eval|encode|reconstruct|sample|impute) ' "$page" | sed "s/^elbow //; s/#.*//; s/ 100\b/ 10/" >told
[ "$(wc -l <told)" = 8 ] || fail "$page has $(wc -l <told) commands"
while read -r -a words; do run 0 1 after "$elbow" "${words[@]}"; done <told
finish
