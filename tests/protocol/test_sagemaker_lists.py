"""Order, filters and pages of every List operation."""

import datetime
import time

import boto3
import pytest

from api_fixtures import (IMAGE, ROLE, arn, error_of, loose, make_client, model_without_data, new_name, production_variant, region, sagemaker,  # noqa: F401
                          training_job, wait_until)

NAMES = ["delta-One", "alpha-two", "charlie-ONE", "bravo-three"]


def make_jobs(client):
    for name in NAMES:
        client.create_training_job(**training_job(name))
        # A job whose bucket is missing ends at once; the time of its last change then stands.
        wait_until(lambda: client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"], lambda s: s == "Failed")


def make_models(client):
    for name in NAMES:
        client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})


def make_configs(client):
    client.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    for name in NAMES:
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[production_variant("m")])


def make_endpoints(client):
    model_without_data(client, boto3.client("s3", endpoint_url=client.meta.endpoint_url, region_name="us-east-1"), "m")
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[production_variant("m")])
    for name in NAMES:
        client.create_endpoint(EndpointName=name, EndpointConfigName="c")
        wait_until(lambda: client.describe_endpoint(EndpointName=name)["EndpointStatus"], lambda s: s == "Failed")


KINDS = {
    "jobs": (make_jobs, "list_training_jobs", "TrainingJobSummaries", "TrainingJobName", "Ascending"),
    "models": (make_models, "list_models", "Models", "ModelName", "Descending"),
    "configs": (make_configs, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", "Descending"),
    "endpoints": (make_endpoints, "list_endpoints", "Endpoints", "EndpointName", "Descending"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_lists(server, sagemaker, kind):
    make, operation, member, name_member, order = KINDS[kind]
    call = getattr(sagemaker, operation)
    assert call()[member] == [], "there, and empty"
    assert "NextToken" not in call()
    make(sagemaker)

    def names(**query):
        return [item[name_member] for item in call(**query)[member]]

    by_time = NAMES if order == "Ascending" else NAMES[::-1]
    assert names() == by_time
    assert names(SortOrder="Ascending") == NAMES and names(SortOrder="Descending") == NAMES[::-1]
    assert names(SortBy="Name", SortOrder="Ascending") == sorted(NAMES)
    assert names(SortBy="Name", SortOrder="Descending") == sorted(NAMES)[::-1]
    assert names(SortBy="CreationTime", SortOrder="Ascending") == NAMES
    assert names(NameContains="one", SortOrder="Ascending") == ["delta-One", "charlie-ONE"]
    assert names(NameContains="nothing") == []

    items = {item[name_member]: item for item in call()[member]}
    created = [items[name]["CreationTime"] for name in NAMES]
    assert names(CreationTimeAfter=created[0], SortOrder="Ascending")[-3:] == NAMES[1:]
    assert NAMES[-1] not in names(CreationTimeBefore=created[-1])
    assert names(CreationTimeAfter=created[-1] + datetime.timedelta(seconds=5)) == []
    assert names(CreationTimeAfter=created[0] - datetime.timedelta(seconds=1),
                 CreationTimeBefore=created[0] + datetime.timedelta(hours=1)) == by_time

    # Filtered, then paged.
    first = call(NameContains="one", MaxResults=1, SortOrder="Ascending")
    assert [i[name_member] for i in first[member]] == ["delta-One"] and first["NextToken"]
    second = call(NameContains="one", MaxResults=1, SortOrder="Ascending", NextToken=first["NextToken"])
    assert [i[name_member] for i in second[member]] == ["charlie-ONE"] and "NextToken" not in second
    pages = sagemaker.get_paginator(operation).paginate(PaginationConfig={"PageSize": 3})
    assert [i[name_member] for page in pages for i in page[member]] == by_time

    assert error_of(call, NextToken="garbage")[:2] == ("ValidationException", 400)
    assert error_of(call, NextToken=first["NextToken"], SortOrder="Descending")[0] == "ValidationException"
    sloppy = getattr(loose(server, "sagemaker", sagemaker.meta.region_name), operation)
    for bad, constraint in ((0, "greater than or equal to 1"), (101, "less than or equal to 100")):
        assert error_of(sloppy, MaxResults=bad)[2] == (f"1 validation error detected: Value '{bad}' at 'maxResults' failed to satisfy "
                                                        f"constraint: Member must have value {constraint}")
    assert "at 'sortOrder' failed to satisfy constraint: Member must satisfy enum value set" in error_of(sloppy, SortOrder="Sideways")[2]


def test_jobs_by_status_and_change(server):
    region = "status-1"
    client = make_client(server, "sagemaker", region)
    s3, bucket = make_client(server, "s3"), new_name("b")
    s3.create_bucket(Bucket=bucket)
    look = lambda: [j["TrainingJobStatus"] for j in client.list_training_jobs()["TrainingJobSummaries"]]  # noqa: E731
    client.create_training_job(**training_job("first-fails"))
    wait_until(look, lambda seen: seen == ["Failed"])
    client.create_training_job(**training_job("then-completes", "true", OutputDataConfig={"S3OutputPath": f"s3://{bucket}/o"}))
    wait_until(look, lambda seen: "InProgress" not in seen)
    assert look() == ["Failed", "Completed"]
    assert [j["TrainingJobName"] for j in client.list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]] == ["first-fails"]
    assert client.list_training_jobs(StatusEquals="Stopping")["TrainingJobSummaries"] == []
    by_status = client.list_training_jobs(SortBy="Status", SortOrder="Ascending")["TrainingJobSummaries"]
    assert [j["TrainingJobStatus"] for j in by_status] == ["Completed", "Failed"]
    changed = {j["TrainingJobName"]: j["LastModifiedTime"] for j in by_status}
    late = client.list_training_jobs(LastModifiedTimeAfter=changed["first-fails"])["TrainingJobSummaries"]
    assert "then-completes" in [j["TrainingJobName"] for j in late]
    early = client.list_training_jobs(LastModifiedTimeBefore=changed["then-completes"])["TrainingJobSummaries"]
    assert [j["TrainingJobName"] for j in early] == ["first-fails"]
    assert set(by_status[0]) >= {"TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime", "TrainingJobStatus"}


def test_endpoints_by_status(sagemaker):
    make_endpoints(sagemaker)
    assert len(sagemaker.list_endpoints(StatusEquals="Failed")["Endpoints"]) == 4
    assert sagemaker.list_endpoints(StatusEquals="InService")["Endpoints"] == []
    assert len(sagemaker.list_endpoints(SortBy="Status")["Endpoints"]) == 4


def test_rows_added_between_pages_neither_repeat_nor_hide_others(sagemaker):
    make_models(sagemaker)
    first = sagemaker.list_models(MaxResults=2)
    sagemaker.create_model(ModelName="newer", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    rest = sagemaker.list_models(MaxResults=10, NextToken=first["NextToken"])
    assert [m["ModelName"] for m in first["Models"] + rest["Models"]] == NAMES[::-1]


def test_times_are_told_to_the_millisecond(sagemaker):
    before = time.time()
    make_models(sagemaker)
    told = [m["CreationTime"].timestamp() for m in sagemaker.list_models(SortOrder="Ascending")["Models"]]
    assert told == sorted(told) and told[0] >= before - 0.001 and told[-1] <= time.time()
    assert any(t != int(t) for t in told)
