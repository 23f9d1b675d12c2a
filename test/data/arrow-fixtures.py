"""Makes the .arrow and .arrows files beside it: python arrow-fixtures.py SAMPLES, a folder with the simulated samples.

Every file is small, and covers what the reader has to know: real events with lists of structs, plain and compressed,
every Arrow type with nulls, types that are not columns, dictionaries that change within a stream.
"""
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.ipc as ipc

samples = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)


def path(name):
    return os.path.join(here, name)


def stream(name, table, rows=None, **options):
    with ipc.new_stream(path(name), table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        for batch in table.to_batches(max_chunksize=rows):
            writer.write_batch(batch)


def sample(name, rows):
    batch = ipc.open_file(os.path.join(samples, name + '.arrow')).get_batch(0)
    return pa.Table.from_batches([batch.slice(0, rows)])


def holes(values, share=0.25):
    return [None if rng.random() < share else value for value in values]


zj = sample('zj_lo', 64)
with ipc.new_file(path('zj_lo.arrow'), zj.schema) as writer:
    writer.write_table(zj.slice(0, 40).combine_chunks())
    writer.write_table(zj.slice(40).combine_chunks())
stream('zj_lo-lz4.arrows', zj, compression='lz4')
stream('zj_lo-zstd.arrows', zj, compression='zstd')
stream('largeR_jets-zstd.arrows', sample('largeR_jets', 96), compression='zstd')
stream('hh4b-lz4.arrows', sample('hh4b', 200), compression='lz4')
stream('h4l.arrows', sample('h4l', 48))

n = 37
jet_type = pa.struct(
    [
        pa.field('pt', pa.float32(), metadata={'unit': 'GeV'}),
        ('btag', pa.bool_()),
        ('name', pa.string()),
        ('hits', pa.list_(pa.int16())),
        ('cells', pa.list_(pa.struct([('e', pa.float64()), ('id', pa.uint32())]))),
    ]
)
met_type = pa.struct(
    [
        pa.field('pt', pa.float32()),
        ('sub', pa.struct([('phi', pa.float32()), ('ok', pa.bool_())])),
        ('tags', pa.list_(pa.string())),
    ]
)


def jet():
    hits = [int(v) for v in rng.integers(-9, 9, rng.integers(4))]
    cells = [{'e': float(rng.random()), 'id': int(rng.integers(99))} for _ in range(rng.integers(3))]
    values = {
        'pt': holes([float(rng.random())])[0],
        'btag': holes([bool(rng.integers(2))])[0],
        'name': holes([['b', 'χ²', '', 'long name é'][rng.integers(4)]])[0],
        'hits': holes([holes(hits)])[0],
        'cells': holes(cells),
    }
    return holes([values], 0.15)[0]


def met(i):
    return {'pt': float(i), 'sub': None if i % 4 == 0 else {'phi': i / 10, 'ok': True}, 'tags': ['a'] * (i % 3)}


odd = [float('nan') if i % 5 == 0 else -0.0 if i % 7 == 0 else i * 1e300 for i in range(n)]
types = {
    'event': pa.array(range(n), pa.uint64()),
    'big': pa.array(holes([-(2**62) + i for i in range(n)]), pa.int64()),
    'i8': pa.array(holes(range(n)), pa.int8()),
    'u8': pa.array(range(n), pa.uint8()),
    'u16': pa.array(holes(range(n)), pa.uint16()),
    'i32': pa.array(holes(range(n)), pa.int32()),
    'f64': pa.array(holes(odd), pa.float64()),
    'flag': pa.array(holes([i % 3 == 0 for i in range(n)]), pa.bool_()),
    'text': pa.array(holes([f't{i % 5}ß' for i in range(n)]), pa.string()),
    'large': pa.array(holes([f'L{i}' for i in range(n)]), pa.large_string()),
    'kind': pa.array(holes([['signal', 'background', '', 'ττ'][i % 4] for i in range(n)])).dictionary_encode(),
    'kind64': pa.DictionaryArray.from_arrays(pa.array([i % 2 for i in range(n)], pa.int64()), pa.array(['x', 'y'])),
    'numbers': pa.array([1, 2] * 18 + [1], pa.int32()).dictionary_encode(),
    'met': pa.array(holes([met(i) for i in range(n)]), met_type),
    'jets': pa.array(holes([[jet() for _ in range(rng.integers(5))] for _ in range(n)]), pa.list_(jet_type)),
    'tracks': pa.array(
        holes([[float(v) for v in rng.random(rng.integers(4))] for _ in range(n)]), pa.large_list(pa.float32())
    ),
    'p4': pa.array(holes([[float(v) for v in rng.random(4)] for _ in range(n)]), pa.list_(pa.float32(), 4)),
    'corners': pa.array(
        holes([[{'x': i, 'y': -i}, {'x': 1, 'y': 2}] for i in range(n)]),
        pa.list_(pa.struct([('x', pa.int16()), ('y', pa.int16())]), 2),
    ),
    'deep': pa.array(
        holes([[[1.5] * j for j in range(i % 3)] for i in range(n)]), pa.list_(pa.list_(pa.float64()))
    ),
    'half': pa.array(np.arange(n, dtype=np.float16)),
    'when': pa.array(range(n), pa.timestamp('us', 'UTC')),
    'day': pa.array(range(n), pa.date32()),
    'price': pa.array(range(n), pa.decimal128(12, 2)),
    'blob': pa.array(holes([b'\x00\xff' * (i % 3) for i in range(n)]), pa.binary()),
    'fixed': pa.array([b'abc'] * n, pa.binary(3)),
    'nothing': pa.nulls(n),
    'pairs': pa.array(holes([[('k', i)] for i in range(n)]), pa.map_(pa.string(), pa.int32())),
    'span': pa.array(range(n), pa.duration('ns')),
    'clock': pa.array(range(n), pa.time64('ns')),
}
every = pa.table(types).replace_schema_metadata({'generator': 'pyarrow', 'labels': 'every type'})
stream('types.arrows', every, rows=20)
stream('types-zstd.arrows', every, rows=20, compression='zstd')

views = {
    'event': pa.array([1, 2, 3], pa.uint64()),
    'view': pa.array(['short', 'a string longer than twelve bytes', None], pa.string_view()),
    'sparse': pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), pa.array(['a', 'b', 'c'])]),
    'dense': pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(['a'])]
    ),
    'listview': pa.array([[1], [2, 3], None], pa.list_view(pa.int32())),
    'run': pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([7.0, 8.0])),
    'pt': pa.array([1.0, 2.0, 3.0], pa.float32()),
}
stream('opaque.arrows', pa.table(views))

changing = pa.schema([('event', pa.uint64()), ('kind', pa.dictionary(pa.int8(), pa.string()))])
for name, growing, dictionaries in (
    ('replaced', False, ['ab', 'ba', 'c']),
    ('delta', True, ['ab', 'abc', 'abcd']),
):
    options = ipc.IpcWriteOptions(emit_dictionary_deltas=growing)
    with ipc.new_stream(path(f'dictionary-{name}.arrows'), changing, options=options) as writer:
        for k, strings in enumerate(dictionaries):
            codes = pa.array([len(strings) - 1, 0], pa.int8())
            kind = pa.DictionaryArray.from_arrays(codes, pa.array(list(strings)))
            events = pa.array([10 * k, 10 * k + 1], pa.uint64())
            writer.write_batch(pa.record_batch([events, kind], schema=changing))
