import boto3
import pytest

from s3_fixtures import bucket, code_of, make_client, new_name, s3, signed  # noqa: F401

ACCOUNT_HEADER = "x-amz-expected-bucket-owner"


def test_create_head_list_delete(s3):
    name = new_name()
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name).get("LocationConstraint") is None
    s3.delete_bucket(Bucket=name)
    assert code_of(s3.head_bucket, Bucket=name) == ("404", 404, "Not Found")
    assert code_of(s3.delete_bucket, Bucket=name)[:2] == ("NoSuchBucket", 404)


def test_again_by_region(server, s3, bucket):
    assert s3.create_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    west = make_client(server, "eu-west-1")
    name = new_name()
    where = {"LocationConstraint": "eu-west-1"}
    west.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert west.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"
    assert code_of(west.create_bucket, Bucket=name, CreateBucketConfiguration=where)[:2] == ("BucketAlreadyOwnedByYou", 409)
    west.delete_bucket(Bucket=name)


def test_location_constraints(server, s3):
    west = make_client(server, "eu-west-1")
    name = new_name()
    assert code_of(west.create_bucket, Bucket=name)[:2] == ("IllegalLocationConstraintException", 400)
    for constraint, code in [("eu-central-1", "IllegalLocationConstraintException"), ("nowhere", "InvalidLocationConstraint")]:
        assert code_of(west.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": constraint})[0] == code
    assert code_of(s3.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-1"})[0] == "InvalidLocationConstraint"


@pytest.mark.parametrize("name", ["ab", "Upper", "a..b", "-lead", "trail-", "192.168.5.4", "x" * 64, "under_score", "xn--puny", "a-s3alias"])
def test_bad_names(server, name):
    status, _, body = signed(server, "PUT", f"/{name}")
    assert (status, b"<Code>InvalidBucketName</Code>" in body, name.encode() in body) == (400, True, True)


def test_not_empty(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert code_of(s3.delete_bucket, Bucket=bucket)[:2] == ("BucketNotEmpty", 409)


def test_pages_of_buckets(server, s3):
    prefix = new_name("page")
    names = sorted(f"{prefix}-{i}" for i in range(3))
    for name in names:
        s3.create_bucket(Bucket=name)
    west = make_client(server, "eu-west-1")
    west.create_bucket(Bucket=f"{prefix}-west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    page = s3.list_buckets(Prefix=prefix, MaxBuckets=2)
    assert [b["Name"] for b in page["Buckets"]] == names[:2] and page["Prefix"] == prefix
    page = s3.list_buckets(Prefix=prefix, MaxBuckets=2, ContinuationToken=page["ContinuationToken"])
    assert [b["Name"] for b in page["Buckets"]] == [names[2], f"{prefix}-west"] and "ContinuationToken" not in page
    only = s3.list_buckets(Prefix=prefix, BucketRegion="eu-west-1")["Buckets"]
    assert [(b["Name"], b["BucketRegion"]) for b in only] == [(f"{prefix}-west", "eu-west-1")]
    assert code_of(s3.list_buckets, ContinuationToken="!")[0] == "InvalidArgument"
    for name in [*names, f"{prefix}-west"]:
        s3.delete_bucket(Bucket=name)


def test_expected_owner(s3, bucket):
    account = boto3.client("s3").meta and s3.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
    assert len(account) == 64
    assert code_of(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner="999999999999")[:2] == ("403", 403)
    assert code_of(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="999999999999")[:2] == ("AccessDenied", 403)
    assert code_of(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="me")[:2] == ("InvalidBucketOwnerAWSAccountID", 400)


def test_tags_of_a_bucket(s3, bucket):
    assert code_of(s3.get_bucket_tagging, Bucket=bucket)[:2] == ("NoSuchTagSet", 404)
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    twice = {"TagSet": [tags[0], tags[0]]}
    assert code_of(s3.put_bucket_tagging, Bucket=bucket, Tagging=twice)[0] == "InvalidTag"
    s3.delete_bucket_tagging(Bucket=bucket)
    assert code_of(s3.get_bucket_tagging, Bucket=bucket)[0] == "NoSuchTagSet"


MISSING = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_policy_status": "NoSuchBucketPolicy",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "get_bucket_ownership_controls": "OwnershipControlsNotFoundError",
}


@pytest.mark.parametrize("operation", MISSING)
def test_configuration_that_was_never_made(s3, bucket, operation):
    assert code_of(getattr(s3, operation), Bucket=bucket)[:2] == (MISSING[operation], 404)
    assert code_of(getattr(s3, operation), Bucket="no-such-bucket-here")[:2] == ("NoSuchBucket", 404)


def test_empty_configuration(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.delete_bucket_policy(Bucket=bucket)
    acl = s3.get_bucket_acl(Bucket=bucket)
    assert acl["Grants"] == [{"Grantee": {"ID": acl["Owner"]["ID"], "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]


def test_unserved_operations_are_named(s3, bucket):
    versioning = {"Status": "Enabled"}
    code, status, message = code_of(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration=versioning)
    assert (code, status) == ("NotImplemented", 501) and "PutBucketVersioning" in message
    code, status, message = code_of(s3.restore_object, Bucket=bucket, Key="k", RestoreRequest={"Days": 1})
    assert (code, status) == ("NotImplemented", 501) and "RestoreObject" in message


def test_default_bucket_flow(s3):
    """What the SageMaker SDKs do to find or make their bucket."""
    name = new_name("sagemaker")
    resource = boto3.resource("s3", endpoint_url=s3.meta.endpoint_url, region_name="us-east-1")
    assert resource.Bucket(name).creation_date is None
    resource.create_bucket(Bucket=name)
    assert resource.Bucket(name).creation_date is not None
    resource.meta.client.head_bucket(Bucket=name)
    s3.delete_bucket(Bucket=name)
