"""What endpoints answer, what jobs use and what the host has free, as CloudWatch's metrics."""

import datetime
import json

import pytest

from jobs import wait_until

SCRIPT = """
import json

def model_fn(folder):
    return 7

def input_fn(body, content_type):
    return json.loads(body)

def predict_fn(data, model):
    return [value * model for value in data]

def output_fn(prediction, accept):
    return json.dumps(prediction)
"""


def span():
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    return {"StartTime": now - hour, "EndTime": now + hour}


def total(cloudwatch, endpoint, metric, statistic, variant="AllTraffic"):
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    answer = cloudwatch.get_metric_statistics(Namespace="AWS/SageMaker", MetricName=metric, Dimensions=dimensions, Period=60,
                                              Statistics=[statistic], **span())
    return sum(point[statistic] for point in answer["Datapoints"])


def test_invocations(platform):
    cloudwatch = platform.client("cloudwatch")
    name = platform.deploy(SCRIPT)
    platform.endpoint(name, "InService", seconds=300)
    for _ in range(6):
        assert platform.invoke(name, b"[1, 2]") == [7, 14]
    for _ in range(2):
        with pytest.raises(platform.runtime.exceptions.ModelError):
            platform.invoke(name, b"not JSON")
    wait_until(lambda: total(cloudwatch, name, "Invocations", "Sum") >= 8, 120, "the count of invocations")
    assert total(cloudwatch, name, "Invocations", "Sum") == 8
    assert total(cloudwatch, name, "InvocationsPerInstance", "Sum") == 8
    failed = {metric: total(cloudwatch, name, metric, "Sum") for metric in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")}
    assert failed["InvocationModelErrors"] == 2 == failed["Invocation4XXErrors"] + failed["Invocation5XXErrors"]
    assert total(cloudwatch, name, "Invocation4XXErrors", "SampleCount") == 8
    for metric in ("ModelLatency", "OverheadLatency"):
        assert total(cloudwatch, name, metric, "SampleCount") == 8
        dimensions = [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "AllTraffic"}]
        query = {"Metric": {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions}, "Period": 3600}
        found = cloudwatch.get_metric_data(MetricDataQueries=[
            {"Id": stat.lower(), "MetricStat": {**query, "Stat": stat, "Unit": "Microseconds"}} for stat in ("Minimum", "p50", "p99", "Maximum")], **span())
        values = [max(result["Values"]) for result in found["MetricDataResults"]]
        assert values == sorted(values) and 0 < values[-1] < 60_000_000
    platform.delete_endpoint(name)
    names = cloudwatch.list_metrics(Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": name}])["Metrics"]
    assert {metric["MetricName"] for metric in names} == {
        "Invocations", "InvocationsPerInstance", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors", "ModelLatency", "OverheadLatency"}


def test_slots_of_the_host_and_what_a_job_uses(platform):
    """Slots as `clary status` tells them."""
    cloudwatch = platform.client("cloudwatch")
    slots = json.loads(platform.server.clary("status", "--json"))["slots"]["total"]

    def newest(metric):
        query = {"Id": "m", "MetricStat": {"Metric": {"Namespace": "Clary", "MetricName": metric}, "Period": 1, "Stat": "Average"}}
        found = cloudwatch.get_metric_data(MetricDataQueries=[query], ScanBy="TimestampDescending", **span())["MetricDataResults"][0]
        return found["Values"][0] if found["Values"] else None

    assert wait_until(lambda: newest("SlotCPUs"), 60, "the slots") == slots["cpus"]
    assert newest("SlotMemory") == slots["memory"]
    job = platform.submit("while True:\n    sum(range(1000))", max_runtime=600)
    wait_until(lambda: newest("SlotCPUsUsed"), 120, "a CPU in use")

    def used(metric):
        points = cloudwatch.get_metric_statistics(Namespace="/aws/sagemaker/TrainingJobs", MetricName=metric, Period=60, Statistics=["Maximum"],
                                                  Dimensions=[{"Name": "Host", "Value": f"{job}/algo-1"}], **span())["Datapoints"]
        return max((point["Maximum"] for point in points if point["Unit"] == "Percent"), default=0)

    # It keeps a core busy, as far as others leave it one.
    assert 1 < wait_until(lambda: used("CPUUtilization"), 120, "the job's use of the CPU") <= 100 * slots["cpus"] + 5
    assert 0 < wait_until(lambda: used("MemoryUtilization"), 120, "the job's use of memory") < 100
    platform.sagemaker.stop_training_job(TrainingJobName=job)
    platform.wait(job, 120)
    wait_until(lambda: newest("SlotCPUsUsed") == 0 == newest("JobsWaiting"), 120, "free slots")
