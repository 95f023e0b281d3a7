# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by exact*.sh: the data, and the comparison of runs.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$make_data" write data.h5 /bits u8 60,7,5 bits
"$make_data" write data.h5 /bits-valid u8 21,7,5 bits seed=9
"$make_data" write data.h5 /bytes u8 116,4,3,3 bytes chunk=17 deflate=3
"$make_data" write data.h5 /bytes-valid u8 19,4,3,3 bytes seed=9
"$make_data" write data.h5 /planes u8 70,3,6,4 bytes chunk=9 deflate=3
"$make_data" write data.h5 /planes-valid u8 19,3,6,4 bytes seed=9
"$make_data" write data.h5 /unit f64 90,6,6 unit chunk=8
"$make_data" write data.h5 /normal f32 133,11 normal
"$make_data" write data.h5 /normal-valid f32 40,11 normal seed=9
"$make_data" write data.h5 /five i64 133 labels
"$make_data" write data.h5 /weights f64 133,1 unit
"$make_data" write data.h5 /batch i64 133 values "values=$(for row in {1..133}; do echo $((row % 9 == 0 ? -1 : row % 4)); done | paste -sd,)"
"$make_data" write data.h5 /few f64 133 values "values=$(for row in {1..133}; do echo $((row % 10 == 0)); done | paste -sd,)"
"$make_data" write data.h5 /series f32 23,2,40 normal chunk=4 deflate=1
"$make_data" write data.h5 /volumes f32 23,4,6,10 normal chunk=5
"$make_data" write data.h5 /long f64 5200,11 normal chunk=700
"$make_data" write data.h5 /wide f32 130,16,16 normal

# shellcheck disable=SC2034 # exact.sh uses it
all="1 1+off 1+on 2 2+off 2+on 3+off 3+on 4 3:[0,1,1]+on 3:[0,0,1] 3:[0,1,0] 3:[0,1,2] 4:[0,1,0,1]"

# same NAME "VARIANTS" <configuration
same() {
    local name=$1 variant first="" directory ranks
    cat >"$name.yaml"
    for variant in $2; do
        directory=$name.$variant
        ranks=${variant%%[:+]*}
        local sets=() nodes=${variant%%+*}
        [ "$ranks" = "$nodes" ] || sets+=(--set "run.nodes=${nodes#*:}" --set run.bucket=1)
        [ "$nodes" = "$variant" ] || sets+=(--set "run.prefetch=${variant#*+}")
        run 0 "$ranks" "$directory" "$elbow" train "$name.yaml" --run-dir "$directory" "${sets[@]}" || continue
        if [ -z "$first" ]; then first=$directory; else same_run "$name" "$first" "$directory"; fi
    done
}

# places NAME "RANKS:ACCESS..." <configuration
places() {
    local name=$1 variant first="" directory
    cat >"$name.yaml"
    for variant in $2; do
        directory=$name.$variant
        run 0 "${variant%%:*}" "$directory" "$elbow" train "$name.yaml" --run-dir "$directory" \
            --set "data.access=${variant#*:}" || continue
        if [ -z "$first" ]; then first=$directory; else same_run "$name" "$first" "$directory"; fi
    done
}

# bytes_of RANKS NAME COMMAND...: by all ranks of a command; what a process has waited for is counted with its own.
bytes_of() {
    local ranks=$1 name=$2
    shift 2
    # shellcheck disable=SC2016 # of the inner shell
    run 0 "$ranks" "$name" bash -c '"$@"; status=$?; sed -n "s/rchar:/read:/p" "/proc/$$/io" >&2; exit $status' bash "$@"
    awk '/read: / { sum += $NF } END { print sum + 0 }' "$name.err"
}

# Rows in 800 pages, which the configuration streams.
write_many() {
    "$make_data" write data.h5 /many u8 12800,64 bytes chunk=16
    cat >many.yaml <<'Y'
data: {file: data.h5, train: /many, order: windows, access: stream, page_rows: 16, window_pages: 2}
model: {latent: 2, encoder: [dense: {units: 2}], decoder: [dense: {units: 2}]}
train: {batch: 512, microbatch: 64}
checkpoint: {every: 0}
samples: {count: 0}
Y
}
# bytes_read RANKS EPOCHS [NAME ARGUMENT...]: of such a run.
bytes_read() {
    local name=${3:-read}.$1.$2
    bytes_of "$1" "$name" "$elbow" train many.yaml --run-dir "$name" --set "train.epochs=$2" "${@:4}"
}
