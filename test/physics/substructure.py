"""Soft drop and energy correlators of the FastJet bindings, and N-subjettiness about FastJet's WTA kt subjets; see substructure.test.ts."""
import sys
from pathlib import Path

import awkward as ak
import fastjet
import numpy as np
from fastjet import _swig as fj

folder = Path(sys.argv[1])
read = lambda name: np.fromfile(folder / f"{name}.f64")
write = lambda name, values: np.asarray(values, dtype=np.float64).tofile(folder / f"{name}.f64")
columns = {k: read(n) for k, n in (("px", "px"), ("py", "py"), ("pz", "pz"), ("E", "e"))}
offsets = read("offsets").astype(np.int64)
jets = ak.unflatten(ak.zip(columns, with_name="Momentum4D"), np.diff(offsets))

whole = fastjet.ClusterSequence(jets, fastjet.JetDefinition(fastjet.cambridge_algorithm, 1000.0))
for name, beta, cut in (("mmdt", 0.0, 0.1), ("beta1", 1.0, 0.05), ("beta2", 2.0, 0.2)):
    groomed = whole.exclusive_jets_softdrop_grooming(1, beta=beta, symmetry_cut=cut, R0=1.0)
    write(f"{name}_mass", ak.to_numpy(ak.flatten(groomed.msoftdrop, axis=None)))
    write(f"{name}_zg", ak.to_numpy(ak.flatten(groomed.symmetrysoftdrop, axis=None)))
    write(f"{name}_rg", ak.to_numpy(ak.flatten(groomed.deltaRsoftdrop, axis=None)))


def delta_r(y1, f1, y2, f2):
    d = np.abs(f1 - f2)
    return np.hypot(y1 - y2, np.minimum(d, 2 * np.pi - d))


wta = fj.JetDefinition(fj.kt_algorithm, 1000.0, fj.WTA_pt_scheme)
taus, ecfs = [], []
for first, end in zip(offsets[:-1], offsets[1:]):
    particles = [fj.PseudoJet(*(columns[k][i] for k in ("px", "py", "pz", "E"))) for i in range(first, end)]
    pt, y, phi = (np.array([getattr(p, k)() for p in particles]) for k in ("pt", "rap", "phi"))
    sequence = fj.ClusterSequence(particles, wta)
    row = []
    for n in (1, 2, 3):
        axes = sequence.exclusive_jets(n)
        nearest = np.min([delta_r(y, phi, a.rap(), a.phi()) for a in axes], axis=0)
        row.append(np.sum(pt * nearest) / np.sum(pt))
    taus.append(row)
    # Sums over all ordered pairs and triples: each unordered one twice and six times, and nothing where two are equal.
    r = delta_r(y[:, None], phi[:, None], y[None, :], phi[None, :])
    w = pt[:, None] * pt[None, :] * r
    ecfs.append([pt.sum(), w.sum() / 2, np.einsum("i,j,k,ij,ik,jk->", pt, pt, pt, r, r, r, optimize=True) / 6])
write("taus", np.array(taus))
write("ecfs", np.array(ecfs))
