"""Metrics of jobs by SageMaker Python SDK 1.72.1 on a boto3 that speaks CloudWatch's query protocol."""

import numpy_metrics
import pytest


@pytest.fixture(scope="session")
def session(server):
    import sagemaker

    return sagemaker.Session()


def test_statistics_are_numpys(session):
    client = session.boto_session.client("cloudwatch")
    sent = []
    client.meta.events.register("before-send.cloudwatch", lambda request, **_: sent.append(str(request.headers["Content-Type"])))
    numpy_metrics.check_statistics(client)
    assert sent and all("application/x-www-form-urlencoded" in content for content in sent)


def test_table_of_a_job(server, session):
    numpy_metrics.check_table_of_a_job(server, session)


def test_table_of_a_log(server, session):
    numpy_metrics.check_table_of_a_log(server, session)
