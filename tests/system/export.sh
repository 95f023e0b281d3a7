#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow export: the same files on any number of ranks; safetensors is read by its own library, where ELBOW_TEST_PYTHON
# (or python3) has that, and holds the values of the checkpoint.
set -u
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

"$make_data" write data.h5 /train u8 58,6,6 bytes
"$make_data" write data.h5 /numbers f32 61,11 normal
cat >dense.yaml <<'Y'
data: {file: data.h5, train: /numbers, transform: standardize_each}
model: {latent: 2, likelihood: {gaussian: {variance: learned}}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9}]}
train: {epochs: 2, batch: 16, microbatch: 4, average: 0.9}
Y
run 0 1 dense "$elbow" train dense.yaml --run-dir dense

for ranks in 1 2 3; do run 0 $ranks export-$ranks "$elbow" export dense -o dense-$ranks.safetensors; done
for ranks in 2 3; do same_file "$ranks ranks" dense-1.safetensors dense-$ranks.safetensors; done
grep -q 'dense-1.safetensors: the model of step 8 of dense/checkpoints/step-00000008.h5' export-1.out || fail "$(cat export-1.out)"
run 0 1 raw "$elbow" export dense -o raw.safetensors --raw-weights
cmp -s raw.safetensors dense-1.safetensors && fail "averaged and raw weights are the same"

python=${ELBOW_TEST_PYTHON:-python3}
if ! "$python" -c 'import safetensors, h5py, numpy' 2>/dev/null; then
    [ "$failures" = 0 ] || finish
    skip "$python has no safetensors and h5py (python3 -m venv DIR; DIR/bin/pip install safetensors h5py; ELBOW_TEST_PYTHON=DIR/bin/python)"
fi
cat >tensors.py <<'P'
import h5py, numpy as np
from safetensors import safe_open

for name, group in (("raw", "model"), ("dense-1", "average")):
    with safe_open(f"{name}.safetensors", "np") as f, h5py.File("dense/checkpoints/step-00000008.h5") as h:
        wanted = {}
        h[group].visititems(lambda n, d: wanted.update({n: d[()]}) if isinstance(d, h5py.Dataset) else None)
        wanted["data/transform"] = h["data/transform"][()].reshape(2, -1)
        assert set(f.keys()) == set(wanted), set(f.keys()) ^ set(wanted)
        for n, v in wanted.items():
            t = f.get_tensor(n)
            assert t.dtype == v.dtype and t.shape == v.shape and t.tobytes() == v.tobytes(), n
        about = f.metadata()
        assert about["step"] == "8" and about["data_shape"] == "11" and "latent: 2" in about["config"]
        assert about["weights"] == {"raw": "trained", "dense-1": "averaged"}[name]
P
"$python" tensors.py 2>read.err || fail "safetensors: $(tail -n 3 read.err)"
finish
