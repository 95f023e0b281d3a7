#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Unusable data in training and evaluation; unusable checkpoints and outputs.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib-errors.sh"

# Data.
make /few-labels u8 59 labels
make /float-labels f32 60 labels set=1.5@17,0
make /wide-labels u8 60,3 labels
make /empty f32 0,4,5 bits
make /hollow f32 60,0 bits
make /line f32 60 bits
make /scalar f32 scalar bits
make /text string 60,20 bits
make /pairs compound 60,20 bits
make /other-shape u8 60,5,4 bits
make /other-values u8 60,21 bits
make /nan f32 60,4,5 unit set=nan@37,11
make /infinite f64 60,4,5 unit set=-inf@0,0
make /above f32 60,4,5 unit set=1.5@42,3
make /below i8 60,4,5 bits set=-1@59,19
make /numbers i16 60,4,5 bytes
make /bytes u8 60,4,5 bytes
make /bad-factor u8 60,4,5 bytes factor=nan
make /group/inside u8 60,4,5 bits
make /large-labels u64 60 labels set=18446744073709551615@41,0
make /largest-labels u64 60 labels set=9223372036854774784@41,0
make /short u8 60,4,5 bits chunk=20 deflate=4
"$make_data" shorten data.h5 /short 25
make /long u8 4,65536,32768 nothing
make /many-labels u8 60,65536,65536 nothing
"$make_data" write vast.h5 /train f32 2500000000,1000 nothing chunk=1000
"$make_data" write cut.h5 /good u8 600,4,5 bits chunk=50
truncate -s -3000 cut.h5
echo "1,2,3" >text.h5
: >nothing.h5
head -c 3000 /dev/urandom >noise.h5

# Files.
with 1 'none.h5: No such file' data.file=none.h5
with 1 'directory: is a directory' data.file=directory
with 1 'text.h5: not an HDF5 file' data.file=text.h5
with 1 'nothing.h5: the file is empty' data.file=nothing.h5
with 1 'noise.h5: not an HDF5 file' data.file=noise.h5
with 1 'cut.h5.*truncated' data.file=cut.h5 data.labels=
wrong 1 'text.h5: .*directory' train good.yaml --run-dir text.h5/run
wrong 1 'text.h5' train good.yaml --run-dir text.h5
wrong 1 'none: No such file' eval none
wrong 1 'directory: holds no checkpoint' eval directory
wrong 1 'text.h5: .*checkpoint' eval text.h5
wrong 1 'data.h5: .*checkpoint' encode data.h5 --data data.h5 -o x.h5
wrong 1 'nothing.h5: .*checkpoint' sample nothing.h5 -o x.png
head -c 9000 $checkpoint >cut-checkpoint.h5
wrong 1 'cut-checkpoint.h5: ' reconstruct cut-checkpoint.h5 -o x.png
wrong 1 'none.h5: .*No such file' train good.yaml --run-dir run --init none.h5
wrong 1 'none.h5: No such file[^;]*$' eval good --data none.h5
mkdir elsewhere
(cd elsewhere && ! "$elbow" eval ../good >eval.out 2>&1)
grep -q 'data.h5: No such file.*; the checkpoint has this name of the data, from the directory .*: if they have moved, give --data FILE' elsewhere/eval.out ||
    fail "from another directory: $(cat elsewhere/eval.out)"
rm -r elsewhere
wrong 1 'none.h5: .*No such file' info none.h5
wrong 1 'nowhere/x.png' sample good -o nowhere/x.png
wrong 1 'nowhere/x.h5' encode good --data data.h5 -o nowhere/x.h5

# Data.
with 1 'data.h5: dataset /missing not found \(the file has: .*/good' data.train=/missing
with 1 'data.h5: dataset /group ' data.train=/group
with 1 '/empty: is empty' data.train=/empty data.labels=
with 1 '/hollow: is empty' data.train=/hollow data.labels=
with 1 '/line: has 1 dimension' data.train=/line
with 1 '/scalar' data.train=/scalar data.labels=
with 1 '/text holds texts' data.train=/text
with 1 '/pairs .*compound' data.train=/pairs
with 1 '/nan: row 37 .*NaN or infinite; clean the data first, or leave out the rows \(data.rows\) or columns \(data.columns\)' data.train=/nan
with 1 '/infinite: row 0 .*NaN or infinite' data.train=/infinite model.likelihood=gaussian
with 1 '/nan: row 37' data.valid=/nan
with 1 '/above: row 42 holds 1.5 ' data.train=/above
with 1 '/below: row 59 holds -1 ' data.train=/below
with 1 '/numbers: row 0 holds .*\[0, 1\]' data.train=/numbers
with 1 '/above: row 42' data.valid=/above
with 1 '/bytes: row 0 holds [0-9]* .*binomial needs whole numbers from 0 to 9; allow larger numbers' data.train=/bytes 'model.likelihood={binomial: 9}'
with 1 '/above: row 0 holds .*categorical needs whole numbers from 0 to 4; (allow larger numbers|set)' data.train=/above 'model.likelihood={categorical: 5}'
with 1 '/bytes: row 0 holds .*levels are divided by 9.*needs levels from 0 to 1 in steps of 1/9; store levels from 0 to 9' \
    data.train=/bytes 'model.likelihood={discretized_logistic: {levels: 10}}'
with 1 '/below: row 59 holds -1 .*negative_binomial needs whole numbers from 0; set' data.train=/below model.likelihood=negative_binomial
with 1 '/bytes: row 0 holds [0-9]* \(at index 1\) .*model.likelihood: binomial needs whole numbers from 0 to 9' \
    data.train=/bytes 'model.likelihood=[gaussian: {columns: [0, 0]}, binomial: {columns: [1, 19], n: 9}]'
with 1 '/labels: row [0-9]* holds 0, but data.size takes finite numbers above 0' \
    data.train=/bytes data.valid= data.valid_labels= data.size=/labels 'model.likelihood={negative_binomial: {size: data}}'
with 2 'column 19 belongs to no likelihood \(samples have 20 values, columns 0 to 19\)' \
    'model.likelihood=[bernoulli: {columns: [0, 4]}, gaussian: {columns: [5, 18]}]'
with 1 '/bad-factor: its attribute factor' data.train=/bad-factor
with 1 'other-values: .*21.*20' data.valid=/other-values
with 1 'other-shape' data.valid=/other-shape
with 1 '/few-labels: has 59 labels, but .* 60 samples' data.labels=/few-labels
with 1 '/float-labels: row 17 holds the label 1.5, which is not a whole number' data.labels=/float-labels
with 1 'data.h5:/numbers: row 0 holds .* needs values in \[0, 1\]; set data.transform: minmax, or data.factor and data.offset, or model.likelihood: ' \
    data.train=/numbers data.factor=1 data.offset=0
with 1 '/wide-labels: labels are one integer or text per sample, but this has the shape 60 x 3' data.labels=/wide-labels
with 1 '/many-labels: labels are one integer or text per sample' data.labels=/many-labels
with 1 'data.h5:/large-labels: row 41 holds the label 18446744073709551615, but labels go up to 9223372036854775807' \
    data.labels=/large-labels
wrong 1 'data.h5:/large-labels: row 41 holds the label' eval good --labels /large-labels
wrong 1 'data.h5:/large-labels: row 41 holds the label' encode good --data data.h5:/good --labels /large-labels -o x.h5
run 0 2 largest "$elbow" eval good --labels /largest-labels
grep -q '^9223372036854774784 ' largest.out || fail "the largest label is printed wrong: $(cat largest.out)"
with 1 'data.h5: rows 20 to 39 of dataset /short are damaged: their chunk unpacks to 20 bytes, 400 were expected' \
    data.train=/short
with 1 'rows 20 to 39 of dataset /short are damaged' data.valid=/short
wrong 1 'rows 20 to 39 of dataset /short are damaged' eval good --data data.h5:/short
# An error that follows from the shape, before memory is allocated.
with 1 'data.h5:/long: a row has 2147483648 values, at most 2147483647 are supported' data.train=/long data.labels=
with 1 'data.h5:/long: a row has 2147483648 values' data.valid=/long
with 2 'data.shape: makes 4294967296 values, expected at most 2147483647' 'data.shape=[65536,65536]'
with 1 '/few-labels: has 59 labels' data.valid=/good data.valid_labels=/few-labels
with 1 '20 values, but data.shape multiplies to 21' data.shape=[7,3]
with 1 'vast.h5:/train: needs (9|10)\.[0-9]+ TB .*, but only .* are free' data.file=vast.h5 data.train=/train data.labels= model.likelihood=gaussian
wrong 1 'other-values: a sample has 21 values, but .* 20' eval good --data data.h5:/other-values
wrong 1 'dataset /missing not found' encode good --data data.h5:/missing -o x.h5
wrong 1 'row 37' eval good --data data.h5:/nan
wrong 1 'few-labels: has 59' eval good --data data.h5:/good --labels /few-labels

# More ranks than microbatches: only several ranks can make this mistake.
rm -rf 3.*
together train good.yaml --run-dir run --set train.batch=8
judge 3 2 'only 2 microbatches of 4 for 3 ranks.*train.microbatch.*train.batch' train.batch=8

# The exit status of mpirun is that of the program.
on 3 "$elbow" train good.yaml --run-dir run --set data.file=none.h5 >mpirun.out 2>mpirun.err
[ $? = 1 ] || fail "mpirun does not end with the ranks' status"

nothing_left
finish
