"""A modern PyTorch by SDK 2.257: the training script on real MNIST, its model behind an endpoint, and torchrun."""

import json
import os
import pathlib
import subprocess
import time

import mnist
import numpy as np
import pytest
from runtime_python import python_of

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "mnist" / "pytorch_mnist.py"
RUNTIME = "pytorch:2.6.0"
VERSION = {"framework_version": "2.6.0", "py_version": "py312"}
METRICS = [{"Name": "test:accuracy", "Regex": "Test Accuracy: (.*?)%;"}]
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
def python(server):
    return python_of(server, RUNTIME)  # made before, so that no test waits for it


@pytest.fixture(scope="module")
def training_channel(session, tmp_path_factory):
    folder = mnist.write_idx(tmp_path_factory.mktemp("mnist"), 3000, 1000)
    return session.upload_data(str(folder), key_prefix="torch-mnist-2")


def make_estimator(role, session, entry_point=str(SCRIPT), **options):
    from sagemaker.pytorch import PyTorch

    # One thread: PyTorch's threads wait for one another by spinning, which on a busy machine takes minutes.
    settings = dict(environment={"OMP_NUM_THREADS": "1"}, instance_count=1, instance_type="ml.c5.xlarge", base_job_name="torch-2", metric_definitions=METRICS, **VERSION)
    settings.update(options)
    return PyTorch(entry_point=entry_point, role=role, sagemaker_session=session, **settings)


def log_messages(session, job):
    client = session.boto_session.client("logs")
    streams = client.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job + "/")["logStreams"]
    return [event["message"] for stream in streams
            for event in client.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"],
                                               startFromHead=True)["events"]]


def wait_for(session, endpoint):
    client = session.sagemaker_client
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        described = client.describe_endpoint(EndpointName=endpoint)
        if described["EndpointStatus"] not in ("Creating", "Updating"):
            assert described["EndpointStatus"] == "InService", described.get("FailureReason")
            return
        time.sleep(0.1)
    raise AssertionError("the endpoint is not there after 90 s")


@pytest.fixture(scope="module")
def fitted(python, session, role, training_channel):
    estimator = make_estimator(role, session, hyperparameters={"epochs": 2, "hidden_channels": 10, "dropout": 0.2, "lr": 0.05, "batch-size": 32})
    estimator.fit({"training": training_channel})
    return estimator


def test_the_script_learns(fitted, session):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    accuracy = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}["test:accuracy"]
    print("MNIST accuracy", accuracy)
    assert accuracy > 85
    assert any("PyTorch 2.6.0" in line and ", 1 threads" in line for line in log_messages(session, fitted.latest_training_job.name))


def test_an_endpoint_predicts_as_the_model_does(fitted, python, session, tmp_path):
    import tarfile

    images = ((mnist.load().test_images[1000:1064, None] / 255.0 - 0.1307) / 0.3081).astype(np.float32)
    np.save(str(tmp_path / "images.npy"), images)
    bucket, key = fitted.model_data[len("s3://"):].split("/", 1)
    session.boto_session.client("s3").download_file(bucket, key, str(tmp_path / "model.tar.gz"))
    with tarfile.open(str(tmp_path / "model.tar.gz")) as archive:
        archive.extractall(str(tmp_path))
    subprocess.run([python, "-c", PREDICT, str(SCRIPT.parent), str(tmp_path), str(tmp_path / "images.npy"),
                    str(tmp_path / "expected.npy")], check=True, timeout=120)
    predictor = fitted.deploy(initial_instance_count=1, instance_type="ml.m5.large", wait=False)
    try:
        wait_for(session, predictor.endpoint_name)
        predicted = predictor.predict(images)
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
    np.testing.assert_allclose(predicted, np.load(str(tmp_path / "expected.npy")), atol=1e-5)


def test_torchrun_on_two_hosts(python, session, role, training_channel):
    """Asks for a GPU instance type, since the SDK wants one for torch_distributed; here it runs on what the host has."""
    estimator = make_estimator(role, session, instance_count=2, instance_type="ml.g4dn.xlarge",
                               distribution={"torch_distributed": {"enabled": True}},
                               hyperparameters={"epochs": 1, "hidden_channels": 5, "backend": "gloo", "lr": 0.03})
    estimator.fit({"training": training_channel})
    job = estimator.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    lines = log_messages(session, estimator.latest_training_job.name)
    assert any("-m torch.distributed.run --nnodes 2" in line for line in lines)
    weights = {line.split()[3].rstrip(":"): line.split()[4] for line in lines if line.startswith("weights of process")}
    assert set(weights) == {"0", "1"} and len(set(weights.values())) == 1  # two processes, one and the same model


def test_launchers_that_are_not_here_fail_with_the_reason(session, role, tmp_path):
    (tmp_path / "train.py").write_text("print('ran')\n")
    estimator = make_estimator(role, session, str(tmp_path / "train.py"), distribution={"mpi": {"enabled": True}})
    with pytest.raises(Exception, match="MPI"):
        estimator.fit()
    reason = estimator.latest_training_job.describe()["FailureReason"]
    assert "MPI" in reason and "not available" in reason


def test_a_torchscript_model_without_code_serves(python, session, role, tmp_path):
    """PyTorchModel with the container's default functions."""
    import tarfile

    from sagemaker.model import Model
    from sagemaker import image_uris
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import JSONSerializer

    text = "import sys, torch\ntorch.jit.script(torch.nn.Linear(2, 1)).save(sys.argv[1])\n"
    subprocess.run([python, "-c", text, str(tmp_path / "model.pth")], check=True, timeout=120)
    with tarfile.open(str(tmp_path / "model.tar.gz"), "w:gz") as archive:
        archive.add(str(tmp_path / "model.pth"), "model.pth")
    data = session.upload_data(str(tmp_path / "model.tar.gz"), key_prefix="torchscript")
    image = image_uris.retrieve("pytorch", session.boto_region_name, version="2.6", py_version="py312", instance_type="ml.m5.large",
                                image_scope="inference")
    assert image.endswith("pytorch-inference:2.6-cpu-py312")
    model = Model(image_uri=image, model_data=data, role=role, sagemaker_session=session)
    name = "torchscript-%d" % os.getpid()
    model.deploy(1, "ml.m5.large", endpoint_name=name, wait=False)
    predictor = Predictor(name, session, JSONSerializer(), JSONDeserializer())
    try:
        wait_for(session, name)
        answer = predictor.predict([[1.0, 2.0], [3.0, 4.0]])
        assert [len(row) for row in answer] == [1, 1], json.dumps(answer)
    finally:
        predictor.delete_endpoint()
