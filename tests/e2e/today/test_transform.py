"""Transform jobs by boto3: files in, a .out for each; what of a record goes to the model and into the output; what fails, by file and record."""

import datetime
import gzip
import json
import struct
import uuid

import pytest
from botocore.exceptions import ClientError

from jobs import ENDED, IMAGE, INSTANCE, Platform, processes_of, wait_until

GROUP = "/aws/sagemaker/TransformJobs"

# Adds up each row; what the tests ask of it stands in the rows.
SUMS = """
import json, os, time

def model_fn(model_dir):
    return int(open(os.path.join(model_dir, "weights")).read())

def input_fn(body, content_type):
    text = body if isinstance(body, str) else bytes(body).decode()
    if content_type == "text/csv":
        return [[float(cell) for cell in line.split(",")] for line in text.splitlines() if line]
    return [json.loads(line) for line in text.splitlines() if line]

def predict_fn(rows, model):
    if os.environ.get("SLOW"):
        time.sleep(float(os.environ["SLOW"]) * len(rows))
    if os.environ.get("DIE_AT") and [float(os.environ["DIE_AT"])] in rows:
        print("the last words of the model", flush=True)
        os._exit(7)
    if [13.0] in rows:
        raise ValueError("thirteen is not served")
    return [model + sum(row) for row in rows if row != [99.0]]

def output_fn(sums, accept):
    return "\\n".join("%.2f" % value for value in sums), accept
"""

BYTES = """
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    return bytes(body) if not isinstance(body, str) else body.encode()
def predict_fn(body, model):
    return body
def output_fn(body, accept):
    return "%d:%s" % (len(body), body[:4].hex()), "text/plain"
"""

ENVIRONMENT = """
import os
NAMES = ("SAGEMAKER_BATCH", "SAGEMAKER_MAX_PAYLOAD_IN_MB", "SAGEMAKER_BATCH_STRATEGY", "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", "MINE", "OF_MODEL")
def model_fn(model_dir):
    return None
def input_fn(body, content_type):
    return body
def predict_fn(body, model):
    return " ".join("%s=%s" % (name, os.environ.get(name)) for name in NAMES)
def output_fn(text, accept):
    return text, "text/plain"
"""


class Transforms:
    def __init__(self, platform):
        self.platform = platform
        self.models = {}

    def model(self, script):
        if script not in self.models:
            self.models[script] = self.platform.model(script)
        return self.models[script]

    def submit(self, files, script=SUMS, split="Line", content_type="text/csv", accept=None, assemble="Line", compression=None, count=1,
               source=None, output=None, model=None, **more):
        name = "tf-" + uuid.uuid4().hex[:12]
        for key, body in files.items():
            self.platform.put(f"{name}/in/{key}", body)
        source = source or {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.platform.bucket}/{name}/in/"}
        given = {"DataSource": {"S3DataSource": source}, "ContentType": content_type, "SplitType": split}
        if compression:
            given["CompressionType"] = compression
        out = {"S3OutputPath": output or f"s3://{self.platform.bucket}/{name}/out", "AssembleWith": assemble}
        if accept:
            out["Accept"] = accept
        self.platform.sagemaker.create_transform_job(
            TransformJobName=name, ModelName=model or self.model(script), TransformInput=given, TransformOutput=out,
            TransformResources={"InstanceType": INSTANCE, "InstanceCount": count}, **more)
        return name

    def describe(self, name):
        return self.platform.sagemaker.describe_transform_job(TransformJobName=name)

    def wait(self, name, seconds=240):
        def ended():
            job = self.describe(name)
            return job if job["TransformJobStatus"] in ENDED else None
        return wait_until(ended, seconds, f"the end of {name}")

    def run(self, files, **options):
        job = self.wait(self.submit(files, **options))
        assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
        return job

    def fail(self, files, **options):
        job = self.wait(self.submit(files, **options))
        assert job["TransformJobStatus"] == "Failed"
        return job

    def outputs(self, job):
        prefix = job["TransformJobName"] + "/out/"
        listed = self.platform.s3.list_objects_v2(Bucket=self.platform.bucket, Prefix=prefix).get("Contents", [])
        return {entry["Key"][len(prefix):]: self.platform.s3.get_object(Bucket=self.platform.bucket, Key=entry["Key"])["Body"].read()
                for entry in listed}


@pytest.fixture(scope="module")
def transforms(platform):
    return Transforms(platform)


def test_each_file_gets_its_output_in_the_folder_of_its_name(transforms):
    rows = "".join(f"{i},{i * 2}\n" for i in range(20000))
    job = transforms.run({"a.csv": rows, "deep/er/b.csv": "1,2\n3,4", "empty.csv": ""})
    expected = "".join("%.2f\n" % (7 + i * 3) for i in range(20000))
    assert transforms.outputs(job) == {"a.csv.out": expected.encode(), "deep/er/b.csv.out": b"10.00\n14.00\n", "empty.csv.out": b""}
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    assert job["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    assert job["TransformInput"]["CompressionType"] == "None" and job["TransformOutput"]["AssembleWith"] == "Line"
    log = "\n".join(transforms.platform.log(job["TransformJobName"], GROUP))
    assert "the model server answers after" in log and "a.csv: 20000 records" in log
    streams = transforms.platform.logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=job["TransformJobName"])["logStreams"]
    assert any(stream["logStreamName"].endswith("/data-log") for stream in streams)


def test_a_job_is_a_step_of_its_trial(transforms):
    sagemaker = transforms.platform.sagemaker
    trial = f"trial-{uuid.uuid4().hex[:8]}"
    sagemaker.create_experiment(ExperimentName=f"of-{trial}")
    sagemaker.create_trial(TrialName=trial, ExperimentName=f"of-{trial}")
    job = transforms.run({"a.csv": "1,2\n"}, ExperimentConfig={"TrialName": trial, "TrialComponentDisplayName": "Scoring"})
    name = job["TransformJobName"]
    assert [c["TrialComponentName"] for c in sagemaker.list_trial_components(TrialName=trial)["TrialComponentSummaries"]] == [f"{name}-aws-transform-job"]
    component = sagemaker.describe_trial_component(TrialComponentName=f"{name}-aws-transform-job")
    assert component["DisplayName"] == "Scoring" and component["Status"]["PrimaryStatus"] == "Completed"
    assert component["Source"] == {"SourceArn": job["TransformJobArn"], "SourceType": "SageMakerTransformJob"}
    assert component["Parameters"]["SageMaker.ModelName"] == {"StringValue": job["ModelName"]}
    assert component["Parameters"]["SageMaker.InstanceCount"] == {"NumberValue": 1.0}
    assert component["InputArtifacts"]["SageMaker.TransformInput"]["Value"] == job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    assert component["OutputArtifacts"]["SageMaker.TransformOutput"]["Value"] == job["TransformOutput"]["S3OutputPath"]
    found = sagemaker.search(Resource="ExperimentTrialComponent", SearchExpression={"Filters": [
        {"Name": "Source.SourceArn", "Operator": "Equals", "Value": job["TransformJobArn"]}]})["Results"]
    assert [one["TrialComponent"]["SourceDetail"]["TransformJob"]["TransformJobName"] for one in found] == [name]
    # From what was made back to the model that made it.
    made = sagemaker.list_artifacts(SourceUri=job["TransformOutput"]["S3OutputPath"])["ArtifactSummaries"]
    graph = sagemaker.query_lineage(StartArns=[made[0]["ArtifactArn"]], Direction="Ascendants", IncludeEdges=True)
    assert component["TrialComponentArn"] in {vertex["Arn"] for vertex in graph["Vertices"]}


def test_describe_list_and_stop(transforms):
    sagemaker = transforms.platform.sagemaker
    name = transforms.submit({"a.csv": "1\n2\n3\n", "b.csv": "1\n" * 1000}, BatchStrategy="SingleRecord", MaxConcurrentTransforms=1,
                             Environment={"SLOW": "0.2"}, Tags=[{"Key": "team", "Value": "blue"}])
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.create_transform_job(
            TransformJobName=name, ModelName=transforms.model(SUMS), TransformInput={"DataSource": {"S3DataSource": {
                "S3DataType": "S3Prefix", "S3Uri": f"s3://{transforms.platform.bucket}/x"}}},
            TransformOutput={"S3OutputPath": f"s3://{transforms.platform.bucket}/y"},
            TransformResources={"InstanceType": INSTANCE, "InstanceCount": 1})
    first = lambda: transforms.platform.s3.list_objects_v2(Bucket=transforms.platform.bucket, Prefix=name + "/out/")["KeyCount"] == 1
    wait_until(first, 240, "the first output")
    sagemaker.stop_transform_job(TransformJobName=name)
    job = transforms.wait(name)
    assert job["TransformJobStatus"] == "Stopped"
    assert transforms.outputs(job) == {"a.csv.out": b"8.00\n9.00\n10.00\n"}  # a file that is done stays; one that is not leaves nothing
    listed = sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert [(entry["TransformJobName"], entry["TransformJobStatus"]) for entry in listed] == [(name, "Stopped")]
    assert sagemaker.list_tags(ResourceArn=job["TransformJobArn"])["Tags"] == [{"Key": "team", "Value": "blue"}]
    with pytest.raises(ClientError, match="is in status Stopped"):
        sagemaker.stop_transform_job(TransformJobName=name)
    with pytest.raises(ClientError, match="Could not find"):
        transforms.describe("no-such-job")


def test_what_cannot_be_is_refused_at_once(transforms):
    def refused(match, **options):
        with pytest.raises(ClientError, match=match):
            transforms.submit({}, **options)

    refused("Could not find model", model="no-such-model")
    refused("InputFilter", DataProcessing={"InputFilter": "$["})
    refused("Accept", accept="application/json", DataProcessing={"JoinSource": "Input"})
    refused("MaxPayloadInMB", MaxPayloadInMB=101)
    refused("MaxConcurrentTransforms", MaxPayloadInMB=60, MaxConcurrentTransforms=2)


def test_inputs_are_cut_and_joined(transforms):
    job = transforms.run({"a.csv": "id1,1.50,2\nid2,3,4\n"}, accept="text/csv",
                         DataProcessing={"InputFilter": "$[1:]", "OutputFilter": "$[0,-1]", "JoinSource": "Input"})
    assert transforms.outputs(job) == {"a.csv.out": b"id1,10.50\nid2,14.00\n"}
    job = transforms.run({"a.jsonl": '{"id": 1.10, "x": [1, 2]}\n{"id": "b", "x": [3]}\n'}, content_type="application/jsonlines",
                         accept="application/jsonlines",
                         DataProcessing={"InputFilter": "$.x", "OutputFilter": "$['id','SageMakerOutput']", "JoinSource": "Input"})
    assert transforms.outputs(job) == {"a.jsonl.out": b'{"id":1.10,"SageMakerOutput":10.00}\n{"id":"b","SageMakerOutput":10.00}\n'}


def test_gzip_manifest_and_several_hosts(transforms):
    platform = transforms.platform
    platform.put("parts/one.gz", gzip.compress(b"1\n2\n"))
    platform.put("parts/sub/two.gz", gzip.compress(b"3\n") + gzip.compress(b"4\n"))
    platform.put("parts/three.gz", gzip.compress(b"5\n"))
    manifest = platform.put("the.manifest", json.dumps([{"prefix": f"s3://{platform.bucket}/parts/"}, "one.gz", "sub/two.gz"]))
    job = transforms.run({}, compression="Gzip", source={"S3DataType": "ManifestFile", "S3Uri": manifest}, count=2)
    assert transforms.outputs(job) == {"one.gz.out": b"8.00\n9.00\n", "sub/two.gz.out": b"10.00\n11.00\n"}


def test_recordio_and_whole_files(transforms):
    def record(data):
        padded = data + b"\0" * (-len(data) % 4)
        return struct.pack("<II", 0xCED7230A, len(data)) + padded

    files = {"a": record(b"abcde") + record(b"xy")}
    job = transforms.run(files, script=BYTES, split="RecordIO", content_type="application/x-recordio-protobuf", BatchStrategy="SingleRecord")
    assert transforms.outputs(job) == {"a.out": b"5:61626364\n2:7879\n"}
    job = transforms.run(files, script=BYTES, split="RecordIO", content_type="application/x-recordio-protobuf", BatchStrategy="MultiRecord")
    assert transforms.outputs(job) == {"a.out": b"28:0a23d7ce\n"}
    body = b"\x89PNG" + bytes(range(256)) * 40000
    job = transforms.run({"p.png": body}, script=BYTES, split="None", content_type="image/png", assemble="None", MaxPayloadInMB=0)
    assert transforms.outputs(job) == {"p.png.out": b"%d:89504e47" % len(body)}


def test_the_model_finds_what_it_is_asked_for_in_its_environment(transforms):
    job = transforms.run({"a": "x"}, script=ENVIRONMENT, MaxPayloadInMB=3, MaxConcurrentTransforms=2, BatchStrategy="SingleRecord",
                         Environment={"MINE": "1"})
    assert transforms.outputs(job) == {"a.out": b"SAGEMAKER_BATCH=true SAGEMAKER_MAX_PAYLOAD_IN_MB=3 SAGEMAKER_BATCH_STRATEGY=SINGLE_RECORD "
                                                b"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS=2 MINE=1 OF_MODEL=None\n"}


def test_lines_of_every_make(transforms):
    job = transforms.run({"crlf.csv": "1,2\r\n3,4\r\n", "bom.csv": "\ufeff5\n".encode(), "gaps.csv": "1\n\n\n2"})
    assert transforms.outputs(job) == {"crlf.csv.out": b"10.00\n14.00\n", "bom.csv.out": b"12.00\n", "gaps.csv.out": b"8.00\n9.00\n"}


def test_a_record_that_fails_is_named_and_the_other_files_are_done(transforms):
    job = transforms.fail({"a.csv": "1\n2\n", "b.csv": "1\n2\n13\n4\n", "c.csv": "3\n"}, BatchStrategy="SingleRecord")
    name = job["TransformJobName"]
    assert job["FailureReason"] == (f"ClientError: s3://{transforms.platform.bucket}/{name}/in/b.csv: line 3: the model answered 500. "
                                    "See job logs for more information.")
    assert transforms.outputs(job) == {"a.csv.out": b"8.00\n9.00\n", "c.csv.out": b"10.00\n"}
    log = "\n".join(transforms.platform.log(name, GROUP))
    assert f"[sagemaker logs]: {transforms.platform.bucket}/{name}/in/b.csv: ClientError: line 3: the model answered 500" in log
    assert "thirteen is not served" in log


@pytest.mark.parametrize("files, options, reason", [
    ({"a.csv": "1\ntext\n"}, {}, "a.csv: lines 1 to 2: the model answered"),
    ({"a.csv": "1\n99\n2\n"}, {"accept": "text/csv"}, "a.csv: lines 1 to 3: the model gave 2 rows for 3 records"),
    ({"a.csv": "1\n" + "1," * (600 << 10) + "1\n"}, {"MaxPayloadInMB": 1}, "a.csv: line 2: it is larger than the 1048576 bytes"),
    ({"a.csv": "1,2\n1\n"}, {"DataProcessing": {"InputFilter": "$[0,1]"}}, "a.csv: line 2: it has 1 elements"),
    ({"a.csv": "1\n"}, {"Environment": {"SLOW": "30"}, "ModelClientConfig": {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}},
     "a.csv: line 1: the model did not answer within 1 s"),
    ({"a.gz": "no gzip is this, by any means"}, {"compression": "Gzip"}, "a.gz: the gzip stream is damaged, or it is none"),
])
def test_bad_input_is_named(transforms, files, options, reason):
    assert reason in transforms.fail(files, **options)["FailureReason"]


def test_a_job_with_nothing_to_do_or_nowhere_to_put_it_fails(transforms):
    assert "No S3 objects found under S3 URL" in transforms.fail({})["FailureReason"]
    job = transforms.fail({"a.csv": "1\n"}, output="s3://no-such-bucket-anywhere/out")
    assert "s3://no-such-bucket-anywhere/out" in job["FailureReason"]
    assert job["FailureReason"].startswith("ClientError: ")


def test_a_model_that_dies_or_is_not_there_fails_the_job(transforms):
    job = transforms.fail({"a.csv": "1\n5\n"}, Environment={"DIE_AT": "5"})
    assert job["FailureReason"].startswith("AlgorithmError: ") and "the last words of the model" in job["FailureReason"]
    platform = transforms.platform
    name = "gone-" + uuid.uuid4().hex[:8]
    platform.sagemaker.create_model(ModelName=name, ExecutionRoleArn=platform.role, PrimaryContainer={
        "Image": IMAGE, "ModelDataUrl": platform.put(f"{name}/model.tar.gz", b"x")})
    platform.s3.delete_object(Bucket=platform.bucket, Key=f"{name}/model.tar.gz")
    job = transforms.fail({"a.csv": "1\n"}, model=name)
    assert job["FailureReason"].startswith("ClientError: Failed to download model data")
    broken = platform.model("raise RuntimeError('this model cannot be loaded')")
    assert "this model cannot be loaded" in transforms.fail({"a.csv": "1\n"}, model=broken)["FailureReason"]


def test_captured_data_are_manifests_of_inputs_and_outputs(transforms):
    platform = transforms.platform
    to = f"s3://{platform.bucket}/captured-{uuid.uuid4().hex[:8]}"
    job = transforms.run({"a.csv": "1\n", "sub/b.csv": "2\n"}, accept="text/csv",
                         DataCaptureConfig={"DestinationS3Uri": to, "GenerateInferenceId": True})
    started = job["CreationTime"].astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    value, inference_id, time = transforms.outputs(job)["a.csv.out"].decode().strip().split(",")
    assert (value, time, len(inference_id)) == ("8.00", started, 36)
    prefix = to.split("/", 3)[3] + "/"
    found = {}
    for entry in platform.s3.list_objects_v2(Bucket=platform.bucket, Prefix=prefix)["Contents"]:
        kind, *date = entry["Key"][len(prefix):].split("/")
        assert [len(part) for part in date[:-1]] == [4, 2, 2, 2]
        found[kind] = json.loads(platform.s3.get_object(Bucket=platform.bucket, Key=entry["Key"])["Body"].read())
    name = job["TransformJobName"]
    assert found == {"input": [{"prefix": f"s3://{platform.bucket}/{name}/in/"}, "a.csv", "sub/b.csv"],
                     "output": [{"prefix": f"s3://{platform.bucket}/{name}/out/"}, "a.csv.out", "sub/b.csv.out"]}


@pytest.mark.parametrize("workers_too", [False, True])
def test_a_server_that_is_killed_goes_on_behind_the_last_file(make_server, workers_too):
    platform = Platform(make_server(first_look_seconds=0))
    transforms = Transforms(platform)
    files = {f"{i:02}.csv": "".join(f"{j}\n" for j in range(20 * i, 20 * i + 5)) for i in range(12)}
    name = transforms.submit(files, BatchStrategy="SingleRecord", MaxConcurrentTransforms=1, Environment={"SLOW": "0.1"})
    done = lambda: platform.s3.list_objects_v2(Bucket=platform.bucket, Prefix=name + "/out/")["KeyCount"]
    wait_until(lambda: done() >= 3, 240, "three outputs")
    platform.server.kill()
    if workers_too:
        platform.server.end_workers()
        wait_until(lambda: not processes_of(platform.server.data_dir), what="the workers' end")
    platform.server.start()
    job = transforms.wait(name)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    expected = {f"{key}.out": "".join("%.2f\n" % (7 + float(line)) for line in body.split()).encode() for key, body in files.items()}
    assert transforms.outputs(job) == expected
    log = platform.log(name, GROUP)
    for key in files:
        assert sum(f"/in/{key}: 5 records" in line for line in log) == 1, key
    assert any("files are done already" in line for line in log)
