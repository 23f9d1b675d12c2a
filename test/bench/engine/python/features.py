"""The features of the two loads with NumPy: from Arrow without a copy, without a loop over events or particles."""

import numpy as np

TINY = np.float32(1e-3)


def flat(batch, column, name):
    return batch.column(column).values.field(name).to_numpy(zero_copy_only=True)


def offsets(batch, column):
    return batch.column(column).offsets.to_numpy(zero_copy_only=True)


class ZjMomenta:
    """Momenta of the negative lepton, the positive lepton and the leading jet: [n, 12] float32."""

    def __init__(self, batch):
        n = batch.num_rows
        first = offsets(batch, "leptons")[:-1]
        jet = offsets(batch, "jets")[:-1]
        negative = np.where(flat(batch, "leptons", "charge")[first] < 0, first, first + 1)
        positive = 2 * first + 1 - negative
        self.x = np.empty((n, 12), np.float32)
        self._write(0, batch, "leptons", negative)
        self._write(4, batch, "leptons", positive)
        self._write(8, batch, "jets", jet)
        self.n = n

    def _write(self, at, batch, column, rows):
        pt, eta, phi, mass = (flat(batch, column, name)[rows] for name in ("pt", "eta", "phi", "mass"))
        x = self.x
        pz = pt * np.sinh(eta)
        np.multiply(pt, np.cos(phi), out=x[:, at])
        np.multiply(pt, np.sin(phi), out=x[:, at + 1])
        x[:, at + 2] = pz
        np.sqrt(pt * pt + pz * pz + mass * mass, out=x[:, at + 3])

    def chunk(self, start, stop):
        return {"momenta": self.x[start:stop]}


class JetConstituents:
    """Constituents of jets: [n, t, 7] float32 and a mask [n, t], each chunk padded to its own longest jet."""

    def __init__(self, batch, max_length=100):
        self.n = batch.num_rows
        self.offsets = offsets(batch, "constituents")
        self.lengths = np.minimum(np.diff(self.offsets), max_length)
        axis = batch.column("jet")
        jet_pt, jet_eta, jet_phi = (axis.field(name).to_numpy(zero_copy_only=True) for name in ("pt", "eta", "phi"))
        jet = np.repeat(np.arange(self.n), np.diff(self.offsets))
        pt, eta, phi, energy, charge = (
            flat(batch, "constituents", name) for name in ("pt", "eta", "phi", "energy", "charge")
        )
        f = np.empty((len(pt), 7), np.float32)
        np.log(np.maximum(pt, TINY), out=f[:, 0])
        np.log(np.maximum(energy, TINY), out=f[:, 1])
        f[:, 2] = f[:, 0] - np.log(np.maximum(jet_pt, TINY))[jet]
        f[:, 3] = eta - jet_eta[jet]
        dphi = phi - jet_phi[jet]
        dphi -= np.float32(2 * np.pi) * np.round(dphi / np.float32(2 * np.pi))
        f[:, 4] = dphi
        np.hypot(f[:, 3], f[:, 4], out=f[:, 5])
        f[:, 6] = charge
        self.f = f

    def chunk(self, start, stop):
        lengths = self.lengths[start:stop]
        longest = max(1, int(lengths.max()))
        there = np.arange(longest) < lengths[:, None]
        x = np.zeros((stop - start, longest, 7), np.float32)
        base, end = self.offsets[start], self.offsets[stop]
        if end - base == lengths.sum():
            x[there] = self.f[base:end]
        else:  # some jet is longer than max_length: its first constituents
            rows, columns = np.nonzero(there)
            x[there] = self.f[self.offsets[start:stop][rows] + columns]
        return {"constituents": x, "mask": there.astype(np.float32)}


LOADS = {
    "mlp": (ZjMomenta, "fractions", ("pol.r_l", "pol.r_t")),
    "transformer": (JetConstituents, "probabilities", ("tag.p_qcd", "tag.p_w", "tag.p_z")),
}
