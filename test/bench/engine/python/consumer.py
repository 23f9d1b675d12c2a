"""The peer: a Kafka consumer that scores, as one would write it in Python. One process a core, one session a process.

usage: consumer.py LOAD MODEL CHUNK BROKER GROUP INPUT OUTPUT     scores from topic to topic, at least once
       consumer.py LOAD MODEL tune FILE                           prints items per CPU second for chunk sizes
"""

import json
import sys
import threading
import time

import numpy as np
import onnxruntime as ort
import pyarrow as pa

from features import LOADS


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def session_of(model):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Scorer:
    def __init__(self, load, model, chunk):
        self.features, self.output, self.columns = LOADS[load]
        self.session = session_of(model)
        self.chunk = chunk
        self.schema = pa.schema([("event", pa.uint64()), *((name, pa.float32()) for name in self.columns)])

    def scores(self, batch):
        features = self.features(batch)
        out = np.empty((features.n, len(self.columns)), np.float32)
        for start in range(0, features.n, self.chunk):
            stop = min(start + self.chunk, features.n)
            out[start:stop] = self.session.run([self.output], features.chunk(start, stop))[0]
        return out

    def message(self, value):
        """Rows and encoded scores of one message."""
        batch = pa.ipc.open_stream(pa.py_buffer(value)).read_next_batch()
        out = self.scores(batch)
        if not np.isfinite(out).all():
            raise ValueError("a score is not finite")
        arrays = [batch.column("event"), *(pa.array(np.ascontiguousarray(out[:, k])) for k in range(out.shape[1]))]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.schema) as writer:
            writer.write_batch(pa.record_batch(arrays, schema=self.schema))
        return batch.num_rows, sink.getvalue().to_pybytes()


def consume(load, model, chunk, broker, group, source, target):
    from confluent_kafka import Consumer, KafkaException, Producer

    scorer = Scorer(load, model, int(chunk))
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": True,
            "auto.commit.interval.ms": 200,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",
            "fetch.min.bytes": 1,
            "fetch.wait.max.ms": 20,
            "max.partition.fetch.bytes": 4 << 20,
            "queued.max.messages.kbytes": 32768,
            # By default a full queue is looked at again after a second: the consumer would run dry.
            "fetch.queue.backoff.ms": 5,
        }
    )
    producer = Producer({"bootstrap.servers": broker, "acks": "all", "enable.idempotence": True, "linger.ms": 0})
    running = True

    def orders():
        nonlocal running
        for line in sys.stdin:
            if line.strip() == "stop":
                break
        running = False

    threading.Thread(target=orders, daemon=True).start()
    done = 0

    def delivered(rows, message):
        def callback(error, _):
            nonlocal done
            if error is not None:
                raise RuntimeError(str(error))
            done += rows
            try:
                consumer.store_offsets(message)
            except KafkaException:
                pass  # its partition has gone to somebody else, who reads it again

        return callback

    def assigned(_, partitions):
        say(assigned=len(partitions))

    consumer.subscribe([source], on_assign=assigned)
    say(ready=True, versions={"onnxruntime": ort.__version__, "pyarrow": pa.__version__, "numpy": np.__version__})
    said = 0.0
    while running:
        message = consumer.poll(0.02)
        if message is not None:
            if message.error():
                raise RuntimeError(str(message.error()))
            rows, value = scorer.message(message.value())
            producer.produce(
                target,
                value,
                key=message.key(),
                partition=message.partition(),
                timestamp=message.timestamp()[1],
                on_delivery=delivered(rows, message),
            )
        producer.poll(0)
        if done > 0 and time.monotonic() - said > 0.01:
            say(done=done)
            done = 0
            said = time.monotonic()
    producer.flush(10)
    consumer.close()


def tune(load, model, path):
    """Items per CPU second over the whole file, for chunk sizes from 2 to 2,048."""
    batches = [batch for batch in pa.ipc.open_file(path).read_all().combine_chunks().to_batches(2048)]
    scorer = Scorer(load, model, 64)
    rates = {}
    scorer.scores(batches[0].slice(0, 256).take(pa.array(range(256))))
    for chunk in (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048):
        scorer.chunk = chunk
        done, start, begin = 0, time.process_time(), time.monotonic()
        for batch in batches * 8:
            copied = batch.take(pa.array(range(batch.num_rows)))
            scorer.scores(copied)
            done += batch.num_rows
            if time.monotonic() - begin > 1.0:
                break
        rates[chunk] = done / (time.process_time() - start)
    say(rates=rates)


if __name__ == "__main__":
    if sys.argv[3] == "tune":
        tune(sys.argv[1], sys.argv[2], sys.argv[4])
    else:
        consume(*sys.argv[1:])
