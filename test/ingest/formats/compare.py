"""Compares an Arrow file with what a reference tool reads from the original; exact, NaN equal to NaN.

usage: compare.py root|parquet|hdf5|hepmc3|lhe ORIGINAL ARROW [TREE]
Prints one JSON line: rows, columns compared, columns only the reference has (missing), columns only the Arrow file has
(unknown), differences.
"""
import json
import sys

import awkward as ak
import numpy as np
import pyarrow as pa


def ours(path):
    with pa.ipc.open_file(path) as reader:
        table = reader.read_all()
    return {name: ak.from_arrow(table[name]) for name in table.column_names}, table.num_rows


def root(path, tree):
    import uproot

    file = uproot.open(path)
    obj = file[tree]
    out = {}
    for name in obj.keys(recursive=True) if hasattr(obj, "branches") else obj.keys():
        try:
            out[name] = obj[name].array()
        except Exception:
            continue
    return out


def parquet(path, _):
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return {name: ak.from_arrow(table[name]) for name in table.column_names}


def hdf5(path, _):
    import h5py

    out = {}
    with h5py.File(path) as file:
        jets = file["jets"][:]
        tracks = file["tracks"][:]
        there = tracks["valid"]
        fields = {name: flat_strings(jets[name]) for name in jets.dtype.names}
        out["jets"] = ak.Array({k: v for k, v in fields.items()})
        counts = there.sum(axis=1)
        out["tracks"] = ak.zip(
            {n: ak.unflatten(native(tracks[n][there]), counts) for n in tracks.dtype.names if n != "valid"}, depth_limit=2
        )
        out["score"] = ak.Array(file["score"][:])
        out["grid"] = ak.unflatten(native(file["grid"][:].ravel()), file["grid"].shape[1])
    return out


def native(values):
    return values.astype(values.dtype.newbyteorder("="))


def flat_strings(values):
    if values.dtype.kind == "S":
        return [value.decode() for value in values]
    return native(values)


def lhe(path, _):
    import pylhe

    out = {"weight": [], "scale": [], "alpha_qcd": [], "alpha_qed": [], "process_id": [], "particles": []}
    names = ["pid", "status", "mother1", "mother2", "color1", "color2", "px", "py", "pz", "energy", "mass", "lifetime", "spin"]
    theirs = ["id", "status", "mother1", "mother2", "color1", "color2", "px", "py", "pz", "e", "m", "lifetime", "spin"]
    for event in pylhe.LHEFile.fromfile(path).events:
        info = event.eventinfo
        for name, value in (("weight", info.weight), ("scale", info.scale), ("alpha_qcd", info.aqcd), ("alpha_qed", info.aqed), ("process_id", info.pid)):
            out[name].append(value)
        out["particles"].append([{n: float(getattr(p, t)) for n, t in zip(names, theirs)} for p in event.particles])
        if event.weights:
            out.setdefault("weights", []).append(dict(event.weights))
    return {name: ak.Array(values) for name, values in out.items()}


def hepmc3(path, _):
    import pyhepmc

    names = ["pid", "status", "px", "py", "pz", "energy", "mass"]
    out = {"event": [], "weights": [], "particles": [], "final": [], "vertices": [], "weight": [], "cross_section": []}
    with pyhepmc.open(path) as file:
        for event in file:
            out["event"].append(event.event_number)
            out["weight"].append(event.weights[0] if len(event.weights) else 1.0)
            try:
                labels = event.weight_names
            except RuntimeError:
                labels = []
            out["weights"].append(dict(zip(labels, event.weights)) if len(labels) else list(event.weights))
            xsec = event.cross_section
            out["cross_section"].append(xsec.xsec() if xsec else np.nan)
            rows = []
            for p in event.particles:
                m = p.momentum
                rows.append(dict(zip(names, (p.pid, p.status, m.px, m.py, m.pz, m.e, p.generated_mass))))
            out["particles"].append(rows)
            out["final"].append([{k: v for k, v in row.items() if k != "status"} for row in rows if row["status"] == 1])
            explicit = [v for v in event.vertices if len(v.particles_in) > 1 or v.position.t != 0 or v.position.x != 0]
            out["vertices"].append(len(explicit))
    return {name: ak.Array(values) for name, values in out.items()}


def flat(array):
    """Flat numpy values and the list lengths at each depth."""
    array = ak.to_packed(array)
    lengths = []
    while array.ndim > 1:
        lengths.append(ak.to_numpy(ak.num(array, axis=1)))
        array = ak.flatten(array, axis=1)
    filled = ak.fill_none(array, np.nan) if "?" in str(array.type) else array
    return ak.to_numpy(filled), lengths


def same(a, b):
    if a.fields or b.fields:
        if sorted(a.fields) != sorted(b.fields):
            return f"fields {a.fields} and {b.fields}"
        for field in a.fields:
            difference = same(a[field], b[field])
            if difference:
                return f"{field}: {difference}"
        return None
    if "string" in str(a.type):
        return None if ak.to_list(a) == ak.to_list(b) else "strings differ"
    a, a_lengths = flat(a)
    b, b_lengths = flat(b)
    if len(a_lengths) != len(b_lengths):
        return f"{len(a_lengths)} and {len(b_lengths)} list levels"
    for x, y in zip(a_lengths, b_lengths):
        if not np.array_equal(x, y):
            return "list lengths differ"
    if a.shape != b.shape:
        return f"{a.shape} and {b.shape} values"
    equal = np.array_equal(a, b, equal_nan=a.dtype.kind == "f" and b.dtype.kind == "f")
    if equal:
        return None
    where = int(np.argmax(a != b))
    return f"value {where}: {a[where]} and {b[where]}"


def path_of(key):
    """A branch's path as dotted names: a split object's branches may repeat their parent's name."""
    parts = []
    for part in key.split("/"):
        part = part.split("[")[0].rstrip(".")
        if parts and part.startswith(parts[-1] + "."):
            parts.pop()
        parts.append(part)
    return ".".join(parts)


def main():
    kind, original, arrow = sys.argv[1:4]
    mine, rows = ours(arrow)
    reference = {"root": root, "parquet": parquet, "hdf5": hdf5, "lhe": lhe, "hepmc3": hepmc3}[kind](original, sys.argv[4] if len(sys.argv) > 4 else None)
    differences, unknown, compared = {}, [], 0
    for name, array in mine.items():
        if name not in reference:
            # a split object's name may carry its parents in one and not in the other
            matches = [key for key in reference if path_of(key) == name]
            if not matches:
                unknown.append(name)
                continue
            theirs = reference[matches[0]]
        else:
            theirs = reference[name]
        if kind == "hepmc3":
            if name == "vertices":
                continue
            if name == "particles":
                array = array[[field for field in array.fields if field not in ("parent", "end_vertex")]]
        difference = same(array, theirs)
        compared += 1
        if difference:
            differences[name] = difference
    missing = [name for name in reference if name not in mine]
    print(json.dumps({"rows": rows, "compared": compared, "missing": missing, "unknown": unknown, "differences": differences}))


main()
