"""Clients, jobs and models for the tests of the document services, and requests that no SDK sends."""

import contextlib
import http.client
import io
import itertools
import json
import tarfile
import time
import uuid

import boto3
import botocore
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials

ACCOUNT = "000000000000"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/ClarySageMakerRole"


def make_client(server, service, region="us-east-1", credentials=None, **config):
    config.setdefault("retries", {"max_attempts": 0})
    keys = {}
    if credentials:
        keys = {"aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"],
                "aws_session_token": credentials.get("SessionToken")}
    return boto3.client(service, region_name=region, endpoint_url=server.url, config=Config(**config), **keys)


def loose(server, service, region="us-east-1"):
    """A client that sends what its model forbids."""
    return make_client(server, service, region, parameter_validation=False)


def put_object(s3, url, body=b"x"):
    """An object at s3://bucket/key; its bucket is made where there is none."""
    bucket, key = url[len("s3://"):].split("/", 1)
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=key, Body=body)


def model_without_data(sagemaker, s3, name, url="s3://vanished/m.tar.gz", **container):
    """A model whose data are there when it is made, and gone after: its endpoints fail."""
    put_object(s3, url)
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url, **container})
    bucket, key = url[len("s3://"):].split("/", 1)
    s3.delete_object(Bucket=bucket, Key=key)


_regions = itertools.count(1)


@pytest.fixture
def region():
    """A region in which nothing was ever made."""
    return f"test-{uuid.uuid4().hex[:8]}-{next(_regions)}"


@pytest.fixture
def sagemaker(server, region):
    return make_client(server, "sagemaker", region)


def error_of(call, *args, **kwargs):
    """(code, status, message) of a call that has to be refused; the answer's id is the header's."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*args, **kwargs)
    answer = caught.value.response
    meta = answer["ResponseMetadata"]
    assert meta["HTTPStatusCode"] < 500, answer
    assert meta["HTTPHeaders"]["x-amzn-requestid"] == meta["RequestId"]
    return answer["Error"]["Code"], meta["HTTPStatusCode"], answer["Error"].get("Message")


def new_name(prefix="t"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def arn(region, resource):
    return f"arn:aws:sagemaker:{region}:{ACCOUNT}:{resource}"


def training_job(name, command=None, **more):
    """CreateTrainingJob's input; without a command it fails at once, since its bucket does not exist."""
    job = {"TrainingJobName": name, "RoleArn": ROLE, "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
           "OutputDataConfig": {"S3OutputPath": "s3://no-such-bucket/out"},
           "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
           "StoppingCondition": {"MaxRuntimeInSeconds": 60}, **more}
    if command:
        job["AlgorithmSpecification"] = {**job["AlgorithmSpecification"], "ContainerEntrypoint": ["/bin/sh", "-c", command]}
    return job


def production_variant(model, **more):
    return {"VariantName": "AllTraffic", "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1, **more}


def wait_until(look, wanted, seconds=300):
    """Looks until `wanted` of what is seen is true; what was seen. So long because on a fresh machine the runtime is made first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = look()
        if wanted(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s; last seen: {seen}")


def archive(files):
    """A tar.gz of {name: text}."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def root_credentials():
    found = boto3.Session().get_credentials().get_frozen_credentials()
    return Credentials(found.access_key, found.secret_key, found.token)


def raw(server, method, path, body=b"", headers=None):
    """One request as it stands; (status, headers, body)."""
    connection = http.client.HTTPConnection(server.address, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def sign(server, service, method="POST", path="/", body=b"", headers=None, region="us-east-1", credentials=None):
    """The headers of a request signed with SigV4."""
    request = AWSRequest(method=method, url=server.url + path, data=body, headers=headers or {})
    SigV4Auth(credentials or root_credentials(), service, region).add_auth(request)
    return dict(request.headers.items())


def call_json(server, target, body, service="sagemaker", content_type="application/x-amz-json-1.1", more=None, **signing):
    """A signed JSON call with the body as it stands; (status, headers, document)."""
    if isinstance(body, str):
        body = body.encode()
    headers = {"Content-Type": content_type, **({"X-Amz-Target": target} if target else {}), **(more or {})}
    status, headers, answer = raw(server, "POST", "/", body, sign(server, service, body=body, headers=headers, **signing))
    assert headers["x-amzn-RequestId"]
    return status, headers, json.loads(answer) if answer else {}
