"""Small models of XGBoost in every form that its versions write, made by a runtime's own Python, with what that Python predicts."""

import json
import os
import subprocess

# argv: a folder, kinds of models. Writes into <folder>/<kind> the model in every form that this version has, rows.json, and expected.json: what
# Booster.predict gives.
MAKE = """
import json, os, pickle, sys
import numpy, xgboost
version = tuple(int(part) for part in xgboost.__version__.split(".")[:2])
squared = "reg:linear" if version < (0, 90) else "reg:squarederror"
KINDS = {
    "binary": {"objective": "binary:logistic"},
    "regression": {"objective": squared, "base_score": 2.5},
    "poisson": {"objective": "count:poisson"},
    "classes": {"objective": "multi:softprob", "num_class": 3},
    "largest": {"objective": "multi:softmax", "num_class": 3},
    "forest": {"objective": "binary:logistic", "num_parallel_tree": 3, "subsample": 0.5},
    "dart": {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5},
    "linear": {"objective": squared, "booster": "gblinear"},
    "stopped": {"objective": "binary:logistic"},
}

def make(folder, kind):
    random = numpy.random.RandomState(3)
    x = random.rand(300, 7).astype("float32").round(3)
    x[:, 3] = (x[:, 3] * 9).round()
    x[random.rand(300, 7) < 0.15] = numpy.nan
    total = numpy.nan_to_num(x[:, :3]).sum(axis=1)
    if kind in ("classes", "largest"):
        y = numpy.minimum(total.astype(int), 2)
    elif kind == "stopped":
        y = random.rand(300) > 0.5
    else:
        y = {"regression": total * 10, "linear": total, "poisson": (total * 3).round()}.get(kind, total > 1.3)
    train, check = xgboost.DMatrix(x[:200], y[:200]), xgboost.DMatrix(x[200:], y[200:])
    more = {"evals": [(check, "check")], "early_stopping_rounds": 3, "verbose_eval": False} if kind == "stopped" else {}
    parameters = dict({"max_depth": 4, "eta": 0.4, "seed": 1}, **KINDS[kind])
    model = xgboost.train(parameters, train, 60 if kind == "stopped" else 12, **more)
    rows = x[200:240]
    limit = {}
    if kind == "stopped" or version < (1, 0) and kind == "dart":  # which leaves trees out at random otherwise
        limit = {"iteration_range": (0, model.best_iteration + 1)} if version >= (1, 4) else {"ntree_limit": model.best_ntree_limit}
    expected = model.predict(xgboost.DMatrix(rows), **limit)
    os.makedirs(folder)
    pickle.dump(model, open(folder + "/pickle", "wb"))
    if version < (3, 0):
        model.save_model(folder + "/binary")
    if version >= (1, 0):
        model.save_model(folder + "/model.json")
    if version >= (1, 6):
        model.save_model(folder + "/model.ubj")
    numpy.save(folder + "/rows.npy", rows)
    json.dump([[None if v != v else float(v) for v in row] for row in rows], open(folder + "/rows.json", "w"))
    json.dump(expected.tolist(), open(folder + "/expected.json", "w"))

for kind in sys.argv[2:]:
    make(sys.argv[1] + "/" + kind, kind)
"""
KINDS = ("binary", "regression", "poisson", "classes", "largest", "forest", "dart", "linear", "stopped")


def make_boosters(python, folder, *kinds):
    """{kind: Boosters}, made by that Python."""
    environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    subprocess.run([python, "-W", "ignore", "-c", MAKE, str(folder), *kinds], check=True, timeout=300, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT, env=dict(environment, PATH="/usr/local/bin:/usr/bin:/bin", PYTHONDONTWRITEBYTECODE="1"))
    return {kind: Boosters(folder / kind) for kind in kinds}


class Boosters:
    """`folder` has pickle, binary, model.json and model.ubj as far as the version has them."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = json.loads((folder / "rows.json").read_text())
        self.expected = json.loads((folder / "expected.json").read_text())
        self.forms = [name for name in ("pickle", "binary", "model.json", "model.ubj") if (folder / name).exists()]

    def csv(self, rows=None):
        return "".join(",".join("" if v is None else repr(v) for v in row) + "\n" for row in (rows or self.rows))

    def libsvm(self):
        return "".join(" ".join("%d:%r" % (at, v) for at, v in enumerate(row) if v is not None) + "\n" for row in self.rows)
