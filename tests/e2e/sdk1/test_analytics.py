"""ExperimentAnalytics of the SDK as the workflow uses it: the sorted table of a sweep's trials, and the lineage of one of them."""

import datetime
import uuid

import pytest

ACCURACY = {2: [95.0, 97.0], 5: [96.5, 98.25], 10: [97.5, 96.0]}


@pytest.fixture(scope="module")
def session(server):
    import sagemaker

    return sagemaker.Session()


@pytest.fixture(scope="module")
def sweep(session):
    """The workflow's experiment: a preprocessing step that all three trials share, and a training step for each."""
    import boto3
    from smexperiments.experiment import Experiment
    from smexperiments.tracker import Tracker
    from smexperiments.trial import Trial

    client = session.sagemaker_client
    name = "torch-mnist-" + uuid.uuid4().hex[:10]
    with Tracker.create(display_name="Preprocessing", sagemaker_boto_client=client) as tracker:
        tracker.log_parameters({"normalization_mean": 0.1307, "normalization_std": 0.3081})
        tracker.log_input(name="mnist-dataset", media_type="s3/uri", value="s3://bucket/mnist")
    experiment = Experiment.create(experiment_name=name, sagemaker_boto_client=client)
    metrics = boto3.client("sagemaker-metrics")
    trials = {}
    for channels, values in ACCURACY.items():
        trial = Trial.create(trial_name=f"{name}-{channels}", experiment_name=experiment.experiment_name, sagemaker_boto_client=client)
        trial.add_trial_component(tracker.trial_component)
        component = f"{name}-{channels}-training"
        client.create_trial_component(
            TrialComponentName=component, DisplayName="Training",
            Parameters={"hidden_channels": {"NumberValue": channels}, "epochs": {"NumberValue": 2}, "dropout": {"NumberValue": 0.2},
                        "optimizer": {"StringValue": '"sgd"'}, "backend": {"StringValue": '"gloo"'}},
            OutputArtifacts={"SageMaker.ModelArtifact": {"Value": f"s3://bucket/{component}/model.tar.gz"}})
        client.associate_trial_component(TrialComponentName=component, TrialName=trial.trial_name)
        now = datetime.datetime.now(datetime.timezone.utc).timestamp()
        answer = metrics.batch_put_metrics(TrialComponentName=component, MetricData=[
            {"MetricName": metric, "Timestamp": int(now) + step, "Step": step, "Value": value}
            for metric, scale in (("test:accuracy", 1), ("test:loss", 0.01)) for step, value in enumerate(value * scale for value in values)])
        assert not answer.get("Errors")
        trials[channels] = trial.trial_name
    yield name, trials
    experiment.delete_all("--force")


def test_the_best_of_the_sweep_comes_first(session, sweep):
    from sagemaker.analytics import ExperimentAnalytics

    name, _ = sweep
    analytics = ExperimentAnalytics(
        sagemaker_session=session, experiment_name=name,
        search_expression={"Filters": [{"Name": "DisplayName", "Operator": "Equals", "Value": "Training"}]},
        sort_by="metrics.test:accuracy.max", sort_order="Descending", metric_names=["test:accuracy"],
        parameter_names=["hidden_channels", "epochs", "dropout", "optimizer"])
    table = analytics.dataframe()
    assert list(table.columns) == [
        "TrialComponentName", "DisplayName", "dropout", "epochs", "hidden_channels", "optimizer",
        "test:accuracy - Min", "test:accuracy - Max", "test:accuracy - Avg", "test:accuracy - StdDev", "test:accuracy - Last",
        "test:accuracy - Count", "SageMaker.ModelArtifact - MediaType", "SageMaker.ModelArtifact - Value"]
    assert list(table["hidden_channels"]) == [5, 10, 2]
    assert list(table["test:accuracy - Max"]) == [98.25, 97.5, 97.0]
    best = table.iloc[0]
    assert (best["test:accuracy - Min"], best["test:accuracy - Avg"], best["test:accuracy - Last"], best["test:accuracy - Count"]) == (
        96.5, 97.375, 98.25, 2)
    second = table[table["hidden_channels"] == 2].iloc[0]
    assert second["test:accuracy - StdDev"] == pytest.approx(1.4142135623730951)
    assert (best["optimizer"], best["dropout"], best["epochs"]) == ('"sgd"', 0.2, 2)


def test_the_lineage_of_one_trial(session, sweep):
    from sagemaker.analytics import ExperimentAnalytics

    name, trials = sweep
    table = ExperimentAnalytics(
        sagemaker_session=session,
        search_expression={"Filters": [{"Name": "Parents.TrialName", "Operator": "Equals", "Value": trials[2]}]},
        sort_by="CreationTime", sort_order="Ascending").dataframe()
    assert list(table["DisplayName"]) == ["Preprocessing", "Training"]
    assert table["TrialComponentName"][1] == f"{name}-2-training"
    assert (table["normalization_mean"][0], table["normalization_std"][0]) == (0.1307, 0.3081)
    assert (table["mnist-dataset - MediaType"][0], table["mnist-dataset - Value"][0]) == ("s3/uri", "s3://bucket/mnist")
    assert (table["hidden_channels"][1], table["test:accuracy - Last"][1], table["test:loss - Count"][1]) == (2, 97.0, 2)
    assert table["SageMaker.ModelArtifact - Value"][1] == f"s3://bucket/{name}-2-training/model.tar.gz"
    assert {"backend", "test:loss - Min"} <= set(table.columns)


def test_more_components_than_a_page(session, sweep):
    from sagemaker.analytics import ExperimentAnalytics

    client = session.sagemaker_client
    name = "many-" + uuid.uuid4().hex[:10]
    for number in range(23):
        client.create_trial_component(TrialComponentName=f"{name}-{number}", DisplayName=name, Parameters={"n": {"NumberValue": number}})
    table = ExperimentAnalytics(
        sagemaker_session=session, search_expression={"Filters": [{"Name": "DisplayName", "Operator": "Equals", "Value": name}]},
        sort_by="parameters.n", sort_order="Descending").dataframe()
    assert list(table["n"]) == list(range(23))[::-1]


def test_searches_of_sagemaker_experiments(session, sweep):
    from smexperiments.search_expression import BooleanOperator, Filter, NestedFilter, Operator, SearchExpression
    from smexperiments.trial_component import TrialComponent

    name, trials = sweep
    high = Filter(name="Metrics.test:accuracy.Max", operator=Operator.GREATER_THAN, value="98")
    first = NestedFilter(property_name="Parents", filters=[Filter(name="Parents.TrialName", operator=Operator.EQUALS, value=trials[10])])
    training = Filter(name="DisplayName", operator=Operator.EQUALS, value="Training")
    either = SearchExpression(filters=[high], nested_filters=[first], boolean_operator=BooleanOperator.OR)
    found = TrialComponent.search(
        search_expression=SearchExpression(filters=[training, Filter(name="Parents.ExperimentName", operator=Operator.EQUALS, value=name)],
                                           sub_expressions=[either]),
        sort_by="DisplayName", sort_order="Ascending", sagemaker_boto_client=session.sagemaker_client)
    assert [component.trial_component_name for component in found] == [f"{name}-5-training", f"{name}-10-training"]
