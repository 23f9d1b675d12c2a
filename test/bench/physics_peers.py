"""The Python side of the physics benchmark: reads one task name a line, does it once, answers with its CPU seconds.

FastJet runs in C++ on a whole awkward array at once; the LundNet-style loop builds a tree of Python objects a jet, as
fdreyer/LundNet does; kinematics are written with numpy on flat arrays and with awkward + vector. See physics.mjs.
"""
import json
import math
import resource
import sys
from functools import partial
from pathlib import Path

import awkward as ak
import fastjet
import numpy as np
import vector
from fastjet import _swig as fj

vector.register_awkward()
folder = Path(sys.argv[1])
read = lambda name: np.fromfile(folder / f"{name}.f64")


def lists(prefix):
    flat = {k: read(f"{prefix}_{k}") for k in ("px", "py", "pz")}
    flat["E"] = read(f"{prefix}_e")
    record = ak.zip(flat, with_name="Momentum4D")
    offsets = ak.index.Index64(read(f"{prefix}_offsets").astype(np.int64))
    return ak.Array(ak.contents.ListOffsetArray(offsets, record.layout), behavior=record.behavior)


def leptons(prefix):
    kind = np.float32 if prefix.endswith("32") else np.float64
    flat = {k: read(f"{prefix}_{k}").astype(kind) for k in ("pt", "eta", "phi", "mass")}
    record = ak.zip(flat, with_name="Momentum4D")
    offsets = read(f"{prefix}_offsets").astype(np.int64)
    array = ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), record.layout), behavior=record.behavior)
    return array, flat, offsets


jets = lists("jets")
events = lists("events")
long_events = lists("long")
batches = {name: leptons(name) for name in ("pairs", "pairsLarge", "pairs32", "pairsLarge32")}
whole = fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0)
antikt = fastjet.JetDefinition(fastjet.antikt_algorithm, 0.4)


def fastjet_lund():
    return ak.sum(fastjet.ClusterSequence(jets, whole).exclusive_jets_lund_declusterings(1).kt)


class Tree:
    """A declustering tree of Python objects with the five coordinates of LundNet."""

    def __init__(self, jet):
        self.harder = self.softer = self.coordinates = None
        j1, j2 = fj.PseudoJet(), fj.PseudoJet()
        if jet.has_parents(j1, j2):
            if j2.pt() > j1.pt():
                j1, j2 = j2, j1
            delta = j1.delta_R(j2)
            self.harder, self.softer = Tree(j1), Tree(j2)
            self.coordinates = np.array([
                math.log(j2.pt() / (j1.pt() + j2.pt())), math.log(delta),
                math.atan2(j2.rap() - j1.rap(), j1.delta_phi_to(j2)),
                0.5 * math.log(abs((j1 + j2).m2()) + 1e-20), math.log(j2.pt() * delta),
            ], dtype="float32")


def lundnet():
    definition = fj.JetDefinition(fj.cambridge_algorithm, 1000.0)
    count = 0
    for jet in few_jets:
        particles = [fj.PseudoJet(*p) for p in jet]
        sequence = fj.ClusterSequence(particles, definition)
        count += Tree(sequence.exclusive_jets(1)[0]).coordinates is not None
    return count


few = jets[: int((folder / "few").read_text())]
few_jets = [list(zip(*(ak.to_list(few[k][i]) for k in ("px", "py", "pz", "E")))) for i in range(len(few))]


def numpy_kinematics(name, kind=np.float64):
    """Each column gathered once, each term computed once, no powers and no remainders; in the precision asked for."""
    _, flat, offsets = batches[name]
    first = offsets[:-1]
    second = first + 1

    def lepton(i):
        pt, eta, phi, mass = (flat[k].take(i).astype(kind, copy=False) for k in ("pt", "eta", "phi", "mass"))
        px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
        return eta, phi, mass * mass, px, py, pz, np.sqrt(pt * pt + pz * pz + mass * mass)

    eta1, phi1, mass2, x1, y1, z1, e1 = lepton(first)
    eta2, phi2, _, x2, y2, z2, e2 = lepton(second)
    x, y, z, e = x1 + x2, y1 + y2, z1 + z2, e1 + e2
    qt2 = x * x + y * y
    qt = np.sqrt(qt2)
    m2 = (e + z) * (e - z) - qt2
    m = np.sqrt(m2)
    mt = np.sqrt(m2 + qt2)
    rapidity = np.copysign(np.log((e + np.abs(z)) / mt), z)
    dphi = phi1 - phi2
    dphi -= 2 * np.pi * np.rint(dphi / (2 * np.pi))
    deta = eta1 - eta2
    dr = np.sqrt(deta * deta + dphi * dphi)
    across = x1 * x + y1 * y
    along = across + z1 * z
    rest = (e1 * e - along) / m
    star = np.sqrt(rest * rest - mass2)
    cos_cs = np.copysign((z1 * e - e1 * z) / (mt * star), (z1 * e - e1 * z) * z)
    phi_cs = np.arctan2(np.copysign(1, z).astype(z.dtype) * (y1 * x - x1 * y) * mt, across * m - qt2 * rest)
    p2 = qt2 + z * z
    helicity = (along - p2 * (e1 + rest) / (e + m)) / (np.sqrt(p2) * star)
    return m, qt, rapidity, dphi, dr, cos_cs, phi_cs, helicity


def vector_kinematics(name):
    array, _, _ = batches[name]
    l1, l2 = array[:, 0], array[:, 1]
    s = l1 + l2
    m, qt, x, y, z, e = s.mass, s.pt, s.px, s.py, s.pz, s.E
    rapidity, dphi, dr = s.rapidity, l1.deltaphi(l2), l1.deltaR(l2)
    x1, y1, z1, e1 = l1.px, l1.py, l1.pz, l1.E
    mt = np.sqrt(m**2 + qt**2)
    sign = np.where(z < 0, -1.0, 1.0)
    cs_z = sign * (z1 * e - e1 * z) / mt
    cs_x = (mt * (x1 * x + y1 * y) / qt - qt * (e1 * e - z1 * z) / mt) / m
    cs_y = sign * (y1 * x - x1 * y) / qt
    cos_cs = cs_z / np.sqrt(cs_x**2 + cs_y**2 + cs_z**2)
    phi_cs = np.arctan2(cs_y, cs_x)
    rest = l1.boostCM_of(s)
    helicity = rest.to_Vector3D().unit().dot(s.to_Vector3D().unit())
    return m, qt, rapidity, dphi, dr, cos_cs, phi_cs, helicity


def inclusive(array):
    return ak.sum(ak.num(fastjet.ClusterSequence(array, antikt).inclusive_jets(min_pt=5.0)))


def repeat(function, name):
    times = int((folder / f"repeat_{name}").read_text())
    for _ in range(times):
        out = function(name)
    return float(ak.sum(out[0]))


tasks = {
    "fastjet-lund": fastjet_lund,
    "lundnet": lundnet,
    "fastjet-events": lambda: inclusive(events),
    "fastjet-long": lambda: inclusive(long_events),
    **{f"numpy-{name}": partial(repeat, numpy_kinematics, name) for name in batches},
    **{f"numpy-single-{name}": partial(repeat, partial(numpy_kinematics, kind=np.float32), name) for name in batches},
    **{f"vector-{name}": partial(repeat, vector_kinematics, name) for name in batches},
}


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


versions = {"fastjet": fastjet.__version__, "awkward": ak.__version__, "numpy": np.__version__, "vector": vector.__version__}
print(json.dumps({"ready": versions}), flush=True)
for line in sys.stdin:
    before = cpu()
    result = tasks[line.strip()]()
    print(json.dumps({"cpu": cpu() - before, "result": float(result)}), flush=True)
