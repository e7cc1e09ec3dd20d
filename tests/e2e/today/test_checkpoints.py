"""Checkpoints: in S3 while the job runs, and in the next job from its start."""

import botocore.exceptions

from jobs import wait_until

TRAIN = """
import os, time
top = "TOP"
found = sorted(os.listdir(top))
print("found", found, flush=True)
for name in found:
    print("content", name, open(os.path.join(top, name)).read(), flush=True)
open(os.path.join(top, "epoch-%d" % (len(found) + 1)), "w").write("weights %d" % (len(found) + 1))
print("saved", flush=True)
"""
WAIT = "time.sleep(600)\n"


def train(local_path):
    return TRAIN.replace("TOP", local_path)


def read(platform, key):
    try:
        return platform.s3.get_object(Bucket=platform.bucket, Key=key)["Body"].read()
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchKey"
        return None


def config(platform, prefix, path=None):
    return {"CheckpointConfig": {"S3Uri": f"s3://{platform.bucket}/{prefix}", **({"LocalPath": path} if path else {})}}


def test_a_job_goes_on_where_the_last_one_was_stopped(platform):
    checkpoints = config(platform, "ck/one")
    script = train("/opt/ml/checkpoints") + WAIT
    name = platform.submit(script, **checkpoints)
    wait_until(lambda: read(platform, "ck/one/epoch-1") == b"weights 1", what="the checkpoint in S3 during the job")
    [summary] = platform.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert summary["TrainingJobStatus"] == "InProgress"
    platform.sagemaker.stop_training_job(TrainingJobName=name)
    job = platform.wait(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["CheckpointConfig"]["S3Uri"] == checkpoints["CheckpointConfig"]["S3Uri"]

    job = platform.run(train("/opt/ml/checkpoints"), **checkpoints)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = platform.log(job["TrainingJobName"])
    assert "found ['epoch-1']" in lines and "content epoch-1 weights 1" in lines
    # What was written in the last moment is there when the job has ended, and is no part of the model.
    assert read(platform, "ck/one/epoch-2") == b"weights 2"


def test_a_job_that_fails_leaves_its_checkpoints(platform):
    job = platform.run(train("/opt/ml/checkpoints") + "raise SystemExit(3)\n", **config(platform, "ck/failed/"))
    assert job["TrainingJobStatus"] == "Failed"
    assert read(platform, "ck/failed/epoch-1") == b"weights 1"


def test_deletion_is_mirrored_and_other_prefixes_are_not_ours(platform):
    platform.put("ck/del/old", b"old")
    platform.put("ck/delicate", b"another prefix")
    script = """
import os, time
print("found", sorted(os.listdir("/opt/ml/checkpoints")), flush=True)
open("/opt/ml/checkpoints/new", "w").write("n")
while not os.path.exists("/tmp/go"):
    time.sleep(0.02)
os.unlink("/opt/ml/checkpoints/old")
time.sleep(600)
"""
    name = platform.submit(script, **config(platform, "ck/del"))
    wait_until(lambda: read(platform, "ck/del/new") == b"n", what="the new checkpoint")
    assert read(platform, "ck/del/old") == b"old"
    [worker] = [path for path in (platform.server.data_dir / "workers").iterdir() if (path / "ml/checkpoints/old").exists()]
    (worker / "tmp" / "go").write_text("")
    wait_until(lambda: read(platform, "ck/del/old") is None, what="the deletion of the old checkpoint")
    platform.sagemaker.stop_training_job(TrainingJobName=name)
    platform.wait(name)
    assert "found ['old']" in platform.log(name)
    assert read(platform, "ck/delicate") == b"another prefix"


def test_another_local_path(platform):
    job = platform.run(train("/data/state"), **config(platform, "ck/path", "/data/state"))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert read(platform, "ck/path/epoch-1") == b"weights 1"
    job = platform.run(train("/opt/ml/model"), **config(platform, "ck/path", "/opt/ml/model"))
    assert job["TrainingJobStatus"] == "Failed"
    assert "CheckpointConfig.LocalPath" in job["FailureReason"]


def test_links_are_not_followed(platform):
    script = """
import os
os.symlink("/etc/passwd", "/opt/ml/checkpoints/leak")
os.rename("/opt/ml/checkpoints", "/opt/ml/elsewhere")
os.symlink("/etc", "/opt/ml/checkpoints")
"""
    platform.run(script, **config(platform, "ck/links"))
    found = platform.s3.list_objects_v2(Bucket=platform.bucket, Prefix="ck/links")
    assert found["KeyCount"] == 0
