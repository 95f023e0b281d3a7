#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# log.tensorboard: the event file holds the rows and pictures of the run, changes no bit of it, is cut at a resume, and is read by
# TensorBoard if ELBOW_TEST_PYTHON (or python3) has it.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 58,6,6 bytes
"$make_data" write data.h5 /valid u8 17,6,6 bytes seed=9
cat >run.yaml <<'Y'
data: {file: data.h5, train: /train, valid: /valid}
model: {latent: 2, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 3, batch: 16, microbatch: 4}
eval: {every: 3}
log: {every: 2, tensorboard: true}
samples: {every: 4, count: 4}
Y
events=events.out.tfevents.elbow

run 0 2 whole "$elbow" train run.yaml --run-dir whole
run 0 1 plain "$elbow" train run.yaml --run-dir plain --set log.tensorboard=false
[ ! -e plain/$events ] || fail "events without log.tensorboard"
same_file "kl.csv" whole/kl.csv plain/kl.csv
for file in whole/samples/*; do same_file "a picture" "$file" "plain/samples/${file##*/}"; done
run 75 1 stopped "$elbow" train run.yaml --run-dir stopped --set run.stop_after=5
cp stopped/$events five
# Leftovers of a killed start: events of later steps, and the beginning of one.
tail -c +"$(($(wc -c <five) + 1))" whole/$events >rest
cat rest >>stopped/$events
head -c 17 rest >>stopped/$events
run 0 3 goes-on "$elbow" train run.yaml --run-dir stopped --resume
[ "$(wc -c <stopped/$events)" = "$(wc -c <whole/$events)" ] || fail "the events of a resumed run have another length"
same_file "a resumed run" whole/checkpoints/step-00000012.h5 stopped/checkpoints/step-00000012.h5

mkdir foreign
cp whole/metrics.csv whole/kl.csv foreign/
echo "somebody's, which is no event file at all, and longer than the first record of one" >foreign/$events
run 1 1 foreign "$elbow" train run.yaml --run-dir foreign
grep -q "foreign/$events: is not an event file" foreign.err || fail "a foreign file: $(cat foreign.err)"

python=${ELBOW_TEST_PYTHON:-python3}
if ! "$python" -c 'import tensorboard' 2>/dev/null; then
    [ "$failures" = 0 ] || finish
    skip "$python has no tensorboard (python3 -m venv DIR; DIR/bin/pip install tensorboard; ELBOW_TEST_PYTHON=DIR/bin/python)"
fi
cat >read.py <<'P'
import csv, math, struct, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

for run in sys.argv[1:]:
    events = EventAccumulator(run, size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    tags = set(events.Tags()["scalars"])
    seen = 0
    for table in ("metrics.csv", "kl.csv"):
        for row in csv.DictReader(open(f"{run}/{table}")):
            for name, text in row.items():
                if name in ("step", "epoch", "split") or text == "":
                    continue
                tag = f"{row['split']}/{name}"
                assert tag in tags, tag
                points = [e for e in events.Scalars(tag) if e.step == int(row["step"])]
                assert len(points) == 1, (tag, row["step"], len(points))
                wanted = struct.unpack("f", struct.pack("f", float(text)))[0]
                assert points[0].value == wanted, (tag, row["step"], points[0].value, text)
                seen += 1
    assert seen > 100, seen
    for tag, beginning in (("samples", "step-"), ("reconstructions", "reconstruction-")):
        images = events.Images(tag)
        assert [i.step for i in images] == [4, 8, 12], [i.step for i in images]
        for image in images:
            assert image.encoded_image_string == open(f"{run}/samples/{beginning}{image.step:08}.png", "rb").read()
            assert image.width > 6 and image.height > 6
P
"$python" read.py whole stopped 2>read.err || fail "TensorBoard: $(tail -n 3 read.err)"
finish
