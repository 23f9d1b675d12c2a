"""Boosted trees on the matrix of inputs.mjs: the same events in the same parts as a run of ours.

python xgboost_twin.py MATRIX SEEDS TARGET_CLASS      MATRIX without its ending; needs numpy and xgboost
Prints, for each seed, the area under the curve of the target class against the others (event weights), the rejection of the
others at 50 % of it, and N_s / sqrt(N_b) at 60 % on test events; then mean and standard deviation.
"""

import json
import sys

import numpy as np
import xgboost as xgb

TRAIN, VALIDATION, TEST = 0, 1, 2


def area(score, signal, weight):
    order = np.argsort(-score, kind="stable")
    s = np.cumsum(np.where(signal, weight, 0)[order])
    b = np.cumsum(np.where(signal, 0, weight)[order])
    return np.trapezoid(s / s[-1], b / b[-1])


def passing(score, signal, weight, efficiency):
    """Weights of signal and background above the cut that keeps this share of the signal."""
    order = np.argsort(-score, kind="stable")
    s = np.cumsum(np.where(signal, weight, 0)[order])
    b = np.cumsum(np.where(signal, 0, weight)[order])
    at = np.searchsorted(s, efficiency * s[-1])
    return s[at], b[at], b[-1]


matrix, seeds, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
facts = json.load(open(f"{matrix}.json"))
data = np.fromfile(f"{matrix}.f32", np.float32).reshape(facts["rows"], len(facts["names"]))
split, label, weight, event_weight, inputs = data[:, 0], data[:, 1], data[:, 2], data[:, 3], data[:, 4:]
classes = len(facts["classes"])
sets = {
    part: xgb.DMatrix(inputs[split == part], label[split == part], weight=np.abs(weight[split == part]))
    for part in (TRAIN, VALIDATION, TEST)
}
code = facts["classes"].index(target)
test = split == TEST
found = []
for seed in range(1, seeds + 1):
    options = {
        "objective": "multi:softprob",
        "num_class": classes,
        "eval_metric": "mlogloss",
        "eta": 0.05,
        "max_depth": 5,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
        "min_child_weight": 5,
        "seed": seed,
        "nthread": 2,
    }
    model = xgb.train(
        options, sets[TRAIN], 1000, evals=[(sets[VALIDATION], "validation")], early_stopping_rounds=40, verbose_eval=False
    )
    score = model.predict(sets[TEST], iteration_range=(0, model.best_iteration + 1))[:, code]
    signal, weights = label[test] == code, event_weight[test]
    _, fakes, all_fakes = passing(score, signal, weights, 0.5)
    kept, background, _ = passing(score, signal, weights, 0.6)
    found.append([area(score, signal, weights), all_fakes / fakes, kept / np.sqrt(background)])
    print(seed, model.best_iteration, *np.round(found[-1], 4), flush=True)
found = np.array(found)
for name, column in zip(("auc", "rejection at 50 %", "significance at 60 %, test part"), found.T):
    print(f"{name}: {column.mean():.4f} +- {column.std(ddof=1) if len(column) > 1 else 0:.4f}")
