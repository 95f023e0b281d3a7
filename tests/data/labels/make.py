#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes labels.h5 (h5py), cells.h5ad (AnnData) and labels.nc (netCDF4): 12 samples of 6 values, and labels in every form.

    pip install h5py anndata pandas netCDF4 && python3 make.py
"""
import anndata
import h5py
import netCDF4
import numpy as np
import pandas

NAMES = ["setosa", "virginica", "", "setosa", "Küste", "setosa", "virginica", "virginica", "setosa", "Küste", "", "setosa"]
CODES = np.array([2, 1, -1, 2, 0, 2, 1, 1, 2, 0, -1, 2], "i1")
CATEGORIES = ["Küste", "virginica", "setosa"]
ROWS = (np.arange(72).reshape(12, 6) % 7 / 7).astype("f4")

with h5py.File("labels.h5", "w", libver="earliest", track_order=False) as f:
    f["x"] = ROWS
    f["integers"] = CODES.astype(">i4")
    f["whole"] = CODES.astype("f8")
    f["missing"] = np.where(CODES < 0, np.nan, CODES).astype("f4")
    f["fraction"] = np.where(np.arange(12) == 5, 1.5, CODES)
    f["column"] = CODES.reshape(12, 1)
    f["row"] = CODES.reshape(1, 12)
    f["onehot"] = np.eye(3, dtype="u1")[np.abs(CODES)]
    f["wide"] = np.arange(24).reshape(12, 2)
    f["short"] = CODES[:11]
    f["full"] = np.where(CODES < 0, 2**64 - 1, CODES.astype("u8")).astype("u8")
    f["huge"] = np.where(CODES < 0, 1e30, CODES)
    f["varying"] = np.array(NAMES, dtype=object)
    f["fixed"] = np.array([n.encode() for n in NAMES])
    f["fixed_column"] = np.array([n.encode() for n in NAMES]).reshape(12, 1)
    f["varying_row"] = np.array(NAMES, dtype=object).reshape(1, 12)
    padded = h5py.h5t.C_S1.copy()
    padded.set_size(12)
    padded.set_strpad(h5py.h5t.STR_SPACEPAD)
    space = h5py.h5s.create_simple((12,))
    h5py.h5d.create(f.id, b"padded", padded, space).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.array([n.encode().ljust(12) for n in NAMES], "S12"), mtype=padded)
    f.create_dataset("chunked", data=np.array(NAMES, dtype=object), chunks=(5,), compression="gzip", shuffle=True)
    kinds = h5py.enum_dtype({"Küste": 7, "setosa": 3, "virginica": 300, "unused": -9}, basetype=">i2")
    f.create_dataset("enumeration", data=np.array([-1, 7, 300, 3])[[3 if c == 2 else c + 1 for c in CODES]], dtype=kinds)
    f["booleans"] = CODES == 2
    f["group/codes"] = CODES
    f["group/categories"] = np.array(CATEGORIES, dtype=object)
    f["beyond/codes"] = np.where(CODES < 0, 3, CODES)
    f["beyond/categories"] = np.array(CATEGORIES, dtype=object)
    f["numbered/codes"] = CODES
    f["numbered/categories"] = np.array([1.5, -2, 1e10])
    f["reference"] = CODES
    f["reference"].attrs["categories"] = f["group/categories"].ref
    f["other/x"] = ROWS

cells = anndata.AnnData(ROWS)
cells.obs["type"] = pandas.Categorical.from_codes(CODES, CATEGORIES)
cells.obs["texts"] = NAMES
cells.obs["nullable"] = pandas.array([None if c < 0 else int(c) for c in CODES], dtype="Int32")
cells.obs["boolean"] = pandas.array([None if c < 0 else bool(c == 2) for c in CODES], dtype="boolean")
cells.strings_to_categoricals = lambda *_: None
anndata.settings.allow_write_nullable_strings = True
cells.write_h5ad("cells.h5ad", convert_strings_to_categoricals=False)

with netCDF4.Dataset("labels.nc", "w") as f:
    f.createDimension("sample", 12)
    flags = f.createVariable("flags", "i2", ("sample",), fill_value=-9999)
    flags.flag_values = np.array([0, 1, 2], "i2")
    flags.flag_meanings = "cloud  sea_ice land"
    flags[:] = np.ma.masked_less(CODES.astype("i2"), 0)
    largest = f.createVariable("largest", "u8", ("sample",), fill_value=2**64 - 1)
    largest[:] = np.ma.masked_array(np.abs(CODES).astype("u8"), CODES < 0)
    valid = f.createVariable("valid", "i4", ("sample",))
    valid.valid_range = np.array([0, 1], "i4")
    valid[:] = CODES
    strings = f.createVariable("strings", str, ("sample",))
    strings[:] = np.array(NAMES, dtype=object)
