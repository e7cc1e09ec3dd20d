"""A model that is deleted while something uses it, and artifacts that are not there: as at AWS."""

import uuid

import pytest
from botocore.exceptions import ClientError

from jobs import ENDED, INSTANCE, Platform, wait_until

MODEL = """
def model_fn(model_dir):
    return 7
def input_fn(body, content_type):
    return body
def predict_fn(body, model):
    return [model]
def output_fn(found, accept):
    return "%d" % found[0], "application/json"
"""
# Answers once the test lets it: the object that it waits for has come.
WAITING = MODEL.replace("    return [model]", """    import os, time, boto3
    s3 = boto3.client("s3")
    while "Contents" not in s3.list_objects_v2(Bucket=os.environ["BUCKET"], Prefix=os.environ["KEY"]):
        time.sleep(0.05)
    return [model]""")


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def could_not_find(platform, name):
    return "ValidationException", f'Could not find model "arn:aws:sagemaker:us-east-1:{platform.role.split(":")[4]}:model/{name}".'


def erase_data(platform, name):
    platform.s3.delete_object(Bucket=platform.bucket, Key=f"{name}/model.tar.gz")


def test_an_endpoint_serves_on_without_its_model(make_server):
    platform = Platform(make_server(first_look_seconds=0))
    name = platform.deploy(MODEL)
    assert platform.endpoint(name)["EndpointStatus"] == "InService"
    platform.sagemaker.delete_model(ModelName=name)
    erase_data(platform, name)
    assert platform.invoke(name) == 7
    assert platform.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    # What was made of it cannot be made again.
    assert refused(platform.sagemaker.create_endpoint, EndpointName=name + "-2", EndpointConfigName=name) == could_not_find(platform, name)
    variant = {"VariantName": "v", "ModelName": name, "InstanceType": INSTANCE, "InitialInstanceCount": 1}
    assert refused(platform.sagemaker.create_endpoint_config, EndpointConfigName=name + "-2", ProductionVariants=[variant]) == (
        could_not_find(platform, name))
    platform.server.kill()
    platform.server.start()

    def answer():
        try:
            return platform.invoke(name)
        except ClientError:
            return None  # its replica has not been found again yet
    assert wait_until(answer, 60, "an answer after the restart") == 7
    platform.delete_endpoint(name)


def test_an_endpoint_whose_data_went_before_it_came_fails_with_their_url(platform):
    name = platform.model(MODEL)
    erase_data(platform, name)
    platform.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    endpoint = platform.endpoint(name)
    assert endpoint["EndpointStatus"] == "Failed"
    assert f's3://{platform.bucket}/{name}/model.tar.gz' in endpoint["FailureReason"]
    assert endpoint["FailureReason"].startswith("Failed to download model data for container")
    platform.delete_endpoint(name)


def test_a_transform_job_goes_on_without_its_model(platform):
    name = platform.model(WAITING)
    platform.put(f"{name}/in/rows.txt", "a\n")
    go = f"{name}/go-{uuid.uuid4().hex}"
    job = {"TransformJobName": name, "ModelName": name, "Environment": {"BUCKET": platform.bucket, "KEY": go},
           "TransformInput": {"ContentType": "text/plain", "SplitType": "Line", "DataSource": {"S3DataSource": {
               "S3DataType": "S3Prefix", "S3Uri": f"s3://{platform.bucket}/{name}/in/"}}},
           "TransformOutput": {"S3OutputPath": f"s3://{platform.bucket}/{name}/out", "AssembleWith": "Line"},
           "TransformResources": {"InstanceType": INSTANCE, "InstanceCount": 1}}
    platform.sagemaker.create_transform_job(**job)
    platform.sagemaker.delete_model(ModelName=name)
    platform.put(go, "now")

    def ended():
        found = platform.sagemaker.describe_transform_job(TransformJobName=name)
        return found if found["TransformJobStatus"] in ENDED else None
    done = wait_until(ended, 120, "the end of the transform job")
    assert done["TransformJobStatus"] == "Completed" and done["ModelName"] == name, done.get("FailureReason")
    assert platform.s3.get_object(Bucket=platform.bucket, Key=f"{name}/out/rows.txt.out")["Body"].read() == b"7\n"
    assert refused(platform.sagemaker.create_transform_job, **{**job, "TransformJobName": name + "-2"}) == could_not_find(platform, name)


def test_a_model_of_data_that_are_not_there_is_refused(platform):
    url = f"s3://{platform.bucket}/no/such/model.tar.gz"
    assert refused(platform.sagemaker.create_model, ModelName="model-" + uuid.uuid4().hex[:8], ExecutionRoleArn=platform.role, PrimaryContainer={
        "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", "ModelDataUrl": url}) == (
        "ValidationException", f"Could not find model data at {url}.")
