"""Jobs of SDK 1.72.1 in an experiment of sagemaker-experiments 0.1.45: the workflow's TensorFlow job, and the Tracker inside a job."""

import pathlib
import shutil
import uuid

import mnist
import pytest
from runtime_python import python_of

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "examples" / "mnist" / "tensorflow_mnist.py"
TRACKED = """
import sys
sys.path[:0] = %r
from smexperiments.tracker import Tracker

with Tracker.load() as tracker:
    tracker.log_parameter("from-inside", 7)
    tracker.log_output("report", "s3://bucket/report", media_type="text/plain")
    if %r:
        for step in range(4):
            tracker.log_metric("inside:loss", 1 / (step + 1), iteration_number=step)
print("tracked", tracker.trial_component.trial_component_name)
"""


@pytest.fixture(scope="session")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="session")
def role(session):
    import sagemaker

    return sagemaker.get_execution_role()


@pytest.fixture
def trial(session):
    from smexperiments.experiment import Experiment
    from smexperiments.trial import Trial

    name = "tf-mnist-" + uuid.uuid4().hex[:10]
    experiment = Experiment.create(experiment_name=name, sagemaker_boto_client=session.sagemaker_client)
    return Trial.create(trial_name=name, experiment_name=experiment.experiment_name, sagemaker_boto_client=session.sagemaker_client)


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """A folder with sagemaker-experiments, which no image holds: scripts bring it."""
    import smexperiments

    installed = pathlib.Path(smexperiments.__file__).parent
    folder = tmp_path_factory.mktemp("library")
    for part in (installed, *installed.parent.glob("sagemaker_experiments-*.dist-info")):
        shutil.copytree(str(part), str(folder / part.name), ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def metrics_of(component):
    return {metric.metric_name: metric for metric in component.metrics}


def test_the_workflows_tensorflow_job_shows_what_keras_prints(server, session, role, trial, tmp_path):
    from sagemaker.tensorflow import TensorFlow
    from smexperiments.trial_component import TrialComponent

    python_of(server, "tensorflow:2.1.0")  # made before, so that the SDK does not wait for it
    channel = session.upload_data(str(mnist.write_npy(tmp_path, 2000, 500)), key_prefix=trial.trial_name)
    estimator = TensorFlow(
        entry_point=str(SCRIPT), role=role, sagemaker_session=session, train_instance_count=1, train_instance_type="ml.p2.xlarge",
        base_job_name="tf-mnist", py_version="py3", framework_version="2.1.0", enable_sagemaker_metrics=True, hyperparameters={"epochs": 3})
    estimator.fit(inputs={"training": channel}, experiment_config={"TrialName": trial.trial_name, "TrialComponentDisplayName": "Training"})
    described = estimator.latest_training_job.describe()
    assert described["ExperimentConfig"] == {"TrialName": trial.trial_name, "TrialComponentDisplayName": "Training"}
    assert not described["AlgorithmSpecification"].get("MetricDefinitions")

    job = estimator.latest_training_job.name
    assert [summary.trial_component_name for summary in trial.list_trial_components()] == [job + "-aws-training-job"]
    component = TrialComponent.load(job + "-aws-training-job", sagemaker_boto_client=session.sagemaker_client)
    assert component.display_name == "Training" and component.status.primary_status == "Completed"
    assert component.parameters["epochs"] == 3 and component.parameters["SageMaker.InstanceType"] == "ml.p2.xlarge"
    assert component.input_artifacts["training"].value == channel
    assert component.output_artifacts["SageMaker.ModelArtifact"].value == estimator.model_data
    metrics = metrics_of(component)
    assert {"loss", "accuracy"} <= set(metrics)
    # Three epochs and the evaluation after them.
    assert metrics["loss"].count == metrics["accuracy"].count == 4
    assert 0.5 < metrics["accuracy"].max <= 1 and 0 < metrics["loss"].min < metrics["loss"].max < 3
    final = {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]}
    assert final["accuracy"] == pytest.approx(metrics["accuracy"].last)


def test_a_tracker_inside_a_training_job(session, role, trial, library, tmp_path):
    from sagemaker.sklearn import SKLearn
    from smexperiments.trial_component import TrialComponent

    (tmp_path / "script.py").write_text(TRACKED % ([], True))
    estimator = SKLearn(entry_point=str(tmp_path / "script.py"), dependencies=[str(part) for part in library.iterdir()], role=role, sagemaker_session=session,
                        train_instance_type="ml.m4.xlarge", framework_version="0.23-1")
    estimator.fit(experiment_config={"TrialName": trial.trial_name})
    component = TrialComponent.load(estimator.latest_training_job.name + "-aws-training-job", sagemaker_boto_client=session.sagemaker_client)
    assert component.parameters["from-inside"] == 7 and component.parameters["SageMaker.InstanceCount"] == 1
    assert component.output_artifacts["report"].media_type == "text/plain"
    assert component.status.primary_status == "Completed" and "secondary status: Completed" in component.status.message
    loss = metrics_of(component)["inside:loss"]
    assert (loss.count, loss.max, loss.last, loss.min) == (4, 1, 0.25, 0.25)


def test_a_tracker_inside_a_processing_job(session, role, trial, library, tmp_path):
    from sagemaker.processing import ProcessingInput
    from sagemaker.sklearn.processing import SKLearnProcessor
    from smexperiments.tracker import Tracker

    (tmp_path / "script.py").write_text(TRACKED % (["/opt/ml/processing/library"], False))
    processor = SKLearnProcessor(framework_version="0.20.0", role=role, instance_type="ml.m4.xlarge", instance_count=1, sagemaker_session=session)
    processor.run(code=str(tmp_path / "script.py"),
                  inputs=[ProcessingInput(source=str(library), destination="/opt/ml/processing/library", input_name="library")],
                  experiment_config={"TrialName": trial.trial_name, "TrialComponentDisplayName": "Preprocessing"})
    loaded = Tracker.load(processing_job_name=processor.latest_job.job_name, sagemaker_boto_client=session.sagemaker_client)
    component = loaded.trial_component
    assert component.display_name == "Preprocessing" and component.status.primary_status == "Completed"
    assert component.parameters["from-inside"] == 7 and component.input_artifacts["library"].value.startswith("s3://")
    assert [summary.display_name for summary in trial.list_trial_components()] == ["Preprocessing"]
