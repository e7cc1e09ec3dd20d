"""A Create whose answer was lost comes again with the same amz-sdk-invocation-id: it is answered as it was, once made, always made once."""

import json
import uuid

import pytest
from botocore.credentials import Credentials

from api_fixtures import IMAGE, ROLE, call_json, make_client, model_without_data, new_name, production_variant, region, sagemaker, training_job  # noqa: F401


def create(server, region, operation, document, call_id, attempt):
    more = {"amz-sdk-request": f"attempt={attempt}; max=3", **({"amz-sdk-invocation-id": call_id} if call_id else {})}
    return call_json(server, f"SageMaker.{operation}", json.dumps(document), region=region, more=more)[::2]


@pytest.fixture
def documents(server, sagemaker, region):
    def arn(kind):
        return f"arn:aws:sagemaker:{region}:000000000000:{kind}/again"

    model_without_data(sagemaker, make_client(server, "s3"), "m")
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[production_variant("m")])
    return {"CreateTrainingJob": training_job("again"),
            "CreateModel": {"ModelName": "again", "PrimaryContainer": {"Image": IMAGE}},
            "CreateEndpointConfig": {"EndpointConfigName": "again", "ProductionVariants": [production_variant("m")]},
            "CreateEndpoint": {"EndpointName": "again", "EndpointConfigName": "c"},
            "CreateExperiment": {"ExperimentName": "again"},
            "CreateTrial": {"TrialName": "again", "ExperimentName": "again"},
            "CreateTrialComponent": {"TrialComponentName": "again"},
            "CreateAction": {"ActionName": "again", "ActionType": "t", "Source": {"SourceUri": "s"}},
            "CreateContext": {"ContextName": "again", "ContextType": "t", "Source": {"SourceUri": "s"}},
            "AddAssociation": {"SourceArn": arn("action"), "DestinationArn": arn("context")}}


def test_a_retry_gets_the_first_answer(server, region, documents):
    for operation, document in documents.items():
        call_id = str(uuid.uuid4())
        first = create(server, region, operation, document, call_id, 1)
        assert first[0] == 200, first
        assert create(server, region, operation, document, call_id, 2) == first
        for other in (str(uuid.uuid4()), call_id[:-1], "", 'a","b":"'):
            status, answer = create(server, region, operation, document, other, 2)
            assert status == 400 and answer["__type"] in ("ResourceInUse", "ValidationException"), operation


def test_one_that_named_no_call_is_never_a_retry(server, region, documents):
    for operation, document in documents.items():
        assert create(server, region, operation, document, "", 1)[0] == 200
        assert create(server, region, operation, document, "", 2)[0] == 400


def test_also_after_a_restart(make_server):
    running = make_server()
    environment = running.env()
    keys = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    document = json.dumps({"ModelName": "m", "PrimaryContainer": {"Image": IMAGE}})

    def call():
        return call_json(running, "SageMaker.CreateModel", document, credentials=keys, more={"amz-sdk-invocation-id": "0-1-2-3"})[::2]
    first = call()
    assert first[0] == 200
    running.kill()
    running.start()
    assert call() == first


def test_the_sdk_retries_by_itself(server, region):
    """boto3 sees a broken connection in place of the first answer, and is none the wiser."""
    client = make_client(server, "sagemaker", region, retries={"max_attempts": 2, "mode": "standard"})
    lost = []

    def lose(response, **_):
        if response is not None and not lost:
            lost.append(response[1])
            return 0  # as if no answer had come: again, at once
        return None
    client.meta.events.register_first("needs-retry.sagemaker.CreateTrainingJob", lose)
    name = new_name()
    answer = client.create_training_job(**training_job(name))
    assert lost and answer["TrainingJobArn"] == lost[0]["TrainingJobArn"]
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
