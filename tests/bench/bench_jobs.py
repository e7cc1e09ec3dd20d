"""Many jobs at once, and one that says much: how many end in a second, how the API answers meanwhile, how fast a log is taken in and read."""

import http.client
import json
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from figures import figure, wait_for_calm
from ground import BUCKET, SKLEARN, Ground, archive

JOBS, RUNS = 100, 3
LINES, LOG_RUNS = 1_000_000, 3
GROUP = "/aws/sagemaker/TrainingJobs"

# One line in a hundred has a metric. The script writes as fast as it can, so that what is measured is the taking in.
CHATTY = f"""
import sys
rest = b"".join(b"step %02d of the epoch: reading, computing, writing what was computed\\n" % i for i in range(99))
hundred = rest + b"epoch: loss=0.125 accuracy=0.75 val_loss=0.5\\n"
for _ in range({LINES} // 100 // 100):
    sys.stdout.buffer.write(hundred * 100)
sys.stdout.flush()
""".encode()

METRICS = [{"Name": "loss", "Regex": r"[^_]loss=([0-9\.]+)"}, {"Name": "accuracy", "Regex": r"accuracy=([0-9\.]+)"},
           {"Name": "val_loss", "Regex": r"val_loss=([0-9\.]+)"}]


def create(ground, name, code_url, metrics=()):
    ground.sagemaker.create_training_job(
        TrainingJobName=name, RoleArn=ground.role,
        HyperParameters={"sagemaker_program": '"script.py"', "sagemaker_submit_directory": json.dumps(code_url)},
        AlgorithmSpecification={"TrainingImage": SKLEARN, "TrainingInputMode": "File", "MetricDefinitions": list(metrics)},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/output"}, StoppingCondition={"MaxRuntimeInSeconds": 600},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5})


class Probe(threading.Thread):
    """Asks DescribeTrainingJob, signed once by botocore and sent again and again, every 10 ms: a client that costs next to nothing itself."""

    def __init__(self, ground, job):
        super().__init__()
        url = urllib.parse.urlsplit(ground.url)
        body = json.dumps({"TrainingJobName": job})
        request = AWSRequest("POST", ground.url + "/", data=body, headers={
            "X-Amz-Target": "SageMaker.DescribeTrainingJob", "Content-Type": "application/x-amz-json-1.1"})
        SigV4Auth(ground.session.get_credentials(), "sagemaker", "us-east-1").add_auth(request)
        self.connection = http.client.HTTPConnection(url.hostname, url.port)
        self.body, self.headers = body, dict(request.headers.items())
        self.over, self.took = threading.Event(), []

    def run(self):
        while not self.over.wait(0.01):
            began = time.perf_counter()
            self.connection.request("POST", "/", self.body, self.headers)
            answer = self.connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"DescribeTrainingJob: {answer.status}")
            self.took.append((time.perf_counter() - began) * 1000)

    def end(self):
        self.over.set()
        self.join()
        return sorted(self.took)[int(len(self.took) * 0.99)]


def ended(ground, names):
    """Waits until all have ended; how many failed."""
    while True:
        found = {}
        for page in ground.sagemaker.get_paginator("list_training_jobs").paginate(MaxResults=100, NameContains=names[0].rsplit("-", 1)[0]):
            found.update((job["TrainingJobName"], job["TrainingJobStatus"]) for job in page["TrainingJobSummaries"])
        states = [found[name] for name in names]
        if all(state not in ("InProgress", "Stopping") for state in states):
            return sum(state != "Completed" for state in states)
        time.sleep(0.05)  # between two looks


def many(ground, code_url, told, run):
    names = [f"many-{run}-{i}" for i in range(JOBS)]
    probe = Probe(ground, told)
    probe.start()
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: create(ground, name, code_url), names))
    failed = ended(ground, names)
    took = time.perf_counter() - began
    p99 = probe.end()
    if failed:
        raise RuntimeError(f"{failed} of {JOBS} jobs did not complete")
    return JOBS / took, p99


def chatty(ground, code_url, run):
    """Lines a second from Training to Uploading, and the times of pages of 10,000 events."""
    name = f"chatty-{run}"
    create(ground, name, code_url, METRICS)
    while True:
        job = ground.sagemaker.describe_training_job(TrainingJobName=name)  # the first look waits for the end
        if job["TrainingJobStatus"] not in ("InProgress", "Stopping"):
            break
        time.sleep(0.05)
    if job["TrainingJobStatus"] != "Completed":
        raise RuntimeError(job.get("FailureReason"))
    values = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    if values != {"loss": 0.125, "accuracy": 0.75, "val_loss": 0.5}:
        raise RuntimeError(f"the metrics are {values}")
    started = {transition["Status"]: transition["StartTime"] for transition in job["SecondaryStatusTransitions"]}
    stream = ground.logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name)["logStreams"][0]["logStreamName"]
    return LINES / (started["Uploading"] - started["Training"]).total_seconds(), pages(ground, stream)


def pages(ground, stream):
    """The server's own times of 30 pages in the middle of the log, without boto3's parsing: until the first byte of the answer."""
    token, took = None, []
    for _ in range(30):
        more = {"nextToken": token} if token else {}
        body = json.dumps({"logGroupName": GROUP, "logStreamName": stream, "startFromHead": True, **more})
        request = AWSRequest("POST", ground.url + "/", data=body, headers={
            "X-Amz-Target": "Logs_20140328.GetLogEvents", "Content-Type": "application/x-amz-json-1.1"})
        SigV4Auth(ground.session.get_credentials(), "logs", "us-east-1").add_auth(request)
        url = urllib.parse.urlsplit(ground.url)
        connection = http.client.HTTPConnection(url.hostname, url.port)
        connection.connect()
        began = time.perf_counter()
        connection.request("POST", "/", body, dict(request.headers.items()))
        answer = connection.getresponse()
        data = answer.read()
        took.append((time.perf_counter() - began) * 1000)
        connection.close()
        page = json.loads(data)
        if not page["events"]:
            raise RuntimeError("an empty page")
        token = page["nextForwardToken"]
    return sorted(took)[len(took) // 2]


with Ground() as ground:
    empty = ground.put("code/empty.tar.gz", archive(**{"script.py": b"pass\n"}))
    told, _, _ = ground.train(empty)  # makes the environment, where it is not there yet
    rates, answers = [], []
    for run in range(RUNS):
        wait_for_calm()
        rate, p99 = many(ground, empty, told, run)
        rates.append(rate)
        answers.append(p99)
    code = ground.put("code/chatty.tar.gz", archive(**{"script.py": CHATTY}))
    taken, reads = [], []
    for run in range(LOG_RUNS):
        wait_for_calm()
        rate, page = chatty(ground, code, run)
        taken.append(rate)
        reads.append(page)

figure("jobs", f"{JOBS} jobs of an empty script, created at once", rates, "jobs/s", at_least=8)
figure("jobs", "DescribeTrainingJob meanwhile, p99", answers, "ms", at_most=50)
figure("jobs", "a log of 1,000,000 lines with three metric definitions", taken, "lines/s", at_least=300_000, note="from Training to Uploading")
figure("jobs", "GetLogEvents of that log, a page", reads, "ms", at_most=20)
