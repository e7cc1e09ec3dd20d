"""CloudWatch's metrics by today's boto3 as it comes: its client, its resources, many at once, bodies that it packs."""

import concurrent.futures
import datetime
import uuid

import pytest
from botocore.config import Config

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def cloudwatch(platform):
    return platform.client("cloudwatch")


@pytest.fixture
def space():
    return "Today/" + uuid.uuid4().hex[:10]


def span(minutes=10):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"StartTime": now - minutes * MINUTE, "EndTime": now + minutes * MINUTE}


def total(client, space, name, dimensions=()):
    """(count, sum) of all that is there."""
    answer = client.get_metric_statistics(Namespace=space, MetricName=name, Dimensions=list(dimensions), Period=3600,
                                          Statistics=["SampleCount", "Sum"], **span())
    return sum(point["SampleCount"] for point in answer["Datapoints"]), sum(point["Sum"] for point in answer["Datapoints"])


def test_boto3_resources(platform, space):
    cloudwatch = platform.session.resource("cloudwatch", endpoint_url=platform.server.url, config=Config(proxies={}))
    metric = cloudwatch.Metric(space, "accuracy")
    for value in (0.5, 0.75, 1.0):
        metric.put_data(MetricData=[{"MetricName": "accuracy", "Value": value, "Unit": "Percent"}])
    [point] = metric.get_statistics(Period=3600, Statistics=["Average", "Maximum"], **span())["Datapoints"]
    assert (point["Average"], point["Maximum"], point["Unit"]) == (0.75, 1.0, "Percent")
    assert [(found.namespace, found.name, found.dimensions) for found in cloudwatch.metrics.filter(Namespace=space)] == [(space, "accuracy", [])]


def test_many_writers_lose_and_double_nothing(platform, cloudwatch, space):
    dimensions = [{"Name": "Job", "Value": "shared"}]

    def write(writer):
        client = platform.client("cloudwatch")
        for i in range(25):
            client.put_metric_data(Namespace=space, MetricData=[
                {"MetricName": "step", "Dimensions": dimensions, "Values": [writer, i], "Counts": [1, 2]},
                {"MetricName": f"own-{writer}", "Value": i}])

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(16)))
    assert total(cloudwatch, space, "step", dimensions) == (16 * 25 * 3, 25 * sum(range(16)) + 16 * 2 * sum(range(25)))
    for writer in range(16):
        assert total(cloudwatch, space, f"own-{writer}") == (25, sum(range(25)))
    assert len(cloudwatch.list_metrics(Namespace=space)["Metrics"]) == 17


@pytest.mark.parametrize("values, packed", [(20, False), (150, True)])
def test_large_calls_come_packed(cloudwatch, space, values, packed):
    sent = []
    cloudwatch.meta.events.register("before-send.cloudwatch", lambda request, **_: sent.append((request.headers.get("Content-Encoding"), len(request.body))))
    data = [{"MetricName": "m", "Values": [i + 100.25 for i in range(values)]} for _ in range(20)]
    cloudwatch.put_metric_data(Namespace=space, MetricData=data)
    [(encoding, size)] = sent
    assert (encoding in ("gzip", b"gzip")) == packed and size < 10_240
    assert total(cloudwatch, space, "m") == (20 * values, 20 * (100.25 * values + values * (values - 1) / 2))


def test_a_paginator_reads_metric_data(cloudwatch, space):
    start = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) - 60 * MINUTE
    cloudwatch.put_metric_data(Namespace=space, MetricData=[{"MetricName": "m", "Value": i, "Timestamp": start + i * MINUTE} for i in range(50)])
    queries = [{"Id": name, "MetricStat": {"Metric": {"Namespace": space, "MetricName": "m"}, "Period": 60, "Stat": stat}}
               for name, stat in (("a", "Average"), ("b", "p90"))]
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=start, EndTime=start + 50 * MINUTE, ScanBy="TimestampAscending", MaxDatapoints=30)
    found = {"a": [], "b": []}
    for page in pages:
        for result in page["MetricDataResults"]:
            found[result["Id"]] += zip(result["Timestamps"], result["Values"])
    assert found["a"] == found["b"] == [(start + i * MINUTE, i) for i in range(50)]


def test_errors_have_classes(cloudwatch, space):
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException, match="Timestamp must specify a time within the past two weeks"):
        cloudwatch.put_metric_data(Namespace=space, MetricData=[
            {"MetricName": "m", "Value": 1, "Timestamp": datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)}])
    with pytest.raises(cloudwatch.exceptions.InvalidNextToken):
        cloudwatch.get_metric_data(NextToken="x", MetricDataQueries=[
            {"Id": "a", "MetricStat": {"Metric": {"Namespace": space, "MetricName": "m"}, "Period": 60, "Stat": "Sum"}}], **span())
    with pytest.raises(cloudwatch.exceptions.InvalidParameterCombinationException):
        cloudwatch.get_metric_statistics(Namespace=space, MetricName="m", Period=60, Statistics=["Sum"], **span(10_000))
