"""Writes the golden scores of the pipelines beside it: features by numpy, models by Python's onnxruntime.

python golden.py DEMO_FOLDER OUTPUT_FOLDER   (needs pyarrow, numpy, onnxruntime)
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pyarrow as pa

demo, output = Path(sys.argv[1]), Path(sys.argv[2])
models = Path(__file__).parent / "models"


def table(name):
    with pa.memory_map(str(demo / "data" / f"{name}.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


def session(name):
    return ort.InferenceSession(str(models / name / "model.onnx"), providers=["CPUExecutionProvider"])


def write(name, columns):
    batch = pa.record_batch(columns)
    with pa.ipc.new_stream(str(output / f"{name}.arrows"), batch.schema) as writer:
        writer.write_batch(batch)


def momentum(p):
    pt, eta, phi, mass = (np.float64(p[k]) for k in ("pt", "eta", "phi", "mass"))
    x, y, z = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return [x, y, z, np.sqrt(x * x + y * y + z * z + mass * mass)]


def polarization():
    events = table("zj").select(["leptons", "jets"]).to_pylist()
    rows = []
    for event in events:
        first, second = event["leptons"][:2]
        minus, plus = (first, second) if first["charge"] < 0 else (second, first)
        rows.append(momentum(minus) + momentum(plus) + momentum(event["jets"][0]))
    scores = session("polarization").run(["fractions"], {"momenta": np.array(rows, np.float32)})[0]
    write("golden-zjets", {"r_l": scores[:, 0], "r_t": scores[:, 1]})


def tagger():
    model = session("jet-tagger")
    answers = []
    for event in table("largeR").select(["jet", "constituents"]).to_pylist():
        jet, parts = event["jet"], event["constituents"][:100]
        if not parts:
            answers.append([np.nan] * 3)
            continue
        pt, eta, phi, energy, charge = (
            np.array([p[k] for p in parts], np.float64) for k in ("pt", "eta", "phi", "energy", "charge")
        )
        deta = eta - jet["eta"]
        dphi = (phi - jet["phi"] + np.pi) % (2 * np.pi) - np.pi
        ln_pt = np.log(np.maximum(pt, 1e-3))
        features = [ln_pt, np.log(np.maximum(energy, 1e-3)), ln_pt - np.log(jet["pt"])]
        features += [deta, dphi, np.hypot(deta, dphi), charge]
        constituents = np.stack(features, axis=1).astype(np.float32)[None]
        mask = np.ones(constituents.shape[:2], np.float32)
        answers.append(model.run(["probabilities"], {"constituents": constituents, "mask": mask})[0][0])
    scores = np.array(answers, np.float32)
    write("golden-largeR", {name: scores[:, k] for k, name in enumerate(("p_qcd", "p_w", "p_z"))})


polarization()
tagger()
