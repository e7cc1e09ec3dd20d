import pytest

from api_fixtures import IMAGE, ROLE, arn, error_of, loose, make_client, region, sagemaker, training_job  # noqa: F401


def tags(*keys, value="v"):
    return [{"Key": key, "Value": value} for key in keys]


@pytest.fixture
def model(sagemaker):
    return sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE}, Tags=tags("b", "a"))["ModelArn"]


def keys(client, resource):
    return [tag["Key"] for page in client.get_paginator("list_tags").paginate(ResourceArn=resource) for tag in page["Tags"]]


def test_tags_keep_their_order(sagemaker, model):
    assert keys(sagemaker, model) == ["b", "a"]
    answer = sagemaker.add_tags(ResourceArn=model, Tags=[{"Key": "0", "Value": ""}, {"Key": "b", "Value": "new"}])
    assert answer["Tags"] == [{"Key": "b", "Value": "new"}, {"Key": "a", "Value": "v"}, {"Key": "0", "Value": ""}]
    sagemaker.delete_tags(ResourceArn=model, TagKeys=["b", "not there"])
    assert sagemaker.list_tags(ResourceArn=model)["Tags"] == [{"Key": "a", "Value": "v"}, {"Key": "0", "Value": ""}]
    sagemaker.delete_tags(ResourceArn=model, TagKeys=["a", "0"])
    assert sagemaker.list_tags(ResourceArn=model)["Tags"] == []


def test_tags_go_with_their_resource(sagemaker, model):
    sagemaker.delete_model(ModelName="m")
    assert error_of(sagemaker.list_tags, ResourceArn=model)[0] == "ResourceNotFound"
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    assert sagemaker.list_tags(ResourceArn=model)["Tags"] == []


def test_every_kind_has_tags(sagemaker, model):
    variant = {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    made = [sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant], Tags=tags("c"))["EndpointConfigArn"],
            sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c", Tags=tags("e"))["EndpointArn"],
            sagemaker.create_training_job(**training_job("j", Tags=tags("j")))["TrainingJobArn"]]
    assert [keys(sagemaker, resource) for resource in made] == [["c"], ["e"], ["j"]]
    sagemaker.delete_endpoint(EndpointName="e")


def test_fifty_and_no_more(server, sagemaker, region, model):
    fifty = [f"{i:02}" for i in range(48)]
    sagemaker.add_tags(ResourceArn=model, Tags=tags(*fifty))
    assert keys(sagemaker, model) == ["b", "a", *fifty]
    code, status, message = error_of(sagemaker.add_tags, ResourceArn=model, Tags=tags("b", "one more"))
    assert (code, status) == ("ResourceLimitExceeded", 400) and "50" in message
    assert sagemaker.list_tags(ResourceArn=model, MaxResults=50)["Tags"][0] == {"Key": "b", "Value": "v"}, "nothing of the refused call was done"
    client = loose(server, "sagemaker", region)
    assert error_of(client.add_tags, ResourceArn=model, Tags=tags(*map(str, range(51))))[0] == "ValidationException"
    assert error_of(client.create_training_job, **training_job("j", Tags=tags(*map(str, range(51)))))[0] == "ValidationException"


@pytest.mark.parametrize("bad", [tags("aws:cloudformation"), tags("AWS:x"), tags("a", "a"), tags(""), tags("k" * 129), tags("a", value="v" * 257)])
def test_tags_that_cannot_be(server, sagemaker, region, model, bad):
    client = loose(server, "sagemaker", region)
    variant = {"VariantName": "A", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    calls = [(client.add_tags, {"ResourceArn": model}), (client.create_training_job, training_job("j")),
             (client.create_model, {"ModelName": "other", "PrimaryContainer": {"Image": IMAGE}}),
             (client.create_endpoint_config, {"EndpointConfigName": "c", "ProductionVariants": [variant]})]
    for call, rest in calls:
        assert error_of(call, **{**rest, "Tags": bad})[:2] == ("ValidationException", 400)
    assert keys(sagemaker, model) == ["b", "a"] and sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_resources_that_are_not_there(server, sagemaker, region, model):
    calls = {sagemaker.list_tags: {}, sagemaker.add_tags: {"Tags": tags("a")}, sagemaker.delete_tags: {"TagKeys": ["a"]}}
    other = make_client(server, "sagemaker", "elsewhere-1")
    for call, rest in calls.items():
        for missing in (arn(region, "model/gone"), arn(region, "training-job/m"), model.replace("000000000000", "111122223333")):
            assert error_of(call, ResourceArn=missing, **rest)[:2] == ("ResourceNotFound", 400)
        assert error_of(getattr(other, call.__name__), ResourceArn=model, **rest)[0] == "ResourceNotFound", "another region's"
    assert "at 'resourceArn'" in error_of(sagemaker.list_tags, ResourceArn="garbage")[2]


def test_pages(sagemaker, model):
    assert error_of(sagemaker.list_tags, ResourceArn=model, NextToken="x")[:2] == ("ValidationException", 400)
    assert sagemaker.list_tags(ResourceArn=model, NextToken="60")["Tags"] == []
