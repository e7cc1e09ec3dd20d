import time

import pytest

from api_fixtures import ACCOUNT, error_of, loose, make_client, new_name, region  # noqa: F401

HOUR = 3600 * 1000


@pytest.fixture
def logs(server, region):
    return make_client(server, "logs", region)


@pytest.fixture
def group(logs):
    name = "/test/" + new_name()
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def now():
    return int(time.time() * 1000)


def put(logs, group, *messages, stream="s", at=None, step=1):
    at = now() - 1000 if at is None else at
    events = [{"timestamp": at + i * step, "message": message} for i, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_groups(logs, region):
    for name in ("b", "a/2", "a/1", "c.d_e-f#g"):
        logs.create_log_group(logGroupName=name)
    answer = logs.describe_log_groups()
    assert [g["logGroupName"] for g in answer["logGroups"]] == ["a/1", "a/2", "b", "c.d_e-f#g"] and "nextToken" not in answer
    one = answer["logGroups"][0]
    assert one["arn"] == f"arn:aws:logs:{region}:{ACCOUNT}:log-group:a/1:*" and one["logGroupArn"] == one["arn"][:-2]
    assert one["storedBytes"] == 0 and abs(one["creationTime"] - now()) < 60000 and "retentionInDays" not in one
    assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix="a/")["logGroups"]] == ["a/1", "a/2"]
    assert logs.describe_log_groups(logGroupNamePrefix="zzz")["logGroups"] == []
    assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePattern="/1")["logGroups"]] == ["a/1"]
    assert logs.describe_log_groups(logGroupNamePattern="A/")["logGroups"] == []
    assert error_of(logs.describe_log_groups, logGroupNamePattern="a", logGroupNamePrefix="a")[:2] == ("InvalidParameterException", 400)
    pages = list(logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3}))
    assert [[g["logGroupName"] for g in p["logGroups"]] for p in pages] == [["a/1", "a/2", "b"], ["c.d_e-f#g"]]
    assert error_of(logs.create_log_group, logGroupName="b") == ("ResourceAlreadyExistsException", 400, "The specified log group already exists")
    logs.delete_log_group(logGroupName="b")
    gone = ("ResourceNotFoundException", 400, "The specified log group does not exist.")
    assert error_of(logs.delete_log_group, logGroupName="b") == gone
    assert error_of(logs.describe_log_groups, nextToken="garbage")[:2] == ("InvalidParameterException", 400)


def test_groups_live_in_a_region(server, logs, group):
    other = make_client(server, "logs", "elsewhere-1")
    assert error_of(other.describe_log_streams, logGroupName=group)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("name", ["", "a b", "ü", "a*", "a" * 513])
def test_names_of_groups(server, region, name):
    assert error_of(loose(server, "logs", region).create_log_group, logGroupName=name)[:2] == ("InvalidParameterException", 400)


def test_retention(logs, group):
    def told():
        return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0].get("retentionInDays")
    for days in (1, 7, 3653):
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)
        assert told() == days
    code, status, message = error_of(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert (code, status) == ("InvalidParameterException", 400)
    assert message.startswith("1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy constraint: "
                              "Member must satisfy enum value set: [1, 3, 5, 7,")
    logs.delete_retention_policy(logGroupName=group)
    assert told() is None
    for call, rest in ((logs.put_retention_policy, {"retentionInDays": 1}), (logs.delete_retention_policy, {})):
        assert error_of(call, logGroupName="gone", **rest)[0] == "ResourceNotFoundException"


def test_streams(logs, group, region):
    for name in ("job/2", "job/1", "other"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    put(logs, group, "late", stream="job/1", at=now() - 10)
    put(logs, group, "early", stream="other", at=now() - HOUR)

    def names(**query):
        return [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=group, **query)["logStreams"]]
    assert names() == ["job/1", "job/2", "other", "s"]
    assert names(descending=True) == ["s", "other", "job/2", "job/1"]
    assert names(logStreamNamePrefix="job/") == ["job/1", "job/2"]
    assert names(orderBy="LastEventTime", descending=True)[:2] == ["job/1", "other"]
    assert names(logStreamNamePrefix="none") == []
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, PaginationConfig={"PageSize": 1})
    assert [s["logStreamName"] for page in pages for s in page["logStreams"]] == ["job/1", "job/2", "other", "s"]
    stream = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="job/1")["logStreams"][0]
    assert stream["arn"] == f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}:log-stream:job/1"
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"] and stream["lastIngestionTime"] >= stream["creationTime"]
    empty = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="job/2")["logStreams"][0]
    assert "firstEventTimestamp" not in empty and "lastEventTimestamp" not in empty
    assert error_of(logs.describe_log_streams, logGroupName=group, orderBy="LastEventTime", logStreamNamePrefix="job")[0] == "InvalidParameterException"
    assert error_of(logs.create_log_stream, logGroupName=group, logStreamName="s") == (
        "ResourceAlreadyExistsException", 400, "The specified log stream already exists")
    assert error_of(logs.create_log_stream, logGroupName="gone", logStreamName="s") == (
        "ResourceNotFoundException", 400, "The specified log group does not exist.")
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    assert error_of(logs.delete_log_stream, logGroupName=group, logStreamName="s") == (
        "ResourceNotFoundException", 400, "The specified log stream does not exist.")
    assert error_of(logs.get_log_events, logGroupName=group, logStreamName="s")[2] == "The specified log stream does not exist."
    by_arn = logs.describe_log_streams(logGroupIdentifier=f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{group}")["logStreams"]
    assert len(by_arn) == 3


@pytest.mark.parametrize("name", ["", "a:b", "a*b", "a" * 513])
def test_names_of_streams(server, logs, group, name):
    assert error_of(loose(server, "logs", logs.meta.region_name).create_log_stream, logGroupName=group, logStreamName=name)[:2] == (
        "InvalidParameterException", 400)


def test_events_come_back_whole_and_in_order(logs, group):
    texts = ["first", "", "ünï\u2603\U0001f600", "tab\t and \"quotes\"", " two  spaces ", "line\nbreak", "\x1b[31mred"]
    texts[1] = "x" * 200000
    assert put(logs, group, *texts)["nextSequenceToken"]
    answer = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    assert messages(answer) == texts
    event = answer["events"][0]
    assert event["timestamp"] <= event["ingestionTime"] <= now() + 1000


def test_tokens_both_ways(logs, group):
    put(logs, group, *[str(i) for i in range(10)])

    def page(**query):
        return logs.get_log_events(logGroupName=group, logStreamName="s", limit=4, **query)
    first = page(startFromHead=True)
    assert messages(first) == ["0", "1", "2", "3"]
    second = page(nextToken=first["nextForwardToken"])
    third = page(nextToken=second["nextForwardToken"])
    end = page(nextToken=third["nextForwardToken"])
    assert (messages(second), messages(third), messages(end)) == (["4", "5", "6", "7"], ["8", "9"], [])
    assert end["nextForwardToken"] == third["nextForwardToken"], "at the end the token repeats"
    put(logs, group, "10", at=now() + 1)
    assert messages(page(nextToken=end["nextForwardToken"])) == ["10"]
    assert messages(page(nextToken=second["nextBackwardToken"])) == ["0", "1", "2", "3"]
    assert messages(page(nextToken=third["nextBackwardToken"])) == ["4", "5", "6", "7"]
    last = page()
    assert messages(last) == ["7", "8", "9", "10"], "without startFromHead the newest"
    assert messages(page(nextToken=last["nextBackwardToken"])) == ["3", "4", "5", "6"]
    start = page(nextToken=first["nextBackwardToken"])
    assert messages(start) == [] and start["nextBackwardToken"]
    empty = logs.create_log_stream(logGroupName=group, logStreamName="empty") and logs.get_log_events(logGroupName=group, logStreamName="empty")
    assert messages(empty) == [] and empty["nextForwardToken"] and empty["nextBackwardToken"]
    for bad in ("garbage", "f/1", "b/", "f/" + "9" * 50):
        assert error_of(page, nextToken=bad)[:2] == ("InvalidParameterException", 400)
    other = "/test/" + new_name()
    logs.create_log_group(logGroupName=other)
    logs.create_log_stream(logGroupName=other, logStreamName="s")
    assert error_of(logs.get_log_events, logGroupName=other, logStreamName="s", nextToken=first["nextForwardToken"])[0] == "InvalidParameterException"


def test_bounds_of_time(logs, group):
    at = now() - 10000
    put(logs, group, *"abcdef", at=at, step=1000)

    def found(**query):
        filtered = messages(logs.filter_log_events(logGroupName=group, **query))
        got = messages(logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, **query))
        assert got == messages(logs.get_log_events(logGroupName=group, logStreamName="s", **query))
        return "".join(got), "".join(filtered)
    assert found(startTime=at + 1000)[0] == "bcdef", "the start is inclusive"
    assert found(endTime=at + 3000) == ("abc", "abcd"), "GetLogEvents leaves the end out, FilterLogEvents does not"
    assert found(startTime=at + 1001, endTime=at + 4000)[0] == "cd"
    assert found(startTime=at + 1000)[1] == "bcdef"
    assert found(startTime=at + 60000) == ("", "") and found(endTime=at - 1) == ("", "")
    assert found(startTime=at + 5000, endTime=2**63 - 1) == ("f", "f")
    assert found(startTime=at + 5000, endTime=at + 1000) == ("", "")


def test_limits(server, logs, group):
    sloppy = loose(server, "logs", logs.meta.region_name)
    for limit in (0, 10001):
        assert error_of(sloppy.get_log_events, logGroupName=group, logStreamName="s", limit=limit)[:2] == ("InvalidParameterException", 400)
        assert error_of(sloppy.filter_log_events, logGroupName=group, limit=limit)[:2] == ("InvalidParameterException", 400)
    assert error_of(sloppy.put_log_events, logGroupName=group, logStreamName="s", logEvents=[])[:2] == ("InvalidParameterException", 400)
    assert error_of(sloppy.put_log_events, logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now(), "message": ""}])[0] == (
        "InvalidParameterException")
    half = "x" * 600000
    code, status, message = error_of(put, logs, group, half, half)
    assert (code, status) == ("InvalidParameterException", 400) and "1048576" in message
    assert error_of(put, logs, group, *["x"] * 10001)[0] == "InvalidParameterException"
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == []


def test_events_out_of_order_or_of_time(logs, group):
    at = now()
    backwards = [{"timestamp": at, "message": "b"}, {"timestamp": at - 1, "message": "a"}]
    assert error_of(logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=backwards) == (
        "InvalidParameterException", 400, "Log events in a single PutLogEvents request must be in chronological order.")
    assert "24 hours" in error_of(put, logs, group, "a", "b", at=at - 25 * HOUR, step=25 * HOUR)[2]
    old = put(logs, group, "old", "older", at=at - 15 * 24 * HOUR)
    assert old["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2}
    new = put(logs, group, "fine", "new", at=at, step=3 * HOUR)
    assert new["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == ["fine"]
    put(logs, group, "before", at=at - HOUR)
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)) == ["before", "fine"]
    assert "rejectedLogEventsInfo" not in put(logs, group, "ok")
    for missing in ({"logGroupName": "gone", "logStreamName": "s"}, {"logGroupName": group, "logStreamName": "gone"}):
        assert error_of(logs.put_log_events, logEvents=[{"timestamp": at, "message": "x"}], **missing)[0] == "ResourceNotFoundException"
    put_with_token = logs.put_log_events(logGroupName=group, logStreamName="s", sequenceToken="1", logEvents=[{"timestamp": at, "message": "token"}])
    assert put_with_token["nextSequenceToken"]


@pytest.mark.parametrize("pattern, wanted", [
    ("", "0123"), ("ERROR", "13"), ("ERROR disk", "3"), ("?INFO ?disk", "023"), ("-ERROR", "02"), ('"ERROR net"', "1"), ("ERROR -disk", "1"),
    ("%[0-9]{3}%", "2"), ("error", ""), ('"quoted \\"word\\""', "0")])
def test_filter_patterns(logs, group, pattern, wanted):
    lines = ['INFO quoted "word"', "ERROR net", "INFO took 123 ms", "ERROR disk"]
    put(logs, group, *lines)
    answer = logs.filter_log_events(logGroupName=group, filterPattern=pattern)
    assert messages(answer) == [lines[int(i)] for i in wanted]
    assert answer["searchedLogStreams"] == [] and "nextToken" not in answer


@pytest.mark.parametrize("pattern", ['"open', "%open", "%(%", "{ $.a = 1 }", "[a, b]", "?", "-"])
def test_patterns_that_are_none(logs, group, pattern):
    assert error_of(logs.filter_log_events, logGroupName=group, filterPattern=pattern)[:2] == ("InvalidParameterException", 400)


def test_filtering_over_streams(logs, group):
    at = now() - 10000
    for name in ("AllTraffic/1", "AllTraffic/2", "Other/1"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    for i in range(6):
        put(logs, group, f"e{i}", stream=f"AllTraffic/{i % 2 + 1}", at=at + i * 10)
    put(logs, group, "o", stream="Other/1", at=at + 25)

    def found(**query):
        return messages(logs.filter_log_events(logGroupName=group, **query))
    assert found() == ["e0", "e1", "e2", "o", "e3", "e4", "e5"], "streams are merged by time"
    assert found(logStreamNamePrefix="AllTraffic/") == ["e0", "e1", "e2", "e3", "e4", "e5"]
    assert found(logStreamNames=["AllTraffic/1", "Other/1"]) == ["e0", "e2", "o", "e4"]
    assert found(logStreamNamePrefix="None/") == [] and found(interleaved=True) == found()
    pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 2}))
    assert [e["message"] for page in pages for e in page["events"]] == found() and len(pages) == 4
    event = logs.filter_log_events(logGroupName=group, limit=1)["events"][0]
    assert event["logStreamName"] == "AllTraffic/1" and event["eventId"] and event["timestamp"] == at and event["ingestionTime"] >= at
    ids = [e["eventId"] for page in pages for e in page["events"]]
    assert len(set(ids)) == 7
    assert error_of(logs.filter_log_events, logGroupName=group, logStreamNames=["s"], logStreamNamePrefix="s")[0] == "InvalidParameterException"
    assert error_of(logs.filter_log_events, logGroupName="gone")[0] == "ResourceNotFoundException"
    assert error_of(logs.filter_log_events, logGroupName=group, logStreamNames=["gone"])[0] == "ResourceNotFoundException"
    assert error_of(logs.filter_log_events, logGroupName=group, nextToken="garbage")[0] == "InvalidParameterException"


def test_a_follower_misses_nothing(logs, group):
    """As `aws logs tail --follow` and the SDKs do: on with the last token, or with the last time and the ids that were seen."""
    seen, token = [], None
    for round_ in range(5):
        put(logs, group, *[f"{round_}.{i}" for i in range(3)], at=now())
        while True:
            page = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, **({"nextToken": token} if token else {}))
            seen += messages(page)
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
    assert seen == [f"{r}.{i}" for r in range(5) for i in range(3)]
