"""Makes SavedModels for tests; run by a runtime's own interpreter: tensorflow_models.py FOLDER

FOLDER/dense/1 and 2        one input, one output: x [n, 4] -> x @ w + b, with w and b of the version
FOLDER/several/7            two inputs, three outputs, of which one is text and one is bytes
FOLDER/examples/3           tf.Examples in: classify, regress and predict, written as TensorFlow 1 did
FOLDER/expected.json        what TensorFlow itself answers for the rows in it
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import numpy as np
import tensorflow as tf

ROWS = [[0.1, 0.2, 0.3, 0.4], [5.0, -6.5, 7.25, 0.0], [1e3, 1e-3, -1e3, 3.0]]


class Dense(tf.Module):
    def __init__(self, seed):
        super().__init__()
        random = np.random.RandomState(seed)
        self.w = tf.Variable(random.randn(4, 3).astype("float32"))
        self.b = tf.Variable(random.randn(3).astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def call(self, x):
        return {"y": tf.matmul(x, self.w) + self.b}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x")])
    def largest(self, x):
        return {"largest": tf.argmax(self.call(x)["y"], axis=1)}


class Several(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="number"), tf.TensorSpec([None], tf.string, name="word")])
    def call(self, number, word):
        return {
            "double": number * 2,
            "greeting": tf.strings.join(["hello ", word]),
            "raw_bytes": tf.strings.join([word, b"\xff"]),
        }

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32, name="x")])
    def scalar(self, x):
        return {"inverse": 1.0 / x}


def write_examples(folder):
    v1 = tf.compat.v1
    with v1.Graph().as_default(), v1.Session() as session:
        serialized = v1.placeholder(tf.string, [None], name="examples")
        x = v1.io.parse_example(serialized, {"x": v1.io.FixedLenFeature([2], tf.float32)})["x"]
        weights = v1.get_variable("w", initializer=[[1.0], [10.0]])
        value = tf.matmul(x, weights)
        scores = tf.concat([value, -value], 1)
        classes = tf.tile(tf.constant([["yes", "no"]]), [tf.shape(x)[0], 1])
        session.run(v1.global_variables_initializer())
        info = v1.saved_model.utils.build_tensor_info
        define = v1.saved_model.signature_def_utils.build_signature_def
        builder = v1.saved_model.Builder(folder)
        builder.add_meta_graph_and_variables(session, ["serve"], {
            "serving_default": define({"inputs": info(serialized)}, {"classes": info(classes), "scores": info(scores)},
                                      "tensorflow/serving/classify"),
            "value": define({"inputs": info(serialized)}, {"outputs": info(value)}, "tensorflow/serving/regress"),
        })
        builder.save()


def main(folder):
    expected = {"rows": ROWS}
    for version in (1, 2):
        model = Dense(version)
        tf.saved_model.save(model, "%s/dense/%09d" % (folder, version),
                            signatures={"serving_default": model.call, "largest": model.largest})
        expected[str(version)] = model.call(tf.constant(ROWS))["y"].numpy().tolist()
        expected["largest"] = model.largest(tf.constant(ROWS))["largest"].numpy().tolist()
    several = Several()
    tf.saved_model.save(several, folder + "/several/7", signatures={"serving_default": several.call, "scalar": several.scalar})
    write_examples(folder + "/examples/3")
    with open(folder + "/expected.json", "w") as file:
        json.dump(expected, file)


main(sys.argv[1])
