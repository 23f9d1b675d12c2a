"""The networks of the recipes in PyTorch, eager, differentiated by autograd and trained by torch.optim.AdamW.

Each message (messages.py) brings a command and its tensors. The first brings the configuration and the starting weights,
named and shaped as ours: kernels are [in, out].
"""

import torch
import torch.nn.functional as F
from lundnet_authors import LundNet, graph_of
from messages import answer, receive

ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu, "silu": F.silu, "tanh": torch.tanh}


def linear(p, name, x):
    y = x @ p[f"{name}/kernel"]
    return y + p[f"{name}/bias"] if f"{name}/bias" in p else y


def mlp(p, name, x, activation=F.relu, last=None, drop=0.0, training=False):
    layers = sum(1 for key in p if key.startswith(f"{name}/") and key.endswith("/kernel"))
    for i in range(layers - 1):
        x = F.dropout(activation(linear(p, f"{name}/{i}", x)), drop, training)
    x = linear(p, f"{name}/{layers - 1}", x)
    return x if last is None else last(x)


def normalised(p, name, x, mask=None):
    unit = (x - p[f"{name}/mean"]) * p[f"{name}/inverse"]
    return unit if mask is None else unit * mask[..., None]


def layer_norm(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}/scale"], p[f"{name}/shift"])


def block(p, name, x, mask, heads, drop, training):
    b, n, d = x.shape
    h = layer_norm(p, f"{name}/norm1", x)
    parts = (linear(p, f"{name}/attention/{part}", h) for part in ("query", "key", "value"))
    q, k, v = (t.reshape(b, n, heads, d // heads).transpose(1, 2) for t in parts)
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=((mask - 1) * 1e9)[:, None, None, :])
    out = linear(p, f"{name}/attention/output", mixed.transpose(1, 2).reshape(b, n, d))
    x = x + F.dropout(out, drop, training)
    wide = F.gelu(linear(p, f"{name}/widen", layer_norm(p, f"{name}/norm2", x)))
    return x + linear(p, f"{name}/narrow", F.dropout(wide, drop, training))


def weighted(losses, t):
    return (losses * t["weight"]).sum() / (t["weight"].abs().sum() + 1e-12)


def regression(p, t, recipe, training):
    o = recipe["network"]
    drop = o["dropout"]
    derived = [normalised(p, "input/derived", t["derived"])] if "derived" in t else []
    if o["kind"] == "mlp":
        momenta = [normalised(p, "input", t["momenta"])] if "momenta" in t else []
        x = torch.cat([*momenta, *derived], -1)
        y = mlp(p, "net", x, ACTIVATIONS[o["activation"]], drop=drop, training=training)
    else:
        mask = t["mask"]
        x = linear(p, "embed", normalised(p, "input", t["particles"], mask))
        told = [mlp(p, "beside", known, F.silu) for known in derived]
        for known in told:
            x = x + known[:, None]
        x = F.gelu(x)
        for i in range(o["blocks"]):
            x = block(p, f"block{i}", x, mask, o["heads"], drop, training)
        x = layer_norm(p, "norm", x)
        scores = linear(p, "pool/score", x)[..., 0].masked_fill(mask == 0, -1e9)
        event = (x * (scores.softmax(-1) * mask)[..., None]).sum(1)
        y = mlp(p, "head", torch.cat([event, *told], -1), F.gelu)
    return weighted((y - t["target.fractions"]).square().mean(-1), t), y


def deep_set(p, name, x):
    h = mlp(p, f"{name}/token", x, last=F.relu)
    return mlp(p, f"{name}/set", torch.cat([h.sum(1), h.amax(1)], -1))


def lstm(p, name, x):
    units = p[f"{name}/recurrent"].shape[0]
    h = c = x.new_zeros(x.shape[0], units)
    for token in x.unbind(1):
        gates = token @ p[f"{name}/kernel"] + h @ p[f"{name}/recurrent"] + p[f"{name}/bias"].sum(0)
        i, o, f, g = gates.split(units, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    return h


def ssww(p, t, recipe, training):
    """Binary classifiers side by side; an event belongs to both templates of each, in the shares that the target gives."""
    o = recipe["network"]
    x = normalised(p, "input", t["kinematics"])
    losses, scores = 0.0, []
    for name in recipe["classifiers"]:
        prior = 0.5 if name == "signal" else recipe["priors"][name]
        z = mlp(p, name, x, ACTIVATIONS[o["activation"]], drop=o["dropout"], training=training)[:, 0]
        signal, rest = t[f"target.{name}"].unbind(-1)
        each = 0.5 / prior * signal * F.softplus(-z) + 0.5 / (1 - prior) * rest * F.softplus(z)
        losses = losses + weighted(each, t)
        scores.append(z.sigmoid())
    return losses, torch.stack(scores, -1)


def h4l(p, t, recipe, training):
    """A category without jets: leptons, the variables of the event, and D_ZZ with a loss of its own."""
    o = recipe["network"]
    of_decay = mlp(p, "decay", normalised(p, "input/decay", t["decay"]), F.gelu)
    event = torch.cat([normalised(p, "input/global", t["global"]), of_decay], -1)
    four = normalised(p, "input/leptons", t["leptons"])
    found = deep_set(p, "leptons", four) if o["kind"] == "deep-set" else lstm(p, "leptons", four[..., :2])
    joint = torch.cat([found, mlp(p, "global", event, last=F.relu)], -1)
    logits = linear(p, "output", mlp(p, "head", joint, last=F.relu, drop=o["dropout"], training=training))
    truth = t["target.class"]
    classes = weighted(-(logits.log_softmax(-1) * truth).sum(-1), t)
    own = F.binary_cross_entropy_with_logits(of_decay[:, 0], truth[:, 1], reduction="none")
    return classes + o["auxiliary"] * weighted(own, t), logits.softmax(-1)


def batch_norm(p, name, x, mask, training):
    """Over the rows of the mask. Running statistics are moved a tenth of the way to those of the batch, as ours are."""
    mean, variance = p[f"{name}/mean"], p[f"{name}/variance"]
    if training:
        share = (mask / mask.sum().clamp(min=1))[..., None]
        rows = tuple(range(x.dim() - 1))
        found = (x * share).sum(rows)
        spread = ((x - found).square() * share).sum(rows)
        with torch.no_grad():
            mean.lerp_(found, 0.1)
            variance.lerp_(spread, 0.1)
        mean, variance = found, spread
    return (x - mean) * (variance + 1e-5).rsqrt() * p[f"{name}/scale"] + p[f"{name}/shift"]


def edge_conv(p, name, x, neighbours, mask, training):
    """The network on (x_i, x_j - x_i) of every edge; its first layer, which is linear, once a node and gathered after."""
    b, n, f = x.shape
    kernel = p[f"{name}/0/kernel"]
    index = (neighbours.clamp(min=0).long() + torch.arange(b)[:, None, None] * n).reshape(-1)
    real = (neighbours >= 0).float()
    valid = real[..., None]

    def norm(part, y, rows):
        return batch_norm(p, f"{name}/{part}/norm", y, rows, training) if f"{name}/{part}/norm/scale" in p else y

    theirs = (x @ kernel[f:]).reshape(b * n, -1).index_select(0, index).reshape(b, n, neighbours.shape[2], -1)
    edges = (x @ (kernel[:f] - kernel[f:]))[:, :, None] + theirs
    if f"{name}/0/bias" in p:
        edges = edges + p[f"{name}/0/bias"]
    edges = F.relu(norm(1, linear(p, f"{name}/1", F.relu(norm(0, edges, real))), real))
    mean = (edges * valid).sum(2) / valid.sum(2).clamp(min=1)
    projected = f"{name}/shortcut/kernel" in p
    return F.relu(mean + (norm("shortcut", linear(p, f"{name}/shortcut", x), mask) if projected else x))


def pooling(kind, h, mask):
    column = mask[..., None]
    if kind == "mean":
        return (h * column).sum(1) / column.sum(1).clamp(min=1)
    if kind == "max":
        return h.masked_fill(column == 0, -1e9).amax(1) * mask.amax(1, keepdim=True)
    return mask.sum(1, keepdim=True).log1p()


def lundnet(p, t, recipe, training):
    o, mask = recipe["network"], t["mask"]
    normed = o["normalisation"] == "batch"
    if normed:
        nodes = t["nodes"].clone()
        nodes[..., 2] = nodes[..., 2].clamp(min=1e-4).log()
        x = batch_norm(p, "input", nodes, mask, training)
    else:
        x = normalised(p, "input", t["nodes"], mask)
    outputs = []
    for i in range(len(o["blocks"])):
        x = edge_conv(p, f"edge{i}", x, t["neighbours"], mask, training)
        outputs.append(x)
    together = torch.cat(outputs, -1)
    if normed:
        h = F.relu(batch_norm(p, "fuse/norm", linear(p, "fuse", together), mask, training))
    else:
        h = mlp(p, "fuse", together, last=F.relu)
    parts = [pooling(kind, h, mask) for kind in o["pooling"]]
    if "jet" in t:
        parts.append(normalised(p, "known", t["jet"]))
    jet = mlp(p, "jet", torch.cat(parts, -1), last=F.relu)
    logit = linear(p, "output", F.dropout(jet, o["dropout"], training))
    losses = F.binary_cross_entropy_with_logits(logit, t["target.signal"], reduction="none")
    return weighted(losses[:, 0], t), logit.sigmoid()


NETWORKS = {
    "polarization-regression": regression,
    "ssww-polarization": ssww,
    "h4l-classifier": h4l,
    "lundnet": lundnet,
}


def same_network(start, weights):
    """Ours, from our starting weights: what is trained of it, what is kept of an epoch, and loss and output of a batch."""
    network, recipe = NETWORKS[start["system"]], start["recipe"]
    trained = [weights[name].requires_grad_() for name in start["trained"]]
    return trained, list(weights.values()), lambda batch, training: network(weights, batch, recipe, training)


def authors_network(start, weights):
    """LundNet in its authors' layout, as wide as ours, from PyTorch's own starting weights; the rest as `same_network`."""
    o = start["recipe"]["network"]
    net = LundNet(len(weights["input/mean"]), o["blocks"], o["dense"], o["dropout"])

    def run(batch, training):
        logits = net.train(training)(**graph_of(batch))
        losses = F.cross_entropy(logits, batch["target.signal"][:, 0].long(), reduction="none")
        return weighted(losses, batch), logits.softmax(-1)[:, 1:]

    return list(net.parameters()), list(net.state_dict().values()), run


LAYOUTS = {"same": same_network, "authors": authors_network}


def received_tensors():
    """The next message with its tensors as PyTorch's; None at the end."""
    received = receive()
    if received is None:
        return None
    message, arrays = received
    return message, {name: torch.from_numpy(array) for name, array in arrays.items()}


def main():
    start, weights = received_tensors()
    torch.manual_seed(start["seed"])
    trained, kept, run = LAYOUTS[start["layout"]](start, weights)
    optimizer = torch.optim.AdamW(trained, lr=0.0, weight_decay=start["decay"])
    best = None
    answer({})
    while (received := received_tensors()) is not None:
        message, batch = received
        command = message["command"]
        if command == "step":
            optimizer.param_groups[0]["lr"] = message["rate"]
            optimizer.zero_grad(set_to_none=True)
            loss, _ = run(batch, True)
            loss.backward()
            if start["clip"] is not None:
                torch.nn.utils.clip_grad_norm_(trained, start["clip"])
            optimizer.step()
            answer({"loss": loss.item()})
        elif command == "evaluate":
            with torch.no_grad():
                loss, _ = run(batch, False)
            answer({"loss": loss.item(), "total_weight": batch["weight"].abs().sum().item()})
        elif command == "predict":
            with torch.no_grad():
                _, rows = run(batch, False)
            answer({"rows": rows.tolist()})
        elif command == "keep":
            best = [tensor.detach().clone() for tensor in kept]
            answer({})
        elif command == "take-best":
            with torch.no_grad():
                for tensor, value in zip(kept, best):
                    tensor.copy_(value)
            answer({})


main()
