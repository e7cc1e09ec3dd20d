"""TensorFlow 2.19 by SDK 2.257: the training script on real MNIST, its SavedModel and handlers of its own behind an endpoint."""

import json
import pathlib
import subprocess
import tarfile
import time

import mnist
import numpy as np
import pytest
from runtime_python import python_of

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "mnist" / "tensorflow_mnist.py"
RUNTIME = "tensorflow:2.19.0"
IMAGES = slice(1000, 1200)  # enough that luck does not decide on what is asserted of their digits
PREDICT = """
import sys
import numpy, tensorflow
signature = tensorflow.saved_model.load(sys.argv[1]).signatures["serving_default"]
(name,) = signature.structured_input_signature[1]
(predicted,) = signature(**{name: tensorflow.constant(numpy.load(sys.argv[2]).astype("float32"))}).values()
numpy.save(sys.argv[3], predicted.numpy())
"""
HANDLERS = """
import json

def input_handler(data, context):
    assert context.request_content_type == "application/json"
    return json.dumps({"instances": [[[pixel / 255.0 for pixel in line] for line in image] for image in json.loads(data.read())["pixels"]]})

def output_handler(response, context):
    if response.status_code != 200:
        raise ValueError(response.content.decode())
    return json.dumps({"digits": [row.index(max(row)) for row in response.json()["predictions"]]}), "application/json"
"""
# Each of two workers brings its number; the sum is the same on both.
MIRRORED = """
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
def number():
    return tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32) + 1.0
total = strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(tf.function(number)), axis=None)
print("workers %d, total %g;" % (strategy.num_replicas_in_sync, float(total)))
"""


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


def wait_for(session, endpoint):
    client = session.sagemaker_client
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        described = client.describe_endpoint(EndpointName=endpoint)
        if described["EndpointStatus"] not in ("Creating", "Updating"):
            assert described["EndpointStatus"] == "InService", described.get("FailureReason")
            return
        time.sleep(0.1)  # between two looks
    raise AssertionError("the endpoint is not there after 90 s")


@pytest.fixture(scope="module")
def fitted(server, session, role, tmp_path_factory):
    from sagemaker.tensorflow import TensorFlow

    python_of(server, RUNTIME)  # made before, so that no test waits for it
    channel = session.upload_data(str(mnist.write_npy(tmp_path_factory.mktemp("mnist"), 6000, 1000)), key_prefix="tf-mnist-2")
    estimator = TensorFlow(entry_point=str(SCRIPT), role=role, sagemaker_session=session, framework_version="2.19.0", py_version="py312",
                           instance_count=1, instance_type="ml.c5.xlarge", hyperparameters={"epochs": 2},
                           metric_definitions=[{"Name": "test:accuracy", "Regex": "test accuracy: (.*?);"}])
    estimator.fit({"training": channel})
    return estimator


def test_the_script_learns(fitted):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    (metric,) = job["FinalMetricDataList"]
    print("MNIST accuracy", metric["Value"])
    assert metric["Value"] > 0.88


def deploy(fitted, session, role, **options):
    from sagemaker.tensorflow import TensorFlowModel

    served = TensorFlowModel(model_data=fitted.model_data, role=role, framework_version="2.19.0", sagemaker_session=session, **options)
    predictor = served.deploy(initial_instance_count=1, instance_type="ml.c5.xlarge", wait=False)
    wait_for(session, predictor.endpoint_name)
    return predictor


@pytest.fixture(scope="module")
def predicted_by_the_model(fitted, server, session, tmp_path_factory):
    """What the SavedModel itself, loaded by TensorFlow, says of IMAGES."""
    folder = tmp_path_factory.mktemp("model")
    bucket, key = fitted.model_data[len("s3://"):].split("/", 1)
    session.boto_session.client("s3").download_file(bucket, key, str(folder / "model.tar.gz"))
    with tarfile.open(str(folder / "model.tar.gz")) as archive:
        assert "000000001/saved_model.pb" in archive.getnames()
        archive.extractall(str(folder))
    np.save(str(folder / "images.npy"), mnist.load().test_images[IMAGES] / 255.0)
    subprocess.run([python_of(server, RUNTIME), "-c", PREDICT, str(folder / "000000001"), str(folder / "images.npy"),
                    str(folder / "expected.npy")], check=True, timeout=120)
    return np.load(str(folder / "expected.npy"))


def test_an_endpoint_predicts_as_the_model_does(fitted, predicted_by_the_model, session, role):
    data = mnist.load()
    predictor = deploy(fitted, session, role)
    try:
        predicted = np.array(predictor.predict({"instances": (data.test_images[IMAGES] / 255.0).tolist()})["predictions"])
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
    np.testing.assert_allclose(predicted, predicted_by_the_model, atol=1e-6)
    assert (np.argmax(predicted, axis=1) == data.test_labels[IMAGES]).mean() > 0.8


def test_handlers_stand_before_the_model(fitted, predicted_by_the_model, session, role, tmp_path):
    (tmp_path / "inference.py").write_text(HANDLERS)
    predictor = deploy(fitted, session, role, entry_point="inference.py", source_dir=str(tmp_path))
    try:
        answer = session.sagemaker_runtime_client.invoke_endpoint(
            EndpointName=predictor.endpoint_name, ContentType="application/json",
            Body=json.dumps({"pixels": mnist.load().test_images[IMAGES].tolist()}))
        found = json.loads(answer["Body"].read())["digits"]
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
    assert found == np.argmax(predicted_by_the_model, axis=1).tolist()


def test_the_mirrored_strategy_over_two_hosts(fitted, session, role, tmp_path):
    from sagemaker.tensorflow import TensorFlow

    (tmp_path / "script.py").write_text(MIRRORED)
    estimator = TensorFlow(entry_point=str(tmp_path / "script.py"), role=role, sagemaker_session=session, framework_version="2.19.0",
                           py_version="py312", instance_count=2, instance_type="ml.c5.xlarge",
                           distribution={"multi_worker_mirrored_strategy": {"enabled": True}})
    estimator.fit(wait=False)  # it may take longer than the SDK looks at once
    deadline = time.monotonic() + 300
    while estimator.latest_training_job.describe()["TrainingJobStatus"] == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.2)  # between two looks
    job = estimator.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    name, client = estimator.latest_training_job.name, session.boto_session.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    for host in ("algo-1", "algo-2"):
        (stream,) = client.describe_log_streams(logGroupName=group, logStreamNamePrefix=name + "/" + host)["logStreams"]
        events = client.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)["events"]
        assert "workers 2, total 3;" in [event["message"] for event in events]
