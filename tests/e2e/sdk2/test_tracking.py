"""`load_run()` of SageMaker SDK 2 inside a training and a processing job: the run of the notebook goes on in them."""

import os
import sys
import uuid

import pytest

from clary_server import ClaryServer

# This very environment, the SDK in it, is what the jobs run in.
RUNTIME = """
[runtime]
name = "sdk"
framework_module = "generic"
[[version]]
tag = "1"
library = "sagemaker"
images = ["sdk:1"]
virtualenv = "%s"
"""
SCRIPT = """
from sagemaker.experiments import load_run
from sagemaker.session import Session

with load_run(sagemaker_session=Session()) as run:
    run.log_parameter("inside-%s", 7)
    for step in range(3):
        run.log_metric("%s:loss", 1 / (step + 1), step=step)
print("run", run.run_name)
"""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    data = tmp_path_factory.mktemp("tracking")
    (data / "runtimes" / "sdk").mkdir(parents=True)
    (data / "runtimes" / "sdk" / "runtime.toml").write_text(RUNTIME % sys.prefix)
    before = dict(os.environ)
    with ClaryServer(data) as running:
        running.apply()
        yield running
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def session(own_server):
    import boto3
    import sagemaker

    return sagemaker.Session(boto_session=boto3.Session())  # boto3's default one may have another server's keys


@pytest.fixture
def role(session):
    import sagemaker

    return sagemaker.get_execution_role(session)


def test_a_run_goes_on_inside_its_jobs(session, role, tmp_path):
    from sagemaker.estimator import Estimator
    from sagemaker.experiments import Run
    from sagemaker.processing import ScriptProcessor

    for part in ("training", "processing"):
        (tmp_path / f"{part}.py").write_text(SCRIPT % (part, part))
    experiment = "sdk2-" + uuid.uuid4().hex[:10]
    with Run(experiment_name=experiment, run_name="first", sagemaker_session=session) as run:
        run.log_parameter("outside", 1)
        processor = ScriptProcessor(image_uri="sdk:1", command=["python3"], role=role, instance_count=1, instance_type="ml.m5.large",
                                    sagemaker_session=session)
        processor.run(code=str(tmp_path / "processing.py"))
        estimator = Estimator(image_uri="sdk:1", entry_point="training.py", source_dir=str(tmp_path), role=role, instance_count=1,
                              instance_type="ml.m5.large", sagemaker_session=session)
        estimator.fit()
    client = session.sagemaker_client
    found = client.describe_trial_component(TrialComponentName=experiment + "-first")
    numbers = {name: value["NumberValue"] for name, value in found["Parameters"].items()}
    assert numbers == {"outside": 1.0, "inside-training": 7.0, "inside-processing": 7.0}
    metrics = {metric["MetricName"]: (metric["Count"], metric["Max"], metric["Last"]) for metric in found["Metrics"]}
    assert metrics == {part + ":loss": (3, 1.0, pytest.approx(1 / 3)) for part in ("training", "processing")}
    training, processing = estimator.latest_training_job.name, processor.latest_job.job_name
    assert [source["SourceArn"].rsplit("/", 1)[1] for source in found["Sources"]] == [processing, training]
    assert client.describe_training_job(TrainingJobName=training)["ExperimentConfig"] == {
        "ExperimentName": experiment, "TrialName": "Default-Run-Group-" + experiment, "RunName": experiment + "-first"}
    listed = client.list_trial_components(ExperimentName=experiment)["TrialComponentSummaries"]
    assert {summary["TrialComponentName"] for summary in listed} == {
        experiment + "-first", training + "-aws-training-job", processing + "-aws-processing-job"}
