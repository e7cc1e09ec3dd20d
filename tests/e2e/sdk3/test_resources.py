"""`sagemaker.core.resources`: one class a resource, over every operation that is served, and over those that are not."""

import datetime
import inspect
import pathlib
import re
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from jobs import INSTANCE, tar_gz

SERVED_IN = pathlib.Path(__file__).resolve().parents[3] / "api" / "operations.toml"
RESERVED = {"session", "region", "self", "cls"}


def served_operations():
    import tomllib

    return set(tomllib.loads(SERVED_IN.read_text())["sagemaker"]["operations"])


def resource_classes():
    from sagemaker.core import resources

    return [found for _, found in inspect.getmembers(resources, inspect.isclass)
            if issubclass(found, resources.Base) and found is not resources.Base]


def operations_of(method):
    """The names of the client's methods that a method of a resource calls."""
    text = inspect.getsource(inspect.unwrap(method))
    return set(re.findall(r"client\.(\w+)\(", text)) | set(re.findall(r'list_method="(\w+)"', text))


def methods():
    """(class, name of the method, operation) of all resources."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker")
    from botocore import xform_name

    names = {xform_name(operation): operation for operation in model.operation_names}
    for found in resource_classes():
        for name, method in inspect.getmembers(found, callable):
            if name.startswith("_") or name not in vars(found):
                continue
            for called in sorted(operations_of(method)):
                if called in names:
                    yield found, name, names[called]


@pytest.fixture(scope="session")
def calls(session):
    """Every call of the resource classes: {operation: [status, ...]}."""
    from sagemaker.core.resources import Base

    seen = {}
    client = Base.get_sagemaker_client()

    def note(http_response, model, **_):
        seen.setdefault(model.name, []).append(http_response.status_code)
    client.meta.events.register("after-call.sagemaker", note)
    yield seen
    client.meta.events.unregister("after-call.sagemaker", note)


def call_about_nothing(found, method):
    """Calls a method of a resource that does not exist: all that is required is a made-up name."""
    text = "absent-0"
    bound = getattr(found, method)
    if not inspect.ismethod(bound):  # of an instance
        fields = {name: text for name, field in found.model_fields.items()
                  if field.is_required() or name.endswith("config_name") or name in ("source_arn", "destination_arn")}
        bound = getattr(found(**fields), method)
    required = {name: text for name, parameter in inspect.signature(inspect.unwrap(bound)).parameters.items()
                if parameter.default is parameter.empty and name not in RESERVED and parameter.kind is not parameter.VAR_KEYWORD}
    result = bound(**required)
    return list(result) if method.startswith("get_all") or method == "list" else result


def test_what_is_not_served_is_told_at_once(session):
    """A 5xx would be tried 11 times, for half a minute."""
    served = served_operations()
    unserved = [(found, method, operation) for found, method, operation in methods()
                if operation not in served and method in ("get", "get_all", "refresh", "stop", "delete")]
    asked, told, wrong = 0, set(), []
    for found, method, operation in unserved:
        start = time.monotonic()
        try:
            call_about_nothing(found, method)
        except ClientError as error:
            asked += 1
            told.add(operation)
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            attempts = error.response["ResponseMetadata"]["RetryAttempts"]
            if not (400 <= status < 500 and attempts == 0 and operation in str(error) and time.monotonic() - start < 2):
                wrong.append((operation, status, attempts, str(error)))
        except Exception:
            continue  # the class itself wants more than a name, and nothing was sent
        else:
            wrong.append((operation, "was answered"))
    assert not wrong
    assert asked > 120 and {"DescribeCluster", "ListPipelines", "DeleteFeatureGroup"} <= told, told


def test_what_does_not_exist_is_told_at_once(calls):
    served = served_operations()
    wrong = []
    for found, method, operation in methods():
        if operation not in served or method not in ("get", "refresh", "stop", "delete", "update"):
            continue
        try:
            call_about_nothing(found, method)
            wrong.append((operation, "was answered"))
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (400, 404):
                wrong.append((operation, str(error)))
    assert not wrong
    assert calls["DescribeTrainingJob"] == [400, 400]


def test_training_job(calls, session, role, image, ended):
    from sagemaker.core.resources import Tag, TrainingJob
    from sagemaker.core.shapes import AlgorithmSpecification, OutputDataConfig, ResourceConfig, StoppingCondition

    name = "resource-" + uuid.uuid4().hex[:8]
    # An entry point as the API defines it, without any SDK's drivers.
    job = TrainingJob.create(
        training_job_name=name, role_arn=role,
        algorithm_specification=AlgorithmSpecification(
            training_image=image, training_input_mode="File", container_entrypoint=["/bin/sh", "-c"],
            container_arguments=['echo "$0 $1" > /opt/ml/model/said; exec sleep 60', "first", "second argument"]),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{session.default_bucket()}/resources"),
        resource_config=ResourceConfig(instance_type=INSTANCE, instance_count=1, volume_size_in_gb=1),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=100))
    assert job.training_job_status == "InProgress"
    assert name in [found.training_job_name for found in TrainingJob.get_all(name_contains=name)]
    Tag.add_tags(resource_arn=job.training_job_arn, tags=[{"key": "team", "value": "digits"}])
    assert [(tag.key, tag.value) for tag in Tag.get_all(resource_arn=job.training_job_arn)] == [("team", "digits")]
    Tag.delete_tags(resource_arn=job.training_job_arn, tag_keys=["team"])
    assert not list(Tag.get_all(resource_arn=job.training_job_arn))
    job.stop()
    assert ended(name)["TrainingJobStatus"] == "Stopped"
    job.wait(poll=1)
    job.refresh()
    assert (job.training_job_status, job.secondary_status) == ("Stopped", "Stopped")


def test_processing_job(calls, role, image):
    from sagemaker.core.resources import ProcessingJob
    from sagemaker.core.shapes import AppSpecification, ProcessingClusterConfig, ProcessingResources

    name = "resource-" + uuid.uuid4().hex[:8]
    job = ProcessingJob.create(
        processing_job_name=name, role_arn=role,
        app_specification=AppSpecification(image_uri=image, container_entrypoint=["sleep"], container_arguments=["60"]),
        processing_resources=ProcessingResources(cluster_config=ProcessingClusterConfig(
            instance_count=1, instance_type=INSTANCE, volume_size_in_gb=1)))
    assert name in [found.processing_job_name for found in ProcessingJob.get_all(name_contains=name)]
    job.stop()
    job.wait(poll=1)
    job.refresh()
    assert job.processing_job_status == "Stopped"
    job.delete()
    assert not [found for found in ProcessingJob.get_all(name_contains=name)]


def test_transform_job(calls, session, role, image, boto, tmp_path):
    from sagemaker.core.resources import Model, TransformJob
    from sagemaker.core.shapes import (ContainerDefinition, TransformDataSource, TransformInput, TransformOutput, TransformResources,
                                       TransformS3DataSource)

    name = "resource-" + uuid.uuid4().hex[:8]
    (tmp_path / "model.tar.gz").write_bytes(tar_gz({"code/inference.py": """
import time
def model_fn(folder): return 7
def input_fn(body, content_type): return [int(line) for line in (body if isinstance(body, str) else bytes(body).decode()).split()]
def predict_fn(data, model):
    time.sleep(60 if data == [0] else 0)
    return [model * number for number in data]
def output_fn(prediction, accept): return "\\n".join(str(number) for number in prediction), "text/csv"
"""}))
    bucket = session.default_bucket()
    data = session.upload_data(str(tmp_path / "model.tar.gz"), bucket, name)
    Model.create(model_name=name, execution_role_arn=role, primary_container=ContainerDefinition(
        image=image, model_data_url=data, environment={"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}))

    def start(job, text):
        (tmp_path / "rows.csv").write_text(text)
        source = session.upload_data(str(tmp_path / "rows.csv"), bucket, job + "/in")
        return TransformJob.create(
            transform_job_name=job, model_name=name,
            transform_input=TransformInput(content_type="text/csv", split_type="Line", data_source=TransformDataSource(
                s3_data_source=TransformS3DataSource(s3_data_type="S3Prefix", s3_uri=source))),
            transform_output=TransformOutput(s3_output_path=f"s3://{bucket}/{job}/out", assemble_with="Line"),
            transform_resources=TransformResources(instance_type=INSTANCE, instance_count=1))

    job = start(name, "1\n2\n")
    job.wait(poll=1, timeout=120)
    job.refresh()
    assert job.transform_job_status == "Completed"
    assert boto("s3").get_object(Bucket=bucket, Key=name + "/out/rows.csv.out")["Body"].read() == b"7\n14\n"
    slow = start(name + "-slow", "0\n")
    slow.stop()
    slow.wait(poll=1, timeout=120)
    slow.refresh()
    assert slow.transform_job_status == "Stopped"
    assert {name, name + "-slow"} == {found.transform_job_name for found in TransformJob.get_all(name_contains=name)}


@pytest.mark.parametrize("entrypoint", [["/bin/sh", "-c", "test $0 = one && test \"$1\" = 'two words'"], None])
def test_entry_point_and_arguments(session, role, image, ended, log_of, entrypoint):
    """ContainerEntrypoint takes the image's ENTRYPOINT's place, ContainerArguments its command's, each without the other."""
    from sagemaker.core.resources import TrainingJob
    from sagemaker.core.shapes import AlgorithmSpecification, OutputDataConfig, ResourceConfig, StoppingCondition

    name = "arguments-" + uuid.uuid4().hex[:8]
    arguments = ["one", "two words"] if entrypoint else ["python", "-c", "import sklearn; print('ran with', sklearn.__version__)"]
    TrainingJob.create(
        training_job_name=name, role_arn=role,
        algorithm_specification=AlgorithmSpecification(training_image=image, training_input_mode="File", container_arguments=arguments,
                                                       **({"container_entrypoint": entrypoint} if entrypoint else {})),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{session.default_bucket()}/resources"),
        resource_config=ResourceConfig(instance_type=INSTANCE, instance_count=1, volume_size_in_gb=1),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=100))
    described = ended(name)
    assert described["TrainingJobStatus"] == "Completed", described["FailureReason"]
    if not entrypoint:
        assert "ran with 1.4.2" in log_of(name)


def test_model_endpoint_config_and_endpoint(calls, session, role, image, boto, tmp_path):
    from sagemaker.core.resources import Endpoint, EndpointConfig, Model
    from sagemaker.core.shapes import ContainerDefinition, ProductionVariant

    name = "resource-" + uuid.uuid4().hex[:8]
    (tmp_path / "model.tar.gz").write_bytes(tar_gz({"code/inference.py": """
import json
def model_fn(folder): return 7
def input_fn(body, content_type): return json.loads(body)
def predict_fn(data, model): return [model * number for number in data]
def output_fn(prediction, accept): return json.dumps(prediction)
"""}))
    data = session.upload_data(str(tmp_path / "model.tar.gz"), session.default_bucket(), name)
    container = ContainerDefinition(image=image, model_data_url=data, environment={
        "SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"})
    model = Model.create(model_name=name, primary_container=container, execution_role_arn=role)
    assert model.primary_container.model_data_url == data
    assert name in [found.model_name for found in Model.get_all(name_contains=name)]
    variant = ProductionVariant(variant_name="AllTraffic", model_name=name, initial_instance_count=1, instance_type=INSTANCE,
                                initial_variant_weight=1.0)
    config = EndpointConfig.create(endpoint_config_name=name, production_variants=[variant])
    other = EndpointConfig.create(endpoint_config_name=name + "-2", production_variants=[variant])
    assert {name, name + "-2"} <= {found.endpoint_config_name for found in EndpointConfig.get_all(name_contains=name)}
    endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name)
    endpoint.wait_for_status("InService", poll=1, timeout=60)
    assert name in [found.endpoint_name for found in Endpoint.get_all(name_contains=name)]
    answer = endpoint.invoke(body=b"[1, 2]", content_type="application/json", accept="application/json", custom_attributes="trace=1")
    assert answer.body.read() == b"[7, 14]" and answer.content_type == "application/json"
    assert answer.invoked_production_variant == "AllTraffic"
    endpoint.endpoint_config_name = name + "-2"
    endpoint.update()
    endpoint.wait_for_status("InService", poll=1, timeout=60)
    endpoint.refresh()
    assert endpoint.endpoint_config_name == name + "-2"

    invocations_of_other_kinds(endpoint)

    endpoint.delete()
    endpoint.wait_for_delete(poll=1, timeout=60)
    for thing in (config, other, model):
        thing.refresh()
        thing.delete()
        with pytest.raises(ClientError, match="Could not find"):
            thing.refresh()


def invocations_of_other_kinds(endpoint):
    """Not served: told in AWS's form at once, not after retries."""
    start = time.monotonic()
    with pytest.raises(ClientError) as error:
        endpoint.invoke_async(input_location="s3://bucket/key")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400 and "InvokeEndpointAsync" in str(error.value)
    with pytest.raises(ClientError) as error:
        endpoint.invoke_with_response_stream(body=b"[1]", content_type="application/json")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400 and "ResponseStream" in str(error.value)
    assert time.monotonic() - start < 5


def test_experiment_trial_and_trial_component(calls):
    from sagemaker.core.resources import Experiment, Trial, TrialComponent
    from sagemaker.core.shapes import MetricQuery, RawMetricData, TrialComponentArtifact, TrialComponentParameterValue, TrialComponentStatus

    name = "resource-" + uuid.uuid4().hex[:8]
    experiment = Experiment.create(experiment_name=name, description="which digit")
    assert (experiment.display_name, experiment.description) == (name, "which digit")
    trial = Trial.create(trial_name=name, experiment_name=name)
    component = TrialComponent.create(
        trial_component_name=name, status=TrialComponentStatus(primary_status="InProgress"),
        parameters={"lr": TrialComponentParameterValue(number_value=0.1), "optimizer": TrialComponentParameterValue(string_value="sgd")},
        output_artifacts={"model": TrialComponentArtifact(media_type="application/gzip", value="s3://b/model.tar.gz")})
    assert component.parameters["lr"].number_value == 0.1 and component.parameters["optimizer"].string_value == "sgd"
    assert component.output_artifacts["model"].value == "s3://b/model.tar.gz"
    component.associate_trail(trial_name=name)
    for thing in (experiment, trial):
        thing.update(display_name="shown")
        thing.refresh()
        assert thing.display_name == "shown"
        with pytest.raises(ClientError, match="cannot be deleted"):
            thing.delete()
    component.update(display_name="shown", status=TrialComponentStatus(primary_status="Completed"))
    component.wait_for_status("Completed", poll=1, timeout=10)
    assert name in [found.experiment_name for found in Experiment.get_all()]
    assert [found.trial_name for found in Trial.get_all(experiment_name=name)] == [name]
    assert [found.display_name for found in TrialComponent.get_all(trial_name=name)] == ["shown"]
    component.batch_put_metrics(metric_data=[RawMetricData(metric_name="loss", timestamp=datetime.datetime.now(), step=step, value=0.5 / step)
                                             for step in (1, 2, 3)])  # the SDK sends no zeros
    component.refresh()
    assert [(metric.metric_name, metric.count, metric.max) for metric in component.metrics] == [("loss", 3, 0.5)]
    got = TrialComponent.batch_get_metrics(metric_queries=[MetricQuery(
        metric_name="loss", resource_arn=component.trial_component_arn, metric_stat="Last", period="IterationNumber", x_axis_type="IterationNumber")])
    assert [(result.status, result.x_axis_values, result.metric_values) for result in got.metric_query_results] == [
        ("Complete", [1, 2, 3], [0.5, 0.25, 0.5 / 3])]
    component.disassociate_trail(trial_name=name)
    for thing in (component, trial, experiment):
        thing.delete()
        with pytest.raises(ClientError, match="does not exist"):
            thing.refresh()


def test_lineage(calls):
    from sagemaker.core.resources import Action, Artifact, Association, Context
    from sagemaker.core.shapes import ActionSource, ArtifactSource, ContextSource, MetadataProperties

    name = "resource-" + uuid.uuid4().hex[:8]
    artifact = Artifact.create(source=ArtifactSource(source_uri=f"s3://{name}/model.tar.gz"), artifact_type="Model", artifact_name=name,
                               properties={"accuracy": "0.97"}, metadata_properties=MetadataProperties(commit_id="c0ffee"))
    action = Action.create(action_name=name, action_type="ModelDeployment", source=ActionSource(source_uri=name), status="InProgress")
    context = Context.create(context_name=name, context_type="Endpoint", source=ContextSource(source_uri=name), description="digits")
    assert (artifact.properties, artifact.metadata_properties.commit_id, artifact.source.source_uri) == (
        {"accuracy": "0.97"}, "c0ffee", f"s3://{name}/model.tar.gz")
    assert (action.action_type, action.status, context.description) == ("ModelDeployment", "InProgress", "digits")
    Association.add(source_arn=artifact.artifact_arn, destination_arn=action.action_arn, association_type="ContributedTo")
    Association.add(source_arn=action.action_arn, destination_arn=context.context_arn)
    made = list(Association.get_all(destination_arn=action.action_arn))
    assert [(one.source_name, one.source_type, one.destination_name, one.association_type) for one in made] == [
        (name, "Model", name, "ContributedTo")]
    for thing in (artifact, action, context):
        thing.update(properties={"shown": "yes"})
        assert thing.properties == {"shown": "yes"}
        with pytest.raises(ClientError, match="cannot be deleted"):
            thing.delete()
    action.update(status="Completed")
    assert action.status == "Completed"
    assert [found.artifact_arn for found in Artifact.get_all(source_uri=artifact.source.source_uri)] == [artifact.artifact_arn]
    assert [found.action_name for found in Action.get_all(source_uri=name)] == [name]
    assert [found.context_name for found in Context.get_all(source_uri=name, context_type="Endpoint")] == [name]
    for association in [*made, *Association.get_all(source_arn=action.action_arn)]:
        association.delete()
    for thing in (artifact, action, context):
        thing.delete()
        with pytest.raises(ClientError, match="does not exist"):
            thing.refresh()


def test_every_served_operation_of_a_resource_was_called(calls):
    """Last: what the tests above called. An operation that is new needs a test here beside the others."""
    served = served_operations()
    expected = {operation for _, _, operation in methods() if operation in served}
    assert expected - set(calls) == set()
    assert not [status for statuses in calls.values() for status in statuses if status >= 500]
