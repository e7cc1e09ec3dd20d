"""The AWS CLI, unmodified: PyPI's by the variables of `clary env` alone, Debian's 2.9, which knows no endpoint variable, by CONNECT."""

import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from clary_server import ClaryServer
from api_fixtures import ACCOUNT, IMAGE, ROLE, new_name

DEBIANS = "/usr/bin/aws"
needs_debians = pytest.mark.skipif(not os.path.exists(DEBIANS), reason="Debian's package awscli is not installed")


class Aws:
    """One CLI in an environment; called with its arguments, it gives the JSON (or the text) that it printed."""

    def __init__(self, program, environment, home):
        self.program, self.home = program, home
        self.environment = {**environment, "HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}

    def run(self, *arguments):
        return subprocess.run([*self.program, *arguments], env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=120)

    def __call__(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, (arguments, done.stderr, done.stdout)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def fails(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode != 0, done.stdout
        return done.stderr


@pytest.fixture(scope="module")
def all_amazon():
    """A server that ends TLS for every name of Amazon's: a client without an endpoint variable makes buckets, too."""
    with ClaryServer(connect_all_amazon="on") as running:
        yield running


@pytest.fixture(params=["pypi", pytest.param("debian", marks=needs_debians)])
def aws(request, tmp_path):
    if request.param == "pypi":
        server = request.getfixturevalue("server")
        program = [sys.executable, str(pathlib.Path(sys.executable).with_name("aws"))]
    else:
        server = request.getfixturevalue("all_amazon")
        program = [DEBIANS]
    return Aws(program, server.environment(), tmp_path)


def test_who_am_i(aws):
    who = aws("sts", "get-caller-identity")
    assert who["Account"] == ACCOUNT and ":assumed-role/" in who["Arn"]
    assert aws("iam", "get-role", "--role-name", ROLE.rsplit("/", 1)[1])["Role"]["Arn"] == ROLE


def test_sagemaker(aws):
    name = new_name("cli")
    made = aws("sagemaker", "create-model", "--model-name", name, "--execution-role-arn", ROLE, "--primary-container", f"Image={IMAGE}",
               "--tags", "Key=a,Value=b")
    assert made["ModelArn"].endswith(f"model/{name}")
    assert aws("sagemaker", "describe-model", "--model-name", name)["PrimaryContainer"]["Image"] == IMAGE
    assert aws("sagemaker", "list-models", "--name-contains", name, "--query", "Models[].ModelName") == [name]
    assert aws("sagemaker", "list-tags", "--resource-arn", made["ModelArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    assert "already existing model" in aws.fails(
        "sagemaker", "create-model", "--model-name", name, "--execution-role-arn", ROLE, "--primary-container", f"Image={IMAGE}")
    assert aws("sagemaker", "delete-model", "--model-name", name) == ""
    assert "(ValidationException)" in aws.fails("sagemaker", "describe-model", "--model-name", name)
    assert "not served by Clary" in aws.fails("sagemaker", "list-domains")
    assert isinstance(aws("sagemaker", "list-training-jobs"), dict)


def test_s3(aws, tmp_path):
    bucket = new_name("cli")
    files = tmp_path / "files"
    (files / "sub").mkdir(parents=True)
    (files / "a.txt").write_text("alpha")
    (files / "sub" / "b ü.txt").write_text("beta")
    (files / "large").write_bytes(os.urandom(9 << 20))
    aws("s3", "mb", f"s3://{bucket}")
    assert bucket in aws("s3", "ls")
    assert aws("s3", "sync", str(files), f"s3://{bucket}/in/", "--no-progress").count("upload:") == 3
    assert aws("s3", "sync", str(files), f"s3://{bucket}/in/", "--no-progress") == "", "nothing has changed"
    listed = aws("s3", "ls", f"s3://{bucket}/in/", "--recursive")
    assert "in/a.txt" in listed and "in/sub/b ü.txt" in listed
    aws("s3", "cp", f"s3://{bucket}/in/", str(tmp_path / "back"), "--recursive", "--no-progress")
    for name in ("a.txt", "sub/b ü.txt", "large"):
        assert (tmp_path / "back" / name).read_bytes() == (files / name).read_bytes()
    aws("s3", "mv", f"s3://{bucket}/in/a.txt", f"s3://{bucket}/moved.txt")
    assert aws("s3", "cp", f"s3://{bucket}/moved.txt", "-") == "alpha"
    assert "(404)" in aws.fails("s3", "cp", f"s3://{bucket}/in/a.txt", "-")
    aws("s3", "rb", f"s3://{bucket}", "--force")
    assert bucket not in aws("s3", "ls")


def test_logs(aws):
    group = "/cli/" + new_name()
    aws("logs", "create-log-group", "--log-group-name", group)
    aws("logs", "create-log-stream", "--log-group-name", group, "--log-stream-name", "s")
    at = int(time.time() * 1000) - 1000
    aws("logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "s",
        "--log-events", *[f"timestamp={at + i},message=line{i}" for i in range(3)])
    events = aws("logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "s", "--start-from-head")["events"]
    assert [e["message"] for e in events] == ["line0", "line1", "line2"]
    found = aws("logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "line1", "--query", "events[].message")
    assert found == ["line1"]
    assert "(ResourceNotFoundException)" in aws.fails("logs", "describe-log-streams", "--log-group-name", group + "x")
    if aws.program[0] == DEBIANS:  # version 2 alone has it
        assert [line.split()[-1] for line in aws("logs", "tail", group, "--since", "1h").splitlines()] == ["line0", "line1", "line2"]


def test_cloudwatch(aws):
    space = "Cli/" + new_name()
    metric = ("--namespace", space, "--metric-name", "loss")
    aws("cloudwatch", "put-metric-data", *metric, "--value", "2", "--unit", "Count", "--dimensions", "Job=a,Host=b")
    aws("cloudwatch", "put-metric-data", "--namespace", space, "--metric-data",
        json.dumps([{"MetricName": "loss", "Values": [4, 9], "Counts": [2, 1], "Unit": "Count",
                     "Dimensions": [{"Name": "Host", "Value": "b"}, {"Name": "Job", "Value": "a"}]}]))
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds)) for seconds in (-600, 600))
    span = ("--start-time", begin, "--end-time", end)
    [listed] = aws("cloudwatch", "list-metrics", "--namespace", space)["Metrics"]
    assert listed["MetricName"] == "loss" and len(listed["Dimensions"]) == 2
    [point] = aws("cloudwatch", "get-metric-statistics", *metric, *span, "--dimensions", "Name=Job,Value=a", "Name=Host,Value=b", "--period", "3600",
                  "--statistics", "Sum", "SampleCount", "Maximum")["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Maximum"], point["Unit"]) == (19, 4, 9, "Count")
    queries = [{"Id": "q", "MetricStat": {"Metric": {"Namespace": space, **listed}, "Period": 3600, "Stat": "p50"}}]
    [result] = aws("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(queries), *span)["MetricDataResults"]
    assert (result["Label"], result["Values"], result["StatusCode"]) == ("loss", [4], "Complete")
    assert "(InvalidParameterCombination)" in aws.fails("cloudwatch", "get-metric-statistics", *metric, "--start-time", "2026-01-01T00:00:00Z",
                                                        "--end-time", end, "--period", "60", "--statistics", "Sum")


@needs_debians
def test_the_default_names_end_here(server, tmp_path):
    """Without connect-all-amazon: the names of the services that are served, and of the buckets that are here."""
    aws = Aws([DEBIANS], {k: v for k, v in server.environment().items() if k != "AWS_ENDPOINT_URL"}, tmp_path)
    assert aws("sts", "get-caller-identity")["Account"] == ACCOUNT
    assert "Models" in aws("sagemaker", "list-models")
    assert "logGroups" in aws("logs", "describe-log-groups", "--max-items", "1")
    bucket = new_name("cli")
    Aws([sys.executable, str(pathlib.Path(sys.executable).with_name("aws"))], server.environment(), tmp_path)("s3", "mb", f"s3://{bucket}")
    (tmp_path / "f").write_text("by its virtual name")
    aws("s3", "cp", "f", f"s3://{bucket}/f", "--no-progress")
    assert aws("s3", "cp", f"s3://{bucket}/f", "-") == "by its virtual name"
