#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes tables (pandas) and pictures (Pillow) for elbow-import.

    pip install pandas pillow numpy && python3 make.py
"""
import csv

import numpy as np
import pandas
from PIL import Image

table = pandas.DataFrame({"a": [1.5, -2, 3, 4], "b": [10, 20, 30, 40], "kind, of": ["x", 'y "z"', "x;y", "ü"]})
table.to_csv("pandas.csv")                                     # an index, text, a comma and quotes in fields
table.to_csv("quoted.csv", quoting=csv.QUOTE_ALL, index=False)
table.to_csv("pandas.tsv", sep="\t", index=False)
table[["a", "b"]].to_csv("decimal.csv", sep=";", decimal=",", index=False)
table[["a", "b"]].set_index(pandas.Index(["r1", "r2", "r3", "r4"], name="row")).to_csv("rows.csv")

values = (np.arange(12).reshape(3, 4) * 5461).astype("u2")     # 0 to 60071
Image.fromarray(values).save("grey16.png")
Image.fromarray((values % 256).astype("u1")).save("grey8.png")
colour = np.stack([values % 256, values // 256, values % 7], axis=2).astype("u1")
opaque = np.full((3, 4, 1), 255, "u1")
half = opaque.copy()
half[0, 0] = 51
Image.fromarray(np.concatenate([colour, opaque], axis=2)).save("opaque.png")
Image.fromarray(np.concatenate([colour, half], axis=2)).save("half.png")
