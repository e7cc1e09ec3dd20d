import pytest

from s3_fixtures import bucket, code_of, s3, signed  # noqa: F401

KEYS = ["a/1", "a/2", "a/b/3", "b", "c d/1", "c d/2", "e+f", "ü/1"]


@pytest.fixture
def filled(s3, bucket):
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def names(page):
    return [o["Key"] for o in page.get("Contents", [])], [p["Prefix"] for p in page.get("CommonPrefixes", [])]


def test_delimiter_and_prefix(s3, filled):
    assert names(s3.list_objects_v2(Bucket=filled)) == (KEYS, [])
    assert names(s3.list_objects_v2(Bucket=filled, Delimiter="/")) == (["b", "e+f"], ["a/", "c d/", "ü/"])
    assert names(s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="a/")) == (["a/1", "a/2"], ["a/b/"])
    assert names(s3.list_objects(Bucket=filled, Delimiter="/", Prefix="c d")) == ([], ["c d/"])
    assert names(s3.list_objects_v2(Bucket=filled, Prefix="none")) == ([], [])
    assert names(s3.list_objects_v2(Bucket=filled, StartAfter="b")) == (KEYS[4:], [])


def test_pages(s3, filled):
    for size in (1, 2, 3, 100):
        for operation in ("list_objects", "list_objects_v2", "list_object_versions"):
            field = "Versions" if operation == "list_object_versions" else "Contents"
            keys, prefixes = [], []
            for page in s3.get_paginator(operation).paginate(Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": size}):
                entries = len(page.get(field, [])) + len(page.get("CommonPrefixes", []))
                assert entries <= size and (operation != "list_objects_v2" or page["KeyCount"] == entries)
                keys += [o["Key"] for o in page.get(field, [])]
                prefixes += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
            assert (keys, prefixes) == (["b", "e+f"], ["a/", "c d/", "ü/"]), (size, operation)
            keys = [o["Key"] for page in s3.get_paginator(operation).paginate(Bucket=filled, PaginationConfig={"PageSize": size})
                    for o in page.get(field, [])]
            assert keys == KEYS


def test_members(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, MaxKeys=1, FetchOwner=True)
    assert (page["Name"], page["Prefix"], page["MaxKeys"], page["IsTruncated"], page["KeyCount"]) == (filled, "", 1, True, 1)
    first = page["Contents"][0]
    head = s3.head_object(Bucket=filled, Key=first["Key"])
    assert (first["Size"], first["ETag"], first["LastModified"], first["StorageClass"]) == (
        head["ContentLength"], head["ETag"], head["LastModified"], "STANDARD")
    assert len(first["Owner"]["ID"]) == 64
    page = s3.list_objects(Bucket=filled, MaxKeys=2)
    assert page["IsTruncated"] and "NextMarker" not in page and page["Marker"] == ""
    page = s3.list_objects(Bucket=filled, MaxKeys=2, Delimiter="/")
    assert page["NextMarker"] == "b"
    page = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert (page["KeyCount"], page["IsTruncated"]) == (0, False)
    assert s3.list_objects_v2(Bucket=filled, MaxKeys=5000)["MaxKeys"] == 1000


def test_on_the_wire(server, filled):
    body = signed(server, "GET", f"/{filled}?list-type=2&prefix=")[2]
    assert b"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" in body and b"<Prefix></Prefix>" in body
    body = signed(server, "GET", f"/{filled}")[2]
    assert b"<Prefix></Prefix>" in body and b"<Marker></Marker>" in body and "<Key>ü/1</Key>".encode() in body
    body = signed(server, "GET", f"/{filled}?encoding-type=url")[2]
    assert b"<Key>%C3%BC/1</Key>" in body and b"<Key>e%2Bf</Key>" in body and b"<EncodingType>url</EncodingType>" in body


@pytest.mark.parametrize("query", ["list-type=2&continuation-token=", "list-type=2&continuation-token=AAAA", "max-keys=-1", "max-keys=x",
                                   "encoding-type=hex", "list-type=3", "versions&version-id-marker=null"])
def test_bad_arguments(server, filled, query):
    status, _, body = signed(server, "GET", f"/{filled}?{query}")
    assert status == 400 and b"<Code>InvalidArgument</Code>" in body, body


def test_missing_bucket(s3):
    for operation in ("list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads"):
        assert code_of(getattr(s3, operation), Bucket="no-such-bucket-here")[:2] == ("NoSuchBucket", 404)
