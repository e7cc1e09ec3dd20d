"""CloudWatch's metrics, by botocore in each of the three protocols that clients speak to it."""

import datetime
import json
import math
import random
import statistics

import botocore.model
import pytest

from api_fixtures import ACCOUNT, error_of, make_client, new_name, region  # noqa: F401

SPACE = "Test/Space"
STATISTICS = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]


def minutes_ago(count):
    """A whole minute."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=count)


@pytest.fixture(params=["json", "query", "smithy-rpc-v2-cbor"])
def protocol(request, monkeypatch):
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", (request.param,))
    return request.param


@pytest.fixture
def cloudwatch(server, region, protocol):
    client = make_client(server, "cloudwatch", region)
    assert client.meta.service_model.resolved_protocol == protocol
    return client


@pytest.fixture
def loose(server, region, protocol):
    """A client that sends what its model forbids."""
    return make_client(server, "cloudwatch", region, parameter_validation=False)


@pytest.fixture
def plain(server, region):
    return make_client(server, "cloudwatch", region)


def put(client, *data, space=SPACE):
    client.put_metric_data(Namespace=space, MetricData=[{"MetricName": "loss", **datum} for datum in data])


def points(client, start, minutes=60, period=60, **more):
    request = {"Namespace": SPACE, "MetricName": "loss", "StartTime": start, "EndTime": start + datetime.timedelta(minutes=minutes), "Period": period}
    if "ExtendedStatistics" not in more:
        more.setdefault("Statistics", STATISTICS)
    return client.get_metric_statistics(**request, **{name: value for name, value in more.items() if value})["Datapoints"]


def summary(point):
    return tuple(point[name] for name in STATISTICS)


def test_values_counts_and_statistic_sets_add_up(cloudwatch):
    start = minutes_ago(30)
    at = {"Timestamp": start + datetime.timedelta(seconds=12)}
    put(cloudwatch, {"Value": 3, **at}, {"Values": [1.5, -2], "Counts": [2, 1], **at}, {"Values": [10, 20], **at})
    put(cloudwatch, {"StatisticValues": {"SampleCount": 4, "Sum": 100, "Minimum": 5, "Maximum": 40}, **at})
    put(cloudwatch, {"Value": 7, "Unit": "Seconds", "Timestamp": start + datetime.timedelta(minutes=5)})
    first, second = points(cloudwatch, start)
    assert (first["Timestamp"], first["Unit"]) == (start, "None")
    assert summary(first) == (10, 13.4, 134, -2, 40)
    assert (second["Timestamp"], second["Unit"]) == (start + datetime.timedelta(minutes=5), "Seconds")
    assert summary(second) == (1, 7, 7, 7, 7)
    assert points(cloudwatch, start, Statistics=["Sum"])[0].keys() == {"Timestamp", "Sum", "Unit"}
    assert len(points(cloudwatch, start, Unit="Seconds")) == 1
    assert [point["SampleCount"] for point in points(cloudwatch, start, period=3600)] == [10, 1], "units are told apart"
    assert points(cloudwatch, start, minutes=5)[0]["SampleCount"] == 10 and len(points(cloudwatch, start, minutes=5)) == 1, "the end is exclusive"
    answer = cloudwatch.get_metric_statistics(Namespace=SPACE, MetricName="none", StartTime=start, EndTime=minutes_ago(0), Period=60, Statistics=["Sum"])
    assert (answer["Label"], answer["Datapoints"]) == ("none", [])


def test_every_double_comes_back(cloudwatch):
    start = minutes_ago(90)
    values = [0.1, -0.0, 1e-300, 2.0**360, -(2.0**360), 2.0**53 - 1, 1 / 3, 5e-324]
    put(cloudwatch, *[{"Value": value, "Timestamp": start + datetime.timedelta(minutes=i)} for i, value in enumerate(values)])
    assert [point["Average"] for point in points(cloudwatch, start)] == values


def test_percentiles(cloudwatch):
    start = minutes_ago(50)
    random.seed(5)
    values = [random.expovariate(1) for _ in range(400)]
    for i in range(0, 400, 100):
        put(cloudwatch, {"Values": values[i:i + 100], "Timestamp": start + datetime.timedelta(seconds=i / 10)})
    wanted = statistics.quantiles(values, n=100, method="inclusive")
    [point] = points(cloudwatch, start, ExtendedStatistics=["p0", "p50", "p99", "p99.9", "p100"])
    told = point["ExtendedStatistics"]
    assert told.keys() == {"p0", "p50", "p99", "p99.9", "p100"} and "Average" not in point
    assert told["p50"] == pytest.approx(wanted[49], rel=1e-12) and told["p99"] == pytest.approx(wanted[98], rel=1e-12)
    assert (told["p0"], told["p100"]) == (min(values), max(values)) and told["p99"] < told["p99.9"] < told["p100"]
    put(cloudwatch, {"StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}, "Timestamp": start})
    assert points(cloudwatch, start, ExtendedStatistics=["p50"]) == [], "of a statistic set there are none"


def test_periods_and_resolutions(cloudwatch):
    start = minutes_ago(40)
    seconds = [0, 1, 4, 5, 61]
    put(cloudwatch, *[{"Value": second, "StorageResolution": 1, "Timestamp": start + datetime.timedelta(seconds=second)} for second in seconds])

    def sums(**more):
        return {int((point["Timestamp"] - start).total_seconds()): point["Sum"] for point in points(cloudwatch, start, **more)}

    assert sums(minutes=2, period=1) == {0: 0, 1: 1, 4: 4, 5: 5, 61: 61}
    assert sums(minutes=2, period=5) == {0: 5, 5: 5, 60: 61}
    assert sums(period=60) == {0: 10, 60: 61}
    assert sums(period=300) == {0: 71}
    assert points(cloudwatch, start + datetime.timedelta(seconds=30), minutes=1)[0]["Sum"] == 10, "a start is rounded down to its minute"


def test_dimensions_make_the_metric(cloudwatch, server):
    start = minutes_ago(3)
    job, host = {"Name": "Job", "Value": "a b&c=%41?+"}, {"Name": "Host", "Value": "algo-1"}
    put(cloudwatch, {"Value": 1, "Dimensions": [job, host]}, {"Value": 2, "Dimensions": [host, job]}, {"Value": 4, "Dimensions": [job]}, {"Value": 8})
    assert [point["Sum"] for point in points(cloudwatch, start, Dimensions=[host, job], period=3600)] == [3]
    assert [point["Sum"] for point in points(cloudwatch, start, Dimensions=[job], period=3600)] == [4]
    assert [point["Sum"] for point in points(cloudwatch, start, period=3600)] == [8]
    assert points(cloudwatch, start, Dimensions=[host], period=3600) == []
    assert points(make_client(server, "cloudwatch", "eu-elsewhere-1"), start, period=3600) == []


def query(name, stat="Average", period=60, **more):
    return {"Id": name, "MetricStat": {"Metric": {"Namespace": SPACE, "MetricName": "loss"}, "Period": period, "Stat": stat}, **more}


def test_metric_data(cloudwatch):
    start = minutes_ago(20)
    put(cloudwatch, *[{"Value": i, "Timestamp": start + datetime.timedelta(minutes=i)} for i in range(5)])
    span = {"StartTime": start, "EndTime": minutes_ago(0)}
    answer = cloudwatch.get_metric_data(MetricDataQueries=[query("a"), query("b", "p50", 300, Label="middle"), query("c", ReturnData=False)], **span)
    a, b = answer["MetricDataResults"]
    assert (a["Id"], a["Label"], a["StatusCode"]) == ("a", "loss", "Complete")
    assert a["Values"] == [4, 3, 2, 1, 0] and a["Timestamps"][-1] == start and len(a["Timestamps"]) == 5
    assert (b["Id"], b["Label"], b["Values"], b["Timestamps"]) == ("b", "middle", [2], [start])
    assert answer["Messages"] == [] and "NextToken" not in answer
    ascending = cloudwatch.get_metric_data(MetricDataQueries=[query("a")], ScanBy="TimestampAscending", **span)
    assert ascending["MetricDataResults"][0]["Values"] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("order", ["TimestampAscending", "TimestampDescending"])
def test_metric_data_by_pages(plain, order):
    start = minutes_ago(20)
    put(plain, *[{"Value": i, "Timestamp": start + datetime.timedelta(minutes=i)} for i in range(5)])
    request = {"MetricDataQueries": [query("a"), query("none", Label="x"), query("b", "Sum")], "ScanBy": order, "StartTime": start, "EndTime": minutes_ago(0)}
    request["MetricDataQueries"][1]["MetricStat"]["Metric"]["MetricName"] = "none"
    [whole, none, _] = plain.get_metric_data(**request)["MetricDataResults"]
    assert (len(whole["Values"]), none["Values"], none["StatusCode"]) == (5, [], "Complete")
    for size in (1, 2, 3, 5, 7, 10):
        found, told, token = {"a": [], "b": [], "none": []}, 0, {}
        while True:
            page = plain.get_metric_data(MaxDatapoints=size, **request, **token)
            sizes = [len(result["Values"]) for result in page["MetricDataResults"]]
            assert sum(sizes) <= size
            for result in page["MetricDataResults"]:
                found[result["Id"]] += zip(result["Timestamps"], result["Values"])
            statuses = [result["StatusCode"] for result in page["MetricDataResults"]]
            told += 1
            if "NextToken" not in page:
                assert set(statuses) == {"Complete"}
                break
            assert statuses[-1] == "PartialData"
            token = {"NextToken": page["NextToken"]}
        everything = list(zip(whole["Timestamps"], whole["Values"]))
        assert found == {"a": everything, "b": everything, "none": []} and told == math.ceil(10 / size)
    token = plain.get_metric_data(MaxDatapoints=1, **request)["NextToken"]
    assert error_of(plain.get_metric_data, NextToken=token, **{**request, "EndTime": request["EndTime"] - datetime.timedelta(minutes=1)})[0] == "InvalidNextToken"
    assert error_of(plain.get_metric_data, NextToken="forged", **request)[0] == "InvalidNextToken"


def test_metrics_are_listed(cloudwatch):
    old = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=13)
    dimension = {"Name": "Job", "Value": "j1"}
    put(cloudwatch, {"Value": 1, "Dimensions": [dimension, {"Name": "Host", "Value": "h"}]}, {"Value": 1, "MetricName": "other", "Timestamp": old})
    put(cloudwatch, {"Value": 1, "Dimensions": [{"Name": "Job", "Value": "j2"}]}, space="Second")

    def listed(**filters):
        return [(metric["Namespace"], metric["MetricName"], len(metric["Dimensions"])) for metric in cloudwatch.list_metrics(**filters)["Metrics"]]

    every = [(SPACE, "loss", 2), (SPACE, "other", 0), ("Second", "loss", 1)]
    assert sorted(listed()) == sorted(every)
    assert sorted(listed(Namespace=SPACE)) == sorted(every[:2]) and listed(MetricName="other") == every[1:2]
    assert listed(Dimensions=[dimension]) == every[:1] and len(listed(Dimensions=[{"Name": "Job"}])) == 2
    assert listed(Dimensions=[dimension, {"Name": "Host", "Value": "other"}]) == []
    assert sorted(listed(RecentlyActive="PT3H")) == sorted([every[0], every[2]])
    answer = cloudwatch.list_metrics(Namespace="Second", IncludeLinkedAccounts=True)
    assert answer["OwningAccounts"] == [ACCOUNT] and answer["Metrics"][0]["Dimensions"] == [{"Name": "Job", "Value": "j2"}]


def test_metrics_are_listed_by_pages_of_500(cloudwatch):
    """The call that makes them is over 10,240 bytes, so that botocore packs it."""
    sent = []
    cloudwatch.meta.events.register("before-send.cloudwatch", lambda request, **_: sent.append(request.headers.get("Content-Encoding")))
    names = [f"metric-{i}" for i in range(1000)]
    cloudwatch.put_metric_data(Namespace=SPACE, MetricData=[{"MetricName": name, "Value": 1} for name in names])
    assert sent in ([b"gzip"], ["gzip"])
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace=SPACE))
    assert [len(page["Metrics"]) for page in pages] == [500, 500]
    assert sorted(metric["MetricName"] for page in pages for metric in page["Metrics"]) == sorted(names)
    assert error_of(cloudwatch.list_metrics, Namespace="Other", NextToken=pages[0]["NextToken"]) == ("InvalidParameterValue", 400, "Invalid nextToken")


NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
MEMBER = "MetricData.member.1"
BAD_DATA = [
    ({}, "MissingParameter", "At least one of the parameters MetricData.member.1.Value"),
    ({"Value": math.nan}, "InvalidParameterValue", f"The value NaN for parameter {MEMBER}.Value is invalid."),
    ({"Value": math.inf}, "InvalidParameterValue", f"for parameter {MEMBER}.Value is invalid."),
    ({"Value": 1e200}, "InvalidParameterValue", f"for parameter {MEMBER}.Value is invalid."),
    ({"Value": 1, "Values": [1]}, "InvalidParameterCombination", f"The parameters {MEMBER}.Value and {MEMBER}.Values are mutually exclusive"),
    ({"Value": 1, "Counts": [1]}, "InvalidParameterCombination", f"{MEMBER}.Counts"),
    ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue", f"The parameters {MEMBER}.Values and {MEMBER}.Counts must be of the same size."),
    ({"Values": [1, 2], "Counts": [1, -1]}, "InvalidParameterValue", f"{MEMBER}.Counts.member.2 is invalid"),
    ({"Values": list(range(151))}, "InvalidParameterValue", f"The collection {MEMBER}.Values must not have a size greater than 150."),
    ({"StatisticValues": {"SampleCount": 0, "Sum": 0, "Minimum": 0, "Maximum": 0}}, "InvalidParameterValue", "StatisticValues.SampleCount"),
    ({"StatisticValues": {"SampleCount": 1, "Sum": 0, "Minimum": 2, "Maximum": 1}}, "InvalidParameterCombination", "StatisticValues.Maximum"),
    ({"StatisticValues": {"SampleCount": 1}}, "MissingParameter", f"The parameter {MEMBER}.StatisticValues.Sum is required."),
    ({"Value": 1, "StorageResolution": 30}, "InvalidParameterValue", f"{MEMBER}.StorageResolution"),
    ({"Value": 1, "Unit": "Furlongs"}, "InvalidParameterValue", "enum value set"),
    ({"Value": 1, "Timestamp": NOW - 15 * DAY}, "InvalidParameterValue", f"The parameter {MEMBER}.Timestamp must specify a time within the past two weeks."),
    ({"Value": 1, "Timestamp": NOW + DAY / 8}, "InvalidParameterValue", f"{MEMBER}.Timestamp must specify a time no more than two hours in the future."),
    ({"Value": 1, "Dimensions": [{"Name": f"d{i}", "Value": "v"} for i in range(31)]}, "InvalidParameterValue", "30"),
    ({"Value": 1, "Dimensions": [{"Name": "d", "Value": "v"}] * 2}, "InvalidParameterValue", "more than once"),
    ({"Value": 1, "Dimensions": [{"Name": "d", "Value": "é"}]}, "InvalidParameterValue", f"The value é for parameter {MEMBER}.Dimensions.member.1.Value is"),
    ({"Value": 1, "Dimensions": [{"Name": ":d", "Value": " "}]}, "InvalidParameterValue", f"The value :d for parameter {MEMBER}.Dimensions.member.1.Name is"),
    ({"Value": 1, "Dimensions": [{"Name": "d"}]}, "MissingParameter", f"The parameter {MEMBER}.Dimensions.member.1.Value is required."),
    ({"Value": 1, "MetricName": ""}, "InvalidParameterValue", "metricName"),
]


@pytest.mark.parametrize("datum, code, message", BAD_DATA, ids=[str(i) for i in range(len(BAD_DATA))])
def test_bad_data_are_refused(loose, datum, code, message):
    told = error_of(put, loose, datum)
    assert told[:2] == (code, 400) and message in told[2], told
    assert loose.list_metrics()["Metrics"] == [], "and nothing of the call is kept"


def test_bad_calls_are_refused(loose):
    assert error_of(loose.put_metric_data, Namespace=SPACE) == ("MissingParameter", 400, "The parameter MetricData is required.")
    assert error_of(loose.put_metric_data, MetricData=[{"MetricName": "m", "Value": 1}]) == ("MissingParameter", 400, "The parameter Namespace is required.")
    assert error_of(put, loose, {"Value": 1}, space="AWS/Own") == ("InvalidParameterValue", 400, "The value AWS/ for parameter Namespace is invalid.")
    for space in (":x", " ", "a\tb", "é"):
        assert error_of(put, loose, {"Value": 1}, space=space)[0] == "InvalidParameterValue"
    many = error_of(loose.put_metric_data, Namespace=SPACE, MetricData=[{"MetricName": "m", "Value": 1}] * 1001)
    assert many == ("InvalidParameterValue", 400, "The collection MetricData must not have a size greater than 1000.")
    two = error_of(put, loose, {"Value": math.nan}, {"Value": 1}, {"Value": 1, "Timestamp": NOW - 20 * DAY})
    assert two[2].count("\n") == 1 and "MetricData.member.3.Timestamp" in two[2], "every fault is told"
    assert error_of(loose.list_metrics, RecentlyActive="PT4H")[0] == "InvalidParameterValue"


def test_bad_questions_are_refused(loose):
    start = minutes_ago(60)

    def refused(**more):
        return error_of(points, loose, start, **more)

    assert refused(minutes=3 * 24 * 60) == (
        "InvalidParameterCombination", 400, "You have requested up to 4,320 datapoints, which exceeds the limit of 1,440. You may reduce the "
        "datapoints requested by increasing Period, or decreasing the time range.")
    assert refused(minutes=0) == ("InvalidParameterValue", 400, "The parameter StartTime must be less than the parameter EndTime.")
    assert refused(period=61)[0] == refused(period=0)[0] == "InvalidParameterValue"
    assert refused(Statistics=None, ExtendedStatistics=None)[0] == refused(Statistics=["Sum"], ExtendedStatistics=["p5"])[0] == "InvalidParameterCombination"
    assert refused(Statistics=["Median"])[0] == refused(ExtendedStatistics=["p101"])[0] == refused(ExtendedStatistics=["tm90"])[0] == "InvalidParameterValue"
    assert refused(Statistics=["Sum"], Unit="Furlongs")[0] == "InvalidParameterValue"


def test_bad_queries_are_refused(loose):
    def refused(*queries, **more):
        return error_of(loose.get_metric_data, **{"MetricDataQueries": list(queries), "StartTime": minutes_ago(9), "EndTime": minutes_ago(1), **more})

    told = refused({"Id": "a", "Expression": "SUM(METRICS())"})
    assert told[:2] == ("ValidationError", 400) and "metric math" in told[2]
    assert "mutually exclusive" in refused(query("a", Expression="1"))[2]
    assert "MetricStat" in refused({"Id": "a"})[2]
    assert "pattern" in refused(query("Upper"))[2] and "unique" in refused(query("a"), query("a"))[2]
    assert "MetricDataQueries.member.2.MetricStat.Stat" in refused(query("a"), query("b", "Median"))[2]
    assert "Period" in refused(query("a", period=7))[2] and "ReturnData" in refused(query("a", ReturnData=False))[2]
    assert "MaxDatapoints" in refused(query("a"), MaxDatapoints=100_801)[2] and "500" in refused(*[query(f"q{i}") for i in range(501)])[2]
    assert refused(query("a"), EndTime=minutes_ago(10))[:2] == ("ValidationError", 400)
    nameless = query("a")
    del nameless["MetricStat"]["Metric"]["MetricName"]
    assert refused(nameless) == ("MissingParameter", 400, "The parameter MetricDataQueries.member.1.MetricStat.Metric.MetricName is required.")


def test_errors_are_of_the_clients_classes(cloudwatch):
    with pytest.raises(cloudwatch.exceptions.InvalidParameterCombinationException):
        points(cloudwatch, minutes_ago(60), minutes=10**6)
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        put(cloudwatch, {"Value": 1e300})
    assert error_of(cloudwatch.describe_alarms)[0] == "InvalidAction"
    answer = pytest.raises(cloudwatch.exceptions.ClientError, cloudwatch.describe_alarms).value.response
    assert "DescribeAlarms" in answer["Error"]["Message"] and json.dumps(answer["Error"])


def test_what_comes_with_an_entity_is_kept(cloudwatch):
    entity = {"KeyAttributes": {"Type": "Service", "Name": new_name()}, "Attributes": {"a": "b"}}
    cloudwatch.put_metric_data(Namespace=SPACE, EntityMetricData=[{"Entity": entity, "MetricData": [{"MetricName": "loss", "Value": 5}]}])
    assert [point["Sum"] for point in points(cloudwatch, minutes_ago(2), period=3600)] == [5]
    wrong = error_of(cloudwatch.put_metric_data, Namespace=SPACE, EntityMetricData=[{"MetricData": [{"MetricName": "loss", "Value": math.nan}]}])
    assert "EntityMetricData.member.1.MetricData.member.1.Value" in wrong[2]


def test_data_survive_a_restart(make_server):
    server = make_server()
    variables = server.env()
    keys = {"AccessKeyId": variables["AWS_ACCESS_KEY_ID"], "SecretAccessKey": variables["AWS_SECRET_ACCESS_KEY"]}
    put(make_client(server, "cloudwatch", credentials=keys), {"Value": 2}, {"Value": 4})
    server.kill()
    server.start()
    client = make_client(server, "cloudwatch", credentials=keys)
    assert summary(points(client, minutes_ago(2), period=3600)[0]) == (2, 3, 6, 2, 4)
