"""Artifacts, actions, contexts and the associations between them, by the API itself; and QueryLineage over them."""

import concurrent.futures
import datetime
import re
import uuid

import pytest
from botocore.exceptions import ClientError

SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def api(platform):
    return platform.sagemaker


@pytest.fixture
def name():
    return "digits-" + uuid.uuid4().hex[:10]


def refused(code, text, call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    assert error.value.response["Error"]["Code"] == code
    assert text in error.value.response["Error"]["Message"]


def pages(call, list_name, size=2, **request):
    """The entries of a List operation, by pages of that size."""
    found, token = [], {}
    while True:
        page = call(MaxResults=size, **request, **token)
        assert len(page[list_name]) <= size
        found += page[list_name]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


@pytest.fixture
def make(api, name):
    """make.artifact("data", "DataSet"): entities of this test, by their ARNs."""
    class Make:
        def artifact(self, of, kind="DataSet", **more):
            return api.create_artifact(Source={"SourceUri": f"s3://{name}/{of}"}, ArtifactType=kind, **more)["ArtifactArn"]

        def action(self, of, kind="ModelDeployment", **more):
            return api.create_action(ActionName=f"{name}-{of}", ActionType=kind, Source={"SourceUri": f"arn:{name}"}, **more)["ActionArn"]

        def context(self, of, kind="Endpoint", **more):
            return api.create_context(ContextName=f"{name}-{of}", ContextType=kind, Source={"SourceUri": f"arn:{name}"}, **more)["ContextArn"]

        def component(self, of):
            return api.create_trial_component(TrialComponentName=f"{name}-{of}")["TrialComponentArn"]

        def join(self, source, destination, kind="ContributedTo"):
            return api.add_association(SourceArn=source, DestinationArn=destination, AssociationType=kind)
    return Make()


def test_artifact(api, name):
    source = {"SourceUri": f"s3://{name}/train.csv", "SourceTypes": [{"SourceIdType": "S3ETag", "Value": "abc"}]}
    properties = {"rows": "1797", "empty": ""}
    arn = api.create_artifact(ArtifactName=name, Source=source, ArtifactType="DataSet", Properties=properties,
                              MetadataProperties={"CommitId": "c0ffee"}, Tags=[{"Key": "team", "Value": "a"}])["ArtifactArn"]
    assert re.fullmatch(r"arn:aws:sagemaker:[a-z0-9-]+:\d{12}:artifact/[0-9a-f]{32}", arn)
    made = api.describe_artifact(ArtifactArn=arn)
    assert (made["ArtifactName"], made["ArtifactArn"], made["ArtifactType"]) == (name, arn, "DataSet")
    assert (made["Source"], made["Properties"], made["MetadataProperties"]) == (source, properties, {"CommitId": "c0ffee"})
    assert made["CreationTime"] == made["LastModifiedTime"] and made["CreatedBy"]["IamIdentity"]["Arn"].startswith("arn:aws:")
    assert api.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]

    # A source has one artifact, whoever names it; names are no identity.
    again = {"Source": source, "ArtifactType": "Model"}
    assert api.create_artifact(ArtifactName="other", Tags=[{"Key": "b", "Value": "2"}], **again)["ArtifactArn"] == arn
    assert api.describe_artifact(ArtifactArn=arn) | {"ResponseMetadata": 0} == made | {"ResponseMetadata": 0}
    assert api.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]
    other = api.create_artifact(ArtifactName=name, Source={"SourceUri": source["SourceUri"]}, ArtifactType="DataSet")["ArtifactArn"]
    assert other != arn
    assert api.create_artifact(Source={"SourceUri": source["SourceUri"], "SourceTypes": []}, ArtifactType="DataSet")["ArtifactArn"] == other

    assert api.update_artifact(ArtifactArn=arn, ArtifactName="renamed", Properties={"k": "v", "gone": "1"},
                               PropertiesToRemove=["gone", "never-there"])["ArtifactArn"] == arn
    changed = api.describe_artifact(ArtifactArn=arn)
    assert (changed["ArtifactName"], changed["Properties"], changed["ArtifactType"]) == ("renamed", {"k": "v"}, "DataSet")
    assert changed["LastModifiedTime"] > made["LastModifiedTime"] and changed["CreationTime"] == made["CreationTime"]
    api.update_artifact(ArtifactArn=arn, PropertiesToRemove=["k"])
    assert api.describe_artifact(ArtifactArn=arn)["Properties"] == {}

    refused("ValidationException", "ArtifactArn or Source", api.delete_artifact)
    assert api.delete_artifact(Source=source)["ArtifactArn"] == arn
    assert api.delete_artifact(ArtifactArn=other, Source={"SourceUri": source["SourceUri"]})["ArtifactArn"] == other
    refused("ResourceNotFound", f"Artifact '{other}' does not exist.", api.delete_artifact, Source={"SourceUri": source["SourceUri"]})
    for call in (api.describe_artifact, api.update_artifact, api.delete_artifact):
        refused("ResourceNotFound", f"Artifact '{arn}' does not exist.", call, ArtifactArn=arn)
    elsewhere = arn.replace("artifact/", "artifact/x/")
    refused("ResourceNotFound", elsewhere, api.describe_artifact, ArtifactArn=elsewhere)
    refused("ResourceNotFound", arn, api.list_tags, ResourceArn=arn)


@pytest.mark.parametrize("kind", ["action", "context"])
def test_action_and_context(api, name, kind):
    word = kind.capitalize()
    create, describe, update, delete = (getattr(api, f"{verb}_{kind}") for verb in ("create", "describe", "update", "delete"))
    source = {"SourceUri": f"arn:aws:sagemaker:us-east-1:000000000000:endpoint/{name}", "SourceType": "ARN", "SourceId": "7"}
    more = {"Status": "InProgress", "MetadataProperties": {"ProjectId": "p"}} if kind == "action" else {}
    request = {f"{word}Name": name, f"{word}Type": "T", "Source": source, "Description": "d", "Properties": {"a": "1"}, **more}
    arn = create(Tags=[{"Key": "k", "Value": "v"}], **request)[f"{word}Arn"]
    assert arn.endswith(f":{kind}/{name}")
    made = describe(**{f"{word}Name": name})
    assert {key: made[key] for key in request} == request and made[f"{word}Arn"] == arn
    assert made["CreationTime"] == made["LastModifiedTime"] and made["CreatedBy"] == made["LastModifiedBy"]
    assert describe(**{f"{word}Name": arn})[f"{word}Name"] == name
    assert api.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    refused("ValidationException", "already exists", create, **request)

    status = {"Status": "Completed"} if kind == "action" else {}
    assert update(**{f"{word}Name": name}, Description="e", Properties={"b": "2"}, **status)[f"{word}Arn"] == arn
    changed = describe(**{f"{word}Name": name})
    assert (changed["Description"], changed["Properties"]) == ("e", {"b": "2"}) and changed.get("Status") == status.get("Status")
    assert (changed["Source"], changed[f"{word}Type"]) == (source, "T") and changed["LastModifiedTime"] > made["LastModifiedTime"]
    update(**{f"{word}Name": name}, PropertiesToRemove=["b"])
    assert describe(**{f"{word}Name": name})["Properties"] == {}

    assert delete(**{f"{word}Name": name})[f"{word}Arn"] == arn
    for call in (describe, update, delete):
        refused("ResourceNotFound", f"{word} '{arn}' does not exist.", call, **{f"{word}Name": name})
    wrong = arn.replace(f":{kind}/", ":experiment/") if kind == "action" else arn.replace("sagemaker:", "sagemaker:x", 1)
    refused("ResourceNotFound", wrong, describe, **{f"{word}Name": wrong})


def test_lists_are_filtered_sorted_and_paged(api, name, make):
    for kind, filters in (("artifact", {}), ("action", {"SortBy": "Name"}), ("context", {"SortBy": "Name"})):
        word = kind.capitalize()
        arns = [getattr(make, kind)(letter, f"T-{letter}") for letter in "cab"]
        times = [entity["CreationTime"] for entity in (
            getattr(api, f"describe_{kind}")(**{"ArtifactArn" if kind == "artifact" else f"{word}Name": arn}) for arn in arns)]

        def listed(**request):
            call = getattr(api, f"list_{kind}s")
            return [entry[f"{word}Arn"] for entry in pages(call, f"{word}Summaries", **request) if entry[f"{word}Arn"] in arns]

        assert listed() == arns[::-1] == listed(SortBy="CreationTime", SortOrder="Descending")
        assert listed(SortOrder="Ascending") == arns
        if filters:
            assert listed(SortOrder="Ascending", **filters) == sorted(arns) and listed(**filters) == sorted(arns)[::-1]
        assert listed(CreatedAfter=times[0] - SECOND, CreatedBefore=times[2] + SECOND) == arns[::-1]
        assert listed(CreatedAfter=times[2] + SECOND) == [] == listed(CreatedBefore=times[0] - SECOND)
        assert listed(**{f"{word}Type": "T-a"}) == [arns[1]] and listed(**{f"{word}Type": "T-"}) == []
        uri = f"s3://{name}/b" if kind == "artifact" else f"arn:{name}"
        assert listed(SourceUri=uri) == (arns[2:] if kind == "artifact" else arns[::-1])
        assert listed(SourceUri=uri, **{f"{word}Type": "T-b"}) == arns[2:]
        assert listed(SourceUri=uri + "x") == []
        call = getattr(api, f"list_{kind}s")
        summary = call(SourceUri=uri, MaxResults=1)[f"{word}Summaries"][0]
        assert summary["Source"]["SourceUri"] == uri and summary[f"{word}Type"] == "T-b"
        assert {f"{word}Arn", "CreationTime", "LastModifiedTime"} <= set(summary)
        if kind != "artifact":
            assert summary[f"{word}Name"] == f"{name}-b"
        refused("ValidationException", "token", call, NextToken="Zm9yZ2Vk")
        refused("ValidationException", "maxResults", call, MaxResults=101)
        refused("ValidationException", "sortBy", call, SortBy="Status")


def test_associations(api, name, make):
    data, job, model, context = make.artifact("data", ArtifactName="train"), make.component("job"), make.artifact("m", "Model"), make.context("e")
    assert make.join(data, job) | {"ResponseMetadata": 0} == {"SourceArn": data, "DestinationArn": job, "ResponseMetadata": 0}
    make.join(job, model, "Produced")
    api.add_association(SourceArn=model, DestinationArn=context)
    make.join(data, context, "AssociatedWith")
    refused("ValidationException", "already exists", api.add_association, SourceArn=data, DestinationArn=job, AssociationType="SameAs")

    def listed(**request):
        return [(entry["SourceArn"], entry["DestinationArn"]) for entry in pages(api.list_associations, "AssociationSummaries", **request)]

    first, second, third, fourth = (data, job), (job, model), (model, context), (data, context)
    assert listed(SourceArn=data) == [fourth, first] and listed(SourceArn=data, SortOrder="Ascending") == [first, fourth]
    assert listed(DestinationArn=context) == [fourth, third] and listed(SourceArn=model, DestinationArn=context) == [third]
    assert listed(SourceArn=data, DestinationArn=model) == []
    assert listed(DestinationArn=context, SortBy="SourceArn", SortOrder="Ascending") == sorted([third, fourth])
    assert listed(SourceArn=data, SortBy="DestinationArn") == sorted([first, fourth])[::-1]
    assert listed(DestinationArn=context, SortBy="SourceType", SortOrder="Ascending") == [fourth, third]  # DataSet, Model
    assert listed(SourceArn=data, SortBy="DestinationType", SortOrder="Ascending") == [first, fourth]  # none, Endpoint
    assert listed(DestinationArn=context, SourceType="Model") == [third] and listed(SourceArn=data, DestinationType="Endpoint") == [fourth]
    assert listed(SourceArn=data, DestinationType="Context") == [fourth] and listed(SourceArn=data, DestinationType="TrialComponent") == [first]
    assert listed(SourceArn=data, AssociationType="AssociatedWith") == [fourth] and listed(SourceArn=data, AssociationType="SameAs") == []
    made = api.list_associations(SourceArn=data, DestinationArn=job)["AssociationSummaries"][0]
    assert (made["SourceName"], made["SourceType"], made["DestinationName"], made["AssociationType"]) == (
        "train", "DataSet", f"{name}-job", "ContributedTo")
    assert "DestinationType" not in made and made["CreatedBy"]["IamIdentity"]["Arn"].startswith("arn:aws:")
    untold = api.list_associations(SourceArn=model)["AssociationSummaries"][0]
    assert "AssociationType" not in untold and "SourceName" not in untold and untold["DestinationName"] == f"{name}-e"
    at = made["CreationTime"]
    assert listed(SourceArn=data, CreatedAfter=at - SECOND, CreatedBefore=at + 60 * SECOND) == [fourth, first]
    assert listed(SourceArn=data, CreatedBefore=at - SECOND) == [] == listed(SourceArn=data, CreatedAfter=at + 60 * SECOND)
    assert {first, second, third, fourth} <= set(listed(size=100))
    refused("ValidationException", "token", api.list_associations, NextToken="Zm9yZ2Vk")
    refused("ValidationException", "sourceArn", api.list_associations, SourceArn="arn:aws:sagemaker:us-east-1:000000000000:model/m")

    # Nothing that is at an end of an association goes before it, but for a trial component, which takes its own along.
    for call, request in ((api.delete_artifact, {"ArtifactArn": data}), (api.delete_artifact, {"ArtifactArn": model}),
                          (api.delete_context, {"ContextName": f"{name}-e"})):
        refused("ValidationException", "is linked to 1 or more associations and cannot be deleted", call, **request)
    api.delete_trial_component(TrialComponentName=f"{name}-job")
    assert listed(SourceArn=data) == [fourth] and listed(DestinationArn=model) == [] == listed(SourceArn=job)
    assert api.delete_association(SourceArn=data, DestinationArn=context)["SourceArn"] == data
    refused("ResourceNotFound", "does not exist", api.delete_association, SourceArn=data, DestinationArn=context)
    refused("ResourceNotFound", job, api.delete_association, SourceArn=data, DestinationArn=job)
    for absent in (job, context.replace(name, "absent"), context.replace("context/", "experiment/"), re.sub(r":\d{12}:", ":999999999999:", context)):
        refused("ResourceNotFound", f"Lineage entity '{absent}' does not exist.", api.add_association, SourceArn=data, DestinationArn=absent)
        refused("ResourceNotFound", absent, api.add_association, SourceArn=absent, DestinationArn=data)
    api.delete_association(SourceArn=model, DestinationArn=context)
    api.delete_context(ContextName=f"{name}-e")
    for arn in (data, model):
        api.delete_artifact(ArtifactArn=arn)


def arns_of(answer):
    return {vertex["Arn"] for vertex in answer["Vertices"]}


def edges_of(answer):
    return {(edge["SourceArn"], edge["DestinationArn"]) for edge in answer["Edges"]}


@pytest.fixture
def graph(make):
    """data, image > job > model > action > endpoint; image > action; `other` data has made a second model of the same image."""
    arns = {"data": make.artifact("data", Properties={"rows": "1797", "columns": "64"}), "image": make.artifact("image", "Image"),
            "job": make.component("job"), "model": make.artifact("model", "Model"), "action": make.action("deploy", Properties={"columns": "1"}),
            "endpoint": make.context("endpoint"), "other": make.artifact("other"), "second": make.component("second"),
            "model2": make.artifact("model2", "Model")}
    for source, destination, kind in (
            ("data", "job", "ContributedTo"), ("image", "job", "ContributedTo"), ("job", "model", "Produced"), ("model", "action", "ContributedTo"),
            ("image", "action", "ContributedTo"), ("action", "endpoint", "AssociatedWith"), ("other", "second", "ContributedTo"),
            ("image", "second", "ContributedTo"), ("second", "model2", "Produced")):
        make.join(arns[source], arns[destination], kind)
    return arns


def test_query(api, graph):
    names = {arn: name for name, arn in graph.items()}

    def asked(start, direction="Ascendants", **request):
        answer = api.query_lineage(StartArns=[graph[start]], Direction=direction, **request)
        assert request.get("IncludeEdges") or answer["Edges"] == []
        return {names[arn] for arn in arns_of(answer)}

    assert asked("endpoint") == {"action", "model", "image", "job", "data"}
    assert asked("endpoint", Filters={"Types": ["DataSet"]}) == {"data"}
    assert asked("data", "Descendants", Filters={"LineageTypes": ["Context"], "Types": ["Endpoint"]}) == {"endpoint"}
    assert asked("endpoint", "Descendants") == set() == asked("data")
    assert asked("data", "Both") == set(graph) - {"data"}
    assert arns_of(api.query_lineage(StartArns=[graph["data"]])) == set(names) - {graph["data"]}  # both ways is the default
    assert asked("data", "Both", MaxDepth=2) == {"job", "image", "model"}
    assert asked("endpoint", MaxDepth=1) == {"action"}
    assert asked("endpoint", Filters={"LineageTypes": ["Artifact", "TrialComponent"]}) == {"model", "image", "job", "data"}
    assert asked("endpoint", Filters={"Properties": {"columns": "64", "rows": "0"}}) == {"data"}  # either pair will do
    assert asked("endpoint", Filters={"Properties": {"columns": "1"}}) == {"action"}
    assert asked("endpoint", Filters={"Properties": {"columns": "2"}}) == set() == asked("endpoint", Filters={"Types": ["Nothing"]})
    at = api.describe_artifact(ArtifactArn=graph["data"])["CreationTime"]
    assert asked("endpoint", Filters={"CreatedBefore": at - SECOND}) == set() == asked("endpoint", Filters={"ModifiedAfter": at + 600 * SECOND})
    assert len(asked("endpoint", Filters={"CreatedAfter": at - SECOND, "ModifiedBefore": at + 600 * SECOND})) == 5


def test_query_tells_edges(api, graph):
    answer = api.query_lineage(StartArns=[graph["endpoint"]], Direction="Ascendants", IncludeEdges=True)
    assert [vertex["Arn"] for vertex in answer["Vertices"]][0] == graph["endpoint"]
    kinds = {vertex["Arn"]: (vertex["LineageType"], vertex.get("Type")) for vertex in answer["Vertices"]}
    assert kinds == {graph[name]: kind for name, kind in {
        "endpoint": ("Context", "Endpoint"), "action": ("Action", "ModelDeployment"), "model": ("Artifact", "Model"),
        "image": ("Artifact", "Image"), "job": ("TrialComponent", None), "data": ("Artifact", "DataSet")}.items()}
    pairs = [("action", "endpoint"), ("model", "action"), ("image", "action"), ("job", "model"), ("data", "job"), ("image", "job")]
    assert edges_of(answer) == {(graph[a], graph[b]) for a, b in pairs} and len(answer["Edges"]) == len(pairs)
    assert {edge["AssociationType"] for edge in answer["Edges"] if edge["SourceArn"] == graph["job"]} == {"Produced"}
    # With a filter: what is on the way, too.
    answer = api.query_lineage(StartArns=[graph["endpoint"]], Direction="Ascendants", IncludeEdges=True, Filters={"Types": ["DataSet"]})
    assert arns_of(answer) == {graph[name] for name in ("endpoint", "action", "model", "job", "data")}
    assert edges_of(answer) == {(graph[a], graph[b]) for a, b in [("action", "endpoint"), ("model", "action"), ("job", "model"), ("data", "job")]}


def test_query_is_paged(api, make, graph):
    request = {"StartArns": [graph["image"]], "Direction": "Descendants", "IncludeEdges": True}
    whole = api.query_lineage(**request)
    vertices, edges, token = [], [], {}
    while True:
        page = api.query_lineage(MaxResults=2, **request, **token)
        assert len(page["Vertices"]) <= 2
        vertices += page["Vertices"]
        edges += page["Edges"]
        if len(vertices) == 2:
            make.join(graph["data"], graph["other"])  # what is added meanwhile neither repeats nor hides another
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert vertices == whole["Vertices"] and "NextToken" not in whole
    assert sorted(map(str, edges)) == sorted(map(str, whole["Edges"]))
    refused("ValidationException", "token", api.query_lineage, **(request | {"Direction": "Both"}), **token)
    refused("ValidationException", "token", api.query_lineage, **request, NextToken="Zm9yZ2Vk")


def test_query_of_a_cycle(api, make):
    a, b, c = (make.artifact(letter) for letter in "abc")
    for source, destination in ((a, b), (b, c), (c, a), (a, a)):
        make.join(source, destination)
    for direction in ("Ascendants", "Descendants", "Both"):
        answer = api.query_lineage(StartArns=[a], Direction=direction, IncludeEdges=True)
        assert arns_of(answer) == {a, b, c} and edges_of(answer) == {(a, b), (b, c), (c, a), (a, a)} and len(answer["Edges"]) == 4


def test_query_refuses(api, graph):
    start = [graph["data"]]
    refused("ValidationException", "StartArns", api.query_lineage)
    refused("ValidationException", "StartArns", api.query_lineage, StartArns=[])
    refused("ValidationException", "startArns", api.query_lineage, StartArns=start * 2)
    refused("ValidationException", "maxDepth", api.query_lineage, StartArns=start, MaxDepth=11)
    refused("ValidationException", "MaxDepth", api.query_lineage, StartArns=start, MaxDepth=0)
    refused("ValidationException", "maxResults", api.query_lineage, StartArns=start, MaxResults=51)
    refused("ValidationException", "MaxResults", api.query_lineage, StartArns=start, MaxResults=-1)
    refused("ValidationException", "direction", api.query_lineage, StartArns=start, Direction="Sideways")
    refused("ValidationException", "lineageTypes", api.query_lineage, StartArns=start, Filters={"LineageTypes": ["Trial"]})
    refused("ValidationException", "types", api.query_lineage, StartArns=start, Filters={"Types": ["x"] * 6})
    refused("ValidationException", "properties", api.query_lineage, StartArns=start, Filters={"Properties": {str(i): "" for i in range(6)}})
    refused("ResourceNotFound", "absent", api.query_lineage, StartArns=[graph["endpoint"] + "-absent"])


def test_limits_of_the_model(api, name, make):
    source = {"SourceUri": f"s3://{name}/x"}
    many = {str(i): "" for i in range(31)}
    refused("ValidationException", "properties", api.create_artifact, Source=source, ArtifactType="T", Properties=many)
    refused("ValidationException", "properties", api.create_artifact, Source=source, ArtifactType="T", Properties={"k": "v" * 4097})
    refused("ValidationException", "sourceUri", api.create_artifact, Source={"SourceUri": "s" * 2049}, ArtifactType="T")
    refused("ValidationException", "sourceIdType", api.create_artifact, ArtifactType="T",
            Source=source | {"SourceTypes": [{"SourceIdType": "SHA1", "Value": "x"}]})
    refused("ValidationException", "artifactType", api.create_artifact, Source=source, ArtifactType="T" * 257)
    refused("ValidationException", "artifactName", api.create_artifact, Source=source, ArtifactType="T", ArtifactName="a_b")
    refused("ValidationException", "actionName", api.create_action, Source=source, ActionType="T", ActionName="a" * 121)
    refused("ValidationException", "status", api.create_action, Source=source, ActionType="T", ActionName=name, Status="Done")
    refused("ValidationException", "properties", api.create_action, Source=source, ActionType="T", ActionName=name, Properties={"k": "v" * 2501})
    refused("ValidationException", "contextName", api.create_context, Source=source, ContextType="T", ContextName="-a")
    refused("ValidationException", "associationType", api.add_association, SourceArn=make.artifact("a"), DestinationArn=make.artifact("b"),
            AssociationType="Made")
    refused("ValidationException", "aws:", api.create_context, Source=source, ContextType="T", ContextName=name, Tags=[{"Key": "aws:x", "Value": ""}])
    arn = make.artifact("whole", Properties={str(i): "é" * 2000 for i in range(30)})
    assert len(api.describe_artifact(ArtifactArn=arn)["Properties"]) == 30


def test_many_at_once(api, name, make):
    """One artifact and one association of what many make together."""
    job = make.component("job")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        arns = set(pool.map(lambda _: make.artifact("shared"), range(32)))
        assert len(arns) == 1

        def join(_):
            try:
                make.join(*arns, job)
                return 1
            except ClientError as error:
                assert "already exists" in str(error)
                return 0
        assert sum(pool.map(join, range(32))) == 1
        list(pool.map(lambda number: make.join(make.artifact(f"of-{number}"), job), range(64)))
    answer = api.query_lineage(StartArns=[job], Direction="Ascendants")
    assert len(answer["Vertices"]) == 65 == len(arns_of(answer))
