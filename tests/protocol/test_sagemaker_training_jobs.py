import time

import pytest

from api_fixtures import (IMAGE, ROLE, arn, error_of, loose, make_client, new_name, region, sagemaker,  # noqa: F401
                          training_job, wait_until)


def status_of(client, name):
    return client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]


@pytest.fixture
def bucket(server, region):
    s3 = make_client(server, "s3", "us-east-1")
    name = new_name("jobs")
    s3.create_bucket(Bucket=name)
    return name


def test_create_says_all_that_is_missing(server, region):
    code, status, message = error_of(loose(server, "sagemaker", region).create_training_job)
    assert (code, status) == ("ValidationException", 400)
    assert message == ("3 validation errors detected: Value null at 'trainingJobName' failed to satisfy constraint: Member must not be null; "
                       "Value null at 'roleArn' failed to satisfy constraint: Member must not be null; "
                       "Value null at 'outputDataConfig' failed to satisfy constraint: Member must not be null")


@pytest.mark.parametrize("name, constraint", [
    ("under_score", "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"),
    ("-first", "Member must satisfy regular expression pattern"),
    ("last-", "Member must satisfy regular expression pattern"),
    ("ünicode", "Member must satisfy regular expression pattern"),
    ("", "Member must have length greater than or equal to 1"),
    ("a" * 64, "Member must have length less than or equal to 63")])
def test_names(server, region, name, constraint):
    code, status, message = error_of(loose(server, "sagemaker", region).create_training_job, **training_job(name))
    assert (code, status) == ("ValidationException", 400)
    assert f"Value '{name}' at 'trainingJobName' failed to satisfy constraint: {constraint}" in message


@pytest.mark.parametrize("change, path", [
    ({"RoleArn": "not-an-arn-of-any-role"}, "roleArn"),
    ({"ResourceConfig": {"InstanceType": "ml.moon.large", "InstanceCount": 1, "VolumeSizeInGB": 1}}, "resourceConfig.instanceType"),
    ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "stoppingCondition.maxRuntimeInSeconds"),
    ({"AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "Fax"}}, "algorithmSpecification.trainingInputMode"),
    ({"InputDataConfig": [{"ChannelName": "a b", "DataSource": {}}]}, "inputDataConfig.1.member.channelName"),
    ({"Tags": [{"Key": "", "Value": ""}]}, "tags.1.member.key"),
    ({"OutputDataConfig": {}}, "outputDataConfig.s3OutputPath"),
    ({"HyperParameters": {"k" * 257: "v"}}, "hyperParameters")])
def test_every_member_is_checked(server, region, change, path):
    code, status, message = error_of(loose(server, "sagemaker", region).create_training_job, **training_job("a", **change))
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith("1 validation error detected: Value ") and f" at '{path}' failed to satisfy constraint: " in message


def test_names_are_taken_once(server, sagemaker, region):
    name = new_name()
    sagemaker.create_training_job(**training_job(name))
    with pytest.raises(sagemaker.exceptions.ResourceInUse) as caught:
        sagemaker.create_training_job(**training_job(name))
    assert caught.value.response["Error"]["Message"] == (
        "Training job names must be unique within an AWS account and region, and a training job with this name already exists "
        f"({arn(region, 'training-job/' + name)})")
    other = make_client(server, "sagemaker", "eu-west-1")
    assert other.create_training_job(**training_job(name))["TrainingJobArn"] == arn("eu-west-1", "training-job/" + name)


def test_regions_do_not_see_each_other(server, sagemaker):
    name = new_name()
    sagemaker.create_training_job(**training_job(name))
    other = make_client(server, "sagemaker", "elsewhere-1")
    assert error_of(other.describe_training_job, TrainingJobName=name)[2] == "Requested resource not found."
    assert other.list_training_jobs(NameContains=name)["TrainingJobSummaries"] == []
    assert error_of(other.stop_training_job, TrainingJobName=name)[0] == "ValidationException"


def test_what_cannot_be_run_is_refused_with_the_reason(sagemaker):
    def refusal(**change):
        code, status, message = error_of(sagemaker.create_training_job, **training_job(new_name(), **change))
        assert status == 400
        return code, message

    algorithm = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    code, message = refusal(AlgorithmSpecification={**algorithm, "MetricDefinitions": [{"Name": "loss", "Regex": "(?<=loss=)([0-9.]+)"}]})
    assert code == "ValidationException" and "loss" in message and "(?<" in message
    assert "broken" in refusal(AlgorithmSpecification={**algorithm, "MetricDefinitions": [{"Name": "broken", "Regex": "("}]})[1]
    assert "AlgorithmName" in refusal(AlgorithmSpecification={"AlgorithmName": "mine", "TrainingInputMode": "File"})[1]
    assert "Pipe" in refusal(InputDataConfig=[{"ChannelName": "a", "InputMode": "Pipe", "DataSource": {
        "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/k"}}}])[1]
    assert refusal(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 65, "VolumeSizeInGB": 1})[0] == "ResourceLimitExceeded"
    groups = [{"InstanceGroupName": name, "InstanceType": "ml.m5.large", "InstanceCount": 1} for name in ("one", "two")]
    assert "one instance group" in refusal(ResourceConfig={"InstanceGroups": groups, "VolumeSizeInGB": 1})[1]
    assert "InstanceGroups" in refusal(ResourceConfig={
        "InstanceGroups": groups[:1], "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1})[1]
    code, message = refusal(HyperParameters={"large": "x" * 100_000})
    assert code == "ValidationException" and "2500" in message and len(message) < 4000, message[:200]
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_a_missing_role_or_bucket_fails_the_job_and_not_the_call(sagemaker):
    name = new_name()
    sagemaker.create_training_job(**training_job(name, RoleArn="arn:aws:iam::111122223333:role/Nobody"))
    job = wait_until(lambda: sagemaker.describe_training_job(TrainingJobName=name), lambda j: j["TrainingJobStatus"] == "Failed")
    assert job["SecondaryStatus"] == "Failed" and "no-such-bucket" in job["FailureReason"]
    assert job["SecondaryStatusTransitions"][-1]["Status"] == "Failed"
    assert job["TrainingEndTime"] >= job["CreationTime"]


def test_describe_tells_the_request_and_leaves_out_what_is_not_there(sagemaker, region):
    name = new_name()
    sagemaker.create_training_job(**training_job(
        name, HyperParameters={"a": '"1"', "ü": "\u2603"}, Environment={"E": "1"}, EnableManagedSpotTraining=False,
        DebugHookConfig={"S3OutputPath": "s3://b/d", "CollectionConfigurations": []},
        ProfilerConfig={"S3OutputPath": "s3://b/p", "DisableProfiler": False}, Tags=[{"Key": "k", "Value": "v"}]))
    job = wait_until(lambda: sagemaker.describe_training_job(TrainingJobName=name), lambda j: j["TrainingJobStatus"] == "Failed")
    assert job["TrainingJobArn"] == arn(region, "training-job/" + name)
    assert job["HyperParameters"] == {"a": '"1"', "ü": "\u2603"} and job["Environment"] == {"E": "1"}
    assert job["RoleArn"] == ROLE and job["ResourceConfig"]["InstanceCount"] == 1
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}
    assert job["DebugHookConfig"] == {"S3OutputPath": "s3://b/d", "CollectionConfigurations": []}
    for absent in ("VpcConfig", "InputDataConfig", "ModelArtifacts", "FinalMetricDataList", "Tags", "ExperimentConfig", "CheckpointConfig"):
        assert absent not in job
    assert "-invocation" not in str(job)


def test_missing_jobs(sagemaker):
    for call in (sagemaker.describe_training_job, sagemaker.stop_training_job):
        assert error_of(call, TrainingJobName="missing") == ("ValidationException", 400, "Requested resource not found.")


def test_stop(sagemaker, bucket):
    name = new_name()
    sagemaker.create_training_job(**training_job(name, "echo up; trap 'exit 0' TERM; while :; do sleep 0.1; done",
                                                 OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"}))
    sagemaker.stop_training_job(TrainingJobName=name)
    job = wait_until(lambda: sagemaker.describe_training_job(TrainingJobName=name), lambda j: j["TrainingJobStatus"] != "Stopping")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert error_of(sagemaker.stop_training_job, TrainingJobName=name)[:2] == ("ValidationException", 400)
    assert error_of(sagemaker.stop_training_job, TrainingJobName=name)[2] == (
        "The request was rejected because the training job is in status Stopped.")


def test_a_job_from_start_to_end(server, bucket):
    client, name = make_client(server, "sagemaker"), new_name()
    begun = time.time()
    client.create_training_job(**training_job(
        name, "echo 'loss=0.25;'; echo 'loss=0.125;'; echo done > /opt/ml/model/m", OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"},
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*?);"}]}))
    job = wait_until(lambda: client.describe_training_job(TrainingJobName=name), lambda j: j["TrainingJobStatus"] != "InProgress")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [m["MetricName"] for m in job["FinalMetricDataList"]] == ["loss"] and job["FinalMetricDataList"][0]["Value"] == 0.125
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{bucket}/out/{name}/output/model.tar.gz"
    assert job["BillableTimeInSeconds"] >= 1 and job["TrainingTimeInSeconds"] >= 1
    times = [job["CreationTime"], job["TrainingStartTime"], job["TrainingEndTime"], job["LastModifiedTime"]]
    assert times == sorted(times) and times[0].timestamp() >= begun - 1
    assert [t["Status"] for t in job["SecondaryStatusTransitions"]][0] == "Starting"
    assert [t["Status"] for t in job["SecondaryStatusTransitions"]][-1] == "Completed"
    logs = make_client(server, "logs")
    group = "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name + "/")["logStreams"]
    assert len(streams) == 1 and streams[0]["logStreamName"].startswith(f"{name}/algo-1-")
    events = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"], startFromHead=True)["events"]
    assert [e["message"] for e in events if e["message"].startswith("loss")] == ["loss=0.25;", "loss=0.125;"]
