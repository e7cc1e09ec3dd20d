"""Jobs record themselves: the trial component of each training and processing job, and the metrics found in its log and its metrics files."""

import uuid

import pytest
from botocore.exceptions import ClientError

from jobs import INSTANCE, Platform, wait_until

PRINTS = "for i in range(3): print('acc=%.1f; step' % (i / 10))"
DEFINITIONS = {"AlgorithmSpecification": {
    "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3", "TrainingInputMode": "File",
    "MetricDefinitions": [{"Name": "test:acc", "Regex": "acc=(.*?);"}]}}


@pytest.fixture
def name():
    return "tracked-" + uuid.uuid4().hex[:10]


@pytest.fixture
def trial(platform, name):
    platform.sagemaker.create_experiment(ExperimentName=name)
    platform.sagemaker.create_trial(TrialName=name, ExperimentName=name)
    return name


def component_of(platform, job, kind="training"):
    return platform.sagemaker.describe_trial_component(TrialComponentName=f"{job}-aws-{kind}-job")


def refused(code, text, call, **request):
    with pytest.raises(ClientError) as error:
        call(**request)
    assert error.value.response["Error"]["Code"] == code
    assert text in error.value.response["Error"]["Message"]


def metrics_of(component):
    return {metric["MetricName"]: metric for metric in component["Metrics"]}


def test_training_job(platform, trial):
    channel = platform.put(f"{trial}/data/a.csv", "1\n")
    job = platform.submit(
        PRINTS, name=trial, HyperParameters={"epochs": "2", "dropout": "0.2", "optimizer": '"sgd"', "rate": "1e-3", "empty": "", "seven": "7th"},
        InputDataConfig=[{"ChannelName": "training", "ContentType": "text/csv", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": channel, "S3DataDistributionType": "FullyReplicated"}}}],
        DebugHookConfig={"S3OutputPath": f"s3://{platform.bucket}/debug"},
        ExperimentConfig={"TrialName": trial, "TrialComponentDisplayName": "Training"}, **DEFINITIONS)
    made = component_of(platform, job)
    assert made["DisplayName"] == "Training"
    assert made["Source"] == {"SourceArn": platform.describe(job)["TrainingJobArn"], "SourceType": "SageMakerTrainingJob"}
    assert made["CreatedBy"]["IamIdentity"]["Arn"].startswith("arn:aws:")
    described = platform.wait(job)
    assert described["TrainingJobStatus"] == "Completed", described
    assert described["ExperimentConfig"] == {"TrialName": trial, "TrialComponentDisplayName": "Training"}
    component = component_of(platform, job)
    parameters = component["Parameters"]
    expected = {
        "epochs": {"NumberValue": 2.0}, "dropout": {"NumberValue": 0.2}, "optimizer": {"StringValue": '"sgd"'}, "rate": {"NumberValue": 0.001},
        "empty": {"StringValue": ""}, "seven": {"StringValue": "7th"}, "SageMaker.InstanceCount": {"NumberValue": 1.0},
        "SageMaker.InstanceType": {"StringValue": INSTANCE}, "SageMaker.VolumeSizeInGB": {"NumberValue": 1.0},
        "SageMaker.ImageUri": {"StringValue": DEFINITIONS["AlgorithmSpecification"]["TrainingImage"]},
        "sagemaker_program": {"StringValue": '"train.py"'}}
    assert {key: parameters[key] for key in expected} == expected
    assert component["InputArtifacts"] == {"training": {"MediaType": "text/csv", "Value": channel}}
    assert component["OutputArtifacts"] == {
        "SageMaker.ModelArtifact": {"Value": described["ModelArtifacts"]["S3ModelArtifacts"]},
        "SageMaker.DebugHookOutput": {"Value": f"s3://{platform.bucket}/debug"}}
    assert component["Status"] == {
        "PrimaryStatus": "Completed", "Message": "Status: Completed, secondary status: Completed, failure reason: ."}
    assert (component["StartTime"], component["EndTime"]) == (described["TrainingStartTime"], described["TrainingEndTime"])
    metric = metrics_of(component)["test:acc"]
    assert (metric["Count"], metric["Min"], metric["Max"], metric["Last"]) == (3, 0.0, 0.2, 0.2)
    assert (round(metric["Avg"], 9), round(metric["StdDev"], 9), metric["SourceArn"]) == (0.1, 0.1, described["TrainingJobArn"])

    def listed(**request):
        return [one["TrialComponentName"] for one in platform.sagemaker.list_trial_components(**request)["TrialComponentSummaries"]]

    assert listed(TrialName=trial) == [job + "-aws-training-job"] == listed(ExperimentName=trial)
    assert listed(SourceArn=described["TrainingJobArn"]) == [job + "-aws-training-job"] == listed(SourceArn=described["TrainingJobArn"].lower())


def test_without_a_config_the_component_is_unassigned(platform, name):
    job = platform.submit("import sys; sys.exit('it went wrong')", name=name)
    failed = platform.wait(job)
    component = component_of(platform, job)
    assert component["DisplayName"] == job + "-aws-training-job"
    assert component["Status"]["PrimaryStatus"] == "Failed"
    assert component["Status"]["Message"] == (
        f"Status: Failed, secondary status: Failed, failure reason: {failed['FailureReason']}."[:1024])
    assert set(component["OutputArtifacts"]) <= {"SageMaker.ModelArtifact"} and component["InputArtifacts"] == {}
    trials = platform.sagemaker.list_trials(TrialComponentName=component["TrialComponentName"])
    assert trials["TrialSummaries"] == []


def test_what_a_config_names_has_to_be_there(platform, trial):
    def config(**names):
        return dict(script="", name=trial + "-refused", ExperimentConfig=names)

    for wrong in ({"TrialName": "no-trial"}, {"ExperimentName": "no-experiment"}, {"ExperimentName": "no-experiment", "TrialName": trial},
                  {"TrialName": trial, "RunName": "no-run"}):
        missing = next(value for value in wrong.values() if value.startswith("no-"))
        refused("ResourceNotFound", missing, platform.submit, **config(**wrong))
    platform.sagemaker.create_experiment(ExperimentName=trial + "-b")
    refused("ValidationException", "is not associated with", platform.submit, **config(ExperimentName=trial + "-b", TrialName=trial))
    refused("ResourceNotFound", "refused", platform.sagemaker.describe_trial_component, TrialComponentName=trial + "-refused-aws-training-job")
    refused("ValidationException", "Requested resource not found", platform.sagemaker.describe_training_job, TrainingJobName=trial + "-refused")


def test_an_experiment_alone_makes_a_trial_and_a_run_knows_its_jobs(platform, trial):
    run = f"{trial}-run-1"
    platform.sagemaker.create_trial_component(TrialComponentName=run)
    platform.sagemaker.associate_trial_component(TrialComponentName=run, TrialName=trial)
    job = platform.submit("", name=trial, ExperimentConfig={"ExperimentName": trial, "RunName": run})
    trials = platform.sagemaker.list_trials(TrialComponentName=job + "-aws-training-job")["TrialSummaries"]
    assert [one["TrialName"] for one in trials] == [job + "-aws-trial"]
    assert platform.sagemaker.describe_trial(TrialName=job + "-aws-trial")["ExperimentName"] == trial
    sources = platform.sagemaker.describe_trial_component(TrialComponentName=run)["Sources"]
    assert sources == [{"SourceArn": platform.describe(job)["TrainingJobArn"], "SourceType": "SageMakerTrainingJob"}]
    platform.wait(job)


def test_what_a_user_writes_stays(platform, name):
    gate = platform.put(f"{name}/waiting", "")
    key = gate.split("/", 3)[3]
    script = (f"import boto3, time\ns3 = boto3.client('s3')\n"
              f"while not s3.get_object(Bucket={platform.bucket!r}, Key={key!r})['Body'].read(): time.sleep(0.1)\n")
    job = platform.submit(script, name=name)
    component = job + "-aws-training-job"
    wait_until(lambda: platform.describe(job)["SecondaryStatus"] == "Training", 120)
    platform.sagemaker.update_trial_component(
        TrialComponentName=component, DisplayName="mine", Parameters={"note": {"StringValue": "x"}, "SageMaker.InstanceCount": {"NumberValue": 9}},
        OutputArtifacts={"report": {"Value": "s3://b/report"}}, ParametersToRemove=["sagemaker_program"])
    platform.put(key, "go on")
    platform.wait(job)
    found = component_of(platform, job)
    assert found["DisplayName"] == "mine" and found["Status"]["PrimaryStatus"] == "Completed"
    assert found["Parameters"]["note"] == {"StringValue": "x"} and found["Parameters"]["SageMaker.InstanceCount"] == {"NumberValue": 9.0}
    assert "sagemaker_program" not in found["Parameters"]
    assert set(found["OutputArtifacts"]) == {"report", "SageMaker.ModelArtifact"}


def test_a_component_that_was_deleted_stays_away(platform, name):
    job = platform.submit("import time; time.sleep(2)", name=name)
    platform.sagemaker.delete_trial_component(TrialComponentName=job + "-aws-training-job")
    assert platform.wait(job)["TrainingJobStatus"] == "Completed"
    refused("ResourceNotFound", job, platform.sagemaker.describe_trial_component, TrialComponentName=job + "-aws-training-job")


def test_metrics_files(platform, name):
    script = """
import json, os, time
folder = os.environ["SAGEMAKER_METRICS_DIRECTORY"]
os.symlink("/etc/passwd", folder + "/0.json")
os.mkfifo(folder + "/1.json")
with open(os.path.join(folder, "%d.json" % os.getpid()), "a", buffering=1) as file:
    for step in range(5):
        file.write(json.dumps({"MetricName": "loss", "Value": 1 / (step + 1), "Timestamp": time.time(), "IterationNumber": 10 * step}) + "\\n")
    file.write("no metric\\n" + '{"MetricName": "loss", "Value": NaN, "Timestamp": %f}' % time.time() + "\\n")
    file.write(json.dumps({"MetricName": "torn", "Value": 7, "Timestamp": time.time()}))
    file.write('\\n{"MetricName": "lo')
"""
    described = platform.run(script, name=name)
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    metrics = metrics_of(component_of(platform, name))
    assert set(metrics) == {"loss", "torn"}
    assert (metrics["loss"]["Count"], metrics["loss"]["Max"], metrics["loss"]["Last"]) == (5, 1.0, 0.2)
    assert "FinalMetricDataList" not in described


def test_processing_job(platform, trial):
    source = platform.put(f"{trial}/code/run.py", "import json; print(json.load(open('/opt/ml/config/processingjobconfig.json'))['ProcessingJobArn'])")
    request = dict(
        ProcessingJobName=trial, RoleArn=platform.role,
        AppSpecification={"ImageUri": DEFINITIONS["AlgorithmSpecification"]["TrainingImage"],
                          "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/run.py"]},
        ProcessingInputs=[{"InputName": "code", "S3Input": {
            "S3Uri": source, "LocalPath": "/opt/ml/processing/input/code", "S3DataType": "S3Prefix", "S3InputMode": "File"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "report", "S3Output": {
            "S3Uri": f"s3://{platform.bucket}/{trial}/report", "LocalPath": "/opt/ml/processing/report", "S3UploadMode": "EndOfJob"}}]},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": INSTANCE, "VolumeSizeInGB": 2}},
        ExperimentConfig={"TrialName": trial, "TrialComponentDisplayName": "Preprocessing"})
    platform.sagemaker.create_processing_job(**request)

    def ended():
        job = platform.sagemaker.describe_processing_job(ProcessingJobName=trial)
        return job if job["ProcessingJobStatus"] in ("Completed", "Failed") else None

    job = wait_until(ended, 120)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ExperimentConfig"] == request["ExperimentConfig"]
    component = component_of(platform, trial, "processing")
    assert component["DisplayName"] == "Preprocessing"
    assert component["Source"] == {"SourceArn": job["ProcessingJobArn"], "SourceType": "SageMakerProcessingJob"}
    assert component["Parameters"] == {
        "SageMaker.ImageUri": {"StringValue": request["AppSpecification"]["ImageUri"]}, "SageMaker.InstanceCount": {"NumberValue": 1.0},
        "SageMaker.InstanceType": {"StringValue": INSTANCE}, "SageMaker.VolumeSizeInGB": {"NumberValue": 2.0}}
    assert component["InputArtifacts"] == {"code": {"Value": source}}
    assert component["OutputArtifacts"] == {"report": {"Value": f"s3://{platform.bucket}/{trial}/report"}}
    assert component["Status"] == {"PrimaryStatus": "Completed", "Message": "Status: Completed, exit message: , failure reason: ."}
    assert component["StartTime"] == job["ProcessingStartTime"] and component["EndTime"] == job["ProcessingEndTime"]
    assert platform.log(trial, "/aws/sagemaker/ProcessingJobs")[0] == job["ProcessingJobArn"]

    # The name is free again; the component becomes the new job's.
    platform.sagemaker.delete_processing_job(ProcessingJobName=trial)
    assert component_of(platform, trial, "processing")["Status"]["PrimaryStatus"] == "Completed"
    request["ExperimentConfig"] = {"TrialComponentDisplayName": "Again"}
    platform.sagemaker.create_processing_job(**request)
    again = component_of(platform, trial, "processing")
    assert again["DisplayName"] == "Again" and again["CreationTime"] == component["CreationTime"]
    wait_until(ended, 120)


def test_a_server_that_is_killed_loses_and_doubles_no_point(make_server, name):
    place = Platform(make_server())
    script = """
import json, os, time
with open(os.environ["SAGEMAKER_METRICS_DIRECTORY"] + "/1.json", "a", buffering=1) as file:
    for step in range(300):
        print("acc=%d;" % step, flush=True)
        file.write(json.dumps({"MetricName": "loss", "Value": step, "Timestamp": time.time(), "IterationNumber": step}) + "\\n")
        time.sleep(0.01)
"""
    job = place.submit(script, name=name, **DEFINITIONS)
    for at in (40, 120, 200):
        place.wait_for_line(job, f"acc={at};", 90)
        place.server.kill()
        place.server.start()
    assert place.wait(job, 120)["TrainingJobStatus"] == "Completed"
    metrics = metrics_of(component_of(place, job))
    for metric in ("test:acc", "loss"):
        found = metrics[metric]
        assert (found["Count"], found["Min"], found["Max"], found["Last"], found["Avg"]) == (300, 0.0, 299.0, 299.0, 149.5), metric


def test_xgboosts_own_metrics_are_described(platform, name):
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    platform.submit("import time; time.sleep(600)", name=name, AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"})
    definitions = platform.describe(name)["AlgorithmSpecification"]["MetricDefinitions"]
    assert {"train:rmse", "validation:auc"} <= {definition["Name"] for definition in definitions}
    platform.sagemaker.stop_training_job(TrainingJobName=name)
    platform.wait(name)


def test_what_is_no_metric(platform, name):
    definitions = [{"Name": "whole", "Regex": "[0-9]+ apples"}, {"Name": "number", "Regex": "size [0-9]+|^[0-9]+$"}, {"Name": "nan", "Regex": "nan=(.*)"}]
    job = platform.run("print('7 apples')\nprint('nan=nan')\nprint('nan=inf')\nprint('nan=-Infinity')\nprint('nan=1e999')\nprint('42')", name=name,
                       AlgorithmSpecification=dict(DEFINITIONS["AlgorithmSpecification"], MetricDefinitions=definitions))
    assert job["TrainingJobStatus"] == "Completed"
    metrics = metrics_of(component_of(platform, name))
    assert {metric: (found["Count"], found["Last"]) for metric, found in metrics.items()} == {"number": (1, 42.0)}
    wrong = dict(DEFINITIONS["AlgorithmSpecification"], MetricDefinitions=[{"Name": "wrong", "Regex": "(unclosed"}])
    refused("ValidationException", '"wrong"', platform.submit, script="", name=name + "-b", AlgorithmSpecification=wrong)
