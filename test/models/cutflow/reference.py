"""Cut-flows of Z + jets and H -> 4l events, one event at a time, from the definitions in docs/cutflow.md alone.

  reference.py make FILE.arrow          writes events that are hard on a selection: few or no leptons, NaN, empty lists
  reference.py count SELECTION FILE...  prints {"cuts": {...}, "events": [...]}; one entry an event in the second
"""
import itertools
import json
import math
import random
import sys

import pyarrow as pa
import pyarrow.ipc

Z = 91.188
WINDOWS = {"zjets-generator": (10, 5, None, None), "zjets-fiducial": (20, 4, 20, 2.7)}


def vector(p):
    x, y, z = p["pt"] * math.cos(p["phi"]), p["pt"] * math.sin(p["phi"]), p["pt"] * math.sinh(p["eta"])
    return x, y, z, math.sqrt(x * x + y * y + z * z + p["mass"] ** 2)


def total(*particles):
    return [sum(c) for c in zip(*map(vector, particles))]


def mass(*particles):
    x, y, z, e = total(*particles)
    m2 = e * e - x * x - y * y - z * z
    return math.copysign(math.sqrt(abs(m2)), m2)


def distance(a, b):
    dphi = math.remainder(a["phi"] - b["phi"], 2 * math.pi)
    return math.hypot(a["eta"] - b["eta"], dphi)


def hardest(particles, count):
    known = [p for p in particles if not math.isnan(p["pt"])]
    return sorted(known, key=lambda p: -p["pt"])[:count]


def zjets(event, space):
    jet_pt, jet_eta, lepton_pt, lepton_eta = WINDOWS[space]
    two, jet = hardest(event["leptons"], 2), hardest(event["jets"], 1)
    full = len(two) == 2
    m = mass(*two) if full else math.nan
    cuts = {"two_leptons": full, "m_z": 81 < m < 101}
    if lepton_pt is not None:
        cuts["lepton_pt"] = full and all(p["pt"] > lepton_pt for p in two)
        cuts["lepton_eta"] = full and all(abs(p["eta"]) < lepton_eta for p in two)
    cuts["jet"] = len(jet) == 1
    cuts["jet_pt"] = cuts["jet"] and jet[0]["pt"] > jet_pt
    cuts["jet_eta"] = cuts["jet"] and abs(jet[0]["eta"]) < jet_eta
    cuts["dr_jet_lepton"] = full and cuts["jet"] and all(distance(jet[0], p) > 0.2 for p in two)
    return cuts, {"m_ll": m}


def h4l(event):
    def good(p):
        pt, eta = {11: (7, 2.47), 13: (5, 2.7)}.get(abs(p["pdg_id"]), (math.inf, 0))
        return p["pt"] > pt and abs(p["eta"]) < eta

    leptons = [dict(p, at=i) for i, p in enumerate(event["leptons"])]
    kept = [p for p in leptons if good(p)]
    quadruplets = []
    for four in itertools.combinations(kept, 4):
        minus = [p for p in four if p["charge"] < 0]
        plus = [p for p in four if p["charge"] > 0]
        if len(minus) != 2 or len(plus) != 2:
            continue
        for a, b in ((0, 1), (1, 0)):
            pairs = [(minus[0], plus[a]), (minus[1], plus[b])]
            if all(abs(x["pdg_id"]) == abs(y["pdg_id"]) for x, y in pairs):
                quadruplets.append(sorted(pairs, key=lambda pair: abs(mass(*pair) - Z)))

    def passed(pairs):
        four = [p for pair in pairs for p in pair]
        pts = sorted((p["pt"] for p in four), reverse=True)
        light = [
            mass(x, y)
            for x in four
            for y in four
            if x["charge"] < 0 < y["charge"] and abs(x["pdg_id"]) == abs(y["pdg_id"])
        ]
        tests = [
            all(pt > least for pt, least in zip(pts, (20, 15, 10))),
            50 < mass(*pairs[0]) < 106,
            12 < mass(*pairs[1]) < 115,
            all(m > 5 for m in light),
            all(distance(x, y) > 0.1 for x, y in itertools.combinations(four, 2)),
        ]
        return len(list(itertools.takewhile(bool, tests)))

    depth = max([passed(q) for q in quadruplets], default=-1)
    chosen = [q for q in quadruplets if passed(q) == 5]
    values = {"m12": math.nan, "m34": math.nan, "m4l": math.nan, "pt4l": math.nan, "channel": None, "category": None}
    if chosen:
        best = min(chosen, key=lambda q: [abs(mass(*pair) - Z) for pair in q])
        four = [p for pair in best for p in pair]
        first, second = (abs(pair[0]["pdg_id"]) for pair in best)
        channel = {(13, 13): "4mu", (11, 11): "4e", (11, 13): "2e2mu", (13, 11): "2mu2e"}[first, second]
        x, y, _, _ = total(*four)
        jets = hardest(
            [
                j
                for j in event["jets"]
                if j["pt"] > 30 and abs(j["eta"]) < 4.5 and all(distance(j, p) >= 0.3 for p in four)
            ],
            100,
        )
        values = {"m12": mass(*best[0]), "m34": mass(*best[1]), "m4l": mass(*four), "pt4l": math.hypot(x, y)}
        values |= {"channel": channel, "category": category(channel, jets, math.hypot(x, y))}
        values |= {"quadruplet": sorted(p["at"] for p in four), "n_jets": len(jets)}
    cuts = {"four_leptons": len(kept) >= 4, "two_pairs": depth >= 0}
    names = ["lepton_pt", "m12_window", "m34_window", "light_pairs", "dr_lepton_lepton"]
    cuts |= {name: depth > k for k, name in enumerate(names)}
    cuts["m4l_window"] = 115 < values["m4l"] < 130
    return cuts, values


def category(channel, jets, pt4l):
    if len(jets) == 0:
        return "0j-2e2mu" if channel in ("2e2mu", "2mu2e") else "0j-4l"
    if len(jets) == 1:
        return "1j-low" if pt4l < 60 else "1j-medium"
    return "2j-high" if mass(*jets[:2]) > 120 and pt4l > 200 else "2j-low"


def count(selection, paths):
    flow, rows = {}, []
    for path in paths:
        for event in pa.ipc.open_file(path).read_all().to_pylist():
            clean(event)
            cuts, values = h4l(event) if selection == "h4l" else zjets(event, selection)
            alive, weight = True, event["weight"]
            for name, held in {"all": True, **cuts}.items():
                alive = alive and bool(held)
                line = flow.setdefault(name, {"events": 0, "weight": 0.0, "squares": 0.0})
                if alive:
                    line["events"] += 1
                    line["weight"] += weight
                    line["squares"] += weight**2
            rows.append(values | {"pass": alive})
    return {"cuts": flow, "events": rows}


def clean(event):
    """Missing numbers are NaN, a missing list is empty."""
    for name in ("leptons", "jets"):
        event[name] = [{k: math.nan if v is None else v for k, v in p.items()} for p in event[name] or []]


def make(path):
    draw = random.Random(5)

    def particle(lepton):
        pt = draw.choice([draw.expovariate(1 / 25), draw.uniform(2, 60)]) if draw.random() > 0.02 else math.nan
        eta, phi = draw.gauss(0, 1.4), draw.uniform(-math.pi, math.pi)
        p = {"pt": pt, "eta": math.nan if draw.random() < 0.01 else eta, "phi": phi, "mass": 0.1 if lepton else 5.0}
        if lepton:
            flavour, charge = draw.choice([11, 13]), draw.choice([-1, 1])
            p |= {"charge": charge, "pdg_id": -charge * flavour}
        return p

    def event(number):
        leptons = [particle(True) for _ in range(draw.choice([0, 1, 2, 2, 3, 4, 4, 5, 6, 7]))]
        # Some pairs from a Z, back to back, so that the later cuts have work to do.
        if len(leptons) >= 4 and draw.random() < 0.7:
            for a, b, pt in ((0, 1, 45), (2, 3, draw.uniform(4, 30))):
                sign = leptons[a]["charge"]
                pdg = abs(leptons[a]["pdg_id"])
                leptons[a] |= {"pt": pt * draw.gauss(1, 0.05), "eta": draw.gauss(0, 1)}
                if a == 2 and draw.random() < 0.15:
                    leptons[a] |= {"eta": leptons[0]["eta"] + 0.05, "phi": leptons[0]["phi"]}
                leptons[b] |= leptons[a] | {"phi": leptons[a]["phi"] + math.pi, "charge": -sign, "pdg_id": sign * pdg}
        jets = [particle(False) for _ in range(draw.choice([0, 0, 1, 2, 3]))]
        return {"event": number, "weight": draw.choice([1.0, 0.5, -0.25]), "leptons": leptons, "jets": jets}

    floats = [(name, pa.float32()) for name in ("pt", "eta", "phi", "mass")]
    leptons = pa.list_(pa.struct(floats + [("charge", pa.int8()), ("pdg_id", pa.int16())]))
    schema = pa.schema(
        [("event", pa.uint64()), ("weight", pa.float32()), ("leptons", leptons), ("jets", pa.list_(pa.struct(floats)))]
    )
    with pa.ipc.new_file(path, schema) as writer:
        for begin in range(0, 1500, 500):
            rows = [event(number) for number in range(begin, begin + 500)]
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    print(json.dumps(count(sys.argv[2], sys.argv[3:])))
