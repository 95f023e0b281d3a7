#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# elbow export: the same files on any number of ranks. The libraries of safetensors and onnx read them if ELBOW_TEST_PYTHON (or
# python3) has these libraries: the tensors are those of the checkpoint, and onnxruntime computes the results of encode and
# reconstruct.
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

# model NAME TRAIN-DATASET KEY=VALUE...: a short run of another model.
models=(dense)
model() {
    local name=$1 file=$2 train=$3
    shift 3
    local sets=()
    for key in "$@"; do sets+=(--set "$key"); done
    run 0 1 "$name" "$elbow" train "$file" --run-dir "$name" --set data.train="$train" "${sets[@]}"
    models+=("$name")
}
"$make_data" write data.h5 /counts i16 40,13 counts
"$make_data" write data.h5 /volumes f32 24,4,6,5 normal
"$make_data" write data.h5 /series f32 24,12,2 normal
cat >images.yaml <<'Y'
data: {file: data.h5, train: /train}
model:
  latent: 3
  encoder:
    - conv2d: {filters: 4, kernel: 3, padding: 1, activation: silu}
    - residual: {layers: [conv2d: {filters: 6, kernel: 3, stride: 2, padding: 1, activation: gelu}]}
    - layer_norm: {activation: elu}
    - pool: {size: 2, stride: 1, kind: max}
    - dropout: {rate: 0.2}
    - gated: {units: 10}
    - dense: {units: 7, activation: leaky_relu}
    - dense: {units: 7, activation: exp}
    - dense: {units: 7, activation: hard_tanh}
  decoder:
    - dense: {units: 45, activation: softplus}
    - conv2d: {filters: 4, kernel: 3, padding: 1, activation: tanh}
    - residual: {layers: [conv2d: {filters: 4, kernel: 3, padding: 1, activation: sigmoid}]}
    - conv_transpose2d: {filters: 3, kernel: 3, stride: 2, padding: 1, output_padding: 1, activation: relu}
    - conv2d: {filters: 1, kernel: 3, padding: 1, activation: none}
train: {epochs: 2, batch: 16, microbatch: 4}
Y
model images images.yaml /train
cat >flat.yaml <<'Y'
data: {file: data.h5, train: /counts}
model: {latent: 2, likelihood: poisson, input: {transform: log1p}, encoder: [dense: {units: 9}], decoder: [dense: {units: 9, activation: tanh}]}
train: {epochs: 1, batch: 16, microbatch: 4, rate: 1.0e-4}
Y
model counts flat.yaml /counts
model binomial flat.yaml /train 'model.likelihood={binomial: {n: 255}}' 'model.input={transform: standardize}'
model threshold dense.yaml /train model.likelihood=bernoulli data.transform=none data.binarize=threshold
model missing dense.yaml /numbers data.missing=nan data.transform=asinh 'model.input={mask: true}' \
    'model.likelihood={student_t: {scale: predicted}}'
model plain dense.yaml /numbers model.posterior=deterministic data.transform=minmax 'model.likelihood={gaussian: {variance: optimal}}'
model series dense.yaml /series data.layout=series data.transform=none \
    'model.encoder=[conv1d: {filters: 3, kernel: 3, stride: 2, padding: 1, activation: tanh}, pool: {size: 2, kind: mean}]' \
    'model.decoder=[dense: {units: 18}, conv_transpose1d: {filters: 3, kernel: 2, stride: 2}, upsample: {factor: 2}, conv1d: {filters: 2, kernel: 1, activation: none}]' \
    'model.posterior={diagonal: {least_log_variance: -0.1}}'
model volumes dense.yaml /volumes data.layout=volume data.transform=log1p data.factor=0.01 data.offset=1 \
    'model.encoder=[conv3d: {filters: 2, kernel: 3, padding: 1, activation: relu}, pool: {size: 2}]' \
    'model.decoder=[dense: {units: 120, activation: relu}, conv_transpose3d: {filters: 1, kernel: 3, padding: 1, activation: none}]'

for ranks in 1 2 3; do run 0 $ranks export-$ranks "$elbow" export dense -o dense-$ranks.safetensors; done
for ranks in 2 3; do same_file "$ranks ranks" dense-1.safetensors dense-$ranks.safetensors; done
grep -q 'dense-1.safetensors: the model of step 8 of dense/checkpoints/step-00000008.h5' export-1.out || fail "$(cat export-1.out)"
run 0 1 raw "$elbow" export dense -o raw.safetensors --raw-weights
cmp -s raw.safetensors dense-1.safetensors && fail "averaged and raw weights are the same"

for name in "${models[@]}"; do
    run 0 1 "onnx-$name" "$elbow" export "$name" -o "$name.onnx"
    run 0 1 "encode-$name" "$elbow" encode "$name" -o "$name-latents.h5"
    run 0 1 "reconstruct-$name" "$elbow" reconstruct "$name" -n 20 -o "$name-pairs.h5"
done
run 0 3 onnx-3 "$elbow" export images -o images-3.onnx
for half in encoder decoder; do same_file "3 ranks" images-$half.onnx images-3-$half.onnx; done

# Models without a counterpart, and outputs that exist: one sentence, and no file.
run 0 1 full "$elbow" train dense.yaml --run-dir full --set model.posterior=full
run 1 1 refused "$elbow" export full -o full.onnx
grep -q 'full/checkpoints/.*: model.posterior: full cannot be exported to ONNX; .*safetensors has all tensors$' refused.err ||
    fail "a full posterior: $(cat refused.err)"
touch there-decoder.onnx
run 1 1 there "$elbow" export dense -o there.onnx
grep -q 'there-decoder.onnx: exists already' there.err || fail "a file that is there: $(cat there.err)"
if [ -e full-encoder.onnx ] || [ -e there-encoder.onnx ]; then fail "a refused export has left a file"; fi

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
if ! "$python" -c 'import onnx, onnxruntime' 2>/dev/null; then
    [ "$failures" = 0 ] || finish
    skip "$python has no onnx and onnxruntime (DIR/bin/pip install onnx onnxruntime; ELBOW_TEST_PYTHON=DIR/bin/python)"
fi
# Rows with missing values, for the model that was trained on such rows.
"$python" - <<'P' || fail "no file with holes"
import h5py, numpy as np
values = h5py.File("data.h5")["numbers"][:20]
values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
h5py.File("holes.h5", "w")["x"] = values
P
run 0 1 encode-holes "$elbow" encode missing --data holes.h5:/x -o holes-latents.h5
run 0 1 reconstruct-holes "$elbow" reconstruct missing --data holes.h5:/x -n 20 -o holes-pairs.h5
for half in encoder decoder; do cp missing-$half.onnx holes-$half.onnx; done

cat >graphs.py <<'P'
import sys
import h5py, numpy as np, onnx, onnxruntime

def run(path, values):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert model.opset_import[0].version == 17
    assert not [n for n in model.graph.node if "Random" in n.op_type]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, {session.get_inputs()[0].name: values})))

for name in sys.argv[1:]:
    with h5py.File(f"{name}-latents.h5") as latents, h5py.File(f"{name}-pairs.h5") as pairs:
        assert name != "holes" or np.isnan(pairs["originals"][()]).any()
        values, wanted = pairs["originals"][()], pairs["reconstructions"][()]
        mean = latents["mean"][()][:len(values)]
        got = run(f"{name}-encoder.onnx", values)
        far = [np.abs(got["mean"] - mean).max()]
        if "log_variance" in latents:
            far.append(np.abs(got["log_variance"] - latents["log_variance"][()][:len(values)]).max())
        assert ("log_variance" in latents) == ("log_variance" in got)
        told = run(f"{name}-decoder.onnx", mean)["mean"]
        assert told.shape == wanted.shape, (name, told.shape, wanted.shape)
        far.append((np.abs(told - wanted) / np.maximum(1, np.abs(wanted))).max())
        assert mean.std() > 0 and wanted.std() > 0
        print(name, *far)
        assert max(far) < 1e-5, (name, far)
P
"$python" graphs.py "${models[@]}" holes >graphs.out 2>read.err || fail "ONNX: $(cat graphs.out; tail -n 3 read.err)"
finish
