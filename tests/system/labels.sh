#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Labels in every form that h5py, AnnData and netCDF4 write (tests/data/labels): names, numbers and counts of eval and encode on one
# rank and on three; what is none is refused with its row, or its cure.
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

# reads LABELS CLASSES [RANKS]: eval says so, on one rank and on three, or on so many.
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

# info offers as labels what can be loaded as such, a group once, and says what to make of one-hot rows.
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

# Classes -1 and 1 are a class and unknown ones, which one sentence says; other labels, and NaN, are meant so.
reads "signs.h5:/signs" '-1 6;1 6'
for form in signs signs_float; do
    run 0 3 eval "$elbow" eval labelled --data labels.h5:/x --labels "signs.h5:/$form"
    [ "$(grep '^elbow: warning: ' eval.err)" = "elbow: warning: signs.h5:/$form holds nothing but -1 and 1, and labels of -1 \
count as unknown; if they are two classes, store 0 and 1" ] || fail "the warning of /$form: $(cat eval.err)"
done
for form in three missing ones; do
    run 0 1 eval "$elbow" eval labelled --data labels.h5:/x --labels "signs.h5:/$form"
    ! grep '^elbow: warning: ' eval.err || fail "a warning of /$form: $(cat eval.err)"
done

# Refusals: labels, sentence.
refused() { wrong 1 "$2" eval labelled --data labels.h5:/x --labels "labels.h5:/$1"; }
refused fraction 'labels.h5:/fraction: row 5 holds the label 1.5, which is no whole number'
refused onehot 'labels.h5:/onehot: is one-hot \(12 x 3\).* f\["labels"\] = f\["/onehot"\]\[:\].argmax\(axis=1\)'
refused wide 'labels.h5:/wide: labels are one integer or text a sample, but this has the shape 12 x 2'
refused short 'labels.h5:/short: has 11 labels, but labels.h5:/x has 12 samples'
refused full 'labels.h5:/full: row 2 holds the label 18446744073709551615, .*set those to -1'
refused huge 'labels.h5:/huge: row 2 holds the label 1e\+30, .*set those to -1'
refused beyond 'labels.h5:/beyond/codes: row 2 holds the code 3, but there are 3 categories'
refused other 'labels.h5:/other: is a group, but not one of labels \(codes and categories'
refused nothing 'dataset /nothing not found'
wrong 1 'labels.h5:/onehot: is one-hot' train tiny.yaml --set data.labels=/onehot --run-dir run
finish
