"""The lineage that writes itself: from the data of a job to the endpoint of its model."""

import uuid

import pytest

from jobs import ENDED, IMAGE, INSTANCE, tar_gz, wait_until

MODEL = """
import json
def model_fn(folder): return int(open(folder + "/weights").read())
def input_fn(body, content_type): return json.loads(body)
def predict_fn(data, model): return [model * number for number in data]
def output_fn(prediction, accept): return json.dumps(prediction)
"""

PREPARE = """
from sklearn.datasets import load_digits
digits = load_digits()
with open("/opt/ml/processing/output/rows/rows.csv", "w") as rows:
    for image, target in zip(digits.data, digits.target):
        print(target, *image, sep=",", file=rows)
"""

TRAIN = """
import os
import joblib, numpy
from sklearn.linear_model import LogisticRegression
rows = numpy.loadtxt(os.environ["SM_CHANNEL_TRAIN"] + "/rows.csv", delimiter=",")
model = LogisticRegression(max_iter=200).fit(rows[:1500, 1:], rows[:1500, 0])
assert model.score(rows[1500:, 1:], rows[1500:, 0]) > 0.8
joblib.dump(model, os.environ["SM_MODEL_DIR"] + "/model.joblib")
"""

SERVE = """
import json, joblib, os
def model_fn(folder): return joblib.load(folder + "/model.joblib")
def input_fn(body, content_type): return json.loads(body)
def predict_fn(data, model): return model.predict(data).tolist()
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
    uri = platform.put(f"{uuid.uuid4().hex}/model.tar.gz", b"x")
    with pytest.raises(api.exceptions.ClientError, match="already existing"):
        api.create_model(ModelName=name, ExecutionRoleArn=platform.role, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri})
    assert [one["ActionArn"] for one in api.list_actions(MaxResults=100)["ActionSummaries"]] == before
    assert api.list_artifacts(SourceUri=uri)["ArtifactSummaries"] == []


def prepare(platform, api, raw):
    """Processes the raw data; the folder of the rows."""
    name = "prepare-" + uuid.uuid4().hex[:12]
    code = platform.put(f"{name}/code/script.py", PREPARE)
    out = f"s3://{platform.bucket}/{name}/rows"

    def read(what, uri):
        return {"InputName": what, "S3Input": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{what}", "S3DataType": "S3Prefix",
                                               "S3InputMode": "File"}}
    api.create_processing_job(
        ProcessingJobName=name, RoleArn=platform.role,
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"]},
        ProcessingInputs=[read("code", code), read("raw", raw)],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "rows", "S3Output": {
            "S3Uri": out, "LocalPath": "/opt/ml/processing/output/rows", "S3UploadMode": "EndOfJob"}}]},
        ProcessingResources={"ClusterConfig": {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 1}})

    def ended():
        job = api.describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] in ENDED else None
    job = wait_until(ended, 120, f"the end of {name}")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    return name, code, out


def test_from_the_raw_data_to_the_endpoint(platform, api):
    """Which data made the model behind this endpoint: one query."""
    raw = platform.put(f"raw-{uuid.uuid4().hex}/labels.txt", "digits")
    prepared, code, rows = prepare(platform, api, raw)
    job = platform.run(TRAIN, channels={"train": rows})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    served = platform.put(f"{prepared}/sourcedir.tar.gz", tar_gz({"serve.py": SERVE}))
    name = job["TrainingJobName"]
    api.create_model(ModelName=name, ExecutionRoleArn=platform.role, PrimaryContainer={
        "Image": IMAGE, "ModelDataUrl": artifact, "Environment": {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": served}})
    api.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{
        "VariantName": "AllTraffic", "ModelName": name, "InstanceType": INSTANCE, "InitialInstanceCount": 1}])
    api.create_endpoint(EndpointName=name, EndpointConfigName=name)
    assert platform.endpoint(name)["EndpointStatus"] == "InService"

    [context] = contexts_of(api, name)
    assert sources_above(api, context, "DataSet") == {raw, code, rows}
    assert sources_above(api, context, "Model") == {artifact} and sources_above(api, context, "Image") == {IMAGE}
    answer = api.query_lineage(StartArns=[context], Direction="Ascendants", Filters={"LineageTypes": ["TrialComponent"]})
    kinds = {one["Type"]: one["Arn"] for one in answer["Vertices"]}
    assert {kind: arn.split("/")[1] for kind, arn in kinds.items()} == {
        "TrainingJob": f"{name}-aws-training-job", "ProcessingJob": f"{prepared}-aws-processing-job"}
    made = api.list_associations(SourceArn=kinds["TrainingJob"])["AssociationSummaries"]
    assert [(one["SourceType"], one["AssociationType"], one["DestinationType"]) for one in made] == [("TrainingJob", "Produced", "Model")]
    read = api.list_associations(DestinationArn=kinds["TrainingJob"])["AssociationSummaries"]
    assert sorted((one["SourceType"], one["AssociationType"]) for one in read) == [("DataSet", "ContributedTo"), ("Image", "ContributedTo")]
    # And the other way: which endpoints this data is behind.
    [data] = api.list_artifacts(SourceUri=raw)["ArtifactSummaries"]
    endpoints = api.query_lineage(StartArns=[data["ArtifactArn"]], Direction="Descendants", Filters={"Types": ["Endpoint"]})["Vertices"]
    assert [one["Arn"] for one in endpoints] == [context]
    platform.delete_endpoint(name)


def test_a_job_that_fails_has_produced_nothing(platform, api):
    data = platform.put(f"data-{uuid.uuid4().hex}/x", "1")
    job = platform.run("raise SystemExit(3)", channels={"train": data})
    assert job["TrainingJobStatus"] == "Failed"
    component = api.describe_trial_component(TrialComponentName=job["TrainingJobName"] + "-aws-training-job")["TrialComponentArn"]
    assert sources_above(api, component) == {data, IMAGE}
    assert api.list_associations(SourceArn=component)["AssociationSummaries"] == []
