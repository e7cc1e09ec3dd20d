import json

import pytest

from api_fixtures import ACCOUNT, ROLE, error_of, loose, make_client

NAME = ROLE.rsplit("/", 1)[1]


@pytest.fixture
def iam(server):
    return make_client(server, "iam")


def test_the_role(iam):
    role = iam.get_role(RoleName=NAME)["Role"]
    assert role["Arn"] == ROLE and role["RoleName"] == NAME and role["Path"] == "/service-role/" and role["RoleId"].startswith("AROA")
    policy = role["AssumeRolePolicyDocument"]
    assert isinstance(policy, dict), "boto3 decodes it"
    allowed = [s["Principal"]["Service"] for s in policy["Statement"] if s["Effect"] == "Allow" and s["Action"] == "sts:AssumeRole"]
    assert "sagemaker.amazonaws.com" in json.dumps(allowed)
    assert error_of(iam.get_role, RoleName="Nobody") == ("NoSuchEntity", 404, "The role with name Nobody cannot be found.")


def test_all_roles(iam):
    for query in ({}, {"PathPrefix": "/"}, {"PathPrefix": "/service-role/"}):
        assert [r["Arn"] for page in iam.get_paginator("list_roles").paginate(**query) for r in page["Roles"]] == [ROLE]
    answer = iam.list_roles(PathPrefix="/other/")
    assert answer["Roles"] == [] and answer["IsTruncated"] is False


def test_what_a_role_may(iam):
    actions = [f"ec2:Action{i}" for i in range(130)]
    pages = list(iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=ROLE, ActionNames=actions, ResourceArns=["arn:aws:s3:::a", "arn:aws:s3:::b"]))
    results = [r for page in pages for r in page["EvaluationResults"]]
    assert len(pages) == 3 and {r["EvalDecision"] for r in results} == {"allowed"}
    assert [(r["EvalActionName"], r["EvalResourceName"]) for r in results] == [(a, f"arn:aws:s3:::{b}") for a in actions for b in "ab"]
    one = iam.simulate_principal_policy(PolicySourceArn=ROLE, ActionNames=["s3:PutObject"])
    assert [(r["EvalActionName"], r["EvalResourceName"]) for r in one["EvaluationResults"]] == [("s3:PutObject", "*")]
    assert one["IsTruncated"] is False and "Marker" not in one
    small = iam.simulate_principal_policy(PolicySourceArn=ROLE, ActionNames=actions, MaxItems=7)
    assert len(small["EvaluationResults"]) == 7 and small["IsTruncated"] is True and small["Marker"]


def test_principals_that_are_not_there(server, iam):
    for source in (ROLE + "x", f"arn:aws:iam::{ACCOUNT}:user/somebody", "not-an-arn-but-long-enough"):
        assert error_of(iam.simulate_principal_policy, PolicySourceArn=source, ActionNames=["s3:GetObject"])[:2] == ("NoSuchEntity", 404)
    sloppy = loose(server, "iam")
    assert error_of(sloppy.simulate_principal_policy, PolicySourceArn=ROLE)[0] == "ValidationError"
    assert error_of(sloppy.simulate_principal_policy, PolicySourceArn=ROLE, ActionNames=["a:b"], Marker="no number")[:2] == ("ValidationError", 400)
