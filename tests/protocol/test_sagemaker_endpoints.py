"""Endpoints from Create to Delete, and what InvokeEndpoint carries both ways; every one is served by a worker."""

import json

import pytest

from api_fixtures import (ACCOUNT, IMAGE, ROLE, archive, arn, error_of, loose, make_client, model_without_data, new_name, production_variant, raw, region,  # noqa: F401
                          root_credentials, sagemaker, sign, wait_until)

# A model that tells what it was asked, and fails as it is told.
INFERENCE = """
import json, os

def model_fn(model_dir):
    print("model loaded")
    return open(os.path.join(model_dir, "name")).read()

def input_fn(body, content_type):
    return body, content_type

def predict_fn(asked, model):
    body, content_type = asked
    if content_type == "test/fail":
        print("about to fail")
        raise ValueError("no such thing: 42")
    return {"model": model, "type": content_type, "size": len(body)}

def output_fn(prediction, accept):
    if accept == "test/echo":
        return b"x" * prediction["size"], accept
    return json.dumps(prediction), "application/json"
"""


def served(client, name, wanted="InService"):
    answer = wait_until(lambda: client.describe_endpoint(EndpointName=name), lambda e: e["EndpointStatus"] not in ("Creating", "Updating", "RollingBack"))
    assert answer["EndpointStatus"] == wanted, answer.get("FailureReason")
    return answer


def removed(client, name):
    client.delete_endpoint(EndpointName=name)
    wait_until(lambda: [e["EndpointName"] for e in client.list_endpoints(NameContains=name)["Endpoints"]], lambda names: not names)


class Hosting:
    """Two models and configs, `one` and `two`, and `nowhere`, whose archive is missing."""

    def __init__(self, server):
        self.server = server
        self.sagemaker = make_client(server, "sagemaker")
        self.runtime = make_client(server, "sagemaker-runtime", read_timeout=90)
        s3, bucket = make_client(server, "s3"), new_name("models")
        s3.create_bucket(Bucket=bucket)
        self.names = {which: new_name(which) for which in ("one", "two", "nowhere")}
        for which, name in self.names.items():
            s3.put_object(Bucket=bucket, Key=which, Body=archive({"code/inference.py": INFERENCE, "name": which}))
            environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
            self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={
                "Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/{which}", "Environment": environment})
            self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[production_variant(name)])
        s3.delete_object(Bucket=bucket, Key="nowhere")

    def invoke(self, name, **more):
        return self.runtime.invoke_endpoint(**{"EndpointName": name, "Body": b"abc", **more})


@pytest.fixture(scope="module")
def hosting(server):
    return Hosting(server)


@pytest.fixture(scope="module")
def endpoint(hosting):
    name = new_name("served")
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=hosting.names["one"])
    served(hosting.sagemaker, name)
    yield name
    removed(hosting.sagemaker, name)


def test_describe(hosting, endpoint):
    told = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert told["EndpointArn"] == arn("us-east-1", "endpoint/" + endpoint) and told["EndpointConfigName"] == hosting.names["one"]
    assert told["LastModifiedTime"] >= told["CreationTime"]
    [variant] = told["ProductionVariants"]
    assert variant["VariantName"] == "AllTraffic" and variant["DeployedImages"][0]["SpecifiedImage"] == IMAGE
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"], variant["CurrentWeight"]) == (1, 1, 1.0)
    for absent in ("FailureReason", "DataCaptureConfig", "LastDeploymentConfig", "AsyncInferenceConfig", "PendingDeploymentSummary", "ExplainerConfig"):
        assert absent not in told


def test_invoke(hosting, endpoint):
    answer = hosting.invoke(endpoint, ContentType="text/csv")
    assert json.loads(answer["Body"].read()) == {"model": "one", "type": "text/csv", "size": 3}
    assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("application/json", "AllTraffic")
    assert hosting.invoke(endpoint, Accept="test/echo")["ContentType"] == "test/echo"
    assert hosting.invoke(endpoint, TargetVariant="AllTraffic", InferenceId="id-1")["InvokedProductionVariant"] == "AllTraffic"
    assert json.loads(hosting.invoke(endpoint, Body=b"")["Body"].read())["size"] == 0
    binary = bytes(range(256))
    assert json.loads(hosting.invoke(endpoint, Body=binary, ContentType="application/octet-stream")["Body"].read())["size"] == 256


def test_large_bodies(hosting, endpoint):
    for megabytes in (6, 20):
        body = b"a" * (megabytes << 20)
        answer = hosting.invoke(endpoint, Body=body, ContentType="application/octet-stream", Accept="test/echo")
        assert len(answer["Body"].read()) == len(body)


def test_too_large(hosting, endpoint):
    server, path, body = hosting.server, f"/endpoints/{endpoint}/invocations", b"a" * ((64 << 20) + 1)
    headers = sign(server, "sagemaker", "POST", path, body, {"Content-Type": "text/csv"})
    try:
        status, headers, answer = raw(server, "POST", path, body, headers)
    except (BrokenPipeError, ConnectionResetError):
        return  # it was refused before it was sent
    assert status == 413 and json.loads(answer)["__type"] == "ValidationError" and headers["x-amzn-RequestId"]


def test_custom_attributes(hosting, endpoint):
    hosting.invoke(endpoint, CustomAttributes="trace=1; c000b4f9-df62-4c85-a0bf-7c525f9104a4")
    client = loose(hosting.server, "sagemaker-runtime")
    code, status, message = error_of(client.invoke_endpoint, EndpointName=endpoint, Body=b"", CustomAttributes="x" * 1025)
    assert (code, status) == ("ValidationError", 400) and "at 'customAttributes' failed to satisfy constraint" in message


def test_errors_of_the_model(hosting, endpoint):
    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(endpoint, ContentType="test/fail")
    told = caught.value.response
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 424 and told["OriginalStatusCode"] == 500
    assert "no such thing: 42" in told["OriginalMessage"]
    assert told["LogStreamArn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/{endpoint}"
    assert told["Error"]["Message"].startswith("Received server error (500) from primary with message ")
    logs = make_client(hosting.server, "logs")
    group = f"/aws/sagemaker/Endpoints/{endpoint}"

    def lines():
        return [e["message"] for e in logs.filter_log_events(logGroupName=group, logStreamNamePrefix="AllTraffic/")["events"]]
    seen = wait_until(lines, lambda seen: any("about to fail" in line for line in seen))
    assert any("model loaded" in line for line in seen)
    assert [s["logStreamName"].split("/")[0] for s in logs.describe_log_streams(logGroupName=group)["logStreams"]] == ["AllTraffic"]


def test_what_cannot_be_invoked(hosting, endpoint):
    runtime, sloppy = hosting.runtime, loose(hosting.server, "sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError) as caught:
        hosting.invoke("gone")
    assert caught.value.response["Error"]["Message"] == f"Endpoint gone of account {ACCOUNT} not found."
    elsewhere = make_client(hosting.server, "sagemaker-runtime", "eu-west-1")
    assert error_of(elsewhere.invoke_endpoint, EndpointName=endpoint, Body=b"")[:2] == ("ValidationError", 400)
    code, status, message = error_of(hosting.invoke, endpoint, TargetVariant="Other")
    assert (code, status) == ("ValidationError", 400) and "Other" in message
    for name in ("a_b", "ü", "a" * 64):
        assert error_of(sloppy.invoke_endpoint, EndpointName=name, Body=b"")[:2] == ("ValidationError", 400)
    for other in ({"TargetModel": "m.tar.gz"}, {"TargetContainerHostname": "second"}, {"InferenceComponentName": "c"}):
        assert error_of(hosting.invoke, endpoint, **other)[:2] == ("ValidationError", 400)
    path = f"/endpoints/{endpoint}/invocations"
    assert raw(hosting.server, "POST", path, b"x", sign(hosting.server, "sagemaker", "POST", path, b"x", {"Accept": "text/csv"}))[0] == 200


def test_creating(hosting):
    client, name = hosting.sagemaker, new_name("e")
    missing = f'Could not find endpoint configuration "{arn("us-east-1", "endpoint-config/gone")}".'
    assert error_of(client.create_endpoint, EndpointName=name, EndpointConfigName="gone") == ("ValidationException", 400, missing)
    client.create_endpoint(EndpointName=name, EndpointConfigName=hosting.names["one"], DeploymentConfig={
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}})
    assert error_of(client.create_endpoint, EndpointName=name, EndpointConfigName=hosting.names["one"]) == (
        "ValidationException", 400, f'Cannot create already existing endpoint "{arn("us-east-1", f"endpoint/{name}")}".')
    # An update while the endpoint is made; where that was quicker than we are, the update is taken.
    try:
        client.update_endpoint(EndpointName=name, EndpointConfigName=hosting.names["two"])
    except client.exceptions.ClientError as error:
        assert error.response["Error"]["Message"] == f'Cannot update in-progress endpoint "{arn("us-east-1", f"endpoint/{name}")}".'
    served(client, name)
    removed(client, name)
    assert error_of(client.describe_endpoint, EndpointName=name)[2] == f'Could not find endpoint "{arn("us-east-1", f"endpoint/{name}")}".'
    assert error_of(hosting.invoke, name)[0] == "ValidationError"


def test_updates(hosting):
    client, name = hosting.sagemaker, new_name("e")
    client.create_endpoint(EndpointName=name, EndpointConfigName=hosting.names["one"])
    served(client, name)
    assert error_of(client.update_endpoint, EndpointName=name, EndpointConfigName="gone")[2].startswith("Could not find endpoint configuration ")
    answer = client.update_endpoint(EndpointName=name, EndpointConfigName=hosting.names["two"], RetainAllVariantProperties=True,
                                    ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DataCaptureConfig"}])
    assert answer["EndpointArn"] == arn("us-east-1", "endpoint/" + name)
    assert served(client, name)["EndpointConfigName"] == hosting.names["two"]
    assert json.loads(hosting.invoke(name)["Body"].read())["model"] == "two"
    client.update_endpoint(EndpointName=name, EndpointConfigName=hosting.names["nowhere"])
    told = served(client, name)
    assert told["EndpointConfigName"] == hosting.names["two"] and told["FailureReason"], "rolled back, with the reason"
    assert json.loads(hosting.invoke(name)["Body"].read())["model"] == "two"
    client.delete_endpoint_config(EndpointConfigName=hosting.names["nowhere"])
    removed(client, name)


def test_configs_that_would_do_something_else(hosting):
    client, model, name = hosting.sagemaker, hosting.names["one"], new_name("c")
    output = {"OutputConfig": {"S3OutputPath": "s3://b/p"}}
    many = new_name("many")
    client.create_model(ModelName=many, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://b/p/", "Mode": "MultiModel"})
    for what, change in {"AsyncInferenceConfig": {"AsyncInferenceConfig": output},
                         "ShadowProductionVariants": {"ShadowProductionVariants": [production_variant(model, VariantName="S")]},
                         "2 production variants": {"ProductionVariants": [production_variant(model), production_variant(model, VariantName="B")]},
                         "MultiModel": {"ProductionVariants": [production_variant(many)]}}.items():
        client.create_endpoint_config(**{"EndpointConfigName": name, "ProductionVariants": [production_variant(model)], **change})
        code, status, message = error_of(client.create_endpoint, EndpointName=name, EndpointConfigName=name)
        assert (code, status) == ("ValidationException", 400) and what in message
        client.delete_endpoint_config(EndpointConfigName=name)
    assert client.list_endpoints(NameContains=name)["Endpoints"] == []


def test_deleting_in_each_state(hosting):
    client, name = hosting.sagemaker, new_name("e")
    client.create_endpoint(EndpointName=name, EndpointConfigName=hosting.names["one"])
    removed(client, name)
    model_without_data(client, make_client(hosting.server, "s3"), name)
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[production_variant(name)])
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    told = served(client, name, "Failed")
    assert "s3://vanished/m.tar.gz" in told["FailureReason"]
    assert error_of(hosting.invoke, name)[:2] == ("ValidationError", 400)
    code, status, message = error_of(client.update_endpoint, EndpointName=name, EndpointConfigName=hosting.names["one"])
    assert (code, status) == ("ValidationException", 400)
    removed(client, name)
    assert error_of(client.delete_endpoint, EndpointName=name)[2].startswith("Could not find endpoint ")
