#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow score: the same bytes each time and on any number of ranks, figures equal to those of eval, p-values and selection by
# definition, labels, another model beside it; each error in one sentence.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"

# `good` and its data.h5 are those of lib-errors.sh.
"$make_data" write rows.h5 /train f32 200,12 normal
"$make_data" write rows.h5 /new f32 61,12 normal seed=2 set=90@7,3
"$make_data" write rows.h5 /calibration f32 99,12 normal seed=3
"$make_data" write rows.h5 /few f32 5,12 normal seed=3
"$make_data" write rows.h5 /anomalies u8 61 bits
"$make_data" write rows.h5 /classes i64 61 labels
"$make_data" write rows.h5 /ones u8 61 known
"$make_data" write rows.h5 /names string 61 names
cat >score.yaml <<'Y'
data: {file: rows.h5, train: /train}
model: {latent: 3, likelihood: gaussian, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 3, batch: 40, microbatch: 8, rate: 0.01}
Y
run 0 1 train "$elbow" train score.yaml --run-dir model
run 0 1 other "$elbow" train score.yaml --run-dir other --set seed=2 --set model.latent=2 --set train.epochs=1
run 0 1 plain "$elbow" train score.yaml --run-dir plain --set model.posterior=deterministic

# Twice, and on three ranks: the same bytes, and the same text.
all=(score model --data rows.h5:/new --calibrate rows.h5:/calibration --fdr 0.2 --labels /anomalies --names /names --importance 5
    --against other --pca 2 --force)
for ranks in 1 2 3; do
    run 0 $ranks "ranks.$ranks" "$elbow" "${all[@]}" -o all.h5 --json
    mv all.h5 all.$ranks.h5
    run 0 $ranks "words.$ranks" "$elbow" "${all[@]}" -o all.csv
    mv all.csv all.$ranks.csv
done
run 0 1 again "$elbow" "${all[@]}" -o all.h5 --json
for ranks in 2 3; do
    for file in all.{}.h5 all.{}.csv ranks.{}.out words.{}.out; do same_file "score on $ranks ranks" "${file/\{\}/1}" "${file/\{\}/$ranks}"; done
done
same_file "score again" all.1.h5 all.h5
same_file "score again" ranks.1.out again.out
for column in score p_value selected recon kl elbo deviance log_likelihood effective_samples against labels anomaly names; do
    head -n 1 all.1.csv | tr ',' '\n' | grep -qx "$column" || fail "no column $column: $(head -n 1 all.1.csv)"
done
[ "$(table_column all.1.csv names | sed -n 8p | tr -d '"')" = r7 ] || fail "row 7 is called $(table_column all.1.csv names | sed -n 8p)"

# The figures of a row are those of eval; the score is computed from them.
run 0 1 own "$elbow" score model -o own.csv --data rows.h5:/new
run 0 1 beside "$elbow" score other -o beside.csv --data rows.h5:/new
run 0 1 eval "$elbow" eval model --data rows.h5:/new --importance 5 --json
for figure in elbo recon kl deviance log_likelihood; do
    mean=$(table_column all.1.csv $figure | awk '{ sum += $1 } END { printf "%.9g", sum / NR }')
    holds "($mean - ($(value eval.out $figure))) ^ 2 < 1e-15 * ($mean) ^ 2" || fail "mean $figure: $mean, not $(value eval.out $figure)"
done
paste -d, <(table_column own.csv score) <(table_column own.csv elbo) <(table_column beside.csv score) <(table_column all.1.csv score) <(table_column all.1.csv against) |
    awk -F, '{ off += $1 != -$2; off += ($1 - $3 - $4) ^ 2 > 1e-18 * $4 ^ 2; off += $3 != $5 } END { exit NR != 61 || off > 0 }' ||
    fail "scores are not -elbo, or not less those of the other model"
grep -qE '^ +7 .* r7$' words.1.out || fail "the unusual row is not listed: $(cat words.1.out)"
for by in recon kl deviance importance; do
    run 0 1 "by.$by" "$elbow" score model -o "$by.csv" --data rows.h5:/new --by $by -n 0
done
paste -d, <(table_column recon.csv score) <(table_column recon.csv recon) <(table_column kl.csv score) <(table_column kl.csv kl) \
    <(table_column deviance.csv score) <(table_column deviance.csv deviance) <(table_column importance.csv score) <(table_column importance.csv log_likelihood) |
    awk -F, '{ off += $1 != -$2 || $3 != $4 || $5 != $6 || $7 != -$8 } END { exit NR != 61 || off > 0 }' || fail "scores --by are other figures"
run 0 1 by.plain "$elbow" score plain -o plain.csv --data rows.h5:/new
[ "$(table_column plain.csv score)" = "$(table_column plain.csv recon | sed 's/^-//')" ] || fail "the score of a deterministic model is not -recon"
! head -n 1 plain.csv | grep -qE 'kl|elbo' || fail "a deterministic model has a KL: $(head -n 1 plain.csv)"

# p-values and selected rows, by definition.
run 0 1 normal "$elbow" score model -o normal.csv --data rows.h5:/calibration
run 0 1 calibrated "$elbow" score model -o calibrations.csv --data rows.h5:/new --calibrate rows.h5:/calibration --fdr 0.2 --json
awk -F, 'FNR == NR { s[n++] = $1; next }
         { c = 0; for (i = 0; i < n; ++i) c += s[i] >= $1; off += ((1 + c) / (n + 1) - $2) ^ 2 > 1e-20 } END { exit n != 99 || off > 0 }' \
    <(table_column normal.csv score) <(paste -d, <(table_column calibrations.csv score) <(table_column calibrations.csv p_value)) || fail "other p-values"
table_column calibrations.csv p_value | sort -g | awk '{ if ($1 * 61 <= NR * 0.2 * (1 + 1e-9)) k = NR } END { print k + 0 }' >expected
[ "$(value calibrated.out selected)" = "$(cat expected)" ] || fail "$(value calibrated.out selected) rows are selected, not $(cat expected)"
[ "$(table_column calibrations.csv selected | grep -c 1)" = "$(cat expected)" ] || fail "the column selected has others"
run 0 1 none "$elbow" score model -o none.csv --data rows.h5:/new --calibrate rows.h5:/few --fdr 0.05
grep -q 'no row can ever be selected with 5 rows for calibration, as no p-value is below 0.17; to select a single one of 61 takes at least 1219, to select 10 together 121$' none.out ||
    fail "nothing can be selected, and no message says so: $(cat none.out)"
run 0 1 fewer "$elbow" score plain -o fewer.csv --data rows.h5:/calibration --calibrate rows.h5:/calibration --fdr 0.05
grep -q 'only be selected 20 or more together with 99 rows .*below 0.01; to select a single one of 99 takes at least 1979, to select 10 together 197$' fewer.out ||
    fail "too few to be selected, and no message says so: $(cat fewer.out)"
# The limit: with 59 rows for calibration, one of 3 rows can be selected at 0.05 if it is above all of them; with 58 it cannot.
"$make_data" write rows.h5 /three f32 3,12 normal seed=2 set=90@1,3
for n in 58 59; do
    "$make_data" write rows.h5 /normal$n f32 $n,12 normal seed=3
    run 0 1 three "$elbow" score model -o three.csv --data rows.h5:/three --calibrate rows.h5:/normal$n --fdr 0.05 --json --force
    [ "$(value three.out selected)" = $((n - 58)) ] || fail "$(value three.out selected) of 3 rows selected with $n for calibration"
done
run 0 1 three "$elbow" score model -o three.csv --data rows.h5:/three --calibrate rows.h5:/normal58 --fdr 0.05 --force
grep -q 'only be selected 2 or more together .*a single one of 3 takes at least 59$' three.out || fail "one of 3 rows: $(cat three.out)"
run 0 1 three "$elbow" score model -o three.csv --data rows.h5:/three --calibrate rows.h5:/few --fdr 0.17 --force
grep -q 'only be selected all 3 together with 5 rows' three.out || fail "all of 3 rows: $(cat three.out)"

# Calibration rows that are also scored, that trained the model or that chose its checkpoint: under any path to their file, in
# copies, and if a run has held back a share of them.
calibrated() { # calibrated WORDS-OR-NOTHING RANKS FLAGS...
    run 0 "$2" calibrated "$elbow" score "${@:3}" -o calibrated.csv --force
    if [ -n "$1" ]; then
        [ "$(grep -cE "warning: --calibrate [^ ]+: has $1" calibrated.err)" = 1 ] || fail "${*:3}: $(cat calibrated.err)"
    else
        ! grep -q 'warning: --calibrate' calibrated.err || fail "${*:3}: $(cat calibrated.err)"
    fi
}
ln -s rows.h5 same.h5
"$make_data" write copy.h5 /rows f32 200,12 normal
"$make_data" write copy.h5 /new f32 61,12 normal seed=2 set=90@7,3
run 0 1 halved "$elbow" train score.yaml --run-dir halved --set data.valid=0.3 --set train.epochs=1
run 0 1 chosen "$elbow" train score.yaml --run-dir chosen --set data.valid=/calibration --set train.epochs=1
calibrated "" 1 model --data rows.h5:/new --calibrate rows.h5:/calibration
calibrated 'the rows that are scored.*name other rows' 2 model --data rows.h5:/new --calibrate rows.h5:/new
calibrated 'the rows that are scored' 1 model --data rows.h5:/new --calibrate same.h5:/new
calibrated 'the rows that are scored' 2 model --data rows.h5:/new --calibrate copy.h5:/new
calibrated 'training rows of the model.*name normal rows' 2 model --data rows.h5:/new --calibrate same.h5:/train
calibrated 'training rows of the model' 2 model --data rows.h5:/new --calibrate copy.h5:/rows
calibrated 'training rows of the model' 1 halved --data rows.h5:/new --calibrate rows.h5:/train
calibrated 'the rows that are scored' 1 halved --calibrate rows.h5:/train
calibrated 'the rows with which --best chose the checkpoint' 1 chosen --best --data rows.h5:/new --calibrate rows.h5:/calibration
calibrated "" 1 chosen --data rows.h5:/new --calibrate rows.h5:/calibration

# Labels: classes, and the quality of the ranking for them, beside that of a PCA.
run 0 1 classes "$elbow" score model -o classes.csv --data rows.h5:/new --labels /classes --normal 0 --normal 3 --json
[ "$(value classes.out anomalies) $(value classes.out normal)" = "36 25" ] || fail "classes: $(cat classes.out)"
paste -d, <(table_column classes.csv score) <(table_column classes.csv anomaly) | awk -F, '{ s[NR] = $1; a[NR] = $2 }
    END { for (i in s) for (j in s) if (a[i] == 1 && a[j] == 0) { ++n; if (s[i] > s[j]) ++above } printf "%.9f\n", above / n }' >expected
holds "($(cat expected) - $(value classes.out auroc)) ^ 2 < 1e-16" || fail "AUROC $(value classes.out auroc), not $(cat expected)"
holds "$(value classes.out auroc_low) < $(cat expected) && $(value classes.out auroc_high) > $(cat expected)" || fail "an interval beside its figure"
grep -q '"pca": {"components": 3' <(tr -d '\n' <classes.out | sed 's/  */ /g; s/{ /{/g') || fail "no PCA: $(cat classes.out)"
pictured=(score model -o pictured.csv --data rows.h5:/new --labels /anomalies --force)
for ranks in 1 3; do
    run 0 $ranks curves "$elbow" "${pictured[@]}" --curves curves.png
    mv curves.png curves.$ranks.png
done
same_file curves curves.1.png curves.3.png
run 0 1 curves "$elbow" "${pictured[@]}" --curves curves.svg
for words in 'score: AUROC 0\.' 'PCA of 3: AP 0\.' prevalence; do grep -q "$words" curves.svg || fail "curves.svg has no $words"; done
run 0 1 alone "$elbow" score model -o alone.csv --data rows.h5:/new --labels /anomalies --pca 0 --json
! grep -q '"pca"' alone.out || fail "--pca 0 has a PCA"
# Inverted labels cause a hint, and right ones do not.
"$make_data" write rows.h5 /above i64 61 labels set=7@7,0
for normal in "0 1 2 3 4" 7; do
    read -ra classes <<<"$normal"
    run 0 1 turned "$elbow" score model -o turned.csv --data rows.h5:/new --labels /above "${classes[@]/#/--normal=}" --force --json
    case $normal in
    7) grep -qE 'AUROC 0.[0-9]+ is below 0.5: .*check which labels are normal.*another --by' turned.err || fail "turned labels: $(cat turned.err)" ;;
    *) ! grep -q 'below 0.5' turned.err || fail "labels as they are meant: $(cat turned.err)" ;;
    esac
done
run 0 1 one "$elbow" score model -o one.csv --data rows.h5:/new --labels /ones
grep -q 'no AUROC: no row with a label is normal' one.err || fail "rows of one kind: $(cat one.err)"

# Lines about data that are opened before the error are removed.
refused() { rm -rf 1.* && alone "${@:3}" && sed -i "/^data: /d" 1.err && judge 1 "$@"; }
refused 2 'score: -o FILE is missing' score model
refused 2 'must end in .h5 or .csv' score model -o x.jpg
refused 1 'own.csv: exists already' score model -o own.csv --data rows.h5:/new
refused 2 'rows.h5: is a file that is read' score model -o rows.h5 --force
refused 2 '--by elbows: expected elbo, recon, kl, importance or deviance' score model -o x.h5 --by elbows
refused 2 '--by kl: plain.*has model.posterior: deterministic, without a KL; give --by recon' score plain -o x.h5 --by kl
refused 2 '--importance: plain.*has model.posterior: deterministic' score plain -o x.h5 --importance 3
refused 2 '--fdr selects by p-values.*give --calibrate' score model -o x.h5 --fdr 0.1
refused 2 "--fdr: found '2', expected a share" score model -o x.h5 --calibrate rows.h5:/few --fdr 2
refused 2 '--calibrate :/few: has no file' score model -o x.h5 --calibrate :/few
refused 1 'rows.h5:/classes: has 1 dimension' score model -o x.h5 --calibrate rows.h5:/classes
refused 2 '--normal 1: .*has no labels; give them with --labels' score model -o x.h5 --normal 1
refused 2 '--normal 9: no row of rows.h5:/new has this label .that of row 0 is 0.' score model -o x.h5 --data rows.h5:/new --labels /classes --normal 9
refused 2 'the label of row 2 is 2, but anomalies have the label 1.*--normal CLASS' score model -o x.h5 --data rows.h5:/new --labels /classes
# The most unusual rows, beside their reconstructions. `good` is a model of images.
for ranks in 1 3; do run 0 $ranks drawn "$elbow" score good -o drawn.$ranks.csv -n 4 --picture drawn.$ranks.png; done
same_file picture drawn.1.png drawn.3.png
run 0 1 drawn "$elbow" "${pictured[@]}" -n 4 --picture drawn.h5
# Rows that are not images are lines of a plot.
for ranks in 1 3; do run 0 $ranks lines "$elbow" "${pictured[@]}" -n 4 --picture lines.$ranks.png; done
same_file "rows as lines" lines.1.png lines.3.png
run 0 1 lines "$elbow" "${pictured[@]}" -n 4 --picture lines.svg
! grep -q ': r7<' lines.svg || fail "names without a request: $(grep -oE '>row[^<]*' lines.svg)"
for ranks in 1 2; do run 0 $ranks lines "$elbow" "${pictured[@]}" --names /names -n 4 --picture named.$ranks.svg; done
same_file "names of lines" named.1.svg named.2.svg
grep -qE '>row 7, score [0-9.e+-]+: r7<' named.1.svg || fail "a title lacks its name: $(grep -oE '>row[^<]*' named.1.svg)"
run 0 1 worst "$elbow" reconstruct model -o worst.svg --data rows.h5:/new --worst 2
grep -q '>row 7, recon -' worst.svg || fail "reconstruct --worst as lines: $(cat worst.err)"
[ "$(grep -oE '>row [0-9]+, score [0-9.e+-]+<' lines.svg | wc -l)" = 4 ] || fail "not 4 rows as lines: $(grep -oE '>row[^<]*' lines.svg | head)"
"$make_data" print drawn.h5 /row >rows.txt
awk 'rows && NF { print $1 } $1 == "row" { rows = 1 }' drawn.out | cmp -s - rows.txt || fail "other rows are drawn than listed: $(paste -sd' ' rows.txt), $(cat drawn.out)"
refused 2 'x.svg: a plot has up to 24 panels, not 30; take fewer rows' "${pictured[@]}" -n 30 --picture x.svg
refused 2 '--picture x.h5: has no rows with -n 0' "${pictured[@]}" -n 0 --picture x.h5
refused 2 '--picture x.png: is the file of --curves' "${pictured[@]}" --curves x.png --picture x.png
refused 1 'drawn.h5: exists already' score model -o x.h5 --data rows.h5:/new --picture drawn.h5
refused 2 'x.gif: .*.png, .svg or .pdf' "${pictured[@]}" --curves x.gif
refused 2 '--curves x.png: needs rows that are known to be normal.*rows.h5:/new has none; mark them with --labels' score model -o x.h5 --data rows.h5:/new --curves x.png
refused 2 '--curves pictured.csv: is the file of -o' "${pictured[@]}" --curves pictured.csv
refused 1 'own.csv: exists already|curves.svg: exists already' score model -o x.h5 --data rows.h5:/new --labels /anomalies --curves curves.svg
refused 2 '--against: plain.*without a KL; give --by recon for both' score model -o x.h5 --against plain
refused 1 'nowhere' score model -o x.h5 --against nowhere
refused 1 'rows.h5.*/none|/none' score model -o x.h5 --calibrate rows.h5:/none
"$make_data" write rows.h5 /wide f32 30,13 normal
run 0 1 wide "$elbow" train score.yaml --run-dir wide --set data.train=/wide
refused 2 '--against wide: would score other rows .rows.h5:/wide. than the first model .rows.h5:/train.; give both the same with --data' score model -o x.h5 --against wide
# A conditional model needs the conditions of the calibration rows, too.
"$make_data" write rows.h5 /told i64 200 labels
"$make_data" write rows.h5 /told_new i64 61 labels
"$make_data" write rows.h5 /told_few i64 5 labels
run 0 1 told "$elbow" train score.yaml --run-dir aware --set 'data.condition={kind: /told}'
run 0 1 told "$elbow" score aware -o told.csv --data rows.h5:/new --condition-from /told_new --calibrate rows.h5:/few --calibrate-condition-from /told_few
[ "$(table_column told.csv p_value | wc -l)" = 61 ] || fail "a conditional model: $(cat told.err)"
refused 2 'rows.h5:/few: the model needs the kind of each row, but no dataset is given for it; give --calibrate-condition-from kind=FILE:/dataset' \
    score aware -o x.h5 --data rows.h5:/new --condition-from /told_new --calibrate rows.h5:/few
refused 2 '--calibrate-condition-from /told: the model was trained without data.condition' score model -o x.h5 --data rows.h5:/new --calibrate rows.h5:/few --calibrate-condition-from /told
refused 2 '--calibrate-size /told: no likelihood of the checkpoint has size: data' score model -o x.h5 --data rows.h5:/new --calibrate rows.h5:/few --calibrate-size /told
refused 2 'belong to --calibrate; give it, too' score model -o x.h5 --calibrate-mask /told

[ ! -e x.h5 ] || fail "a mistake left x.h5"
finish
