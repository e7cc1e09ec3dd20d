"""Metrics that many send at once, through a crash, and through retries: every point that was acknowledged is there, and once."""

import concurrent.futures
import subprocess
import sys
import threading
import time
import uuid

import boto3
import pytest
from botocore.client import Config

from jobs import Platform

# One process with many threads: writes `count` points as each of `writers`, ten a call; a point's value tells who wrote it.
WRITERS = """
import concurrent.futures, sys, time
import boto3
from botocore.client import Config

url, component, first, writers, count = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
client = boto3.client("sagemaker-metrics", endpoint_url=url, region_name="us-east-1", config=Config(max_pool_connections=64))

def write(writer):
    for start in range(0, count, 10):
        data = [{"MetricName": "shared" if i % 2 else "own-%d" % writer, "Value": writer * count + i, "Step": writer * count + i, "Timestamp": time.time()}
                for i in range(start, start + 10)]
        assert "Errors" not in client.batch_put_metrics(TrialComponentName=component, MetricData=data)

with concurrent.futures.ThreadPoolExecutor(writers) as pool:
    list(pool.map(write, range(first, first + writers)))
"""


@pytest.fixture
def place(make_server):
    return Platform(make_server())


def component_of(platform):
    name = "c-" + uuid.uuid4().hex[:10]
    return name, platform.sagemaker.create_trial_component(TrialComponentName=name)["TrialComponentArn"]


def client_of(server, **config):
    keys = server.env()
    return boto3.client("sagemaker-metrics", endpoint_url=server.url, region_name="us-east-1", config=Config(**config),
                        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])


def counts_by_step(client, arn, metric):
    """{step: how many points it has}."""
    found, start = {}, 0
    while True:
        result, = client.batch_get_metrics(MetricQueries=[{"MetricName": metric, "ResourceArn": arn, "MetricStat": "Count", "Period": "IterationNumber",
                                                           "XAxisType": "IterationNumber", "Start": start}])["MetricQueryResults"]
        found.update(zip(result["XAxisValues"], result["MetricValues"]))
        if result["Status"] == "Complete":
            return found
        start = result["XAxisValues"][-1] + 1


def test_two_processes_with_64_writers(platform):
    server = platform.server
    component, arn = component_of(platform)
    writers, count = 64, 100
    half = writers // 2
    processes = [subprocess.Popen([sys.executable, "-c", WRITERS, server.url, component, str(first), str(half), str(count)], env=server.environment())
                 for first in (0, half)]
    assert [process.wait(timeout=600) for process in processes] == [0, 0]
    client = client_of(server)
    assert counts_by_step(client, arn, "shared") == {step: 1 for step in range(1, writers * count, 2)}
    shown = {metric["MetricName"]: metric for metric in platform.sagemaker.describe_trial_component(TrialComponentName=component)["Metrics"]}
    assert len(shown) == writers + 1
    shared = shown["shared"]
    assert (shared["Count"], shared["Min"], shared["Max"]) == (writers * count // 2, 1, writers * count - 1)
    assert abs(shared["Avg"] - writers * count / 2) < 1e-6
    for writer in range(writers):
        own = shown[f"own-{writer}"]
        assert (own["Count"], own["Min"], own["Max"], own["Last"]) == (count // 2, writer * count, writer * count + count - 2, writer * count + count - 2)


def test_acknowledged_points_survive_kill(place):
    server = place.server
    component, arn = component_of(place)
    acknowledged, unsure, enough = set(), set(), threading.Event()

    def write(writer):
        client = client_of(server, retries={"total_max_attempts": 1})
        for call in range(100_000):
            steps = [(call * 8 + writer) * 10 + i for i in range(10)]
            try:
                client.batch_put_metrics(TrialComponentName=component, MetricData=[
                    {"MetricName": "loss", "Value": step, "Step": step, "Timestamp": time.time()} for step in steps])
            except Exception:  # noqa: BLE001 the server is gone: this call may or may not have been applied, but whole
                unsure.update(steps)
                return
            acknowledged.update(steps)
            if len(acknowledged) > 3000:
                enough.set()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, writer) for writer in range(8)]
        assert enough.wait(120)
        server.kill()
        for one in writing:
            one.result()
    server.start()
    found = counts_by_step(client_of(server), arn, "loss")
    assert set(found.values()) == {1.0}
    assert acknowledged <= set(found) <= acknowledged | unsure
    assert len(found) % 10 == 0
    assert place.sagemaker.describe_trial_component(TrialComponentName=component)["Metrics"][0]["Count"] == len(found)


def test_a_lost_answer_adds_no_point_twice(place):
    """boto3 sees a broken connection in place of the first answer, the server is killed and started, and the retry adds nothing."""
    component, arn = component_of(place)
    client = client_of(place.server, retries={"max_attempts": 2, "mode": "standard"})
    lost = []

    def lose(response, **_):
        if response is None or lost:
            return None
        lost.append(response[1])
        place.server.kill()
        place.server.start()
        return 0  # as if no answer had come: again, at once
    client.meta.events.register_first("needs-retry.sagemaker-metrics.BatchPutMetrics", lose)
    told = client.batch_put_metrics(TrialComponentName=component, MetricData=[{"MetricName": "loss", "Value": 1, "Step": 3, "Timestamp": time.time()}])
    assert lost and lost[0]["ResponseMetadata"]["HTTPStatusCode"] == told["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert counts_by_step(client, arn, "loss") == {3: 1.0}
