"""What a bench says to a peer: a line of JSON with the names and shapes of float32 tensors, then their bytes."""

import json
import sys

import numpy as np


def receive():
    """The next message and its tensors; None at the end."""
    line = sys.stdin.buffer.readline()
    if not line:
        return None
    message = json.loads(line)
    tensors = {}
    for name, shape in message["tensors"]:
        data = sys.stdin.buffer.read(4 * int(np.prod(shape)))
        tensors[name] = np.frombuffer(data, "<f4").reshape(shape).copy()
    return message, tensors


def answer(value):
    print(json.dumps(value), flush=True)
