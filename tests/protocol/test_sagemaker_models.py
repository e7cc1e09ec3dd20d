import pytest

from api_fixtures import (IMAGE, ROLE, arn, error_of, loose, make_client, new_name, production_variant, put_object, region,  # noqa: F401
                          sagemaker)

CONTAINER = {"Image": IMAGE, "ModelDataUrl": "s3://models-data/m.tar.gz"}


@pytest.fixture(autouse=True, scope="module")
def model_data(server):
    put_object(make_client(server, "s3"), CONTAINER["ModelDataUrl"])
    put_object(make_client(server, "s3"), "s3://models-data/m/weights")


def could_not_find(what, region, kind, name):
    return "ValidationException", 400, f'Could not find {what} "{arn(region, f"{kind}/{name}")}".'


def test_a_model_from_create_to_delete(sagemaker, region):
    assert sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER)["ModelArn"] == arn(region, "model/m")
    model = sagemaker.describe_model(ModelName="m")
    assert model["PrimaryContainer"] == {**CONTAINER, "Mode": "SingleModel", "Environment": {}}
    assert model["EnableNetworkIsolation"] is False and model["ExecutionRoleArn"] == ROLE
    assert "VpcConfig" not in model and "Containers" not in model and "InferenceExecutionConfig" not in model
    assert error_of(sagemaker.create_model, ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER) == (
        "ValidationException", 400, f'Cannot create already existing model "{arn(region, "model/m")}".')
    sagemaker.delete_model(ModelName="m")
    missing = could_not_find("model", region, "model", "m")
    assert error_of(sagemaker.describe_model, ModelName="m") == missing
    assert error_of(sagemaker.delete_model, ModelName="m") == missing
    sagemaker.create_model(ModelName="m", PrimaryContainer=CONTAINER)


def test_what_the_sdks_send_of_models(sagemaker):
    empty = {"SAGEMAKER_PROGRAM": "", "SAGEMAKER_SUBMIT_DIRECTORY": ""}
    sagemaker.create_model(ModelName="mms", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "Environment": empty})
    assert sagemaker.describe_model(ModelName="mms")["PrimaryContainer"]["Environment"] == empty
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    sagemaker.create_model(ModelName="vpc", ExecutionRoleArn=ROLE, Containers=[CONTAINER], VpcConfig=vpc, EnableNetworkIsolation=True)
    model = sagemaker.describe_model(ModelName="vpc")
    assert model["VpcConfig"] == vpc and model["EnableNetworkIsolation"] is True
    assert [c["Image"] for c in model["Containers"]] == [IMAGE] and "PrimaryContainer" not in model
    source = {"S3DataSource": {"S3Uri": "s3://models-data/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
    sagemaker.create_model(ModelName="source", PrimaryContainer={"Image": IMAGE, "ModelDataSource": source})
    assert sagemaker.describe_model(ModelName="source")["PrimaryContainer"]["ModelDataSource"] == source


@pytest.mark.parametrize("data", [
    {"ModelDataUrl": "s3://models-data/absent.tar.gz"}, {"ModelDataUrl": "s3://no-such-bucket/m.tar.gz"}, {"ModelDataUrl": "s3://models-data/m/"},
    {"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://models-data/absent/", "S3DataType": "S3Prefix", "CompressionType": "None"}}}])
def test_a_model_of_data_that_are_not_there_is_refused(sagemaker, data):
    url = data.get("ModelDataUrl") or data["ModelDataSource"]["S3DataSource"]["S3Uri"]
    for containers in ({"PrimaryContainer": {"Image": IMAGE, **data}}, {"Containers": [CONTAINER, {"Image": IMAGE, **data}]}):
        assert error_of(sagemaker.create_model, ModelName="m", ExecutionRoleArn=ROLE, **containers) == (
            "ValidationException", 400, f"Could not find model data at {url}.")
    assert sagemaker.list_models()["Models"] == []


def test_a_multi_model_containers_data_may_come_later(sagemaker):
    many = {"Image": IMAGE, "ModelDataUrl": "s3://models-data/later/", "Mode": "MultiModel"}
    sagemaker.create_model(ModelName="many", ExecutionRoleArn=ROLE, PrimaryContainer=many)


@pytest.mark.parametrize("change", [
    {}, {"PrimaryContainer": CONTAINER, "Containers": [CONTAINER]}, {"Containers": []}, {"PrimaryContainer": {}},
    {"PrimaryContainer": {**CONTAINER, "ModelDataUrl": "ftp://b/m"}}, {"PrimaryContainer": {**CONTAINER, "Environment": {"1 2": "x"}}},
    {"PrimaryContainer": CONTAINER, "VpcConfig": {}}, {"ModelName": "a_b", "PrimaryContainer": CONTAINER}])
def test_models_that_cannot_be(server, region, change):
    client = loose(server, "sagemaker", region)
    assert error_of(client.create_model, **{"ModelName": "m", "ExecutionRoleArn": ROLE, **change})[:2] == ("ValidationException", 400)
    assert client.list_models()["Models"] == []


def test_a_config_from_create_to_delete(sagemaker, region):
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER)
    capture = {"EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b/p",
               "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
               "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]}}
    created = sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[production_variant("m", InitialVariantWeight=0.3)],
                                               DataCaptureConfig=capture, Tags=[{"Key": "k", "Value": "v"}])
    assert created["EndpointConfigArn"] == arn(region, "endpoint-config/c")
    config = sagemaker.describe_endpoint_config(EndpointConfigName="c")
    assert config["DataCaptureConfig"] == capture
    assert config["ProductionVariants"] == [production_variant("m", InitialVariantWeight=0.3)]
    assert "KmsKeyId" not in config and "AsyncInferenceConfig" not in config and "ExplainerConfig" not in config and "Tags" not in config
    assert error_of(sagemaker.create_endpoint_config, EndpointConfigName="c", ProductionVariants=[production_variant("m")])[2] == (
        f'Cannot create already existing endpoint configuration "{arn(region, "endpoint-config/c")}".')
    sagemaker.delete_model(ModelName="m")
    sagemaker.delete_endpoint_config(EndpointConfigName="c")
    missing = could_not_find("endpoint configuration", region, "endpoint-config", "c")
    assert error_of(sagemaker.describe_endpoint_config, EndpointConfigName="c") == missing
    assert error_of(sagemaker.delete_endpoint_config, EndpointConfigName="c") == missing


def test_weights_and_counts_have_defaults(sagemaker):
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER)
    variant = {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    told = sagemaker.describe_endpoint_config(EndpointConfigName="c")["ProductionVariants"][0]
    assert (told["InitialInstanceCount"], told["InitialVariantWeight"]) == (1, 1.0)


@pytest.mark.parametrize("weight", [0.1, 0.3, 0.7, 1e-3, 123.456, 1.1, 0.015625, 3.3333333])
def test_numbers_come_back_as_they_were_sent(sagemaker, weight):
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER)
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[production_variant("m", InitialVariantWeight=weight)])
    assert sagemaker.describe_endpoint_config(EndpointConfigName="c")["ProductionVariants"][0]["InitialVariantWeight"] == weight


def test_configs_that_cannot_be(server, sagemaker, region):
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER)

    def refusal(*variants):
        code, status, message = error_of(loose(server, "sagemaker", region).create_endpoint_config, EndpointConfigName="c", ProductionVariants=list(variants))
        assert (code, status) == ("ValidationException", 400)
        return message

    assert refusal(production_variant("gone")) == could_not_find("model", region, "model", "gone")[2]
    assert "at 'productionVariants' failed to satisfy constraint: Member must have length greater than or equal to 1" in refusal()
    assert "AllTraffic" in refusal(production_variant("m"), production_variant("m"))
    assert "initialInstanceCount" in refusal(production_variant("m", InitialInstanceCount=0))
    assert "productionVariants.1.member.variantName" in refusal({**production_variant("m"), "VariantName": "a b"})
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_regions_do_not_see_each_other(server, sagemaker):
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=CONTAINER)
    other = make_client(server, "sagemaker", "elsewhere-1")
    assert error_of(other.describe_model, ModelName="m") == could_not_find("model", "elsewhere-1", "model", "m")
    assert error_of(other.create_endpoint_config, EndpointConfigName="c", ProductionVariants=[production_variant("m")])[2].startswith("Could not find model")
