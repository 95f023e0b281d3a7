#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Labels in every form that h5py, AnnData and netCDF4 write (tests/data/labels): names, numbers and counts in eval and encode, on
# 1 and 3 ranks; values that are not labels are refused with their row or a cure.
set -u
data=$(cd "$(dirname "$0")/../data/labels" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"
cp "$data"/labels.{h5,nc} "$data/cells.h5ad" .
cat >tiny.yaml <<'END'
data: {file: labels.h5, train: /x, labels: /varying}
model: {latent: 2, likelihood: gaussian, encoder: [dense: {units: 4}], decoder: [dense: {units: 4}]}
train: {steps: 2, batch: 6, microbatch: 2}
END
run 0 1 train "$elbow" train tiny.yaml --run-dir labelled || finish
grep -qF 'labels: labels.h5:/varying, 3 names (Küste, setosa, virginica); 2 of 12 samples have no label' train.out ||
    fail "training says nothing of its labels: $(cat train.out)"

# One warning for both sides of a split, also if the labels are a condition, too, and at a resume.
split=("$elbow" train tiny.yaml --set data.valid=0.3)
run 0 1 first "${split[@]}" --run-dir split
run 0 1 again "${split[@]}" --run-dir split --resume --set train.steps=3
run 0 2 aware "${split[@]}" --run-dir aware --set 'data.condition={kind: /varying}' --set model.condition.dropout=0.1
for start in first again aware; do
    [ "$(grep -c '^labels: labels.h5:/varying, 3 names' $start.out)" = 1 ] || fail "labels of a split, $start: $(cat $start.out)"
done

# Few labels, and a classifier whose weight is not set.
"$make_data" write few.h5 /x f32 300,6 normal
"$make_data" write few.h5 /labels u8 300 labels
cat >few.yaml <<'END'
data: {file: few.h5, train: /x, labels: /labels, labelled: 5}
model: {latent: 2, likelihood: gaussian, classifier: [dense: {units: 4}], encoder: [dense: {units: 4}], decoder: [dense: {units: 4}]}
train: {steps: 2, batch: 6, microbatch: 2}
END
for set in seed=0 objective.classifier=1 data.labelled=10; do
    run 0 2 few "$elbow" train few.yaml --run-dir few --overwrite --set "$set"
    said=$(grep -c 'warning: only 1.7 % of the training rows have a label, .*objective.classifier, 0.1, .*try 1 or 3' few.err)
    [ "$said" = $((${#set} == 6)) ] || fail "few labels, $set: $(cat few.err)"
done

# Lists of six pairs: NAME PAIR.
while read -r name pair; do
    for _ in 1 2 3 4 5 6; do printf '%b\n' "$pair"; done >signs.csv
    "$build/elbow-import" signs.csv -o signs.h5 --name "/$name" >import.out 2>&1 || fail "the import of $name"
done <<'END'
signs -1\n1
signs_float -1.0\n1.0
three -1\n2
missing nan\n1
ones 1\n1
END

# classes JSON: label, name and samples of each class.
classes() { grep -oE '"label": [^}]*"samples": [0-9]+' "$1" | sed 's/"[a-z]*": //g; s/[",]//g' | paste -sd ';'; }

# reads LABELS CLASSES [RANKS]: eval reports these classes, on 1 and 3 ranks or on RANKS.
reads() {
    local ranks
    for ranks in ${3:-1 3}; do
        run 0 "$ranks" eval "$elbow" eval labelled --json --data labels.h5:/x --labels "$1" || continue
        [ "$(classes eval.out)" = "$2" ] || fail "$1 on $ranks ranks: $(classes eval.out), not $2"
    done
}

numbers='-1 2;0 2;1 3;2 5'
texts='-1 2;0 Küste 2;1 setosa 5;2 virginica 3'
categories='-1 2;0 Küste 2;1 virginica 3;2 setosa 5'
for form in integers missing column; do reads labels.h5:/$form "$numbers" 1; done
for form in whole row; do reads labels.h5:/$form "$numbers"; done
for form in fixed fixed_column varying_row padded; do reads labels.h5:/$form "$texts" 1; done
for form in varying chunked; do reads labels.h5:/$form "$texts"; done
for form in group/codes reference; do reads labels.h5:/$form "$categories" 1; done
reads labels.h5:/group "$categories"
reads labels.h5:/enumeration '-1 2;3 setosa 5;7 Küste 2;300 virginica 3'
reads labels.h5:/booleans '0 FALSE 7;1 TRUE 5' 1
reads labels.h5:/numbered '-1 2;0 1.5 2;1 -2 3;2 1e+10 5' 1
reads cells.h5ad:/obs/type "$categories"
reads cells.h5ad:/obs/texts "$texts" 1
reads cells.h5ad:/obs/nullable "$numbers"
reads cells.h5ad:/obs/boolean '-1 2;0 FALSE 5;1 TRUE 5' 1
reads labels.nc:/flags '-1 2;0 cloud 2;1 sea_ice 3;2 land 5'
reads labels.nc:/largest "$numbers" 1
reads labels.nc:/valid '-1 7;0 2;1 3' 1
reads labels.nc:/strings "$texts" 1

# info offers as labels all datasets that can be loaded as such, a group once, and advises on one-hot rows.
# offers FILE NAMES
offers() {
    run 0 1 info "$elbow" info "$1" || return
    [ "$(sed -n 's/^ *labels: ".*:\(.*\)"$/\1/p' info.out | paste -sd ' ')" = "$2" ] || fail "info of $1: $(cat info.out)"
}
offers labels.h5 "/beyond /booleans /chunked /column /enumeration /fixed /fixed_column /group /integers /missing /numbered /padded \
/reference /row /varying /varying_row /whole"
[ "$(grep -c 'one-hot, .*f\["labels"\] = f\["/onehot"\]\[:\].argmax(axis=1)$' info.out)" = 1 ] || fail "info does not tell of one-hot rows"
offers cells.h5ad "/obs/boolean /obs/nullable /obs/texts /obs/type"

# Words: names, and `unknown`.
run 0 1 words "$elbow" eval labelled --data labels.h5:/x --labels cells.h5ad:/obs/type
awk 'inside {print $1, $2} $1 == "label" {inside = 1}' words.out | paste -sd ';' >table
[ "$(cat table)" = 'unknown 2;Küste 2;virginica 3;setosa 5' ] || fail "the table of eval: $(cat words.out)"

# encode copies numbers and names, to the same bytes on any number of ranks.
for ranks in 1 3; do
    run 0 $ranks encode "$elbow" encode labelled --data labels.h5:/x --labels labels.h5:/enumeration -o encoded.$ranks.h5
done
same_file "encode on 1 and 3 ranks" encoded.1.h5 encoded.3.h5
[ "$("$make_data" print encoded.1.h5 /labels | paste -sd ' ')" = '3 300 -1 3 7 3 300 300 3 7 -1 3' ] || fail "the labels encoded"
[ "$("$make_data" print encoded.1.h5 /label_values | paste -sd ' ')" = '-9 3 7 300' ] || fail "the numbers of the names"
for name in unused setosa Küste virginica; do
    grep -qaF "$name" encoded.1.h5 || fail "encode lost the name $name"
done
run 0 1 doctor "$elbow" doctor tiny.yaml

# Labels of -1 and 1 get a warning: -1 means unknown. Other labels, and NaN, get none.
reads "signs.h5:/signs" '-1 6;1 6'
for form in signs signs_float; do
    run 0 3 eval "$elbow" eval labelled --data labels.h5:/x --labels "signs.h5:/$form"
    [ "$(grep '^elbow: warning: ' eval.err)" = "elbow: warning: signs.h5:/$form holds only -1 and 1, and labels of -1 \
count as unknown; if they are two classes, store 0 and 1" ] || fail "the warning of /$form: $(cat eval.err)"
done
for form in three missing ones; do
    run 0 1 eval "$elbow" eval labelled --data labels.h5:/x --labels "signs.h5:/$form"
    ! grep '^elbow: warning: ' eval.err || fail "a warning of /$form: $(cat eval.err)"
done

# Refusals: labels, sentence.
refused() { wrong 1 "$2" eval labelled --data labels.h5:/x --labels "labels.h5:/$1"; }
refused fraction 'labels.h5:/fraction: row 5 holds the label 1.5, which is not a whole number'
refused onehot 'labels.h5:/onehot: is one-hot \(12 x 3\).* f\["labels"\] = f\["/onehot"\]\[:\].argmax\(axis=1\)'
refused wide 'labels.h5:/wide: labels are one integer or text per sample, but this has the shape 12 x 2'
refused short 'labels.h5:/short: has 11 labels, but labels.h5:/x has 12 samples'
refused full 'labels.h5:/full: row 2 holds the label 18446744073709551615, .*set those to -1'
refused huge 'labels.h5:/huge: row 2 holds the label 1e\+30, .*set those to -1'
refused beyond 'labels.h5:/beyond/codes: row 2 holds the code 3, but there are 3 categories'
refused other 'labels.h5:/other: is a group, but not one of labels \(codes and categories'
refused nothing 'dataset /nothing not found'
wrong 1 'labels.h5:/onehot: is one-hot' train tiny.yaml --set data.labels=/onehot --run-dir run

# Conditions: classes by name, whatever their codes in another file, and numbers; some rows have none.
cat >told.yaml <<'END'
data: {file: labels.h5, train: /x, condition: {kind: /varying, dose: /missing}}
model:
  latent: 2
  likelihood: gaussian
  condition: {prior: true, dropout: 0.3}
  encoder: [dense: {units: 4}]
  decoder: [dense: {units: 4}]
train: {steps: 4, batch: 6, microbatch: 2}
END
run 0 1 told "$elbow" train told.yaml --run-dir told || finish
run 0 1 info "$elbow" info told
grep -qF 'condition   kind: one of Küste, setosa, virginica' info.out || fail "the classes: $(cat info.out)"
grep -qE '^condition   dose: a number, mean [0-9.]+, deviation [0-9.]+$' info.out || fail "the number: $(cat info.out)"
run 0 1 own "$elbow" eval told --json
for form in "cells.h5ad:/obs/type" "labels.h5:/group" "/fixed"; do
    run 0 1 other "$elbow" eval told --json --data labels.h5:/x --condition-from "kind=$form" --condition-from dose=/missing
    cmp -s own.out other.out || fail "conditions from $form: $(cat other.out)"
done
for ranks in 1 3; do
    run 0 $ranks grid "$elbow" sample told -o grid.$ranks.h5
    run 0 $ranks rows "$elbow" sample told -o rows.$ranks.h5 --condition-from kind=/varying --condition-from dose=/missing
done
same_file "a grid on 1 and 3 ranks" grid.1.h5 grid.3.h5
same_file "samples of rows on 1 and 3 ranks" rows.1.h5 rows.3.h5
run 0 3 rows "$elbow" sample told -o rows.13.h5 -n 13 --condition-from kind=/varying --condition-from dose=/missing
[ "$(grep -c -- '-n 13: --condition-from has 12 rows; the output has all of them' rows.err)" = 1 ] || fail "13 samples of 12 rows: $(cat rows.err)"
same_file "13 samples of 12 rows" rows.1.h5 rows.13.h5
[ "$("$make_data" print grid.1.h5 /samples | wc -l)" = 63 ] || fail "a grid of three classes has 63 samples"
[ "$("$make_data" print rows.1.h5 /samples | wc -l)" = 12 ] || fail "a sample for each of the 12 rows"
run 0 1 one "$elbow" sample told -o one.h5 -n 21 --condition kind=Küste
cmp -s <("$make_data" print grid.1.h5 /samples | head -n 21) <("$make_data" print one.h5 /samples) ||
    fail "the first row of a grid is not the first class"
[ "$("$make_data" print grid.1.h5 /condition | uniq -c | xargs)" = '21 1,0,0,0 21 0,1,0,0 21 0,0,1,0' ] ||
    fail "conditions of the samples of a grid: $("$make_data" print grid.1.h5 /condition | uniq -c)"
run 0 1 none "$elbow" sample told -o none.h5 --condition none
run 0 1 pairs "$elbow" reconstruct told -o pairs.h5
run 0 1 pairs "$elbow" reconstruct told -o setosa.h5 --condition kind=setosa
cmp -s <("$make_data" print pairs.h5 /originals) <("$make_data" print setosa.h5 /originals) || fail "other rows"
! cmp -s <("$make_data" print pairs.h5 /reconstructions) <("$make_data" print setosa.h5 /reconstructions) ||
    fail "another condition changes nothing"

# Wrong values and flags.
# mistaken STATUS SENTENCE WORD...
mistaken() {
    run "$1" 1 mistaken "$elbow" "${@:3}"
    grep -qE -- "$2" mistaken.err || fail "elbow ${*:3}: expected '$2', but found: $(cat mistaken.err)"
}
there="the known ones are kind: Küste, setosa, virginica; dose: a number \(mean [0-9.]+, deviation [0-9.]+\)"
wrong 2 "--condition kind=rose: the training data had no kind 'rose'; $there" sample told -o x.h5 --condition kind=rose
mistaken 2 "'colour=red' is not NAME=VALUE with the name of a condition; $there" sample told -o x.h5 --condition colour=red
mistaken 2 "dose is a number, and 'much' is not one; $there" sample told -o x.h5 --condition kind=setosa,dose=much
mistaken 2 'kind is given twice' reconstruct told -o x.h5 --condition kind=setosa --condition kind=setosa
mistaken 2 '--condition none: cannot be combined with other conditions' sample told -o x.h5 --condition none --condition kind=setosa
mistaken 2 'trained without data.condition; leave it out' sample labelled -o x.h5 --condition kind=setosa
mistaken 2 '--condition-from /fixed: the model has several conditions; write NAME=' eval told --data labels.h5:/x --condition-from /fixed
mistaken 2 'needs the dose of each row, but no dataset is given for it' eval told --data labels.h5:/other/x --condition-from kind=/varying
mistaken 2 'kind is given twice' eval told --data labels.h5:/x --condition-from kind=/varying --condition-from kind=/fixed
mistaken 2 'trained without data.condition; leave it out' eval labelled --condition-from /fixed
mistaken 1 "labels.h5:/integers: row 4 has the kind '0', which told/.* does not have; $there" \
    eval told --data labels.h5:/x --condition-from kind=/integers --condition-from dose=/missing
run 0 1 other "$elbow" train told.yaml --run-dir told --resume --set data.condition.kind=cells.h5ad:/obs/type --set train.steps=5
mistaken 1 'hashes differ.*with the same data.condition' train told.yaml --run-dir told --resume --set data.condition.dose=/whole \
    --set train.steps=6
mistaken 1 '/short: has 11 labels, but labels.h5:/x has 12' train told.yaml --run-dir x --set data.condition.kind=/short
wrong 1 'labels.h5:/varying: row [0-9]+ has no kind \(-1, an empty text, NaN\).*model.condition.dropout above 0' \
    train told.yaml --run-dir run --set model.condition.dropout=0
mistaken 1 'labels.h5:/missing: row [0-9]+ has no dose' train told.yaml --run-dir x --set model.condition.dropout=0 \
    --set 'data.condition={dose: /missing}'
finish
