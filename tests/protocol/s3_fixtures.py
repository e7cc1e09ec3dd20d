"""Clients and buckets for the S3 tests, and requests that no SDK would send."""

import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import uuid

import boto3
import botocore
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials


def make_client(server, region="us-east-1", **config):
    config.setdefault("retries", {"max_attempts": 0})
    config.setdefault("s3", {"addressing_style": "path"})
    # A session of its own: the default one remembers the keys of the first server.
    return boto3.Session().client("s3", region_name=region, endpoint_url=server.url, config=Config(**config))


@pytest.fixture
def s3(server):
    return make_client(server)


def new_name(prefix="bucket"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def bucket(s3):
    name = new_name()
    s3.create_bucket(Bucket=name)
    yield name
    empty_bucket(s3, name)
    s3.delete_bucket(Bucket=name)


def empty_bucket(s3, name):
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        keys = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in page.get("Versions", [])]
        if keys:
            assert "Errors" not in s3.delete_objects(Bucket=name, Delete={"Objects": keys})


def code_of(call, *args, **kwargs):
    """The error's code, status and message."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*args, **kwargs)
    error = caught.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] != 500, error
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"].get("Message")


def credentials():
    found = boto3.Session().get_credentials().get_frozen_credentials()
    return Credentials(found.access_key, found.secret_key, found.token)


def raw(server, method, path, body=b"", headers=None):
    """One request as it stands; (status, headers, body)."""
    connection = http.client.HTTPConnection(server.address, timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def signed(server, method, path, body=b"", headers=None, region="us-east-1"):
    """One request signed with SigV4."""
    request = AWSRequest(method=method, url=server.url + path, data=body, headers=headers or {})
    S3SigV4Auth(credentials(), "s3", region).add_auth(request)
    return raw(server, method, path, body, dict(request.headers.items()))


class ChunkSigner:
    """Signs the chunks of STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER) bodies, as the S3 API reference writes them."""

    def __init__(self, server, path, decoded_length, trailer=None, headers=None):
        self.server, self.path, self.trailer = server, path, trailer
        now = datetime.datetime.now(datetime.timezone.utc)
        self.date, self.day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        self.scope = f"{self.day}/us-east-1/s3/aws4_request"
        keys = credentials()
        key = ("AWS4" + keys.secret_key).encode()
        for part in (self.day, "us-east-1", "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        self.key = key
        kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")
        self.headers = {"host": server.address, "x-amz-content-sha256": kind, "x-amz-date": self.date,
                        "x-amz-decoded-content-length": str(decoded_length), "content-encoding": "aws-chunked", **(headers or {})}
        if trailer:
            self.headers["x-amz-trailer"] = trailer[0]
        names = sorted(self.headers)
        canonical = "\n".join(["PUT", urllib.parse.quote(path), "", *[f"{n}:{self.headers[n]}" for n in names], "", ";".join(names), kind])
        self.previous = self._sign("AWS4-HMAC-SHA256", hashlib.sha256(canonical.encode()).hexdigest())
        self.headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{self.scope}, "
                                         f"SignedHeaders={';'.join(names)}, Signature={self.previous}")

    def _sign(self, algorithm, *rest):
        text = "\n".join([algorithm, self.date, self.scope, *rest])
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()

    def chunk(self, data):
        empty = hashlib.sha256(b"").hexdigest()
        self.previous = self._sign("AWS4-HMAC-SHA256-PAYLOAD", self.previous, empty, hashlib.sha256(data).hexdigest())
        return f"{len(data):x};chunk-signature={self.previous}\r\n".encode() + data + (b"\r\n" if data or not self.trailer else b"")

    def end(self):
        body = self.chunk(b"")
        if self.trailer:
            name, value = self.trailer
            signature = self._sign("AWS4-HMAC-SHA256-TRAILER", self.previous, hashlib.sha256(f"{name}:{value}\n".encode()).hexdigest())
            body += f"{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()
        return body

    def put(self, body):
        return raw(self.server, "PUT", self.path, body, self.headers)
