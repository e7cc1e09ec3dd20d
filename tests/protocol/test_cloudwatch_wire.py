"""CloudWatch's three protocols by hand, as no SDK of ours sends them, and packed bodies of every service that takes documents."""

import gzip
import json
import struct
import time
import xml.etree.ElementTree as ElementTree

import botocore.loaders
import botocore.model
import botocore.parsers
import pytest

from api_fixtures import call_json, make_client, new_name, raw, region, sign  # noqa: F401

TARGET = "GraniteServiceVersion20100801."
JSON = "application/x-amz-json-1.0"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
NAMESPACE = "{http://monitoring.amazonaws.com/doc/2010-08-01/}"
MODEL = botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")


# --- a CBOR writer, with a choice of forms ---

def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def text(value):
    return head(3, len(value.encode())) + value.encode()


def chunked(value):
    """A string of indefinite length, a character a chunk."""
    return b"\x7f" + b"".join(text(c) for c in value) + b"\xff"


def array(*items):
    return head(4, len(items)) + b"".join(items)


def table(**members):
    return head(5, len(members)) + b"".join(text(name) + value for name, value in members.items())


def open_table(**members):
    return b"\xbf" + b"".join(text(name) + value for name, value in members.items()) + b"\xff"


def double(value):
    return b"\xfb" + struct.pack(">d", value)


def half(value):
    return b"\xf9" + struct.pack(">e", value)


def call_cbor(server, operation, body, region="us-east-1", more=None, path=None):
    headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor", **(more or {})}
    path = path or f"/service/GraniteServiceVersion20100801/operation/{operation}"
    return raw(server, "POST", path, body, sign(server, "monitoring", path=path, body=body, headers=headers, region=region))


def parsed(status, headers, body, operation, protocol="smithy-rpc-v2-cbor"):
    """The answer as botocore reads it."""
    parser = botocore.parsers.create_parser(protocol)
    response = {"status_code": status, "headers": dict(headers.items()), "body": body}
    response["headers"] = {name.lower(): value for name, value in response["headers"].items()}
    return parser.parse(response, MODEL.operation_model(operation).output_shape)


def call_query(server, region="us-east-1", more=None, body=None, **parameters):
    if body is None:
        body = "&".join(f"{name}={value}" for name, value in {"Version": "2010-08-01", **parameters}.items()).encode()
    status, headers, answer = raw(server, "POST", "/", body,
                                  sign(server, "monitoring", body=body, headers={"Content-Type": FORM, **(more or {})}, region=region))
    assert headers["Content-Type"].startswith("text/xml")
    return status, ElementTree.fromstring(answer)


def granite(server, operation, body, **more):
    return call_json(server, TARGET + operation, body, service="monitoring", content_type=JSON, **more)


def question(start):
    return {"Namespace": "Hand", "MetricName": "m", "StartTime": start, "EndTime": start + 600, "Period": 60, "Statistics": ["Sum"]}


def test_cbor_by_hand(server, region):
    start = int(time.time()) // 60 * 60 - 300
    values = b"\x9f" + half(1.5) + b"\x02" + head(1, 0) + b"\xfa" + struct.pack(">f", 0.25) + double(1e3) + b"\xff"
    datum = open_table(MetricName=chunked("m"), Values=values, Unit=b"\xf6", Unheard=array(b"\x01", table(a=b"\xf7")), Timestamp=head(6, 1) + double(start + 0.5))
    second = table(MetricName=text("m"), Value=b"\x05", StorageResolution=b"\x01", Timestamp=head(6, 1) + head(0, start + 61))
    body = table(MetricData=array(datum, second), Namespace=text("Hand"))
    status, headers, answer = call_cbor(server, "PutMetricData", body, region)
    assert (status, answer, headers["smithy-protocol"]) == (200, b"", "rpc-v2-cbor") and headers["x-amzn-RequestId"]

    asked = table(Namespace=text("Hand"), MetricName=text("m"), StartTime=head(6, 1) + head(0, start), EndTime=head(6, 1) + head(0, start + 600),
                  Period=head(0, 60), Statistics=array(text("Sum"), text("SampleCount")))
    status, headers, answer = call_cbor(server, "GetMetricStatistics", asked, region)
    assert (status, headers["Content-Type"], headers["smithy-protocol"]) == (200, "application/cbor", "rpc-v2-cbor")
    told = parsed(status, headers, answer, "GetMetricStatistics")
    assert [(point["Timestamp"].timestamp(), point["Sum"], point["SampleCount"]) for point in told["Datapoints"]] == [(start, 1002.75, 5), (start + 60, 5, 1)]
    assert told["ResponseMetadata"]["RequestId"] == headers["x-amzn-RequestId"]


@pytest.mark.parametrize("body, code, message", [
    (b"\xa1", "SerializationException", "it ends early"),
    (b"\xa0\xa0", "SerializationException", "there are bytes behind the document"),
    (b"{\"Namespace\": \"x\"}", "SerializationException", "A text string can not be converted to an Object"),
    (table(Namespace=b"\x01"), "SerializationException", "An integer can not be converted to a String"),
    (table(Namespace=b"\x62\xc3\x28"), "SerializationException", "a text string is not UTF-8"),
    (array(), "SerializationException", "An array can not be converted to an Object"),
    (table(MetricData=b"\x81" * 500), "SerializationException", "An array can not be converted to an Object"),
    (table(Unheard=b"\x81" * 500), "SerializationException", "nested deeper than 64"),
    (table(MetricData=b"\x9b\x7f" + b"\xff" * 7), "SerializationException", "it ends early"),
    (table(MetricData=b"\x9f" + b"\xa0" * 200_001 + b"\xff"), "SerializationException", "more than 200000 objects"),
    (table(Namespace=text("x"), MetricData=array(table(MetricName=text("m"), Value=b"\x01", Timestamp=b"\x01"))), "SerializationException",
     "An integer can not be converted to a Timestamp"),
    (b"", "MissingRequiredParameterException", "The parameter Namespace is required."),
    (table(Namespace=b"\xf6"), "MissingRequiredParameterException", "The parameter Namespace is required."),
], ids=range(13))
def test_bad_cbor_is_refused_in_cbor(server, region, body, code, message):
    status, headers, answer = call_cbor(server, "PutMetricData", body, region)
    assert (status, headers["Content-Type"], headers["smithy-protocol"]) == (400, "application/cbor", "rpc-v2-cbor")
    error = parsed(status, headers, answer, "PutMetricData")["Error"]
    assert error["Code"] == code and message in error["Message"], error
    assert "x-amzn-query-error" not in headers


def test_cbor_names_its_operation_by_path(server):
    for path in ("/service/GraniteServiceVersion20100801/operation/Nothing", "/service/Other/operation/ListMetrics", "/", "/operation/ListMetrics"):
        status, headers, answer = call_cbor(server, None, b"\xa0", path=path)
        told = parsed(status, headers, answer, "ListMetrics")["Error"]
        assert (status, told["Code"]) == (400, "UnknownOperationException"), path
    status, headers, answer = call_cbor(server, "DescribeAlarms", b"\xa0", more={"x-amzn-query-mode": "true"})
    told = parsed(status, headers, answer, "DescribeAlarms")["Error"]
    assert (told["Code"], told["QueryErrorCode"], told["Type"]) == ("InvalidAction", "UnknownOperationException", "Sender")
    assert told["Message"] == "The operation DescribeAlarms of CloudWatch is not served by Clary."


def test_query_codes_come_beside_when_asked_for(server):
    body = json.dumps({**question(1000), "Period": 7})
    for more, beside in (({}, None), ({"x-amzn-query-mode": "true"}, "InvalidParameterValue;Sender"), ({"x-amzn-query-mode": "false"}, None)):
        status, headers, told = granite(server, "GetMetricStatistics", body, more=more)
        assert (status, told["__type"], headers["x-amzn-query-error"]) == (400, "InvalidParameterValueException", beside)
        assert headers["Content-Type"] == JSON and "Period" in told["message"]
    status, headers, told = granite(server, "GetMetricStatistics", "{", more={"x-amzn-query-mode": "true"})
    assert (status, told["__type"], headers["x-amzn-query-error"]) == (400, "SerializationException", "SerializationException;Sender")


def test_json_by_hand(server, region):
    start = int(time.time()) // 60 * 60 - 300
    data = [{"MetricName": "m", "Value": 1e-3, "Timestamp": start}, {"MetricName": "m", "Values": [1, 2.5], "Timestamp": start + 0.25, "Counts": None}]
    status, headers, told = granite(server, "PutMetricData", json.dumps({"Namespace": "Hand", "MetricData": data, "Unheard": {}}), region=region)
    assert (status, told, headers["Content-Length"]) == (200, {}, "0")
    status, headers, told = granite(server, "GetMetricStatistics", json.dumps(question(start)), region=region)
    assert (status, headers["Content-Type"]) == (200, JSON)
    assert told == {"Label": "m", "Datapoints": [{"Timestamp": start, "Sum": 3.501, "Unit": "None"}]}


def test_query_by_hand(server, region):
    start = int(time.time()) // 60 * 60 - 300
    begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (start, start + 600))
    put = {"Namespace": "Hand%2FX", "MetricData.member.1.MetricName": "a+b", "MetricData.member.1.Value": "1e2", "MetricData.member.1.Timestamp": begin,
           "MetricData.member.1.Dimensions.member.1.Name": "n", "MetricData.member.1.Dimensions.member.1.Value": "%3C%26%3E",
           "MetricData.member.2.MetricName": "a+b", "MetricData.member.2.Values.member.1": "1", "MetricData.member.2.Counts.member.1": "3"}
    status, answer = call_query(server, region, Action="PutMetricData", **put)
    assert status == 200 and answer.tag == NAMESPACE + "PutMetricDataResponse"
    assert answer.find(f"{NAMESPACE}ResponseMetadata/{NAMESPACE}RequestId").text
    status, answer = call_query(server, region, Action="GetMetricStatistics", Namespace="Hand/X", MetricName="a%20b", StartTime=begin, EndTime=end, Period="60",
                                **{"Dimensions.member.1.Name": "n", "Dimensions.member.1.Value": "%3C%26%3E", "Statistics.member.1": "Maximum",
                                   "Dimensions.member.2.Name": "o", "Dimensions.member.2.Value": "p"})
    assert status == 200 and answer.find(f".//{NAMESPACE}Datapoints") is not None and not answer.findall(f".//{NAMESPACE}Maximum")
    body = ("Action=GetMetricStatistics&Version=2010-08-01&Namespace=Hand/X&MetricName=a%20b&Dimensions.member.1.Name=n"
            f"&Dimensions.member.1.Value=%3C%26%3E&StartTime={begin}&EndTime={end}&Period=60&ExtendedStatistics.member.1=p50").encode()
    status, answer = call_query(server, region, body=body)
    point = answer.find(f"{NAMESPACE}GetMetricStatisticsResult/{NAMESPACE}Datapoints/{NAMESPACE}member")
    assert point.find(f"{NAMESPACE}Timestamp").text == begin.replace("Z", ".000Z")
    entry = point.find(f"{NAMESPACE}ExtendedStatistics/{NAMESPACE}entry")
    assert (entry.find(f"{NAMESPACE}key").text, float(entry.find(f"{NAMESPACE}value").text)) == ("p50", 100)

    status, answer = call_query(server, Action="GetMetricStatistics")
    error = answer.find(f"{NAMESPACE}Error")
    told = [error.find(NAMESPACE + name).text for name in ("Type", "Code", "Message")]
    assert (status, told) == (400, ["Sender", "MissingParameter", "The parameter Namespace is required."])
    status, answer = call_query(server, Action="PutMetricData", Namespace="x", **{"MetricData.member.1.MetricName": "m", "MetricData.member.1.Value": "many"})
    assert (status, answer.find(f".//{NAMESPACE}Code").text) == (400, "InvalidParameterValue")
    assert "MetricData.member.1.Value" in answer.find(f".//{NAMESPACE}Message").text


def test_packed_bodies(server, region):
    """In each protocol; the signature is over the packed bytes."""
    start = int(time.time()) // 60 * 60 - 300
    packed = {"Content-Encoding": "gzip"}
    data = {"Namespace": "Hand", "MetricData": [{"MetricName": "m", "Value": 1, "Timestamp": start}] * 500}
    status, _, told = granite(server, "PutMetricData", gzip.compress(json.dumps(data).encode()), more=packed, region=region)
    assert (status, told) == (200, {})
    begin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start))
    form = f"Action=PutMetricData&Namespace=Hand&MetricData.member.1.MetricName=m&MetricData.member.1.Value=2&MetricData.member.1.Timestamp={begin}"
    assert call_query(server, region, packed, gzip.compress(form.encode()))[0] == 200
    datum = table(MetricName=text("m"), Value=b"\x04", Timestamp=head(6, 1) + head(0, start))
    assert call_cbor(server, "PutMetricData", gzip.compress(table(Namespace=text("Hand"), MetricData=array(datum))), region, packed)[0] == 200
    _, _, told = granite(server, "GetMetricStatistics", json.dumps(question(start)), region=region)
    assert told["Datapoints"][0]["Sum"] == 506
    _, _, told = call_json(server, "SageMaker.ListModels", gzip.compress(b"{}"), more=packed)
    assert "Models" in told


def test_a_repeated_call_is_applied_once(server, region):
    """The client did not hear the first answer, and says by the call's id that it asks again."""
    start = int(time.time()) // 60 * 60 - 300
    body = json.dumps({"Namespace": "Hand", "MetricData": [{"MetricName": "m", "Value": 1, "Timestamp": start}]})
    for call, attempt in (("a" * 36, 1), ("a" * 36, 2), ("b" * 36, 1), ("c" * 36, 3), ("a" * 36, 3)):
        more = {"amz-sdk-invocation-id": call, "amz-sdk-request": f"attempt={attempt}; max=5"}
        assert granite(server, "PutMetricData", body, more=more, region=region)[0] == 200
    _, _, told = granite(server, "GetMetricStatistics", json.dumps(question(start)), region=region)
    assert told["Datapoints"][0]["Sum"] == 3


def test_bad_packed_bodies_are_refused(server, region):
    packed = {"Content-Encoding": "gzip"}
    good = gzip.compress(json.dumps({"Namespace": "x" * 1000}).encode())
    for body in (b"", b"{}", good[:-1], good[:20], good + b"more", good[:-8] + bytes(8)):
        status, _, told = granite(server, "PutMetricData", body, more=packed, region=region)
        assert (status, told["__type"]) == (400, "SerializationException") and "gzip" in told["message"]
    bomb = gzip.compress(b" " * (64 << 20))
    status, _, told = granite(server, "PutMetricData", bomb, more=packed, region=region)
    assert (status, told["__type"]) == (413, "RequestEntityTooLarge") and "16 MiB" in told["message"]
    status, headers, answer = call_cbor(server, "PutMetricData", bomb, region, packed)
    assert status == 413 and parsed(status, headers, answer, "PutMetricData")["Error"]["Code"] == "RequestEntityTooLarge"
    status, answer = call_query(server, region, packed, b"Action=ListMetrics")
    assert (status, answer.find(f".//{NAMESPACE}Code").text) == (400, "SerializationException")
    tampered = gzip.compress(b"{}")
    headers = sign(server, "monitoring", body=tampered, headers={"Content-Type": JSON, "X-Amz-Target": TARGET + "ListMetrics", **packed})
    status, _, answer = raw(server, "POST", "/", gzip.compress(b'{"Namespace": "x"}'), headers)
    assert (status, json.loads(answer)["__type"]) == (403, "SignatureDoesNotMatch")


def test_an_object_of_s3_stays_as_it_was_packed(server):
    s3 = make_client(server, "s3")
    bucket, body = new_name("packed"), gzip.compress(b"hello" * 100)
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=body, ContentEncoding="gzip")
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert (answer["ContentEncoding"], answer["ContentLength"], s3.head_object(Bucket=bucket, Key="k")["ContentLength"]) == ("gzip", len(body), len(body))


def test_unsigned_calls_are_refused_in_their_protocol(server):
    status, headers, answer = raw(server, "POST", "/", b"{}", {"Content-Type": JSON, "X-Amz-Target": TARGET + "ListMetrics"})
    assert (status, headers["Content-Type"], json.loads(answer)["__type"]) == (403, JSON, "MissingAuthenticationToken")
    status, headers, answer = raw(server, "POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics", b"\xa0",
                                  {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"})
    assert status == 403 and parsed(status, headers, answer, "ListMetrics")["Error"]["Code"] == "MissingAuthenticationToken"
    status, headers, answer = raw(server, "POST", "/", b"Action=ListMetrics", {"Content-Type": FORM, "Host": "monitoring.us-east-1.amazonaws.com"})
    assert status == 403 and ElementTree.fromstring(answer).find(f".//{NAMESPACE}Code").text == "MissingAuthenticationToken"
    wrong = {"AccessKeyId": "AKIDNOBODY0000000000", "SecretAccessKey": "x"}
    with pytest.raises(Exception, match="InvalidClientTokenId"):
        make_client(server, "cloudwatch", credentials=wrong).list_metrics()
