"""clary-model-server by itself: every form of model of four versions of XGBoost, every content type, and what must not bring it down. What it
predicts is what the version's own Python predicts. CLARY_TEST_XGBOOST names other versions, with commas between them."""

import json
import os
import struct
import subprocess

import pytest
from boosters import KINDS, make_boosters
from conftest import ROOT
from runtime_python import python_of
from served import Served, close, refused

VERSIONS = os.environ.get("CLARY_TEST_XGBOOST", "xgboost:1,xgboost:0.90-2,xgboost:1.7-1,xgboost:3.2-0").split(",")
COLUMNS = 7


@pytest.fixture(scope="module", params=VERSIONS)
def python(request, server):
    return python_of(server, request.param)


@pytest.fixture(scope="module")
def kinds(python, tmp_path_factory):
    return make_boosters(python, tmp_path_factory.mktemp("boosters"), *KINDS)


@pytest.fixture(scope="module")
def boosters(kinds):
    return kinds["binary"]


@pytest.fixture(scope="module")
def trees(python, boosters, tmp_path_factory):
    """One model server for all the tests that only ask."""
    one = Served(tmp_path_factory.mktemp("trees") / "ml", "xgboost").holding(boosters.folder / boosters.forms[-1])
    one.start(python)
    yield one
    one.stop()


def numbers(answer):
    return json.loads("[%s]" % answer.decode())


@pytest.mark.parametrize("kind", KINDS)
def test_predicts_as_python_does_from_every_form(python, served, kinds, kind):
    made = kinds[kind]
    for form in made.forms:
        one = served(form).holding(made.folder / form)
        one.start(python)
        status, _, answer = one.invoke(made.csv().encode(), "text/csv")
        # Only pickles know where training stopped early before 1.4; a saved model of that time has lost it.
        if not (kind == "stopped" and form != "pickle" and "model.ubj" not in made.forms):
            assert status == 200, answer
            close(numbers(answer), made.expected)
        one.kill()


def test_rows_one_by_one_and_together_in_every_content_type(trees, boosters):
    close(numbers(trees.invoke(boosters.csv().encode(), "text/csv")[2]), boosters.expected)
    for row, wanted in list(zip(boosters.rows, boosters.expected))[:5]:
        close(numbers(trees.invoke(boosters.csv([row]).encode(), "text/csv; charset=utf-8")[2]), [wanted])
    for content_type in ("text/libsvm", "text/x-libsvm"):
        close(numbers(trees.invoke(boosters.libsvm().encode(), content_type)[2]), boosters.expected)
    close(numbers(trees.invoke(json.dumps(boosters.rows).encode(), "application/json")[2]), boosters.expected)
    close(numbers(trees.invoke(json.dumps({"instances": boosters.rows}).encode(), "application/json")[2]), boosters.expected)
    lines = "".join(json.dumps({"features": row}) + "\n" for row in boosters.rows)
    close(numbers(trees.invoke(lines.encode(), "application/jsonlines")[2]), boosters.expected)
    close(numbers(trees.invoke((boosters.folder / "rows.npy").read_bytes(), "application/x-npy")[2]), boosters.expected)


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


@pytest.mark.parametrize("sparse", [False, True])
def test_recordio_protobuf(trees, boosters, sparse):
    """As SageMaker's write_numpy_to_dense_tensor and write_spmatrix_to_sparse_tensor do it."""
    body = b""
    for row in boosters.rows:
        kept = [(key, value) for key, value in enumerate(row) if value is not None or not sparse]
        tensor = field(1, struct.pack("<%df" % len(kept), *[float("nan") if v is None else v for _, v in kept]))
        if sparse:
            tensor += field(2, b"".join(varint(key) for key, _ in kept)) + field(3, varint(len(row)))
        record = field(1, field(1, b"values") + field(2, field(2, tensor)))
        body += struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4)
    close(numbers(trees.invoke(body, "application/x-recordio-protobuf")[2]), boosters.expected)


def test_answers_in_the_form_that_is_asked_for(trees, boosters):
    body = boosters.csv().encode()
    for accept in (None, "*/*", "text/csv", "image/png, text/csv"):
        status, kind, answer = trees.invoke(body, "text/csv", **({"accept": accept} if accept else {}))
        assert (status, kind) == (200, "text/csv; charset=utf-8") and answer.count(b",") == len(boosters.rows) - 1
    status, kind, answer = trees.invoke(body, "text/csv", accept="application/json")
    assert (status, kind) == (200, "application/json")
    close([one["score"] for one in json.loads(answer)["predictions"]], boosters.expected)
    status, kind, answer = trees.invoke(body, "text/csv", accept="application/jsonlines")
    assert (status, kind) == (200, "application/jsonlines")
    close([json.loads(line)["score"] for line in answer.splitlines()], boosters.expected)
    status, _, answer = trees.invoke(body, "text/csv", accept="application/x-image")
    assert status == 406 and b"application/x-image" in answer


def test_a_number_reads_as_python_prints_it(trees, boosters):
    words = trees.invoke(boosters.csv().encode(), "text/csv")[2].decode().split(",")
    assert [repr(float(word)) for word in words] == words


@pytest.mark.parametrize("batch", [False, True])
def test_rows_of_probabilities_as_the_algorithm_writes_them(python, served, kinds, batch):
    made = kinds["classes"]
    one = served().holding(made.folder / made.forms[-1])
    one.start(python, **({"SAGEMAKER_BATCH": "true"} if batch else {}))
    answer = one.invoke(made.csv().encode(), "text/csv")[2].decode()
    assert answer.count("\n") == (len(made.rows) if batch else 0)
    close(json.loads("[%s]" % ",".join(answer.splitlines())), made.expected)


def test_what_is_selected_of_a_prediction(python, served, kinds):
    made = kinds["classes"]
    one = served().holding(made.folder / made.forms[-1])
    one.start(python, SAGEMAKER_INFERENCE_OUTPUT="predicted_label,probabilities")
    answer = json.loads(one.invoke(made.csv().encode(), "text/csv", accept="application/json")[2])
    close([row["probabilities"] for row in answer["predictions"]], made.expected)
    assert [row["predicted_label"] for row in answer["predictions"]] == [row.index(max(row)) for row in made.expected]
    first = one.invoke(made.csv().encode(), "text/csv")[2].decode().splitlines()[0]
    assert first.startswith('%d,"[' % made.expected[0].index(max(made.expected[0])))


def test_the_open_inference_protocol(trees, boosters):
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/model/ready"):
        assert trees.ask("GET", path)[0] == 200
    about = json.loads(trees.ask("GET", "/v2/models/model")[2])
    assert about["inputs"][0]["shape"] == [-1, COLUMNS] and about["platform"].startswith("xgboost ")
    request = {"id": "7", "inputs": [{"name": "x", "shape": [len(boosters.rows), COLUMNS], "datatype": "FP32", "data": boosters.rows}]}
    status, kind, answer = trees.ask("POST", "/v2/models/model/infer", json.dumps(request), content_type="application/json")
    assert (status, kind) == (200, "application/json")
    assert json.loads(answer)["id"] == "7"
    (output,) = json.loads(answer)["outputs"]
    assert output["shape"] == [len(boosters.rows), 1]
    close(output["data"], boosters.expected)
    status, _, answer = trees.ask("POST", "/v2/models/model/infer", b'{"inputs": []}', content_type="application/json")
    assert status == 400 and json.loads(answer)["error"]


def test_the_containers_contract(trees):
    assert trees.ask("GET", "/ping")[0] == 200
    status, kind, answer = trees.ask("GET", "/execution-parameters")
    assert (status, kind) == (200, "application/json")
    assert json.loads(answer) == {"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
    assert trees.invoke(b"", "text/csv")[0] == 204
    assert trees.ask("GET", "/invocations")[0] == 405 and trees.ask("POST", "/ping")[0] == 405 and trees.ask("GET", "/other")[0] == 404


# Of seven columns: what each does to the first of the rows.
GOOD = ["1,2,3,4,5,6,7", "1,2,3,4,5,6,7\r\n", "\ufeff1,2,3,4,5,6,7", "\n\n1,2,3,4,5,6,7\n\n", "1;2;3;4;5;6;7", " 1,+2, 3 ,4e0,5.,6,7", '"1",2,3,4,5,6,7']
BAD = [
    ("1,2,3,4,5,6,7,8", "text/csv", 400, "line 1 has 8 columns; the model was trained with 7."),
    ("1,2,3,4,5", "text/csv", 400, "line 1 has 5 columns"),
    ("1,2,3,4,5,6,7\n\n1,2", "text/csv", 400, "line 3 has 2 columns; those before it have 7."),
    ("1,2,3,4,5,6,7\n1,2,3,4,5,6,seven", "text/csv", 400, "line 2, column 7: 'seven' is not a number."),
    ("1,2,3,4,5,6,inf", "text/csv", 400, "line 1, column 7"),
    ("\n", "text/csv", 400, "no rows"),
    ("<x/>", "application/xml", 415, "application/xml"),
    ("1 9:1", "text/libsvm", 400, "line 1: there is an index 9"),
    ("0:1\n1 2:x", "text/libsvm", 400, "line 2: 'x' is not a number."),
    ("1 x:2", "text/libsvm", 400, "index:value"),
    ("[[1,2,3,4,5,6,7],[1]]", "application/json", 400, "row 2 has 1 columns"),
    ("[[1,2,3,4,5,6", "application/json", 400, "not valid application/json"),
    ("[1,2,3,4,5,6,7]\nx\n", "application/jsonlines", 400, "line 2 is not valid JSON"),
    ("\x93NUMPY", "application/x-npy", 400, "numpy.save"),
    ("12345678", "application/x-recordio-protobuf", 400, "RecordIO"),
]


def test_rows_however_they_are_written(trees):
    wanted = numbers(trees.invoke(b"1,2,3,4,5,6,7", "text/csv")[2])
    for body in GOOD:
        status, _, answer = trees.invoke(body.encode(), "text/csv")
        assert status == 200 and numbers(answer) == wanted, (body, answer)
    missing = numbers(trees.invoke(b"1,,nan,4,5,6,7", "text/csv")[2])
    assert missing == numbers(trees.invoke(b"0:1 3:4 4:5 5:6 6:7", "text/libsvm")[2])


@pytest.mark.parametrize("body, content_type, status, message", BAD)
def test_bad_rows_are_the_clients_error(trees, body, content_type, status, message):
    got, kind, answer = trees.invoke(body.encode("latin-1"), content_type)
    assert (got, kind) == (status, "text/plain; charset=utf-8"), answer
    assert message in answer.decode()
    assert trees.invoke(b"1,2,3,4,5,6,7", "text/csv")[0] == 200


def test_a_folder_without_a_model_is_refused(python, served):
    assert "must hold one file, named xgboost-model; it holds none." in refused(served("empty"), python)
    assert "it holds a, b." in refused(served("two").holding(b"1", "a").holding(b"2", "b"), python)
    one = served("failing").holding(b"", "any")
    (one.folder / "output").mkdir()
    assert "The model's file is empty." in refused(one, python)
    assert (one.folder / "output/failure").read_text() == "ModelLoadError: The model's file is empty."


def test_hostile_models_end_with_a_reason(python, boosters, served, tmp_path):
    """The library may end the process, of the model server alone; no file is run, and none is served wrongly."""
    whole = (boosters.folder / boosters.forms[-1]).read_bytes()
    pickled = (boosters.folder / "pickle").read_bytes()
    mark = tmp_path / "was-run"
    evil = b"cposix\nsystem\n(X" + struct.pack("<I", len(str(mark)) + 6) + b"touch " + str(mark).encode() + b"tR."
    hostile = {"cut": whole[: len(whole) // 2], "noise": bytes(range(256)) * 40, "text": b"no model at all", "evil": b"\x80\x03" + evil,
               "cut-pickle": pickled[: len(pickled) // 2]}
    for name, model in hostile.items():
        assert refused(served(name).holding(model), python).strip(), name
    assert not mark.exists()


def test_ends_in_order_when_it_is_told_to(python, boosters, served):
    one = served().holding(boosters.folder / boosters.forms[-1])
    one.start(python)
    assert "serving a model of xgboost" in one.log
    assert one.stop() == 0


def test_the_command_of_clary_is_the_same_program():
    said = subprocess.run([str(ROOT / "build" / "clary"), "model-server", "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "--socket" in said and "--environment" in said
