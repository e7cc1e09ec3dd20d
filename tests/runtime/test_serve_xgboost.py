"""What a replica of the XGBoost runtime takes and answers by default, in the environments of two versions. CLARY_TEST_XGBOOST names
others, with commas between them."""

import json
import os
import struct
import subprocess

import pytest
from conftest import clean_environment
from replica import Replica
from runtime_python import python_of

TRAIN = """
import json, sys
import numpy, xgboost
random = numpy.random.RandomState(0)
x = random.rand(200, 5).astype("float32").round(3)
x[random.rand(200, 5) < 0.2] = numpy.nan
y = (numpy.nan_to_num(x).sum(axis=1) > 2).astype(int)
model = xgboost.train({"objective": "binary:logistic", "max_depth": 3}, xgboost.DMatrix(x, y), 10)
model.save_model(sys.argv[1] + "/model.json" if xgboost.__version__ > "1" else sys.argv[1] + "/model.bin")
rows = x[:12]
numpy.save(sys.argv[1] + "/x.npy", rows)
json.dump([[None if v != v else float(v) for v in row] for row in rows], open(sys.argv[1] + "/rows.json", "w"))
print(json.dumps(model.predict(xgboost.DMatrix(rows)).tolist()))
"""
MODEL_FN = """
    import glob
    import xgboost
    def model_fn(model_dir):
        model = xgboost.Booster()
        model.load_model(glob.glob(model_dir + "/model.*")[0])
        return model
"""


def close(found, wanted):
    assert found == pytest.approx(wanted, abs=1e-6)


@pytest.fixture(scope="module", params=os.environ.get("CLARY_TEST_XGBOOST", "xgboost:0.90-2,xgboost:1.7-1").split(","))
def trees(request, server, tmp_path_factory):
    python = python_of(server, request.param)
    replica = Replica(tmp_path_factory.mktemp("trees") / "ml", "xgboost")
    done = subprocess.run([python, "-W", "ignore", "-c", TRAIN, str(replica.folder / "model")], check=True, stdout=subprocess.PIPE,
                          universal_newlines=True, env=clean_environment())
    replica.expected = json.loads(done.stdout.splitlines()[-1])
    replica.rows = json.loads((replica.folder / "model/rows.json").read_text())
    replica.python = python
    replica.start(python, MODEL_FN)
    yield replica
    replica.stop()


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def recordio(rows, sparse):
    """As SageMaker's write_numpy_to_dense_tensor and write_spmatrix_to_sparse_tensor do it."""
    out = b""
    for row in rows:
        kept = [(key, value) for key, value in enumerate(row) if value is not None or not sparse]
        tensor = field(1, struct.pack("<%df" % len(kept), *[float("nan") if v is None else v for _, v in kept]))
        if sparse:
            tensor += field(2, b"".join(varint(key) for key, _ in kept)) + field(3, varint(len(row)))
        label = field(2, field(1, b"values") + field(2, field(2, field(1, struct.pack("<f", 1)))))
        record = field(1, field(1, b"values") + field(2, field(2, tensor))) + label
        out += struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4)
    return out


def one_record(number, tensor):
    """`number` says of what type the tensor is."""
    record = field(1, field(1, b"values") + field(2, field(number, tensor)))
    return struct.pack("<II", 0xCED7230A, len(record)) + record + b"\0" * (-len(record) % 4)


def test_csv(trees):
    body = "\n".join(",".join("" if v is None else str(v) for v in row) for row in trees.rows)
    for text in (body, body + "\n", body.replace(",", ";")):
        close(json.loads(trees.invoke(text.encode(), "text/csv")[2]), trees.expected)
    status, kind, answer = trees.invoke(body.encode(), "text/csv; charset=utf-8", Accept="text/csv")
    assert (status, kind) == (200, "text/csv; charset=utf-8")
    close([float(line) for line in answer.split()], trees.expected)
    close(json.loads(trees.invoke(body.splitlines()[2].encode(), "text/csv")[2]), trees.expected[2:3])


@pytest.mark.parametrize("content_type", ["text/libsvm", "text/x-libsvm"])
def test_libsvm(trees, content_type):
    lines = [" ".join("%d:%s" % (index, v) for index, v in enumerate(row) if v is not None) for row in trees.rows]
    close(json.loads(trees.invoke("\n".join(lines).encode(), content_type)[2]), trees.expected)
    labelled = "".join("1 qid:3 %s # a row\n\n" % line for line in lines)
    close(json.loads(trees.invoke(labelled.encode(), content_type)[2]), trees.expected)


@pytest.mark.parametrize("sparse", [False, True])
def test_recordio_protobuf(trees, sparse):
    close(json.loads(trees.invoke(recordio(trees.rows, sparse), "application/x-recordio-protobuf")[2]), trees.expected)


def test_npy(trees):
    body = (trees.folder / "model/x.npy").read_bytes()
    close(json.loads(trees.invoke(body, "application/x-npy")[2]), trees.expected)


BAD = [
    (b"<x/>", "application/xml", 415, "not supported"),
    (b"[[1, 2]]", "application/json", 415, "not supported"),
    (b"1,2\n3", "text/csv", 400, "differ in length"),
    (b"1,a,3,4,5", "text/csv", 400, "could not convert"),
    (b"", "text/csv", 400, "empty"),
    (b"1 2:x", "text/libsvm", 400, "could not convert"),
    (b"1 x:2", "text/libsvm", 400, "index:value"),
    (b"1 99999999999:2", "text/libsvm", 400, "too large"),
    (b"\n", "text/libsvm", 400, "empty"),
    (b"12345678", "application/x-recordio-protobuf", 400, "RecordIO"),
    (recordio([[1.0, 2.0]], False)[:-5], "application/x-recordio-protobuf", 400, "cut off"),
    (one_record(7, field(1, b"\xff\xff\xff\xff\xff\x01")), "application/x-recordio-protobuf", 400, "32 bits"),
    (one_record(2, field(1, struct.pack("<f", 1)) + field(2, varint((1 << 64) - 1))), "application/x-recordio-protobuf", 400, "too large"),
    (struct.pack("<II", 0xCED7230A, 4) + b"\xff\xff\xff\xff", "application/x-recordio-protobuf", 400, "protobuf"),
    (b"", "application/x-recordio-protobuf", 400, "no record"),
]


@pytest.mark.parametrize("body, content_type, status, message", BAD)
def test_bad_content_is_the_clients_error(trees, body, content_type, status, message):
    got, kind, answer = trees.invoke(body, content_type)
    assert (got, kind) == (status, "application/json"), answer
    assert message in json.loads(answer)["error-message"]


def test_a_model_needs_model_fn(server, tmp_path):
    replica = Replica(tmp_path / "ml", "xgboost")
    try:
        with pytest.raises(AssertionError):
            replica.start(python_of(server, "xgboost:0.90-2"), "x = 1")
        assert "model_fn" in (replica.folder / "output/failure").read_text()
    finally:
        replica.kill()
