"""The reference side of the formats benchmark: makes the files, and reads them with uproot, pyarrow and h5py.

usage: formats.py make FOLDER ROWS; formats.py dumper FILE.parquet FILE.h5; then `formats.py serve` answers lines
"FORMAT FILE" with CPU seconds of all threads.

Both sides end with flat values and list offsets of every column: uproot gives awkward arrays, pyarrow Arrow arrays,
and what h5py reads is taken apart into columns without padding.
"""
import sys
import time

import awkward as ak
import numpy as np


def cut(values, bits=12):
    """Floats with fewer bits of mantissa, as experiments store them."""
    whole = values.astype("f4").view("u4")
    return (whole & np.uint32(0xFFFFFFFF << (23 - bits) & 0xFFFFFFFF)).view("f4")


def events(rows):
    """Numbers of events, and jets and leptons as NanoAOD has them: a branch a quantity, cut mantissas, identifiers."""
    rng = np.random.default_rng(1)
    columns = {
        "event": np.arange(rows, dtype="i8"),
        "weight": rng.normal(size=rows),
        "MET_pt": cut(rng.exponential(40, rows)),
        "MET_phi": cut(rng.uniform(-np.pi, np.pi, rows)),
    }
    for group, mean, ids in (("Jet", 5, "hadronFlavour"), ("Lepton", 2, "pdgId")):
        counts = rng.poisson(mean, rows)
        total = int(counts.sum())
        flat = {
            "pt": cut(20 + rng.exponential(30, total)),
            "eta": cut(rng.normal(0, 1.5, total)),
            "phi": cut(rng.uniform(-np.pi, np.pi, total)),
            "mass": cut(rng.exponential(5, total), 10),
            ids: rng.choice(np.array([-13, -11, 0, 4, 5, 11, 13], "i4"), total),
        }
        for name, values in flat.items():
            columns[f"{group}_{name}"] = ak.unflatten(values, counts)
    return columns


def make(folder, rows):
    import h5py
    import pyarrow as pa
    import pyarrow.parquet as pq
    import uproot

    data = events(rows)
    types = {k: v.type if isinstance(v, ak.Array) else v.dtype for k, v in data.items()}
    for name, codec in (("zlib", uproot.ZLIB(1)), ("lz4", uproot.LZ4(4)), ("zstd", uproot.ZSTD(5))):
        with uproot.recreate(f"{folder}/{name}.root", compression=codec) as file:
            file.mktree("Events", types)
            for start in range(0, rows, 20000):
                file["Events"].extend({k: v[start : start + 20000] for k, v in data.items()})
    columns = {
        k: ak.to_arrow(v, extensionarray=False, list_to32=True) if isinstance(v, ak.Array) else pa.array(v)
        for k, v in data.items()
    }
    for codec in ("snappy", "zstd"):
        pq.write_table(pa.table(columns), f"{folder}/{codec}.parquet", compression=codec, row_group_size=100000)
    rng = np.random.default_rng(2)
    jets = np.zeros(rows, [("pt", "f4"), ("eta", "f4"), ("label", "i4"), ("number", "i8")])
    jets["pt"] = data["MET_pt"]
    jets["label"] = rng.choice([0, 4, 5], rows)
    jets["number"] = data["event"]
    tracks = np.zeros((rows, 40), [("d0", "f4"), ("z0", "f4"), ("pt", "f4"), ("valid", "?")])
    tracks["valid"] = np.arange(40)[None, :] < rng.poisson(8, rows)[:, None]
    for name in ("d0", "z0", "pt"):
        tracks[name][tracks["valid"]] = cut(rng.normal(size=int(tracks["valid"].sum())))
    with h5py.File(f"{folder}/gzip.h5", "w") as file:
        file.create_dataset("jets", data=jets, chunks=(1000,), compression="gzip")
        file.create_dataset("tracks", data=tracks, chunks=(1000, 40), compression="gzip")


def dumper(source, path):
    """Writes the leptons and jets of Z + jet events, lists of records, as a dumper does: padded, with `valid`."""
    import h5py
    import pyarrow.parquet as pq

    table = ak.from_parquet(source)
    rows = len(table)
    with h5py.File(path, "w") as file:
        for name, width in (("leptons", 4), ("jets", 4)):
            lists = ak.pad_none(table[name], width, clip=True)
            records = np.zeros((rows, width), [(f, "f4") for f in table[name].fields] + [("valid", "?")])
            for field in table[name].fields:
                records[field] = ak.to_numpy(ak.fill_none(lists[field], 0))
            records["valid"] = ~ak.to_numpy(ak.is_none(lists, axis=1))
            file.create_dataset(name, data=records, chunks=(1000, width), compression="gzip")
        event = np.zeros(rows, [("event", "i8"), ("weight", "f4")])
        event["event"], event["weight"] = ak.to_numpy(table["event"]), ak.to_numpy(table["weight"])
        file.create_dataset("events", data=event, chunks=(1000,), compression="gzip")


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
elif sys.argv[1] == "dumper":
    dumper(sys.argv[2], sys.argv[3])
else:
    for line in sys.stdin:
        kind, path = line.split()
        start = time.process_time()
        {"root": root, "parquet": parquet, "hdf5": hdf5}[kind](path)
        print(time.process_time() - start, flush=True)
