"""PyTorch 1.1.0 by SDK 1.72.1: the workflow's training script on real MNIST, its metrics, its model behind an endpoint."""

import json
import os
import pathlib
import subprocess
import tarfile

import mnist
import numpy as np
import pytest
from runtime_python import python_of

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "mnist" / "pytorch_mnist.py"
METRICS = [
    {"Name": "train:loss", "Regex": "Train Loss: (.*?);"},
    {"Name": "test:loss", "Regex": "Test Average loss: (.*?),"},
    {"Name": "test:accuracy", "Regex": "Test Accuracy: (.*?)%;"},
]
PREDICT = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy, torch, pytorch_mnist
model = pytorch_mnist.model_fn(sys.argv[2])
model.eval()
with torch.no_grad():
    numpy.save(sys.argv[4], model(torch.from_numpy(numpy.load(sys.argv[3]))).numpy())
"""


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


@pytest.fixture(scope="module")
def training_channel(session, tmp_path_factory):
    folder = mnist.write_idx(tmp_path_factory.mktemp("mnist"), 3000, 1000)
    return session.upload_data(str(folder), key_prefix="torch-mnist")


def make_estimator(role, session, entry_point=str(SCRIPT), **options):
    from sagemaker.pytorch import PyTorch

    bucket = session.default_bucket()
    settings = dict(framework_version="1.1.0", train_instance_count=1, train_instance_type="ml.c4.xlarge",
                    code_location="s3://%s/torch" % bucket, output_path="s3://%s/torch" % bucket, base_job_name="torch-mnist",
                    metric_definitions=METRICS, enable_sagemaker_metrics=True)
    settings.update(options)
    return PyTorch(entry_point=entry_point, role=role, sagemaker_session=session, **settings)


def log_messages(session, job):
    client = session.boto_session.client("logs")
    streams = client.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job + "/")["logStreams"]
    return [event["message"] for stream in streams
            for event in client.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"],
                                               startFromHead=True)["events"]]


@pytest.fixture(scope="module")
def fitted(server, session, role, training_channel):
    python_of(server, "pytorch:1.1.0")  # made before, so that no test waits for it
    estimator = make_estimator(role, session, hyperparameters={
        "epochs": 2, "backend": "gloo", "hidden_channels": 10, "dropout": 0.2, "optimizer": "sgd", "lr": 0.05, "batch-size": 32})
    estimator.fit(inputs={"training": training_channel})
    return estimator


@pytest.fixture(scope="module")
def model_dir(fitted, session, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    bucket, key = fitted.model_data[len("s3://"):].split("/", 1)
    session.boto_session.client("s3").download_file(bucket, key, str(folder / "model.tar.gz"))
    with tarfile.open(str(folder / "model.tar.gz")) as archive:
        archive.extractall(str(folder))
    return folder


def test_the_script_learns_and_its_metrics_are_scraped(fitted, session):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert set(final) == {"train:loss", "test:loss", "test:accuracy"}
    lines = log_messages(session, fitted.latest_training_job.name)
    assert any("process 0 of 1 on algo-1, PyTorch 1.1.0" in line for line in lines)
    tested = [line for line in lines if line.startswith("Test Average loss")]
    assert len(tested) == 2
    assert "Test Accuracy: %.2f%%;" % final["test:accuracy"] in tested[-1]
    print("MNIST accuracy", final["test:accuracy"])
    assert final["test:accuracy"] > 85
    assert final["test:loss"] < 0.5


def test_the_model_is_what_the_script_saved(fitted, model_dir):
    assert sorted(os.listdir(str(model_dir))) == ["model.pth", "model.tar.gz", "shape.json"]
    assert json.loads((model_dir / "shape.json").read_text()) == [10, 5, 0.2]


def test_an_endpoint_predicts_as_the_model_does(fitted, server, session, model_dir, tmp_path):
    images = (mnist.load().test_images[1000:1200, None] / 255.0 - 0.1307) / 0.3081
    np.save(str(tmp_path / "images.npy"), images.astype(np.float32))
    subprocess.run([python_of(server, "pytorch:1.1.0"), "-c", PREDICT, str(SCRIPT.parent), str(model_dir), str(tmp_path / "images.npy"),
                    str(tmp_path / "expected.npy")], check=True, timeout=120)
    predictor = fitted.deploy(initial_instance_count=1, instance_type="ml.m4.xlarge")
    try:
        predicted = predictor.predict(images.astype(np.float32))
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
    np.testing.assert_allclose(predicted, np.load(str(tmp_path / "expected.npy")), atol=1e-5)
    assert (np.argmax(predicted, axis=1) == mnist.load().test_labels[1000:1200]).mean() > 0.85


def test_two_hosts_train_one_model_by_gloo(server, session, role, training_channel):
    """The script makes the process group itself, from SM_HOSTS and MASTER_ADDR, as the containers have them."""
    python_of(server, "pytorch:1.1.0")
    estimator = make_estimator(role, session, train_instance_count=2, hyperparameters={
        "epochs": 1, "backend": "gloo", "hidden_channels": 5, "lr": 0.05, "batch-size": 32})
    estimator.fit(inputs={"training": training_channel})
    job = estimator.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = log_messages(session, estimator.latest_training_job.name)
    assert {line.split(" on ")[1].split(",")[0] for line in lines if line.startswith("process ")} == {"algo-1", "algo-2"}
    weights = {line.split()[3].rstrip(":"): line.split()[4] for line in lines if line.startswith("weights of process")}
    assert set(weights) == {"0", "1"} and len(set(weights.values())) == 1
    accuracy = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}["test:accuracy"]
    assert accuracy > 60


def test_a_python_2_image_fails_with_the_reason(session, role, tmp_path):
    (tmp_path / "empty.py").write_text("")
    estimator = make_estimator(role, session, entry_point=str(tmp_path / "empty.py"), py_version="py2")
    with pytest.raises(ValueError, match="Python 2"):
        estimator.fit()
    assert "py_version='py3'" in estimator.latest_training_job.describe()["FailureReason"]
