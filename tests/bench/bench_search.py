"""Search over 10,000 and 100,000 trial components of 20 metrics and 20 parameters, beside MLflow's search of 10,000 such runs."""

import concurrent.futures
import hashlib
import hmac
import itertools
import json
import pathlib
import random
import re
import subprocess
import tempfile
import threading
import time

import peers
from figures import against, figure, side_by_side, wait_for_calm
from ground import PROGRAMS, Ground

RUNS, SECONDS = 5, 4
CLIENTS = 8
BATCH = 5_000  # components whose requests are signed and sent together
RANDOM = random.Random(7)


class Signer:
    """Whole requests, signed by a key that is made once: a few hundred thousand of them in a minute."""

    def __init__(self, ground):
        self.ground = ground
        self.day, self.key = None, None

    def _key_of(self, day):
        if day != self.day:
            self.day, self.key = day, ("AWS4" + self.ground.secret_key).encode()
            for part in (day, "us-east-1", "sagemaker", "aws4_request"):
                self.key = hmac.digest(self.key, part.encode(), "sha256")
        return self.key

    def request(self, method, path, operation, document):
        body = json.dumps(document).encode()
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {"host": self.ground.address, "x-amz-date": now}
        if operation:
            headers["x-amz-target"] = "SageMaker." + operation
        names = ";".join(headers)
        canonical = "\n".join([method, path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names,
                               hashlib.sha256(body).hexdigest()])
        scope = f"{now[:8]}/us-east-1/sagemaker/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key_of(now[:8]), text.encode(), hashlib.sha256).hexdigest()
        kind = "application/x-amz-json-1.1" if operation else "application/json"
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), f"content-type: {kind}",
                 f"authorization: AWS4-HMAC-SHA256 Credential={self.ground.access_key}/{scope}, SignedHeaders={names}, Signature={signature}",
                 f"content-length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def send(ground, folder, requests, connections, seconds):
    """By load_client: for so many seconds over and over, or each once (0). No answer may be an error."""
    file = folder / "requests"
    with open(file, "wb") as out:
        for request in requests:
            out.write(b"%d\n" % len(request) + request)
    return json.loads(subprocess.check_output(
        [PROGRAMS / "load_client", ground.address, file, str(connections), str(seconds), '"Errors"'], timeout=900))


def calls_of(signer, name, trial):
    """A component with all its values: what it takes to make one."""
    now = time.time()
    values = [RANDOM.random() for _ in range(20)]
    yield signer.request("POST", "/", "CreateTrialComponent", {
        "TrialComponentName": name, "DisplayName": "Training", "Status": {"PrimaryStatus": "Completed"},
        "Parameters": {f"p{i}": {"StringValue": f"v{RANDOM.randrange(10)}"} if i < 10 else {"NumberValue": RANDOM.random()} for i in range(20)}})
    for first in (0, 10):
        yield signer.request("PUT", "/BatchPutMetrics", None, {"TrialComponentName": name, "MetricData": [
            {"MetricName": f"m{i}", "Value": values[i], "Step": 0, "Timestamp": now} for i in range(first, first + 10)]})
    if trial:
        yield signer.request("POST", "/", "AssociateTrialComponent", {"TrialComponentName": name, "TrialName": trial})


def create(ground, signer, folder, first, count, trials=True):
    """Components a second; each connection makes whole components, one after the other."""
    took = 0.0
    for start in range(first, first + count, BATCH):
        made = [list(calls_of(signer, f"c-{number}", f"trial-{number % 10}" if trials else None))
                for number in range(start, min(start + BATCH, first + count))]
        requests = [calls[i] for group in range(0, len(made), CLIENTS) for i in range(len(made[0])) for calls in made[group:group + CLIENTS]]
        began = time.perf_counter()
        send(ground, folder, requests, CLIENTS, 0)
        took += time.perf_counter() - began
    return count / took


def search_of(signer, threshold, value):
    return signer.request("POST", "/", "Search", {
        "Resource": "ExperimentTrialComponent", "MaxResults": 100, "SortBy": "metrics.m2.max", "SortOrder": "Descending",
        "SearchExpression": {"Filters": [{"Name": "Metrics.m1.Last", "Operator": "GreaterThan", "Value": str(threshold)},
                                         {"Name": "Parameters.p3", "Operator": "Equals", "Value": f"v{value}"}]}})


def searches(ground, signer, folder, connections):
    """The one search that MLflow is asked too."""
    return send(ground, folder, [search_of(signer, 0.5, 3)] * connections, connections, SECONDS)


def different_searches(ground, signer, folder, connections):
    """No two alike: other parameters, other pages."""
    requests = [search_of(signer, round(RANDOM.random() * 0.9, 6), RANDOM.randrange(10)) for _ in range(2000)]
    return send(ground, folder, requests, connections, SECONDS)


def memory(ground):
    """MB of the server's own: resident, without the page cache's share of the database."""
    status = pathlib.Path(f"/proc/{ground.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def create_runs(tracking, server, experiment, count):
    """MLflow's runs a second with such values: what its client sends, create and log-batch."""
    here = threading.local()

    def one(number):
        if not hasattr(here, "connection"):
            here.connection = tracking.Conn(server.port)
        now = int(time.time() * 1000)
        made = json.loads(here.connection("POST", tracking.API + "/runs/create", {"experiment_id": experiment, "run_name": f"n{number}", "start_time": now}))
        here.connection("POST", tracking.API + "/runs/log-batch", {
            "run_id": made["run"]["info"]["run_id"], "params": [{"key": f"p{i}", "value": f"v{RANDOM.randrange(10)}"} for i in range(20)],
            "metrics": [{"key": f"m{i}", "value": RANDOM.random(), "timestamp": now, "step": 0} for i in range(20)]})

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        began = time.perf_counter()
        list(clients.map(one, range(count)))
        return count / (time.perf_counter() - began)


def beside_mlflow(ours_one, ours_eight, ours_created):
    """MLflow's server with 10,000 runs, as ../shared/peers loads and asks it."""
    tracking = peers.load("mlflow_tracking")
    if tracking is None:
        return peers.skip("the searches of MLflow")
    common = tracking.c
    kept = common.CACHE / "mlflow-content-10000.db"
    python = tracking.setup("tuned")
    if not kept.exists():  # ten minutes, once
        database = common.TMP / "mlflow-content.db"
        with tracking.serve(python, database, "bench-mlflow-load") as server:
            tracking.load_content(server, 10_000, common.Report("bench"))
        kept.write_bytes(database.read_bytes())
    database = common.TMP / "bench-content.db"
    database.write_bytes(kept.read_bytes())
    with tracking.serve(python, database, "bench-mlflow") as server:
        connection = tracking.Conn(server.port)
        found = json.loads(connection("GET", tracking.API + "/experiments/get-by-name?experiment_name=content"))
        experiment = found["experiment"]["experiment_id"]
        query = {"experiment_ids": [experiment], "filter": "metrics.m1 > 0.5 and params.p3 = 'v3'",
                 "order_by": ["metrics.m1 DESC"], "max_results": 100}
        lua = common.lua_post(tracking.API + "/runs/search", json.dumps(query), {"Content-Type": "application/json"}, common.TMP / "search.lua")

        def one():
            took, _ = tracking.timed_calls(connection, 10, "POST", tracking.API + "/runs/search", query)
            return 1000 / took["p50_ms"]

        one()
        got = side_by_side(3, ours=lambda: 1000 / ours_one()["p50"], theirs=one)
        against("search", "10,000: filter and order, 1 client", "searches/s by p50", got["ours"], got["theirs"], "MLflow", at_least=30)
        got = side_by_side(3, ours=lambda: ours_eight()["rps"], theirs=lambda: common.wrk(server.url, CLIENTS, SECONDS, lua)["rps"])
        against("search", "10,000: filter and order, 8 clients", "searches/s", got["ours"], got["theirs"], "MLflow", at_least=100)
        create_runs(tracking, server, experiment, 16)
        got = side_by_side(3, ours=ours_created, theirs=lambda: create_runs(tracking, server, experiment, 200))
        against("search", "20 parameters and 20 metrics, 8 clients", "created/s", got["ours"], got["theirs"], "MLflow", at_least=30)


def measure(ground, signer, folder, count, p50_at_most):
    for what, look in (("the same search", searches), ("different searches", different_searches)):
        look(ground, signer, folder, 1)
        wait_for_calm()
        runs = [look(ground, signer, folder, 1) for _ in range(RUNS)]
        figure("search", f"{count:,}: {what}, first page of 100, p50", [run["p50"] for run in runs], "ms", at_most=p50_at_most)
        runs = [look(ground, signer, folder, CLIENTS) for _ in range(RUNS)]
        figure("search", f"{count:,}: {what}, 8 clients", [run["rps"] for run in runs], "searches/s", at_least=224 if count == 10_000 else None,
               note="100 times MLflow's 2.24" if count == 10_000 else "")


with Ground(log_level="warn") as ground, tempfile.TemporaryDirectory(prefix="clary-bench-") as name:
    folder, signer = pathlib.Path(name), Signer(ground)
    ground.sagemaker.create_experiment(ExperimentName="bench")
    for number in range(10):
        ground.sagemaker.create_trial(TrialName=f"trial-{number}", ExperimentName="bench")
    create(ground, signer, folder, 0, 10_000)
    measure(ground, signer, folder, 10_000, None)
    firsts = itertools.count(1_000_000, 2000)
    beside_mlflow(lambda: searches(ground, signer, folder, 1), lambda: searches(ground, signer, folder, CLIENTS),
                  lambda: create(ground, signer, folder, next(firsts), 2000, trials=False))
    made = ground.sagemaker.search(Resource="ExperimentTrialComponent", MaxResults=1)["TotalHits"]["Value"]
    create(ground, signer, folder, 10_000, 100_000 - made)
    began = time.perf_counter()
    found = ground.sagemaker.search(Resource="ExperimentTrialComponent", MaxResults=1)["TotalHits"]["Value"]
    figure("search", f"the first search after {100_000 - made:,} new components", [time.perf_counter() - began], "s")
    if found != 100_000:
        raise RuntimeError(f"{found} components")
    measure(ground, signer, folder, 100_000, 20)
    figure("search", "the server's memory after that", [memory(ground)], "MB", at_most=300)
    ground.stop()
    began = time.perf_counter()
    ground.start()
    ground.sagemaker.search(Resource="ExperimentTrialComponent", MaxResults=1)
    figure("search", "start with 100,000 components, until the first search is answered", [time.perf_counter() - began], "s")
    figure("search", "the server's memory then", [memory(ground)], "MB", at_most=300)
