"""TensorFlow's REST protocol as the runtime's replicas speak it, on SavedModels of TensorFlow 1 and 2. CLARY_TEST_TENSORFLOW names other
runtimes than the default to try it with, with commas between them."""

import base64
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import clean_environment
from replica import Replica
from runtime_python import python_of

MAKER = pathlib.Path(__file__).resolve().parents[1] / "support" / "tensorflow_models.py"
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


def flat(value):
    return [number for element in value for number in flat(element)] if isinstance(value, list) else [value]


def assert_close(found, wanted, relative=1e-6):
    assert len(found) == len(wanted)
    assert flat(found) == pytest.approx(flat(wanted), rel=relative)


@pytest.fixture(scope="session", params=os.environ.get("CLARY_TEST_TENSORFLOW", "tensorflow:2.1.0").split(","))
def tensorflow(request, server):
    return python_of(server, request.param)


@pytest.fixture(scope="session")
def models(tensorflow, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([tensorflow, "-W", "ignore", str(MAKER), str(folder)], check=True, env=clean_environment(), stdout=subprocess.PIPE,
                   stderr=subprocess.PIPE)
    return folder


@pytest.fixture(scope="session")
def expected(models):
    return json.loads((models / "expected.json").read_text())


def start(folder, tensorflow, inside, script=None, **environment):
    """A replica whose /opt/ml/model holds `inside`: {path there: folder of a model}"""
    replica = Replica(folder / "ml", "tensorflow")
    for path, source in inside.items():
        shutil.copytree(str(source), str(replica.folder / "model" / path), dirs_exist_ok=True)
    if script is not None:
        (replica.folder / "model" / "code").mkdir()
        (replica.folder / "model" / "code" / "inference.py").write_text(script)
    return replica.start(tensorflow, SAGEMAKER_PROGRAM="", SAGEMAKER_SUBMIT_DIRECTORY="", **environment)


@pytest.fixture(scope="module")
def serving(tensorflow, models, tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving")
    replica = start(folder, tensorflow, {name: models / name for name in ("dense", "several", "examples")},
                    SAGEMAKER_TFS_DEFAULT_MODEL_NAME="dense")
    yield replica
    replica.stop()


def ask(replica, body, content_type="application/json", attributes=None, **headers):
    if not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    headers = {**headers, **({ATTRIBUTES: attributes} if attributes else {})}
    status, kind, answer = replica.invoke(body.encode() if isinstance(body, str) else body, content_type, **headers)
    return status, kind, json.loads(answer)


def test_rows_and_columns(serving, expected):
    status, kind, answer = ask(serving, {"instances": expected["rows"]})
    assert (status, kind) == (200, "application/json")
    assert_close(answer["predictions"], expected["2"])
    _, _, named = ask(serving, {"instances": [{"x": row} for row in expected["rows"]]})
    assert named == answer
    _, _, columns = ask(serving, {"inputs": {"x": expected["rows"]}})
    assert columns == {"outputs": answer["predictions"]}
    assert ask(serving, {"inputs": expected["rows"]})[2] == columns
    assert ask(serving, {"signature_name": "largest", "instances": expected["rows"]})[2] == {"predictions": expected["largest"]}


def test_versions_and_models_by_custom_attributes(serving, expected):
    rows = {"instances": expected["rows"]}
    older = ask(serving, rows, attributes="tfs-model-name=dense,tfs-model-version=1")[2]["predictions"]
    assert_close(older, expected["1"])
    assert ask(serving, rows, attributes="mine=1,tfs-model-version=9")[::2] == (
        404, {"error": "Servable not found for request: Specific(dense, 9)"})
    assert ask(serving, rows, attributes="tfs-model-name=other")[::2] == (
        404, {"error": "Servable not found for request: Latest(other)"})


def test_several_inputs_and_outputs_text_and_bytes(serving):
    name = "tfs-model-name=several"
    rows = [{"number": 2, "word": "you"}, {"number": -3, "word": {"b64": base64.b64encode("wörld".encode()).decode()}}]
    answer = ask(serving, {"instances": rows}, attributes=name)[2]
    encode = lambda data: {"b64": base64.b64encode(data).decode()}
    assert answer == {"predictions": [
        {"double": 4, "greeting": "hello you", "raw_bytes": encode(b"you\xff")},
        {"double": -6, "greeting": "hello wörld", "raw_bytes": encode("wörld".encode() + b"\xff")}]}
    columns = ask(serving, {"inputs": {"number": [2], "word": ["you"]}}, attributes=name)[2]["outputs"]
    assert columns == {"double": [4], "greeting": ["hello you"], "raw_bytes": [encode(b"you\xff")]}
    scalar = ask(serving, {"signature_name": "scalar", "inputs": 4}, attributes=name)[2]
    assert scalar == {"outputs": 0.25}
    status, _, body = serving.invoke(b'{"signature_name": "scalar", "inputs": 0}', **{ATTRIBUTES: name})
    assert status == 200 and b"Infinity" in body  # as TensorFlow Serving writes it


def test_classify_and_regress(serving):
    examples = {"examples": [{"x": [1.5, 2.0]}, {"x": [0.0, 1.0]}]}
    name = "tfs-model-name=examples"
    assert ask(serving, examples, attributes=name + ",tfs-method=classify")[::2] == (
        200, {"results": [[["yes", 21.5], ["no", -21.5]], [["yes", 10.0], ["no", -10.0]]]})
    regression = dict(examples, signature_name="value", context={"x": [0.0, 0.0]})
    assert ask(serving, regression, attributes=name + ",tfs-method=regress")[::2] == (200, {"results": [21.5, 10.0]})
    status, _, answer = ask(serving, regression, attributes=name + ",tfs-method=classify")
    assert status == 400 and "method_name to be tensorflow/serving/classify" in answer["error"]


@pytest.mark.parametrize("content_type, body", [
    ("application/json", "[[0.1, 0.2, 0.3, 0.4], [5.0, -6.5, 7.25, 0.0], [1e3, 1e-3, -1e3, 3.0]]"),
    ("application/jsonlines", "[0.1, 0.2, 0.3, 0.4]\n[5.0, -6.5, 7.25, 0.0]\n[1e3, 1e-3, -1e3, 3.0]\n"),
    ("application/jsons", "[0.1, 0.2, 0.3, 0.4] [5.0, -6.5, 7.25, 0.0] [1e3, 1e-3, -1e3, 3.0]"),
    ("text/csv", "0.1,0.2,0.3,0.4\n5.0,-6.5,7.25,0.0\r\n\n1e3,.001,-1e3,+3.0\n"),
    ("text/csv; charset=utf-8", "0.1,0.2,0.3,0.4\n5.0,-6.5,7.25,0.0\n1e3,1e-3,-1e3,3.0"),
])
def test_what_the_image_makes_instances_of(serving, expected, content_type, body):
    status, _, answer = ask(serving, body, content_type)
    assert status == 200
    assert_close(answer["predictions"], expected["2"])


def test_one_row_alone_and_the_type_of_the_answer(serving, expected):
    status, kind, answer = ask(serving, "[0.1, 0.2, 0.3, 0.4]", Accept="application/jsonlines")
    assert (status, kind) == (200, "application/jsonlines")
    assert_close(answer["predictions"], expected["2"][:1])
    assert ask(serving, "[0.1, 0.2, 0.3, 0.4]", Accept="*/*")[1] == "application/json"


BAD = [
    ("{", 400, "JSON Parse error"),
    ("", 400, "JSON Parse error"),
    ({"instances": []}, 400, "'instances' is empty"),
    ({"instances": 3}, 400, "'instances' to be a list"),
    ({"instances": [[1, 2, 3]]}, 400, ""),
    ({"instances": [[1, 2, 3, "a"]]}, 400, "is not of expected type: float"),
    ({"instances": [[1, 2, 3, True]], "inputs": 1}, 400, "not both"),
    ({"instances": [[1, 2, 3, 4], [1]]}, 400, ""),
    ({"instances": [{"y": [1, 2, 3, 4]}]}, 400, "with the keys x"),
    ({"instances": [{"x": [1, 2, 3, 4]}, 7]}, 400, "element: 1"),
    ({"inputs": {"x": [[1, 2, 3, 4]], "z": 1}}, 400, "required: x"),
    ({"inputs": [[1, 2, 3, 4]], "signature_name": "none"}, 400, 'Serving signature name: "none" not found'),
    ({"inputs": [[1, 2, 3, 4]], "signature_name": 7}, 400, "must be a string"),
    ({"examples": [{"x": 1}]}, 400, "Missing 'inputs' or 'instances'"),
]


@pytest.mark.parametrize("body, status, message", BAD, ids=[str(case[0])[:40] for case in BAD])
def test_bad_requests_are_told_and_serving_goes_on(serving, expected, body, status, message):
    got, kind, answer = ask(serving, body)
    assert (got, kind, set(answer)) == (status, "application/json", {"error"}), answer
    assert message in answer["error"]
    assert ask(serving, {"instances": expected["rows"]})[0] == 200


@pytest.mark.parametrize("content_type", ["application/json", "application/jsonlines", "text/csv"])
def test_text_that_is_none(serving, content_type):
    status, kind, answer = ask(serving, b"\xff\xfe", content_type)
    assert (status, kind, set(answer)) == (400, "application/json", {"error"}) and "UTF-8" in answer["error"]


def test_types_and_methods_that_are_none(serving):
    assert ask(serving, "x", "application/x-npy")[::2] == (415, {"error": "Unsupported Media Type: application/x-npy"})
    assert ask(serving, {"instances": [[1, 2, 3, 4]]}, attributes="tfs-method=train")[0] == 400
    status, _, answer = ask(serving, {"instances": [{"number": 1.5, "word": "a"}]}, attributes="tfs-model-name=several")
    assert status == 400 and "int32" in answer["error"]
    status, _, answer = ask(serving, {"instances": [{"number": 1 << 40, "word": "a"}]}, attributes="tfs-model-name=several")
    assert status == 400 and "int32" in answer["error"]
    status, _, answer = ask(serving, {"instances": [{"number": 1, "word": {"b64": "%"}}]}, attributes="tfs-model-name=several")
    assert status == 400 and "base64" in answer["error"]


INPUT_AND_OUTPUT = """
import json

def input_handler(data, context):
    assert context.request_content_type == "application/x-own" and context.method is None, context
    rows = [[float(v) for v in line.split(";")] for line in data.read().decode().splitlines()]
    return json.dumps({"instances": rows})

def output_handler(response, context):
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    return json.dumps({"sums": [sum(row) for row in response.json()["predictions"]]}), context.accept_header
"""
HANDLER = """
import requests

def handler(data, context):
    answer = requests.post(context.rest_uri, data=data)
    known = requests.get(context.rest_uri.rpartition(":")[0]).json()["model_version_status"]
    return answer.content + b"|" + ",".join(v["version"] + v["state"] for v in known).encode(), "text/plain"
"""


def test_floats_are_written_by_their_own_shortest_text(tensorflow):
    """0.2 and not 0.20000000298023224, in whatever shape and number."""
    text = (
        "import json, numpy\nfrom clary_runtime.tfs.tensors import to_json\n"
        "print(json.dumps([to_json(numpy.array([[0.2, -1e-45], [3.4e38, 16777216]], 'f4'), 'x'), to_json(numpy.float32(0.1), 'x'),\n"
        "                  to_json(numpy.array([0.2], 'f2'), 'x'), to_json(numpy.array([0.1 + 0.2]), 'x'),\n"
        "                  to_json(numpy.array([numpy.nan, -numpy.inf], 'f4'), 'x'), to_json(numpy.zeros((2, 0), 'f4'), 'x'),\n"
        "                  to_json(numpy.array([3], 'i4'), 'x')]))\n"
        "many = numpy.random.RandomState(0).rand(3, 30000).astype('f4')\n"
        "assert (numpy.array(to_json(many, 'x')).astype('f4') == many).all()\n"
    )
    done = subprocess.run([tensorflow, "-W", "ignore", "-c", text], check=True, stdout=subprocess.PIPE, env=clean_environment())
    assert done.stdout == (b"[[[0.2, -1e-45], [3.4e+38, 16777216.0]], 0.1, [0.2], [0.30000000000000004], [NaN, -Infinity], [[], []], [3]]\n")


def test_a_handler_that_returns_something_else(tensorflow, models, tmp_path):
    replica = start(tmp_path, tensorflow, {"1": models / "dense/000000001"}, "def handler(data, context):\n    return 7, 'text/plain'\n")
    try:
        status, kind, answer = ask(replica, b"x")
        assert (status, kind, set(answer)) == (500, "application/json", {"error"})
    finally:
        replica.stop()


def test_input_and_output_handlers(tensorflow, models, expected, tmp_path):
    replica = start(tmp_path, tensorflow, {"export/Servo/1": models / "dense/000000001"}, INPUT_AND_OUTPUT)
    try:
        body = "\n".join(";".join(str(v) for v in row) for row in expected["rows"]).encode()
        status, kind, answer = ask(replica, body, "application/x-own", Accept="application/json")
        assert (status, kind) == (200, "application/json")
        assert_close(answer["sums"], [sum(row) for row in expected["1"]], 1e-5)
        status, _, answer = ask(replica, b"1;2", "application/x-own")
        assert status == 500 and set(answer) == {"error"}
    finally:
        replica.stop()


def test_a_handler_that_asks_the_server_itself(tensorflow, models, expected, tmp_path):
    replica = start(tmp_path, tensorflow, {"000000001": models / "dense/000000001", "2": models / "dense/000000002"}, HANDLER)
    try:
        status, kind, body = replica.invoke(json.dumps({"instances": expected["rows"]}).encode())
        answer, versions = body.split(b"|")
        assert status == 200 and kind.startswith("text/plain") and versions == b"1AVAILABLE,2AVAILABLE"
        assert_close(json.loads(answer)["predictions"], expected["2"])
    finally:
        replica.stop()


@pytest.mark.parametrize("inside, script, reason", [
    ({}, None, "no SavedModel bundles found"),
    ({"model": "dense/000000001"}, None, "no SavedModel bundles found"),
    ({"1": "dense/000000001"}, "def model_fn(d): pass", "input_handler"),
])
def test_a_replica_that_cannot_serve_says_why(tensorflow, models, tmp_path, inside, script, reason):
    with pytest.raises(AssertionError):
        start(tmp_path, tensorflow, {path: models / source for path, source in inside.items()}, script)
    assert reason in (tmp_path / "ml/output/failure").read_text()
