import datetime

import pytest

from api_fixtures import ACCOUNT, ROLE, error_of, loose, make_client

NAME = ROLE.rsplit("/", 1)[1]


@pytest.fixture
def sts(server):
    return make_client(server, "sts")


def lifetime(credentials):
    return (credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def test_who_the_root_key_is(sts):
    """The SDKs take the role's name out of it: a user's ARN would make them fail."""
    answer = sts.get_caller_identity()
    assert answer["Account"] == ACCOUNT
    assert answer["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}/")
    assert answer["UserId"].startswith("AROA") and ":" in answer["UserId"]


def test_assumed_sessions(server, sts):
    answer = sts.assume_role(RoleArn=ROLE, RoleSessionName="my.session=1,2@x-y")
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}/my.session=1,2@x-y"
    keys = answer["Credentials"]
    assert keys["AccessKeyId"].startswith("ASIA") and 3590 < lifetime(keys) <= 3601
    session = make_client(server, "sts", credentials=keys)
    who = session.get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (answer["AssumedRoleUser"]["Arn"], answer["AssumedRoleUser"]["AssumedRoleId"])
    again = session.assume_role(RoleArn=ROLE, RoleSessionName="second")["Credentials"]
    assert make_client(server, "sts", credentials=again).get_caller_identity()["Arn"].endswith("/second")


@pytest.mark.parametrize("seconds", [900, 43200])
def test_durations(sts, seconds):
    assert seconds - 10 < lifetime(sts.assume_role(RoleArn=ROLE, RoleSessionName="s1", DurationSeconds=seconds)["Credentials"]) <= seconds + 1


@pytest.mark.parametrize("change, path", [
    ({"DurationSeconds": 899}, "durationSeconds"), ({"DurationSeconds": 43201}, "durationSeconds"), ({"RoleSessionName": "a"}, "roleSessionName"),
    ({"RoleSessionName": "a b"}, "roleSessionName"), ({"RoleSessionName": "a/b"}, "roleSessionName"), ({"RoleSessionName": "a" * 65}, "roleSessionName"),
    ({"RoleArn": "short"}, "roleArn")])
def test_limits(server, change, path):
    code, status, message = error_of(loose(server, "sts").assume_role, **{"RoleArn": ROLE, "RoleSessionName": "ok", **change})
    assert (code, status) == ("ValidationError", 400) and f"at '{path}' failed to satisfy constraint" in message


def test_what_is_missing(server):
    code, _, message = error_of(loose(server, "sts").assume_role)
    assert code == "ValidationError" and message.startswith("2 validation errors detected: Value null at 'roleArn'")


@pytest.mark.parametrize("role", [ROLE + "2", ROLE.replace(ACCOUNT, "111122223333"), "not-an-arn-but-long-enough"])
def test_roles_that_are_not_ours(sts, role):
    code, status, message = error_of(sts.assume_role, RoleArn=role, RoleSessionName="s1")
    assert (code, status) == ("AccessDenied", 403)
    assert message == f"User: {sts.get_caller_identity()['Arn']} is not authorized to perform: sts:AssumeRole on resource: {role}"


def test_session_tokens(server, sts):
    keys = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert 890 < lifetime(keys) <= 901
    assert 43190 < lifetime(sts.get_session_token()["Credentials"]) <= 43201
    session = make_client(server, "sts", credentials=keys)
    assert session.get_caller_identity()["Arn"] == sts.get_caller_identity()["Arn"]
    assert error_of(session.get_session_token) == ("AccessDenied", 403, "Cannot call GetSessionToken with session credentials")
    assert error_of(loose(server, "sts").get_session_token, DurationSeconds=1)[0] == "ValidationError"
