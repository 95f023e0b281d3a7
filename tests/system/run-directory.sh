#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The run directory: foreign files of any name stay unchanged; a directory that is moved during a run is followed, a removed
# directory is reported, a directory that another run takes over is left alone; unreadable files are reported before the work.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
limit=$((200 * patience)) # only to catch a hang; a busy machine may be slow

"$make_data" write data.h5 /train u8 40,5,6 bytes
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train}
model: {latent: 2, encoder: [dense: {units: 20}], decoder: [dense: {units: 20}]}
train: {epochs: 0, steps: 20, batch: 8, microbatch: 4}
log: {every: 2}
checkpoint: {every: 10, keep: 2}
samples: {every: 10, count: 4}
Y
sed 's/steps: 20/steps: 100000000/; s/every: 2}/every: 500}/; s/every: 10/every: 1000/' run.yaml >long.yaml
for name in run long; do sed -i "s|data.h5|$work/data.h5|" $name.yaml; done

# said LOG TEXT, once
said() {
    [ "$(cat "$1.out" "$1.err" | grep -c -- "$2")" = 1 ] || { fail "$1: does not say \"$2\" once"; tail -n 5 "$1.err"; }
}
one_sentence() {
    [ "$(grep -v '^elbow: warning: ' "$1.err" | grep -c '^elbow: ')" = 1 ] || fail "$1: not one sentence: $(cat "$1.err")"
}
# refused STATUS LOG TEXT argument...: one sentence with that text; no existing file changes.
sums() { find . -path ./.logs -prune -o \( -type f -o -type l \) -printf '%p %l\n' -type f -exec cksum {} \; | sort; }
refused() {
    local status=$1 log=.logs/$2 text=$3
    shift 3
    mkdir -p .logs
    sums >.logs/before
    run "$status" 1 "$log" "$elbow" train "$@"
    said "$log" "$text"
    one_sentence "$log"
    sums >.logs/after
    cmp -s .logs/before .logs/after || { fail "$log changed files"; diff .logs/before .logs/after | head -n 5; }
}
# eventually COMMAND...: within a minute and a half.
eventually() {
    local i
    for ((i = 0; i < 900 * patience; i++)); do
        "$@" && return 0
        sleep 0.1
    done
    fail "never: $*"
    return 1
}
# begin RANKS LOG argument...: a run in the background that would take hours. Each rank writes its status.
begin() {
    local ranks=$1 log=$2
    shift 2
    # shellcheck disable=SC2016 # for the inner shell
    timeout -k 5 $limit mpirun --oversubscribe --bind-to none -n "$ranks" bash -c \
        'log=$1; shift; "$@"; echo $? >"$log.status.$OMPI_COMM_WORLD_RANK"' - "$log" \
        "$elbow" train "$@" >"$log.out" 2>"$log.err" </dev/null &
    job=$!
}
# ends LOG STATUS RANKS: on every rank.
ends() {
    local rank
    wait "$job"
    for ((rank = 0; rank < $3; rank++)); do
        [ "$(cat "$1.status.$rank" 2>/dev/null)" = "$2" ] ||
            fail "$1: rank $rank ended with $(cat "$1.status.$rank"), expected $2: $(tail -n 3 "$1.err")"
    done
}
holder() { grep -o '^process [0-9]*' "$1/lock" 2>/dev/null | cut -d' ' -f2; }
# shellcheck disable=SC2317 # called by eventually
has_checkpoint() { compgen -G "$1/checkpoints/step-*.h5" >/dev/null && [ -n "$(holder "$1")" ]; }
# shellcheck disable=SC2317
is_gone() { rm -rf "$1" 2>/dev/null; [ ! -e "$1" ]; }
# shellcheck disable=SC2317
is_there() { [ -e "$1" ]; }
newest() { find "$1/checkpoints" -name 'step-*.h5' | sort | tail -n 1 | grep -o '[0-9]*\.h5' | grep -o '^[0-9]*'; }

run 0 1 whole "$elbow" train run.yaml --run-dir whole
mkdir foreign && cd foreign || exit 1

# Names that a run writes, in a directory without a run: refused, for files and for folders, with any flags.
for name in config.yaml metrics.csv kl.csv log.txt receipt.txt lock checkpoints samples; do
    mkdir "$name.file" "$name.folder" "$name.folder/$name"
    echo "a thesis" >"$name.file/$name"
    echo "a thesis" >"$name.folder/$name/thesis"
    for how in "file" "folder --resume=auto" "file --overwrite"; do
        # shellcheck disable=SC2086 # a flag is a word of its own
        refused 2 "$name-${how/ /}" "$name.${how% *}: holds $name, which is not from a run" ../run.yaml --run-dir $name.$how
    done
done
mkdir dangling && ln -s nowhere dangling/checkpoints
refused 2 dangling "dangling: holds checkpoints, which is not from a run" ../run.yaml --run-dir dangling
mkdir pipe && mkfifo pipe/log.txt
refused 2 pipe "pipe: holds log.txt, which is not from a run" ../run.yaml --run-dir pipe
mkdir folder && echo "a thesis" >folder/thesis
refused 2 folder "folder: is not a run directory, and --overwrite moves only run directories aside" ../run.yaml --run-dir folder --overwrite

# A run among foreign files, whose names it does not use: it removes only its own leftovers, under the lock.
mkdir mine mine/samples.old && cd mine || exit 1
cp ../../run.yaml .
for name in thesis.tex.part config.yaml.part metrics.csv.part checkpoint.h5 .elbow-notes .elbow-0123456789ABCDEF-x samples.old/a.part; do
    echo "of mine" >"$name"
done
sums >../before
run 0 1 ../../mine "$elbow" train run.yaml --run-dir .
mkdir -p samples checkpoints
for name in samples/a.png.part checkpoints/step-00000099.h5.part samples/step-00000099.notes.txt samples/step-99.png; do
    echo "of mine" >"$name"
done
for name in .elbow-0123456789abcdef-mine.csv samples/.elbow-0123456789abcdef-mine.png checkpoints/.elbow-0123456789abcdef-mine.h5; do
    echo "another command is writing" >"$name" # elbow sample . -o mine.csv
done
touch .elbow-0123456789abcdef-config.yaml samples/.elbow-0123456789abcdef-step-00000099.png checkpoints/.elbow-fedcba9876543210-best.h5
run 0 1 ../../mine-on "$elbow" train run.yaml --run-dir . --resume --set train.steps=30
for name in $(cut -d' ' -f1 ../before | grep '^\./') samples/a.png.part checkpoints/step-00000099.h5.part \
    samples/step-00000099.notes.txt samples/step-99.png {.,samples,checkpoints}/.elbow-*-mine.*; do
    [ -e "$name" ] || fail "--run-dir . removed $name"
done
sums | grep -F "$(grep -v '^\./' ../before)" | diff - <(grep -v '^\./' ../before) >changed || fail "--run-dir . changed files: $(cat changed)"
[ "$(find . -name '.elbow-*-mine.*' | wc -l)" = 3 ] || fail "parts of other commands are gone: $(find . -name '.elbow-*')"
[ -z "$(find . -name '.elbow-[0-9a-f]*' ! -name '*-mine.*' ! -name '*ABCDEF*')" ] ||
    fail "half-written files are still there: $(find . -name '.elbow-*')"
cd .. || exit 1

# A run of any age is recognised by its contents; a run that was killed immediately, by its lock.
for kind in receipt tables checkpoints lock; do
    mkdir "old-$kind"
    case $kind in
    receipt) cp -r ../whole/. old-receipt && sed -i '1d; /^config: /d' old-receipt/receipt.txt && head -c 7 old-receipt/receipt.txt | grep -q '^start: ' ;;
    tables) cp ../whole/{metrics.csv,log.txt} old-tables ;;
    checkpoints) cp -r ../whole/checkpoints old-checkpoints ;;
    lock) echo "process 1 on somewhere since yesterday" >old-lock/lock && echo "data: ..." >old-lock/log.txt ;;
    esac || fail "$kind: nothing to try"
    run 0 1 ../old-$kind "$elbow" train ../run.yaml --run-dir old-$kind --resume=auto --set train.steps=22
    [ "$(newest old-$kind)" = 00000022 ] || fail "old-$kind: the run did not end"
    [ ! -e old-$kind/lock ] || fail "old-$kind: the lock is left"
done
head -n 1 old-lock/log.txt | grep -q '^data: \.\.\.$' || fail "an earlier log.txt was not added to"

# The configuration in the run directory itself.
cp -r ../whole config
refused 2 config "config/config.yaml: is the configuration of this command" config/config.yaml --run-dir config --resume --set train.steps=30
cp config/config.yaml here.yaml
run 0 1 ../config-copy "$elbow" train here.yaml --run-dir config --resume --set train.steps=24
cp config/config.yaml here.yaml # says 24 steps, and config as its run.dir
run 0 1 ../config-same "$elbow" train config/config.yaml --resume
cmp -s config/config.yaml here.yaml || fail "config.yaml was replaced by itself, and differs"

echo "# mine" >>config/config.yaml
cp config/config.yaml edited.yaml
run 0 1 ../config-edited "$elbow" train here.yaml --run-dir config --resume --set train.steps=26
cmp -s edited.yaml config/config.yaml.old-1 || fail "an edited config.yaml was lost"
[ ! -e config/config.yaml.old-2 ] || fail "a resolved config.yaml was taken for an edited one"
sed -i 's/^  rate: .*/  rate: 0.125/' config/config.yaml # a value, which reads back to the same bytes
cp config/config.yaml edited.yaml
run 0 1 ../config-value "$elbow" train here.yaml --run-dir config --resume --set train.steps=28
said ../config-value "config/config.yaml: was edited, and is kept as config.yaml.old-2"
cmp -s edited.yaml config/config.yaml.old-2 || fail "a config.yaml with another value was lost"
run 0 1 ../config-epochs "$elbow" train here.yaml --run-dir config --resume --set train.steps=30 --set train.epochs=7
[ ! -e config/config.yaml.old-3 ] || fail "a resolved config.yaml was taken for an edited one"

# A run without its checkpoints keeps its tables and pictures, and the next run is complete.
for how in "" --resume=auto; do
    rm -rf bare && cp -r ../whole bare && rm -r bare/checkpoints
    # shellcheck disable=SC2086 # no flag is no word
    run 0 1 ../bare$how "$elbow" train ../run.yaml --run-dir bare $how
    for name in metrics.csv kl.csv samples; do
        diff -r ../whole/$name bare/$name.old-1 >changed || fail "no checkpoints $how: $name was lost: $(head -n 3 changed)"
        said ../bare$how "bare/$name: is from an earlier run without a checkpoint, and is kept as $name.old-1"
    done
    same_run "in the place of one without checkpoints $how" ../whole bare
done
run 0 1 ../bare-on "$elbow" train ../run.yaml --run-dir bare --resume --set train.steps=22
[ -z "$(find bare -name '*.old-2')" ] || fail "a resume kept its own tables under other names"

# --overwrite moves runs aside, and follows links.
mkdir store
cp -r ../whole store/run
ln -s store/run link
run 0 1 ../overwrite "$elbow" train ../run.yaml --run-dir link --overwrite --set train.steps=4
if [ ! -L link ] || [ "$(readlink link)" != store/run ]; then fail "--overwrite did not leave the link"; fi
[ "$(newest store/run)" = 00000004 ] || fail "--overwrite: the new run is not at the target of the link"
diff -r ../whole store/run.old-1 >changed || fail "--overwrite: the former run is not beside its place: $(head -n 3 changed)"
mkdir empty
run 0 1 ../overwrite-empty "$elbow" train ../run.yaml --run-dir empty --overwrite
[ ! -e empty.old-1 ] || fail "--overwrite moved an empty folder aside"
refused 1 overwrite-init "store/run: cannot be moved aside: --init reads from it" ../run.yaml --run-dir store/run --overwrite \
    --init link/checkpoints/step-00000004.h5
(cd store/run && refused 1 overwrite-here "cannot be moved aside: it is the working directory of this command" ../../../run.yaml --run-dir "$PWD" --overwrite)

# All places are checked before any computation.
places() { # NAME WHAT REASON
    cp -r ../whole "$1-$2"
    (cd "$1-$2" && rm -rf "$1" && case $2 in
    file) mkdir -p "$(dirname "$1")" && echo "a thesis" >"$1" ;;
    link) ln -s nowhere "$1" ;;
    pipe) mkfifo "$1" ;;
    folder) mkdir "$1" ;;
    esac)
    refused 1 "place-${1//\//-}-$2" "$1-$2/$1: cannot be .*: $3" ../run.yaml --run-dir "$1-$2" --resume=auto --set train.steps=40
}
for name in checkpoints samples; do
    places $name file "it is not a directory"
    places $name link "it is a broken link"
done
for name in config.yaml metrics.csv kl.csv log.txt receipt.txt lock; do
    places $name pipe "it is not a regular file"
    places $name folder "[Ii]"
done
mkdir checkpoints.tried
cp -rL ../whole best # a copy that followed the link, or best.h5 put there
cp ../whole/checkpoints/step-00000020.h5 best/checkpoints/best.h5
refused 1 best "best/checkpoints/best.h5: cannot be written: it is not a link" ../run.yaml --run-dir best --resume --set train.steps=40

# Checkpoints that are unreadable for a moment are not damaged.
cp -r ../whole unread
ln -s step-00000030.h5 unread/checkpoints/step-00000030.h5 # to itself: nobody can open it
refused 1 unread "unread/checkpoints/step-00000030.h5: cannot be read: Too many levels of symbolic links; it may be" \
    ../run.yaml --run-dir unread --resume --set train.steps=40
rm unread/checkpoints/step-00000030.h5
for i in 1 2; do
    echo "damaged $i" >unread/checkpoints/step-00000022.h5
    run 75 1 ../damaged-$i "$elbow" train ../run.yaml --run-dir unread --resume --set train.steps=40 --set run.stop_after=21
done
if [ "$(cat unread/checkpoints/step-00000022.h5.damaged)" != "damaged 1" ] || [ "$(cat unread/checkpoints/step-00000022.h5.damaged-2)" != "damaged 2" ]; then
    fail "damaged checkpoints: $(ls unread/checkpoints)"
fi
if command -v strace >/dev/null && strace -o try -e inject=openat:error=EIO:when=9999 true 2>/dev/null; then
    file=checkpoints/step-$(newest unread).h5
    for error in EIO EMFILE; do
        ASAN_OPTIONS=$loose run 1 1 ../unread-$error strace -f -qq -o calls -e trace=openat -P "unread/$file" \
            -P "$file" -e inject=openat:error=$error "$elbow" train ../run.yaml --run-dir unread --resume --set train.steps=40
        said ../unread-$error "unread/$file: cannot be read: "
    done
    [ -e "unread/$file" ] || fail "a checkpoint that could not be read was taken away"
    rm -r bare/checkpoints # as on a file system without rename without replacement, such as NFS
    ASAN_OPTIONS=$loose run 0 1 ../bare-links strace -f -qq -o calls -e trace=renameat2 -e inject=renameat2:error=EINVAL \
        "$elbow" train ../run.yaml --run-dir bare
    [ -e bare/samples.old-2/step-00000020.png ] || fail "samples/ was not kept without renameat2: $(ls bare)"
else
    echo "note: no strace, so no errors of the disk are tried"
fi
run 0 1 ../unread-on "$elbow" train ../run.yaml --run-dir unread --resume --set train.steps=40

# Tables keep foreign edits, at a resume and during a run.
cp -r ../whole tables
sed -i '3i # a note' tables/metrics.csv
echo "# the end" >>tables/metrics.csv
run 0 1 ../tables "$elbow" train ../run.yaml --run-dir tables --resume --set train.steps=30
[ "$(grep -c '^# ' tables/metrics.csv)" = 2 ] || fail "a resume took lines of others out of metrics.csv"
cd .. || exit 1
begin 2 edited long.yaml --run-dir edited
eventually has_checkpoint edited
edited=$(holder edited)
kill -STOP "$edited" # no row is appended during the edit
sleep 0.2
rows=$(wc -l <edited/metrics.csv)
cp edited/metrics.csv changed && echo "# in place" >>changed && sed 's/^step,/Step,/' changed >edited/metrics.csv
sed -i '2i # by another file' edited/kl.csv
kill -CONT "$edited"
# shellcheck disable=SC2317
has_grown() { [ "$(wc -l <edited/metrics.csv)" -gt $((rows + 5)) ]; }
eventually has_grown
kill -USR1 "$edited"
ends edited 75 2
if ! grep -q '^Step,' edited/metrics.csv || ! grep -q '^# in place' edited/metrics.csv || ! grep -q '^# by another file' edited/kl.csv; then
    fail "a table that was edited during a run lost the edit"
fi
fields=$(head -n 1 edited/metrics.csv | tr , '\n' | wc -l)
if grep -v '^Step,\|^# ' edited/metrics.csv | awk -F, -v fields="$fields" 'NF != fields || $1 % 500' | grep .; then fail "a table that was changed holds half a row"; fi
[ "$(cat edited.err edited.out | grep -c 'has been changed by another program')" = 2 ] || fail "edited: $(cat edited.err)"

# A moved directory is followed; another run may take its name.
begin 2 moved long.yaml --run-dir run
eventually has_checkpoint run
mv run away
step=$(newest away)
run 0 1 in-its-place "$elbow" train run.yaml --run-dir run
same_run "in the place of a moved one" whole run
# shellcheck disable=SC2317
goes_on() { [ "$(newest away)" -gt "$((10#$step))" ]; }
eventually goes_on
kill -USR1 "$(holder away)"
ends moved 75 2
[ ! -e away/lock ] || fail "moved: the lock is left"
[ -z "$(find away run -name '*.damaged*')" ] || fail "moved: sound checkpoints were set aside"
same_run "in the place of a moved one, later" whole run
step=$((10#$(newest away)))
sed "s/steps: 20/steps: $((step + 3))/; s/every: 2}/every: 500}/; s/every: 10/every: 1000/" run.yaml >ending.yaml
run 0 2 moved-on "$elbow" train ending.yaml --run-dir away --resume
run 0 1 moved-whole "$elbow" train ending.yaml --run-dir unmoved
name=checkpoints/step-$(newest unmoved).h5
same_file "moved" "unmoved/$name" "away/$name"
same_file "moved" unmoved/kl.csv away/kl.csv
same_metrics "moved" unmoved/metrics.csv away/metrics.csv

# A removed directory is reported as missing: no more writes, and it does not come back.
begin 2 removed long.yaml --run-dir gone
eventually has_checkpoint gone
eventually is_gone gone
ends removed 1 2
said removed "^elbow: gone: the run directory has been removed; this run writes nothing more and ends after step [0-9]*$"
one_sentence removed
[ ! -e gone ] || fail "removed: the directory is there again: $(ls gone)"

# Only the lock file is removed: the run takes the lock again if it is free, and ends if another run has it.
begin 2 unlocked long.yaml --run-dir lost
eventually has_checkpoint lost
first=$(holder lost)
rm lost/lock
eventually is_there lost/lock
run 1 1 unlocked-second "$elbow" train long.yaml --run-dir lost --resume
said unlocked-second "another run is at work in it (process $first on"
kill -STOP "$first"
rm lost/lock
(limit=$((300 * patience)); on 1 "$elbow" train long.yaml --run-dir lost --resume >taken.out 2>taken.err) &
taker=$!
# shellcheck disable=SC2317
is_taken() { [ -n "$(holder lost)" ] && [ "$(holder lost)" != "$first" ]; }
eventually is_taken
second=$(holder lost)
kill -CONT "$first"
ends unlocked 1 2
said unlocked "^elbow: lost: another run is at work in it now (process $second on .*); this run writes nothing more and ends after step [0-9]*$"
one_sentence unlocked
[ "$(holder lost)" = "$second" ] || fail "the lock of the second run is gone"
step=$(newest lost)
# shellcheck disable=SC2317
second_goes_on() { [ "$(newest lost)" -gt "$((10#$step))" ]; }
eventually second_goes_on
kill -USR1 "$second"
wait $taker
status=$?
[ $status = 75 ] || fail "the second run ended with $status: $(tail -n 3 taken.err)"
[ -z "$(find lost -name '*.damaged*')" ] || fail "sound checkpoints were set aside"
finish
