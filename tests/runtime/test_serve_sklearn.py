"""What a replica of the scikit-learn runtime takes and answers by default, in the environments of its oldest and newest versions."""

import json
import subprocess

import pytest
from conftest import clean_environment
from replica import Replica
from runtime_python import python_of

TRAIN = """
import os, sys
try:
    from sklearn.externals import joblib
except ImportError:
    import joblib
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
import numpy
x, y = load_digits(return_X_y=True)
model = RandomForestClassifier(n_estimators=10, random_state=0).fit(x, y)
joblib.dump(model, sys.argv[1] + "/model.joblib")
numpy.save(sys.argv[1] + "/x.npy", x[:20])
numpy.save(sys.argv[1] + "/y.npy", model.predict(x[:20]))
numpy.savetxt(sys.argv[1] + "/x.csv", x[:20], delimiter=",", fmt="%d")
print(model.predict(x[:20]).tolist())
"""
MODEL_FN = """
    import os
    try:
        from sklearn.externals import joblib
    except ImportError:
        import joblib
    def model_fn(model_dir):
        return joblib.load(os.path.join(model_dir, "model.joblib"))
"""


@pytest.fixture(scope="module", params=["sklearn:0.20.0", "sklearn:1.9-0"])
def forest(request, server, tmp_path_factory):
    python = python_of(server, request.param)
    replica = Replica(tmp_path_factory.mktemp("forest") / "ml")
    done = subprocess.run(
        [python, "-W", "ignore", "-c", TRAIN, str(replica.folder / "model")],
        check=True,
        stdout=subprocess.PIPE,
        universal_newlines=True,
        env=clean_environment(),
    )
    replica.expected = json.loads(done.stdout)
    replica.start(python, MODEL_FN)
    yield replica
    replica.stop()


def test_npy_in_and_out_is_what_numpy_writes(forest):
    x = (forest.folder / "model/x.npy").read_bytes()
    y = (forest.folder / "model/y.npy").read_bytes()
    assert forest.invoke(x, "application/x-npy", Accept="application/x-npy") == (200, "application/x-npy", y)
    assert b"'<i8'" in y


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "application/jsonlines"])
def test_text_formats_in_and_out(forest, content_type):
    rows = (forest.folder / "model/x.csv").read_text().split()
    body = {
        "text/csv": "\n".join(rows),
        "application/json": "[[" + "],[".join(rows) + "]]",
        "application/jsonlines": "".join("[" + row + "]\n" for row in rows),
    }[content_type]
    want = forest.expected
    assert json.loads(forest.invoke(body.encode(), content_type)[2]) == want
    assert json.loads(forest.invoke(body.encode(), content_type, Accept="*/*")[2]) == want
    csv = forest.invoke(body.encode(), content_type, Accept="text/csv")
    assert csv[:2] == (200, "text/csv; charset=utf-8") and [int(v) for v in csv[2].split()] == want
    lines = forest.invoke(body.encode(), content_type, Accept="application/jsonlines")
    assert [json.loads(line) for line in lines[2].splitlines()] == want
    assert (
        json.loads(
            forest.invoke(body.encode(), content_type + "; charset=utf-8", Accept="application/xml, */*;q=0.5")[2]
        )
        == want
    )


def test_a_single_row_of_csv(forest):
    row = (forest.folder / "model/x.csv").read_text().split()[3]
    assert json.loads(forest.invoke(row.encode(), "text/csv")[2]) == [forest.expected[3]]


@pytest.mark.parametrize(
    "body, content_type, accept, status, message",
    [
        (b"<x/>", "application/xml", "*/*", 415, "Content type application/xml is not supported by this framework."),
        (
            b"1,2",
            "text/csv",
            "application/xml",
            406,
            "Content type application/xml is not supported by this framework.",
        ),
        (b"[1, ", "application/json", "*/*", 400, "not valid application/json"),
        (b"1,2\n3\n", "text/csv", "*/*", 400, "differ in length"),
        (b"a,b", "text/csv", "*/*", 400, "not a number"),
        (b"\xff\xfe", "text/csv", "*/*", 400, "not valid UTF-8"),
        (b"NOPE", "application/x-npy", "*/*", 400, "not valid"),
        (b'{"a": 1}', "application/json", "*/*", 400, "not a number"),
    ],
)
def test_bad_content_is_the_clients_error(forest, body, content_type, accept, status, message):
    row = (forest.folder / "model/x.csv").read_bytes().split()[0]
    got = forest.invoke(row if body == b"1,2" else body, content_type, Accept=accept)
    assert got[:2] == (status, "application/json")
    told = json.loads(got[2])
    assert message in told["error-message"] and set(told) == {"error", "error-message", "stack-trace"}
    if status in (415, 406):
        assert told["error"] == "UnsupportedFormatError"


def test_a_pickle_in_npy_is_not_opened(forest):
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    body = header.ljust(127) + b"\n" + b"cos\nsystem\n(S'touch " + str(forest.folder).encode() + b"/pwned'\ntR."
    assert forest.invoke(body, "application/x-npy")[0] == 400
    assert not (forest.folder / "pwned").exists()


def test_a_wrong_number_of_features_is_the_models_own_error(forest):
    status, _, body = forest.invoke(b"[[1, 2, 3]]")
    assert status == 500 and b"features" in body


def test_the_containers_own_response_and_encoders(server, replica):
    replica.start(
        python_of(server, "sklearn:1.9-0"),
        """
        from sagemaker_containers.beta.framework import content_types, encoders, worker
        def model_fn(model_dir): pass
        def input_fn(body, content_type): return encoders.decode(body, content_type)
        def predict_fn(data, model): return data * 2
        def output_fn(prediction, accept):
            return worker.Response(encoders.encode(prediction, accept), mimetype=accept)
    """,
    )
    assert replica.invoke(b"1,2", "text/csv", Accept="text/csv") == (200, "text/csv; charset=utf-8", b"2.0\n4.0\n")
    assert replica.invoke(b"1,2", "text/xml")[0] == 415


def test_the_default_accept_is_a_setting(server, replica):
    python = python_of(server, "sklearn:1.9-0")
    replica.start(
        python,
        """
        class Model:
            def predict(self, data): return data
        def model_fn(d): return Model()
    """,
        SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="text/csv",
    )
    assert replica.invoke(b"[[1, 2]]") == (200, "text/csv; charset=utf-8", b"1.0,2.0\n")
