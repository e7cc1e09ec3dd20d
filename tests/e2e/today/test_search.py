"""Search and GetSearchSuggestions: every operator and kind of property, nested filters, expressions, orders, pages, and what is refused."""

import base64
import datetime
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from jobs import wait_until

COMPONENTS = "ExperimentTrialComponent"


@pytest.fixture
def name():
    return "sweep-" + uuid.uuid4().hex[:10]


def where(*filters, **more):
    """A search expression of (name, operator, value) filters."""
    made = [{"Name": one[0], "Operator": one[1], **({"Value": one[2]} if len(one) > 2 else {})} for one in filters]
    return {**({"Filters": made} if made else {}), **more}


class Sweep:
    """An experiment with two trials and four components: three of its own, the first in both trials, and one that belongs to no trial."""

    def __init__(self, api, name):
        self.api, self.name = api, name
        api.create_experiment(ExperimentName=name, Description="of digits", Tags=[{"Key": "team", "Value": "vision"}])
        for trial in ("a", "b"):
            api.create_trial(TrialName=f"{name}-{trial}", ExperimentName=name, Tags=[{"Key": "turn", "Value": trial}])
        self.add("1", {"lr": 0.5, "optimizer": "sgd", "depth": 2}, "Completed", trials="ab", message="done", artifact="s3://bucket/one.csv")
        self.add("2", {"lr": 0.25, "optimizer": "adam", "x.y:z": 1}, "Failed", trials="b", message="out of memory")
        self.add("3", {"lr": 1, "optimizer": 0.5}, "InProgress", trials="b", start=datetime.datetime(2026, 1, 2, 3, 4, 5, 500000))
        self.add("4", {}, None)

    def add(self, suffix, parameters, status, trials="", message=None, artifact=None, start=None):
        kind = {float: "NumberValue", int: "NumberValue", str: "StringValue"}
        request = {"Parameters": {key: {kind[type(value)]: value} for key, value in parameters.items()}}
        if status:
            request["Status"] = {"PrimaryStatus": status, **({"Message": message} if message else {})}
        if artifact:
            request["InputArtifacts"] = {"data.set": {"MediaType": "text/csv", "Value": artifact}}
        if start:
            request["StartTime"] = start.replace(tzinfo=datetime.timezone.utc)
        component = f"{self.name}-{suffix}"
        self.api.create_trial_component(TrialComponentName=component, DisplayName=f"Step-{suffix}",
                                        Tags=[{"Key": "sweep.id:1", "Value": self.name}, {"Key": "step", "Value": suffix}], **request)
        for trial in trials:
            self.api.associate_trial_component(TrialComponentName=component, TrialName=f"{self.name}-{trial}")

    def found(self, *filters, order="CreationTime", ascending=True, resource=COMPONENTS, page=100, **more):
        """The suffixes of the components that are found, among those of this sweep."""
        request = {"Resource": resource, "SortBy": order, "SortOrder": "Ascending" if ascending else "Descending", "MaxResults": page}
        own = {"Name": "Tags.sweep.id:1", "Value": self.name}
        expression = {"Filters": [own], "SubExpressions": [where(*filters, **more)]} if filters or more else {"Filters": [own]}
        suffixes = []
        while True:
            answer = self.api.search(SearchExpression=expression, **request)
            suffixes += [result["TrialComponent"]["TrialComponentName"].rsplit("-", 1)[1] for result in answer["Results"]]
            if "NextToken" not in answer:
                assert answer["TotalHits"] == {"Value": len(suffixes), "Relation": "EqualTo"}
                return "".join(suffixes)
            assert len(answer["Results"]) == page
            request["NextToken"] = answer["NextToken"]


@pytest.fixture(scope="module")
def sweep(platform):
    return Sweep(platform.sagemaker, "sweep-" + uuid.uuid4().hex[:10])


@pytest.mark.parametrize("filters, wanted", [
    ([("Parameters.lr", "Equals", "0.5")], "1"),
    ([("Parameters.lr", "NotEquals", "0.50")], "234"),
    ([("Parameters.lr", "GreaterThan", "0.25")], "13"),
    ([("Parameters.lr", "GreaterThanOrEqualTo", "0.25")], "123"),
    ([("Parameters.lr", "LessThan", "5e-1")], "2"),
    ([("Parameters.lr", "LessThanOrEqualTo", "0.5")], "12"),
    ([("Parameters.lr", "Exists")], "123"),
    ([("Parameters.lr", "NotExists")], "4"),
    ([("Parameters.optimizer", "Equals", "sgd")], "1"),
    ([("Parameters.optimizer", "Equals", "0.5")], "3"),
    ([("Parameters.optimizer", "In", "adam,sgd")], "12"),
    ([("Parameters.optimizer", "Contains", "da")], "2"),
    ([("Parameters.x.y:z", "Exists")], "2"),
    ([("Parameters.LR", "Exists")], ""),
    ([("Parameters.Lr", "NotExists")], "1234"),
    ([("Parameters", "Exists")], "123"),
    ([("DisplayName", "Equals", "Step-2")], "2"),
    ([("displayname", "NotEquals", "Step-2")], "134"),
    ([("DisplayName", "Contains", "p-3")], "3"),
    ([("DisplayName", "Contains", "Step"), ("DisplayName", "Contains", "-1")], "1"),
    ([("TrialComponentName", "In", "nobody,other")], ""),
    ([("Status.PrimaryStatus", "NotEquals", "Completed")], "234"),
    ([("Status.PrimaryStatus", "In", "Failed,InProgress")], "23"),
    ([("Status.Message", "Contains", "memory")], "2"),
    ([("Status", "NotExists")], "4"),
    ([("Tags.step", "Equals", "3")], "3"),
    ([("Tags.step", "In", "1,4,9")], "14"),
    ([("Tags.none", "Exists")], ""),
    ([("InputArtifacts.data.set", "Contains", "one")], "1"),
    ([("InputArtifacts.data.set.Value", "Equals", "s3://bucket/one.csv")], "1"),
    ([("InputArtifacts.data.set.mediaType", "Equals", "text/csv")], "1"),
    ([("InputArtifacts", "Contains", "bucket"), ("InputArtifacts", "Contains", "csv")], "1"),
    ([("OutputArtifacts", "Exists")], ""),
    ([("StartTime", "Equals", "2026-01-02T03:04:05")], "3"),
    ([("StartTime", "Equals", "2026-01-02T03:04:05.500Z")], "3"),
    ([("StartTime", "Equals", "2026-01-02T03:04:05.501Z")], ""),
    ([("StartTime", "GreaterThan", "2026-01-02T03:04:05.4")], "3"),
    ([("StartTime", "LessThan", "2026-01-02T05:04:05+02:00")], ""),
    ([("StartTime", "LessThanOrEqualTo", "2026-01-02T05:04:06+02:00")], "3"),
    ([("CreationTime", "GreaterThan", "2020-01-01T00:00:00Z")], "1234"),
    ([("CreatedBy.IamIdentity.Arn", "Contains", "arn:aws:")], "1234"),
])
def test_filters(sweep, filters, wanted):
    assert sweep.found(*filters) == wanted


def test_parents(sweep):
    assert sweep.found(("Parents.ExperimentName", "Equals", sweep.name)) == "123"
    assert sweep.found(("Parents.TrialName", "Equals", sweep.name + "-a")) == "1"
    assert sweep.found(("parents.trialname", "Equals", sweep.name + "-b")) == "123"
    assert sweep.found(("Parents.TrialName", "NotEquals", sweep.name + "-a")) == "234"
    assert sweep.found(("Parents.TrialName", "NotExists")) == "4"
    assert sweep.found(("Parents", "Exists")) == "123"
    assert sweep.found(("Parents.TrialName", "In", f"x,{sweep.name}-a")) == "1"


def test_expressions(sweep):
    low, sgd = ("Parameters.lr", "LessThan", "0.5"), ("Parameters.optimizer", "Equals", "sgd")
    assert sweep.found(low, sgd) == "" == sweep.found(low, sgd, Operator="And")
    assert sweep.found(low, sgd, Operator="Or") == "12"
    assert sweep.found(low, Operator="Or", SubExpressions=[where(sgd, ("Parameters.depth", "Equals", "2"))]) == "12"
    assert sweep.found(SubExpressions=[where(low), where(("Status.PrimaryStatus", "Equals", "Failed"))]) == "2"
    assert sweep.found(SubExpressions=[where(low), where(sgd)], Operator="Or") == "12"

    def nested(*filters, of="Parents"):
        return {"NestedFilters": [{"NestedPropertyName": of, "Filters": where(*filters)["Filters"]}]}

    a, b = ("Parents.TrialName", "Equals", sweep.name + "-a"), ("Parents.TrialName", "Equals", sweep.name + "-b")
    assert sweep.found(a, b) == "1", "one trial of it is a, another b"
    assert sweep.found(**nested(a, b)) == "", "no trial is both"
    assert sweep.found(**nested(b, ("Parents.ExperimentName", "Equals", sweep.name))) == "123"
    assert sweep.found(**nested(("Parents.TrialName", "NotEquals", sweep.name + "-b"))) == "1", "one that is not b"
    assert sweep.found(**nested(("Tags.Key", "Equals", "step"), ("Tags.Value", "In", "2,3"), of="Tags")) == "23"


def test_orders(sweep):
    assert sweep.found(order="Parameters.lr") == "2134", "those without a value come last"
    assert sweep.found(order="parameters.lr", ascending=False) == "3124"
    assert sweep.found(order="Parameters.optimizer") == "3214", "numbers, then texts"
    assert sweep.found(order="DisplayName", ascending=False) == "4321"
    assert sweep.found(order="Status.PrimaryStatus") == "1234"
    assert sweep.found(order="LastModifiedTime") == sweep.found(order="CreationTime") == "1234"
    for size in (1, 2, 3):
        assert sweep.found(order="Parameters.lr", page=size) == "2134"
        assert sweep.found(order="Parameters.none", page=size, ascending=False) == "4321"


def test_metrics(platform, name):
    variables = platform.server.env()
    metrics = boto3.client("sagemaker-metrics", endpoint_url=platform.server.url, region_name="us-east-1",
                           aws_access_key_id=variables["AWS_ACCESS_KEY_ID"], aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"])
    sweep = Sweep(platform.sagemaker, name)
    first = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    for suffix, values in (("1", (0.5, 0.25)), ("2", (0.75,)), ("3", (-1, 3))):
        put = metrics.batch_put_metrics(TrialComponentName=f"{name}-{suffix}", MetricData=[
            {"MetricName": metric, "Value": value, "Step": step, "Timestamp": first + datetime.timedelta(seconds=step)}
            for metric in ("test:accuracy", "val.loss", "odd.max") for step, value in enumerate(values)])
        assert not put.get("Errors")
    assert sweep.found(("Metrics.test:accuracy.Max", "GreaterThan", "0.5")) == "23"
    assert sweep.found(("metrics.test:accuracy.min", "LessThanOrEqualTo", "0.25")) == "13"
    assert sweep.found(("Metrics.test:accuracy.Last", "Equals", "3.0")) == "3" == sweep.found(("Metrics.test:accuracy", "Equals", "3"))
    assert sweep.found(("Metrics.test:accuracy.Avg", "Equals", "0.375")) == "1"
    assert sweep.found(("Metrics.test:accuracy.StdDev", "Equals", "0")) == "2"
    assert sweep.found(("Metrics.val.loss.Count", "Equals", "2")) == "13"
    assert sweep.found(("Metrics.val.loss.TimeStamp", "Equals", first.strftime("%Y-%m-%dT%H:%M:%S"))) == "2"
    assert sweep.found(("Metrics.odd.max", "Equals", "0.75")) == "2" == sweep.found(("Metrics.odd.max.Last", "Equals", "0.75"))
    assert sweep.found(("Metrics.test:Accuracy.Max", "Exists")) == ""
    assert sweep.found(("Metrics", "NotExists")) == "4"
    assert sweep.found(order="metrics.test:accuracy.max", ascending=False) == "3214"
    assert sweep.found(order="Metrics.test:accuracy.min", page=1) == "3124"
    metrics.batch_put_metrics(TrialComponentName=f"{name}-4", MetricData=[
        {"MetricName": "test:accuracy", "Value": 9, "Step": 0, "Timestamp": first}])
    assert sweep.found(order="metrics.test:accuracy.max", ascending=False) == "4321"
    answer = sweep.api.search(Resource=COMPONENTS, SearchExpression=where(("TrialComponentName", "Equals", name + "-1")))["Results"]
    assert answer[0]["TrialComponent"]["Metrics"] == sweep.api.describe_trial_component(TrialComponentName=name + "-1")["Metrics"]


def test_what_is_found(sweep):
    answer = sweep.api.search(Resource=COMPONENTS, SearchExpression=where(("Tags.sweep.id:1", "Equals", sweep.name)), MaxResults=100)
    found = {result["TrialComponent"]["DisplayName"]: result["TrialComponent"] for result in answer["Results"]}
    assert list(found) == ["Step-4", "Step-3", "Step-2", "Step-1"], "by time, latest first"
    first, last = found["Step-1"], found["Step-4"]
    described = sweep.api.describe_trial_component(TrialComponentName=first["TrialComponentName"])
    for member in ("TrialComponentName", "TrialComponentArn", "DisplayName", "Status", "CreationTime", "LastModifiedTime", "CreatedBy",
                   "LastModifiedBy", "Parameters", "InputArtifacts", "OutputArtifacts", "Metrics"):
        assert first[member] == described[member], member
    assert first["Parents"] == [{"TrialName": f"{sweep.name}-{trial}", "ExperimentName": sweep.name} for trial in "ab"]
    assert first["Tags"] == [{"Key": "sweep.id:1", "Value": sweep.name}, {"Key": "step", "Value": "1"}]
    assert (last["Parameters"], last["InputArtifacts"], last["OutputArtifacts"], last["Metrics"], last["Parents"]) == ({}, {}, {}, [], [])

    trials = sweep.api.search(Resource="ExperimentTrial", SearchExpression=where(("ExperimentName", "Equals", sweep.name)),
                              SortBy="TrialName", SortOrder="Descending")["Results"]
    assert [trial["Trial"]["TrialName"] for trial in trials] == [sweep.name + "-b", sweep.name + "-a"]
    assert {part["TrialComponentName"][-1] for part in trials[0]["Trial"]["TrialComponentSummaries"]} == {"1", "2", "3"}
    assert trials[1]["Trial"]["Tags"] == [{"Key": "turn", "Value": "a"}]
    experiments = sweep.api.search(Resource="Experiment", SearchExpression=where(("Tags.team", "Equals", "vision"),
                                                                                 ("Description", "Contains", "digits")))["Results"]
    assert sweep.name in [experiment["Experiment"]["ExperimentName"] for experiment in experiments]


def test_changes_are_found_at_once(platform, name):
    api = platform.sagemaker
    sweep = Sweep(api, name)
    api.update_trial_component(TrialComponentName=name + "-4", Parameters={"lr": {"NumberValue": 9}}, Status={"PrimaryStatus": "Stopped"})
    assert sweep.found(("Parameters.lr", "Equals", "9")) == "4" == sweep.found(("Status.PrimaryStatus", "Equals", "Stopped"))
    assert sweep.found(order="LastModifiedTime", ascending=False)[0] == "4"
    api.update_trial_component(TrialComponentName=name + "-4", ParametersToRemove=["lr"])
    assert sweep.found(("Parameters.lr", "Exists")) == "123"
    arn = api.describe_trial_component(TrialComponentName=name + "-2")["TrialComponentArn"]
    api.add_tags(ResourceArn=arn, Tags=[{"Key": "best", "Value": ""}])
    assert sweep.found(("Tags.best", "Exists")) == "2"
    api.delete_tags(ResourceArn=arn, TagKeys=["best"])
    assert sweep.found(("Tags.best", "Exists")) == ""
    api.disassociate_trial_component(TrialComponentName=name + "-2", TrialName=name + "-b")
    assert sweep.found(("Parents.ExperimentName", "Equals", name)) == "13"
    api.delete_trial_component(TrialComponentName=name + "-2")
    assert sweep.found() == "134"


def test_pages_stay_the_same_while_rows_are_added(platform, name):
    api = platform.sagemaker

    def add(number, value):
        api.create_trial_component(TrialComponentName=f"{name}-{number}", Parameters={"v": {"NumberValue": value}},
                                   Tags=[{"Key": "of", "Value": name}])

    for number in range(12):
        add(number, number % 5)
    request = {"Resource": COMPONENTS, "SortBy": "Parameters.v", "SortOrder": "Ascending", "MaxResults": 3,
               "SearchExpression": where(("Tags.of", "Equals", name))}
    seen = []
    while True:
        answer = api.search(**request)
        seen += [int(result["TrialComponent"]["TrialComponentName"].rsplit("-", 1)[1]) for result in answer["Results"]]
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
        add(100 + len(seen), -1)  # before all pages to come
    assert [number for number in seen if number < 100] == sorted(range(12), key=lambda number: (number % 5, number))
    assert not [number for number in seen if number >= 100]


def refused(api, text, **request):
    with pytest.raises(ClientError) as error:
        api.search(**{"Resource": COMPONENTS, **request})
    assert error.value.response["Error"]["Code"] == "ValidationException"
    assert text in error.value.response["Error"]["Message"]


@pytest.mark.parametrize("filters, text", [
    ([("Colour", "Equals", "red")], "Unknown property name: Colour"),
    ([("Status.Colour", "Exists")], "Unknown property name: Status.Colour"),
    ([("DisplayName.x", "Exists")], "Unknown property name: DisplayName.x"),
    ([("Parents.Colour", "Exists")], "Unknown property name: Parents.Colour"),
    ([("Status.", "Exists")], "Unknown property name: Status."),
    ([(".", "Exists")], "Unknown property name: ."),
    ([("DisplayName", "Like", "x")], "Value 'Like' at 'searchExpression.filters.1.member.operator' failed to satisfy constraint: "
                                     "Member must satisfy enum value set:"),
    ([("DisplayName", "GreaterThan", "a")], "The operator GreaterThan is not supported for the property DisplayName"),
    ([("Metrics.loss.Max", "Contains", "1")], "The operator Contains is not supported for the property Metrics.loss.Max"),
    ([("Metrics.loss.Max", "In", "1,2")], "The operator In is not supported"),
    ([("StartTime", "Contains", "2026")], "The operator Contains is not supported"),
    ([("Parameters", "Equals", "1")], "The operator Equals is not supported for the property Parameters"),
    ([("Metrics.loss.Max", "LessThan", "low")], "Invalid value 'low' for the property Metrics.loss.Max"),
    ([("Metrics.loss.Max", "LessThan", "NaN")], "Invalid value 'NaN'"),
    ([("Metrics.loss.Max", "LessThan", "Infinity")], "Invalid value 'Infinity'"),
    ([("Parameters.lr", "LessThan", "low")], "Invalid value 'low' for the property Parameters.lr"),
    ([("StartTime", "LessThan", "yesterday")], "Invalid value 'yesterday' for the property StartTime"),
    ([("StartTime", "LessThan", "1700000000")], "Invalid value '1700000000'"),
    ([("Parameters.lr", "LessThan")], "needs a value"),
    ([("DisplayName", "Equals", "x" * 1025)], "Member must have length less than or equal to 1024"),
    ([("x" * 256, "Exists")], "Member must have length less than or equal to 255"),
    ([("Status.Message", "Contains", "a"), ("Status.PrimaryStatus", "Contains", "b")], "'CONTAINS' operator usage limit of 1 exceeded."),
    ([("DisplayName", "Exists")] * 21, "Member must have length less than or equal to 20"),
])
def test_filters_that_are_refused(platform, filters, text):
    refused(platform.sagemaker, text, SearchExpression=where(*filters))


def test_requests_that_are_refused(platform, sweep):
    api = platform.sagemaker
    refused(api, "at least one subexpression, filter or nested filter", SearchExpression={})
    refused(api, "at least one subexpression, filter or nested filter", SearchExpression={"SubExpressions": [{"Operator": "Or"}]})
    refused(api, "Unknown property name: colour", SortBy="colour")
    refused(api, "cannot be sorted by the property Parameters", SortBy="Parameters")
    refused(api, "sortOrder", SortOrder="Sideways")
    refused(api, "maxResults", MaxResults=101)
    refused(api, "Clary has no resources of the type FeatureGroup to search", Resource="FeatureGroup")
    refused(api, "Value 'Teapot' at 'resource' failed to satisfy constraint", Resource="Teapot")
    twenty = where(*[("DisplayName", "Exists")] * 20)
    refused(api, "at most 50", SearchExpression={"SubExpressions": [twenty, twenty, twenty]})
    deep = where(("DisplayName", "Exists"))
    for _ in range(60):
        deep = {"SubExpressions": [deep]}
    refused(api, "at most 50", SearchExpression=deep)

    def nested(of, *filters):
        return {"NestedFilters": [{"NestedPropertyName": of, "Filters": where(*filters)["Filters"]}]}

    refused(api, "is no list of objects", SearchExpression=nested("DisplayName", ("DisplayName.x", "Exists")))
    refused(api, "Unknown property name: Colours", SearchExpression=nested("Colours", ("Colours.x", "Exists")))
    refused(api, "is not one of Parents", SearchExpression=nested("Parents", ("DisplayName", "Exists")))
    refused(api, "Unknown property name: Parents.Colour", SearchExpression=nested("Parents", ("Parents.Colour", "Exists")))


def test_tokens_that_are_refused(platform, sweep):
    api = platform.sagemaker
    expression = where(("Tags.sweep.id:1", "Equals", sweep.name))
    token = api.search(Resource=COMPONENTS, SearchExpression=expression, MaxResults=1)["NextToken"]
    assert len(api.search(Resource=COMPONENTS, SearchExpression=expression, MaxResults=100, NextToken=token)["Results"]) == 3
    for forged in ("forged", "Zm9yZ2Vk", base64.b64encode(b"0.0.0.n").decode(), base64.b64encode(base64.b64decode(token)[:-2]).decode() + "=="):
        refused(api, "Invalid pagination token", SearchExpression=expression, NextToken=forged)
    refused(api, "Invalid pagination token", NextToken=token)
    refused(api, "Invalid pagination token", SearchExpression=expression, SortBy="DisplayName", NextToken=token)
    refused(api, "Invalid pagination token", SearchExpression=expression, SortOrder="Ascending", NextToken=token)
    refused(api, "Invalid pagination token", Resource="Experiment", NextToken=token)
    head, _, rest = base64.b64decode(token).decode().partition(".")
    for place in ("nan", "1", "", "9223372036854775807.9223372036854775807.q", "9221120237041090560.1.n"):
        refused(api, "Invalid pagination token", SearchExpression=expression, NextToken=base64.b64encode(f"{head}.{place}".encode()).decode())
    refused(api, "nextToken", NextToken="x" * 8193)


def test_other_resources(platform, name):
    api = platform.sagemaker
    api.create_model(ModelName=name, ExecutionRoleArn="arn:aws:iam::000000000000:role/service-role/r",
                     PrimaryContainer={"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
                                       "ModelDataUrl": platform.put(name + "/m.tar.gz", b"x"), "Environment": {"A_B": "c"}}, Tags=[{"Key": "of", "Value": name}])
    for filters in ([("ModelName", "Equals", name)], [("Model.ModelName", "Equals", name)], [("Tags.of", "Equals", name)],
                    [("PrimaryContainer.Environment.A_B", "Equals", "c"), ("ModelName", "Contains", name)]):
        results = api.search(Resource="Model", SearchExpression=where(*filters))["Results"]
        assert [result["Model"]["Model"]["ModelName"] for result in results] == [name]
    found = results[0]["Model"]["Model"]
    described = api.describe_model(ModelName=name)
    assert (found["ModelArn"], found["PrimaryContainer"], found["Tags"]) == (
        described["ModelArn"], described["PrimaryContainer"], [{"Key": "of", "Value": name}])
    assert api.search(Resource="Endpoint", SearchExpression=where(("EndpointName", "Equals", name)))["Results"] == []
    assert "Results" in api.search(Resource="TrainingJob")


def test_suggestions(platform, sweep):
    def suggested(hint, resource=COMPONENTS):
        answer = platform.sagemaker.get_search_suggestions(Resource=resource, SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": hint}})
        return [suggestion["PropertyName"] for suggestion in answer["PropertyNameSuggestions"]]

    # An answer has only the first of many, and other tests' components have parameters too.
    for parameter in ("Parameters.lr", "Parameters.optimizer", "Parameters.x.y:z"):
        assert parameter in suggested(parameter)
    assert all(one.startswith("Parameters.") for one in suggested("Parameters."))
    assert suggested("parents.t") == ["Parents.TrialName"]
    assert suggested("Tags.sweep.i") == ["Tags.sweep.id:1"]
    assert suggested("zzz") == []
    assert "CreationTime" in suggested("", "Experiment")
    assert platform.sagemaker.get_search_suggestions(Resource="TrainingJob")["PropertyNameSuggestions"]
    with pytest.raises(ClientError, match="no resources of the type ImageVersion"):
        platform.sagemaker.get_search_suggestions(Resource="ImageVersion")


def test_jobs_and_the_components_that_tell_of_them(platform, name):
    api = platform.sagemaker

    def channel(of, uri):
        return {"ChannelName": of, "ContentType": "text/csv" if of == "train" else "text/plain", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}}}

    api.create_training_job(  # no runtime is meant by its image, so that it fails at once
        TrainingJobName=name, RoleArn=platform.role, AlgorithmSpecification={"TrainingImage": "nothing/known:1", "TrainingInputMode": "File"},
        HyperParameters={"lr": "0.5", "optimizer": '"sgd"', "rate": "1.5"}, Environment={"PLACE": "here"},
        InputDataConfig=[channel("train", "s3://bucket/one"), channel("test", "s3://bucket/two")],
        OutputDataConfig={"S3OutputPath": "s3://bucket/output"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 7}, Tags=[{"Key": "of", "Value": name}])
    job = wait_until(lambda: (lambda found: found["TrainingJobStatus"] == "Failed" and found)(api.describe_training_job(TrainingJobName=name)), 60)

    def found(*filters, resource="TrainingJob", **more):
        expression = {"Filters": where(("Tags.of", "Equals", name))["Filters"], "SubExpressions": [where(*filters, **more)]}
        return [result[resource]["TrainingJobName"] for result in api.search(Resource=resource, SearchExpression=expression)["Results"]]

    for filters in ([("TrainingJobStatus", "Equals", "Failed")], [("ResourceConfig.VolumeSizeInGB", "GreaterThan", "6.5")],
                    [("HyperParameters.lr", "LessThan", "0.6")], [("HyperParameters.lr", "LessThan", "1")],
                    [("HyperParameters.optimizer", "Equals", '"sgd"')], [("HyperParameters.rate", "Equals", "1")],
                    [("EnableNetworkIsolation", "Equals", "false")], [("Environment.PLACE", "In", "there,here")],
                    [("InputDataConfig.ChannelName", "Equals", "test"), ("InputDataConfig.DataSource.S3DataSource.S3Uri", "Equals", "s3://bucket/one")]):
        assert found(*filters) == [name], filters
    for filters in ([("HyperParameters.rate", "GreaterThan", "1")], [("HyperParameters.lr", "GreaterThan", "0.5")],
                    [("EnableNetworkIsolation", "Equals", "true")], [("ModelArtifacts.S3ModelArtifacts", "Exists")]):
        assert found(*filters) == [], filters
    for uri, wanted in (("one", [name]), ("two", [])):
        nested = where(("InputDataConfig.ChannelName", "Equals", "train"), ("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", uri))
        assert found(NestedFilters=[{"NestedPropertyName": "InputDataConfig", "Filters": nested["Filters"]}]) == wanted
    result = api.search(Resource="TrainingJob", SearchExpression=where(("TrainingJobName", "Equals", name)))["Results"][0]["TrainingJob"]
    assert {member: result[member] for member in ("FailureReason", "InputDataConfig", "HyperParameters", "ResourceConfig")} == {
        member: job[member] for member in ("FailureReason", "InputDataConfig", "HyperParameters", "ResourceConfig")}
    assert result["Tags"] == [{"Key": "of", "Value": name}]

    component, = api.search(Resource=COMPONENTS, SearchExpression=where(
        ("Source.SourceArn", "Equals", job["TrainingJobArn"]), ("SourceDetail.TrainingJob.TrainingJobStatus", "Equals", "Failed"),
        ("SourceDetail.TrainingJob.HyperParameters.lr", "GreaterThan", "0.4")))["Results"]
    assert component["TrialComponent"]["TrialComponentName"] == name + "-aws-training-job"
    assert component["TrialComponent"]["SourceDetail"]["TrainingJob"]["FailureReason"] == job["FailureReason"]
