"""What a replica of the PyTorch runtime takes and answers by default, on PyTorch 1.1.0; CLARY_TEST_PYTORCH names other runtimes to try
it with, with commas between them."""

import json
import os
import subprocess

import pytest
from conftest import clean_environment
from replica import Replica
from runtime_python import python_of

MODELS = """
import json, os, sys
import numpy, torch
torch.manual_seed(3)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.9), torch.nn.Linear(8, 3))
folder = sys.argv[1]
model.train()
torch.jit.trace(model.eval(), torch.zeros(1, 4)).save(os.path.join(folder, "net.pth"))
torch.save(model, os.path.join(folder, "whole"))
torch.save(model.state_dict(), os.path.join(folder, "state"))
x = numpy.arange(20, dtype=numpy.float32).reshape(5, 4) / 7
numpy.save(os.path.join(folder, "x.npy"), x)
with torch.no_grad():
    y = model(torch.from_numpy(x)).numpy()
numpy.save(os.path.join(folder, "y.npy"), y)
print(json.dumps([x.tolist(), y.tolist()]))
"""


@pytest.fixture(scope="module", params=os.environ.get("CLARY_TEST_PYTORCH", "pytorch:1.1.0").split(","))
def pytorch(request, server):
    return python_of(server, request.param)


def with_models(pytorch, folder):
    replica = Replica(folder, "pytorch")
    done = subprocess.run(
        [pytorch, "-W", "ignore", "-c", MODELS, str(replica.folder / "model")],
        check=True, stdout=subprocess.PIPE, universal_newlines=True, env=clean_environment(),
    )  # fmt: skip
    replica.x, replica.y = json.loads(done.stdout)
    return replica


@pytest.fixture(scope="module")
def script_module(pytorch, tmp_path_factory):
    """A TorchScript model and no code at all: the default functions."""
    replica = with_models(pytorch, tmp_path_factory.mktemp("jit") / "ml")
    replica.start(pytorch, SAGEMAKER_PROGRAM="", SAGEMAKER_SUBMIT_DIRECTORY="")
    yield replica
    replica.kill()


def close(found, wanted):
    return [pytest.approx(row, rel=1e-5) for row in wanted] == found


def test_npy_in_and_out(script_module):
    status, content_type, body = script_module.invoke(
        (script_module.folder / "model/x.npy").read_bytes(), "application/x-npy", Accept="application/x-npy"
    )
    assert (status, content_type) == (200, "application/x-npy")
    assert body[:6] == b"\x93NUMPY" and b"(5, 3)" in body[:128]


def test_json_and_csv(script_module):
    want = script_module.y
    text = json.dumps(script_module.x).encode()
    status, content_type, body = script_module.invoke(text)
    assert (status, content_type) == (200, "application/json") and close(json.loads(body), want)
    rows = "\n".join(",".join(map(str, row)) for row in script_module.x).encode()
    assert close(json.loads(script_module.invoke(rows, "text/csv", Accept="*/*")[2]), want)
    csv = script_module.invoke(text, Accept="text/csv")
    assert csv[1] == "text/csv; charset=utf-8"
    assert close([[float(v) for v in line.split(",")] for line in csv[2].decode().split()], want)


@pytest.mark.parametrize(
    "body, content_type, status",
    [
        (b"[[1, 2", "application/json", 400),
        (b'[["a", "b", "c", "d"]]', "application/json", 400),
        (b"a,b,c,d\n", "text/csv", 400),
        (b"not numpy", "application/x-npy", 400),
        (b"<a/>", "application/xml", 415),
        (b"[[1, 2, 3]]", "application/json", 500),  # of the wrong shape: what the model raises
    ],
)
def test_bad_bodies(script_module, body, content_type, status):
    assert script_module.invoke(body, content_type)[0] == status
    assert script_module.invoke(json.dumps(script_module.x).encode())[0] == 200


def test_an_accept_that_cannot_be_written(script_module):
    assert script_module.invoke(json.dumps(script_module.x).encode(), Accept="application/xml")[0] == 406


def test_code_that_nobody_names_is_found(pytorch, tmp_path):
    """As in the container: code/inference.py of the model archive serves, whether or not SAGEMAKER_PROGRAM names it."""
    replica = with_models(pytorch, tmp_path / "ml")
    code = replica.folder / "model/code"
    code.mkdir()
    (code / "inference.py").write_text("def predict_fn(data, model):\n    return [float(data.sum())]\n")
    try:
        replica.start(pytorch, SAGEMAKER_PROGRAM="", SAGEMAKER_SUBMIT_DIRECTORY="")
        assert json.loads(replica.invoke(b"[[1, 2, 3.5]]")[2]) == [6.5]
    finally:
        replica.kill()


def test_a_whole_model_serves_where_its_classes_are_known(pytorch, tmp_path):
    replica = with_models(pytorch, tmp_path / "ml")
    model = replica.folder / "model"
    (model / "net.pth").unlink()
    (model / "whole").rename(model / "model.pth")
    try:
        replica.start(pytorch, SAGEMAKER_PROGRAM="", SAGEMAKER_SUBMIT_DIRECTORY="")
        assert close(json.loads(replica.invoke(json.dumps(replica.x).encode())[2]), replica.y)
    finally:
        replica.kill()


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda model: (model / "net.pth").unlink(), "Exactly one .pth or .pt file"),
        (lambda model: (model / "more.pt").write_bytes(b""), "Exactly one .pth or .pt file"),
        (lambda model: (model / "state").rename(model / "net.pth"), "write a model_fn"),
    ],
)
def test_a_model_that_the_defaults_cannot_load_says_why(pytorch, tmp_path, change, reason):
    replica = with_models(pytorch, tmp_path / "ml")
    change(replica.folder / "model")
    replica.start(pytorch, wait=False, SAGEMAKER_PROGRAM="", SAGEMAKER_SUBMIT_DIRECTORY="")
    assert replica.process.wait(timeout=60) == 1
    assert reason in (replica.folder / "output/failure").read_text()
