import hashlib
import os
import threading

import boto3
import pytest

from s3_fixtures import code_of, make_client


@pytest.fixture
def own(make_server, monkeypatch):
    """A server of the test's own, and the environment to reach it."""
    server = make_server()
    for name, value in server.env().items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    return server


def test_acknowledged_objects_survive_kill(own):
    make_client(own).create_bucket(Bucket="kept")
    acknowledged, cut_off, enough = {}, {}, threading.Event()

    def write(worker):
        client = make_client(own)
        for i in range(100000):
            key = f"{worker}/{i % 20}"
            body = os.urandom(200) * (5 if i % 3 else 1000 + i % 7 * 300)
            try:
                client.put_object(Bucket="kept", Key=key, Body=body)
            except Exception:  # noqa: BLE001 the server is gone: this write may or may not have been kept
                cut_off[key] = hashlib.md5(body).hexdigest()
                return
            acknowledged[key] = hashlib.md5(body).hexdigest()
            if len(acknowledged) >= 60:
                enough.set()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    assert enough.wait(60)
    own.kill()
    for writer in writers:
        writer.join()
    own.start()
    client = make_client(own)
    for key, digest in acknowledged.items():
        got = client.get_object(Bucket="kept", Key=key)["Body"].read()
        assert hashlib.md5(got).hexdigest() in (digest, cut_off.get(key)), key


def test_uploads_go_on_after_kill(own):
    client = make_client(own)
    client.create_bucket(Bucket="kept")
    upload = client.create_multipart_upload(Bucket="kept", Key="k")["UploadId"]
    part = b"p" * (5 << 20)
    one = client.upload_part(Bucket="kept", Key="k", UploadId=upload, PartNumber=1, Body=part)
    own.kill()
    own.start()
    client = make_client(own)
    two = client.upload_part(Bucket="kept", Key="k", UploadId=upload, PartNumber=2, Body=b"end")
    parts = [{"PartNumber": n, "ETag": p["ETag"]} for n, p in ((1, one), (2, two))]
    client.complete_multipart_upload(Bucket="kept", Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    assert client.get_object(Bucket="kept", Key="k")["Body"].read() == part + b"end"


def test_over_tls(own, tmp_path):
    """Over TLS boto3 sends unsigned chunks with a trailer; by CONNECT with Amazon's own host names."""
    plain = make_client(own)
    plain.create_bucket(Bucket="secured")
    data = os.urandom(1 << 20) * 17
    path = tmp_path / "file"
    path.write_bytes(data)
    direct = boto3.Session().client("s3", endpoint_url=f"https://{own.address}")
    direct.put_object(Bucket="secured", Key="small", Body=b"123456789")
    direct.upload_file(str(path), "secured", "large")
    assert direct.get_object(Bucket="secured", Key="large")["Body"].read() == data
    assert plain.head_object(Bucket="secured", Key="small", ChecksumMode="ENABLED")["ChecksumCRC32"] == "y/Q5Jg=="
    amazon = boto3.Session().client("s3", endpoint_url="https://s3.us-east-1.amazonaws.com")
    assert amazon.get_object(Bucket="secured", Key="small")["Body"].read() == b"123456789"
    amazon.upload_file(str(path), "secured", "again")
    amazon.download_file("secured", "again", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data
    assert code_of(amazon.get_object, Bucket="secured", Key="none")[:2] == ("NoSuchKey", 404)
