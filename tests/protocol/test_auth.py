"""Who is believed, and what the others are told: by JSON, query and REST services, in AWS's names."""

import datetime
import json
import xml.etree.ElementTree as xml

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from api_fixtures import ROLE, call_json, error_of, make_client, raw, root_credentials, sign

JSON = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListModels"}
LOGS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.DescribeLogGroups"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
ROLES = b"Action=ListRoles&Version=2010-05-08"
# name -> (service in the scope, path, headers, body)
CALLS = {"sagemaker": ("sagemaker", "/", JSON, b"{}"), "logs": ("logs", "/", LOGS, b"{}"), "sts": ("sts", "/", FORM, WHO),
         "iam": ("iam", "/", FORM, ROLES), "runtime": ("sagemaker", "/endpoints/e/invocations", {"Content-Type": "text/csv"}, b"1,2")}
QUERY = ("sts", "iam")


def send(server, name, change=lambda headers: headers, body=None, credentials=None):
    """(status, code) of that service's call, its signed headers changed afterwards."""
    service, path, headers, signed_body = CALLS[name]
    headers = change(sign(server, service, "POST", path, signed_body, headers, credentials=credentials))
    status, answered, answer = raw(server, "POST", path, signed_body if body is None else body, headers)
    assert answered["x-amzn-RequestId"]
    if name in QUERY:
        codes = [e.text for e in xml.fromstring(answer).iter() if e.tag.endswith("}Code")]
        return status, codes[0] if codes else None
    return status, json.loads(answer).get("__type")


@pytest.mark.parametrize("name", CALLS)
def test_a_good_signature(server, name):
    assert send(server, name) == ((400, "ValidationError") if name == "runtime" else (200, None))


@pytest.mark.parametrize("name", CALLS)
def test_failures(server, name):
    query = name in QUERY

    def told(json_code, query_code, query_status=403):
        return (query_status, query_code) if query else (403 if name == "runtime" else 400, json_code)

    keys = root_credentials()
    mismatch = told("InvalidSignatureException", "SignatureDoesNotMatch")
    assert send(server, name, credentials=Credentials(keys.access_key, "x" * 40)) == mismatch
    assert send(server, name, credentials=Credentials("AKIANOBODY0000000000", "x" * 40)) == told("UnrecognizedClientException", "InvalidClientTokenId")
    assert send(server, name, credentials=Credentials(keys.access_key, keys.secret_key, "no token")) == told(
        "UnrecognizedClientException", "InvalidClientTokenId")
    assert send(server, name, credentials=Credentials("ASIANOBODY0000000000", "x" * 40, "AAAA")) == told(
        "UnrecognizedClientException", "InvalidClientTokenId")
    assert send(server, name, body=CALLS[name][3] + b" ") == mismatch, "another body"
    assert send(server, name, lambda h: {k: v for k, v in h.items() if k != "Authorization"}) == told(
        "MissingAuthenticationTokenException", "MissingAuthenticationToken")

    def authorization(text):
        return lambda h: {**h, "Authorization": text(h["Authorization"])}
    incomplete = told("IncompleteSignatureException", "IncompleteSignature", query_status=400)
    assert send(server, name, authorization(lambda a: a.replace("Signature=", "Sig="))) == incomplete
    assert send(server, name, authorization(lambda a: a.replace("aws4_request", "aws5_request"))) == incomplete
    assert send(server, name, authorization(lambda a: "AWS4-HMAC-SHA256 nonsense")) == incomplete
    assert send(server, name, authorization(lambda a: a.replace("us-east-1", "us-east-2"))) == mismatch, "another region"
    assert send(server, name, authorization(lambda a: a[:-1] + ("0" if a[-1] != "0" else "1"))) == mismatch
    assert send(server, name, lambda h: {k: v for k, v in h.items() if k.lower() != "x-amz-date"})[1] == incomplete[1]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("minutes, good", [(-16, False), (-14, True), (14, True), (16, False)])
def test_clocks_apart(server, name, minutes, good):
    service, path, headers, body = CALLS[name]
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    request = AWSRequest(method="POST", url=server.url + path, data=body, headers=headers)
    signer = SigV4Auth(root_credentials(), service, "us-east-1")
    request.context["timestamp"] = then.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(request, signer.signature(signer.string_to_sign(request, canonical), request))
    status, _, answer = raw(server, "POST", path, body, dict(request.headers.items()))
    if good:
        assert status == 200 or b"not found" in answer
    else:
        assert status == 403 and b"RequestTimeTooSkewed" in answer


def test_a_target_that_was_not_signed(server):
    """The target chooses the operation: somebody on the way must not be able to turn a Describe into a Delete."""
    def retarget(headers):
        return {**headers, "X-Amz-Target": "SageMaker.DeleteModel"}
    assert send(server, "sagemaker", retarget) == (400, "InvalidSignatureException")
    body = b"{}"
    request = AWSRequest(method="POST", url=server.url + "/", data=body, headers={"Content-Type": JSON["Content-Type"]})
    SigV4Auth(root_credentials(), "sagemaker", "us-east-1").add_auth(request)
    status, _, answer = raw(server, "POST", "/", body, {**dict(request.headers.items()), "X-Amz-Target": "SageMaker.ListModels"})
    assert (status, json.loads(answer)["__type"]) == (400, "AccessDeniedException")


def test_a_header_signed_and_changed(server):
    assert send(server, "sagemaker", lambda h: {**h, "Content-Type": "application/json"}) == (400, "InvalidSignatureException")
    assert send(server, "sagemaker", lambda h: {**h, "User-Agent": "anything", "Amz-Sdk-Request": "attempt=9"}) == (200, None), "not signed: free"


def test_the_scopes_service_is_the_one_that_answers(server):
    """A signature for one service is none for another."""
    headers = sign(server, "logs", body=b"{}", headers=JSON)
    status, _, answer = raw(server, "POST", "/", b"{}", headers)
    assert status == 400 and b"ListModels" in answer, "read as a call of Logs"
    forged = {**headers, "Authorization": headers["Authorization"].replace("/logs/", "/sagemaker/")}
    assert raw(server, "POST", "/", b"{}", forged)[0] == 400


def test_nobody_is_answered_without_a_signature(server):
    for name, (_, path, headers, body) in CALLS.items():
        status, _, answer = raw(server, "POST", path, body, headers)
        assert status in (400, 403) and b"MissingAuthenticationToken" in answer, name
    status, headers, answer = raw(server, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15")
    assert status == 403 and b"<Code>MissingAuthenticationToken</Code>" in answer
    for path in ("/-/status", "/-/nothing", "/-/credentials"):
        assert raw(server, "GET", path)[0] in (401, 403, 404)


def test_presigned_query_calls(server):
    sts = make_client(server, "sts")
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    path = url[len(server.url):]
    assert raw(server, "GET", path)[0] == 200
    assert raw(server, "GET", path.replace("GetCallerIdentity", "GetSessionToken"))[0] == 403
    assert raw(server, "GET", path[:-1] + ("0" if path[-1] != "0" else "1"))[0] == 403


def test_temporary_credentials_everywhere(server):
    issued = make_client(server, "sts").assume_role(RoleArn=ROLE, RoleSessionName="session")["Credentials"]
    assert make_client(server, "sagemaker", credentials=issued).list_models()
    assert make_client(server, "logs", credentials=issued).describe_log_groups()
    assert make_client(server, "iam", credentials=issued).list_roles()
    assert make_client(server, "s3", credentials=issued).list_buckets()
    assert make_client(server, "sts", credentials=issued).get_caller_identity()["Arn"].endswith("/session")
    assert error_of(make_client(server, "sagemaker-runtime", credentials=issued).invoke_endpoint, EndpointName="e", Body=b"")[0] == "ValidationError"
    for stripped in ({"SessionToken": None}, {"SessionToken": issued["SessionToken"][:-8] + "AAAAAAA="}):
        assert error_of(make_client(server, "sagemaker", credentials={**issued, **stripped}).list_models)[0] == "UnrecognizedClientException"
    wrong = {**issued, "SecretAccessKey": "x" * 40}
    assert error_of(make_client(server, "sagemaker", credentials=wrong).list_models)[0] == "InvalidSignatureException"


def test_signed_and_unsigned_payloads(server):
    """A declared hash has to be the body's."""
    headers = {**JSON, "X-Amz-Content-SHA256": "0" * 64}
    status, _, document = call_json(server, "SageMaker.ListModels", "{}", more={"X-Amz-Content-SHA256": "0" * 64})
    assert (status, document["__type"]) == (400, "InvalidSignatureException"), headers
    assert call_json(server, "SageMaker.ListModels", "{}", more={"X-Amz-Content-SHA256": "not a hash"})[0] == 400
