import base64
import datetime
import json
import socket
import time

import pytest
import requests
from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from s3_fixtures import ChunkSigner, bucket, code_of, credentials, make_client, raw, s3, signed  # noqa: F401


@pytest.mark.parametrize("version", [None, "s3v4", "s3"])
def test_presigned(server, s3, bucket, version):
    client = make_client(server, signature_version=version) if version else s3
    url = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b/ü"}, ExpiresIn=60)
    assert requests.put(url, data=b"data").status_code == 200
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü", "ResponseContentType": "x/y"}, ExpiresIn=60)
    answer = requests.get(url)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, b"data", "x/y")
    assert requests.get(url, headers={"Range": "bytes=1-2"}).content == b"at"
    assert requests.delete(url).status_code == 403
    assert requests.get(url + "&response-content-type=z/z").status_code == 403
    gone = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü"}, ExpiresIn=1)
    deadline = time.monotonic() + 10
    while (status := requests.get(gone).status_code) == 200 and time.monotonic() < deadline:
        time.sleep(0.2)  # until it expires
    assert status == 403
    assert b"<Code>AccessDenied</Code>" in requests.get(gone).content


def test_headers_that_stand_in_the_query(server, s3, bucket):
    """As the JavaScript SDKs presign, and boto3 with SigV2: what is no header of the request counts as one."""
    request = AWSRequest(method="PUT", url=f"{server.url}/{bucket}/v4", params={"x-amz-meta-what": "me & you", "x-amz-tagging": "a=1"})
    S3SigV4QueryAuth(credentials(), "s3", "us-east-1", expires=60).add_auth(request)
    v2 = make_client(server, signature_version="s3").generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": "v2", "Metadata": {"what": "me & you"}, "Tagging": "a=1"})
    for key, url in (("v4", request.url), ("v2", v2)):
        answer = requests.put(url, data=b"data")
        assert answer.status_code == 200, answer.text
        assert s3.head_object(Bucket=bucket, Key=key)["Metadata"] == {"what": "me & you"}
        assert s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == [{"Key": "a", "Value": "1"}]
        assert requests.put(url.replace("me%20", "no%20"), data=b"data").status_code == 403


def test_unsigned_and_wrong(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    status, _, body = raw(server, "GET", f"/{bucket}/k")
    assert status == 403 and b"<Code>AccessDenied</Code>" in body
    assert raw(server, "PUT", f"/{bucket}/k", b"y")[0] == 403
    bad = make_client(server)
    bad._request_signer._credentials = type(credentials())("AKIANOBODY0000000000", "x" * 40)
    assert code_of(bad.get_object, Bucket=bucket, Key="k")[:2] == ("InvalidAccessKeyId", 403)
    keys = credentials()
    bad._request_signer._credentials = type(keys)(keys.access_key, "x" * 40)
    assert code_of(bad.get_object, Bucket=bucket, Key="k")[:2] == ("SignatureDoesNotMatch", 403)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_the_body_is_the_signed_one(server, s3, bucket):
    import hashlib

    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    for size in (10, 200000):
        request = AWSRequest(method="PUT", url=f"{server.url}/{bucket}/k", data=b"a" * size)
        S3SigV4Auth(credentials(), "s3", "us-east-1").add_auth(request)
        assert request.headers["X-Amz-Content-SHA256"] == hashlib.sha256(b"a" * size).hexdigest()
        status, _, body = raw(server, "PUT", f"/{bucket}/k", b"b" * size, dict(request.headers.items()))
        assert status == 400 and b"<Code>XAmzContentSHA256Mismatch</Code>" in body
        assert code_of(s3.head_object, Bucket=bucket, Key="k")[1] == 404


@pytest.mark.parametrize("trailer", [None, ("x-amz-checksum-crc32", "y/Q5Jg==")])
def test_signed_chunks(server, s3, bucket, trailer):
    signer = ChunkSigner(server, f"/{bucket}/k", 9, trailer)
    body = signer.chunk(b"12345") + signer.chunk(b"6789") + signer.end()
    status, headers, answer = signer.put(body)
    assert status == 200, answer
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"123456789" and "ContentEncoding" not in got
    if trailer:
        assert headers["x-amz-checksum-crc32"] == "y/Q5Jg=="


def test_broken_chunks(server, s3, bucket):
    path = f"/{bucket}/k"

    def put(change, length=9, trailer=None):
        signer = ChunkSigner(server, path, length, trailer)
        status, _, answer = signer.put(change(signer.chunk(b"12345") + signer.chunk(b"6789") + signer.end()))
        assert status in (400, 403), answer
        assert code_of(s3.head_object, Bucket=bucket, Key="k")[1] == 404
        return answer

    assert b"SignatureDoesNotMatch" in put(lambda body: body.replace(b"12345", b"12346"))
    assert b"SignatureDoesNotMatch" in put(lambda body: body.replace(b"chunk-signature=", b"chunk-signature=0", 1))
    put(lambda body: b"zz" + body[1:])
    put(lambda body: body[:-30])
    put(lambda body: body, length=10)
    assert b"BadDigest" in put(lambda body: body, trailer=("x-amz-checksum-crc32", "AAAAAA=="))


def test_unsigned_chunks_with_a_trailer(server, s3, bucket):
    """As boto3 sends uploads over TLS."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest

    def put(body):
        headers = {"Content-Encoding": "aws-chunked", "X-Amz-Trailer": "x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length": "9",
                   "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
        request = AWSRequest(method="PUT", url=f"{server.url}/{bucket}/k", data=b"", headers=headers)
        request.context["payload_signing_enabled"] = False
        auth = S3SigV4Auth(credentials(), "s3", "us-east-1")
        auth.payload = lambda _: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        auth.add_auth(request)
        request.headers["Content-Length"] = str(len(body))
        return raw(server, "PUT", f"/{bucket}/k", body, dict(request.headers.items()))

    assert put(b"9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n")[0] == 400
    assert code_of(s3.head_object, Bucket=bucket, Key="k")[1] == 404
    status, headers, answer = put(b"9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n")
    assert status == 200 and headers["x-amz-checksum-crc32"] == "y/Q5Jg==", answer


def test_virtual_host(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    for host in (f"{bucket}.localhost:{server.address.split(':')[1]}", f"{bucket}.s3.us-east-1.amazonaws.com", f"{bucket}.s3.amazonaws.com"):
        request = AWSRequest(method="GET", url=f"http://{host}/a/b", headers={"Host": host})
        S3SigV4Auth(credentials(), "s3", "us-east-1").add_auth(request)
        status, _, body = raw(server, "GET", "/a/b", headers=dict(request.headers.items()))
        assert (status, body) == (200, b"x"), (host, body)


@pytest.mark.parametrize("version", [None, "s3v4"])
def test_forms(server, s3, bucket, version):
    client = make_client(server, signature_version=version) if version else s3
    form = client.generate_presigned_post(bucket, "up/${filename}", Fields={"Content-Type": "text/plain", "x-amz-meta-who": "me",
                                                                          "success_action_status": "201"},
                                          Conditions=[["starts-with", "$key", "up/"], {"Content-Type": "text/plain"}, {"x-amz-meta-who": "me"},
                                                      {"success_action_status": "201"}, ["content-length-range", 1, 300000]])
    data = b"--not-a-boundary\r\n" * 10000
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("dir/digits.csv", data)})
    assert answer.status_code == 201 and b"<Key>up/digits.csv</Key>" in answer.content, answer.content
    got = s3.get_object(Bucket=bucket, Key="up/digits.csv")
    assert got["Body"].read() == data and got["ContentType"] == "text/plain" and got["Metadata"] == {"who": "me"}
    post = lambda fields, body: requests.post(form["url"], data=fields, files={"file": ("f", body)})  # noqa: E731
    for fields, body, status, code in [
            (form["fields"], b"x" * 300001, 400, b"EntityTooLarge"),
            (form["fields"], b"", 400, b"EntityTooSmall"),
            ({**form["fields"], "key": "other"}, b"x", 403, b"AccessDenied"),
            ({**form["fields"], "x-amz-meta-extra": "1"}, b"x", 403, b"AccessDenied"),
            ({**form["fields"], "policy": base64.b64encode(b"{}").decode()}, b"x", 403, b"SignatureDoesNotMatch")]:
        refused = post(fields, body)
        assert (refused.status_code, code in refused.content) == (status, True), (code, refused.content)
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["up/digits.csv"]
    no_file = requests.post(form["url"], files={name: (None, value) for name, value in form["fields"].items()})
    assert no_file.status_code == 400 and b"exactly one file" in no_file.content
    assert requests.post(form["url"], files={"key": (None, "k"), "file": ("f", b"x")}).status_code == 403


def test_form_with_tags(server, s3, bucket):
    tags = "<Tagging>\n<TagSet><Tag><Key>a</Key><Value>1 2</Value></Tag></TagSet>\n</Tagging>"
    form = s3.generate_presigned_post(bucket, "k", Fields={"tagging": tags}, Conditions=[{"tagging": tags}])
    assert requests.post(form["url"], data=form["fields"], files={"file": b"x"}).status_code == 204
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "1 2"}]
    form = s3.generate_presigned_post(bucket, "k", Fields={"x-amz-meta-m": "a\r\nb"}, Conditions=[{"x-amz-meta-m": "a\r\nb"}])
    assert requests.post(form["url"], data=form["fields"], files={"file": b"x"}).status_code == 400


def test_form_redirects_and_expires(server, s3, bucket):
    target = "http://page/done?x=1"
    form = s3.generate_presigned_post(bucket, "k", Fields={"success_action_redirect": target}, Conditions=[{"success_action_redirect": target}])
    answer = requests.post(form["url"], data=form["fields"], files={"file": b"x"}, allow_redirects=False)
    assert answer.status_code == 303 and answer.headers["Location"].startswith(f"{target}&bucket={bucket}&key=k&etag=%22")
    form = s3.generate_presigned_post(bucket, "k", ExpiresIn=-10)
    assert requests.post(form["url"], data=form["fields"], files={"file": b"x"}).status_code == 403


def test_expect_100_is_answered_at_once(server, s3, bucket):
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    path = url[len(server.url):]
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: {server.address}\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")  # a server that waited for the body would let this time out
        connection.sendall(b"x" * 100000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_truncated_upload_leaves_nothing(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"PUT {url[len(server.url):]} HTTP/1.1\r\nHost: {server.address}\r\nContent-Length: 1000000\r\n\r\n".encode() + b"x" * 500000)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"before"


def test_many_gets_on_one_connection(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 5000)
    for _ in range(50):
        assert len(s3.get_object(Bucket=bucket, Key="k")["Body"].read()) == 5000
