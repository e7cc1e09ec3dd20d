"""Experiments, trials and trial components by the API itself: what is kept, listed, linked, refused and lost by nobody."""

import concurrent.futures
import datetime
import uuid

import pytest
from botocore.exceptions import ClientError

from jobs import Platform


@pytest.fixture
def api(platform):
    return platform.sagemaker


@pytest.fixture
def name():
    return "digits-" + uuid.uuid4().hex[:10]


def refused(code, text, call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    assert error.value.response["Error"]["Code"] == code
    assert text in error.value.response["Error"]["Message"]


def names_of(call, list_name, key, **request):
    """The names of a List operation, by pages of two."""
    found, token = [], {}
    while True:
        page = call(MaxResults=2, **request, **token)
        assert len(page[list_name]) <= 2
        found += [entry[key] for entry in page[list_name]]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def components_of(api, **request):
    return names_of(api.list_trial_components, "TrialComponentSummaries", "TrialComponentName", **request)


def trials_of(api, **request):
    return names_of(api.list_trials, "TrialSummaries", "TrialName", **request)


def test_experiment(api, name):
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    arn = api.create_experiment(ExperimentName=name, Description="which digit", Tags=[{"Key": "team", "Value": "a"}])["ExperimentArn"]
    assert arn.endswith(f":experiment/{name}")
    made = api.describe_experiment(ExperimentName=name)
    assert (made["ExperimentName"], made["ExperimentArn"], made["DisplayName"], made["Description"]) == (name, arn, name, "which digit")
    assert made["CreationTime"] == made["LastModifiedTime"] > before and made["CreatedBy"]["IamIdentity"]["Arn"].startswith("arn:aws:")

    assert api.update_experiment(ExperimentName=name, DisplayName="shown")["ExperimentArn"] == arn
    changed = api.describe_experiment(ExperimentName=name)
    assert (changed["DisplayName"], changed["Description"], changed["CreationTime"]) == ("shown", "which digit", made["CreationTime"])
    assert changed["LastModifiedTime"] > made["LastModifiedTime"]

    api.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    api.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert api.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]

    refused("ValidationException", "already exists", api.create_experiment, ExperimentName=name)
    assert api.delete_experiment(ExperimentName=name)["ExperimentArn"] == arn
    for call in (api.describe_experiment, api.update_experiment, api.delete_experiment):
        refused("ResourceNotFound", f"Experiment '{arn}' does not exist.", call, ExperimentName=name)
    refused("ResourceNotFound", arn, api.list_tags, ResourceArn=arn)


def test_lists_are_filtered_sorted_and_paged(api, name):
    names = [f"{name}-{letter}" for letter in "cab"]
    for one in names:
        api.create_experiment(ExperimentName=one)
    times = [api.describe_experiment(ExperimentName=one)["CreationTime"] for one in names]

    def listed(**request):
        found = names_of(api.list_experiments, "ExperimentSummaries", "ExperimentName", **request)
        return [one for one in found if one in names]

    assert listed() == names[::-1] == listed(SortBy="CreationTime", SortOrder="Descending")
    assert listed(SortOrder="Ascending") == names
    assert listed(SortBy="Name", SortOrder="Ascending") == sorted(names)
    assert listed(SortBy="Name") == sorted(names)[::-1]
    second = datetime.timedelta(seconds=1)
    assert listed(CreatedAfter=times[0] - second, CreatedBefore=times[2] + second) == names[::-1]
    assert listed(CreatedAfter=times[2] + second) == [] == listed(CreatedBefore=times[0] - second)
    summary = api.list_experiments(MaxResults=1)["ExperimentSummaries"][0]
    assert {"ExperimentArn", "ExperimentName", "DisplayName", "CreationTime", "LastModifiedTime"} <= set(summary)
    refused("ValidationException", "token", api.list_experiments, NextToken="Zm9yZ2Vk")
    refused("ValidationException", "sortBy", api.list_experiments, SortBy="Status")
    refused("ValidationException", "maxResults", api.list_experiments, MaxResults=101)


def test_trial(api, name):
    refused("ResourceNotFound", f":experiment/{name}' does not exist.", api.create_trial, TrialName=name, ExperimentName=name)
    refused("ResourceNotFound", f":experiment-trial/{name}' does not exist.", api.describe_trial, TrialName=name)
    api.create_experiment(ExperimentName=name)
    properties = {"CommitId": "c0ffee", "Repository": "r", "GeneratedBy": "hand", "ProjectId": "p"}
    arn = api.create_trial(TrialName=name, ExperimentName=name, MetadataProperties=properties, Tags=[{"Key": "k", "Value": "v"}])["TrialArn"]
    made = api.describe_trial(TrialName=name)
    assert (made["TrialName"], made["TrialArn"], made["DisplayName"], made["ExperimentName"]) == (name, arn, name, name)
    assert made["MetadataProperties"] == properties and arn.endswith(f":experiment-trial/{name}")
    assert api.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    api.update_trial(TrialName=name, DisplayName="shown")
    assert api.describe_trial(TrialName=name)["DisplayName"] == "shown"
    assert trials_of(api, ExperimentName=name) == [name]
    refused("ValidationException", "already exists", api.create_trial, TrialName=name, ExperimentName=name)
    refused("ValidationException", "is linked to 1 or more trials and cannot be deleted", api.delete_experiment, ExperimentName=name)
    api.delete_trial(TrialName=name)
    assert trials_of(api, ExperimentName=name) == []
    api.delete_experiment(ExperimentName=name)
    refused("ResourceNotFound", name, api.list_trials, ExperimentName=name)


def test_trial_component(api, name):
    start = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    arn = api.create_trial_component(
        TrialComponentName=name, Status={"PrimaryStatus": "InProgress", "Message": "epoch 1"}, StartTime=start,
        Parameters={"lr": {"NumberValue": 0.1}, "optimizer": {"StringValue": "sgd"}, "old": {"NumberValue": 1}},
        InputArtifacts={"data": {"MediaType": "text/csv", "Value": "s3://b/train.csv"}, "gone": {"Value": "x"}},
        MetadataProperties={"CommitId": "c"}, Tags=[{"Key": "k", "Value": "v"}])["TrialComponentArn"]
    assert arn.endswith(f":experiment-trial-component/{name}")
    made = api.describe_trial_component(TrialComponentName=name)
    assert (made["TrialComponentName"], made["TrialComponentArn"], made["DisplayName"]) == (name, arn, name)
    assert made["Status"] == {"PrimaryStatus": "InProgress", "Message": "epoch 1"}
    assert made["StartTime"] == start and "EndTime" not in made and made["MetadataProperties"] == {"CommitId": "c"}
    assert made["Parameters"] == {"lr": {"NumberValue": 0.1}, "optimizer": {"StringValue": "sgd"}, "old": {"NumberValue": 1.0}}
    assert made["InputArtifacts"] == {"data": {"MediaType": "text/csv", "Value": "s3://b/train.csv"}, "gone": {"Value": "x"}}
    assert (made["OutputArtifacts"], made["Metrics"], made["Sources"]) == ({}, [], [])
    assert api.describe_trial_component(TrialComponentName=arn)["TrialComponentName"] == name
    assert api.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]

    end = start + datetime.timedelta(minutes=1)
    api.update_trial_component(
        TrialComponentName=name, DisplayName="Training", Status={"PrimaryStatus": "Completed"}, EndTime=end,
        Parameters={"lr": {"NumberValue": 0.2}, "new": {"StringValue": ""}}, ParametersToRemove=["old", "never-there"],
        InputArtifactsToRemove=["gone"], OutputArtifacts={"model": {"Value": "s3://b/model.tar.gz"}})
    changed = api.describe_trial_component(TrialComponentName=name)
    assert changed["Parameters"] == {"lr": {"NumberValue": 0.2}, "optimizer": {"StringValue": "sgd"}, "new": {"StringValue": ""}}
    assert set(changed["InputArtifacts"]) == {"data"} and changed["OutputArtifacts"] == {"model": {"Value": "s3://b/model.tar.gz"}}
    assert (changed["DisplayName"], changed["Status"], changed["StartTime"], changed["EndTime"]) == (
        "Training", {"PrimaryStatus": "Completed"}, start, end)
    api.update_trial_component(TrialComponentName=name, OutputArtifactsToRemove=["model"])
    assert api.describe_trial_component(TrialComponentName=name)["OutputArtifacts"] == {}

    refused("ValidationException", "already exists", api.create_trial_component, TrialComponentName=name)
    api.delete_trial_component(TrialComponentName=name)
    for call in (api.describe_trial_component, api.update_trial_component, api.delete_trial_component):
        refused("ResourceNotFound", f"TrialComponent '{arn}' does not exist.", call, TrialComponentName=name)


def test_what_a_trial_component_cannot_hold(api, name):
    def create(**request):
        return api.create_trial_component(TrialComponentName=name, **request)

    many = {f"p{i}": {"NumberValue": i} for i in range(301)}
    refused("ValidationException", "arameters", create, Parameters=many)
    refused("ValidationException", "either a StringValue or a NumberValue", create, Parameters={"p": {}})
    refused("ValidationException", "either a StringValue or a NumberValue", create, Parameters={"p": {"StringValue": "1", "NumberValue": 1}})
    refused("ValidationException", "value", create, InputArtifacts={"a": {"Value": "x" * 2049}})
    refused("ValidationException", "nputArtifacts", create, InputArtifacts={"a" * 129: {"Value": "x"}})
    refused("ValidationException", "rimaryStatus", create, Status={"PrimaryStatus": "Done"})
    with pytest.raises(ClientError) as error:
        create(Parameters={"p": {"NumberValue": float("nan")}})
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    refused("ResourceNotFound", name, api.describe_trial_component, TrialComponentName=name)
    many.pop("p300")
    create(Parameters=many)
    refused("ValidationException", "at most 300 parameters", api.update_trial_component, TrialComponentName=name,
            Parameters={"one-more": {"NumberValue": 1}})
    api.update_trial_component(TrialComponentName=name, Parameters={"one-more": {"NumberValue": 1}}, ParametersToRemove=["p0"])
    assert set(api.describe_trial_component(TrialComponentName=name)["Parameters"]) == set(many) - {"p0"} | {"one-more"}


def test_components_of_trials(api, name):
    api.create_experiment(ExperimentName=name)
    first, second, third = (f"{name}-{i}" for i in range(3))
    for trial in (first, second):
        api.create_trial(TrialName=trial, ExperimentName=name)
    for component in (first, second, third):
        api.create_trial_component(TrialComponentName=component, Status={"PrimaryStatus": "Completed"})
    linked = api.associate_trial_component(TrialComponentName=first, TrialName=first)
    assert linked["TrialArn"].endswith(f":experiment-trial/{first}")
    assert linked["TrialComponentArn"].endswith(f":experiment-trial-component/{first}")
    for component, trial in ((first, first), (first, second), (second, second), (third, second)):
        api.associate_trial_component(TrialComponentName=component, TrialName=trial)

    assert components_of(api, TrialName=first) == [first]
    assert components_of(api, TrialName=second) == [third, second, first]
    assert components_of(api, TrialName=second, SortBy="Name", SortOrder="Ascending") == [first, second, third]
    assert components_of(api, ExperimentName=name) == [third, second, first]
    assert components_of(api, SourceArn="arn:aws:sagemaker:us-east-1:000000000000:training-job/none") == []
    assert trials_of(api, TrialComponentName=first) == [second, first]
    assert trials_of(api, TrialComponentName=third, ExperimentName=name) == [second]
    summary = api.list_trial_components(TrialName=first)["TrialComponentSummaries"][0]
    assert (summary["DisplayName"], summary["Status"]) == (first, {"PrimaryStatus": "Completed"})

    absent = name + "-absent"
    for request in ({"TrialComponentName": absent, "TrialName": first}, {"TrialComponentName": first, "TrialName": absent}):
        refused("ResourceNotFound", absent, api.associate_trial_component, **request)
        refused("ResourceNotFound", absent, api.disassociate_trial_component, **request)
    refused("ResourceNotFound", absent, api.list_trial_components, TrialName=absent)
    refused("ResourceNotFound", absent, api.list_trial_components, ExperimentName=absent)
    refused("ResourceNotFound", absent, api.list_trials, TrialComponentName=absent)

    refused("ValidationException", "is linked to 1 or more trial components and cannot be deleted", api.delete_trial, TrialName=first)
    refused("ValidationException", f"experiment-trial-component/{first}' is linked to 1 or more trials and cannot be deleted.",
            api.delete_trial_component, TrialComponentName=first)
    api.disassociate_trial_component(TrialComponentName=first, TrialName=first)
    assert components_of(api, TrialName=first) == [] and components_of(api, ExperimentName=name) == [third, second, first]
    api.delete_trial(TrialName=first)
    for component in (first, second, third):
        api.disassociate_trial_component(TrialComponentName=component, TrialName=second)
        api.delete_trial_component(TrialComponentName=component)
    api.delete_trial(TrialName=second)
    api.delete_experiment(ExperimentName=name)


def test_many_trackers_at_once_lose_nothing(api, name):
    """64 at a time: components of one trial, and parameters of one component."""
    api.create_experiment(ExperimentName=name)
    api.create_trial(TrialName=name, ExperimentName=name)
    api.create_trial_component(TrialComponentName=name)

    def track(i):
        api.create_trial_component(TrialComponentName=f"{name}-{i:02}")
        api.associate_trial_component(TrialComponentName=f"{name}-{i:02}", TrialName=name)
        api.update_trial_component(TrialComponentName=name, Parameters={f"p{i:02}": {"NumberValue": i}})

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        list(pool.map(track, range(64)))
    assert sorted(components_of(api, TrialName=name)) == [f"{name}-{i:02}" for i in range(64)]
    parameters = api.describe_trial_component(TrialComponentName=name)["Parameters"]
    assert parameters == {f"p{i:02}": {"NumberValue": float(i)} for i in range(64)}


def test_all_of_it_outlives_a_restart(make_server, name, tmp_path):
    first = make_server(tmp_path / "data")
    api = Platform(first).sagemaker
    api.create_experiment(ExperimentName=name)
    api.create_trial(TrialName=name, ExperimentName=name)
    api.create_trial_component(TrialComponentName=name, Parameters={"p": {"NumberValue": 1}})
    api.associate_trial_component(TrialComponentName=name, TrialName=name)
    first.kill()
    api = Platform(make_server(tmp_path / "data")).sagemaker
    assert components_of(api, ExperimentName=name) == [name]
    assert api.describe_trial_component(TrialComponentName=name)["Parameters"] == {"p": {"NumberValue": 1.0}}
