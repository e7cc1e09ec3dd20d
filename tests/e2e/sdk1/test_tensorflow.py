"""TensorFlow 2.1.0 by SDK 1.72.1: the workflow's training script on real MNIST, its SavedModel behind an endpoint."""

import os
import pathlib
import subprocess
import tarfile
import time

import mnist
import numpy as np
import pytest
from runtime_python import python_of

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "mnist" / "tensorflow_mnist.py"
RUNTIME = "tensorflow:2.1.0"
METRICS = [{"Name": "test:accuracy", "Regex": "test accuracy: (.*?);"}, {"Name": "train:loss", "Regex": "- loss: ([0-9.]+) - acc"}]
PREDICT = """
import sys
import numpy, tensorflow
model = tensorflow.keras.models.load_model(sys.argv[1])
numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2])))
"""
# Two workers add to a variable that lies on the second host's parameter server; the master waits for both.
PARAMETERS = """
import json, os, time
import tensorflow as tf
v1 = tf.compat.v1
v1.disable_eager_execution()
config = json.loads(os.environ["TF_CONFIG"])
task = config["task"]
print("task", task["type"], task["index"], "of", sorted(config["cluster"]))
server = v1.train.Server(config["cluster"], job_name=task["type"], task_index=task["index"])
with tf.device("/job:ps/task:1"):
    total = v1.get_variable("total", initializer=0, use_resource=False)
    add = v1.assign_add(total, 1, use_locking=True)
master = task["type"] == "master"
with v1.train.MonitoredTrainingSession(master=server.target, is_chief=master) as session:
    for _ in range(10):
        session.run(add)
    deadline = time.monotonic() + 60
    while master and session.run(total) < 20:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    if master:
        print("total %d;" % session.run(total))
"""
TO_S3 = """
import argparse, os
import tensorflow as tf
parser = argparse.ArgumentParser()
parser.add_argument("--model_dir")
args, _ = parser.parse_known_args()
with tf.io.gfile.GFile(args.model_dir + "/notes.txt", "w") as file:
    file.write("from the job")
print("found", tf.io.gfile.listdir(args.model_dir))
"""


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


def make_estimator(role, session, entry_point=str(SCRIPT), **options):
    from sagemaker.tensorflow import TensorFlow

    bucket = session.default_bucket()
    settings = dict(framework_version="2.1.0", py_version="py3", train_instance_count=1, train_instance_type="ml.p2.xlarge",
                    code_location="s3://%s/tf" % bucket, output_path="s3://%s/tf" % bucket, base_job_name="tf-mnist",
                    enable_sagemaker_metrics=True)
    settings.update(options)
    return TensorFlow(entry_point=entry_point, role=role, sagemaker_session=session, **settings)


def log_messages(session, job):
    client = session.boto_session.client("logs")
    streams = client.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job + "/")["logStreams"]
    return [event["message"] for stream in streams
            for event in client.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"],
                                               startFromHead=True)["events"]]


def wait_for(job):
    deadline = time.monotonic() + 300
    while job.describe()["TrainingJobStatus"] == "InProgress":
        assert time.monotonic() < deadline
        time.sleep(0.2)  # between two looks
    described = job.describe()
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")


@pytest.fixture(scope="module")
def fitted(server, session, role, tmp_path_factory):
    python_of(server, RUNTIME)  # made before, so that no test waits for it
    channel = session.upload_data(str(mnist.write_npy(tmp_path_factory.mktemp("mnist"), 6000, 1000)), key_prefix="tf-mnist")
    estimator = make_estimator(role, session, metric_definitions=METRICS, hyperparameters={"epochs": 2})
    estimator.fit(inputs={"training": channel})
    return estimator


@pytest.fixture(scope="module")
def model_dir(fitted, session, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    bucket, key = fitted.model_data[len("s3://"):].split("/", 1)
    session.boto_session.client("s3").download_file(bucket, key, str(folder / "model.tar.gz"))
    with tarfile.open(str(folder / "model.tar.gz")) as archive:
        archive.extractall(str(folder))
    return folder


def test_the_script_learns(fitted, session):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    assert job["AlgorithmSpecification"]["TrainingImage"].endswith("tensorflow-training:2.1.0-gpu-py3")
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert set(final) == {"test:accuracy", "train:loss"} and final["train:loss"] < 0.5
    print("MNIST accuracy", final["test:accuracy"])
    assert final["test:accuracy"] > 0.88
    lines = log_messages(session, fitted.latest_training_job.name)
    expected = "TensorFlow 2.1.0, model_dir s3://%s/tf/%s/model" % (session.default_bucket(), fitted.latest_training_job.name)
    assert expected in lines, lines[:20]


def test_the_model_is_the_saved_model_under_its_version(model_dir):
    found = sorted(os.path.relpath(os.path.join(here, name), str(model_dir)) for here, _, names in os.walk(str(model_dir)) for name in names)
    assert found == ["000000001/saved_model.pb", "000000001/variables/variables.data-00000-of-00001",
                     "000000001/variables/variables.index", "model.tar.gz"]


def test_an_endpoint_predicts_as_the_model_does(fitted, server, session, role, model_dir, tmp_path):
    from sagemaker.tensorflow.serving import Model

    data = mnist.load()
    images = data.test_images[1000:1200] / 255.0
    np.save(str(tmp_path / "images.npy"), images)
    subprocess.run([python_of(server, RUNTIME), "-c", PREDICT, str(model_dir / "000000001"), str(tmp_path / "images.npy"),
                    str(tmp_path / "expected.npy")], check=True, timeout=120)
    expected = np.load(str(tmp_path / "expected.npy"))
    # An estimator's own deploy() asks for 2.1, which means 2.1.3.
    served = Model(model_data=fitted.model_data, role=role, framework_version="2.1.0", sagemaker_session=session)
    predictor = served.deploy(initial_instance_count=1, instance_type="ml.m4.xlarge")
    try:
        predicted = np.array(predictor.predict(images)["predictions"])
        named = predictor.predict({"signature_name": "serving_default", "inputs": images[:2].tolist()})
        with pytest.raises(Exception, match="none.*not found in signature def"):
            predictor.predict({"signature_name": "none", "instances": images[:1].tolist()})
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
    np.testing.assert_allclose(predicted, expected, atol=1e-6)
    np.testing.assert_allclose(named["outputs"], expected[:2], atol=1e-6)
    assert (np.argmax(predicted, axis=1) == data.test_labels[1000:1200]).mean() > 0.8


def test_model_dir_on_s3_is_written_by_tensorflow_itself(session, role, tmp_path):
    (tmp_path / "script.py").write_text(TO_S3)
    estimator = make_estimator(role, session, entry_point=str(tmp_path / "script.py"))
    estimator.fit(wait=False)
    wait_for(estimator.latest_training_job)
    key = "tf/%s/model/notes.txt" % estimator.latest_training_job.name
    body = session.boto_session.client("s3").get_object(Bucket=session.default_bucket(), Key=key)["Body"].read()
    assert body == b"from the job"
    lines = log_messages(session, estimator.latest_training_job.name)
    assert any("found ['notes.txt']" in line for line in lines)
    assert any("No model artifact is saved under path" in line for line in lines)


def test_parameter_servers_of_two_hosts(session, role, tmp_path):
    (tmp_path / "script.py").write_text(PARAMETERS)
    estimator = make_estimator(role, session, entry_point=str(tmp_path / "script.py"), train_instance_count=2,
                               distributions={"parameter_server": {"enabled": True}})
    estimator.fit(wait=False)  # four imports of TensorFlow may take longer than the SDK looks at once
    wait_for(estimator.latest_training_job)
    lines = log_messages(session, estimator.latest_training_job.name)
    for told in ("task master 0 of ['master', 'ps', 'worker']", "task worker 0 of ['master', 'ps', 'worker']", "total 20;"):
        assert told in lines, lines


@pytest.mark.parametrize("options, reason", [
    (dict(py_version="py2", framework_version="2.1.0", script_mode=True), "Python 2"),
    (dict(distributions={"mpi": {"enabled": True}}), "MPI"),
])
def test_what_cannot_run_says_why(session, role, tmp_path, options, reason):
    (tmp_path / "empty.py").write_text("")
    estimator = make_estimator(role, session, entry_point=str(tmp_path / "empty.py"), **options)
    with pytest.raises(ValueError, match=reason):
        estimator.fit()
