"""kill -9 of the server in the middle of everything: nothing acknowledged is lost, everything goes on, nothing is left behind."""

import contextlib
import hashlib
import http.client
import json
import os
import subprocess
import tarfile
import threading
import time

import pytest

from clary_server import BINARY
from jobs import Platform, nothing_runs, processes_of, wait_until

COUNTING = """
import os, time
for i in range({lines}):
    print("line", i, flush=True)
    time.sleep({pause})
open(os.path.join(os.environ["SM_MODEL_DIR"], "weights"), "w").write("trained")
print("last words")
"""

WAITING = """
import os, time
print("begun", flush=True)
while not os.path.exists("/tmp/go"):
    time.sleep(0.01)
print("ended")
"""

PID_MODEL = """
import os
def model_fn(model_dir):
    return open(os.path.join(model_dir, "weights")).read()
def predict_fn(data, model):
    return [os.stat("/proc/1").st_ctime_ns, int(model)]
"""

SLOW_MODEL = "import time\ntime.sleep(3)\n" + PID_MODEL


@pytest.fixture
def place(make_server):
    """A server that answers Describe at once, and its clients."""
    return Platform(make_server(first_look_seconds=0))


def lines_of(platform, name):
    return [line for line in platform.log(name) if line.startswith("line ") or line == "last words"]


def worker_folder(platform, name):
    """The folder of the only worker that runs."""
    return wait_until(lambda: next(iter((platform.server.data_dir / "workers").glob("*algo-1*")), None), what=f"a worker of {name}")


def restart(platform):
    platform.server.kill()
    platform.server.start()


def test_a_running_job_is_attached_again_and_no_line_is_lost(place):
    name = place.submit(COUNTING.format(lines=150, pause=0.02))
    place.wait_for_line(name, "line 20")
    for _ in range(3):
        restart(place)
        time.sleep(0.2)  # so that each server sees a part of the script's life
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert lines_of(place, name) == [f"line {i}" for i in range(150)] + ["last words"]
    assert [t["Status"] for t in job["SecondaryStatusTransitions"]] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"][len("s3://"):].split("/", 1)
    assert place.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    nothing_runs(place.server)


def test_a_job_that_ends_while_the_server_is_down_is_completed(place):
    name = place.submit(WAITING)
    place.wait_for_line(name, "begun")
    folder = worker_folder(place, name)
    place.server.kill()
    assert processes_of(place.server.data_dir)
    (folder / "tmp" / "go").touch()
    wait_until(lambda: not processes_of(place.server.data_dir), what="the script's end")
    place.server.start()
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [line for line in place.log(name) if line in ("begun", "ended")] == ["begun", "ended"]


def test_a_job_whose_processes_died_with_the_server_fails_with_a_reason(place):
    name = place.submit(WAITING)
    place.wait_for_line(name, "begun")
    folder = worker_folder(place, name)
    first = json.loads((folder / "record").read_text())["pid"]
    place.server.kill()
    for pid in processes_of(place.server.data_dir):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass  # its parent's end took it along
    wait_until(lambda: not os.path.exists(f"/proc/{first}"), what="the worker's end")
    place.server.start()
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"]
    nothing_runs(place.server)


def test_a_job_killed_while_its_model_is_packed_is_completed(place):
    name = place.submit("import os\nopen('/opt/ml/model/weights', 'wb').write(os.urandom(1 << 20) * 300)\n")
    wait_until(lambda: place.describe(name)["SecondaryStatus"] == "Uploading", what="Uploading")
    restart(place)
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"][len("s3://"):].split("/", 1)
    with tarfile.open(fileobj=place.s3.get_object(Bucket=bucket, Key=key)["Body"], mode="r|gz") as archive:
        assert [(entry.name, entry.size) for entry in archive] == [("weights", 300 << 20)]
    nothing_runs(place.server)


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.06, 0.15, 0.4])
def test_a_job_killed_at_any_moment_of_its_start_ends_well(place, moment):
    name = place.submit(COUNTING.format(lines=10, pause=0.01))
    time.sleep(moment)  # this many seconds into the job's start
    restart(place)
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert lines_of(place, name) == [f"line {i}" for i in range(10)] + ["last words"]
    nothing_runs(place.server)


def test_a_job_can_be_stopped_by_the_next_server(place):
    name = place.submit(WAITING)
    place.wait_for_line(name, "begun")
    restart(place)
    place.sagemaker.stop_training_job(TrainingJobName=name)
    assert place.wait(name)["TrainingJobStatus"] == "Stopped"
    nothing_runs(place.server)


def test_acknowledged_objects_are_there_and_a_torn_upload_is_not(place):
    s3, bucket = place.s3, place.bucket
    acknowledged, stop = {}, threading.Event()

    def put_small(worker):
        client = place.client("s3")
        for i in range(2000):
            if stop.is_set():
                return
            body = os.urandom(3000 + i)
            try:
                client.put_object(Bucket=bucket, Key=f"small/{worker}/{i}", Body=body)
            except Exception:
                return  # the server is gone: this one was not acknowledged
            acknowledged[f"small/{worker}/{i}"] = hashlib.md5(body).hexdigest()

    part = os.urandom(5 << 20)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="large")["UploadId"]
    first = s3.upload_part(Bucket=bucket, Key="large", UploadId=upload, PartNumber=1, Body=part)["ETag"]
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "torn"})
    part_url = s3.generate_presigned_url("upload_part", {"Bucket": bucket, "Key": "large", "UploadId": upload, "PartNumber": 2})
    torn = [http.client.HTTPConnection(place.server.address) for _ in range(2)]
    for connection, target in zip(torn, (url, part_url)):
        connection.putrequest("PUT", target[len(place.server.url):])
        connection.putheader("Content-Length", str(64 << 20))
        connection.endheaders()
        connection.send(os.urandom(8 << 20))  # of 64 MiB
    threads = [threading.Thread(target=put_small, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(acknowledged) > 50, what="fifty objects")
    place.server.kill()
    stop.set()
    for thread in threads:
        thread.join()
    for connection in torn:
        connection.close()
    place.server.start()

    for key, digest in acknowledged.items():
        assert s3.get_object(Bucket=bucket, Key=key)["ETag"] == f'"{digest}"'
        assert hashlib.md5(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).hexdigest() == digest
    listed = {o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket) for o in page.get("Contents", [])}
    assert set(acknowledged) <= listed
    assert "torn" not in listed and "large" not in listed
    parts = s3.list_parts(Bucket=bucket, Key="large", UploadId=upload)["Parts"]
    assert [(p["PartNumber"], p["ETag"]) for p in parts] == [(1, first)]
    second = s3.upload_part(Bucket=bucket, Key="large", UploadId=upload, PartNumber=2, Body=b"end")["ETag"]
    s3.complete_multipart_upload(Bucket=bucket, Key="large", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]})
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == part + b"end"
    # What the torn uploads left on the disk is cleared away.
    left = 3 * (5 << 20) + 6000 * len(listed)
    wait_until(lambda: bytes_below(place.server.data_dir / "objects") < left, what="the removal of torn uploads")


def bytes_below(folder):
    """Of all files; what is removed meanwhile counts nothing."""
    size = 0
    for name in (os.path.join(path, name) for path, _, names in os.walk(folder) for name in names):
        with contextlib.suppress(FileNotFoundError):
            size += os.stat(name).st_size
    return size


def test_a_serving_endpoint_is_in_service_again_with_the_same_replica(place):
    name = place.deploy(PID_MODEL)
    assert place.endpoint(name)["EndpointStatus"] == "InService"
    before = place.invoke(name)
    restart(place)
    # No call but the invocation: it may have to wait for a replica, but nobody else brings it back.
    after = wait_until(lambda: invoke_when_ready(place, name), 10, "an answer")
    assert after == before, "the replica was started anew"
    assert place.endpoint(name)["EndpointStatus"] == "InService"
    place.delete_endpoint(name)
    nothing_runs(place.server)


def invoke_when_ready(platform, name):
    try:
        return platform.invoke(name)
    except platform.runtime.exceptions.ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (424, 429, 503), error
        return None


def test_a_dead_replica_is_started_anew(place):
    name = place.deploy(PID_MODEL)
    assert place.endpoint(name)["EndpointStatus"] == "InService"
    before = place.invoke(name)
    place.server.kill()
    for pid in processes_of(place.server.data_dir):
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass  # its parent's end took it along
    place.server.start()
    after = wait_until(lambda: invoke_when_ready(place, name), 20, "an answer")
    assert after[0] != before[0] and after[1] == 7
    place.delete_endpoint(name)
    nothing_runs(place.server)


@pytest.mark.parametrize("moment", [0.0, 0.05, 1.0])
def test_an_endpoint_being_created_is_created(place, moment):
    name = place.deploy(SLOW_MODEL)
    time.sleep(moment)  # this many seconds into its creation
    restart(place)
    assert place.endpoint(name)["EndpointStatus"] == "InService"
    assert place.invoke(name)[1] == 7
    place.delete_endpoint(name)
    nothing_runs(place.server)


def test_an_endpoint_being_updated_is_updated(place):
    name = place.deploy(PID_MODEL)
    assert place.endpoint(name)["EndpointStatus"] == "InService"
    before = place.invoke(name)
    place.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=place.model(SLOW_MODEL.replace("sleep(3)", "sleep(8)").replace("int(model)", "8")))
    restart(place)
    # While the new replica loads, the old one answers.
    assert wait_until(lambda: invoke_when_ready(place, name), 10, "an answer") == before
    endpoint = place.endpoint(name)
    assert endpoint["EndpointStatus"] == "InService" and endpoint["EndpointConfigName"] != name
    assert place.invoke(name)[1] == 8
    place.delete_endpoint(name)
    nothing_runs(place.server)


def test_an_endpoint_being_deleted_is_deleted(place):
    name = place.deploy(PID_MODEL)
    assert place.endpoint(name)["EndpointStatus"] == "InService"
    place.sagemaker.delete_endpoint(EndpointName=name)
    restart(place)
    place.wait_for_no_endpoint(name)
    nothing_runs(place.server)


def refuses_connections(address):
    try:
        http.client.HTTPConnection(address, timeout=2).connect()
    except OSError:
        return True
    return False


def test_sigterm_drains(place):
    s3, bucket = place.s3, place.bucket
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "slow"})
    connection = http.client.HTTPConnection(place.server.address)
    connection.putrequest("PUT", url[len(place.server.url):])
    connection.putheader("Content-Length", str(2 << 20))
    connection.endheaders()
    connection.send(b"a" * (1 << 20))
    # The looking counts as a request too.
    wait_until(lambda: "clary_http_requests_in_flight 2" in place.server.get("/-/metrics"), what="the upload's beginning")
    place.server.process.terminate()
    wait_until(lambda: "draining" in place.server.log_text(), what="the drain")
    wait_until(lambda: refuses_connections(place.server.address), what="the listener's end")
    connection.send(b"a" * (1 << 20))
    answer = connection.getresponse()
    assert answer.status == 200
    answer.read()
    connection.close()
    assert place.server.process.wait(timeout=20) == 0
    place.server.start()
    assert place.s3.head_object(Bucket=bucket, Key="slow")["ContentLength"] == 2 << 20


def test_sigterm_lets_jobs_live_on(place):
    name = place.submit(COUNTING.format(lines=60, pause=0.02))
    place.wait_for_line(name, "line 5")
    place.server.stop()
    place.server.start()
    assert place.wait(name)["TrainingJobStatus"] == "Completed"
    assert lines_of(place, name) == [f"line {i}" for i in range(60)] + ["last words"]


def test_a_second_server_is_refused_with_a_sentence(place):
    second = subprocess.run([str(BINARY), "serve", f"--data-dir={place.server.data_dir}", "--listen=127.0.0.1:0"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=20)
    assert second.returncode == 1
    assert f"another clary (pid {place.server.process.pid}) uses the data folder {place.server.data_dir}" in second.stderr
    assert place.server.get("/-/health")


def test_a_taken_port_is_told(place, make_server):
    with pytest.raises(RuntimeError, match=f"Cannot listen on {place.server.address}: Address already in use"):
        make_server(listen=place.server.address)
