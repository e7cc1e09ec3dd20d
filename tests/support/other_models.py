"""Small models of LightGBM and ONNX, made by a runtime's own Python, with what that Python predicts."""

import json
import os
import subprocess

COMMON = """
import json, os, sys
import numpy
random = numpy.random.RandomState(5)
x = random.rand(400, 6)  # doubles that no float holds
x[:, 4] = (x[:, 4] * 5).astype(int)

def keep(folder, kind, rows, expected):
    numpy.save(folder + "/rows.npy", rows)
    json.dump([[None if v != v else float(v) for v in row] for row in rows], open(folder + "/rows.json", "w"))
    json.dump(numpy.asarray(expected).tolist(), open(folder + "/expected.json", "w"))
"""

# argv: a folder, kinds. Writes into <folder>/<kind> model.txt, rows.json, rows.npy, and expected.json: what Booster.predict gives.
LIGHTGBM = COMMON + """
import lightgbm
x[random.rand(400, 6) < 0.1] = numpy.nan
total = numpy.nan_to_num(x[:, :3]).sum(axis=1)
KINDS = {
    "binary": ({"objective": "binary"}, total > 1.3),
    "regression": ({"objective": "regression"}, total * 1e5),
    "poisson": ({"objective": "poisson"}, (total * 3).round()),
    "classes": ({"objective": "multiclass", "num_class": 3}, numpy.minimum(total.astype(int), 2)),
    "forest": ({"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}, total > 1.3),
    "dart": ({"objective": "binary", "boosting": "dart"}, total > 1.3),
    "categories": ({"objective": "regression", "categorical_feature": [4]}, numpy.nan_to_num(x[:, 4]) % 2 + total),
    "linear": ({"objective": "regression", "linear_tree": True}, total),
}
for kind in sys.argv[2:]:
    folder = sys.argv[1] + "/" + kind
    os.makedirs(folder)
    parameters, y = KINDS[kind]
    rows = numpy.nan_to_num(x) if kind == "linear" else x
    data = lightgbm.Dataset(rows, label=y, free_raw_data=False)
    model = lightgbm.train(dict({"num_leaves": 15, "min_data_in_leaf": 5, "verbose": -1, "seed": 1, "num_threads": 1}, **parameters), data, 20)
    model.save_model(folder + "/model.txt")
    keep(folder, kind, rows, lightgbm.Booster(model_file=folder + "/model.txt").predict(rows))
"""
LIGHTGBM_KINDS = ("binary", "regression", "poisson", "classes", "forest", "dart", "categories", "linear")

# argv: a folder, kinds. Writes into <folder>/<kind> model.onnx, rows.json, rows.npy, and expected.json: what ONNX Runtime gives.
ONNX = COMMON + """
import onnx, onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from skl2onnx import to_onnx
total = x[:, :3].sum(axis=1)
classes = numpy.minimum(total.astype(int), 2)

def forest(type, **options):
    model = RandomForestClassifier(5, random_state=1).fit(x.astype(type), classes)
    return to_onnx(model, x[:1].astype(type), options={id(model): options})

def graph(nodes, inputs, outputs, constants=()):
    made = helper.make_model(helper.make_graph(nodes, "g", inputs, outputs, [numpy_helper.from_array(value, name) for name, value in constants]),
                             opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made

def tensor(name, type, *shape):
    return helper.make_tensor_value_info(name, type, list(shape))

MAKE = {
    # Maps from class to probability, beside the labels.
    "maps": lambda: forest("float32"),
    "probabilities": lambda: forest("float32", zipmap=False),
    "regression": lambda: to_onnx(RandomForestRegressor(5, random_state=1).fit(x.astype("float32"), total), x[:1].astype("float32")),
    "doubles": lambda: graph([helper.make_node("ReduceSum", ["x", "axes"], ["y"])], [tensor("x", TensorProto.DOUBLE, None, 6)],
                             [tensor("y", TensorProto.DOUBLE, None, 1)], [("axes", numpy.array([1], "int64"))]),
    "several": lambda: graph([helper.make_node("Cast", ["n"], ["f"], to=TensorProto.FLOAT), helper.make_node("Concat", ["a", "f"], ["c"], axis=1),
                              helper.make_node("ReduceSum", ["c", "axes"], ["y"])],
                             [tensor("a", TensorProto.FLOAT, None, 4), tensor("n", TensorProto.INT64, None, 2)],
                             [tensor("y", TensorProto.FLOAT, None, 1)], [("axes", numpy.array([1], "int64"))]),
    "labels": lambda: graph([helper.make_node("ArgMax", ["x"], ["y"], axis=1)], [tensor("x", TensorProto.FLOAT, None, 6)],
                            [tensor("y", TensorProto.INT64, None, 1)]),
    # An image of 2 x 3 a row, one row at a time.
    "image": lambda: graph([helper.make_node("Flatten", ["x"], ["y"])], [tensor("x", TensorProto.FLOAT, 1, 2, 3)], [tensor("y", TensorProto.FLOAT, 1, 6)]),
    "open": lambda: graph([helper.make_node("ReduceMax", ["x"], ["y"], axes=[1])], [tensor("x", TensorProto.FLOAT, None, None)],
                          [tensor("y", TensorProto.FLOAT, None, 1)]),
}

def ask(path, kind, rows):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    if kind == "several":
        return session.run(["y"], {"a": rows[:, :4].astype("float32"), "n": rows[:, 4:].astype("int64")})[0]
    name, type = session.get_inputs()[0].name, "float64" if kind == "doubles" else "float32"
    if kind == "image":
        return [session.run(None, {name: row.astype(type).reshape(1, 2, 3)})[0][0] for row in rows]
    answer = session.run(None, {name: rows.astype(type)})[-1]
    return [list(one.values()) for one in answer] if isinstance(answer, list) else answer

for kind in sys.argv[2:]:
    folder = sys.argv[1] + "/" + kind
    os.makedirs(folder)
    onnx.save(MAKE[kind](), folder + "/model.onnx")
    rows = numpy.concatenate([x[:, :4], x[:, 4:5], x[:, 4:5] * 7], axis=1)[:60] if kind == "several" else x[:60]
    keep(folder, kind, rows, ask(folder + "/model.onnx", kind, rows))
"""
ONNX_KINDS = ("maps", "probabilities", "regression", "doubles", "several", "labels", "image", "open")


class Made:
    """One kind of model: its folder, rows of numbers or None, and a list of numbers for each row."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = json.loads((folder / "rows.json").read_text())
        expected = json.loads((folder / "expected.json").read_text())
        self.expected = [one if isinstance(one, list) else [one] for one in expected]

    def csv(self):
        return "".join(",".join("" if v is None else repr(v) for v in row) + "\n" for row in self.rows)


def make_models(python, script, folder, *kinds):
    environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    subprocess.run([python, "-W", "ignore", "-c", script, str(folder), *kinds], check=True, timeout=300,
                   env=dict(environment, PATH="/usr/local/bin:/usr/bin:/bin", PYTHONDONTWRITEBYTECODE="1"))
    return {kind: Made(folder / kind) for kind in kinds}
