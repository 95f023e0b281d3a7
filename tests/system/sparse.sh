#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sparse rows as other programs store them (tests/data/sparse), from info to the run. An error is one sentence, the same on any
# number of ranks. exact.sh compares sparse rows with dense rows; memory.sh measures their memory.
set -u
data=$(cd "$(dirname "$0")/../data/sparse" && pwd) || exit 1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

cat >run.yaml <<'Y'
data: {train: none}
model: {latent: 2, likelihood: poisson, encoder: [dense: {units: 3}], decoder: [dense: {units: 3}]}
train: {epochs: 1, batch: 6, microbatch: 2}
samples: {count: 0}
Y

# refused GROUP PATTERN [RANKS]: by train.
refused() {
    local ranks=${3:-1}
    run 1 "$ranks" refused "$elbow" train run.yaml --set "data.train=$data/wrong.h5:/$1" --run-dir refused
    [ "$(grep -c '^elbow: ' refused.err)" = 1 ] || fail "$1: not one sentence: $(cat refused.err)"
    grep -Eq "^elbow: .*$2" refused.err || fail "$1: expected '$2': $(cat refused.err)"
    [ ! -e refused ] || fail "$1: a run directory was made"
}
refused back 'entry 12 of indptr is 2, but must be between [0-9]+ and [0-9]+ \(the entry before it and the last one\)' 3
refused first 'indptr begins with 1, 0 was expected'
refused negative 'entry 9 of indptr is -3'
refused beyond 'indptr ends with 1000000000000000, but data has [0-9]+ values'
refused column 'row 5 has an entry in column 23, but the matrix has 23 columns'
refused column-negative 'row 5 has an entry in column -1, but'
refused twice 'row 5 has two entries for column 7, .*m.sum_duplicates\(\)' 3
refused nan 'row 5 holds a value \(at index [0-9]+\) that is NaN or infinite' 3
refused short 'data has [0-9]+ values, but indices has [0-9]+'
refused rows 'indptr has 32 numbers, but its shape says 40 rows, which need 41'
refused huge 'indptr has 32 numbers, but its shape says 4611686018427387904 rows'
refused wide 'a row has 1099511627776 values, at most 2147483647'
refused shapeless 'without a shape; add it in Python: f\["/shapeless"\].attrs\["shape"\] = \[rows, columns\]'
refused columns '/columns is a sparse matrix by columns \(CSC, 31 x 23\), .*read_elem\(f\["/columns"\]\).tocsr\(\)'
refused unsaid '/unsaid holds data, indices and indptr, but does not say which kind of matrix'
refused floats 'indices of a sparse matrix holds float32, integers were expected'
refused lacks '/lacks/indptr not found'
refused square 'data of a sparse matrix has 2 dimensions, 1 was expected'
refused never 'dataset /never/data were never written' 3
refused empty 'is empty'
refused negative-count 'row [0-9]+ holds -[0-9.]+ \(at index [0-9]+\) .*poisson needs whole numbers'

run 0 1 info "$elbow" info "$data/wrong.h5"
for what in '/columns is a sparse matrix by columns' '/twice: a sparse matrix by rows of float32 \(31 x 23\), [0-9]+ of its values stored' \
    '    not usable: .*indptr has 32 numbers' '    not usable: .*dataset /never/data were never written' '    values: none is finite|missing \(NaN\)'; do
    grep -Eq "$what" info.out || fail "info: no '$what'"
done
run 0 1 info "$elbow" info "$data/cells.h5ad"
grep -Eq '^/X: a sparse matrix by rows of float32 \(40 x 9\), [0-9]+ of its values stored \([0-9.]+ % are zero\), chunks of [0-9]+, filters: ' info.out ||
    fail "info: $(grep -A 2 '^/X' info.out)"
# The two lines of YAML, unchanged, make a run; labels are beside the rows.
{ grep -A 6 '^/layers/counts: ' info.out | grep -A 2 'usable as data.train' | tail -n 2 | sed 's/^        //'; sed 1d run.yaml; } >own.yaml
run 0 1 own "$elbow" train own.yaml --run-dir own --set "data.labels=$data/cells.h5ad:/obs/donor"
grep -Eq '^data: .*cells.h5ad:/layers/counts, 40 samples of 9 int64 from 0 to [0-9]+, sparse \([0-9.]+ % stored\); scaling' own.out ||
    fail "the YAML of info: $(cat own.out own.err)"
run 0 3 tenx "$elbow" train run.yaml --set "data.train=$data/tenx.h5:/matrix" --set train.microbatch=1 --run-dir tenx
grep -q 'tenx.h5:/matrix, 33 samples of 21 int32' tenx.out || fail "10x: $(cat tenx.out tenx.err)"
# Validation data of another layer; encode reads them, too; copies on the nodes.
mkdir local
run 0 3 stage "$elbow" train run.yaml --set "data.train=$data/cells.h5ad:/raw/X" --set "data.valid=$data/cells.h5ad:/raw/X" \
    --set data.stage=local --set model.likelihood=gaussian --set train.microbatch=1 --run-dir stage
grep -q '^valid.*/raw/X, 40 samples of 17 float32' stage.out || grep -q 'raw/X, 40 samples of 17 float32' stage.out || fail "stage: $(cat stage.out)"
run 0 2 encode "$elbow" encode stage --data "$data/cells.h5ad:/raw/X" -o latent.h5
run 1 1 encode "$elbow" encode stage --data "$data/wrong.h5:/twice" -o other.h5

# Rows that are stored flat, with the channels first.
"$make_data" write flat.h5 /x f32 20,12 counts
"$build/elbow-test-csr" flat.h5 /x other.h5
for file in flat other; do
    cp $file.h5 same.h5
    run 0 2 $file "$elbow" train run.yaml --set data.train=same.h5:/x --set 'data.shape=[3, 2, 2]' --set data.channels=first \
        --set samples.every=4 --set samples.count=2 --run-dir $file
done
same_run "channels first" flat other

# A list of files with a held-back share.
mkdir many-dense many-sparse
for i in 1 2 3; do
    "$make_data" write many-dense/$i.h5 /x f32 $((20 * i)),9 counts seed=$i
    "$build/elbow-test-csr" many-dense/$i.h5 /x many-sparse/$i.h5
done
for kind in dense sparse; do
    ln -sfn many-$kind many
    run 0 3 many-$kind "$elbow" train run.yaml --set 'data.train=many/*.h5:/x' --set data.valid=0.2 --run-dir run-$kind \
        --set model.likelihood=gaussian --set samples.every=4 --set samples.count=2
done
grep -q '^data: .*, 96 samples of 9 float32 from 0 to 7, sparse (' many-sparse.out || fail "a list: $(grep '^data' many-sparse.out)"
same_run "a list of files" run-dense run-sparse
finish
