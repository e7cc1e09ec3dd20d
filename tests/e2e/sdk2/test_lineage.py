"""`sagemaker.lineage` of SDK 2: entities by hand, the queries over them, and the lineage that a training and a deployment write by themselves."""

import uuid

import pytest
from botocore.exceptions import ClientError

SCRIPT = """
import os
import joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))

if __name__ == "__main__":
    with open(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "rows")) as rows:
        count = int(rows.read())
    digits = load_digits()
    model = LogisticRegression(max_iter=50).fit(digits.data[:count], digits.target[:count])
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""


@pytest.fixture(scope="session")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture
def name():
    return "lineage-" + uuid.uuid4().hex[:10]


def test_entities(session, name):
    from sagemaker.lineage.action import Action
    from sagemaker.lineage.artifact import Artifact
    from sagemaker.lineage.association import Association
    from sagemaker.lineage.context import Context

    artifact = Artifact.create(artifact_name=name, artifact_type="DataSet", source_uri=f"s3://{name}/data", properties={"k1": "v1"},
                               sagemaker_session=session)
    action = Action.create(action_name=name, action_type="bar", source_uri="bazz", status="InProgress", properties={"k1": "v1"},
                           sagemaker_session=session)
    context = Context.create(context_name=name, context_type="Endpoint", source_uri=name, source_type="t", description="d", properties={"k1": "v1"},
                             sagemaker_session=session)
    artifact.set_tag({"Key": "team", "Value": "digits"})
    assert session.sagemaker_client.list_tags(ResourceArn=artifact.artifact_arn)["Tags"] == [{"Key": "team", "Value": "digits"}]
    for made, key in ((artifact, "artifact_arn"), (action, "action_name"), (context, "context_name")):
        made.properties = {"k3": "v3"}
        made.properties_to_remove = ["k1"]
        made.save()
        loaded = type(made).load(getattr(made, key), sagemaker_session=session)
        assert loaded.properties == {"k3": "v3"} and loaded.creation_time < loaded.last_modified_time
    assert [one.artifact_arn for one in Artifact.list(source_uri=f"s3://{name}/data", sagemaker_session=session)] == [artifact.artifact_arn]
    assert name in [one.action_name for one in Action.list(action_type="bar", sort_by="Name", sagemaker_session=session)]
    assert [one.context_name for one in Context.list(source_uri=name, sagemaker_session=session)] == [name]

    first = Association.create(source_arn=artifact.artifact_arn, destination_arn=action.action_arn, association_type="ContributedTo",
                               sagemaker_session=session)
    Association.create(source_arn=action.action_arn, destination_arn=context.context_arn, sagemaker_session=session)
    listed = list(Association.list(source_arn=artifact.artifact_arn, sagemaker_session=session))
    assert [(one.source_name, one.source_type, one.destination_name, one.destination_type) for one in listed] == [(name, "DataSet", name, "bar")]
    with pytest.raises(ClientError, match="cannot be deleted"):
        artifact.delete()
    first.delete()
    artifact.delete()
    action.delete(disassociate=True)
    context.delete(disassociate=True)
    for gone in (lambda: Artifact.load(artifact.artifact_arn, session), lambda: Action.load(name, session), lambda: Context.load(name, session)):
        with pytest.raises(ClientError, match="ResourceNotFound"):
            gone()


def test_queries(session, name):
    """What the SDK's own classes ask: a model and its data, image and endpoint."""
    from sagemaker.lineage.action import Action
    from sagemaker.lineage.artifact import DatasetArtifact, ImageArtifact, ModelArtifact
    from sagemaker.lineage.association import Association
    from sagemaker.lineage.context import Context, EndpointContext
    from sagemaker.lineage.query import LineageEntityEnum, LineageFilter, LineageQuery, LineageQueryDirectionEnum, LineageSourceEnum

    def artifact(kind, what):
        return kind.create(artifact_name=name, artifact_type=what, source_uri=f"s3://{name}/{what}", sagemaker_session=session)

    data, image, model = artifact(DatasetArtifact, "DataSet"), artifact(ImageArtifact, "Image"), artifact(ModelArtifact, "Model")
    action = Action.create(action_name=name, action_type="ModelDeployment", source_uri=name, sagemaker_session=session)
    context = EndpointContext.create(context_name=name, context_type="Endpoint", source_uri=name, sagemaker_session=session)
    pairs = [(data.artifact_arn, model.artifact_arn, "DerivedFrom"), (image.artifact_arn, model.artifact_arn, "ContributedTo"),
             (model.artifact_arn, action.action_arn, "ContributedTo"), (action.action_arn, context.context_arn, "AssociatedWith")]
    for source, destination, kind in pairs:
        Association.create(source_arn=source, destination_arn=destination, association_type=kind, sagemaker_session=session)

    assert [one.artifact_arn for one in model.dataset_artifacts()] == [data.artifact_arn]
    assert [one.context_arn for one in model.endpoint_contexts()] == [context.context_arn] == [one.context_arn for one in data.endpoint_contexts()]
    assert [one.destination_arn for one in model.endpoints()] == [context.context_arn]
    assert [one.artifact_arn for one in context.dataset_artifacts()] == [data.artifact_arn]
    assert [one.action_name for one in context.actions(LineageQueryDirectionEnum.ASCENDANTS)] == [name]
    assert [one.artifact_arn for one in image.datasets(LineageQueryDirectionEnum.BOTH)] == [data.artifact_arn]
    whole = LineageQuery(session).query(start_arns=[model.artifact_arn])
    assert {(edge.source_arn, edge.destination_arn, edge.association_type) for edge in whole.edges} == set(pairs)
    assert len(whole.vertices) == 5 and whole.vertices[0].arn == model.artifact_arn
    found = LineageQuery(session).query(start_arns=[context.context_arn], direction=LineageQueryDirectionEnum.ASCENDANTS, include_edges=False,
                                        query_filter=LineageFilter(entities=[LineageEntityEnum.ARTIFACT], sources=[LineageSourceEnum.MODEL]))
    assert [(one.arn, one.lineage_entity, one.lineage_source) for one in found.vertices] == [(model.artifact_arn, "Artifact", "Model")]
    assert found.vertices[0].to_lineage_object().source.source_uri == f"s3://{name}/Model"
    assert isinstance(Context.load(context.context_arn, sagemaker_session=session), Context)
    for thing in (data, image, model, action, context):
        thing.delete(disassociate=True)


def test_a_file_logged_twice(session, name):
    """What a run saves when it ends, as it is done again by a later load_run() that logs the same file: one artifact, one association."""
    from sagemaker.experiments._helper import _LineageArtifactTracker

    component = session.sagemaker_client.create_trial_component(TrialComponentName=name)["TrialComponentArn"]
    for _ in range(2):
        tracker = _LineageArtifactTracker(component, session)
        tracker.add_output_artifact("report", f"s3://{name}/report.txt", '"etag"', "text/plain")
        tracker.add_input_artifact("report", f"s3://{name}/report.txt", '"etag"', "text/plain")
        tracker.save()
    [made] = session.sagemaker_client.list_associations(SourceArn=component)["AssociationSummaries"]
    assert (made["AssociationType"], made["DestinationName"], made["DestinationType"]) == ("Produced", "report", "text/plain")
    [read] = session.sagemaker_client.list_associations(DestinationArn=component)["AssociationSummaries"]
    assert (read["AssociationType"], read["SourceArn"]) == ("ContributedTo", made["DestinationArn"])

def test_from_the_data_to_the_endpoint(session, name, tmp_path):
    """Training and deployment write their lineage: the SDK's classes find the data and the job behind an endpoint."""
    import sagemaker
    from sagemaker.lineage.context import Context, EndpointContext
    from sagemaker.lineage.visualizer import LineageTableVisualizer
    from sagemaker.sklearn import SKLearn

    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "rows").write_text("1000")
    data = session.upload_data(str(tmp_path / "rows"), key_prefix=name)
    estimator = SKLearn(entry_point=str(tmp_path / "script.py"), role=sagemaker.get_execution_role(), sagemaker_session=session,
                        instance_type="ml.m5.large", instance_count=1, framework_version="1.2-1", base_job_name=name)
    estimator.fit({"train": data})
    job = estimator.latest_training_job.describe()
    predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.large")
    try:
        arn = session.sagemaker_client.describe_endpoint(EndpointName=predictor.endpoint_name)["EndpointArn"]
        [summary] = Context.list(source_uri=arn, sagemaker_session=session)
        context = EndpointContext.load(summary.context_name, sagemaker_session=session)
        assert [one.source.source_uri for one in context.dataset_artifacts()] == [data]
        assert context.training_job_arns() == [job["TrainingJobArn"]]
        assert [one.trial_component_name for one in context.trial_components()] == [job["TrainingJobName"] + "-aws-training-job"]
        assert context.pipeline_execution_arn() is None
        table = LineageTableVisualizer(session).show(training_job_name=job["TrainingJobName"])
        found = {(row["Direction"], row["Type"], row["Association Type"], row["Lineage Type"]) for _, row in table.iterrows()}
        assert found == {("Input", "DataSet", "ContributedTo", "artifact"), ("Input", "Image", "ContributedTo", "artifact"),
                         ("Output", "Model", "Produced", "artifact")}
    finally:
        predictor.delete_endpoint()
