"""The lineage that writes itself: from the data of a job to the endpoint of its model."""

import uuid

import pytest

from jobs import IMAGE

MODEL = """
import json
def model_fn(folder): return int(open(folder + "/weights").read())
def input_fn(body, content_type): return json.loads(body)
def predict_fn(data, model): return [model * number for number in data]
def output_fn(prediction, accept): return json.dumps(prediction)
"""


@pytest.fixture
def api(platform):
    return platform.sagemaker


def contexts_of(api, endpoint):
    arn = api.describe_endpoint(EndpointName=endpoint)["EndpointArn"]
    return [one["ContextArn"] for one in api.list_contexts(SourceUri=arn, ContextType="Endpoint")["ContextSummaries"]]


def sources_above(api, arn, kind=None):
    """The sources of the artifacts that an entity descends from."""
    filters = {"LineageTypes": ["Artifact"], **({"Types": [kind]} if kind else {})}
    found = api.query_lineage(StartArns=[arn], Direction="Ascendants", Filters=filters)["Vertices"]
    return {api.describe_artifact(ArtifactArn=one["Arn"])["Source"]["SourceUri"] for one in found}


def test_an_endpoint_its_update_and_its_deletion(platform, api):
    first = platform.deploy(MODEL)
    second = platform.model(MODEL)
    data = [f"s3://{platform.bucket}/{name}/model.tar.gz" for name in (first, second)]
    [context] = contexts_of(api, first)
    assert sources_above(api, context) == {data[0], IMAGE}
    described = api.describe_context(ContextName=context)
    assert described["ContextType"] == "Endpoint" and described["Source"]["SourceUri"].endswith(f":endpoint/{first}")
    [model] = api.list_artifacts(SourceUri=data[0], ArtifactType="Model")["ArtifactSummaries"]
    whole = api.query_lineage(StartArns=[context], Direction="Ascendants", IncludeEdges=True)
    assert sorted((vertex["LineageType"], vertex["Type"]) for vertex in whole["Vertices"]) == [
        ("Action", "ModelDeployment"), ("Artifact", "Image"), ("Artifact", "Model"), ("Context", "Endpoint")]
    assert sorted(edge["AssociationType"] for edge in whole["Edges"]) == ["AssociatedWith", "AssociatedWith", "ContributedTo", "ContributedTo"]

    assert platform.endpoint(first)["EndpointStatus"] == "InService"
    api.update_endpoint(EndpointName=first, EndpointConfigName=second)
    assert contexts_of(api, first) == [context] and sources_above(api, context, "Model") == set(data)
    actions = api.query_lineage(StartArns=[context], Direction="Ascendants", Filters={"Types": ["ModelDeployment"]})["Vertices"]
    assert len(actions) == 2

    platform.endpoint(first)
    platform.delete_endpoint(first)
    api.delete_model(ModelName=first)
    assert sources_above(api, context, "Model") == set(data)
    endpoints = api.query_lineage(StartArns=[model["ArtifactArn"]], Direction="Descendants", Filters={"Types": ["Endpoint"]})["Vertices"]
    assert [one["Arn"] for one in endpoints] == [context]

    # Another endpoint of that name is another context, the first in the list.
    api.create_endpoint(EndpointName=first, EndpointConfigName=second)
    latest, earlier = contexts_of(api, first)
    assert earlier == context and sources_above(api, latest, "Model") == {data[1]}
    platform.endpoint(first)
    platform.delete_endpoint(first)


def test_a_refused_endpoint_or_model_writes_nothing(platform, api):
    name = platform.model(MODEL)
    before = [one["ActionArn"] for one in api.list_actions(MaxResults=100)["ActionSummaries"]]
    with pytest.raises(api.exceptions.ClientError):
        api.create_endpoint(EndpointName=name, EndpointConfigName="absent")
    uri = f"s3://{platform.bucket}/{uuid.uuid4().hex}/model.tar.gz"
    with pytest.raises(api.exceptions.ClientError, match="already existing"):
        api.create_model(ModelName=name, ExecutionRoleArn=platform.role, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri})
    assert [one["ActionArn"] for one in api.list_actions(MaxResults=100)["ActionSummaries"]] == before
    assert api.list_artifacts(SourceUri=uri)["ArtifactSummaries"] == []
