#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow-scaling from a run to its plots, on one and two ranks; existing results; errors.
# shellcheck source=tests/system/lib.sh
. "$(dirname "$0")/lib.sh"

scaling=$build/elbow-scaling
[ -x "$scaling" ] || skip "elbow-scaling is not built"

cat >small.yaml <<'END'
data: {synthetic: 4096, shape: [8, 8]}
model: {latent: 4, encoder: [dense: {units: 16}], decoder: [dense: {units: 16}]}
train: {batch: 32, microbatch: 8}
END
quick=(--repeats 2 --warm-up 0 --rounds 1 --launcher-options "--oversubscribe --bind-to none")
limit=200

run 0 1 first "$scaling" run small.yaml -o study --ranks "1 2 8" "${quick[@]}"
grep -q '^strong, 8 ranks: left out, a batch of 32 makes 4 microbatches' first.out || fail "8 ranks: $(cat first.out)"
[ "$(find study -name 'strong-*.json' | wc -l)" = 4 ] || fail "strong: $(ls study)"
[ "$(find study -name 'weak-*.json' | wc -l)" = 6 ] || fail "weak: $(ls study)"
[ -z "$(find study -name '*.log' -o -name '*.out' -o -name '.elbow-*')" ] || fail "left behind: $(ls study)"
one=study/strong-ranks-00002-nodes-0000-repeat-01.json
for expected in '"kind": "measured"' '"mode": "strong"' '"repeat": 1' '"command": "mpirun -n 2 ' '"hosts": "' '"build": "elbow ' \
    '"started": "20'; do
    grep -q "$expected" $one || fail "no $expected in $one"
done
grep -q '"batch": 256' study/weak-ranks-00008-*-repeat-00.json || fail "weak: the batch of 8 ranks is not 8 x 32"

# It reports the number of measurements beforehand, and the number left with each measurement.
grep -q '^5 points, 0 warm-up passes (not kept), 2 repeats: 10 measurements to make' first.out || fail "first: $(cat first.out)"
grep -q 'step .* ms; 1 to go, about [0-9]' first.out || fail "first: $(cat first.out)"
run 0 1 warm "$scaling" run small.yaml -o warm --mode strong --ranks 1 --repeats 1 --warm-up 1 "${quick[@]:4}"
grep -q '^strong, 1 rank, warm-up; 1 to go, about [0-9]' warm.out || fail "warm: $(cat warm.out)"
run 0 1 warm "$scaling" run small.yaml -o warm --mode strong --ranks 1 --repeats 1 --warm-up 1 "${quick[@]:4}"
grep -q '0 warm-up passes .* 0 measurements to make' warm.out || fail "a warm-up for nothing: $(cat warm.out)"

# Existing results are not measured again.
before=$(stat -c %Y%i study/*.json)
run 0 1 again "$scaling" run small.yaml -o study --ranks "1 2" "${quick[@]}"
grep -q '^0 measurements made, 8 already existed' again.out || fail "again: $(cat again.out)"
[ "$before" = "$(stat -c %Y%i study/*.json)" ] || fail "measurements were written again"

run 0 1 report "$scaling" report study
[ "$(grep -c '^measured,strong,' study/scaling.csv)" = 2 ] || fail "$(cat study/scaling.csv)"
[ "$(grep -c '^measured,weak,' study/scaling.csv)" = 3 ] || fail "$(cat study/scaling.csv)"
grep -Eq 'knee' report.out || fail "nothing of a knee: $(cat report.out)"
grep -q 'so at most 4 ranks can share it' report.out || fail "no bound of ranks: $(cat report.out)"
# The table's efficiency is its speed-up over its ranks, and its rate the batch over the step (medians of two agree
# only within their spread).
awk -F, 'NR > 1 { if ((($21 * $4 - $18) / $18) ^ 2 > 1e-12) exit 1 }' study/scaling.csv || fail "efficiency"
awk -F, 'NR > 1 { if ($13 < $11 || $13 > $15 || $18 < $17 || $18 > $19) exit 1 }' study/scaling.csv || fail "spread"

run 0 1 plot "$scaling" plot study
[ -s plot.err ] && fail "plot says: $(cat plot.err)"
for mode in strong weak; do
    for name in speedup efficiency shares; do
        [ "$(head -c 4 study/$mode-$name.png | tail -c 3)" = PNG ] || fail "$mode-$name.png is no picture"
        grep -q '</svg>' study/$mode-$name.svg || fail "$mode-$name.svg is no picture"
    done
    grep -Eq '>measured, (2 repeats|core shared)<' study/$mode-speedup.svg || fail "$mode: no word of measured"
    grep -q '>ideal<' study/$mode-speedup.svg || fail "$mode: no word of ideal"
    grep -Eq 'predicted|simulated' study/$mode-speedup.svg && fail "$mode: measured figures are marked as predicted"
done
run 0 1 plot-again "$scaling" plot study

# A rank that had less than 90 % of its core is marked in the row, the table and the plots. The test makes one of two points so.
cp -r warm crowded
sed 's/"ranks": 1,/"ranks": 2,/; s/"cores_busy": [^,]*,/"cores_busy": 0.42,/' warm/strong-*-repeat-00.json >crowded/strong-2.json
sed -i 's/"cores_busy": [^,]*,/"cores_busy": 0.99,/' crowded/strong-*-repeat-00.json
run 0 1 crowded "$scaling" report crowded
[ "$(awk -F, 'NR > 1 { print $4, $NF }' crowded/scaling.csv)" = $'1 0.99\n2 0.42' ] || fail "crowded: $(cat crowded/scaling.csv)"
grep -q ' 99%$' crowded.out || fail "crowded: $(cat crowded.out)"
grep -q ' 42% \*$' crowded.out || fail "crowded: $(cat crowded.out)"
grep -q '^\* A rank had less than 90% of its core' crowded.out || fail "crowded: $(cat crowded.out)"
run 0 1 shared "$scaling" plot crowded
for name in speedup efficiency; do
    grep -q '>measured, 1 repeat<' crowded/strong-$name.svg || fail "crowded: $name does not tell of the other point"
    grep -q '>measured, core shared<' crowded/strong-$name.svg || fail "crowded: $name does not say so"
done
grep -q '>2\*<' crowded/strong-shares.svg || fail "crowded: the shares do not say so"
grep -q '>1\*<' crowded/strong-shares.svg && fail "crowded: the shares say so of both"
grep -q '>ranks (\*: less than 90 % of a core)<' crowded/strong-shares.svg || fail "crowded: the shares do not explain the star"

# The model: fitted to exchanges, which are measured first. Its results are marked as predicted, in table, text and plot.
run 1 1 early "$scaling" model study
grep -q -- '--mode exchange' early.err || fail "a model without exchanges: $(cat early.err)"
run 0 1 exchanges "$scaling" run small.yaml -o study --mode exchange --ranks "1 2" --repeats 1 "${quick[@]:2}"
[ "$(find study -name 'exchange-*.json' | wc -l)" = 10 ] || fail "exchanges: $(ls study)"
run 0 1 model "$scaling" model study --ranks "2 4 1024" --latency 2e-6
cmp -s <(head -n -2 model.out) study/model.txt || fail "model.txt differs from the output"
grep -q 'gamma, adding, .* fitted$' model.out || fail "no gamma: $(cat model.out)"
grep -q 'alpha between nodes, per message *2.000 us  given on the command line$' model.out || fail "no alpha: $(cat model.out)"
grep -q '1/beta between nodes, .* ASSUMED$' model.out || fail "no assumption is reported: $(cat model.out)"
[ "$(grep -c '^predicted,strong,' study/prediction.csv)" = 3 ] || fail "1, 2, 4 ranks: $(cat study/prediction.csv)"
[ "$(grep -c '^predicted,weak,' study/prediction.csv)" = 4 ] || fail "1 to 1024 ranks: $(cat study/prediction.csv)"
[ "$(grep -vc '^predicted,' study/prediction.csv)" = 1 ] || fail "not all of it is predicted"
grep -q predicted study/scaling.csv && fail "predicted figures are among the measured ones"
run 1 1 drawn "$scaling" plot study
grep -q '^elbow-scaling: study/strong-speedup.png: exists already; give another name, or --force' drawn.err || fail "$(cat drawn.err)"
run 0 1 dashed "$scaling" plot study --force
[ -z "$(find study -name '.elbow-*')" ] || fail "left behind: $(ls -A study)"
grep -q '>predicted<' study/strong-speedup.svg || fail "no word of predicted"
grep -q 'stroke-dasharray' study/strong-speedup.svg || fail "predicted curves are not dashed"

# Existing files stay: tables of the same content are not written again, others only with --force.
run 0 1 same "$scaling" report study
echo mine >>study/scaling.csv
run 1 1 edited "$scaling" report study
grep -q '^elbow-scaling: study/scaling.csv: exists already; give another name, or --force to replace it' edited.err || fail "$(cat edited.err)"
[ ! -s edited.out ] || fail "a report that was refused: $(cat edited.out)"
[ "$(tail -n 1 study/scaling.csv)" = mine ] || fail "an edited table was replaced"
run 0 1 forced "$scaling" report study --force
cmp -s same.out forced.out || fail "another report: $(diff same.out forced.out)"
grep -q mine study/scaling.csv && fail "--force replaced nothing"
run 2 1 useless "$scaling" run small.yaml -o study --force
for name in lock exchange.yaml strong-ranks-00001-nodes-0000-repeat-00.log scaling.csv prediction.csv model.txt \
    strong-speedup.png weak-efficiency.svg weak-shares.png; do
    mkdir foreign && echo mine >"foreign/$name"
    run 2 1 foreign "$scaling" run small.yaml -o foreign --ranks 1 "${quick[@]}"
    grep -q "^elbow-scaling: foreign/$name: exists, but there is no experiment" foreign.err || fail "$(cat foreign.err)"
    [ "$(ls foreign)$(cat "foreign/$name")" = "${name}mine" ] || fail "a foreign directory was changed: $(ls foreign)"
    rm -r foreign
done

# One run at a time.
"$scaling" run small.yaml -o locked --mode strong --ranks 1 "${quick[@]}" >long.out 2>&1 &
long=$!
until [ -e locked/lock ] || ! kill -0 "$long"; do sleep 0.02; done
run 1 1 second "$scaling" run small.yaml -o locked --mode strong --ranks 1 "${quick[@]}"
grep -q 'locked: another run measures into it' second.err || fail "$(cat second.err)"
wait "$long" || fail "the first of two: $(cat long.out)"

# Another experiment, a wrong key, a missing program, a failing run, damaged results.
run 2 1 other "$scaling" run small.yaml -o study --ranks 1 --set train.batch=64 "${quick[@]}"
grep -q 'study/config.yaml: differs' other.err || fail "$(cat other.err)"
run 2 1 fewest "$scaling" run small.yaml -o study --mode weak --ranks 2 "${quick[@]}"
grep -q 'study: contains weak scaling with a batch of ' fewest.err || fail "$(cat fewest.err)"
run 2 1 key "$scaling" run small.yaml -o key --set train.bacth=4
grep -q 'did you mean train.batch' key.err || fail "$(cat key.err)"
[ -e key ] && fail "a wrong key left a directory"
run 1 1 failing "$scaling" run small.yaml -o failing --mode strong --ranks 1 --set data.synthetic=0 \
    --set data.file=missing.h5 "${quick[@]}"
grep -q '^elbow-scaling: strong, 1 rank: mpirun ended with status 1; elbow: .*missing.h5' failing.err || fail "$(cat failing.err)"
[ "$(grep -c '^elbow-scaling: ' failing.err)" = 2 ] || fail "a point that failed was tried again: $(cat failing.err)"
run 1 1 nothing "$scaling" report failing
grep -q 'failing: contains no measurements' nothing.err || fail "$(cat nothing.err)"
run 1 1 tables "$scaling" plot failing
echo '{"kind": "measured"}' >failing/x.json
run 1 1 damaged "$scaling" report failing
grep -q 'failing/x.json: .mode. is not a text' damaged.err || fail "$(cat damaged.err)"
run 0 1 help "$scaling" --help
finish
