"""Search over 10,000 and 100,000 trial components of 20 metrics and 20 parameters, beside MLflow's search of 10,000 such runs."""

import concurrent.futures
import itertools
import json
import pathlib
import re
import tempfile
import threading
import time

import peers
from components import CLIENTS, RANDOM, Signer, create
from figures import against, figure, side_by_side, wait_for_calm
from ground import Ground
from load import send

RUNS, SECONDS = 5, 4


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
    python, kept = peers.mlflow_with_runs(tracking)
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
                  lambda: create(ground, signer, folder, next(firsts), 2000, trial=None))
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
