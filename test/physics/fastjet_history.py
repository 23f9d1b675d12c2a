"""Clusters lists of particles with FastJet: history, inclusive jets and the primary Lund plane, written as columns of doubles.

Reads px, py, pz, e, offsets and definition (p, R) from a folder; see fastjet.test.ts and fastjet-crosscheck.mjs.
Steps and nodes are numbered as in FastJet's history (n + s is what step s made). A step into the beam has parents -1, -1 here,
because the Python bindings do not say which jet it was; the inclusive jets do.
"""
import math
import sys
from pathlib import Path

import numpy as np
from fastjet import _swig as fj

folder = Path(sys.argv[1])
read = lambda name: np.fromfile(folder / f"{name}.f64")
px, py, pz, e = (read(k).tolist() for k in ("px", "py", "pz", "e"))
offsets = read("offsets").astype(int).tolist()
p, radius = read("definition").tolist()
if p == 0:
    definition = fj.JetDefinition(fj.cambridge_algorithm, radius)
elif p == 1:
    definition = fj.JetDefinition(fj.kt_algorithm, radius)
elif p == -1:
    definition = fj.JetDefinition(fj.antikt_algorithm, radius)
else:
    definition = fj.JetDefinition(fj.genkt_algorithm, radius, p)

size = offsets[-1]
parent1 = np.full(size, -1.0)
parent2 = np.full(size, -1.0)
delta = np.full(size, np.nan)
jet_offsets, jet_node, jet_pt, jet_mass = [0], [], [], []
lund_offsets, lund = [0], []

for first, end in zip(offsets[:-1], offsets[1:]):
    n = end - first
    if n > 0:
        particles = [fj.PseudoJet(px[i], py[i], pz[i], e[i]) for i in range(first, end)]
        sequence = fj.ClusterSequence(particles, definition)
        a, b = fj.PseudoJet(), fj.PseudoJet()
        for jet in sequence.jets()[n:]:
            step = first + jet.cluster_hist_index() - n
            jet.has_parents(a, b)
            i, j = a.cluster_hist_index(), b.cluster_hist_index()
            parent1[step], parent2[step], delta[step] = min(i, j), max(i, j), a.delta_R(b)
        jets = fj.sorted_by_pt(sequence.inclusive_jets())
        for jet in jets:
            jet_node.append(jet.cluster_hist_index())
            jet_pt.append(jet.pt())
            jet_mass.append(jet.m())
        jet = jets[0]
        j1, j2 = fj.PseudoJet(), fj.PseudoJet()
        while jet.has_parents(j1, j2):
            if j2.pt() > j1.pt():
                j1, j2 = j2, j1
            d = j1.delta_R(j2)
            if d == 0:
                break
            lund.append((
                math.log(j2.pt() * d), math.log(d), j2.pt() / (j1.pt() + j2.pt()),
                math.atan2(j2.rap() - j1.rap(), j1.delta_phi_to(j2)), (j1 + j2).m2(), (j1 + j2).E(),
            ))
            jet, j1, j2 = fj.PseudoJet(j1), fj.PseudoJet(), fj.PseudoJet()
    jet_offsets.append(len(jet_node))
    lund_offsets.append(len(lund))

write = lambda name, values: np.asarray(values, dtype=np.float64).tofile(folder / f"{name}.f64")
write("parent1", parent1)
write("parent2", parent2)
write("delta", delta)
write("jetOffsets", jet_offsets)
write("jetNode", jet_node)
write("jetPt", jet_pt)
write("jetMass", jet_mass)
write("lundOffsets", lund_offsets)
write("lund", np.asarray(lund, dtype=np.float64).reshape(-1, 6))
