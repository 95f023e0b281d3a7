# shellcheck shell=bash
# SPDX-License-Identifier: BSD-3-Clause
# Shared by the tests of errors, beside lib.sh. Any error in a command, a configuration, a file or its data ends in one sentence
# on standard error, with the same exit status on every rank, within seconds; on one rank and on three. The tests are tables, one
# line a mistake.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
limit=$((20 * patience))

# alone and together: the program with the words, its streams and the exit status of each rank in files. Under mpirun a shell
# records the status of each rank, because mpirun ends all as soon as one fails. Both run at the same time, so the one that is
# alone has other run directories `run` and `good`, and another folder of Open MPI's, which the first to end would remove for the
# other.
mkdir "$TMPDIR/alone"
alone() {
    local words=() word before=
    for word in "$@"; do
        if [ "$before" = --run-dir ] && [[ "$word" =~ ^(run|good)$ ]]; then word+=-alone; fi
        words+=("$word")
        before=$word
    done
    TMPDIR=$TMPDIR/alone timeout -k 5 $limit "$elbow" "${words[@]}" >1.out 2>1.err </dev/null
    echo $? >1.status
}
# shellcheck disable=SC2016 # for the inner shell
together() { on_three '"$@"' "$elbow" "$@"; }

# on_three TEXT word...: under mpirun, where each rank's shell runs the text with these words. The output of ranks goes to files
# of their own first, because a launcher that gathers it splits lines: Open MPI's and then the program's.
on_three() {
    # shellcheck disable=SC2016 # for the inner shell
    timeout -k 5 "$limit" mpirun --oversubscribe --bind-to none -n 3 bash -c \
        'exec 2>"3.err.$OMPI_COMM_WORLD_RANK"; '"$1"'; echo $? >"3.status.$OMPI_COMM_WORLD_RANK"' - "${@:2}" \
        >3.out 2>3.launcher </dev/null || echo "mpirun: $?" >3.end
    cat 3.err.* >3.err
}

# words FILE: its text without warnings and without messages of Open MPI ("[host:pid] ...", and from 5 on
# "[host][[job],rank]...").
words() { grep -vE '^elbow: warning: |^\[[A-Za-z0-9._-]+(:[0-9]+\]|\]\[\[[0-9]+,[0-9]+\],[0-9]+\])' "$1"; }

# judge RANKS STATUS PATTERN word...: one line of standard error, which matches; otherwise only warnings.
judge() {
    local ranks=$1 status=$2 pattern=$3 lines
    shift 3
    local what="$ranks ranks: elbow $*"
    sort -u "$ranks".status* 2>/dev/null | tr '\n' ' ' >statuses
    [ "$(cat statuses)" = "$status " ] || fail "$what: exit status $(cat statuses), expected $status"
    [ "$ranks" = 1 ] || [ "$(cat 3.status* 2>/dev/null | wc -l)" = 3 ] || fail "$what: not every rank came to an end"
    [ ! -e "$ranks.end" ] || fail "$what: $(cat "$ranks.end")"
    lines=$(words "$ranks.err" | wc -l)
    if [ "$lines" != 1 ] || ! words "$ranks.err" | grep -qE -- "^elbow: .*($pattern)"; then
        fail "$what: expected one line with '$pattern', but found $lines:"
        head -n 8 "$ranks.err"
    fi
    # A status without a message is of no use.
    grep -qE 'elbow: *$' "$ranks.err" && fail "$what: an empty message"
}

# wrong STATUS PATTERN word...
wrong() {
    rm -rf 1.* 3.*
    alone "${@:3}" &
    if [[ " $* " == *' --resume '* ]]; then wait; fi # both would lock the run
    together "${@:3}"
    wait
    judge 1 "$@"
    judge 3 "$@"
}

# nothing_left: no run was begun, and no file was left.
nothing_left() {
    if [ -e x.png ] || [ -e x.h5 ]; then fail "a command that failed left its output"; fi
    find . -name '.elbow-*' | grep . && fail "a part of an output stayed"
}

# The correct files; each case below has one error.
make() { "$make_data" write data.h5 "$@"; }
make /good u8 60,4,5 bits
make /labels u8 60 labels
make /flat u8 60,20 bits
mkdir directory

cat >good.yaml <<'Y'
data: {file: data.h5, train: /good, labels: /labels}
model:
  latent: 2
  encoder: [dense: {units: 5}]
  decoder: [dense: {units: 5}]
train: {epochs: 1, batch: 20, microbatch: 4}
Y
"$elbow" train good.yaml --run-dir good >good.out 2>&1 || { cat good.out; fail "the good configuration fails"; }
cp -r good good-alone
"$elbow" train good.yaml --run-dir flat --set data.train=/flat >flat.out 2>&1 || fail "flat rows fail"
# shellcheck disable=SC2034 # the tests use it
checkpoint=good/checkpoints/step-00000003.h5

# yaml STATUS PATTERN TEXT: a configuration of its own. with STATUS PATTERN SETTING...: the good one, changed.
yaml() {
    printf '%b' "$3" >bad.yaml
    wrong "$1" "$2" train bad.yaml --run-dir run
}
with() {
    local status=$1 pattern=$2 sets=() setting
    shift 2
    for setting in "$@"; do sets+=(--set "$setting"); done
    wrong "$status" "$pattern" train good.yaml --run-dir run "${sets[@]}"
}
