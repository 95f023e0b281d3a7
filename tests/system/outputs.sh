#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Outputs of commands replace no file without --force, and never an input; pipes and devices in place of files do not hang a
# command; a closed or missing screen loses no work.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
import=$build/elbow-import shapes=$build/elbow-shapes

"$make_data" write data.h5 /train u8 40,4,5 bits
"$make_data" write data.h5 /labels u8 40 labels
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, labels: /labels}
model: {latent: 2, encoder: [], decoder: []}
train: {epochs: 0, steps: 4, batch: 20, microbatch: 4}
Y
"$elbow" train run.yaml --run-dir good >good.out 2>&1 || { cat good.out; fail "the good configuration fails"; }
checkpoint=good/checkpoints/step-00000004.h5
printf '1,2\n3,4\n' >table.csv
printf 'a thesis\n' >mine
hashes() { find . \( -path ./places -o -name 'try.*' -o -name before -o -name changed \) -prune -o \( -type f -o -type l \) ! -name '*.out' ! -name '*.err' -print0 | sort -z | xargs -0 cksum; }
hashes >before

# tried STATUS PATTERN word...: one sentence on one rank.
tried() {
    local status=$1 pattern=$2
    shift 2
    run "$status" 1 try "$@" || return 0
    if [ "$(grep -vc '^elbow: warning' try.err)" != 1 ] || ! grep -qE "$pattern" try.err; then
        fail "$*: no single sentence with '$pattern': $(cat try.err)"
    fi
}

# Every kind of object that may occupy the place of a file, for every writer.
writers=(
    "$elbow sample $checkpoint -n 4 -o @.csv" "$elbow sample $checkpoint -n 4 -o @.png" "$elbow reconstruct $checkpoint -n 2 -o @.h5"
    "$elbow encode good -o @.h5" "$shapes -n 5 --test 1 -o @.h5" "$elbow train run.yaml --run-dir new --trace @.json"
)
for writer in "${writers[@]}"; do
    name=places/x.${writer##*.}
    read -ra words <<<"$writer"
    words=("${words[@]/#@*/$name}")
    mkdir places
    cp mine "$name"
    tried 1 "$name: exists already; give another name, or --force" "${words[@]}"
    cmp -s mine "$name" || fail "${words[*]}: a file that was there is gone"
    run 0 1 try "${words[@]}" --force
    cmp -s mine "$name" && fail "${words[*]} --force: nothing was replaced"
    rm -rf new "$name"
    mkfifo "$name"
    tried 1 "$name: is a pipe, a device or a socket" "${words[@]}" --force
    [ -p "$name" ] || fail "${words[*]}: a pipe was replaced"
    rm "$name"
    mkdir "$name"
    tried 1 "$name: is a directory; name a file in it" "${words[@]}" --force
    rmdir "$name"
    ln -s ../mine "$name"
    tried 1 "$name: exists already" "${words[@]}"
    rm "$name"
    ln -s ../data.h5 "$name" # all but one of them read it, or a model that was trained on it
    case $writer in
    *shapes*) tried 1 "$name: exists already" "${words[@]}" ;;
    *) tried 2 "$name: is a file that is read" "${words[@]}" --force ;;
    esac
    rm "$name"
    ln -s elsewhere "$name"
    run 0 1 try "${words[@]}"
    if [ ! -L "$name" ] || [ ! -s places/elsewhere ]; then fail "${words[*]}: a link was not followed: $(ls -l places)"; fi
    [ -z "$(find places -name '.elbow-*')" ] || fail "${words[*]}: something is left: $(ls -A places)"
    rm -rf new places
done
hashes | diff before - >changed || fail "something else was touched: $(cat changed)"

# Rank zero, which writes, also protects the files that only other ranks read.
run 2 2 ranks "$elbow" encode good -o data.h5 --force
grep -q '^elbow: data.h5: is a file that is read' ranks.err || fail "two ranks: $(cat ranks.err)"
cp data.h5 staged.h5
mkdir local
run 2 2 staged "$elbow" train run.yaml --set data.file=staged.h5 --set "data.stage=$work/local" --run-dir staged --trace staged.h5 --force
grep -q '^elbow: staged.h5: is a file that is read' staged.err || fail "staged: $(cat staged.err)"
cmp -s data.h5 staged.h5 || fail "a file that was staged is gone"

# Also protected: files that a model was trained on, if other data are read, and checkpoints of any run.
"$make_data" write other.h5 /train u8 8,4,5 bits
tried 2 'data.h5: is a file that is read' "$elbow" encode good --data other.h5:/train -o data.h5 --force
tried 2 'data.h5: is a file that is read' "$elbow" sample good --fit 2 --data other.h5:/train -o data.h5 --force
ln -s good/checkpoints/step-00000004.h5 link.h5
for writer in "sample good" "encode good" "sample $checkpoint" "train run.yaml --run-dir new --trace"; do
    read -ra words <<<"$writer"
    [ "${words[0]}" = train ] || words+=(-o)
    tried 2 'link.h5: is a (checkpoint|file that is read), and is never replaced' "$elbow" "${words[@]}" link.h5 --force
done
tried 2 'link.h5: is a checkpoint' "$shapes" -n 5 --test 1 -o link.h5 --force
run 0 1 try "$elbow" info link.h5
ln -s data.h5 link.safetensors
tried 2 'link.safetensors: is a file that is read' "$elbow" export good -o link.safetensors --force
"$elbow" encode good -o z.h5 >/dev/null || fail "no latents"
ln -sf data.h5 link.h5
tried 2 'link.h5: is a file that is read' "$elbow" decode good --latents z.h5:/mean -o link.h5 --force
rm -f link.h5 link.safetensors other.h5 z.h5

# Two commands with one name: one of them wins with a complete file, and the other one reports this.
for seed in 1 2; do "$elbow" sample good -n 2000 -o ref$seed.csv --seed $seed >/dev/null; done
for round in 1 2 3; do
    rm -f same.csv
    mkdir -p "$work.mpi/one" # one each, or one command would remove the other's at its end
    OMPI_MCA_orte_tmpdir_base=$work.mpi/one "$elbow" sample good -o same.csv -n 2000 --seed 1 >one.out 2>one.err &
    "$elbow" sample good -o same.csv -n 2000 --seed 2 >two.out 2>two.err
    two=$?
    wait $!
    one=$?
    case $one$two in
    01) cmp -s same.csv ref1.csv && grep -qE 'same.csv: (another program has made this file meanwhile|exists already)' two.err ;;
    10) cmp -s same.csv ref2.csv && grep -qE 'same.csv: (another program has made this file meanwhile|exists already)' one.err ;;
    *) false ;;
    esac || fail "round $round: status $one and $two, $(cat one.err two.err), $(cmp same.csv ref1.csv) $(cmp same.csv ref2.csv)"
done

# elbow-import into a file to which another import is adding: it is refused, and nothing is lost.
"$import" table.csv -o add.h5 --name /one >/dev/null || fail "a new file"
mkfifo slow
"$import" slow -o add.h5 --name /two >slow.out 2>slow.err &
slow=$!
exec {feed}>slow # held open: the import waits for its input, and holds the lock
printf '5,6\n' >&"$feed"
for _ in $(seq 200); do
    "$import" table.csv -o add.h5 --name /probe >probe.out 2>probe.err || break
    rm -f add.h5
    "$import" table.csv -o add.h5 --name /one >/dev/null
done
tried 1 'add.h5: another program has locked it to add to it; start again' "$import" table.csv -o add.h5 --name /three
exec {feed}>&-
wait $slow
# A text is read twice, which a pipe does not allow: the first import ends with this error and has changed nothing.
grep -q 'a pipe does not allow' slow.err || fail "import from a pipe: $(cat slow.err)"
run 0 1 try "$import" table.csv -o add.h5 --name /three
tried 1 'dataset /three already exists; choose another name with --name, or use --replace' "$import" table.csv -o add.h5 --name /three
printf '7,8\n' >other.csv
run 0 1 try "$import" other.csv -o add.h5 --name /three --replace
run 0 1 try "$elbow" info add.h5
[ "$(grep -cE '^/(one|three): ' try.out)" = 2 ] || fail "the datasets: $(cat try.out)"
grep -q '^/three: .*(1 x 2)' try.out || fail "--replace: $(cat try.out)"
run 0 1 try "$import" table.csv -o add.h5 --name /group/four
cp "$checkpoint" kept.h5
tried 1 'is a checkpoint of a run, which another dataset would damage' "$import" table.csv -o "$checkpoint" --name /x
same_file "a checkpoint" "$checkpoint" kept.h5
tried 1 '/group is not a dataset' "$import" table.csv -o add.h5 --name /group --replace
for i in 1 2 3 4; do "$import" table.csv -o many.h5 --name /d$i >many$i.out 2>many$i.err & done
wait
made=$(grep -l '^elbow-import: many.h5' many?.out | wc -l)
run 0 1 try "$elbow" info many.h5
[ "$(grep -cE '^/d[1-4]: ' try.out)" = "$made" ] || fail "$made imports said that they were done: $(cat try.out)"
[ "$made" -ge 1 ] || fail "none of four simultaneous imports succeeded: $(cat many?.err)"

# A pipe without a writer, or a device, in place of an input: one sentence, immediately.
mkfifo pipe
limit=$((20 * patience))
nobody='pipe: .*(a pipe that nobody writes into|not a regular file|no regular file|is no file)'
tried 1 "$nobody" "$elbow" config pipe
tried 1 "$nobody" "$elbow" train pipe --run-dir new
tried 1 "$nobody" "$elbow" train run.yaml --set data.file=pipe --run-dir new
tried 1 "$nobody" "$elbow" train run.yaml --set data.labels=pipe:/labels --run-dir new
tried 1 "$nobody" "$elbow" eval pipe
tried 1 "$nobody" "$elbow" eval good --data pipe:/train
tried 1 "$nobody" "$elbow" info pipe
tried 1 "$nobody" "$elbow" bench pipe
tried 1 "$nobody" "$import" pipe -o new.h5
tried 1 "$nobody" "$import" table.csv -o pipe
mkdir pictures && mkfifo pictures/a.png
tried 1 'not a regular file' "$import" pictures -o new.h5
tried 1 '/dev/zero: .*not a regular file' "$elbow" config /dev/zero
tried 1 '/dev/zero: .*not a regular file' "$import" /dev/zero -o new.h5
tried 1 '/dev/zero' "$elbow" info /dev/zero
[ ! -e new ] || fail "a start that was refused made its run directory"
tried 1 "$nobody" "$elbow" train run.yaml --init pipe --run-dir new
# A pipe with a writer is an ordinary input.
# shellcheck disable=SC2016 # for the inner shell
run 0 1 try bash -c 'cat run.yaml | "$0" config /dev/stdin' "$elbow"
# shellcheck disable=SC2016 # for the inner shell
run 0 1 try bash -c '"$0" train <(cat run.yaml) --run-dir piped' "$elbow"
same_file "a configuration from a pipe" "$checkpoint" piped/checkpoints/step-00000004.h5
cat run.yaml >pipe &
run 0 1 try "$elbow" config pipe
wait

# A closed screen. For a run it is an output like others; for other commands the reader has read enough.
gone() { # STATUS command...: its standard output is a pipe without a reader
    local status=$1 got
    shift
    ("$@" 2>gone.err; echo $? >gone.status) | true
    got=$(cat gone.status)
    [ "$got" = "$status" ] || fail "$*: without a screen its status is $got, expected $status: $(cat gone.err)"
}
gone 3 "$elbow" train run.yaml --run-dir unseen
same_file "a run without a screen" "$checkpoint" unseen/checkpoints/step-00000004.h5
[ "$(grep -c '^elbow: warning: standard output cannot be written: Broken pipe; the run continues' gone.err unseen/log.txt | grep -c ':1$')" = 2 ] ||
    fail "a lost screen is not reported once in each place: $(cat gone.err unseen/log.txt)"
grep -q '^finished step 4 ' unseen/log.txt || fail "the log of a run without a screen: $(cat unseen/log.txt)"
# shellcheck disable=SC2016 # for the inner shell
both='exec "$0" "$@" 2>&1'
gone 3 bash -c "$both" "$elbow" train run.yaml --run-dir deaf
same_file "a run without both" "$checkpoint" deaf/checkpoints/step-00000004.h5
gone 0 "$elbow" sample good -o unseen.csv
[ -s unseen.csv ] || fail "a command without a screen leaves no output"
[ ! -s gone.err ] || fail "a command without a screen says: $(cat gone.err)"
for words in "info good" "config run.yaml" "config --explain" "eval good" "--help" "train --help" "--version"; do
    # shellcheck disable=SC2086 # several words
    gone 0 "$elbow" $words
    grep -q '^elbow: ' gone.err && fail "$words without a screen says: $(cat gone.err)"
done
gone 0 "$shapes" -n 5 --test 1 -o unseen.h5
gone 0 "$import" table.csv -o unseen.h5 --name /x
if [ -e /dev/full ]; then
    full() { # STATUS command...
        local status=$1 got
        shift
        "$@" >/dev/full 2>full.err
        got=$?
        [ "$got" = "$status" ] || fail "$*: on a full device its status is $got, expected $status"
        [ "$(grep -v '^elbow: warning' full.err | grep -c '^elbow')" = 1 ] || fail "$*: on a full device it says $(cat full.err)"
        grep -q 'standard output.*No space left on device' full.err || fail "$*: on a full device it says $(cat full.err)"
    }
    full 3 "$elbow" train run.yaml --run-dir full
    full 3 "$elbow" sample good -o full.csv
    for words in "info good" "config run.yaml" "eval good --json" "--help"; do
        # shellcheck disable=SC2086 # several words
        full 1 "$elbow" $words
    done
    full 1 "$shapes" -n 5 --test 1 -o full.h5
    full 1 "$import" table.csv -o full.h5 --name /x
fi

# Without standard streams, no file gets their descriptors.
closed() { # command...: with closed streams
    timeout -k 5 $limit "$@" <&- >&- 2>&- || fail "without streams: $* ends with status $?"
}
closed "$elbow" train run.yaml --run-dir closed
same_file "a run without streams" "$checkpoint" closed/checkpoints/step-00000004.h5
closed "$elbow" sample good -o closed.csv -n 2000 --seed 1
same_file "samples without streams" ref1.csv closed.csv
closed "$shapes" -n 5 --test 1 -o closed.h5
"$shapes" -n 5 --test 1 -o open.h5 >/dev/null
same_file "shapes without streams" open.h5 closed.h5
closed "$import" table.csv -o closed.h5 --name /x
closed "$elbow" config run.yaml
finish
