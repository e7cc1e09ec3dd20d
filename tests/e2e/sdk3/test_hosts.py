"""ModelTrainer over two hosts, and with checkpoints."""

import uuid

from jobs import INSTANCE


def test_two_hosts(trainer, ended, read, log_of):
    from sagemaker.train.configs import Compute

    job = trainer({"train.py": """
        import json, os, socket
        host = os.environ["SM_CURRENT_HOST"]
        assert socket.gethostbyname(host)
        with open(os.path.join(os.environ["SM_MODEL_DIR"], host + ".json"), "w") as file:
            json.dump({"hosts": json.loads(os.environ["SM_HOSTS"]), "rank": os.environ["SM_CURRENT_HOST_RANK"],
                       "count": os.environ["SM_HOST_COUNT"], "master": os.environ["SM_MASTER_ADDR"]}, file)
        print("this is", host, flush=True)
        """}, compute=Compute(instance_type=INSTANCE, instance_count=2, volume_size_in_gb=1))
    job.train(wait=True, logs=True)
    described = ended(job)
    lines = log_of(described["TrainingJobName"])
    assert described["TrainingJobStatus"] == "Completed", lines[-30:]
    assert "this is algo-1" in lines and "this is algo-2" in lines
    for rank, host in enumerate(("algo-1", "algo-2")):
        assert read(described["ModelArtifacts"]["S3ModelArtifacts"], host + ".json") == {
            "hosts": ["algo-1", "algo-2"], "rank": str(rank), "count": "2", "master": "algo-1"}


def test_the_host_that_fails_is_named(trainer, ended):
    from sagemaker.train.configs import Compute

    job = trainer({"train.py": """
        import os, time
        if os.environ["SM_CURRENT_HOST"] == "algo-2":
            raise ValueError("the second half is empty")
        time.sleep(60)
        """}, compute=Compute(instance_type=INSTANCE, instance_count=2, volume_size_in_gb=1))
    job.train(wait=False)
    reason = ended(job)["FailureReason"]
    assert "algo-2" in reason and "ValueError: the second half is empty" in reason, reason


def test_checkpoints_are_restored(trainer, session, ended, read):
    from sagemaker.train.configs import CheckpointConfig

    kept = f"s3://{session.default_bucket()}/sdk3/checkpoints-{uuid.uuid4().hex[:8]}"
    script = {"train.py": """
        import os
        path = "/opt/ml/checkpoints/epoch.json"
        epoch = int(open(path).read()) + 1 if os.path.exists(path) else 1
        open(path, "w").write(str(epoch))
        print("epoch", epoch)
        """}
    for epoch in (1, 2):
        job = trainer(script, checkpoint_config=CheckpointConfig(s3_uri=kept))
        job.train(wait=False)
        described = ended(job)
        assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
        assert described["CheckpointConfig"] == {"S3Uri": kept, "LocalPath": "/opt/ml/checkpoints"}
        assert read(kept + "/epoch.json") == epoch
