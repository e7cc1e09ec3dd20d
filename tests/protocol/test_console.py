"""The console's door: one-time links, what they give, and how its files are served."""

import gzip
import json
import re

import pytest
from botocore.credentials import Credentials

from clary_server import ClaryServer
from api_fixtures import make_client, new_name, raw, sign, training_job, wait_until

SIGN_IN = "/-/console/sign-in"


@pytest.fixture(scope="module")
def held(server):
    """A server that holds a first look for longer than the test's client waits."""
    with ClaryServer(first_look_seconds=60) as running:
        yield running


def new_token(server):
    link = server.clary("console").strip()
    found = re.fullmatch(re.escape(server.url) + r"/-/console/#sign-in=([0-9a-f]{64})", link)
    assert found, link
    return found[1]


def exchange(server, token, **headers):
    headers = {"Host": server.address, "Origin": server.url, "Content-Type": "application/json", **headers}
    status, answered, body = raw(server, "POST", SIGN_IN, json.dumps({"token": token}).encode(), {k: v for k, v in headers.items() if v is not None})
    assert answered["Cache-Control"] == "no-store"
    return status, json.loads(body)


def test_a_link_signs_in_once(server):
    token = new_token(server)
    status, issued = exchange(server, token)
    assert status == 200 and set(issued) == {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "Region"}
    assert issued["AccessKeyId"].startswith("ASIACONSOLE") and len(issued["AccessKeyId"]) == 20, "never the root pair"
    assert make_client(server, "sts", credentials=issued).get_caller_identity()["Arn"].endswith("/clary-console")
    status, refused = exchange(server, token)
    assert status == 403 and "used before" in refused["message"]


@pytest.mark.parametrize("headers", [
    {"Origin": None}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example", "Origin": "http://evil.example"},
    {"Host": "127.0.0.1.evil.example:80", "Origin": "http://127.0.0.1.evil.example:80"}, {"Content-Type": "text/plain"}])
def test_only_the_own_page_may_exchange(server, headers):
    token = new_token(server)
    assert exchange(server, token, **headers)[0] in (403, 415)
    assert exchange(server, token)[0] == 200, "what was refused has used nothing up"


def test_what_is_no_link(server):
    assert exchange(server, "0" * 64)[0] == 403
    assert exchange(server, "")[0] == 403
    assert exchange(server, 7)[0] == 400
    assert raw(server, "GET", SIGN_IN)[0] == 405
    assert raw(server, "POST", SIGN_IN, b"x" * 10000, {"Origin": server.url})[0] == 413


def test_only_the_root_key_makes_links(server):
    assert raw(server, "POST", "/-/console/links")[0] == 403
    _, issued = exchange(server, new_token(server))
    make_client(server, "sts", credentials=issued).get_caller_identity()
    keys = Credentials(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
    assert raw(server, "POST", "/-/console/links", b"", sign(server, "clary", path="/-/console/links", credentials=keys))[0] == 403


def test_the_console_is_never_held(held):
    _, issued = exchange(held, new_token(held))
    client = make_client(held, "sagemaker", credentials=issued, read_timeout=40)
    make_client(held, "s3", credentials=issued).create_bucket(Bucket="jobs")
    name = new_name()
    client.create_training_job(**training_job(name, "trap 'exit 0' TERM; while :; do sleep 0.1; done",
                                              OutputDataConfig={"S3OutputPath": "s3://jobs/out"}, StoppingCondition={"MaxRuntimeInSeconds": 3000}))
    assert client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    client.stop_training_job(TrainingJobName=name)
    wait_until(lambda: client.describe_training_job(TrainingJobName=name)["TrainingJobStatus"], lambda s: s in ("Stopped", "Completed"))


def test_an_object_that_a_link_opens_is_of_no_origin(server):
    s3, bucket = make_client(server, "s3"), new_name("links")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="page.html", Body=b"<script>1</script>", ContentType="text/html")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "page.html"})
    status, headers, _ = raw(server, "GET", link[len(server.url):])
    assert status == 200 and headers["Content-Security-Policy"].startswith("sandbox") and "allow-same-origin" not in headers["Content-Security-Policy"]
    assert "content-security-policy" not in s3.get_object(Bucket=bucket, Key="page.html")["ResponseMetadata"]["HTTPHeaders"]


def test_files(server):
    status, headers, _ = raw(server, "GET", "/-/console")
    assert (status, headers["Location"]) == (308, "/-/console/")
    status, headers, body = raw(server, "GET", "/-/console/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8" and headers["Cache-Control"] == "no-cache"
    page = gzip.decompress(body).decode()
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert raw(server, "GET", "/-/console/", headers={"If-None-Match": headers["ETag"]})[0] == 304
    assert gzip.decompress(raw(server, "GET", "/-/console/experiments/a/b")[2]).decode() == page, "every address of a page is the same document"
    scripts = re.findall(r'(?:src|href)="(/-/console/assets/[^"]+)"', page)
    assert scripts and "http" not in re.sub(r"http-equiv", "", page)
    for path in scripts:
        status, headers, body = raw(server, "GET", path)
        assert status == 200 and "immutable" in headers["Cache-Control"] and gzip.decompress(body)
        assert headers["Content-Type"].startswith(("text/javascript", "text/css"))
    assert raw(server, "HEAD", "/-/console/")[1]["Content-Length"] == str(len(raw(server, "GET", "/-/console/")[2]))
    assert raw(server, "GET", "/-/console/assets/none.js")[0] == 404
    assert raw(server, "POST", "/-/console/")[0] == 405
