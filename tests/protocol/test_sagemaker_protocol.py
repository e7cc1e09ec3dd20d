"""What arrives that no SDK sends, and how errors are told: AWS JSON (sagemaker, logs), query (sts, iam), rest-json (runtime)."""

import http.client
import json
import re
import xml.etree.ElementTree as xml

import pytest

from api_fixtures import call_json, error_of, loose, make_client, raw, sign


@pytest.mark.parametrize("service, operation, code", [
    ("sagemaker", ("list_domains", {}), "UnknownOperationException"), ("logs", ("describe_queries", {}), "UnknownOperationException"),
    ("sts", ("get_access_key_info", {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}), "InvalidAction"), ("iam", ("list_users", {}), "InvalidAction")])
def test_operations_that_are_not_served(server, service, operation, code):
    name, arguments = operation
    told = error_of(getattr(make_client(server, service), name), **arguments)
    assert told[:2] == (code, 400)
    assert told[2] == f"The operation {''.join(word.title() for word in name.split('_'))} of {make_client(server, service).meta.service_model.service_id} is not served by Clary."


def test_operations_that_do_not_exist(server):
    assert call_json(server, "SageMaker.MakeCoffee", "{}")[2]["message"] == "SageMaker has no operation MakeCoffee."
    for target in (None, "", "SageMaker", "SageMaker."):
        status, _, document = call_json(server, target, "{}")
        assert (status, document["__type"]) == (400, "UnknownOperationException")
    body = b"Action=MakeCoffee&Version=2011-06-15"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, answer = raw(server, "POST", "/", body, sign(server, "sts", body=body, headers=form))
    assert status == 400 and b"<Code>InvalidAction</Code><Message>STS has no operation MakeCoffee.</Message>" in answer


def test_services_that_are_not_served(server):
    for service, call, arguments in (("dynamodb", "list_tables", {}), ("ec2", "describe_instances", {}), ("lambda", "list_functions", {}),
                                     ("kinesis", "list_streams", {}), ("sns", "list_topics", {}), ("batch", "describe_job_queues", {})):
        code, status, message = error_of(getattr(make_client(server, service), call), **arguments)
        assert status == 400 and code in ("UnknownOperationException", "InvalidAction")
        assert re.fullmatch(r"The service \S+ is not served by Clary\.", message), message


def test_other_paths_of_sagemakers_scope(server):
    client = make_client(server, "sagemaker-featurestore-runtime")
    code, status, message = error_of(client.get_record, FeatureGroupName="f", RecordIdentifierValueAsString="x")
    assert (code, status) == ("UnknownOperationException", 400) and "GET /FeatureGroup/f" in message
    runtime = make_client(server, "sagemaker-runtime")
    code, status, message = error_of(runtime.invoke_endpoint_async, EndpointName="e", InputLocation="s3://b/k")
    assert (code, status) == ("UnknownOperationException", 400) and "POST /endpoints/e/async-invocations" in message
    for method, path in (("GET", "/endpoints/e/invocations"), ("POST", "/endpoints//invocations"), ("DELETE", "/endpoints/"), ("PATCH", "/%zz"),
                         ("PUT", "/a/../../b"), ("POST", "/endpoints/a/b/invocations"), ("OPTIONS", "/nothing")):
        status, headers, answer = raw(server, method, path, b"", sign(server, "sagemaker", method, path))
        assert status == 400 and json.loads(answer)["__type"] == "UnknownOperationException", (method, path)
        assert headers["x-amzn-RequestId"] and headers["x-amzn-ErrorType"] == "UnknownOperationException"
    status, headers, answer = raw(server, "HEAD", "/endpoints/e", b"", sign(server, "sagemaker", "HEAD", "/endpoints/e"))
    assert (status, answer) == (400, b"")


@pytest.mark.parametrize("body", [
    b"{", b"[]", b'"text"', b"null and void", b'{"TrainingJobName":1}', b'{"TrainingJobName":"\xff"}', b"\x00\x01",
    b'{"TrainingJobName":"a","a":' + b"[" * 200 + b"]" * 200 + b"}", b'{"a":' * 200 + b"1" + b"}" * 200, b'{"TrainingJobName":"x"} trailing',
    b'{"TrainingJobName":{"a":1}}', b'{"TrainingJobName":["a"]}', b'{"TrainingJobName":true}', b'{"TrainingJobName":"\xed\xa0\x80"}'])
def test_bodies_that_are_no_documents(server, body):
    status, headers, document = call_json(server, "SageMaker.DescribeTrainingJob", body)
    assert (status, document["__type"], headers["x-amzn-ErrorType"]) == (400, "SerializationException", "SerializationException")
    assert document["message"]


@pytest.mark.parametrize("member, value", [("MaxResults", '"10"'), ("MaxResults", "1.5"), ("MaxResults", "1e30"), ("MaxResults", "99999999999999999999"),
                                           ("CreationTimeAfter", '"yesterday"'), ("CreationTimeAfter", "1e300"), ("CreationTimeAfter", "[]"),
                                           ("NameContains", "5"), ("SortBy", "null, null")])
def test_members_of_the_wrong_type(server, member, value):
    status, _, document = call_json(server, "SageMaker.ListTrainingJobs", f'{{"{member}":{value}}}')
    assert (status, document["__type"]) == (400, "SerializationException")


def test_what_a_lenient_reader_takes(server):
    for body in ("", " ", "{}", '{"MaxResults":10.0}', '{"MaxResults":null,"Unknown":{"x":[1]}}', '{"CreationTimeAfter":"2020-01-01T00:00:00Z"}',
                 '{"CreationTimeAfter":1577836800.123456}', '{"NameContains":"a","NameContains":"b"}'):
        assert call_json(server, "SageMaker.ListTrainingJobs", body)[0] == 200, body
    for content_type in ("application/json", "text/plain", "application/x-amz-json-1.0", "application/x-amz-json-1.1; charset=utf-8"):
        status, headers, _ = call_json(server, "SageMaker.ListModels", "{}", content_type=content_type)
        assert (status, headers["Content-Type"]) == (200, "application/x-amz-json-1.1")
    assert call_json(server, "Anything.ListModels", "{}")[0] == 200


def test_too_large(server):
    body = b'{"TrainingJobName":"' + b"a" * (17 * 1024 * 1024) + b'"}'
    headers = sign(server, "sagemaker", body=body, headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.DescribeTrainingJob"})
    try:
        status, headers, answer = raw(server, "POST", "/", body, headers)
    except (BrokenPipeError, ConnectionResetError):
        return  # it was refused before it was sent
    assert (status, json.loads(answer)["__type"]) == (413, "RequestEntityTooLarge")
    assert headers["x-amzn-RequestId"]


def test_many_members_are_told_of_only_so_often(server):
    tags = [{"Key": "", "Value": "x" * 300}] * 2000
    status, _, document = call_json(server, "SageMaker.AddTags", json.dumps({"ResourceArn": "x", "Tags": tags}))
    assert status == 400 and document["message"].startswith("20 validation errors detected: ") and len(document["message"]) < 50000


def test_modelled_exceptions(server):
    sagemaker, logs = make_client(server, "sagemaker"), make_client(server, "logs")
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.list_tags(ResourceArn="arn:aws:sagemaker:us-east-1:000000000000:model/gone")
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.describe_log_streams(logGroupName="gone")
    with pytest.raises(logs.exceptions.InvalidParameterException):
        logs.put_retention_policy(logGroupName="gone", retentionInDays=2)
    iam = make_client(server, "iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="gone")
    runtime = make_client(server, "sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError):
        runtime.invoke_endpoint(EndpointName="gone", Body=b"")


def test_the_request_id_is_the_same_in_header_and_body(server):
    for action, wanted in (("GetCallerIdentity", 200), ("MakeCoffee", 400)):
        body = f"Action={action}&Version=2011-06-15".encode()
        status, headers, answer = raw(server, "POST", "/", body, sign(server, "sts", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"}))
        assert status == wanted
        ids = [e.text for e in xml.fromstring(answer).iter() if e.tag.endswith("RequestId")]
        assert ids == [headers["x-amzn-RequestId"]]
    seen = {call_json(server, "SageMaker.ListModels", "{}")[1]["x-amzn-RequestId"] for _ in range(5)}
    assert len(seen) == 5


@pytest.mark.parametrize("body, code", [
    (b"Action=GetRole&RoleName=%zz", "MalformedQueryString"), (b"Action=GetRole&RoleName=%ff", "MalformedQueryString"),
    (b"Action=GetRole", "ValidationError"), (b"Action=GetRole&RoleName=a%20b", "ValidationError"), (b"", "InvalidAction"), (b"&&&==", "InvalidAction"),
    (b"Action=ListRoles&MaxItems=many", "ValidationError"), (b"Action=GetRole&RoleName.x=1", "ValidationError"),
    (b"Action=SimulatePrincipalPolicy&PolicySourceArn=" + b"a" * 30 + b"&ActionNames.member.1.x=1", "ValidationError")])
def test_forms_that_are_none(server, body, code):
    status, headers, answer = raw(server, "POST", "/", body, sign(server, "iam", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"}))
    tree = xml.fromstring(answer)
    assert status in (400, 404) and [e.text for e in tree.iter() if e.tag.endswith("Code")] == [code]
    assert headers["Content-Type"] == "text/xml"


def test_a_query_call_by_get(server):
    path = "/?Action=GetCallerIdentity&Version=2011-06-15"
    status, _, answer = raw(server, "GET", path, b"", sign(server, "sts", "GET", path))
    assert status == 200 and b"<Account>000000000000</Account>" in answer


def test_names_in_errors_are_escaped(server):
    code, _, message = error_of(loose(server, "iam").get_role, RoleName="<&\"'>\x01")
    assert code == "ValidationError" and "<&\"'>\ufffd" in message
    assert error_of(loose(server, "sagemaker").describe_model, ModelName='"\\\n<')[2].startswith("1 validation error detected: Value '\"\\\n<' at 'modelName'")


def test_a_connection_serves_on_after_an_error(server):
    connection = http.client.HTTPConnection(server.address, timeout=20)
    for body, wanted in ((b"{", 400), (b"{}", 200), (b"[]", 400), (b"", 200)):
        headers = sign(server, "sagemaker", body=body, headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListModels"})
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        assert answer.status == wanted
        answer.read()
    connection.close()
