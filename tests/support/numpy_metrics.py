"""What tests of several SDK generations ask of CloudWatch: statistics as numpy computes them, and the SDK's table of a job's metrics.

Runs in Python 3.8 and up, with numpy and pandas.
"""

import datetime
import uuid

import numpy as np

from jobs import IMAGE, Platform

NAMESPACE = "/aws/sagemaker/TrainingJobs"
MINUTE = datetime.timedelta(minutes=1)


def whole_minute():
    return datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)


def check_statistics(client):
    """20,000 values of a training that converges, over 40 minutes, in calls as large as they may be."""
    random = np.random.RandomState(3)
    start = whole_minute() - 50 * MINUTE
    name, unit = "loss-" + uuid.uuid4().hex[:8], "Milliseconds"
    steps = np.arange(20000)
    losses = 2.3 * np.exp(-steps / 6000) + np.abs(random.normal(0, 0.05, len(steps)))
    minutes = steps * 40 // len(steps)
    data = [{"MetricName": name, "Unit": unit, "Timestamp": start + int(minutes[i]) * MINUTE, "Values": losses[i:i + 100].tolist()}
            for i in range(0, len(steps), 100)]
    for i in range(0, len(data), 100):
        client.put_metric_data(Namespace="Numpy", MetricData=data[i:i + 100])

    def points(period, **asked):
        answer = client.get_metric_statistics(Namespace="Numpy", MetricName=name, StartTime=start, EndTime=start + 40 * MINUTE, Period=period, **asked)
        return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])

    for period in (60, 300, 3600):
        groups = [losses[minutes * 60 // period == i] for i in range(-(-2400 // period))]
        plain = points(period, Statistics=["SampleCount", "Average", "Sum", "Minimum", "Maximum"], Unit=unit)
        assert [point["Timestamp"] for point in plain] == [start + datetime.timedelta(seconds=period * i) for i in range(len(groups))]
        for told, compute in (("SampleCount", len), ("Minimum", np.min), ("Maximum", np.max)):
            assert [point[told] for point in plain] == [compute(group) for group in groups]
        for told, compute in (("Average", np.mean), ("Sum", np.sum)):
            np.testing.assert_allclose([point[told] for point in plain], [compute(group) for group in groups], rtol=1e-12)
        # A minute has 500 different values, which are kept as they are; of more than 512 each is kept to 1 %.
        percentiles = points(period, ExtendedStatistics=["p1", "p50", "p90", "p99"])
        for percent in (1, 50, 90, 99):
            told = [point["ExtendedStatistics"]["p%d" % percent] for point in percentiles]
            np.testing.assert_allclose(told, [np.percentile(group, percent) for group in groups], rtol=1e-12 if period == 60 else 0.02)


def check_table_of_a_job(server, session):
    """TrainingJobAnalytics of a job that defines two metrics, of data put under its name as SageMaker puts them."""
    from sagemaker.analytics import TrainingJobAnalytics

    platform = Platform(server)
    definitions = [{"Name": "validation:loss", "Regex": "never=(.*)"}, {"Name": "validation:accuracy", "Regex": "never=(.*)"}]
    name = platform.submit("print('done')", AlgorithmSpecification={
        "TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": definitions})
    job = platform.wait(name, seconds=600)
    assert job["TrainingJobStatus"] == "Completed", job
    begun = job["TrainingStartTime"].astimezone(datetime.timezone.utc).replace(second=0, microsecond=0)
    dimensions = [{"Name": "TrainingJobName", "Value": name}]
    losses, accuracies = [0.9, 0.5, 0.25], [0.7, 0.95]

    def put(metric, value, time):
        session.boto_session.client("cloudwatch").put_metric_data(
            Namespace=NAMESPACE, MetricData=[{"MetricName": metric, "Value": value, "Timestamp": time, "Dimensions": dimensions}])

    for loss in losses:
        put("validation:loss", loss, begun)
    for minute, accuracy in enumerate(accuracies):
        put("validation:accuracy", accuracy, begun + minute * MINUTE)
    put("validation:loss", 99, begun - 30 * MINUTE)  # before the job
    table = TrainingJobAnalytics(name, sagemaker_session=session).dataframe()
    assert list(table.columns) == ["timestamp", "metric_name", "value"]
    rows = [(row.timestamp, row.metric_name, row.value) for row in table.itertuples()]
    assert rows[0] == (0, "validation:loss", np.mean(losses))
    assert rows[1:3] == [(0, "validation:accuracy", 0.7), (60, "validation:accuracy", 0.95)] and len(rows) == 3

    wide = TrainingJobAnalytics(name, metric_names=["validation:loss"], sagemaker_session=session, period=3600,
                                start_time=begun - 60 * MINUTE, end_time=begun + 2 * MINUTE).dataframe()
    assert wide["value"].tolist() == [99, np.mean(losses)] and wide["timestamp"].tolist() == [0, 3600]



def check_table_of_a_log(server, session):
    """TrainingJobAnalytics of a job whose log has its metric; nobody puts data."""
    from sagemaker.analytics import TrainingJobAnalytics

    platform = Platform(server)
    losses = [0.9, 0.5, 0.25, 0.125]
    name = platform.submit("for loss in %r:\n    print('loss: %%s;' %% loss)" % losses, AlgorithmSpecification={
        "TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "train:loss", "Regex": "loss: ([0-9.]+);"}]})
    job = platform.wait(name, seconds=600)
    assert job["TrainingJobStatus"] == "Completed", job
    table = TrainingJobAnalytics(name, sagemaker_session=session).dataframe()
    answer = session.boto_session.client("cloudwatch").get_metric_statistics(
        Namespace=NAMESPACE, MetricName="train:loss", Dimensions=[{"Name": "TrainingJobName", "Value": name}], Period=60,
        StartTime=job["CreationTime"] - 5 * MINUTE, EndTime=job["TrainingEndTime"] + 5 * MINUTE,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"])
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])  # one, or two where a minute went by meanwhile
    assert sum(point["SampleCount"] for point in points) == len(losses) and sum(point["Sum"] for point in points) == sum(losses)
    assert (min(point["Minimum"] for point in points), max(point["Maximum"] for point in points)) == (min(losses), max(losses))
    assert table["value"].tolist() == [point["Average"] for point in points] and set(table["metric_name"]) == {"train:loss"}
    assert table["timestamp"].tolist() == [(point["Timestamp"] - points[0]["Timestamp"]).total_seconds() for point in points]
