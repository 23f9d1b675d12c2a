"""Prints what the demo's models say of a few events, for demo/pipelines/*.test.yaml.

Features by numpy and FastJet, models by Python's onnxruntime: nothing here is Spillway's own.
python demo_answers.py DEMO_FOLDER   (needs pyarrow, numpy, onnxruntime, fastjet)
"""
import sys
from pathlib import Path

import fastjet
import numpy as np
import onnxruntime as ort
import pyarrow as pa

demo = Path(sys.argv[1])


def rows(name):
    with pa.memory_map(str(demo / "data" / f"{name}.arrow")) as source:
        return pa.ipc.open_file(source).read_all().to_pylist()


def scores(name, inputs):
    path = str(demo / "models" / name / "model.onnx")
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    feeds = {k: np.asarray(v, np.float32)[None] for k, v in inputs.items()}
    wanted = {i.name for i in session.get_inputs()}
    return session.run(None, {k: v for k, v in feeds.items() if k in wanted})[0][0]


def p4(p):
    pt, eta, phi = (np.float64(p[k]) for k in ("pt", "eta", "phi"))
    xyz = np.array([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
    energy = np.float64(p["energy"]) if "energy" in p else np.sqrt(xyz @ xyz + np.float64(p["mass"]) ** 2)
    return np.append(xyz, energy)


def mass(p):
    return np.sqrt(max(0.0, p[3] ** 2 - p[:3] @ p[:3]))


def boosted(p, frame):
    """p in the rest frame of `frame`."""
    beta = frame[:3] / frame[3]
    b2 = beta @ beta
    gamma = 1 / np.sqrt(1 - b2)
    bp = beta @ p[:3]
    xyz = p[:3] + ((gamma - 1) * bp / b2 - gamma * p[3]) * beta
    return np.append(xyz, gamma * (p[3] - bp))


def unit(v):
    return v / np.linalg.norm(v)


def frame(z, x):
    """Axes x, y, z with z as given and x in the half plane of the other vector."""
    y = unit(np.cross(z, x))
    return np.cross(y, z), y, z


def cosine_of_azimuth(direction, axes):
    x, y = direction @ axes[0], direction @ axes[1]
    return x / np.hypot(x, y)


def rapidity(p):
    return 0.5 * np.log((p[3] + p[2]) / (p[3] - p[2]))


def polarization(event):
    first, second = event["leptons"][:2]
    minus, plus = (first, second) if first["charge"] < 0 else (second, first)
    jet = p4(event["jets"][0])
    lepton, pair = p4(minus), p4(minus) + p4(plus)
    side = 1 if pair[2] >= 0 else -1
    # Axes of Collins-Soper and helicity frames from boosted beams and the flight direction.
    rest = unit(boosted(lepton, pair)[:3])
    ahead, behind = (unit(boosted(np.array([0, 0, s * side, 1.0]), pair)[:3]) for s in (1, -1))
    cs = frame(unit(ahead - behind), -(ahead + behind))
    flight = unit(pair[:3])
    beam = np.array([0, 0, side])
    helicity = frame(flight, (beam @ flight) * flight - beam)
    both = pair + jet
    star = side * unit(boosted(pair, both)[:3])[2]
    derived = [
        np.log(np.hypot(pair[0], pair[1])),
        abs(rapidity(pair)),
        mass(pair),
        rest @ cs[2],
        cosine_of_azimuth(rest, cs),
        side * event["jets"][0]["eta"],
        np.log(event["jets"][0]["pt"]),
        np.arccos(np.clip(-unit(pair[:2]) @ unit(jet[:2]), -1, 1)),
        rest @ helicity[2],
        cosine_of_azimuth(rest, helicity),
        np.log(mass(both)),
        side * rapidity(both),
        star,
    ]
    return scores("polarization", {"derived": derived})


def angle(event_axis, a, b, sign):
    """The angle from a to ±b about an axis."""
    return np.arctan2(event_axis @ np.cross(a, b), sign * (a @ b))


def h4l(event):
    """Of events whose leptons are e− e+ µ− µ+ and pair in one way only."""
    leptons = event["leptons"]
    pairs = {}
    for p in leptons:
        pairs.setdefault(abs(p["pdg_id"]), []).append(p)
    z = sorted(pairs.values(), key=lambda pair: abs(mass(p4(pair[0]) + p4(pair[1])) - 91.188))
    z = [sorted(pair, key=lambda p: p["charge"]) for pair in z]
    (l1, a1), (l2, a2) = [[p4(p) for p in pair] for pair in z]
    z1, z2 = l1 + a1, l2 + a2
    x = z1 + z2
    q1 = boosted(z1, x)[:3]
    n1 = np.cross(boosted(l1, x)[:3], boosted(a1, x)[:3])
    n2 = np.cross(boosted(l2, x)[:3], boosted(a2, x)[:3])
    beam = np.cross([0, 0, 1], q1)
    star = q1[2] / np.linalg.norm(q1)
    cos1 = -unit(boosted(l1, z1)[:3]) @ unit(boosted(z2, z1)[:3])
    cos2 = -unit(boosted(l2, z2)[:3]) @ unit(boosted(z1, z2)[:3])
    phi = angle(unit(q1), n1, n2, -1)
    phi1 = angle(unit(q1), n1, beam, 1)
    log_masses = [np.log1p(mass(z1)), np.log1p(mass(z2))]
    first = {id(p) for p in z[0]}
    ordered = sorted(leptons, key=lambda p: -p["pt"])
    return scores(
        "h4l",
        {
            "leptons": [[np.log(p["pt"]), p["eta"], float(id(p) in first)] for p in ordered],
            "global": [np.log1p(np.hypot(x[0], x[1])), *log_masses, abs(star), cos1, abs(phi)],
            "decay": [abs(star), cos1, cos2, np.cos(phi), np.cos(phi1), *log_masses],
        },
    )


def lund(event, ln_kt_min, most):
    """The nodes of the Lund tree, depth first, the harder branch first, and their neighbours."""
    jets = [fastjet.PseudoJet(*map(float, p4(p))) for p in event["constituents"]]
    definition = fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0)
    sequence = fastjet.ClusterSequence(jets, definition)
    nodes, neighbours, waiting = [], [], [(sequence.inclusive_jets()[0], -1)]
    while waiting:
        jet, parent = waiting.pop()
        one, two = fastjet.PseudoJet(), fastjet.PseudoJet()
        if not jet.has_parents(one, two):
            continue
        hard, soft = (one, two) if one.pt() >= two.pt() else (two, one)
        rapidity, phi = soft.rap() - hard.rap(), soft.phi() - hard.phi()
        phi = (phi + np.pi) % (2 * np.pi) - np.pi
        delta = np.hypot(rapidity, phi)
        kt = soft.pt() * delta
        if np.log(kt) < ln_kt_min:
            waiting.append((hard, parent))
            continue
        floor = np.log(1e-3)
        nodes.append(
            [
                max(np.log(kt), floor),
                max(np.log(delta), np.log(1e-4)),
                soft.pt() / (soft.pt() + hard.pt()),
                np.arctan2(rapidity, phi),
                max(np.log(max(jet.m(), 1e-10)), floor),
            ]
        )
        node = len(nodes) - 1
        neighbours.append([parent, -1, -1])
        if parent >= 0:
            neighbours[parent][1 if neighbours[parent][1] < 0 else 2] = node
        waiting += [(soft, node), (hard, node)]
    nodes, neighbours = nodes[:most], [[k if k < most else -1 for k in near] for near in neighbours[:most]]
    return scores("lundnet", {"nodes": nodes, "neighbours": neighbours, "mask": np.ones(len(nodes))})


def lepton(pt, eta, phi, charge, pdg_id=0, mass=0.0005):
    return {"pt": pt, "eta": eta, "phi": phi, "mass": mass, "charge": charge, "pdg_id": pdg_id}


print("zjets: written down")
written = {
    "leptons": [lepton(80, 0.3, 0.2, -1), lepton(40, -0.4, 1.8, 1)],
    "jets": [{"pt": 95, "eta": 1.0, "phi": -2.4, "mass": 8}],
}
print(polarization(written))
for row, event in enumerate(rows("zj")[:200]):
    found = polarization(event)
    if row == 0 or found[0] > 0.6:
        print("zjets: row", row, event["event"], found)

print("h4l: written down")
written = {
    "leptons": [
        lepton(52, 0.4, 0.3, -1, 11),
        lepton(38, -0.6, -2.6, 1, -11),
        lepton(21, 0.9, 1.9, -1, 13, 0.1057),
        lepton(12, 0.1, -0.7, 1, -13, 0.1057),
    ]
}
print(h4l(written))
shown = 0
for row, event in enumerate(rows("h4l")):
    flavours = sorted(abs(p["pdg_id"]) for p in event["leptons"])
    if len(event["leptons"]) == 4 and flavours == [11, 11, 13, 13] and len(event["jets"]) == 0:
        print("h4l: row", row, event["event"], event["process"], h4l(event))
        shown += 1
    if shown == 4:
        break

print("largeR: written down")
part = lambda pt, eta, phi, energy: {"pt": pt, "eta": eta, "phi": phi, "energy": energy}
written = {
    "constituents": [
        part(210, 0.5, 3.12, 237),
        part(160, 0.32, -3.12, 168.5),
        part(90, 0.44, 3.0, 99),
        part(40, 0.2, 3.05, 41),
    ]
}
cut = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
print(lund(written, cut, 100))
for row, event in enumerate(rows("largeR")[:12]):
    print("largeR: row", row, event["event"], "label", event["label"], lund(event, cut, 100))
