"""Kinematics of scikit-hep/vector for the columns in a folder; see kinematics.test.ts."""
import sys
from pathlib import Path

import numpy as np
import vector

folder = Path(sys.argv[1])
read = lambda name: np.fromfile(folder / f"{name}.f64")
write = lambda name, values: np.asarray(values, dtype=np.float64).tofile(folder / f"{name}.f64")


def p4(name):
    return vector.array({k: read(f"{name}_{k}") for k in ("px", "py", "pz", "E")})


a, b = p4("a"), p4("b")
s = a + b
write("pt", a.pt)
write("eta", a.eta)
write("phi", a.phi)
write("mass", a.mass)
write("rapidity", a.rapidity)
write("pairMass", s.mass)
write("deltaR", a.deltaR(b))
write("deltaPhi", a.deltaphi(b))
rest = a.boostCM_of(s)
for k in ("px", "py", "pz", "E"):
    write(f"rest_{k}", getattr(rest, k))

# Helicity angle and Collins-Soper angles by their definitions: boosts and axes, no closed formula.
flight = s.to_Vector3D().unit()
write("helicity", rest.to_Vector3D().unit().dot(flight))
n = len(a.px)
side = vector.array({"x": np.zeros(n), "y": np.zeros(n), "z": np.where(s.pz < 0, -1.0, 1.0)})
across = side.cross(flight).unit()
outward = across.cross(flight).unit()
direction = rest.to_Vector3D()
write("helicityPhi", np.arctan2(direction.dot(across), direction.dot(outward)))
beam = lambda sign: vector.array({"px": np.zeros(n), "py": np.zeros(n), "pz": np.full(n, sign), "E": np.ones(n)})
sign = np.where(s.pz < 0, -1.0, 1.0)
b1 = beam(1.0).boostCM_of(s).to_Vector3D().unit()
b2 = beam(-1.0).boostCM_of(s).to_Vector3D().unit()
z = (b1 - b2).unit() * sign
y = z.cross(-(b1 + b2)).unit()
x = y.cross(z).unit()
l = rest.to_Vector3D().unit()
write("csCosTheta", l.dot(z))
write("csPhi", np.arctan2(l.dot(y), l.dot(x)))
