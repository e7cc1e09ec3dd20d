"""The server is killed, as kill -9 does, at every step of a job's life that it takes itself: nothing acknowledged is lost, no script runs twice, nothing
is left behind. The steps are told apart by CLARY_TEST_DIE_AT (src/jobs/job_steps.hpp)."""

import re

import pytest

from jobs import ENDED, INSTANCE, Platform, nothing_runs, wait_until

# Leaves a line and a file; a second run of one host would leave a second line.
SCRIPT = """
import os, uuid
host = os.environ["SM_CURRENT_HOST"]
print("run of", host, uuid.uuid4(), flush=True)
open(os.path.join(os.environ["SM_MODEL_DIR"], host), "w").write("trained")
"""

# A job on one host takes eight or nine steps of its own, one on two hosts three more.
STEPS = {1: range(1, 10), 2: range(3, 13)}


def steps_of(server):
    return re.findall(r"step \d+ of jobs: (\S+)", server.log_text())


def life(make_server, hosts, die_at):
    """A job whose server dies at a step, and what the next server makes of it; the platform, the job's description, and the steps of the first server."""
    server = make_server(first_look_seconds=0, variables={"CLARY_TEST_DIE_AT": str(die_at)})
    platform = Platform(server)
    source = platform.put("source.tar.gz", platform_archive())
    try:
        name = platform.submit(source=source, ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": hosts, "VolumeSizeInGB": 1})
    except Exception:
        name = None  # it died before it answered: there may be a job all the same

    def settled():
        # A step is logged once it is stored, and the server dies once it is logged.
        steps = steps_of(server)
        return server.process.poll() is not None or len(steps) != die_at and steps[-1:] and steps[-1] in ENDED

    wait_until(settled, what="the server's death or the job's end")
    steps = steps_of(server)
    if server.process.poll() is not None:
        server.process.wait()
        server.variables = {}
        server.start()
        if name is None:
            name = platform.sagemaker.list_training_jobs()["TrainingJobSummaries"][0]["TrainingJobName"]
    return platform, platform.wait(name), steps


def platform_archive():
    from jobs import tar_gz
    return tar_gz({"train.py": SCRIPT})


@pytest.mark.parametrize("hosts, die_at", [(hosts, step) for hosts, steps in STEPS.items() for step in steps])
def test_killed_at_a_step(make_server, hosts, die_at):
    platform, job, steps = life(make_server, hosts, die_at)
    assert job["TrainingJobStatus"] == "Completed", (steps, job.get("FailureReason"))
    runs = [line for line in platform.log(job["TrainingJobName"]) if line.startswith("run of ")]
    assert sorted(line.split()[2] for line in runs) == [f"algo-{i + 1}" for i in range(hosts)], (steps, runs)
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"][len("s3://"):].split("/", 1)
    assert platform.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0
    nothing_runs(platform.server)
    wait_until(lambda: not any((platform.server.data_dir / "workers").glob("train-*")), what="the removal of the workers' folders")


@pytest.mark.parametrize("hosts", STEPS)
def test_these_are_all_steps(make_server, hosts):
    _, job, steps = life(make_server, hosts, 0)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert steps[-1] == "Completed" and len(steps) <= STEPS[hosts][-1], steps
