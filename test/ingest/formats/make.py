"""Writes files with the reference tools. usage: make.py root|rntuple|parquet|hdf5 OUT [VARIANT]"""
import sys

import awkward as ak
import numpy as np


def events(n=1000, seed=7):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(3, n)
    total = int(counts.sum())

    def jagged(dtype):
        return ak.unflatten(rng.normal(scale=30, size=total).astype(dtype), counts)

    return {
        "event": np.arange(n, dtype="u8") + 2**40,
        "run": rng.integers(0, 2**31, n).astype("u4"),
        "charge": rng.integers(-1, 2, n).astype("i1"),
        "flags": rng.integers(0, 2**15, n).astype("i2"),
        "pass": rng.integers(0, 2, n).astype("?"),
        "weight": rng.normal(size=n),
        "MET_pt": rng.exponential(40, n).astype("f4"),
        "Jet_pt": jagged("f4"),
        "Jet_eta": jagged("f8"),
        "Jet_id": jagged("i4"),
        "Jet_index": jagged("i8"),
    }


def root(out, codec):
    import uproot

    codecs = {"ZLIB": uproot.ZLIB(4), "LZ4": uproot.LZ4(4), "ZSTD": uproot.ZSTD(4), "LZMA": uproot.LZMA(4)}
    data = events()
    with uproot.recreate(out, compression=codecs.get(codec)) as file:
        flat = {k: v for k, v in data.items()}
        file.mktree("Events", {k: v.type if isinstance(v, ak.Array) else v.dtype for k, v in flat.items()})
        for start in range(0, 1000, 300):
            file["Events"].extend({k: v[start : start + 300] for k, v in flat.items()})


def rntuple(out, codec):
    import uproot

    data = events()
    data["jets"] = ak.zip({"pt": data["Jet_pt"], "id": data["Jet_id"]}, depth_limit=2)
    data["name"] = ak.Array([f"event {i}" * (i % 3) for i in range(1000)])
    codecs = {"ZLIB": uproot.ZLIB(4), "ZSTD": uproot.ZSTD(4)}
    with uproot.recreate(out, compression=codecs.get(codec)) as file:
        tuple_ = file.mkrntuple("Events", ak.Array(data)[:600])
        tuple_.extend(ak.Array(data)[600:])


def parquet(out, codec):
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = events()
    columns = {k: ak.to_arrow(v, extensionarray=False) if isinstance(v, ak.Array) else pa.array(v) for k, v in data.items()}
    records = ak.zip({"pt": data["Jet_pt"], "eta": data["Jet_eta"], "tags": data["Jet_id"]}, depth_limit=2)
    columns["jets"] = ak.to_arrow(records, extensionarray=False, list_to32=True)
    columns["deep"] = pa.array([[[float(j) for j in range(i % 4)] for _ in range(i % 3)] for i in range(1000)])
    columns["holes"] = pa.array([None if i % 7 == 0 else float(i) for i in range(1000)])
    columns["holed_lists"] = pa.array([[None if j == 1 else j * 0.5 for j in range(i % 4)] for i in range(1000)])
    columns["name"] = pa.array([f"process {i % 5}" for i in range(1000)])
    columns["half"] = pa.array(np.linspace(-3, 70000, 1000).astype("f2"))
    options = {
        "snappy": {"compression": "snappy"},
        "gzip": {"compression": "gzip", "data_page_version": "2.0"},
        "zstd": {"compression": "zstd", "use_dictionary": False},
        "lz4": {"compression": "lz4", "data_page_size": 512},
        "brotli": {"compression": "brotli", "row_group_size": 170},
        "none": {
            "compression": "none",
            "use_dictionary": False,
            "use_byte_stream_split": ["MET_pt", "weight"],
            "column_encoding": {"event": "DELTA_BINARY_PACKED", "run": "DELTA_BINARY_PACKED", "name": "DELTA_BYTE_ARRAY"},
        },
    }[codec]
    if codec == "none":
        del options["use_byte_stream_split"]
        options["column_encoding"]["MET_pt"] = "BYTE_STREAM_SPLIT"
        options["column_encoding"]["weight"] = "BYTE_STREAM_SPLIT"
    pq.write_table(pa.table(columns), out, **options)


def hdf5(out, codec):
    import h5py

    rng = np.random.default_rng(3)
    n = 700
    endian = ">" if codec == "big" else "<"
    jets = np.zeros(n, [("pt", endian + "f4"), ("label", endian + "i4"), ("number", endian + "i8"), ("half", endian + "f2"), ("ok", "?"), ("name", "S5")])
    jets["pt"], jets["number"] = rng.exponential(5e4, n), np.arange(n)
    jets["label"], jets["half"] = rng.choice([0, 4, 5, 15], n), rng.normal(size=n)
    jets["ok"], jets["name"] = rng.integers(0, 2, n), [b"abcde"[: i % 6] for i in range(n)]
    tracks = np.zeros((n, 12), [("d0", "f4"), ("z0", "f8"), ("pt", "f2"), ("nPix", "u1"), ("valid", "?")])
    for name in ("d0", "z0", "pt"):
        tracks[name] = rng.normal(size=(n, 12))
    tracks["nPix"] = rng.integers(0, 9, (n, 12))
    tracks["valid"] = rng.random((n, 12)) < 0.4
    options = {} if codec == "none" else {"compression": "lzf" if codec == "lzf" else "gzip"}
    if codec == "shuffle":
        options["shuffle"] = True
    with h5py.File(out, "w") as file:
        file.create_dataset("jets", data=jets, chunks=(128,), **options)
        file.create_dataset("tracks", data=tracks, chunks=(128, 12), **options)
        file["score"] = rng.normal(size=n)
        file["grid"] = rng.integers(0, 100, (n, 3)).astype(">i2")
        file["unrelated"] = np.arange(3)


{"root": root, "rntuple": rntuple, "parquet": parquet, "hdf5": hdf5}[sys.argv[1]](sys.argv[2], sys.argv[3])
