"""The reference side of the formats benchmark: reads with uproot, pyarrow, h5py; and makes the files.

usage: formats.py make FOLDER ROWS; then `formats.py serve` answers lines "FORMAT FILE" with CPU seconds.
"""
import sys
import time

import awkward as ak
import numpy as np


def make(folder, rows):
    import h5py
    import pyarrow as pa
    import pyarrow.parquet as pq
    import uproot

    rng = np.random.default_rng(1)
    counts = rng.poisson(5, rows)
    total = int(counts.sum())

    def jagged():
        return ak.unflatten(rng.normal(50, 20, total).astype("f4"), counts)

    data = {"event": np.arange(rows, dtype="i8"), "weight": rng.normal(size=rows), "MET_pt": rng.exponential(40, rows).astype("f4")}
    for name in ("pt", "eta", "phi", "mass"):
        data[f"Jet_{name}"] = jagged()
    with uproot.recreate(f"{folder}/bench.root", compression=uproot.LZ4(4)) as file:
        file.mktree("Events", {k: v.type if isinstance(v, ak.Array) else v.dtype for k, v in data.items()})
        for start in range(0, rows, 20000):
            file["Events"].extend({k: v[start : start + 20000] for k, v in data.items()})
    columns = {k: ak.to_arrow(v, extensionarray=False, list_to32=True) if isinstance(v, ak.Array) else pa.array(v) for k, v in data.items()}
    pq.write_table(pa.table(columns), f"{folder}/bench.parquet", compression="snappy", row_group_size=100000)
    jets = np.zeros(rows, [("pt", "f4"), ("eta", "f4"), ("label", "i4"), ("number", "i8")])
    jets["pt"] = data["MET_pt"]
    tracks = np.zeros((rows, 40), [("d0", "f4"), ("z0", "f4"), ("pt", "f4"), ("valid", "?")])
    tracks["valid"] = np.arange(40)[None, :] < counts[:, None]
    for name in ("d0", "z0", "pt"):
        tracks[name][tracks["valid"]] = rng.normal(size=int(tracks["valid"].sum()))
    with h5py.File(f"{folder}/bench.h5", "w") as file:
        file.create_dataset("jets", data=jets, chunks=(1000,), compression="gzip")
        file.create_dataset("tracks", data=tracks, chunks=(1000, 40), compression="gzip")


def root(path):
    import uproot

    uproot.open(path)["Events"].arrays(library="ak")


def parquet(path):
    import pyarrow.parquet as pq

    pq.read_table(path, use_threads=False)


def hdf5(path):
    import h5py

    with h5py.File(path) as file:
        jets, tracks = file["jets"][:], file["tracks"][:]
        there = tracks["valid"]
        [tracks[name][there] for name in tracks.dtype.names if name != "valid"]
        [np.ascontiguousarray(jets[name]) for name in jets.dtype.names]
        there.sum(axis=1)


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    for line in sys.stdin:
        kind, path = line.split()
        start = time.process_time()
        {"root": root, "parquet": parquet, "hdf5": hdf5}[kind](path)
        print(time.process_time() - start, flush=True)
