"""What goes wrong in jobs, and what their descriptions say of it."""

import re
import tarfile

import pytest

from jobs import INSTANCE, Platform, nothing_runs, wait_until

TWO = {"InstanceType": INSTANCE, "InstanceCount": 2, "VolumeSizeInGB": 1}

# The hosts meet at a port of the first, and then wait for each other's words as an all-reduce does.
MEET = """
import json, os, signal, socket, time
config = json.load(open("/opt/ml/input/config/resourceconfig.json"))
me, hosts = config["current_host"], config["hosts"]
if me == hosts[0]:
    with socket.create_server(("0.0.0.0", 7000)) as door:
        peer, _ = door.accept()
else:
    while True:
        try:
            peer = socket.create_connection((hosts[0], 7000), 10)
            break
        except OSError:
            time.sleep(0.02)
peer.sendall(b"x")
assert peer.recv(1) == b"x"
print("met", flush=True)
"""

WAITS_FOR_EVER = MEET + """
if me == "algo-2":
    while not os.path.exists("/opt/ml/model/die"):
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)
word = peer.recv(1)
if not word:
    raise ConnectionError("the other host is gone")
"""


@pytest.fixture
def place(make_server):
    return Platform(make_server(first_look_seconds=0, job_stop_grace_seconds=1))


def test_a_host_that_fails_ends_the_job_and_is_named(platform):
    job = platform.run(MEET + """
if me == "algo-2":
    raise ValueError("two is unwell")
peer.recv(1)
raise ConnectionError("the other host is gone")
""", ResourceConfig=TWO)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: algo-2: "), job["FailureReason"]
    assert "two is unwell" in job["FailureReason"]


def test_a_host_that_is_killed_while_the_others_wait_for_it_is_named(place):
    name = place.submit(WAITS_FOR_EVER, ResourceConfig=TWO)
    wait_until(lambda: sum(line == "met" for line in place.log(name)) == 2, what="both hosts' meeting")
    worker = next((place.server.data_dir / "workers").glob("train-*-algo-2"))
    (worker / "ml" / "model" / "die").touch()
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Failed"
    assert ": algo-2: " in job["FailureReason"][:40], job["FailureReason"]
    nothing_runs(place.server)


def test_a_script_that_hangs_after_sigterm_and_has_daemons_is_ended(place):
    name = place.submit("""
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("daemon", flush=True)
        while True:
            time.sleep(1)
    os._exit(0)
print("hangs", flush=True)
while True:
    time.sleep(1)
""")
    place.wait_for_line(name, "daemon")
    place.wait_for_line(name, "hangs")
    place.sagemaker.stop_training_job(TrainingJobName=name)
    assert place.wait(name)["TrainingJobStatus"] == "Stopped"
    nothing_runs(place.server)


def test_a_daemon_does_not_hold_a_job_that_has_ended(place):
    job = place.run("""
import os, time
if os.fork() == 0:
    os.setsid()
    while True:
        time.sleep(1)
print("ended")
""")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    nothing_runs(place.server)


def test_two_jobs_with_one_output_path_keep_their_own(platform):
    script = "import os; open(os.path.join(os.environ['SM_MODEL_DIR'], os.environ['TRAINING_JOB_NAME']), 'w').write('m')\n"
    names = [platform.submit(script) for _ in range(2)]
    for name in names:
        job = platform.wait(name)
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"][len("s3://"):].split("/", 1)
        with tarfile.open(fileobj=platform.s3.get_object(Bucket=bucket, Key=key)["Body"], mode="r|gz") as archive:
            assert archive.getnames() == [name]


def test_a_job_says_what_it_used_and_what_has_no_effect(platform):
    name = platform.submit("x = bytearray(64 << 20)\nsum(i for i in range(3_000_000))\nimport time; time.sleep(0.6)\n",
                           VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}, EnableInterContainerTrafficEncryption=True)
    job = platform.wait(name)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]} and job["EnableInterContainerTrafficEncryption"] is True
    lines = platform.log(name)
    assert [line for line in lines if "without effect" in line and "VpcConfig, EnableInterContainerTrafficEncryption" in line], lines
    used = next(line for line in lines if line.startswith("Clary: algo-1 used"))
    peak = re.search(r"at the most (\d+) MiB of memory", used)
    assert peak and int(peak.group(1)) >= 64, used
