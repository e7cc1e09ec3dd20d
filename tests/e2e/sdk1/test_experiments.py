"""sagemaker-experiments 0.1.45 as the workflow uses it: a tracked step shared by a sweep's trials, read back, and deleted as a whole."""

import uuid

import pytest


@pytest.fixture
def name():
    return "torch-mnist-" + uuid.uuid4().hex[:10]


@pytest.fixture
def client(server):
    import boto3

    return boto3.client("sagemaker")


@pytest.fixture
def preprocessing(client):
    from smexperiments.tracker import Tracker

    with Tracker.create(display_name="Preprocessing", sagemaker_boto_client=client) as tracker:
        tracker.log_parameters({"normalization_mean": 0.1307, "normalization_std": 0.3081, "source": "npm"})
        tracker.log_input(name="mnist-dataset", media_type="s3/uri", value="s3://bucket/mnist")
        tracker.log_output(name="normalised", value="s3://bucket/normalised")
    return tracker.trial_component


def test_a_sweep_shares_its_tracked_preprocessing(client, name, preprocessing):
    from smexperiments.experiment import Experiment
    from smexperiments.trial import Trial
    from smexperiments.trial_component import TrialComponent

    experiment = Experiment.create(experiment_name=name, description="Classification of digits", sagemaker_boto_client=client)
    trials = {}
    for channels in (2, 5, 10):
        trial = Trial.create(trial_name=f"{name}-{channels}", experiment_name=experiment.experiment_name, sagemaker_boto_client=client)
        trial.add_trial_component(preprocessing)
        trials[channels] = trial

    listed = list(experiment.list_trials())
    assert {summary.trial_name for summary in listed} == {trial.trial_name for trial in trials.values()}
    for trial in trials.values():
        components = list(trial.list_trial_components())
        assert [(part.display_name, part.status.primary_status) for part in components] == [("Preprocessing", "Completed")]

    loaded = TrialComponent.load(preprocessing.trial_component_name, sagemaker_boto_client=client)
    assert loaded.parameters == {"normalization_mean": 0.1307, "normalization_std": 0.3081, "source": "npm"}
    dataset = loaded.input_artifacts["mnist-dataset"]
    assert (dataset.value, dataset.media_type) == ("s3://bucket/mnist", "s3/uri")
    assert loaded.output_artifacts["normalised"].value == "s3://bucket/normalised"
    assert loaded.start_time <= loaded.end_time

    experiment.delete_all("--force")
    assert name not in [summary.experiment_name for summary in Experiment.list(sagemaker_boto_client=client)]
    with pytest.raises(client.exceptions.ResourceNotFound):
        TrialComponent.load(preprocessing.trial_component_name, sagemaker_boto_client=client)


def test_a_step_that_raises_is_failed(client):
    from smexperiments.tracker import Tracker

    with pytest.raises(ValueError):
        with Tracker.create(display_name="Preprocessing", sagemaker_boto_client=client) as tracker:
            raise ValueError("no such column")
    status = client.describe_trial_component(TrialComponentName=tracker.trial_component.trial_component_name)["Status"]
    assert (status["PrimaryStatus"], status["Message"]) == ("Failed", "no such column")
    tracker.trial_component.delete()


def test_an_experiment_with_trials_stays(client, name):
    from botocore.exceptions import ClientError
    from smexperiments.experiment import Experiment
    from smexperiments.trial import Trial

    experiment = Experiment.create(experiment_name=name, sagemaker_boto_client=client)
    trial = Trial.create(trial_name=name + "-1", experiment_name=name, sagemaker_boto_client=client)
    with pytest.raises(ClientError, match="cannot be deleted"):
        experiment.delete()
    trial.delete()
    experiment.delete()


def test_files_of_a_tracker_are_artifacts_of_its_lineage(client, name, tmp_path):
    from smexperiments.tracker import Tracker

    (tmp_path / "data.csv").write_text("1,2")
    (tmp_path / "report.txt").write_text("97 %")
    with Tracker.create(display_name=name, sagemaker_boto_client=client) as tracker:
        tracker.log_input_artifact(str(tmp_path / "data.csv"), name="data")
        tracker.log_output_artifact(str(tmp_path / "report.txt"), name="report")
    arn = tracker.trial_component.trial_component_arn
    inputs = client.list_associations(DestinationArn=arn)["AssociationSummaries"]
    outputs = client.list_associations(SourceArn=arn)["AssociationSummaries"]
    assert [(one["SourceName"], one["AssociationType"]) for one in inputs] == [("data", "ContributedTo")]
    assert [(one["DestinationName"], one["AssociationType"]) for one in outputs] == [("report", "Produced")]
    component = client.describe_trial_component(TrialComponentName=tracker.trial_component.trial_component_name)
    source = client.describe_artifact(ArtifactArn=inputs[0]["SourceArn"])["Source"]
    assert source["SourceUri"] == component["InputArtifacts"]["data"]["Value"] and source["SourceTypes"][0]["SourceIdType"] == "S3ETag"
    client.delete_trial_component(TrialComponentName=tracker.trial_component.trial_component_name)
    assert client.list_associations(DestinationArn=arn)["AssociationSummaries"] == []
