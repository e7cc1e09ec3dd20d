"""Metrics: BatchPutMetrics beside bare SQLite commits and MLflow's tracking server, and a million points in one series."""

import contextlib
import json
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import threading
import time
import uuid

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

import peers
from figures import figure, ratios, side_by_side
from ground import PROGRAMS, Ground
from load import send_file, write_requests

RUNS, SECONDS = 5, 3
POINTS = 10  # a call, AWS's limit
EACH = 40  # different calls of a connection
MILLION = 1_000_000
LATENCY_CALLS = 100


def signed(ground, method, path, document, **headers):
    """A whole request, to be sent again and again."""
    body = json.dumps(document).encode()
    request = AWSRequest(method, ground.url + path, data=body, headers={"Content-Type": "application/json", **headers})
    SigV4Auth(ground.session.get_credentials(), "sagemaker", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: {ground.address}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


def put_request(ground, component, data):
    """As boto3 sends it, with the id by which a retry is known."""
    return signed(ground, "PUT", "/BatchPutMetrics", {"TrialComponentName": component, "MetricData": data}, **{
        "amz-sdk-invocation-id": str(uuid.uuid4()), "amz-sdk-request": "attempt=1"})


def points(metrics, first):
    """A call's points: of each metric as many, each at a step of its own."""
    now = time.time()
    each = POINTS // metrics
    return [{"MetricName": f"metric-{metric}", "Value": random.random(), "Step": first * each + i, "Timestamp": now + i}
            for metric in range(metrics) for i in range(each)]


class Writer:
    """Calls of BatchPutMetrics over some connections, each with a trial component of its own."""

    def __init__(self, ground, folder, connections, metrics):
        self.ground, self.connections, self.metrics = ground, connections, metrics
        self.components = [ground.name("component") for _ in range(connections)]
        for component in self.components:
            ground.sagemaker.create_trial_component(TrialComponentName=component)
        self.file = folder / f"requests-{connections}-{metrics}"

    def run(self):
        """Calls a second, and the quantiles of a call in milliseconds."""
        write_requests(self.file, (  # anew: signatures live 15 minutes
            put_request(self.ground, component, points(self.metrics, call)) for call in range(EACH) for component in self.components))
        return send_file(self.ground, self.file, self.connections, SECONDS)


def bare_commits(folder):
    """One row a commit, as durable as ours: SQLite's own speed on this disk."""
    with contextlib.closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode=WAL")
        store.execute("PRAGMA synchronous=FULL")
        store.execute("CREATE TABLE IF NOT EXISTS kept (n INTEGER PRIMARY KEY, words TEXT)")
        count, end, began = 0, time.perf_counter() + SECONDS, time.perf_counter()
        while time.perf_counter() < end:
            store.execute("INSERT INTO kept (words) VALUES ('a row of a few words')")
            count += 1
        return count / (time.perf_counter() - began)


class Mlflow:
    """MLflow's tracking server, tuned, as ../shared/peers sets it up."""

    def __init__(self, common, tracking, stack):
        self.common, self.tracking = common, tracking
        database = common.TMP / "mlflow.db"
        for file in common.TMP.glob("mlflow.db*"):
            file.unlink()
        self.server = stack.enter_context(tracking.serve(tracking.setup("tuned"), database, "bench-mlflow"))
        connection = tracking.Conn(self.server.port)
        experiment = json.loads(connection("POST", tracking.API + "/experiments/create", {"name": "bench"}))["experiment_id"]
        self.runs = tracking.new_runs(connection, experiment, 8)
        self.lua = common.TMP / "mlflow.lua"
        self.lua.write_text(tracking.LUA + common.LUA_DONE)
        self.step = 0

    def single(self):
        """Calls of one point a second, 8 clients."""
        self.step += 1_000_000
        return self.common.wrk(self.server.url, 8, SECONDS, self.lua, [self.step, *self.runs])["rps"]

    def batches(self):
        """Points a second in batches of 1,000, 8 clients."""
        calls = 4
        bodies = []
        for run in self.runs:
            for _ in range(calls):
                self.step += 1000
                bodies.append(json.dumps({"run_id": run, "metrics": [
                    {"key": "acc", "value": i / 1000, "timestamp": 1_700_000_000_000 + self.step + i, "step": self.step + i} for i in range(1000)]}).encode())

        def send(client):
            connection = self.tracking.Conn(self.server.port)
            for body in bodies[client * calls:(client + 1) * calls]:
                connection("POST", self.tracking.API + "/runs/log-batch", body)
        threads = [threading.Thread(target=send, args=(client,)) for client in range(8)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(bodies) * 1000 / (time.perf_counter() - began)


def measure_writes(ground, folder, mlflow):
    one, eight, many = (Writer(ground, folder, connections, 2) for connections in (1, 8, 64))
    wide = Writer(ground, folder, 64, POINTS)
    theirs = {"single": mlflow.single, "batches": mlflow.batches} if mlflow else {}
    got = side_by_side(RUNS, bare=lambda: bare_commits(folder), one=one.run, eight=eight.run, many=many.run, wide=wide.run, **theirs)
    rps = {name: [run["rps"] for run in got[name]] for name in ("one", "eight", "many", "wide")}
    figure("metrics", "bare SQLite commits, WAL and synchronous=FULL", got["bare"], "commits/s")
    figure("metrics", "BatchPutMetrics, 10 points of 2 metrics, 1 client", rps["one"], "calls/s")
    figure("metrics", "the same / bare commits", ratios(rps["one"], got["bare"]), "x", at_least=0.4)
    figure("metrics", "the same, a call", [run["p50"] for run in got["one"]], "ms")
    figure("metrics", "the same, 8 clients", rps["eight"], "calls/s")
    if mlflow:
        figure("metrics", "MLflow log-metric, 8 clients", got["single"], "calls/s")
        figure("metrics", "calls of 8 clients, Clary (10 points) / MLflow (1 point)", ratios(rps["eight"], got["single"]), "x", at_least=30)
    for name, what in (("many", "2 metrics"), ("wide", "10 metrics")):
        figure("metrics", f"10 points of {what}, 64 connections", [run * POINTS for run in rps[name]], "points/s")
        if mlflow:
            figure("metrics", f"points of {what}, Clary (64 connections) / MLflow (8 clients, batches of 1,000)",
                   [ours * POINTS / peer for ours, peer in zip(rps[name], got["batches"])], "x", at_least=6)
    if mlflow:
        figure("metrics", "MLflow log-batch of 1,000, 8 clients", got["batches"], "points/s")


def latency(ground, folder, what, request, at_most):
    file = folder / "request"
    file.write_bytes(request)
    told = [json.loads(subprocess.check_output([PROGRAMS / "latency_client", ground.address, file, str(LATENCY_CALLS)], timeout=300))["p50"] / 1000
            for _ in range(RUNS)]
    figure("metrics", f"a million points in one series: {what}, median of {LATENCY_CALLS}", told, "ms", at_most=at_most)


def measure_million(ground, folder):
    component = ground.name("long")
    arn = ground.sagemaker.create_trial_component(TrialComponentName=component)["TrialComponentArn"]
    begin = int(time.time()) - 10 * 24 * 3600  # ten days: within AWS's two weeks, and 2,880 times five minutes
    pace = 9.9 * 24 * 3600 / MILLION
    file = folder / "million"
    write_requests(file, (put_request(ground, component, [
        {"MetricName": "loss", "Value": 1 / (step + 1), "Step": step, "Timestamp": begin + step * pace} for step in range(first, first + POINTS)])
        for first in range(0, MILLION, POINTS)))
    figure("metrics", "a million points into one series, 64 connections", [send_file(ground, file, 64, 0)["rps"] * POINTS], "points/s")

    def query(**more):
        return signed(ground, "POST", "/BatchGetMetrics", {"MetricQueries": [{
            "MetricName": "loss", "ResourceArn": arn, "MetricStat": "Avg", "Period": "IterationNumber", "XAxisType": "IterationNumber", **more}]})

    found = ground.sagemaker.describe_trial_component(TrialComponentName=component)["Metrics"][0]
    assert found["Count"] == MILLION, found
    latency(ground, folder, "DescribeTrialComponent", signed(ground, "POST", "/", {"TrialComponentName": component}, **{
        "X-Amz-Target": "SageMaker.DescribeTrialComponent", "Content-Type": "application/x-amz-json-1.1"}), 5)
    latency(ground, folder, "BatchGetMetrics by IterationNumber, the first 10,000", query(), 50)
    latency(ground, folder, "BatchGetMetrics by IterationNumber, 10,000 in the middle", query(Start=MILLION // 2), 50)
    latency(ground, folder, "BatchGetMetrics by FiveMinute, all of them", query(Period="FiveMinute", XAxisType="Timestamp"), 50)
    latency(ground, folder, "BatchGetMetrics by OneHour, all of them", query(Period="OneHour", XAxisType="Timestamp"), 50)
    figure("metrics", "the server's memory after all that, PSS", [pss_mb(ground.process.pid)], "MB", at_most=300)


def pss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("no Pss")


def main():
    common = peers.load("common")
    with tempfile.TemporaryDirectory(prefix="clary-bench-metrics-", dir=common.CACHE if common else None) as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        ground = stack.enter_context(Ground(folder / "clary", log_level="warn"))
        mlflow = None
        if common:
            mlflow = Mlflow(common, peers.load("mlflow_tracking"), stack)
        else:
            peers.skip("metrics beside MLflow's tracking server")
        measure_writes(ground, folder, mlflow)
        measure_million(ground, folder)


main()
