"""The ground of the console's tests: a server with real jobs, an endpoint and hostile names, and boto3 to compare with what a page shows.

Says {"url", "names"...} in a line of JSON when all is there; then answers one line of JSON for each that it reads:
{"client": "sagemaker", "operation": "describe_model", "arguments": {...}} or {"clary": ["console"]}. Ends with its input.
"""

import base64
import datetime
import json
import sys

from clary_server import ClaryServer
from jobs import IMAGE, INSTANCE, Platform

HOSTILE = "<img src=x onerror=\"document.title='hacked'\"> \u202e gnp.exe \U0001f525 " + "w" * 256
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")

TRAIN = f"HOSTILE = {HOSTILE!r}" + """
import os

def model_fn(folder):
    return float(open(os.path.join(folder, "weights")).read())

def input_fn(body, content_type):
    return [float(field) for field in body.split(",")]

def predict_fn(data, model):
    return [value * model for value in data]

def output_fn(prediction, accept):
    return ",".join(str(value) for value in prediction)

if __name__ == "__main__":
    open("/opt/ml/model/weights", "w").write("7")
    for epoch in range(200):
        print("epoch %d; accuracy=%.4f;" % (epoch, epoch / 200.0))
    print(HOSTILE)
"""

FAIL = "raise ValueError('the data is <b>bad</b>')"

WAIT = """
import itertools, time
print("waiting to be stopped", flush=True)
for step in itertools.count():
    print("loss=%f;" % (1 / (step + 1)), flush=True)
    time.sleep(0.2)
"""

PROCESS = "print('prepared'); open('/opt/ml/processing/output/all/part.csv', 'w').write('a,b\\n1,2\\n')"


def make_processing_job(ground, name):
    code = ground.put(f"{name}/script.py", PROCESS)
    ground.sagemaker.create_processing_job(
        ProcessingJobName=name, RoleArn=ground.role,
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"]},
        ProcessingInputs=[{"InputName": "code", "S3Input": {"S3Uri": code, "LocalPath": "/opt/ml/processing/input/code", "S3DataType": "S3Prefix",
                                                            "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "all", "S3Output": {
            "S3Uri": f"s3://{ground.bucket}/{name}/all", "LocalPath": "/opt/ml/processing/output/all", "S3UploadMode": "EndOfJob"}}]},
        ProcessingResources={"ClusterConfig": {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 1}})


def make_experiments(ground):
    client = ground.sagemaker
    client.create_experiment(ExperimentName="churn", DisplayName="churn", Description=HOSTILE)
    client.create_experiment(ExperimentName="other")
    for trial in ("forest", "linear"):
        client.create_trial(TrialName=trial, ExperimentName="churn")
    client.create_trial_component(
        TrialComponentName="prepare", DisplayName="Preprocessing", Status={"PrimaryStatus": "Failed", "Message": HOSTILE},
        StartTime=datetime.datetime(2024, 5, 1, 12, 0), EndTime=datetime.datetime(2024, 5, 1, 12, 2),
        Parameters={"depth": {"NumberValue": 5}, "note": {"StringValue": HOSTILE}},
        InputArtifacts={"data": {"MediaType": "text/csv", "Value": f"s3://{ground.bucket}/files/table.csv"}},
        OutputArtifacts={"odd": {"Value": HOSTILE}}, Tags=[{"Key": "team", "Value": "blue"}])
    client.associate_trial_component(TrialComponentName="prepare", TrialName="forest")
    metrics, begun = ground.client("sagemaker-metrics"), datetime.datetime.now() - datetime.timedelta(hours=1)
    for number, rate in enumerate((0.5, 0.1, 0.02)):
        name = f"run-{number}"
        client.create_trial_component(TrialComponentName=name, DisplayName=name, Status={"PrimaryStatus": "Completed"},
                                      Parameters={"rate": {"NumberValue": rate}, "depth": {"NumberValue": number + 3}, "note": {"StringValue": HOSTILE}})
        client.associate_trial_component(TrialComponentName=name, TrialName="linear")
        for first in range(0, 50, 10):
            refused = metrics.batch_put_metrics(TrialComponentName=name, MetricData=[
                {"MetricName": "loss", "Timestamp": begun + datetime.timedelta(seconds=step), "Step": step, "Value": rate / (step + 1)}
                for step in range(first, first + 10)]).get("Errors")
            assert not refused, refused
    client.create_trial_component(TrialComponentName="alone", DisplayName="Alone", Status={"PrimaryStatus": "Completed"})
    for name, values in (("epoch", (1, 1, 2, 2, 3, 3)), ("loss", (1, 0.5, 0.5, 0.25, 0.125, 0.125))):
        refused = metrics.batch_put_metrics(TrialComponentName="alone", MetricData=[
            {"MetricName": name, "Timestamp": begun + datetime.timedelta(seconds=step), "Step": step, "Value": value} for step, value in enumerate(values)]).get("Errors")
        assert not refused, refused
    client.create_trial(TrialName="live", ExperimentName="other")
    odd = client.create_artifact(ArtifactName="odd", ArtifactType="DataSet", Source={"SourceUri": HOSTILE})["ArtifactArn"]
    component = client.describe_trial_component(TrialComponentName="prepare")["TrialComponentArn"]
    client.add_association(SourceArn=odd, DestinationArn=component, AssociationType="ContributedTo")


def serve(ground, job):
    """The endpoint 'served': of what the job left, by the functions of its script."""
    client = ground.sagemaker
    described = client.describe_training_job(TrainingJobName=job)
    client.create_model(ModelName="served", ExecutionRoleArn=ground.role, Tags=[{"Key": "team", "Value": "blue"}], PrimaryContainer={
        "Image": IMAGE, "ModelDataUrl": described["ModelArtifacts"]["S3ModelArtifacts"],
        "Environment": {"SAGEMAKER_PROGRAM": "train.py", "NOTE": HOSTILE,
                        "SAGEMAKER_SUBMIT_DIRECTORY": json.loads(described["HyperParameters"]["sagemaker_submit_directory"])}})
    for name, weight in (("served", 1), ("heavier", 2)):
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[{
            "VariantName": "AllTraffic", "ModelName": "served", "InstanceType": INSTANCE, "InitialInstanceCount": 1, "InitialVariantWeight": weight}])
    client.create_endpoint(EndpointName="served", EndpointConfigName="served")
    ground.endpoint("served", seconds=600)


def make_ground(server):
    ground = Platform(server)
    ground.put("files/table.csv", 'name,value\n"a, b",1\n<b>bold</b>,2\n')
    done = ground.submit(TRAIN, name="trained", channels={"training": f"s3://{ground.bucket}/files/"}, Tags=[{"Key": "team", "Value": "blue"}],
                         AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File",
                                                 "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}]})
    failed = ground.submit(FAIL, name="failed")
    make_processing_job(ground, "prepared")
    ground.put("files/page.html", "<script>document.title = 'hacked'</script>")
    ground.put("files/tree.json", '{"deep": {"er": [1, 2]}}')
    ground.put("files/pixel.png", PIXEL)
    ground.put("lines/input.csv", "1,2")
    ground.put("files/delete me", "x")
    ground.put(f"hostile/{HOSTILE[:120]}", "hostile name")
    make_experiments(ground)
    ground.wait(done, 600)
    ground.wait(failed, 600)
    serve(ground, done)
    ground.submit(WAIT, name="waiting", max_runtime=3000, ExperimentConfig={"TrialName": "live", "TrialComponentDisplayName": "Waiting"},
                  AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File",
                                          "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]})
    return ground


def answer(ground, asked):
    if "clary" in asked:
        return ground.server.clary(*asked["clary"])
    found = getattr(ground.client(asked["client"]), asked["operation"])(**asked.get("arguments", {}))
    if "Body" in found:
        found["Body"] = found["Body"].read().decode(errors="replace")
    return found


def as_json(value):
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return str(value)


def main():
    with ClaryServer() as server:
        ground = make_ground(server)
        variables = server.env()
        print(json.dumps({"url": server.url, "bucket": ground.bucket, "hostile": HOSTILE, "accessKeyId": variables["AWS_ACCESS_KEY_ID"],
                          "secretAccessKey": variables["AWS_SECRET_ACCESS_KEY"]}), flush=True)
        for line in sys.stdin:
            try:
                said = {"result": answer(ground, json.loads(line))}
            except Exception as problem:  # whatever boto3 says is the test's to judge
                said = {"error": repr(problem)}
            print(json.dumps(said, default=as_json), flush=True)


if __name__ == "__main__":
    main()
