"""The twins in PyTorch, eager: same weights, data and optimizer as models.mjs.

usage: peer.py FOLDER MODEL THREADS RATE. Reads requests {"steps": n} a line, answers {"cpu", "wall", "loss"} a line,
times in seconds a step. FOLDER holds MODEL.json (name -> shape and offset) and MODEL.f32.
"""

import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HEADS = 8


class Mlp(nn.Module):
    """Linear layers with ReLU between them, and after the last when asked."""

    def __init__(self, name, sizes, last=False):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))
        self.names = {f"{name}/{i}": layer for i, layer in enumerate(self.layers)}
        self.last = last

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if self.last or i + 1 < len(self.layers):
                x = F.relu(x)
        return x


class MlpModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Mlp("net", [20, 256, 256, 256, 1])
        self.names = self.net.names

    def forward(self, x):
        return self.net(x)


class Block(nn.Module):
    def __init__(self, name, d):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.widen, self.narrow = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
        self.names = {
            f"{name}/norm1": self.norm1,
            f"{name}/norm2": self.norm2,
            **{(f"{name}/attention/{part}", i): self.qkv for i, part in enumerate(["query", "key", "value"])},
            f"{name}/attention/output": self.out,
            f"{name}/widen": self.widen,
            f"{name}/narrow": self.narrow,
        }

    def forward(self, x, bias):
        b, n, d = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(b, n, 3, HEADS, d // HEADS)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = x + self.out(mixed.transpose(1, 2).reshape(b, n, d))
        return x + self.narrow(F.gelu(self.widen(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, layers, d):
        super().__init__()
        self.embed = nn.Linear(8, d)
        self.blocks = nn.ModuleList(Block(f"block{i}", d) for i in range(layers))
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, 1)
        self.names = {"embed": self.embed, "norm": self.norm, "head": self.head}
        for block in self.blocks:
            self.names |= block.names

    def forward(self, x, mask):
        bias = ((mask - 1) * 1e9)[:, None, None, :]
        h = self.embed(x)
        for block in self.blocks:
            h = block(h, bias)
        column = mask[:, :, None]
        return self.head((self.norm(h) * column).sum(1) / column.sum(1).clamp(min=1))


class DeepSets(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Mlp("sets/token", [8, 128, 128, 128], last=True)
        self.outer = Mlp("sets/set", [128, 128, 128, 1])
        self.names = self.inner.names | self.outer.names

    def forward(self, x, mask):
        column = mask[:, :, None]
        return self.outer((self.inner(x) * column).sum(1) / column.sum(1).clamp(min=1))


class EdgeConv(nn.Module):
    """As ours, over the edges that there are, source to target; the first layer, linear in (x_i, x_j - x_i), once a node."""

    def __init__(self, name, features, width):
        super().__init__()
        self.first, self.second = nn.Linear(2 * features, width), nn.Linear(width, width)
        self.names = {f"{name}/0": self.first, f"{name}/1": self.second}
        self.skip = None
        if features != width:
            self.skip = nn.Linear(features, width)
            self.names[f"{name}/shortcut"] = self.skip

    def forward(self, x, source, target, count):
        f = x.shape[1]
        own, other = self.first.weight[:, :f], self.first.weight[:, f:]
        mine, theirs = F.linear(x, own - other, self.first.bias), F.linear(x, other)
        edges = F.relu(mine.index_select(0, target) + theirs.index_select(0, source))
        edges = F.relu(self.second(edges))
        mean = edges.new_zeros(len(x), edges.shape[1]).index_add(0, target, edges) / count
        return F.relu(mean + (x if self.skip is None else self.skip(x)))


class LundNet(nn.Module):
    """The nodes of all jets one after another, without padding, as graph libraries and LundNet's authors have it."""

    def __init__(self):
        super().__init__()
        widths = [32, 32, 64, 64, 128, 128]
        sizes = [5, *widths]
        self.blocks = nn.ModuleList(EdgeConv(f"edge{i}", sizes[i], w) for i, w in enumerate(widths))
        self.fuse, self.jet = Mlp("fuse", [sum(widths), 256], True), Mlp("jet", [512, 256], True)
        self.output = nn.Linear(256, 1)
        self.names = self.fuse.names | self.jet.names | {"output": self.output}
        for block in self.blocks:
            self.names |= block.names

    def forward(self, nodes, neighbours, mask):
        real = mask > 0
        row = (real.flatten().cumsum(0) - 1).reshape(real.shape)
        jet = torch.nonzero(real)[:, 0]
        at, node, k = torch.nonzero(neighbours >= 0, as_tuple=True)
        source, target = row[at, neighbours[at, node, k].long()], row[at, node]
        x, outputs = nodes[real], []
        count = torch.bincount(target, minlength=len(x)).clamp(min=1)[:, None]
        for block in self.blocks:
            x = block(x, source, target, count)
            outputs.append(x)
        h = self.fuse(torch.cat(outputs, -1))
        sizes = real.sum(1)
        mean = h.new_zeros(len(mask), h.shape[1]).index_add(0, jet, h) / sizes.clamp(min=1)[:, None]
        # What comes from a ReLU is never below the zero that an empty jet gives.
        top = torch.segment_reduce(h, "max", lengths=sizes, initial=0)
        return self.output(self.jet(torch.cat([mean, top], -1)))


MODELS = {
    "mlp": MlpModel,
    "transformer3": lambda: Transformer(3, 128),
    "transformer6": lambda: Transformer(6, 192),
    "deep-sets": DeepSets,
    "lundnet": LundNet,
}


def load(model, arrays):
    """Copies our weights, whose kernels are [in, out], into PyTorch's layers."""
    used = set()

    def take(name):
        used.add(name)
        return torch.from_numpy(arrays[name].copy())

    with torch.no_grad():
        for key, layer in model.names.items():
            name, part = key if isinstance(key, tuple) else (key, None)
            if isinstance(layer, nn.LayerNorm):
                layer.weight.copy_(take(f"{name}/scale"))
                layer.bias.copy_(take(f"{name}/shift"))
                continue
            kernel, bias = take(f"{name}/kernel").T, take(f"{name}/bias")
            rows = slice(None) if part is None else slice(part * len(bias), (part + 1) * len(bias))
            layer.weight[rows].copy_(kernel)
            layer.bias[rows].copy_(bias)
    return used


def main():
    folder, name, threads, rate = sys.argv[1:]
    torch.set_num_threads(int(threads))
    spec = json.load(open(f"{folder}/{name}.json"))
    numbers = np.fromfile(f"{folder}/{name}.f32", "<f4")
    view = lambda s: numbers[s["offset"] : s["offset"] + s["size"]].reshape(s["shape"])  # noqa: E731
    model = MODELS[name]()
    missing = set(spec["weights"]) - load(model, {k: view(s) for k, s in spec["weights"].items()})
    if missing:
        raise SystemExit(f"weights that the twin of {name} lacks: {sorted(missing)}")
    batch = {k: torch.from_numpy(view(s).copy()) for k, s in spec["batch"].items()}
    target = batch.pop("target")
    optimizer = torch.optim.AdamW(model.parameters(), lr=float(rate), weight_decay=0.01)
    print(json.dumps({"ready": {"torch": torch.__version__, "python": sys.version.split()[0]}}), flush=True)
    for line in sys.stdin:
        steps = json.loads(line)["steps"]
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=True)
            loss = F.binary_cross_entropy_with_logits(model(**batch), target)
            loss.backward()
            optimizer.step()
            value = loss.item()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"cpu": cpu / steps, "wall": wall / steps, "loss": value}), flush=True)


main()
