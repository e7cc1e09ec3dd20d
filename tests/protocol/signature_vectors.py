#!/usr/bin/env python3
"""Prints requests as botocore signs them, for src/auth/vectors_test.cpp: the whole of what a server sees, and nothing sent.

    python3 tests/protocol/signature_vectors.py > tests/protocol/signature_vectors.json

Needs botocore. The clock, the keys and the installation's master key are fixed, so that the output only changes with botocore.
"""

import base64
import datetime
import hashlib
import hmac
import json
import sys
import time
from urllib.parse import urlsplit

import botocore
import botocore.auth
import botocore.session
import botocore.signers
from botocore.awsrequest import AWSResponse
from botocore.config import Config

NOW = 1795552700  # 2026-11-24T20:38:20Z
ACCOUNT = "000000000000"
ROOT = ("AKIACLARYROOTKEY2345", "abcdefghijABCDEFGHIJ0123456789abcdefghij")
MASTER = b"0123456789abcdef0123456789abcdef"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/ClarySageMakerRole"


def hmac_sha256(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def temporary_credentials(access_key="ASIACLARYTEMPKEY2345", expires=NOW + 3600):
    body = json.dumps({"k": access_key, "r": ROLE, "s": "a-session", "e": expires}).encode()
    token = base64.b64encode(hmac_sha256(hmac_sha256(MASTER, b"clary session token"), body) + body).decode()
    secret = base64.b64encode(hmac_sha256(hmac_sha256(MASTER, b"clary secret key"), access_key.encode())[:30]).decode()
    return access_key, secret, token


# Never signed, and different on every machine or run.
UNSIGNED = ("user-agent", "amz-sdk-invocation-id", "amz-sdk-request")
TEMPORARY = temporary_credentials()


def freeze_clock():
    at = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc)
    for module in (botocore.auth, botocore.signers):
        module.get_current_datetime = lambda *args, **kwargs: at.replace(tzinfo=None)
    time.time = lambda: float(NOW)


def client(service, credentials, endpoint="http://127.0.0.1:9080", region="us-east-1", **config):
    key, secret, *token = credentials
    return botocore.session.Session().create_client(
        service, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token[0] if token else None, endpoint_url=endpoint,
        config=Config(retries={"max_attempts": 0}, **config))


def message(method, url, headers, body):
    parts = urlsplit(url)
    fields = [[name, value.decode() if isinstance(value, bytes) else str(value)] for name, value in headers.items()
              if name.lower() not in UNSIGNED]
    if not any(name.lower() == "host" for name, _ in fields):
        fields.append(["Host", parts.netloc])
    return {"method": method, "path": parts.path, "query": parts.query, "headers": fields,
            "body_sha256": hashlib.sha256(body).hexdigest(), "body": base64.b64encode(body).decode()}


def sent(api, operation, **arguments):
    """What the client would put on the wire for this call."""
    caught = []

    def catch(request, **_):
        body = request.body or b""
        if hasattr(body, "read"):
            body.seek(0)
            body = body.read()
        caught.append(message(request.method, request.url, request.headers, body if isinstance(body, bytes) else body.encode()))
        return AWSResponse(request.url, 400, {}, None)

    api.meta.events.register_first("before-send", catch)
    try:
        getattr(api, operation)(**arguments)
    except Exception:  # the made-up answer; what was sent is all that counts
        pass
    if not caught:
        raise SystemExit(f"{operation} sent nothing")
    return caught[0]


def presigned(api, operation, headers=None, expires=900, **arguments):
    method = {"get": "GET", "put": "PUT", "upl": "PUT", "lis": "GET", "del": "DELETE"}[operation[:3]]
    url = api.generate_presigned_url(operation, Params=arguments, ExpiresIn=expires, HttpMethod=method)
    return message(method, url, headers or {}, b"")


KEYS = ["plain.txt", "a b+c/\u00fc\u20ac/x", "~!*'()", "a/../b/./c", "a//b///", "/leading", "%41%2F", "k=v&x?y#z;@:,$", "\U0001f600",
        "quote\"'<>\\|^`{}[]", "n" * 1024]


def header_vectors():
    for who, credentials in (("root", ROOT), ("session", TEMPORARY)):
        s3 = client("s3", credentials)
        for key in KEYS:
            yield f"{who} s3 put {key[:20]}", sent(s3, "put_object", Bucket="bucket", Key=key, Body=b"data")
        yield f"{who} s3 metadata", sent(s3, "put_object", Bucket="bucket", Key="k", Body=b"", ContentType="text/plain",
                                         Metadata={"one": "two   spaces", "tab": "a\tb", "empty": ""}, ACL="private")
        yield f"{who} s3 list", sent(s3, "list_objects_v2", Bucket="bucket", Prefix="a b/+\u00fc&=", Delimiter="/", MaxKeys=7)
        yield f"{who} s3 uploads", sent(s3, "create_multipart_upload", Bucket="bucket", Key="k")
        yield f"{who} s3 delete", sent(s3, "delete_objects", Bucket="bucket", Delete={"Objects": [{"Key": "a"}]})
        yield f"{who} s3 range", sent(s3, "get_object", Bucket="bucket", Key="k", Range="bytes=0-9")
        tls = client("s3", credentials, "https://127.0.0.1:9080")
        yield f"{who} s3 trailer", sent(tls, "put_object", Bucket="bucket", Key="k", Body=b"data")
        virtual = client("s3", credentials, None, s3={"addressing_style": "virtual"})
        yield f"{who} s3 virtual", sent(virtual, "get_object", Bucket="bucket", Key="k/ l")
        yield f"{who} sts", sent(client("sts", credentials, region="eu-central-1"), "get_caller_identity")
        yield f"{who} iam", sent(client("iam", credentials), "get_role", RoleName="ClarySageMakerRole")
        yield f"{who} sagemaker", sent(client("sagemaker", credentials), "list_training_jobs", NameContains="\u00fc")
        runtime = client("sagemaker-runtime", credentials)
        yield f"{who} runtime", sent(runtime, "invoke_endpoint", EndpointName="digits", Body=b"1,2\n", CustomAttributes="a  b=c")
        yield f"{who} runtime odd", sent(runtime, "invoke_endpoint", EndpointName="a b+\u00fc~", Body=b"\x00")
        yield f"{who} logs", sent(client("logs", credentials), "describe_log_groups")
        yield f"{who} cloudwatch", sent(client("cloudwatch", credentials), "list_metrics", Namespace="/aws/sagemaker")


def presigned_vectors():
    for who, credentials in (("root", ROOT), ("session", TEMPORARY)):
        for version in ("s3v4", "s3"):
            for style, endpoint in (("path", "http://127.0.0.1:9080"), ("virtual", None)):
                s3 = client("s3", credentials, endpoint, signature_version=version, s3={"addressing_style": style})
                name = f"{who} presigned {version} {style}"
                for key in KEYS:
                    yield f"{name} get {key[:20]}", presigned(s3, "get_object", Bucket="bucket", Key=key)
                yield f"{name} overrides", presigned(
                    s3, "get_object", Bucket="bucket", Key="k", ResponseContentType="text/csv; charset=utf-8", VersionId="null",
                    ResponseContentDisposition="attachment; filename=\"a b+c.csv\"", ResponseCacheControl="no-cache")
                typed = {"Content-Type": "image/png"}
                yield f"{name} put", presigned(s3, "put_object", Bucket="bucket", Key="k")
                yield f"{name} put typed", presigned(s3, "put_object", typed, Bucket="bucket", Key="k", ContentType="image/png")
                yield f"{name} part", presigned(s3, "upload_part", Bucket="bucket", Key="k", UploadId="id/+=", PartNumber=3)
                yield f"{name} list", presigned(s3, "list_objects_v2", Bucket="bucket", Prefix="p/ q")
                yield f"{name} tagging", presigned(s3, "get_object_tagging", Bucket="bucket", Key="k")
                yield f"{name} delete", presigned(s3, "delete_object", Bucket="bucket", Key="k")
                if version == "s3":  # botocore hoists these into the query; nobody sends the headers
                    yield f"{name} hoisted", presigned(s3, "put_object", Bucket="bucket", Key="k", ContentType="text/plain",
                                                       ACL="public-read", Metadata={"a": "b c"})
                else:
                    meta = {"x-amz-acl": "public-read", "x-amz-meta-a": "b  c"}
                    yield f"{name} headers", presigned(s3, "put_object", meta, Bucket="bucket", Key="k", ACL="public-read",
                                                       Metadata={"a": "b c"})
        sts = client("sts", credentials)
        yield f"{who} presigned sts", presigned(sts, "get_caller_identity")


def post_vectors():
    for who, credentials in (("root", ROOT), ("session", TEMPORARY)):
        for version in ("s3v4", "s3", None):
            s3 = client("s3", credentials, **({"signature_version": version} if version else {}))
            form = s3.generate_presigned_post("bucket", "up/${filename}", Fields={"acl": "private", "x-amz-meta-a": "b"},
                                              Conditions=[{"acl": "private"}, ["starts-with", "$x-amz-meta-a", ""],
                                                          ["content-length-range", 1, 100]], ExpiresIn=600)
            yield {"name": f"{who} post {version or 'default'}", "who": who, "fields": form["fields"]}


def main():
    freeze_clock()
    requests = []
    for name, request in [*header_vectors(), *presigned_vectors()]:
        host = next(value for field, value in request["headers"] if field.lower() == "host")
        requests.append({"name": name, "who": name.split()[0], "virtual_bucket": "bucket" if host.startswith("bucket.") else "", **request})
    json.dump({"botocore": botocore.__version__, "now": NOW, "account": ACCOUNT, "access_key": ROOT[0], "secret_key": ROOT[1],
               "master_key": MASTER.decode(), "role_arn": ROLE, "requests": requests, "posts": list(post_vectors())},
              sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
