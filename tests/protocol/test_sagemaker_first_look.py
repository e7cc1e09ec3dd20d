"""The first Describe by each access key is held until there is something to tell: the SDKs look once and then sleep for 30 s."""

import socket
import threading
import time

import pytest
from botocore.credentials import Credentials

from clary_server import ClaryServer
from api_fixtures import (IMAGE, ROLE, error_of, make_client, model_without_data, new_name, production_variant, sign, training_job,  # noqa: F401
                          wait_until)

SOON = 5.0  # an answer that did not wait; held ones take until their job's end or `LIMIT`
LIMIT = 10


@pytest.fixture(scope="module")
def looking(server):
    with ClaryServer(first_look_seconds=LIMIT) as running:
        environment = {k: v for k, v in running.env().items() if v is not None}
        running.keys = {"AccessKeyId": environment["AWS_ACCESS_KEY_ID"], "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"]}
        running.client = make_client(running, "sagemaker", credentials=running.keys)
        make_client(running, "s3", credentials=running.keys).create_bucket(Bucket="jobs")
        ready = Job(running, 0)  # on a fresh machine the runtime is made for this one, not while a look is timed
        wait_until(lambda: ready.look()[0], lambda s: s == "Completed")
        yield running


class Job:
    """A training job that runs for some seconds, or until it is stopped."""

    def __init__(self, server, seconds):
        self.client, self.name = server.client, new_name()
        self.client.create_training_job(**training_job(
            self.name, f"trap 'exit 0' TERM; for i in $(seq {int(seconds * 20)}); do sleep 0.05; done",
            OutputDataConfig={"S3OutputPath": "s3://jobs/out"}))

    def look(self, client=None):
        begun = time.monotonic()
        status = (client or self.client).describe_training_job(TrainingJobName=self.name)["TrainingJobStatus"]
        return status, time.monotonic() - begun

    def stop(self):
        self.client.stop_training_job(TrainingJobName=self.name)
        wait_until(lambda: self.look()[0], lambda s: s in ("Stopped", "Completed"))


def in_background(work):
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()

    def result():
        thread.join(60)
        return results[0]
    return result


def assumed(server):
    sts = make_client(server, "sts", credentials=server.keys)
    return make_client(server, "sagemaker", credentials=sts.assume_role(RoleArn=ROLE, RoleSessionName="other")["Credentials"])


def test_the_first_look_waits_for_the_end(looking):
    job = Job(looking, 1)
    status, took = job.look()
    assert status == "Completed" and 0.8 < took < LIMIT
    assert job.look()[1] < SOON


def test_it_waits_no_longer_than_the_setting_and_only_once_a_key(looking):
    job = Job(looking, 60)
    other = assumed(looking)
    begun = time.monotonic()
    results = [in_background(lambda c=c: job.look(c)) for c in (None, other)]
    for result in results:
        status, took = result()
        assert status == "InProgress" and LIMIT - 0.2 <= took < LIMIT + SOON
    assert time.monotonic() - begun < LIMIT + SOON, "each key waited by itself"
    for client in (None, other):
        assert job.look(client)[0] == "InProgress" and job.look(client)[1] < SOON
    job.stop()


def test_a_second_look_answers_while_the_first_waits(looking):
    job = Job(looking, 60)
    first = in_background(job.look)
    parked = lambda: "clary_http_parked 1" in looking.get("/-/metrics")  # noqa: E731
    wait_until(parked, bool)
    assert job.look()[1] < SOON
    begun = time.monotonic()
    job.client.stop_training_job(TrainingJobName=job.name)
    status, took = first()
    assert status in ("Stopping", "Stopped") and time.monotonic() - begun < SOON, "a stop ends the look"
    wait_until(lambda: job.look()[0], lambda s: s == "Stopped")


def test_a_client_that_goes_is_waited_for_no_longer(looking):
    job = Job(looking, 60)
    body = f'{{"TrainingJobName":"{job.name}"}}'.encode()
    headers = sign(looking, "sagemaker", body=body, credentials=Credentials(looking.keys["AccessKeyId"], looking.keys["SecretAccessKey"]),
                   headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.DescribeTrainingJob"})
    host, port = looking.address.rsplit(":", 1)
    peer = socket.create_connection((host, int(port)))
    lines = [f"{k}: {v}" for k, v in {"Host": looking.address, **headers, "Content-Length": len(body)}.items()]
    peer.sendall(("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body)
    parked = lambda: "clary_http_parked 1" in looking.get("/-/metrics")  # noqa: E731
    wait_until(parked, bool)
    begun = time.monotonic()
    peer.close()
    wait_until(lambda: not parked(), bool)
    assert time.monotonic() - begun < SOON
    job.stop()


def test_endpoints_have_a_first_look_too_and_again_when_made_anew(looking):
    client = looking.client
    model_without_data(client, make_client(looking, "s3", credentials=looking.keys), "m")
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[production_variant("m")])
    for _ in range(2):
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        assert client.describe_endpoint(EndpointName="e")["EndpointStatus"] == "Failed", "held until it was settled"
        client.delete_endpoint(EndpointName="e")

        def gone():
            return "e" not in [e["EndpointName"] for e in client.list_endpoints()["Endpoints"]]
        wait_until(gone, bool)


def test_zero_turns_it_off(make_server):
    running = make_server(first_look_seconds=0)
    environment = running.env()
    running.keys = {"AccessKeyId": environment["AWS_ACCESS_KEY_ID"], "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"]}
    running.client = make_client(running, "sagemaker", credentials=running.keys)
    make_client(running, "s3", credentials=running.keys).create_bucket(Bucket="jobs")
    job = Job(running, 60)
    status, took = job.look()
    assert status == "InProgress" and took < SOON
    job.stop()
