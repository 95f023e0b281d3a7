#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes values.nc (netCDF4) and values.h5 (h5py), beside the values that these libraries read from them.

    python3 -m venv venv && venv/bin/pip install numpy h5py netCDF4
    venv/bin/python make.py DIRECTORY

What Elbow must see of a dataset X lies in expected.h5, as 32-bit floats.
"""
import sys

import h5py
import netCDF4
import numpy as np

SAMPLES = 24
folder = sys.argv[1]
rng = np.random.default_rng(12)


def waves(*shape):
    """Smooth fields with a few factors of variation, of about unit scale."""
    z = rng.normal(size=(SAMPLES, 3))
    k = np.arange(int(np.prod(shape)))
    w = np.stack([np.cos(0.7 * (f + 1) * k + f) for f in range(3)])
    return (z @ w / 2).reshape(SAMPLES, *shape)


expected = {}

# --- netCDF-4: packed values, missing values
with netCDF4.Dataset(f"{folder}/values.nc", "w") as nc:
    for name, size in {"sample": SAMPLES, "y": 3, "x": 4}.items():
        nc.createDimension(name, size)
    axes = ("sample", "y", "x")

    def variable(name, kind, values, fill=None, **attributes):
        v = nc.createVariable(name, kind, axes, fill_value=fill)
        for key, value in attributes.items():
            v.setncattr(key, value)
        v.set_auto_maskandscale(False)
        v[:] = values
        return v

    packed = np.round(waves(3, 4) / 1e-4).clip(-32000, 32000).astype("i2")
    scaling = {"scale_factor": np.float64(1e-4), "add_offset": np.float64(2.0)}
    variable("packed", "i2", packed, fill=np.int16(-32767), missing_value=np.int16(-32767), **scaling)
    holes = packed.copy()
    holes[5:, 0, 1] = -32767
    holes[7, 2, 2] = -32768
    variable("holes", "i2", holes, fill=np.int16(-32767), missing_value=np.array([-32767, -32768], "i2"), **scaling)
    # Bounds of packed values are whole numbers, those of unpacked ones are floats.
    variable("range", "i2", packed, valid_range=np.array([-32000, 32000], "i2"), **scaling)
    outside = packed.copy()
    outside[11, 1, 3] = 32600
    variable("outside", "i2", outside, valid_max=np.int16(32500), **scaling)
    variable("unpacked_bounds", "i2", outside, valid_min=np.float64(-1.2), valid_max=np.float64(5.2), **scaling)
    # Unsigned bytes of the classic formats.
    bytes_ = np.round(127.5 + 60 * waves(3, 4)).clip(0, 254).astype("u1")
    variable("unsigned", "i1", bytes_.view("i1"), fill=np.int8(-1), _Unsigned="true", scale_factor=np.float32(1 / 128))
    # A masked array without a fill value of its own: netCDF's.
    masked = nc.createVariable("masked", "f4", axes)
    masked[:] = np.ma.masked_where((np.arange(SAMPLES * 12) == 40).reshape(SAMPLES, 3, 4), waves(3, 4).astype("f4"))
    # As xarray writes floats: NaN is the fill value, and there is none here, or one.
    floats = waves(3, 4).astype("f4")
    variable("nan", "f4", floats, fill=np.float32(np.nan))
    gap = floats.copy()
    gap[3, 0, 2] = np.nan
    variable("nan_gap", "f4", gap, fill=np.float32(np.nan))

with netCDF4.Dataset(f"{folder}/values.nc") as nc:
    for name in ("packed", "range", "unsigned", "nan"):
        v = nc[name]
        v.set_auto_maskandscale(False)
        stored = v[:].view("u1") if name == "unsigned" else v[:]
        factor, offset = getattr(v, "scale_factor", 1), getattr(v, "add_offset", 0)
        expected[name] = stored.astype("f8") * np.float64(factor) + np.float64(offset)
        v.set_auto_maskandscale(True)
        assert np.allclose(expected[name], v[:], rtol=1e-6) and not np.ma.is_masked(v[:]), name
    for name, missing in {"holes": SAMPLES - 5 + 1, "outside": 1, "masked": 1, "nan_gap": 1}.items():
        assert np.ma.count_masked(nc[name][:]) == missing, name

# --- HDF5: channels first, other channels, foreign attributes, types
pictures = np.round(127.5 + 60 * waves(6, 5, 3)).clip(0, 255).astype("u1")
pictures[0, 0, 0, 0], pictures[0, 0, 0, 1] = 0, 255
volumes = waves(2, 3, 4, 2)
series = waves(9, 2)
with h5py.File(f"{folder}/values.h5", "w") as f:
    f["hwc"] = pictures
    f["chw"] = np.moveaxis(pictures, -1, 1)
    f.create_dataset("chw_chunked", data=np.moveaxis(pictures, -1, 1).astype(">i4"), chunks=(5, 3, 6, 5), compression=4)
    f["chw_flat"] = np.moveaxis(pictures, -1, 1).reshape(SAMPLES, -1)
    f["chw_half_flat"] = np.moveaxis(pictures, -1, 1).reshape(SAMPLES, 3, -1)
    f["grey"] = pictures[:, None, :, :, 0]
    f["cdhw"] = np.moveaxis(volumes, -1, 1)
    f["ct"] = np.moveaxis(series, -1, 1).astype("f4")
    f["uv"] = waves(6, 5, 2).astype("f4")
    f["uv_flat"] = f["uv"][...].reshape(SAMPLES, -1)
    # The same pictures in other types and units.
    f["unit"] = (pictures / 255).astype("f4")
    f["wide"] = pictures.astype("f4")
    f["u16"] = pictures.astype("u2") * np.uint16(257)
    f["standard"] = ((pictures - pictures.mean()) / pictures.std()).astype("f4")
    f["bits"] = (pictures > 127).astype("u1")
    # Attributes that mean something else elsewhere.
    for name, factor in {"vector": [1.0, 2.0], "text": "much", "two": 2.0}.items():
        f[f"factor_{name}"] = series.astype("f4")
        f[f"factor_{name}"].attrs["factor"] = factor
    f["both"] = series.astype("f4")
    f["both"].attrs.update(factor=2.0, scale_factor=3.0)
    # Scales.
    f["strain"] = 1e-21 * series[:, :4].reshape(SAMPLES, -1)
    f["pressure"] = (101325 + 500 * series[:, :4].reshape(SAMPLES, -1)).astype("f4")
    f["zero"] = np.zeros((SAMPLES, 4), "f4")
    f["constant"] = np.full((SAMPLES, 4), 7, "f4")
    expected.update(chw=pictures / 255.0, grey=pictures[..., :1] / 255.0, cdhw=volumes,
                    ct=series.astype("f4"), uv=f["uv"][...])

with h5py.File(f"{folder}/expected.h5", "w") as f:
    for name, values in expected.items():
        if name in ("chw", "grey"):  # a byte divided by 255, as Elbow multiplies
            values = np.round(values * 255) * (1.0 / 255)
        f.create_dataset(name, data=values.astype("f4"), compression=9)
