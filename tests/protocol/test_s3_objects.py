import base64
import datetime
import hashlib
import io
import zlib

import pytest

from s3_fixtures import bucket, code_of, make_client, raw, s3, signed  # noqa: F401

KEYS = ["a", "a/b", "/lead", "a//b", "trail/", "..", "../up", "a/../b", "sp ace", "plus+", "per%20cent", "q?x", "#h", "a&b=c", "é/日本/😀",
        "line\nbreak", "tab\t", "\x01\x1f", "<&>\"'", "k" * 1024]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_any_key(s3, bucket, key):
    body = key.encode()
    put = s3.put_object(Bucket=bucket, Key=key, Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert [o["Key"] for o in s3.list_objects(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body
    s3.delete_object(Bucket=bucket, Key=key)
    # XML 1.0 holds no control characters, so botocore cannot read the code of an error that names such a key (nor Amazon's).
    assert code_of(s3.get_object, Bucket=bucket, Key=key)[:2] == ("404" if key < " " else "NoSuchKey", 404)


def test_key_too_long(s3, bucket):
    assert code_of(s3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"")[:2] == ("KeyTooLongError", 400)


@pytest.mark.parametrize("size", [0, 1, 32 * 1024, 32 * 1024 + 1, 1 << 20, (5 << 20) + 3])
def test_sizes(s3, bucket, size):
    body = bytes(bytearray((i * 7) & 255 for i in range(251))) * (size // 251 + 1)
    body = body[:size]
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    assert (put["ChecksumCRC32"], put["ChecksumType"]) == (crc, "FULL_OBJECT")
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["ContentLength"] == size and got["Body"].read() == body and got["ChecksumCRC32"] == crc
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ETag"], head["ChecksumCRC32"]) == (size, put["ETag"], crc)


def test_what_travels_with_it(s3, bucket):
    expires = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/csv", CacheControl="no-cache", ContentDisposition="inline",
                  ContentEncoding="gzip", ContentLanguage="de", Expires=expires, Metadata={"Who": "me", "n": "1"}, StorageClass="STANDARD_IA",
                  Tagging="a=1&b=x%20y")
    head = s3.head_object(Bucket=bucket, Key="k")
    assert [head[n] for n in ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")] == [
        "text/csv", "no-cache", "inline", "gzip", "de"]
    assert head["Metadata"] == {"who": "me", "n": "1"} and head["StorageClass"] == "STANDARD_IA" and head["Expires"] == expires
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    assert s3.head_object(Bucket=bucket, Key="plain")["ContentType"] == "binary/octet-stream"
    over = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="a/b", ResponseCacheControl="private", ResponseContentDisposition="attachment")
    assert [over[n] for n in ("ContentType", "CacheControl", "ContentDisposition")] == ["a/b", "private", "attachment"]
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Metadata={"m": "x" * 2048})[0] == "MetadataTooLarge"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", ACL="public-read")[0] == "AccessControlListNotSupported"
    s3.put_object(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")


def test_override_cannot_split_the_answer(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    status, headers, _ = signed(server, "GET", f"/{bucket}/k?response-content-type=a%0D%0AX-Evil%3A1")
    assert status == 400 and headers["X-Evil"] is None


def test_ranges(server, s3, bucket):
    body = bytes(range(100)) * 1000
    for key in ("small", "large"):
        data = body[:100] if key == "small" else body
        s3.put_object(Bucket=bucket, Key=key, Body=data)
        size = len(data)
        for spec, first, last in [("0-9", 0, 9), ("10-", 10, size - 1), ("-7", size - 7, size - 1), (f"5-{size * 9}", 5, size - 1),
                                  (f"-{size * 2}", 0, size - 1)]:
            got = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={spec}")
            assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
            assert got["ContentRange"] == f"bytes {first}-{last}/{size}"
            assert got["Body"].read() == data[first:last + 1]
            assert "ChecksumCRC32" not in got or first == 0 and last == size - 1
        for spec in ("bytes=9-5", "lines=1-2", "bytes=x-", "bytes=0-1,3-4"):
            assert s3.get_object(Bucket=bucket, Key=key, Range=spec)["ResponseMetadata"]["HTTPStatusCode"] == 200
        for spec in (f"bytes={size}-", "bytes=-0"):
            assert code_of(s3.get_object, Bucket=bucket, Key=key, Range=spec)[:2] == ("InvalidRange", 416)
        head = s3.head_object(Bucket=bucket, Key=key, Range="bytes=1-3")
        assert head["ContentLength"] == 3
    status, _, answer = signed(server, "GET", f"/{bucket}/small", headers={"Range": "bytes=500-"})
    assert status == 416 and b"<ActualObjectSize>100</ActualObjectSize>" in answer and b"<RangeRequested>bytes=500-</RangeRequested>" in answer


def test_conditional_reads(server, s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    when = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    past, future = when - datetime.timedelta(days=1), when + datetime.timedelta(days=1)
    for ok in [{"IfMatch": etag}, {"IfMatch": "*"}, {"IfNoneMatch": '"other"'}, {"IfModifiedSince": past}, {"IfUnmodifiedSince": when},
               {"IfMatch": etag, "IfUnmodifiedSince": past}, {"IfNoneMatch": '"o"', "IfModifiedSince": future}]:
        assert s3.get_object(Bucket=bucket, Key="k", **ok)["Body"].read() == b"x", ok
    for bad in [{"IfMatch": '"other"'}, {"IfUnmodifiedSince": past}]:
        assert code_of(s3.get_object, Bucket=bucket, Key="k", **bad)[:2] == ("PreconditionFailed", 412)
        assert code_of(s3.head_object, Bucket=bucket, Key="k", **bad) == ("412", 412, "Precondition Failed")
    for same in [{"IfNoneMatch": etag}, {"IfModifiedSince": when}]:
        assert code_of(s3.get_object, Bucket=bucket, Key="k", **same)[:2] == ("304", 304)
    status, headers, body = signed(server, "GET", f"/{bucket}/k", headers={"If-None-Match": etag})
    assert (status, headers["ETag"], body) == (304, etag, b"")
    status, _, body = signed(server, "GET", f"/{bucket}/k", headers={"If-Match": '"other"'})
    assert b"<Condition>If-Match</Condition>" in body


def test_conditional_writes(s3, bucket):
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")[:2] == ("PreconditionFailed", 412)
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"other"')[:2] == ("PreconditionFailed", 412)
    assert code_of(s3.put_object, Bucket=bucket, Key="new", Body=b"2", IfMatch=first["ETag"])[:2] == ("NoSuchKey", 404)
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch='"etag"')[:2] == ("NotImplemented", 501)
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=first["ETag"])
    assert code_of(s3.delete_object, Bucket=bucket, Key="k", IfMatch=first["ETag"])[:2] == ("PreconditionFailed", 412)


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(s3, bucket, algorithm):
    body = b"123456789"
    value = {"CRC32": zlib.crc32(body).to_bytes(4, "big"), "SHA1": hashlib.sha1(body).digest(), "SHA256": hashlib.sha256(body).digest()}[algorithm]
    value = base64.b64encode(value).decode()
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm=algorithm)
    assert put[f"Checksum{algorithm}"] == value
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[f"Checksum{algorithm}"] == value
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"])
    assert attributes["Checksum"] == {f"Checksum{algorithm}": value, "ChecksumType": "FULL_OBJECT"}
    assert (attributes["ObjectSize"], attributes["StorageClass"], attributes["ETag"]) == (9, "STANDARD", put["ETag"].strip('"'))
    wrong = base64.b64encode(bytes(len(base64.b64decode(value)))).decode()
    code, status, message = code_of(s3.put_object, Bucket=bucket, Key="k", Body=body, **{f"Checksum{algorithm}": wrong})
    assert (code, status) == ("BadDigest", 400) and algorithm in message
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=body, **{f"Checksum{algorithm}": "AAA"})[0] == "InvalidRequest"
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([algorithm], "FULL_OBJECT")


def test_checksum_vectors(server, s3, bucket):
    for name, value in [("crc32", "y/Q5Jg=="), ("crc32c", "4waSgw=="), ("crc64nvme", "rosUhgp5mIg=")]:
        status, headers, _ = signed(server, "PUT", f"/{bucket}/k", b"123456789", {f"x-amz-checksum-{name}": value})
        assert (status, headers[f"x-amz-checksum-{name}"]) == (200, value)
    # Where none is sent, S3 makes one.
    status, headers, _ = signed(server, "PUT", f"/{bucket}/k", b"123456789")
    assert headers["x-amz-checksum-crc64nvme"] == "rosUhgp5mIg="
    two = {"x-amz-checksum-crc32": "y/Q5Jg==", "x-amz-checksum-crc32c": "4waSgw=="}
    assert signed(server, "PUT", f"/{bucket}/k", b"123456789", two)[0] == 400
    assert signed(server, "PUT", f"/{bucket}/k", b"123456789", {"x-amz-sdk-checksum-algorithm": "CRC32"})[0] == 400
    assert signed(server, "PUT", f"/{bucket}/k", b"123456789", {"x-amz-checksum-xxhash64": "AAAA"})[0] == 400


def test_content_md5(server, s3, bucket):
    for value, code in [(base64.b64encode(hashlib.md5(b"other").digest()).decode(), b"BadDigest"), ("bad", b"InvalidDigest")]:
        status, _, body = signed(server, "PUT", f"/{bucket}/k", b"data", {"Content-MD5": value})
        assert status == 400 and code in body
    good = base64.b64encode(hashlib.md5(b"data").digest()).decode()
    assert signed(server, "PUT", f"/{bucket}/k", b"data", {"Content-MD5": good})[0] == 200


def test_tags_of_an_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    tags = [{"Key": "a", "Value": "1"}, {"Key": "ü", "Value": "b c"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
    for bad in [[tags[0], tags[0]], [{"Key": "aws:x", "Value": ""}], [{"Key": "k" * 129, "Value": ""}], [{"Key": "k", "Value": "v" * 257}],
                [{"Key": "k", "Value": "<"}]]:
        assert code_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": bad})[0] == "InvalidTag"
    eleven = [{"Key": str(i), "Value": ""} for i in range(11)]
    assert code_of(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": eleven})[0] == "BadRequest"
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert code_of(s3.get_object_tagging, Bucket=bucket, Key="none")[0] == "NoSuchKey"


def test_copies(s3, bucket):
    body = b"c" * 100000
    put = s3.put_object(Bucket=bucket, Key="from", Body=body, ContentType="a/b", Metadata={"m": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "from"}
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource=source)["CopyObjectResult"]
    assert copied["ETag"] == put["ETag"] and copied["ChecksumCRC32"] == put["ChecksumCRC32"]
    head = s3.head_object(Bucket=bucket, Key="to")
    assert head["ContentType"] == "a/b" and head["Metadata"] == {"m": "1"}
    assert s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "2"}, TaggingDirective="REPLACE",
                   Tagging="u=2", ContentType="c/d")
    head = s3.head_object(Bucket=bucket, Key="to")
    assert head["ContentType"] == "c/d" and head["Metadata"] == {"n": "2"}
    assert s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == [{"Key": "u", "Value": "2"}]
    assert code_of(s3.copy_object, Bucket=bucket, Key="from", CopySource=source)[:2] == ("InvalidRequest", 400)
    s3.copy_object(Bucket=bucket, Key="from", CopySource=source, MetadataDirective="REPLACE", Metadata={"new": "1"})
    assert s3.head_object(Bucket=bucket, Key="from")["Metadata"] == {"new": "1"}
    summed = s3.copy_object(Bucket=bucket, Key="sum", CopySource=source, ChecksumAlgorithm="SHA256")["CopyObjectResult"]
    assert summed["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert code_of(s3.copy_object, Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "none"})[:2] == ("NoSuchKey", 404)
    assert code_of(s3.copy_object, Bucket=bucket, Key="to", CopySource=bucket)[0] == "InvalidArgument"
    for bad in [{"CopySourceIfMatch": '"o"'}, {"CopySourceIfNoneMatch": put["ETag"]}]:
        assert code_of(s3.copy_object, Bucket=bucket, Key="to", CopySource=source, **bad)[:2] == ("PreconditionFailed", 412)
    s3.delete_object(Bucket=bucket, Key="from")
    assert s3.get_object(Bucket=bucket, Key="sum")["Body"].read() == body


def test_deleting_many(s3, bucket):
    for i in range(5):
        s3.put_object(Bucket=bucket, Key=f"k{i} <&>", Body=b"x")
    objects = [{"Key": f"k{i} <&>"} for i in range(3)] + [{"Key": "none"}, {"Key": "k3 <&>", "VersionId": "null"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert sorted(d["Key"] for d in answer["Deleted"]) == sorted(o["Key"] for o in objects) and "Errors" not in answer
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k4 <&>"}], "Quiet": True})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert code_of(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": str(i)} for i in range(1001)]})[0] == "MalformedXML"
    assert s3.delete_object(Bucket=bucket, Key="never", VersionId="null")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_the_null_version(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"x"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", VersionId="other")[:2] == ("InvalidArgument", 400)
    version = s3.list_object_versions(Bucket=bucket)["Versions"][0]
    assert (version["VersionId"], version["IsLatest"]) == ("null", True)


def test_files_by_the_transfer_manager(s3, bucket, tmp_path):
    data = (b"0123456789abcdef" * 65536) * 20  # 20 MiB: three parts
    path = tmp_path / "file"
    path.write_bytes(data)
    s3.upload_file(str(path), bucket, "file", ExtraArgs={"ContentType": "a/b"})
    head = s3.head_object(Bucket=bucket, Key="file")
    assert head["ContentLength"] == len(data) and head["ETag"].endswith('-3"') and head["ContentType"] == "a/b"
    s3.download_file(bucket, "file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data
    assert s3.get_object(Bucket=bucket, Key="file")["Body"].read() == data
    s3.copy({"Bucket": bucket, "Key": "file"}, bucket, "copy")
    out = io.BytesIO()
    s3.download_fileobj(bucket, "copy", out)
    assert out.getvalue() == data


def test_errors_carry_their_members(server, s3, bucket):
    status, headers, body = signed(server, "GET", f"/{bucket}/a%3Cb")
    assert status == 404 and headers["Content-Type"] == "application/xml"
    assert b"<Code>NoSuchKey</Code>" in body and b"<Key>a&lt;b</Key>" in body
    assert f"<RequestId>{headers['x-amz-request-id']}</RequestId>".encode() in body and headers["Date"]
    status, _, body = signed(server, "GET", "/no-such-bucket-here")
    assert status == 404 and b"<BucketName>no-such-bucket-here</BucketName>" in body
    status, _, body = signed(server, "HEAD", f"/{bucket}/none")
    assert (status, body) == (404, b"")
    assert signed(server, "PATCH", f"/{bucket}/none")[0] == 405


def test_preflight(server, bucket):
    asked = {"Origin": "http://page", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type,x-amz-date"}
    status, headers, _ = raw(server, "OPTIONS", f"/{bucket}/k", headers=asked)
    assert status == 200 and headers["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in headers["Access-Control-Allow-Methods"] and headers["Access-Control-Allow-Headers"] == "content-type,x-amz-date"
    assert headers["Access-Control-Allow-Credentials"] is None
    assert raw(server, "OPTIONS", f"/{bucket}/k")[0] == 400
