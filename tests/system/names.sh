#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Names of datasets, files and folders, words of the command line and cells of tables may contain control sequences of terminals:
# none is printed or logged unchanged, and JSON stays valid.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
import=$build/elbow-import
shapes=$build/elbow-shapes

# In a name: red letters, a line feed that would forge a line, CSI as one character and as one byte, right-to-left text.
evil=$'x\e[31m\nelbow: all is well\xc2\x9b1m\x9b1m\xe2\x80\xae'

# clean WHAT FILE...: only printable UTF-8, without forged lines.
clean() {
    local what=$1 file
    shift
    for file in "$@"; do
        [ -e "$file" ] || { fail "$what: $file is not there"; continue; }
        if LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]|^elbow: all is well' "$file" >found ||
            ! iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1; then
            fail "$what: $file is not fit for a terminal: $(head -n 2 found | cat -v)"
        fi
    done
}

# says STATUS PATTERN word...: a command's exit status and a pattern in its output, all of which is clean.
says() {
    local status=$1 pattern=$2 got=0
    shift 2
    timeout -k 5 $((20 * patience)) "$@" >out 2>err </dev/null || got=$?
    [ "$got" = "$status" ] || fail "$(basename "$1") $2: exit status $got, not $status: $(cat -v err)"
    sed -i '/^libgomp: Invalid value/,/is well/d' err # newer versions print OMP_NUM_THREADS before any line of ours
    cat out err | grep -qE -- "$pattern" || fail "$(basename "$1") $2: '$pattern' is not said: $(cat -v out err)"
    clean "$(basename "$1") $2" out err
}

printf '1,2\n3,4\n5,6\n' >x.csv
says 0 'o.h5:/x\?\[31m\?elbow' "$import" x.csv -o o.h5 --name "/$evil"
says 0 '^/x\?\[31m\?elbow: all is well\?1m\?1m\?: uint8' "$elbow" info o.h5
: >empty.yaml
says 1 'the file has: /x\?\[31m' "$elbow" bench empty.yaml --set data.file=o.h5 --set data.train=/y
says 1 'dataset /x.* already exists' "$import" x.csv -o o.h5 --name "/$evil"
says 1 'x\?\[31m.*No such file' "$import" "$evil" -o n.h5
says 2 'x\?\[31m.*unknown option' "$import" "--$evil" -o n.h5
says 2 'x\?\[31m.*only options were expected' "$shapes" "$evil" -o n.h5
says 2 'x\?\[31m' "$elbow" "$evil"
says 2 'x\?\[31m' "$elbow" info "--$evil"
says 1 'x\?\[31m' "$elbow" info "$evil"
printf 'a\302\23331m,b\n1,2\n' >header.csv
says 0 'is read as a header \(a\?31m,b\)' "$import" header.csv -o header.h5
{ printf '# %0300d\n' 0; printf '1,2\n3,b\033[31m\n'; } >cell.csv # beyond the part that determines the format
says 1 'column 2: "b\?\[31m" is not a number' "$import" cell.csv -o cell.h5
cp x.csv "$evil.csv"
says 0 'x\?\[31m.*out\.h5' "$import" "$evil.csv" -o "$evil.out.h5"
says 0 'x\?\[31m.*out\.h5: an HDF5 file' "$elbow" info "$evil.out.h5"
says 0 'x\?\[31m.*shapes\.h5: 20 training' "$shapes" -n 20 -t 5 -o "$evil.shapes.h5"

# Such a text is refused in a configuration, and as the name of a run directory, which checkpoints contain.
$make_data write data.h5 /good u8 20,4,5 bits >/dev/null
cat >good.yaml <<'Y'
data: {file: data.h5, train: /good}
model: {latent: 2, encoder: [], decoder: []}
train: {steps: 2, batch: 10, microbatch: 5}
Y
says 2 'byte 2 of the run directory.s name is a control character' "$elbow" train good.yaml --run-dir "$evil"
[ ! -e "$evil" ] || fail "a run directory of that name was made"
says 2 'data.file: byte 2 of the text' "$elbow" config good.yaml --set "data.file=$(printf 'x\e')"
cp good.yaml "$evil.yaml"
says 2 'byte 7 of the run directory.s name' "$elbow" train "$evil.yaml"
says 0 'latent: 2' "$elbow" config "$evil.yaml"

# A name that changes the direction of writing is UTF-8 and allowed; a configuration returns it, and the log masks it.
turned=$'run\xe2\x80\xae'
says 0 'run\?' "$elbow" train good.yaml --run-dir "$turned"
clean "log.txt" "$turned/log.txt" "$turned/config.yaml" "$turned/receipt.txt"
says 0 'run\?/checkpoints.*: a checkpoint' "$elbow" info "$turned"
says 0 'checkpoint +run\?/' "$elbow" eval "$turned"
line=${evil//$'\n'/} # line feeds separate files
cp data.h5 "$line.h5"
says 0 'data +x\?\[31m.*h5:/good' "$elbow" eval "$turned" --data "$line.h5:/good"
says 0 '"samples": 20' "$elbow" eval "$turned" --data "$line.h5:/good" --json
says 1 'x\?\[31m' "$elbow" encode "$turned" --data "$line.none:/good" -o z.h5
says 2 '^elbow: --data: byte 2 of the text is a control character' "$elbow" eval "$turned" --data "$evil.h5:/good"

# doctor prints foreign text from many places, as words and as JSON.
OMP_NUM_THREADS=$evil says 0 'run directory +x\?\[31m' "$elbow" doctor --run-dir "$evil/run"
OMP_NUM_THREADS=1$evil says 0 'x\\u001b\[31m\\nelbow: all is well\\u009b1m\\ufffd1m\\u202e' "$elbow" doctor --run-dir "$evil/run" --json
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys; sys.exit("elbow: all is well" not in json.load(open("out", encoding="utf-8"))["run_directory"])' ||
        fail "doctor --json is no JSON: $(cat -v out)"
fi
finish
