"""BatchPutMetrics and BatchGetMetrics: what is kept, how it is grouped, and what is refused in whose words."""

import datetime
import json
import math
import statistics
import time

import pytest

from api_fixtures import ACCOUNT, arn, error_of, loose, make_client, new_name, raw, region, sagemaker, sign  # noqa: F401

HOUR = 3600


@pytest.fixture
def metrics(server, region):
    return make_client(server, "sagemaker-metrics", region)


@pytest.fixture
def component(sagemaker):
    name = new_name()
    sagemaker.create_trial_component(TrialComponentName=name)
    return name


def point(value, name="loss", at=None, step=None):
    return {"MetricName": name, "Value": value, "Timestamp": time.time() if at is None else at, **({} if step is None else {"Step": step})}


def put(metrics, component, *points):
    return metrics.batch_put_metrics(TrialComponentName=component, MetricData=list(points)).get("Errors", [])


def errors(code, *indexes):
    return [{"Code": code, "MetricIndex": index} for index in indexes]


def query(region, component, name="loss", stat="Avg", period="IterationNumber", axis="IterationNumber", kind="experiment-trial-component", **more):
    return {"MetricName": name, "ResourceArn": arn(region, f"{kind}/{component}"), "MetricStat": stat, "Period": period, "XAxisType": axis, **more}


def get(metrics, *queries):
    return metrics.batch_get_metrics(MetricQueries=list(queries))["MetricQueryResults"]


def shown(sagemaker, component):
    return {metric["MetricName"]: metric for metric in sagemaker.describe_trial_component(TrialComponentName=component)["Metrics"]}


def test_points_show_at_once(sagemaker, metrics, component, region):
    now = int(time.time())
    assert put(metrics, component, point(95, "acc", now - 20, 0), point(0.5, "loss", now - 20, 0), point(97, "acc", now - 10, 1)) == []
    found = shown(sagemaker, component)
    assert list(found) == ["acc", "loss"]
    acc = found["acc"]
    assert (acc["Min"], acc["Max"], acc["Avg"], acc["Last"], acc["Count"]) == (95, 97, 96, 97, 2)
    assert abs(acc["StdDev"] - 1.4142) < 1e-4 and found["loss"]["StdDev"] == 0
    assert acc["SourceArn"] == arn(region, f"experiment-trial-component/{component}")
    assert acc["TimeStamp"] == datetime.datetime.fromtimestamp(now - 10, datetime.timezone.utc)
    assert put(metrics, component, point(90, "acc", now, 2)) == []
    assert shown(sagemaker, component)["acc"]["Last"] == 90


def test_last_is_by_time_not_by_arrival(sagemaker, metrics, component):
    now = int(time.time())
    put(metrics, component, point(1, at=now), point(2, at=now - 60), point(3, at=now - 30))
    assert shown(sagemaker, component)["loss"]["Last"] == 1


def test_names_of_any_character(sagemaker, metrics, component, region):
    names = ["a" * 255, "val:accuracy.max/2 [%]", "\u00e9\u4e2d\U0001f600", "'\"\\<&>;--", " ", "tab\tnul\x00end\x01"]
    assert put(metrics, component, *[point(i, name) for i, name in enumerate(names)]) == []
    assert {name: metric["Last"] for name, metric in shown(sagemaker, component).items()} == {name: i for i, name in enumerate(names)}
    for i, name in enumerate(names):
        assert get(metrics, query(region, component, name, "Last", "OneHour", "Timestamp"))[0]["MetricValues"] == [i]


def test_bad_points_are_told_by_index_and_the_others_kept(sagemaker, metrics, component):
    now = time.time()
    told = put(metrics, component, point(1, at=now - 14 * 24 * HOUR + 300), point(2, at=now - 14 * 24 * HOUR - 300), point(math.nan, at=now),
               point(3, at=now + 2 * HOUR - 300), point(4, at=now + 2 * HOUR + 300), point(math.inf, at=now), point(-math.inf, at=now), point(5, at=0))
    assert told == errors("VALIDATION_ERROR", 1, 2, 4, 5, 6, 7)
    kept = shown(sagemaker, component)["loss"]
    assert (kept["Count"], kept["Min"], kept["Max"]) == (2, 1, 3)


def test_an_unknown_component_is_an_error_of_each_point(metrics, region):
    assert put(metrics, new_name("none"), point(1), point(2)) == errors("VALIDATION_ERROR", 0, 1)
    result, = get(metrics, query(region, new_name("none")))
    assert result["Status"] == "ValidationError" and "does not exist" in result["Message"] and result["XAxisValues"] == result["MetricValues"] == []


def test_a_component_has_a_limit_of_metrics(sagemaker, metrics, component):
    for first in range(0, 5000, 10):
        assert put(metrics, component, *[point(1, f"m{first + i}") for i in range(10)]) == []
    assert put(metrics, component, point(2, "m7"), point(2, "new"), point(3, "m8"), point(2, "new")) == errors("METRIC_LIMIT_EXCEEDED", 1, 3)
    found = shown(sagemaker, component)
    assert len(found) == 5000 and found["m7"]["Last"] == 2 and "new" not in found


def test_what_breaks_the_model_is_refused_whole(server, sagemaker, metrics, component, region):
    free = loose(server, "sagemaker-metrics", region)
    for data, text in (([], "'metricData' failed to satisfy constraint: Member must have length greater than or equal to 1"),
                       ([point(i) for i in range(11)], "'metricData' failed to satisfy constraint: Member must have length less than or equal to 10"),
                       ([point(1, "")], "'metricData.1.member.metricName'"), ([point(1, "n" * 256)], "'metricData.1.member.metricName'"),
                       ([point(1, step=-1)], "'metricData.1.member.step'"), ([{"MetricName": "a", "Timestamp": 1}], "'metricData.1.member.value'")):
        code, status, message = error_of(free.batch_put_metrics, TrialComponentName=component, MetricData=data)
        assert (code, status) == ("ValidationException", 400) and text in message, message
    code, status, message = error_of(free.batch_put_metrics, TrialComponentName="Upper", MetricData=[point(1)])
    assert code == "ValidationException" and "'trialComponentName'" in message
    for change, text in (({"MetricStat": "Median"}, "metricStat"), ({"Period": "OneDay"}, "period"), ({"XAxisType": "Depth"}, "xAxisType"),
                         ({"ResourceArn": "arn:aws:s3:::b"}, "resourceArn")):
        code, status, message = error_of(free.batch_get_metrics, MetricQueries=[{**query(region, component), **change}])
        assert (code, status) == ("ValidationException", 400) and text in message, message
    assert error_of(free.batch_get_metrics, MetricQueries=[query(region, component)] * 101)[0] == "ValidationException"
    assert shown(sagemaker, component) == {}


def call(server, method, path, body, region, **headers):
    headers = {"Content-Type": "application/json", **headers}
    status, told, answer = raw(server, method, path, body, sign(server, "sagemaker", method, path, body, headers, region))
    assert told["x-amzn-RequestId"] and told["Content-Type"] == "application/json"
    return status, told.get("x-amzn-ErrorType"), json.loads(answer)


def test_errors_have_this_services_form(server, component, region):
    nan = json.dumps({"TrialComponentName": component, "MetricData": [{"MetricName": "a", "Timestamp": time.time(), "Value": math.nan}]}).encode()
    assert b"NaN" in nan
    for body in (b"{", b"[]", b'{"TrialComponentName": 5}', b"\xff", nan):
        status, kind, answer = call(server, "PUT", "/BatchPutMetrics", body, region)
        assert (status, kind) == (400, "SerializationException") and answer["Message"]
    for method, path in (("POST", "/BatchPutMetrics"), ("GET", "/BatchGetMetrics"), ("PUT", "/BatchPutMetricsToo")):
        status, kind, answer = call(server, method, path, b"{}", region)
        assert (status, kind) == (400, "UnknownOperationException"), (method, path)
    for headers in ({}, {"Authorization": "AWS4-HMAC-SHA256 Credential=nobody"}):
        status, told, answer = raw(server, "PUT", "/BatchPutMetrics", b"{}", {"Content-Type": "application/json", **headers})
        assert status == 403 and told["x-amzn-ErrorType"] and told["Content-Type"] == "application/json" and json.loads(answer)["Message"], answer
    headers = sign(server, "sagemaker", "PUT", "/BatchPutMetrics", b"{}", region=region)
    status, told, _ = raw(server, "PUT", "/BatchPutMetrics", b"{ }", headers)
    assert (status, told["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


def test_grouped_by_iteration(metrics, component, region):
    now = int(time.time())
    values = {0: [1.0, 3.0], 1: [5.0], 7: [2.0, 2.0, 8.0]}
    at = now - 100
    for step, of_step in values.items():
        for value in of_step:
            at += 1
            put(metrics, component, point(value, at=at, step=step))
    put(metrics, component, point(1000, at=at))  # without a step: of no iteration
    wanted = {"Min": min, "Max": max, "Avg": statistics.mean, "Count": len, "Last": lambda of_step: of_step[-1],
              "StdDev": lambda of_step: statistics.stdev(of_step) if len(of_step) > 1 else 0}
    results = get(metrics, *[query(region, component, stat=stat) for stat in wanted])
    for (stat, compute), result in zip(wanted.items(), results):
        assert (result["Status"], result["XAxisValues"]) == ("Complete", [0, 1, 7]) and "Message" not in result
        assert result["MetricValues"] == pytest.approx([compute(of_step) for of_step in values.values()]), stat
    over_time, part, first, none, unknown = get(
        metrics, query(region, component, axis="Timestamp"), query(region, component, Start=1, End=7), query(region, component, End=0),
        query(region, component, Start=2, End=6), query(region, component, name="other"))
    assert over_time["XAxisValues"] == [(now - 98) * 1000, (now - 97) * 1000, (now - 94) * 1000]
    assert part["XAxisValues"] == [1, 7] and first["XAxisValues"] == [0]
    for empty in (none, unknown):
        assert (empty["Status"], empty["XAxisValues"], empty["MetricValues"]) == ("Complete", [], [])


def test_grouped_by_period(metrics, component, region):
    hour = int(time.time()) // HOUR * HOUR - 2 * HOUR
    offsets = [0, 59.999, 60, 299, 300, 3599.5, 3600]
    for i in range(0, len(offsets), 3):
        put(metrics, component, *[point(offset, at=hour + offset) for offset in offsets[i:i + 3]])
    for period, seconds in (("OneMinute", 60), ("FiveMinute", 300), ("OneHour", HOUR)):
        wanted = {}
        for offset in offsets:
            wanted.setdefault((hour + int(offset // seconds) * seconds) * 1000, []).append(offset)
        low, count = get(metrics, query(region, component, stat="Min", period=period, axis="Timestamp"),
                         query(region, component, stat="Count", period=period, axis="Timestamp"))
        assert dict(zip(low["XAxisValues"], low["MetricValues"])) == {start: min(group) for start, group in wanted.items()}
        assert count["MetricValues"] == [len(group) for group in wanted.values()] and count["XAxisValues"] == sorted(wanted)
    part, = get(metrics, query(region, component, stat="Max", period="OneHour", axis="Timestamp", Start=(hour + 60) * 1000, End=(hour + 300) * 1000))
    assert part["MetricValues"] == [300]


def test_queries_that_make_no_sense_are_told_one_by_one(metrics, component, region):
    put(metrics, component, point(1, step=1))
    backwards, mixed, foreign, other, good, wide = get(
        metrics, query(region, component, Start=2, End=1), query(region, component, period="OneMinute"),
        {**query(region, component), "ResourceArn": f"arn:aws:sagemaker:elsewhere-1:{ACCOUNT}:experiment-trial-component/{component}"},
        query(region, component, kind="model"), query(region, component),
        query(region, component, period="OneHour", axis="Timestamp", Start=-2**63, End=2**63 - 1))
    for result in (backwards, mixed, foreign, other):
        assert result["Status"] == "ValidationError" and result["Message"] and result["XAxisValues"] == []
    assert good["MetricValues"] == wide["MetricValues"] == [1]


def test_a_jobs_metrics_are_those_of_its_component(sagemaker, metrics, region):
    for kind in ("training-job", "processing-job", "transform-job"):
        job = new_name()
        sagemaker.create_trial_component(TrialComponentName=f"{job}-aws-{kind}")
        put(metrics, f"{job}-aws-{kind}", point(4, step=1))
        assert get(metrics, query(region, job, kind=kind))[0]["MetricValues"] == [4]


def test_long_answers_are_cut_and_go_on(metrics, component, region):
    now = int(time.time())
    steps = list(range(10_015))
    steps[3], steps[9_000] = steps[9_000], steps[3]  # not quite in order
    for i in range(0, len(steps), 10):
        put(metrics, component, *[point(step, at=now, step=step) for step in steps[i:i + 10]])
    one, = get(metrics, query(region, component))
    assert one["Status"] == "Truncated" and "Start is 10000" in one["Message"]
    assert one["XAxisValues"] == list(range(10_000)) == one["MetricValues"]
    rest, = get(metrics, query(region, component, Start=10_000))
    assert rest["Status"] == "Complete" and rest["XAxisValues"] == list(range(10_000, 10_015))


def test_a_deleted_component_takes_its_metrics_along(sagemaker, metrics, component, region):
    put(metrics, component, *[point(i, step=i) for i in range(10)])
    sagemaker.delete_trial_component(TrialComponentName=component)
    assert get(metrics, query(region, component))[0]["Status"] == "ValidationError"
    sagemaker.create_trial_component(TrialComponentName=component)
    assert shown(sagemaker, component) == {} and get(metrics, query(region, component))[0]["MetricValues"] == []


def test_a_region_sees_its_own(server, metrics, component):
    assert put(make_client(server, "sagemaker-metrics", "elsewhere-1"), component, point(1)) == errors("VALIDATION_ERROR", 0)


def test_a_repeated_call_adds_nothing(server, sagemaker, component, region):
    def send(call_id, attempt, value):
        body = json.dumps({"TrialComponentName": component, "MetricData": [point(value, step=1), point(math.nan)]}).replace("NaN", '"NaN"').encode()
        headers = {"amz-sdk-invocation-id": call_id, "amz-sdk-request": f"attempt={attempt}; max=3"} if call_id else {}
        return call(server, "PUT", "/BatchPutMetrics", body, region, **headers)
    first = new_name(), new_name()
    for call_id in first:
        answers = [send(call_id, attempt, 1) for attempt in (1, 2, 10)]
        assert answers[0] == (200, None, {"Errors": errors("VALIDATION_ERROR", 1)}) == answers[1] == answers[2]
    assert shown(sagemaker, component)["loss"]["Count"] == 2
    for _ in range(2):
        send(None, 1, 1)
        send(new_name(), 2, 1)  # whose first attempt never came here
    assert shown(sagemaker, component)["loss"]["Count"] == 6
