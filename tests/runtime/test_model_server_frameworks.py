"""clary-model-server with models of LightGBM and ONNX: what it predicts is what the library's own Python predicts."""

import json
import subprocess

import pytest
from other_models import LIGHTGBM, LIGHTGBM_KINDS, ONNX, ONNX_KINDS, make_models
from runtime_python import python_of
from served import close, refused

FRAMEWORKS = {"lightgbm": ("lightgbm:4.7", LIGHTGBM, LIGHTGBM_KINDS, "model.txt"), "onnx": ("onnx:1.32", ONNX, ONNX_KINDS, "model.onnx")}
EVERY = [(framework, kind) for framework, (_, _, kinds, _) in FRAMEWORKS.items() for kind in kinds]


class Ready:
    def __init__(self, framework, server, folder):
        runtime, script, kinds, self.file = FRAMEWORKS[framework]
        self.framework = framework
        self.python = python_of(server, runtime)
        self.kinds = make_models(self.python, script, folder, *kinds)


@pytest.fixture(scope="module")
def ready(server, tmp_path_factory):
    """Each framework's Python and models, made when the first test asks."""
    made = {}

    def of(framework):
        if framework not in made:
            made[framework] = Ready(framework, server, tmp_path_factory.mktemp(framework))
        return made[framework]

    return of


@pytest.fixture
def start(ready, served):
    def started(framework, kind, **environment):
        about = ready(framework)
        made = about.kinds[kind]
        one = served(kind, framework).holding(made.folder / about.file, about.file)
        one.start(about.python, **environment)
        return one, made

    return started


def rows_of(answer):
    return [[float(word) for word in line.split(",")] for line in answer.decode().splitlines()]


@pytest.mark.parametrize("framework, kind", EVERY)
def test_predicts_as_python_does(start, framework, kind):
    one, made = start(framework, kind)
    status, content_type, answer = one.invoke(made.csv().encode(), "text/csv")
    assert (status, content_type) == (200, "text/csv; charset=utf-8"), answer
    # Of a size of its own: a regression's numbers are large.
    scale = max(1, max(abs(number) for row in made.expected for number in row))
    close([[number / scale for number in row] for row in rows_of(answer)], [[number / scale for number in row] for row in made.expected])
    close(rows_of(one.invoke(made.csv().splitlines()[0].encode(), "text/csv")[2]), made.expected[:1])


@pytest.mark.parametrize("framework, kind", [("lightgbm", "classes"), ("onnx", "probabilities"), ("onnx", "doubles")])
def test_every_content_type_in_and_out(start, framework, kind):
    one, made = start(framework, kind)
    flat = [row if len(row) > 1 else row[0] for row in made.expected]
    answer = json.loads(one.invoke(json.dumps(made.rows).encode(), "application/json", accept="application/json")[2])
    close([row["score"] for row in answer["predictions"]], flat)
    lines = "".join(json.dumps(row) + "\n" for row in made.rows)
    answer = one.invoke(lines.encode(), "application/jsonlines", accept="application/jsonlines")[2]
    close([json.loads(line)["score"] for line in answer.splitlines()], flat)
    close(rows_of(one.invoke((made.folder / "rows.npy").read_bytes(), "application/x-npy")[2]), made.expected)
    output = one.infer(made.rows)
    assert output["shape"] == [len(made.rows), len(made.expected[0])]
    close(output["data"], [number for row in made.expected for number in row])
    about = json.loads(one.ask("GET", "/v2/models/model")[2])
    assert about["inputs"][0]["shape"] == [-1, 6] and about["platform"].startswith({"onnx": "onnxruntime 1."}.get(framework, "lightgbm 4."))


@pytest.mark.parametrize("framework, kind", [("lightgbm", "regression"), ("onnx", "regression")])
def test_what_libsvm_leaves_out_is_zero(start, framework, kind):
    one, made = start(framework, kind)
    full = [[0 if v is None else v for v in row] for row in made.rows]
    body = "".join(" ".join("%d:%r" % (at, v) for at, v in enumerate(row) if v) + "\n" for row in full)
    wanted = one.infer(full)["data"]
    found = [number for row in rows_of(one.invoke(body.encode(), "text/libsvm")[2]) for number in row]
    assert found == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("framework, kind", [("lightgbm", "binary"), ("onnx", "maps"), ("onnx", "image")])
@pytest.mark.parametrize("row, message", [("1,2,3,4,5", " 5 columns"), ("1,2,3,4,5,6,7", " 7 columns"), ("1,2,3,4,5,six", "'six' is not a number")])
def test_bad_rows_are_the_clients_error(start, framework, kind, row, message):
    one, made = start(framework, kind)
    status, _, answer = one.invoke(row.encode(), "text/csv")
    assert status == 400 and message in answer.decode(), answer
    assert one.invoke(made.csv().encode(), "text/csv")[0] == 200


def test_whole_numbers_are_asked_for_where_the_model_takes_them(start):
    one, _ = start("onnx", "several")
    for row in (b"1,2,3,4,5,6.5", b"1,2,3,4,,6", b"1,2,3,4,1e30,6"):
        status, _, answer = one.invoke(row, "text/csv")
        assert status == 400 and "input n takes whole numbers alone" in answer.decode()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_broken_model_is_refused_in_words(ready, served, framework):
    about = ready(framework)
    whole = (next(iter(about.kinds.values())).folder / about.file).read_bytes()
    assert "named %s; it holds none." % about.file in refused(served("empty", framework), about.python)
    for name, model in {"noise": bytes(range(256)) * 40, "text": b"no model at all", "cut": whole[: len(whole) // 2], "nothing": b""}.items():
        assert "ModelLoadError: " in refused(served(name, framework).holding(model, about.file), about.python), name


def test_a_model_of_text_is_refused_before_it_serves(ready, served):
    about = ready("onnx")
    one = served("words", "onnx")
    script = ("import sys, onnx; from onnx import TensorProto as T, helper as h; value = h.make_tensor_value_info;"
              "onnx.save(h.make_model(h.make_graph([h.make_node('Identity', ['x'], ['y'])], 'g', [value('x', T.STRING, [None, 1])],"
              " [value('y', T.STRING, [None, 1])]), opset_imports=[h.make_opsetid('', 17)], ir_version=9), sys.argv[1])")
    subprocess.run([about.python, "-c", script, str(one.folder / "model/model.onnx")], check=True)
    assert "input x is of none of the types that rows of numbers can be" in refused(one, about.python)
