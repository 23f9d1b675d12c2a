"""LundNet as its authors lay it out (arXiv:2012.08526 and the code published with it, github.com/fdreyer/LundNet).

Beside ours: normalisation of inputs, of every edge layer and of the fusion layer by the batch; no biases before it; a
fusion layer as wide as a multiple of 128; pooling over nodes by the mean alone; two logits; ln z instead of z.
"""

import torch
import torch.nn.functional as F
from torch import nn

LN_KT, LN_DELTA, Z, PSI, LN_M = range(5)


class EdgeConv(nn.Module):
    def __init__(self, features, widths):
        super().__init__()
        self.theta = nn.Linear(features, widths[0], bias=False)
        self.phi = nn.Linear(features, widths[0], bias=False)
        self.layers = nn.ModuleList(nn.Linear(i, o, bias=False) for i, o in zip(widths, widths[1:]))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for width in widths)
        out = widths[-1]
        projected = nn.Sequential(nn.Linear(features, out, bias=False), nn.BatchNorm1d(out))
        self.shortcut = nn.Identity() if features == out else projected

    def forward(self, x, source, target):
        """Mean over the edges source -> target of a network on theta (x_target - x_source) + phi x_source."""
        theta, phi = self.theta(x), self.phi(x)
        edges = theta[target] + (phi - theta)[source]
        for i, norm in enumerate(self.norms):
            edges = F.relu(norm(edges if i == 0 else self.layers[i - 1](edges)))
        return F.relu(mean_at(edges, target, len(x)) + self.shortcut(x))


def mean_at(rows, index, size):
    total = rows.new_zeros(size, rows.shape[1]).index_add(0, index, rows)
    return total / torch.bincount(index, minlength=size).clamp(min=1)[:, None]


class LundNet(nn.Module):
    def __init__(self, features, blocks, dense, dropout):
        super().__init__()
        self.input = nn.BatchNorm1d(features)
        sizes = [features, *blocks]
        self.blocks = nn.ModuleList(EdgeConv(i, [o, o]) for i, o in zip(sizes, sizes[1:]))
        together = sum(blocks)
        fused = min(max(together // 128 * 128, 128), 1024)
        self.fuse = nn.Sequential(nn.Linear(together, fused), nn.ReLU(), nn.BatchNorm1d(fused))
        self.head = nn.Sequential(nn.Linear(fused, dense), nn.ReLU(), nn.Dropout(dropout), nn.Linear(dense, 2))

    def forward(self, nodes, source, target, jet, jets):
        x, outputs = self.input(nodes), []
        for block in self.blocks:
            x = block(x, source, target)
            outputs.append(x)
        return self.head(mean_at(self.fuse(torch.cat(outputs, -1)), jet, jets))


def graph_of(batch):
    """Nodes of all jets one after another, the edges between them, and the jet of each. A jet without gets one of zeros."""
    real, padded = batch["mask"] > 0, batch["nodes"]
    taken = real.clone()
    taken[:, 0] |= ~real.any(1)
    state = torch.stack(
        [padded[..., Z].clamp(min=1e-7).log(), *(padded[..., k] for k in (LN_DELTA, PSI, LN_M, LN_KT))], -1
    )
    jets, length = taken.shape
    place = (taken.flatten().cumsum(0) - 1).reshape(jets, length)
    neighbours = batch["neighbours"].long()
    jet, node, k = torch.nonzero(neighbours >= 0, as_tuple=True)
    return {
        "nodes": (state * real[..., None])[taken],
        "source": place[jet, neighbours[jet, node, k]],
        "target": place[jet, node],
        "jet": torch.nonzero(taken)[:, 0],
        "jets": jets,
    }
