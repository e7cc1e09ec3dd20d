"""The experiments of SageMaker SDK 2: Run, load_run and list_runs outside a job, and the analytics of what they tracked."""

import datetime
import uuid

import pytest


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture
def name(session):
    from sagemaker.experiments.experiment import Experiment

    name = "digits-" + uuid.uuid4().hex[:10]
    yield name
    Experiment.load(experiment_name=name, sagemaker_session=session)._delete_all(action="--force")


def test_a_run_is_tracked_loaded_and_listed(session, name):
    from sagemaker.experiments import Run, list_runs, load_run
    from sagemaker.experiments.run import SortByType, SortOrderType

    before = datetime.datetime.now(datetime.timezone.utc)
    for number, rate in enumerate((0.5, 0.25)):
        with Run(experiment_name=name, run_name=f"run-{number}", run_display_name=f"Run-{number}", sagemaker_session=session) as run:
            run.log_parameter("lr", rate)
            run.log_parameters({"optimizer": "sgd", "epochs": 3})
            for step, value in enumerate((0.9, 0.6, 0.7)):
                run.log_metric("test:loss", value * rate, step=step)
            run.log_artifact("data", "s3://bucket/data.csv", media_type="text/csv", is_output=False)
            run.log_artifact("model", "s3://bucket/model.tar.gz")

    with load_run(experiment_name=name, run_name="run-1", sagemaker_session=session) as run:
        assert run._trial_component.parameters == {"lr": 0.25, "optimizer": "sgd", "epochs": 3.0}
        run.log_parameter("later", 1)
        run.log_metric("test:loss", 0.0625, step=3)

    runs = list_runs(experiment_name=name, sort_by=SortByType.CREATION_TIME, sort_order=SortOrderType.ASCENDING, sagemaker_session=session)
    assert [run.run_name for run in runs] == ["run-0", "run-1"]
    assert [run._trial_component.parameters["lr"] for run in runs] == [0.5, 0.25]

    component = session.sagemaker_client.describe_trial_component(TrialComponentName=f"{name}-run-1")
    assert component["DisplayName"] == "Run-1" and component["Status"]["PrimaryStatus"] == "Completed"
    assert component["EndTime"] >= component["StartTime"] >= before - datetime.timedelta(seconds=1)
    assert component["InputArtifacts"] == {"data": {"MediaType": "text/csv", "Value": "s3://bucket/data.csv"}}
    assert component["OutputArtifacts"] == {"model": {"Value": "s3://bucket/model.tar.gz"}}
    loss, = component["Metrics"]
    assert (loss["MetricName"], loss["Count"], loss["Last"], loss["Max"], loss["Min"]) == ("test:loss", 4, 0.0625, 0.225, 0.0625)


def test_a_run_that_fails_says_so(session, name):
    from sagemaker.experiments import Run

    with pytest.raises(ZeroDivisionError):
        with Run(experiment_name=name, run_name="fails", sagemaker_session=session):
            1 / 0
    status = session.sagemaker_client.describe_trial_component(TrialComponentName=f"{name}-fails")["Status"]
    assert status == {"PrimaryStatus": "Failed", "Message": "division by zero"}


def test_analytics_of_runs(session, name):
    from sagemaker.analytics import ExperimentAnalytics
    from sagemaker.experiments import Run

    for number, accuracy in enumerate((0.5, 0.75, 0.25)):
        with Run(experiment_name=name, run_name=f"run-{number}", sagemaker_session=session) as run:
            run.log_parameter("number", number)
            run.log_metric("test:accuracy", accuracy, step=0)
    table = ExperimentAnalytics(experiment_name=name, sort_by="metrics.test:accuracy.max", sort_order="Descending",
                                sagemaker_session=session).dataframe()
    assert list(table["number"]) == [1, 0, 2]
    assert list(table["test:accuracy - Max"]) == [0.75, 0.5, 0.25]
    assert list(table["Experiments"]) == [[name]] * 3
    assert list(table.columns)[:2] == ["TrialComponentName", "DisplayName"]


def test_files_and_graphs_of_a_run(session, name, tmp_path):
    """Uploaded to the session's bucket; graphs are artifacts of the lineage too."""
    import json

    import numpy
    from sagemaker.experiments import Run, load_run
    from sagemaker.s3 import S3Downloader

    (tmp_path / "notes.txt").write_text("first\n")
    (tmp_path / "data.csv").write_text("1,2\n")
    truth, scores = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    with Run(experiment_name=name, run_name="files", sagemaker_session=session) as run:
        run.log_file(str(tmp_path / "notes.txt"))
        run.log_file(str(tmp_path / "data.csv"), name="training data", is_output=False)
        run.log_precision_recall(truth, scores, title="precision")
        run.log_roc_curve(truth, scores, title="roc", is_output=False)
    (tmp_path / "notes.txt").write_text("second\n")
    with load_run(experiment_name=name, run_name="files", sagemaker_session=session) as run:
        run.log_file(str(tmp_path / "notes.txt"))
        run.log_confusion_matrix(truth, numpy.array(scores) > 0.3, title="confusion")

    client = session.sagemaker_client
    component = client.describe_trial_component(TrialComponentName=f"{name}-files")
    assert component["OutputArtifacts"]["notes.txt"]["MediaType"] == "text/plain"
    assert S3Downloader.read_file(component["OutputArtifacts"]["notes.txt"]["Value"], session) == "second\n"
    assert component["InputArtifacts"]["training data"]["MediaType"] == "text/csv"

    def graphs(**side):
        return {found["SourceName"] if "DestinationArn" in side else found["DestinationName"]: found
                for found in client.list_associations(**side)["AssociationSummaries"]}

    arn = component["TrialComponentArn"]
    made, used = graphs(SourceArn=arn), graphs(DestinationArn=arn)
    assert set(made) == {"precision", "confusion"} and set(used) == {"roc"}
    assert made["confusion"]["AssociationType"] == "Produced" and used["roc"]["AssociationType"] == "ContributedTo"
    artifact = client.describe_artifact(ArtifactArn=made["confusion"]["DestinationArn"])
    assert artifact["ArtifactType"] == "ConfusionMatrix"
    drawn = json.loads(S3Downloader.read_file(artifact["Source"]["SourceUri"], session))
    assert drawn["confusionMatrix"] == [[1, 1], [0, 2]]
