"""Makes menu_small.arrow: one stream of events for a menu of three taggers, from the samples of demo/data.

An event of a Z + jets or H -> 4l sample has leptons and jets and no large-radius jet; one of largeR is its leading
large-radius jet (jet, constituents) and has no leptons. `sample` says where an event is from: 0 zj, 1 h4l, 2 largeR.
Run from the repository root: python test/data/menu.py
"""

import pyarrow as pa

PER_SAMPLE = 120
BATCH = 90
SAMPLES = ("zj", "h4l", "largeR")


def read(name):
    return pa.ipc.open_file(f"demo/data/{name}.arrow").read_all().slice(0, PER_SAMPLE)


def types(fields, names):
    return pa.list_(pa.struct([field for field in fields.value_type if field.name in names]))


tables = {name: read(name) for name in SAMPLES}
momentum = ("pt", "eta", "phi", "mass")
zj, large = tables["zj"].schema, tables["largeR"].schema
schema = pa.schema(
    [
        pa.field("event", pa.uint64(), nullable=False),
        pa.field("sample", pa.int8(), nullable=False),
        pa.field("weight", pa.float32(), nullable=False),
        pa.field("leptons", types(zj.field("leptons").type, (*momentum, "charge", "pdg_id"))),
        pa.field("jets", types(zj.field("jets").type, momentum)),
        pa.field("met", zj.field("met").type),
        pa.field("constituents", types(large.field("constituents").type, ("pt", "eta", "phi", "energy"))),
        pa.field("mass", pa.float32()),
    ]
)


def rows(code, name):
    for number, row in enumerate(tables[name].to_pylist()):
        yield {
            "event": 1000 * code + number,
            "sample": code,
            "weight": row["weight"],
            "leptons": row.get("leptons", []),
            "jets": row.get("jets", []),
            "met": row.get("met", {"pt": 0.0, "phi": 0.0}),
            "constituents": row.get("constituents", []),
            "mass": row["jet"]["mass"] if "jet" in row else None,
        }


def subset(value, kind):
    names = [field.name for field in kind.value_type]
    return [{name: item[name] for name in names} for item in value]


streams = [list(rows(code, name)) for code, name in enumerate(SAMPLES)]
mixed = [row for three in zip(*streams) for row in three]
for row in mixed:
    for name in ("leptons", "jets", "constituents"):
        row[name] = subset(row[name], schema.field(name).type)
with pa.ipc.new_file("test/data/menu_small.arrow", schema) as writer:
    for at in range(0, len(mixed), BATCH):
        writer.write_batch(pa.RecordBatch.from_pylist(mixed[at : at + BATCH], schema=schema))
