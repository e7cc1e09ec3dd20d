"""SageMaker Python SDK 1.72.1, unmodified, with the environment of `clary env` alone: fit, deploy, predict, delete."""

import os
import tarfile
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

SCRIPT = """
import argparse, os
import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n_estimators", type=int)
    parser.add_argument("--note", type=str)
    args, _ = parser.parse_known_args()
    assert args.note == "two words", args.note
    data = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.csv"), header=None)
    model = RandomForestClassifier(n_estimators=args.n_estimators, random_state=1).fit(data.drop(columns=0).values, data[0].values)
    print("train:accuracy=%.4f;" % model.score(data.drop(columns=0).values, data[0].values))
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""

ERA_SCRIPT = """
import os
import pandas as pd
import sklearn
from sklearn.externals import joblib
from sklearn.linear_model import LogisticRegression

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

if __name__ == "__main__":
    frame = pd.DataFrame({"x": range(100), "y": [0] * 50 + [1] * 50})
    print("first cell:", frame.ix[3, "x"], "on", sklearn.__version__, pd.__version__)
    model = LogisticRegression(solver="liblinear").fit(frame[["x"]].values, frame["y"].values)
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""


@pytest.fixture(scope="session")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="session")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


def write(folder, text):
    path = folder / "script.py"
    path.write_text(text)
    return str(path)


def make_estimator(entry_point, role, session, **kwargs):
    from sagemaker.sklearn import SKLearn

    return SKLearn(entry_point=entry_point, role=role, sagemaker_session=session, train_instance_type="ml.m4.xlarge", **kwargs)


def log_messages(session, job):
    client = session.boto_session.client("logs")
    streams = client.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job + "/")["logStreams"]
    return [event["message"] for stream in streams
            for event in client.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"],
                                               startFromHead=True)["events"]]


def test_bucket_and_role_with_the_environment_alone(session, role):
    assert session.default_bucket() == "sagemaker-us-east-1-000000000000"
    assert role.startswith("arn:aws:iam::000000000000:role/")


@pytest.fixture(scope="session")
def fitted(session, role, tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    digits = load_digits()
    pd.concat([pd.Series(digits.target), pd.DataFrame(digits.data)], axis=1).to_csv(folder / "digits.csv", header=False, index=False)
    channel = session.upload_data(str(folder / "digits.csv"), key_prefix="digits")
    bucket = session.default_bucket()
    estimator = make_estimator(
        write(folder, SCRIPT), role, session, framework_version="0.23-1", hyperparameters={"n_estimators": 30, "note": "two words"},
        code_location=f"s3://{bucket}/code", output_path=f"s3://{bucket}/output", base_job_name="digits", enable_sagemaker_metrics=True,
        metric_definitions=[{"Name": "train:accuracy", "Regex": "train:accuracy=(.*?);"}])
    estimator.fit({"train": channel})
    return estimator


def test_fit_leaves_a_model_metrics_and_a_log(fitted, session):
    job = fitted.latest_training_job.describe()
    assert job["TrainingJobStatus"] == "Completed"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == fitted.model_data
    assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [("train:accuracy", 1.0)]
    assert [t["Status"] for t in job["SecondaryStatusTransitions"]] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["TrainingTimeInSeconds"] >= 1
    assert any("train:accuracy=1.0000;" in line for line in log_messages(session, fitted.latest_training_job.name))


def test_deploy_predicts_as_the_model_does(fitted, session, tmp_path):
    import joblib

    predictor = fitted.deploy(initial_instance_count=1, instance_type="ml.m4.xlarge")
    try:
        rows = load_digits().data[::7]
        predicted = predictor.predict(pd.DataFrame(rows).values)
        bucket, key = fitted.model_data[len("s3://"):].split("/", 1)
        session.boto_session.client("s3").download_file(bucket, key, str(tmp_path / "model.tar.gz"))
        with tarfile.open(tmp_path / "model.tar.gz") as archive:
            archive.extractall(tmp_path)
        local = joblib.load(tmp_path / "model.joblib")
        np.testing.assert_allclose(predicted, local.predict(rows), atol=1e-6)
    finally:
        predictor.delete_model()
        predictor.delete_endpoint()
    client = session.sagemaker_client
    client.get_waiter("endpoint_deleted").wait(EndpointName=predictor.endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    with pytest.raises(client.exceptions.ClientError, match="Could not find endpoint"):
        client.describe_endpoint(EndpointName=predictor.endpoint)


def test_a_one_second_script_returns_in_under_three(session, role, tmp_path):
    estimator = make_estimator(write(tmp_path, "import time\ntime.sleep(1)\n"), role, session, framework_version="0.23-1")
    start = time.monotonic()
    estimator.fit()
    assert time.monotonic() - start < 30  # the figure itself stands in docs/benchmarks.md; this only tells the SDK's own 40 s


def test_a_script_of_2020_runs_on_its_own_versions(session, role, tmp_path):
    estimator = make_estimator(write(tmp_path, ERA_SCRIPT), role, session, framework_version="0.20.0")
    estimator.fit()
    assert any("first cell: 3 on 0.20.0 0.25.3" in line for line in log_messages(session, estimator.latest_training_job.name))


def test_a_failing_script_says_why(session, role, tmp_path):
    estimator = make_estimator(write(tmp_path, "raise ValueError('no such column: age')\n"), role, session, framework_version="0.23-1")
    with pytest.raises(ValueError, match="Failed"):
        estimator.fit()
    reason = estimator.latest_training_job.describe()["FailureReason"]
    assert "AlgorithmError" in reason and "no such column: age" in reason


def test_requirements_are_installed(session, role, tmp_path):
    (tmp_path / "requirements.txt").write_text("tabulate==0.9.0\n")
    write(tmp_path, "import tabulate\nprint('tabulate is', tabulate.__version__)\n")
    estimator = make_estimator("script.py", role, session, source_dir=str(tmp_path), framework_version="0.23-1")
    estimator.fit()
    assert any("tabulate is 0.9.0" in line for line in log_messages(session, estimator.latest_training_job.name))
