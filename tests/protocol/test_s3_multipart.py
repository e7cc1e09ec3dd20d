import base64
import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from s3_fixtures import bucket, code_of, s3, signed  # noqa: F401

PART = 5 * 1024 * 1024


def part_data(number, size=PART):
    return bytes([number]) * size


def b64(raw):
    return base64.b64encode(raw).decode()


def upload(s3, bucket, key, numbers, last=1000, **create):
    """Uploads parts in the order of `numbers`; the highest is short. The upload's id and what completes it."""
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key, **create)["UploadId"]

    def put(number):
        size = last if number == max(numbers) else PART
        return number, s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=part_data(number, size))

    with ThreadPoolExecutor(4) as pool:
        done = sorted(pool.map(put, numbers), key=lambda pair: pair[0])
    parts = [{"PartNumber": number, **{k: v for k, v in answer.items() if k == "ETag" or k.startswith("Checksum")}} for number, answer in done]
    return upload_id, parts


def whole(numbers, last=1000):
    return b"".join(part_data(n, last if n == max(numbers) else PART) for n in sorted(numbers))


def test_out_of_order_in_parallel(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [3, 1, 2], ContentType="a/b", Metadata={"m": "1"})
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)
    assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in listed["Parts"]] == [
        (p["PartNumber"], PART if p["PartNumber"] < 3 else 1000, p["ETag"]) for p in parts]
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload_id]
    assert code_of(s3.head_object, Bucket=bucket, Key="k")[1] == 404
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts})
    data = whole([1, 2, 3])
    md5s = b"".join(hashlib.md5(part_data(n, 1000 if n == 3 else PART)).digest() for n in (1, 2, 3))
    assert done["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"' and done["Bucket"] == bucket and done["Key"] == "k"
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == data and got["ContentType"] == "a/b" and got["Metadata"] == {"m": "1"}
    again = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts})
    assert again["ETag"] == done["ETag"]
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert code_of(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload_id)[:2] == ("NoSuchUpload", 404)


def test_by_part_number(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [1, 2, 3])
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts})
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206 and got["PartsCount"] == 3
    assert got["ContentRange"] == f"bytes {PART}-{2 * PART - 1}/{2 * PART + 1000}" and got["Body"].read() == part_data(2)
    assert s3.head_object(Bucket=bucket, Key="k", PartNumber=3)["ContentLength"] == 1000
    assert code_of(s3.get_object, Bucket=bucket, Key="k", PartNumber=4)[1] == 416
    assert code_of(s3.get_object, Bucket=bucket, Key="k", PartNumber=1, Range="bytes=0-1")[0] == "InvalidRequest"
    s3.put_object(Bucket=bucket, Key="one", Body=b"abc")
    one = s3.get_object(Bucket=bucket, Key="one", PartNumber=1)
    assert one["ResponseMetadata"]["HTTPStatusCode"] == 206 and one["Body"].read() == b"abc"
    assert code_of(s3.get_object, Bucket=bucket, Key="one", PartNumber=2)[:2] == ("InvalidPartNumber", 416)


def test_what_completing_refuses(server, s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [1, 2])
    complete = lambda listed, **more: code_of(  # noqa: E731
        s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": listed}, **more)[:2]
    assert complete([]) == ("MalformedXML", 400)
    assert complete(parts[::-1]) == ("InvalidPartOrder", 400)
    assert complete([{**parts[0], "ETag": '"wrong"'}, parts[1]]) == ("InvalidPart", 400)
    assert complete([parts[0], {**parts[1], "PartNumber": 7}]) == ("InvalidPart", 400)
    assert complete(parts, MpuObjectSize=5) == ("InvalidRequest", 400)
    s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"small")
    now = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id)["Parts"]
    small = [{"PartNumber": p["PartNumber"], "ETag": p["ETag"], "ChecksumCRC32": p["ChecksumCRC32"]} for p in now]
    assert complete(small) == ("EntityTooSmall", 400)
    s3.put_object(Bucket=bucket, Key="k", Body=b"there")
    assert complete(small[1:], IfNoneMatch="*") == ("PreconditionFailed", 412)
    assert code_of(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId="none", MultipartUpload={"Parts": parts})[0] == "NoSuchUpload"
    for body in (b"", b"<not", b"<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>"):
        status, _, answer = signed(server, "POST", f"/{bucket}/k?uploadId={upload_id}", body)
        assert status == 400 and b"MalformedXML" in answer
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    assert code_of(s3.abort_multipart_upload, Bucket=bucket, Key="k", UploadId=upload_id)[:2] == ("NoSuchUpload", 404)
    for number in ("0", "10001", "x", ""):
        status, _, answer = signed(server, "PUT", f"/{bucket}/k?partNumber={number}&uploadId=none", b"x")
        assert status == 400 and b"InvalidArgument" in answer


def test_composite_checksum(s3, bucket):
    created = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="SHA256")
    assert (created["ChecksumAlgorithm"], created["ChecksumType"]) == ("SHA256", "COMPOSITE")
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=created["UploadId"])
    upload_id, parts = upload(s3, bucket, "k", [1, 2], ChecksumAlgorithm="CRC32")
    bare = [{"PartNumber": p["PartNumber"], "ETag": p["ETag"]} for p in parts]
    code, _, message = code_of(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": bare})
    assert code == "InvalidRequest" and "missing for part 1" in message
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts})
    sums = [zlib.crc32(part_data(1)).to_bytes(4, "big"), zlib.crc32(part_data(2, 1000)).to_bytes(4, "big")]
    expected = b64(zlib.crc32(b"".join(sums)).to_bytes(4, "big")) + "-2"
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (expected, "COMPOSITE")
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], head["ChecksumType"]) == (expected, "COMPOSITE")
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "Checksum"])
    assert attributes["ObjectParts"]["TotalPartsCount"] == 2
    assert [p["ChecksumCRC32"] for p in attributes["ObjectParts"]["Parts"]] == [b64(s) for s in sums]


def test_full_object_checksum(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [2, 1], ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    expected = b64(zlib.crc32(whole([1, 2])).to_bytes(4, "big"))
    wrong = {"ChecksumCRC32": "AAAAAA==", "ChecksumType": "FULL_OBJECT"}
    assert code_of(s3.complete_multipart_upload, Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts}, **wrong)[0] == "BadDigest"
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts}, ChecksumCRC32=expected,
                                        ChecksumType="FULL_OBJECT")
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (expected, "FULL_OBJECT")
    bad = {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"}
    assert code_of(s3.create_multipart_upload, Bucket=bucket, Key="k", **bad)[0] == "InvalidRequest"


def test_copied_parts(s3, bucket):
    data = b"".join(part_data(i, 1 << 20) for i in range(12))
    s3.put_object(Bucket=bucket, Key="from/ü", Body=data)
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32")["UploadId"]
    source = {"Bucket": bucket, "Key": "from/ü"}
    parts = []
    for number, (first, last) in enumerate([(0, PART - 1), (PART, 2 * PART - 1), (2 * PART, len(data) - 1)], 1):
        done = s3.upload_part_copy(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number, CopySource=source,
                                   CopySourceRange=f"bytes={first}-{last}")["CopyPartResult"]
        assert done["ETag"] == f'"{hashlib.md5(data[first:last + 1]).hexdigest()}"'
        parts.append({"PartNumber": number, "ETag": done["ETag"], "ChecksumCRC32": done["ChecksumCRC32"]})
    for spec, code in [("bytes=0-99999999", "InvalidArgument"), ("bytes=5", "InvalidArgument"), ("bytes=9-5", "InvalidArgument")]:
        assert code_of(s3.upload_part_copy, Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=9, CopySource=source, CopySourceRange=spec)[0] == code
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == data


def test_pages_of_uploads_and_parts(s3, bucket):
    ids = [s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in ("a/1", "a/1", "a/2", "b")]
    listed = [u["UploadId"] for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
              for u in page.get("Uploads", [])]
    assert listed == ids
    page = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a/"] and [u["Key"] for u in page["Uploads"]] == ["b"]
    for number in (1, 2, 3):
        s3.upload_part(Bucket=bucket, Key="b", UploadId=ids[3], PartNumber=number, Body=b"x")
    page = s3.list_parts(Bucket=bucket, Key="b", UploadId=ids[3], MaxParts=2)
    assert page["IsTruncated"] and page["NextPartNumberMarker"] == 2
    page = s3.list_parts(Bucket=bucket, Key="b", UploadId=ids[3], MaxParts=2, PartNumberMarker=2)
    assert [p["PartNumber"] for p in page["Parts"]] == [3] and not page["IsTruncated"]
    for key, upload_id in zip(("a/1", "a/1", "a/2", "b"), ids):
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)


@pytest.mark.parametrize("declared", [True, False])
def test_a_part_of_another_algorithm(s3, bucket, declared):
    more = {"ChecksumAlgorithm": "SHA256"} if declared else {"ChecksumAlgorithm": "CRC32"}
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k", **more)["UploadId"]
    wrong = "CRC32" if declared else "SHA1"
    assert code_of(s3.upload_part, Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"x", ChecksumAlgorithm=wrong)[0] == "InvalidRequest"
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
