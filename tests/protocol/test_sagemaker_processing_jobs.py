"""Create, Describe, List, Stop and DeleteProcessingJob as boto3 and requests that no SDK sends see them."""

import concurrent.futures
import json
import time

import pytest

from api_fixtures import (IMAGE, ROLE, arn, error_of, loose, make_client, new_name, region, sagemaker, wait_until)  # noqa: F401

GROUP = "/aws/sagemaker/ProcessingJobs"


def processing_job(name, command=None, **more):
    """CreateProcessingJob's input; without a command it fails at once, since its output's bucket does not exist."""
    job = {"ProcessingJobName": name, "RoleArn": ROLE,
           "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["/bin/sh", "-c", command or "true"]},
           "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}},
           "StoppingCondition": {"MaxRuntimeInSeconds": 60}, **more}
    if command is None and "ProcessingOutputConfig" not in more:
        job["ProcessingOutputConfig"] = {"Outputs": [output("none", "s3://no-such-bucket/out")]}
    return job


def output(name, uri, mode="EndOfJob", **more):
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": mode}, **more}


def s3_input(name, uri, **more):
    return {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/{name}", "S3DataType": "S3Prefix",
                                           "S3InputMode": "File", **more}}


def ended(client, name):
    return wait_until(lambda: client.describe_processing_job(ProcessingJobName=name),
                      lambda job: job["ProcessingJobStatus"] not in ("InProgress", "Stopping"))


@pytest.fixture
def place(server):
    """A client, S3 and a bucket in the region of jobs that run."""
    running = server

    class Place:
        server, client, s3, bucket = running, make_client(running, "sagemaker"), make_client(running, "s3"), new_name("processing")

        def submit(self, script, **more):
            """Creates a job that runs a shell script; its name. (An entry point's strings have one line of 256 characters.)"""
            name = new_name()
            code = s3_input("code", self.put(f"code/{name}.sh", script))
            more.setdefault("AppSpecification", {"ImageUri": IMAGE, "ContainerEntrypoint": ["/bin/sh", f"/opt/ml/processing/code/{name}.sh"]})
            job = processing_job(name, "", **more)
            job["ProcessingInputs"] = [code, *job.get("ProcessingInputs", [])]
            self.client.create_processing_job(**job)
            return name

        def run(self, script, **more):
            return ended(self.client, self.submit(script, **more))

        def put(self, key, body):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
            return f"s3://{self.bucket}/{key}"

        def get(self, key):
            return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

        def keys(self, prefix=""):
            return [o["Key"] for o in self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])]

        def uri(self, key):
            return f"s3://{self.bucket}/{key}"
    here = Place()
    here.s3.create_bucket(Bucket=here.bucket)
    return here


def test_create_says_all_that_is_missing(server, region):
    code, status, message = error_of(loose(server, "sagemaker", region).create_processing_job)
    assert (code, status) == ("ValidationException", 400)
    assert message == ("4 validation errors detected: Value null at 'processingJobName' failed to satisfy constraint: Member must not be null; "
                       "Value null at 'processingResources' failed to satisfy constraint: Member must not be null; "
                       "Value null at 'appSpecification' failed to satisfy constraint: Member must not be null; "
                       "Value null at 'roleArn' failed to satisfy constraint: Member must not be null")


@pytest.mark.parametrize("change, path", [
    ({"ProcessingJobName": "under_score"}, "processingJobName"),
    ({"RoleArn": "not-an-arn-of-any-role"}, "roleArn"),
    ({"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.moon.large", "InstanceCount": 1, "VolumeSizeInGB": 1}}},
     "processingResources.clusterConfig.instanceType"),
    ({"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 101, "VolumeSizeInGB": 1}}},
     "processingResources.clusterConfig.instanceCount"),
    ({"StoppingCondition": {"MaxRuntimeInSeconds": 0}}, "stoppingCondition.maxRuntimeInSeconds"),
    ({"ProcessingInputs": [s3_input("i", "s3://b/k", S3DataType="Fax")]}, "processingInputs.1.member.s3Input.s3DataType"),
    ({"ProcessingOutputConfig": {"Outputs": [output("o", "s3://b/k", mode="Never")]}},
     "processingOutputConfig.outputs.1.member.s3Output.s3UploadMode"),
    ({"ProcessingInputs": [s3_input(f"i{n}", "s3://b/k") for n in range(11)]}, "processingInputs"),
    ({"AppSpecification": {"ImageUri": IMAGE, "ContainerArguments": ["x" * 257]}}, "appSpecification.containerArguments"),
    ({"Environment": {"9": "v"}}, "environment")])
def test_every_member_is_checked(server, region, change, path):
    code, status, message = error_of(loose(server, "sagemaker", region).create_processing_job, **{**processing_job("a"), **change})
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith("1 validation error detected: Value ") and f" at '{path}" in message


def test_what_cannot_be_done_is_refused_with_the_reason(sagemaker):
    def refusal(**change):
        code, status, message = error_of(sagemaker.create_processing_job, **{**processing_job(new_name()), **change})
        assert (code, status) == ("ValidationException", 400)
        return message

    def inputs(*all):
        return {"ProcessingInputs": list(all)}

    def outputs(*all):
        return {"ProcessingOutputConfig": {"Outputs": list(all)}}

    assert "Pipe" in refusal(**inputs(s3_input("i", "s3://b/k", S3InputMode="Pipe")))
    assert "Gzip" in refusal(**inputs(s3_input("i", "s3://b/k", S3CompressionType="Gzip")))
    assert "LocalPath must begin with /opt/ml/processing/" in refusal(**inputs(s3_input("i", "s3://b/k", LocalPath="/opt/ml/model")))
    assert "LocalPath" in refusal(**inputs(s3_input("i", "s3://b/k", LocalPath="/opt/ml/processing/../../../etc")))
    assert "names must be unique" in refusal(**inputs(s3_input("i", "s3://b/k"), s3_input("i", "s3://b/l", LocalPath="/opt/ml/processing/x")))
    assert "more than one" in refusal(**inputs(s3_input("i", "s3://b/k"), s3_input("j", "s3://b/l", LocalPath="/opt/ml/processing/i")))
    assert "more than one" in refusal(**inputs(s3_input("i", "s3://b/k")), **outputs(output("i", "s3://b/o")))
    assert "LocalPath is required" in refusal(**inputs({"InputName": "i", "S3Input": {"S3Uri": "s3://b/k", "S3DataType": "S3Prefix"}}))
    assert "S3 URI" in refusal(**inputs(s3_input("i", "https://b/k")))
    assert "S3Input is required" in refusal(**inputs({"InputName": "i"}))
    assert "Athena" in refusal(**inputs({"InputName": "i", "DatasetDefinition": {"LocalPath": "/opt/ml/processing/i", "AthenaDatasetDefinition": {
        "Catalog": "c", "Database": "d", "QueryString": "q", "OutputS3Uri": "s3://b/o", "OutputFormat": "PARQUET"}}}))
    assert "FeatureStoreOutput" in refusal(**outputs({"OutputName": "o", "FeatureStoreOutput": {"FeatureGroupName": "g"}, "AppManaged": True}))
    assert "InstanceType" in refusal(ProcessingResources={"ClusterConfig": {"VolumeSizeInGB": 1}})
    assert "Duplicate tag key" in refusal(Tags=[{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}])
    assert sagemaker.list_processing_jobs()["ProcessingJobSummaries"] == []


def test_names_are_taken_once(server, sagemaker, region):
    name = new_name()
    assert sagemaker.create_processing_job(**processing_job(name))["ProcessingJobArn"] == arn(region, "processing-job/" + name)
    with pytest.raises(sagemaker.exceptions.ResourceInUse) as caught:
        sagemaker.create_processing_job(**processing_job(name))
    assert caught.value.response["Error"]["Message"] == (
        "Job name must be unique within an AWS account and region, and a job with this name already exists "
        f"({arn(region, 'processing-job/' + name)})")
    other = make_client(server, "sagemaker", "eu-west-1")
    assert other.create_processing_job(**processing_job(name))["ProcessingJobArn"] == arn("eu-west-1", "processing-job/" + name)


def test_missing_jobs(sagemaker):
    for call in (sagemaker.describe_processing_job, sagemaker.stop_processing_job, sagemaker.delete_processing_job):
        assert error_of(call, ProcessingJobName="missing") == ("ValidationException", 400, "Requested resource not found.")


def test_describe_tells_the_request_and_its_defaults(sagemaker, region):
    name = new_name()
    sagemaker.create_experiment(ExperimentName="e")
    sagemaker.create_trial(TrialName="t", ExperimentName="e")
    request = processing_job(
        name, Environment={"E": "1"}, ProcessingInputs=[s3_input("in", "s3://b/k")], ExperimentConfig={"ExperimentName": "e", "TrialName": "t"},
        NetworkConfig={"EnableNetworkIsolation": True, "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
        Tags=[{"Key": "k", "Value": "v"}])
    del request["StoppingCondition"]
    request["ProcessingOutputConfig"] = {"KmsKeyId": "key", "Outputs": [output("none", "s3://no-such-bucket/out")]}
    sagemaker.create_processing_job(**request)
    job = ended(sagemaker, name)
    assert job["ProcessingJobArn"] == arn(region, "processing-job/" + name)
    for member in ("AppSpecification", "Environment", "ExperimentConfig", "NetworkConfig", "ProcessingResources", "RoleArn"):
        assert job[member] == request[member]
    assert job["ProcessingInputs"] == [{**request["ProcessingInputs"][0], "AppManaged": False}]
    assert job["ProcessingOutputConfig"] == {"KmsKeyId": "key", "Outputs": [{**output("none", "s3://no-such-bucket/out"), "AppManaged": False}]}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert sagemaker.list_tags(ResourceArn=job["ProcessingJobArn"])["Tags"] == [{"Key": "k", "Value": "v"}]
    assert job["ProcessingJobStatus"] == "Failed" and "no-such-bucket" in job["FailureReason"]
    assert job["FailureReason"].startswith("ClientError: ")
    for absent in ("ExitMessage", "MonitoringScheduleArn", "AutoMLJobArn", "TrainingJobArn", "Tags"):
        assert absent not in job
    assert "-invocation" not in str(job)


def test_lists_are_ascending_by_time(sagemaker, region):
    names = [new_name(prefix) for prefix in ("delta", "alpha", "charlie")]
    for name in names:
        sagemaker.create_processing_job(**processing_job(name))
        ended(sagemaker, name)
    listed = sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert [job["ProcessingJobName"] for job in listed] == names
    assert listed[0]["ProcessingJobArn"] == arn(region, "processing-job/" + names[0])
    assert listed[0]["ProcessingJobStatus"] == "Failed" and "no-such-bucket" in listed[0]["FailureReason"]
    assert {"CreationTime", "LastModifiedTime"} <= set(listed[0])

    def found(**query):
        return [job["ProcessingJobName"] for job in sagemaker.list_processing_jobs(**query)["ProcessingJobSummaries"]]
    assert found(SortOrder="Descending") == names[::-1] and found(SortBy="Name") == sorted(names)
    assert found(NameContains="ALPHA") == names[1:2] and found(StatusEquals="Completed") == []
    assert found(StatusEquals="Failed", MaxResults=2) == names[:2]
    pages = sagemaker.get_paginator("list_processing_jobs").paginate(PaginationConfig={"PageSize": 2})
    assert [job["ProcessingJobName"] for page in pages for job in page["ProcessingJobSummaries"]] == names


def test_deletion_frees_the_name(sagemaker):
    name = new_name()
    sagemaker.create_processing_job(**processing_job(name))
    first = ended(sagemaker, name)
    sagemaker.delete_processing_job(ProcessingJobName=name)
    assert error_of(sagemaker.describe_processing_job, ProcessingJobName=name)[2] == "Requested resource not found."
    assert sagemaker.list_processing_jobs()["ProcessingJobSummaries"] == []
    sagemaker.create_processing_job(**processing_job(name))
    assert ended(sagemaker, name)["CreationTime"] > first["CreationTime"]


def test_a_job_from_start_to_end(place, server):
    begun = time.time()
    uri = place.put("in/data.txt", "three\nlines\nhere\n")
    name = place.submit(
        "wc -l < /opt/ml/processing/in/data.txt > /opt/ml/processing/counted/lines; mkdir /opt/ml/processing/counted/deep;"
        "echo $GREETING > /opt/ml/processing/counted/deep/er; printf 'all \\303\\274 well' > /opt/ml/output/message; echo done; "
        "cat /opt/ml/config/processingjobconfig.json > /opt/ml/processing/config/job.json;"
        "cat /opt/ml/config/resourceconfig.json > /opt/ml/processing/config/hosts.json",
        Environment={"GREETING": "hello"}, ProcessingInputs=[s3_input("in", uri)],
        ProcessingOutputConfig={"Outputs": [output("counted", place.uri("out")), output("config", place.uri("out/config"))]})
    assert error_of(place.client.delete_processing_job, ProcessingJobName=name)[0] in ("ResourceInUse",)
    job = ended(place.client, name)
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ExitMessage"] == "all ü well" and "FailureReason" not in job
    times = [job["CreationTime"], job["ProcessingStartTime"], job["ProcessingEndTime"], job["LastModifiedTime"]]
    assert times == sorted(times) and times[0].timestamp() >= begun - 1
    assert place.get("out/lines").strip() == b"3" and place.get("out/deep/er") == b"hello\n"
    assert json.loads(place.get("out/config/hosts.json")) == {"current_host": "algo-1", "hosts": ["algo-1"]}
    config = json.loads(place.get("out/config/job.json"))
    assert config["ProcessingJobArn"] == job["ProcessingJobArn"] and config["ProcessingJobName"] == name
    assert config["ProcessingInputs"][1]["S3Input"]["S3Uri"] == uri and config["Environment"] == {"GREETING": "hello"}
    assert config["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.m5.large" and "-invocation" not in config
    summary = place.client.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"][0]
    assert summary["ExitMessage"] == "all ü well" and summary["ProcessingEndTime"] == job["ProcessingEndTime"]
    logs = make_client(server, "logs")
    streams = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name + "/")["logStreams"]
    assert len(streams) == 1 and streams[0]["logStreamName"].startswith(f"{name}/algo-1-")
    events = logs.get_log_events(logGroupName=GROUP, logStreamName=streams[0]["logStreamName"], startFromHead=True)["events"]
    assert "done" in [event["message"] for event in events]


def test_the_first_look_waits(place):
    """For the job's end, or a stop; the next look does not."""
    name = place.submit("sleep 0.5")
    assert place.client.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Completed"
    name = place.submit("exec sleep 60")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(place.client.describe_processing_job, ProcessingJobName=name)
        wait_until(lambda: place.server.get("/-/metrics"), lambda text: "clary_http_parked 1" in text)
        place.client.stop_processing_job(ProcessingJobName=name)
        assert first.result(timeout=5)["ProcessingJobStatus"] in ("Stopping", "Stopped")
    assert ended(place.client, name)["ProcessingJobStatus"] == "Stopped"


def test_failures_say_why(place):
    job = place.run("echo boom >&2; printf half > /opt/ml/processing/o/part; printf 'no such column' > /opt/ml/output/message; exit 3",
                    ProcessingOutputConfig={"Outputs": [output("o", place.uri("failed"))]})
    assert job["ProcessingJobStatus"] == "Failed" and job["ExitMessage"] == "no such column"
    assert job["FailureReason"].startswith("AlgorithmError") and "boom" in job["FailureReason"] and "exit code: 3" in job["FailureReason"]
    assert place.get("failed/part") == b"half"

    job = place.run("printf '\\377' > /opt/ml/output/message")
    assert job["ProcessingJobStatus"] == "Failed" and "ExitMessage" not in job
    assert job["FailureReason"].startswith("ClientError") and "UTF-8" in job["FailureReason"]

    job = place.run("true", ProcessingInputs=[s3_input("in", place.uri("no/such/key"))])
    assert job["ProcessingJobStatus"] == "Failed" and "no/such/key" in job["FailureReason"]

    job = place.run("true", AppSpecification={"ImageUri": IMAGE})
    assert job["ProcessingJobStatus"] == "Failed" and "ContainerEntrypoint" in job["FailureReason"]

    job = place.run("true", AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["/no/such/program"]})
    assert job["ProcessingJobStatus"] == "Failed" and "/no/such/program" in job["FailureReason"]


def test_stop(place):
    name = place.submit(
        "trap 'echo late > /opt/ml/processing/o/last; exit 0' TERM; echo first > /opt/ml/processing/o/first; while :; do sleep 0.1; done",
        ProcessingOutputConfig={"Outputs": [output("o", place.uri("stopped"), mode="Continuous")]})
    wait_until(lambda: place.keys("stopped/"), lambda keys: keys == ["stopped/first"])
    place.client.stop_processing_job(ProcessingJobName=name)
    job = ended(place.client, name)
    assert job["ProcessingJobStatus"] == "Stopped" and "FailureReason" not in job
    assert place.get("stopped/last") == b"late\n"
    assert error_of(place.client.stop_processing_job, ProcessingJobName=name) == (
        "ValidationException", 400, "The request was rejected because the processing job is in status Stopped.")


def test_a_job_that_outlives_its_time_is_stopped(place):
    job = place.run("exec sleep 60", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job["ProcessingJobStatus"] == "Stopped" and "FailureReason" not in job
    assert (job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds() >= 1


def test_inputs_of_a_manifest_and_of_the_application(place):
    place.put("many/x", "x")
    place.put("many/y", "y")
    place.put("manifest", json.dumps([{"prefix": place.uri("many/")}, "y"]))
    job = place.run("cd /opt/ml/processing; find listed mine -mindepth 1 > found/names", ProcessingInputs=[
        s3_input("listed", place.uri("manifest"), S3DataType="ManifestFile"),
        {**s3_input("mine", place.uri("no/such")), "AppManaged": True}],
        ProcessingOutputConfig={"Outputs": [output("found", place.uri("of-a-manifest"))]})
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert place.get("of-a-manifest/names") == b"listed/y\n"


def test_an_isolated_job_reaches_nothing(place):
    job = place.run("python3 -c \"import os, socket\nassert 'AWS_ENDPOINT_URL' not in os.environ, os.environ\n"
                    "assert [name for _, name in socket.if_nameindex()] == ['lo']\n\"", NetworkConfig={"EnableNetworkIsolation": True})
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
