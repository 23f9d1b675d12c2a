"""Models as weaver and salt export them, events as their users have them, and the answers by numpy.

usage: export.py weaver|pruned|salt FOLDER
Knows nothing of this project: inputs, normalisation and padding are those of the frameworks' own code.
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(5)
FLOAT = TensorProto.FLOAT


def save(path, nodes, inputs, outputs, constants, metadata=None):
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (metadata or {}).items():
        prop = model.metadata_props.add()
        prop.key, prop.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# name: subtract_by, multiply_by, clip_min, clip_max, pad_value
FEATURES = {
    "part_pt_log": (1.7, 0.7, -5, 5, 0),
    "part_e_log": (2.0, 0.7, -5, 5, 0),
    "part_logptrel": (-4.7, 0.7, -5, 5, 0),
    "part_logerel": (-4.7, 0.7, -5, 5, 0),
    "part_deltaR": (0.2, 4.0, -5, 5, 0),
    "part_charge": (None,),
    "part_isElectron": (None,),
    "part_d0": (None,),
    "part_d0err": (0, 1, 0, 1, 0),
}
CARD = """
selection: (jet_pt > 0)
new_variables:
  part_mask: ak.ones_like(part_energy)
  part_pt: np.hypot(part_px, part_py)
  part_pt_log: np.log(part_pt)
  part_e_log: np.log(part_energy)
  part_logptrel: np.log(part_pt/jet_pt)
  part_logerel: np.log(part_energy/jet_energy)
  part_deltaR: np.sqrt(part_deta**2 + part_dphi**2)
  part_d0: np.tanh(part_d0val)
preprocess: { method: manual, data_fraction: 0.5 }
inputs:
  pf_points: { length: 8, pad_mode: wrap, vars: [[part_deta, null], [part_dphi, null]] }
  pf_mask: { length: 8, vars: [[part_mask, null]] }
labels: { type: simple, value: [label_QCD, label_Hbb, label_Tbqq] }
"""
LENGTH = 8


def weaver(folder, pruned=False):
    """`pruned` is as PyTorch exports ParT: without the input that it does not use, and not finite for a vector of zeros."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    jets = 60
    counts = rng.integers(0, 13, jets)
    counts[:3] = [0, 1, 12]
    if pruned:
        counts = np.maximum(counts, 1)
    part = lambda make: [make(n).astype(np.float32) for n in counts]
    b = {
        "part_px": part(lambda n: rng.normal(0, 20, n)),
        "part_py": part(lambda n: rng.normal(0, 20, n)),
        "part_pz": part(lambda n: rng.normal(0, 30, n)),
        "part_deta": part(lambda n: rng.normal(0, 0.3, n)),
        "part_dphi": part(lambda n: rng.normal(0, 0.3, n)),
        "part_d0val": part(lambda n: rng.normal(0, 2, n)),
        "part_d0err": part(lambda n: rng.uniform(0, 1.5, n)),
        "part_charge": part(lambda n: rng.integers(-1, 2, n)),
        "part_isElectron": part(lambda n: rng.integers(0, 2, n)),
    }
    b["part_energy"] = [
        np.sqrt(x * x + y * y + z * z).astype(np.float32)
        for x, y, z in zip(b["part_px"], b["part_py"], b["part_pz"])
    ]
    jet = {"jet_pt": rng.uniform(400, 900, jets), "jet_energy": rng.uniform(500, 1500, jets)}
    jet = {key: value.astype(np.float32) for key, value in jet.items()}
    pq.write_table(pa.table({**jet, **{key: pa.array(value) for key, value in b.items()}}), folder / "jets.parquet")

    # weaver's preprocess.json (DataConfig.export_json) for particle-transformer inputs
    inputs = {
        "pf_points": {"part_deta": (None,), "part_dphi": (None,)},
        "pf_features": FEATURES,
        "pf_vectors": {key: (None,) for key in ("part_px", "part_py", "part_pz", "part_energy")},
        "pf_mask": {"part_mask": (None,)},
    }
    info = lambda p: {
        "median": 0 if p[0] is None else p[0],
        "norm_factor": 1 if p[0] is None else p[1],
        "replace_inf_value": 0,
        "lower_bound": -1e32 if p[0] is None else p[2],
        "upper_bound": 1e32 if p[0] is None else p[3],
        "pad": 0 if p[0] is None else p[4],
    }
    described = {"output_names": ["label_QCD", "label_Hbb", "label_Tbqq"], "input_names": list(inputs)}
    for name, variables in inputs.items():
        described[name] = {
            "var_names": list(variables),
            "var_infos": {key: info(p) for key, p in variables.items()},
            "var_length": LENGTH,
        }
    (folder / "preprocess.json").write_text(json.dumps(described, indent=2))
    (folder / "card.yaml").write_text(CARD)

    used = list(inputs)[1:] if pruned else list(inputs)
    width = sum(len(inputs[name]) for name in used) - 1 + pruned
    w = rng.normal(0, 0.3, (width, 3)).astype(np.float32)
    w[len(w) - 4 - pruned : len(w) - pruned] *= 0.02
    bias = rng.normal(0, 1, 3).astype(np.float32)
    logs = [
        helper.make_node("Mul", ["pf_vectors", "pf_vectors"], ["squares"]),
        helper.make_node("ReduceSum", ["squares", "channels"], ["norm"], keepdims=1),
        helper.make_node("Log", ["norm"], ["log_norm"]),
    ]
    joined = used[:-1] + ["log_norm"] * pruned
    nodes = logs * pruned + [
        helper.make_node("Concat", joined, ["all"], axis=1),
        helper.make_node("Mul", ["all", "pf_mask"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "axis"], ["sum"], keepdims=0),
        helper.make_node("MatMul", ["sum", "w"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["softmax"], axis=1),
    ]
    shapes = [(name, ["N", len(inputs[name]), "n_pf"]) for name in used]
    constants = {"w": w, "bias": bias, "axis": np.array([2], np.int64)}
    if pruned:
        constants["channels"] = np.array([1], np.int64)
    save(folder / "model.onnx", nodes, shapes, [("softmax", ["N", 3])], constants)
    # As an older exporter does it: every axis but the batch is fixed, and there is no mask.
    fixed = [(name, ["N", len(inputs[name]), LENGTH]) for name in used]
    save(folder / "fixed.onnx", nodes, fixed, [("softmax", ["N", 3])], constants)

    answers = []
    for i in range(jets):
        one = {key: value[i].astype(np.float64) for key, value in b.items()}
        pt = np.hypot(one["part_px"], one["part_py"])
        one |= {
            "part_pt_log": np.log(pt),
            "part_e_log": np.log(one["part_energy"]),
            "part_logptrel": np.log(pt / jet["jet_pt"][i]),
            "part_logerel": np.log(one["part_energy"] / jet["jet_energy"][i]),
            "part_deltaR": np.hypot(one["part_deta"], one["part_dphi"]),
            "part_d0": np.tanh(one["part_d0val"]),
        }
        rows = []
        for name in used[:-1]:
            for key, p in inputs[name].items():
                x = one[key][:LENGTH]
                rows.append(x if p[0] is None else np.clip((x - p[0]) * p[1], p[2], p[3]))
        if pruned:
            squares = sum(one[key][:LENGTH] ** 2 for key in inputs["pf_vectors"])
            rows.append(np.log(squares))
        answers.append(softmax(np.array([row.sum() for row in rows]) @ w + bias).tolist())
    (folder / "answers.json").write_text(json.dumps(answers))


TRACKS = ["d0", "z0SinTheta", "dphi", "deta", "qOverP", "IP3D_signed_d0_significance", "numberOfPixelHits"]


def salt(folder):
    import h5py

    jets, most = 50, 10
    table = np.zeros(jets, dtype=[("pt_btagJes", "f4"), ("eta_btagJes", "f4"), ("eventNumber", "i8")])
    table["pt_btagJes"] = rng.uniform(20e3, 250e3, jets)
    table["eta_btagJes"] = rng.uniform(-2.5, 2.5, jets)
    table["eventNumber"] = np.arange(jets)
    integers = {"numberOfPixelHits"}
    fields = [(name, "u1" if name in integers else "f4") for name in TRACKS] + [("valid", "?")]
    tracks = np.zeros((jets, most), dtype=fields)
    counts = rng.integers(0, most + 1, jets)
    counts[:3] = [0, 1, most]
    for i, n in enumerate(counts):
        for name in TRACKS:
            tracks[name][i, :n] = rng.integers(0, 6, n) if name in integers else rng.normal(0, 1, n)
        tracks["valid"][i, :n] = True
    with h5py.File(folder / "jets.h5", "w") as file:
        file["jets"], file["tracks"] = table, tracks

    # Normalisation is inside the graph; jets have an axis of one, tracks have none (as Athena calls it).
    mean, std = np.array([[1e5, 0]], np.float32), np.array([[5e4, 1.2]], np.float32)
    w_jet = rng.normal(0, 1, (2, 3)).astype(np.float32)
    w_track = rng.normal(0, 0.5, (len(TRACKS), 3)).astype(np.float32)
    bias = rng.normal(0, 1, (1, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Sub", ["jet_features", "mean"], ["shifted"]),
        helper.make_node("Div", ["shifted", "std"], ["normed"]),
        helper.make_node("MatMul", ["normed", "w_jet"], ["of_jet"]),
        # A constant per track: padding that is taken for tracks would show.
        helper.make_node("MatMul", ["track_features", "w_track"], ["linear"]),
        helper.make_node("Sigmoid", ["linear"], ["embedded"]),
        helper.make_node("ReduceSum", ["embedded", "axis"], ["of_tracks"], keepdims=1),
        helper.make_node("Add", ["of_jet", "of_tracks"], ["both"]),
        helper.make_node("Add", ["both", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
        helper.make_node("Squeeze", ["probabilities", "axis"], ["flat"]),
        helper.make_node("Split", ["flat", "ones"], ["GN2_pb", "GN2_pc", "GN2_pu"], axis=0),
        helper.make_node("ReduceMax", ["embedded"], ["vertices"], axes=[1], keepdims=0),
    ]
    constants = {"mean": mean, "std": std, "w_jet": w_jet, "w_track": w_track, "bias": bias}
    constants |= {"axis": np.array([0], np.int64), "ones": np.array([1, 1, 1], np.int64)}
    plain = lambda name: {"name": name, "offset": 0.0, "scale": 1.0}
    config = {
        "layers": [],
        "nodes": [],
        "inputs": [{"name": "jet_var", "variables": [plain("pt"), plain("eta")]}],
        "input_sequences": [{"name": "tracks_r22default_sd0sort", "variables": [plain(t) for t in TRACKS]}],
        "outputs": {"GN2": {"labels": ["pb", "pc", "pu", "vertices"], "node_index": 0}},
    }
    outputs = [("GN2_pb", [1]), ("GN2_pc", [1]), ("GN2_pu", [1]), ("vertices", ["n_tracks"])]
    inputs = [("jet_features", [1, 2]), ("track_features", ["n_tracks", len(TRACKS)])]
    save(folder / "model.onnx", nodes, inputs, outputs, constants, {"gnn_config": json.dumps(config)})

    answers = []
    for i, n in enumerate(counts):
        jet = np.array([table["pt_btagJes"][i], table["eta_btagJes"][i]], np.float64)
        x = np.stack([tracks[name][i, :n].astype(np.float64) for name in TRACKS], axis=1)
        of_tracks = (1 / (1 + np.exp(-(x @ w_track)))).sum(axis=0)
        answers.append(softmax(((jet - mean[0]) / std[0]) @ w_jet + of_tracks + bias[0]).tolist())
    (folder / "answers.json").write_text(json.dumps(answers))


{"weaver": weaver, "pruned": lambda folder: weaver(folder, pruned=True), "salt": salt}[sys.argv[1]](Path(sys.argv[2]))
