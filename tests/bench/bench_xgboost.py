"""Models of XGBoost without code: an endpoint of one (its start, memory, one client, 64 clients beside FastAPI and what SageMaker's container runs), and
a transform of 1,000,000 rows beside a bare C++ loop (parse, libxgboost, write) and that container. The model has 100 trees of depth 6, 30 features."""

import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

import peers
from bench_invoke import as_bytes, quantiles
from bench_transform import peak_memory, sizes, transform
from clary_server import ClaryServer
from figures import against, figure, side_by_side, wait_for_calm
from ground import BUCKET, Ground, archive
from runtime_python import python_of

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
STARTS, ROUNDS, RUNS, SECONDS = 9, 5, 3, 4
ROWS, FLASK_ROWS = 1_000_000, 200_000
PAYLOAD = 6 * 1000 * 1000

TRAIN = """
import sys
import numpy, xgboost
folder, rows = sys.argv[1], int(sys.argv[2])
random = numpy.random.default_rng(1)
x = random.normal(size=(20000, 30)).astype("float32")
y = (x @ random.normal(size=30) + x[:, 0] * x[:, 1] * 2 + random.normal(size=20000) > 0).astype(int)
booster = xgboost.train({"max_depth": 6, "objective": "binary:logistic", "eta": 0.1, "seed": 1}, xgboost.DMatrix(x, y), 100)
booster.save_model(folder + "/model.ubj")
with open(folder + "/rows.csv", "w") as file:
    for first in range(0, rows, 10000):
        file.write("".join(",".join("%.6f" % value for value in row) + "\\n" for row in random.normal(size=(10000, 30))))
"""


def prepare(ground, folder):
    """The model and the rows, made by the Python of the image; (that Python, a URL of the model)."""
    python = python_of(ground, "xgboost:3.2-0")
    subprocess.run([python, "-c", TRAIN, str(folder), str(ROWS)], check=True)
    return python, ground.put("xgboost/model.tar.gz", archive(**{"xgboost-model": (folder / "model.ubj").read_bytes()}))


def proportional_memory(pid):
    """MB: resident, and with what is shared counted in parts."""
    found = dict(line.split(":")[0:2] for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return [int(found[name].split()[0]) / 1024 for name in ("Rss", "Pss")]


def replica_pid(ground):
    mark = b"--socket\0/opt/ml/worker.sock"
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and entry.joinpath("cmdline").exists():
            command = entry.joinpath("cmdline").read_bytes()
            if command.startswith(b"/opt/clary/model-server") and mark in command:
                return int(entry.name)
    raise RuntimeError("the replica is not found")


def starts(ground, model):
    took = []
    for run in range(STARTS + 1):
        wait_for_calm()
        name, began, ended = ground.deploy(IMAGE, model)
        if run < STARTS:
            ground.delete_endpoint(name)
        if run > 0:  # the first one makes what is missing
            took.append((ended - began) * 1000)
    figure("xgboost", "CreateEndpoint to InService", took, "ms", at_most=300)
    return name


def signed_request(ground, endpoint, row):
    """Path and headers as boto3 sends them; and that the answer is a probability."""
    seen = []
    ground.runtime.meta.events.register_last("before-send.sagemaker-runtime", lambda request, **_: seen.append(request) and None)
    answer = ground.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body=row)
    assert 0 < float(answer["Body"].read()) < 1
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in seen[0].headers.items()}
    headers.pop("Content-Length", None)
    return f"/endpoints/{endpoint}/invocations", headers


def latency(ground, path, headers, row, folder):
    request = folder / "signed"
    request.write_bytes(as_bytes(path, {"Host": ground.address, **headers}, row))
    runs = [quantiles(ground.address, request) for _ in range(ROUNDS)]
    figure("xgboost", "InvokeEndpoint of a row, 1 client, p50", [run["p50"] for run in runs], "us", at_most=250)


def throughput(ground, path, headers, row, folder, model):
    common, serving = peers.load("common"), peers.load("serving_xgboost")
    if common is None:
        return peers.skip("64 clients beside the peers")
    apps = folder / "apps"
    apps.mkdir()
    for name, text in serving.APPS.items():
        (apps / name).write_text(text)
    environment = {"MODEL": str(model), "PYTHONPATH": str(apps), "OMP_NUM_THREADS": "1"}
    lua = common.lua_post(path, row, headers, folder / "invoke.lua")
    plain = common.lua_post("/invocations", row, {"Content-Type": "text/csv"}, folder / "plain.lua")
    fast = common.venv("fastapi", ["fastapi", "uvicorn[standard]", "numpy", common.XGB], [])
    ports = [common.free_port(), common.free_port(5850)]
    with common.Server([fast.parent / "uvicorn", "--host", "127.0.0.1", "--port", ports[0], "--workers", 2, "--no-access-log", "--log-level", "warning",
                        "fastapi_app:app"], "bench-fastapi", env=environment, cwd=apps) as fastapi:
        fastapi.wait_http(f"http://127.0.0.1:{ports[0]}/ping")
        fastapi.settle(15)
        tails = []

        def rate(url, script, tail=None):
            run = common.wrk(url, 64, SECONDS, script)
            assert run["status_errors"] == run["sock_errors"] == 0, run
            if tail is not None:
                tail.append(run["p99_ms"])
            return run["rps"]

        rate(f"http://127.0.0.1:{ports[0]}", plain)
        got = side_by_side(ROUNDS, ours=lambda: rate(ground.url, lua, tails), fastapi=lambda: rate(f"http://127.0.0.1:{ports[0]}", plain))
    against("xgboost", "InvokeEndpoint of a row, 64 clients", "requests/s", got["ours"], got["fastapi"], "FastAPI", at_least=4)
    figure("xgboost", "InvokeEndpoint of a row, 64 clients, p99", tails, "ms", at_most=15)


def bare_loop(common, source, library, folder):
    """The command of the peers' C++ program."""
    (folder / "loop.cpp").write_text(source)
    program = folder / "loop"
    subprocess.run(["g++", "-O3", "-std=c++20", "-march=x86-64-v2", str(folder / "loop.cpp"), "-o", str(program), "-ldl", "-lpthread"], check=True)

    def run():
        began = time.perf_counter()
        subprocess.run([str(program), str(library), str(folder / "model.ubj"), str(folder / "rows.csv"), str(folder / "loop.out"), "2"], check=True,
                       stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"})
        return ROWS / (time.perf_counter() - began)

    return run


def payloads(path, rows):
    parts, part, size = [], [], 0
    with open(path, "rb") as file:
        for line, _ in zip(file, range(rows)):
            if size + len(line) > PAYLOAD:
                parts.append(b"".join(part))
                part, size = [], 0
            part.append(line)
            size += len(line)
    return parts + [b"".join(part)]


def container(port, parts):
    """Rows/s of what SageMaker's container runs, asked for one payload after another as the platform drives it by default."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.perf_counter()
    for part in parts:
        connection.request("POST", "/invocations", part, {"Content-Type": "text/csv"})
        answer = connection.getresponse()
        assert len(answer.read().splitlines()) == part.count(b"\n") and answer.status == 200
    return FLASK_ROWS / (time.perf_counter() - began)


def compare(ground, model_name, folder, library):
    def ours():
        took, prefix = transform(ground, model_name, "large/")
        assert len(sizes(ground, prefix)) == 1
        return ROWS / took

    ours()
    common = peers.load("common")
    if common is None:
        peers.skip("a transform beside the peers")
        figure("xgboost", "transform of 1,000,000 rows", [ours() for _ in range(RUNS)], "rows/s")
        return
    loop = bare_loop(common, peers.load("transform").CPP, library, folder)
    apps = folder / "container"
    apps.mkdir()
    serving, models = peers.load("serving_xgboost"), peers.load("model")
    for name in ("predictor.py", "flask_app.py"):
        (apps / name).write_text(serving.APPS[name])
    python, port = common.venv(*models.FLASK), common.free_port()
    with common.Server([python.parent / "gunicorn", "-k", "gevent", "-w", "2", "--timeout", "300", "-b", f"127.0.0.1:{port}", "flask_app:app"], "bench-container",
                       env={"MODEL": str(folder / "model.ubj"), "PYTHONPATH": str(apps), "OMP_NUM_THREADS": "1"}, cwd=apps) as flask:
        flask.wait_http(f"http://127.0.0.1:{port}/ping")
        flask.settle(15)
        parts = payloads(folder / "rows.csv", FLASK_ROWS)
        loop()
        got = side_by_side(RUNS, ours=ours, loop=loop, flask=lambda: container(port, parts))
    figure("xgboost", "transform of 1,000,000 rows, Clary", got["ours"], "rows/s")
    for name, what, at_least in (("loop", "a bare C++ loop on two threads", 0.8), ("flask", "a Flask container, a payload at a time", 8)):
        figure("xgboost", f"transform, {what}", got[name], "rows/s")
        figure("xgboost", f"transform, Clary / {what}", [a / b for a, b in zip(got["ours"], got[name])], "x", at_least=at_least)


def same_predictions(ground, folder):
    """The last transform's lines are the loop's."""
    key = max((entry for entry in ground.s3.list_objects_v2(Bucket=BUCKET, Prefix="out/")["Contents"]), key=lambda entry: entry["LastModified"])["Key"]
    ours = ground.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().split()
    theirs = (folder / "loop.out").read_bytes().split()
    assert len(ours) == len(theirs) == ROWS
    assert max(abs(float(a) - float(b)) for a, b in zip(ours, theirs)) < 1e-6


def main():
    with Ground(log_level="warn") as ground, tempfile.TemporaryDirectory(prefix="clary-bench-") as name:
        folder = pathlib.Path(name)
        python, model = prepare(ground, folder)
        endpoint = starts(ground, model)
        with open(folder / "rows.csv") as file:
            row = file.readline().strip()
        path, headers = signed_request(ground, endpoint, row)
        latency(ground, path, headers, row, folder)
        throughput(ground, path, headers, row, folder, folder / "model.ubj")
        resident, proportional = proportional_memory(replica_pid(ground))
        figure("xgboost", "memory of the replica after that, resident", [resident], "MB", at_most=40, note=f"{proportional:.0f} MB with shared pages in parts")
        ground.delete_endpoint(endpoint)

        ground.s3.upload_file(str(folder / "rows.csv"), BUCKET, "large/rows.csv")
        ground.stop()  # what the upload took is forgotten
        ClaryServer.start(ground)
        before = peak_memory(ground)
        library = json.loads(subprocess.check_output([python, "-c", "import json, xgboost.libpath as l; print(json.dumps(l.find_lib_path()[0]))"]))
        compare(ground, endpoint, folder, library)
        figure("xgboost", "the server's memory, more at the most than before", [peak_memory(ground) - before], "MB", at_most=150)
        if (folder / "loop.out").exists():
            same_predictions(ground, folder)


if __name__ == "__main__":
    main()
