"""ModelBuilder(...).build() and .deploy(), and Endpoint.invoke, for scikit-learn."""

import io
import json
import tarfile
import uuid

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from jobs import INSTANCE, wait_until


@pytest.fixture(scope="session")
def model(digits):
    rows, labels = digits
    return LogisticRegression(max_iter=200).fit(rows[::2], labels[::2])


@pytest.fixture(scope="session")
def model_data(session, model, tmp_path_factory):
    """A model.tar.gz as a training job leaves it: model.joblib and no code."""
    folder = tmp_path_factory.mktemp("model")
    joblib.dump(model, folder / "model.joblib")
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        archive.add(folder / "model.joblib", "model.joblib")
    return session.upload_data(str(folder / "model.tar.gz"), session.default_bucket(), "sdk3/model")


@pytest.fixture
def deploy(session, role, in_service):
    """deploy(builder): builds and deploys; the resource Endpoint once it serves. Deleted after the test."""
    from sagemaker.core.resources import Endpoint

    made = []

    def up(builder, **options):
        name = "sdk3-" + uuid.uuid4().hex[:12]
        builder.build(model_name=name)
        made.append(name)
        endpoint = builder.deploy(endpoint_name=name, initial_instance_count=1, instance_type=INSTANCE, wait=False, **options)
        in_service(name)
        return endpoint
    yield up
    for name in made:
        session.sagemaker_client.delete_endpoint(EndpointName=name)


@pytest.fixture
def builder(session, role, image, tmp_path):
    """builder(**options): a ModelBuilder in a folder of its own."""
    from sagemaker.serve import ModelBuilder
    from sagemaker.core.training.configs import Compute

    def make(**options):
        options = {"image_uri": image, "role_arn": role, "sagemaker_session": session, "model_path": str(tmp_path / "packed"),
                   "compute": Compute(instance_type=INSTANCE), **options}
        return ModelBuilder(**options)
    return make


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


INFERENCE = """
import os, joblib
def model_fn(folder):
    return joblib.load(os.path.join(folder, "model.joblib"))
def predict_fn(rows, model):
    return model.predict_proba(rows)
"""


def test_a_models_archive_with_source_code(builder, deploy, model_data, model, digits, source):
    from sagemaker.core.training.configs import SourceCode

    endpoint = deploy(builder(s3_model_data_url=model_data,
                              source_code=SourceCode(source_dir=source({"inference.py": INFERENCE}), entry_script="inference.py")))
    rows = digits[0][1::2][:20]
    answer = endpoint.invoke(body=npy(rows), content_type="application/x-npy", accept="application/x-npy")
    np.testing.assert_allclose(np.load(io.BytesIO(answer.body.read())), model.predict_proba(rows), atol=1e-6)


def test_an_inference_spec(builder, deploy, model, digits, tmp_path):
    from sagemaker.serve import InferenceSpec, ModelServer
    from sagemaker.serve.builder.schema_builder import SchemaBuilder

    class Digits(InferenceSpec):
        def load(self, model_dir):
            import os
            import joblib
            return joblib.load(os.path.join(model_dir, "model.joblib"))

        def invoke(self, input_object, model):
            return model.predict_proba(input_object)

    rows = digits[0][1::2][:20]
    (tmp_path / "packed").mkdir()
    joblib.dump(model, tmp_path / "packed" / "model.joblib")
    endpoint = deploy(builder(inference_spec=Digits(), model_server=ModelServer.TORCHSERVE, dependencies={"auto": False},
                              schema_builder=SchemaBuilder(rows, model.predict_proba(rows))))
    answer = endpoint.invoke(body=npy(rows), content_type="application/x-npy", accept="application/x-npy")
    np.testing.assert_allclose(np.load(io.BytesIO(answer.body.read())), model.predict_proba(rows), atol=1e-6)


def test_a_custom_payload_and_a_model_that_raises(builder, deploy, model, digits, tmp_path):
    from botocore.exceptions import ClientError
    from sagemaker.serve import InferenceSpec, ModelServer
    from sagemaker.serve.builder.schema_builder import SchemaBuilder
    from sagemaker.serve.marshalling.custom_payload_translator import CustomPayloadTranslator

    class Text(CustomPayloadTranslator):
        def serialize_payload_to_bytes(self, payload):
            return " ".join(str(number) for number in payload).encode()

        def deserialize_payload_from_stream(self, stream):
            return [float(word) for word in stream.read().decode().split()]

    class Digits(InferenceSpec):
        def load(self, model_dir):
            import os
            import joblib
            return joblib.load(os.path.join(model_dir, "model.joblib"))

        def invoke(self, input_object, model):
            if len(input_object) != 64:
                raise ValueError("a digit has 64 pixels, not %d" % len(input_object))
            return list(model.predict_proba([input_object])[0])

    row = list(digits[0][1])
    expected = list(model.predict_proba([row])[0])
    (tmp_path / "packed").mkdir()
    joblib.dump(model, tmp_path / "packed" / "model.joblib")
    endpoint = deploy(builder(inference_spec=Digits(), model_server=ModelServer.TORCHSERVE, dependencies={"auto": False},
                              schema_builder=SchemaBuilder(row, expected, input_translator=Text(), output_translator=Text())))
    text = Text()
    answer = endpoint.invoke(body=text.serialize(row), content_type="application/custom", accept="application/custom")
    np.testing.assert_allclose(text.deserialize(answer.body), expected, atol=1e-6)
    with pytest.raises(ClientError) as error:
        endpoint.invoke(body=text.serialize(row[:5]), content_type="application/custom", accept="application/custom")
    assert error.value.response["Error"]["Code"] == "ModelError"
    assert "a digit has 64 pixels, not 5" in error.value.response["OriginalMessage"]


def test_a_model_object(builder, deploy, model, digits):
    """The object itself is pickled; json in, json out."""
    from sagemaker.serve import ModelServer
    from sagemaker.serve.builder.schema_builder import SchemaBuilder

    rows = digits[0][1::2][:20]
    endpoint = deploy(builder(model=model, model_server=ModelServer.TORCHSERVE, dependencies={"auto": False},
                              schema_builder=SchemaBuilder(rows.tolist(), model.predict(rows).tolist())))
    answer = endpoint.invoke(body=json.dumps(rows.tolist()).encode(), content_type="application/json", accept="application/json")
    assert json.loads(answer.body.read()) == model.predict(rows).tolist()


def test_dependencies_that_the_sdk_captured(builder, deploy, model, digits, tmp_path):
    """requirements.txt is installed before the model is loaded."""
    from sagemaker.serve import InferenceSpec, ModelServer
    from sagemaker.serve.builder.schema_builder import SchemaBuilder

    class Table(InferenceSpec):
        def load(self, model_dir):
            import tabulate
            return tabulate

        def invoke(self, input_object, model):
            return model.__version__ + " of " + input_object

    endpoint = deploy(builder(inference_spec=Table(), model_server=ModelServer.TORCHSERVE,
                              dependencies={"auto": False, "custom": ["tabulate==0.9.0"]}, schema_builder=SchemaBuilder("a", "b")))
    answer = endpoint.invoke(body=b"a name", content_type="text/plain", accept="text/plain")
    assert answer.body.read() == b"0.9.0 of a name"


def test_model_data_as_objects_below_a_prefix(session, role, image, in_service, model, digits, tmp_path):
    """ModelDataSource with CompressionType None, as for models too large to be packed."""
    from sagemaker.core.resources import Endpoint, EndpointConfig, Model
    from sagemaker.core.shapes import ContainerDefinition, ModelDataSource, ProductionVariant, S3ModelDataSource

    name = "sdk3-" + uuid.uuid4().hex[:12]
    (tmp_path / "loose" / "code").mkdir(parents=True)
    (tmp_path / "loose" / "code" / "inference.py").write_text(INFERENCE)
    joblib.dump(model, tmp_path / "loose" / "model.joblib")
    data = session.upload_data(str(tmp_path / "loose"), session.default_bucket(), name) + "/"
    Model.create(model_name=name, execution_role_arn=role, primary_container=ContainerDefinition(
        image=image, environment={"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        model_data_source=ModelDataSource(s3_data_source=S3ModelDataSource(
            s3_uri=data, s3_data_type="S3Prefix", compression_type="None"))))
    EndpointConfig.create(endpoint_config_name=name, production_variants=[ProductionVariant(
        variant_name="AllTraffic", model_name=name, initial_instance_count=1, instance_type=INSTANCE)])
    endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name)
    try:
        in_service(name)
        rows = digits[0][1::2][:5]
        answer = endpoint.invoke(body=npy(rows), content_type="application/x-npy", accept="application/x-npy")
        np.testing.assert_allclose(np.load(io.BytesIO(answer.body.read())), model.predict_proba(rows), atol=1e-6)
    finally:
        endpoint.delete()


def test_without_model_data(builder, session, model, digits):
    """ModelServer.MMS uploads nothing and names an empty program: accepted; there is no model, which the endpoint says."""
    from sagemaker.core.resources import Endpoint
    from sagemaker.serve import InferenceSpec, ModelServer
    from sagemaker.serve.builder.schema_builder import SchemaBuilder

    class Digits(InferenceSpec):
        def load(self, model_dir):
            return None

        def invoke(self, input_object, model):
            return input_object

    name = "sdk3-" + uuid.uuid4().hex[:12]
    packed = builder(inference_spec=Digits(), model_server=ModelServer.MMS, dependencies={"auto": False},
                     schema_builder=SchemaBuilder("a", "b"))
    built = packed.build(model_name=name)
    assert not built.primary_container.model_data_url
    assert built.primary_container.environment["SAGEMAKER_PROGRAM"] == ""
    packed.deploy(endpoint_name=name, initial_instance_count=1, instance_type=INSTANCE, wait=False)
    endpoint = Endpoint.get(endpoint_name=name)
    endpoint.wait_for_status("Failed", poll=1, timeout=60)
    assert "Please provide a model_fn implementation" in endpoint.failure_reason
    endpoint.delete()


def test_the_log_and_the_wait_of_deploy(builder, role, model_data, source, session, boto):
    """deploy(wait=True) reads the endpoint's log and looks after its own 30 s."""
    from sagemaker.core.training.configs import SourceCode

    name = "sdk3-" + uuid.uuid4().hex[:12]
    made = builder(s3_model_data_url=model_data, source_code=SourceCode(
        source_dir=source({"inference.py": "print('loading the model here', flush=True)\n" + INFERENCE}), entry_script="inference.py"))
    made.build(model_name=name)
    endpoint = made.deploy(endpoint_name=name, initial_instance_count=1, instance_type=INSTANCE, wait=True)
    endpoint.refresh()
    assert endpoint.endpoint_status == "InService"
    config = boto("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    tags = boto("sagemaker").list_tags(ResourceArn=config["EndpointConfigArn"])["Tags"]
    assert [tag["Key"] for tag in tags] == ["sagemaker.amazonaws.com/model-source"]
    events = boto("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}", logStreamNamePrefix="AllTraffic/")["events"]
    assert [event for event in events if event["message"] == "loading the model here"]
    endpoint.delete()
