"""Boosted trees: one model an output, fitted to the loss of our networks, stopped on the validation part.

`fit` brings inputs [n, k] of the three parts, and for each output two columns of the training and validation parts:
weight and truth of a squared error, or the weights with which an event counts as signal and as background.
"""

import numpy as np
import xgboost as xgb
from messages import answer, receive

OPTIONS = {
    "eta": 0.1,
    "max_depth": 6,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "min_child_weight": 5,
    "base_score": 0.0,
    "disable_default_eval_metric": 1,
    "nthread": 1,
}
ROUNDS, PATIENCE = 1000, 30


def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -60, 60)))


def squared(z, weight, truth):
    """Loss, gradient and curvature by event; events of negative weight still curve upwards, so that leaves stay finite."""
    return weight * (z - truth) ** 2 / 2, weight * (z - truth), np.abs(weight)


def binary(z, signal, rest):
    p = sigmoid(z)
    losses = signal * np.logaddexp(0, -z) + rest * np.logaddexp(0, z)
    return losses, rest * p - signal * (1 - p), np.abs(signal + rest) * p * (1 - p)


KINDS = {"squared": squared, "binary": binary}


def fit(kind, tensors, k, seed):
    loss = KINDS[kind]
    parts = {part: tensors[f"{part}.goal{k}"].astype(float).T for part in ("train", "validation")}
    data = {part: xgb.DMatrix(tensors[f"{part}.inputs"]) for part in ("train", "validation", "test")}

    def objective(z, _):
        _, gradient, curvature = loss(z, *parts["train"])
        return gradient, np.maximum(curvature, 1e-6)

    def metric(z, _):
        return "loss", float(loss(z, *parts["validation"])[0].sum())

    booster = xgb.train(
        {**OPTIONS, "seed": seed},
        data["train"],
        ROUNDS,
        obj=objective,
        custom_metric=metric,
        evals=[(data["validation"], "validation")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    rounds = booster.best_iteration + 1
    z = booster.predict(data["test"], output_margin=True, iteration_range=(0, rounds))
    return (z if kind == "squared" else sigmoid(z)), rounds


def main():
    while (received := receive()) is not None:
        message, tensors = received
        found = [fit(kind, tensors, k, message["seed"]) for k, kind in enumerate(message["kinds"])]
        columns = [np.asarray(scores, float).tolist() for scores, _ in found]
        answer({"columns": columns, "rounds": [rounds for _, rounds in found]})


main()
