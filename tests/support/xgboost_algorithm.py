"""What the tests of the built-in XGBoost share: real data as files, and the same training in Python by the very library."""

import io
import json
import pathlib
import subprocess
import tarfile
import uuid

from runtime_python import python_of

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:"
WRITE = """
import sys, numpy
from sklearn.datasets import load_breast_cancer, dump_svmlight_file
rows, labels = load_breast_cancer(return_X_y=True)
for name, part in (("train", slice(0, None, 2)), ("validation", slice(1, None, 2))):
    table = numpy.column_stack([labels[part], rows[part]])
    numpy.savetxt("%s/%s.csv" % (sys.argv[1], name), table, delimiter=",", fmt="%.9g")
    dump_svmlight_file(rows[part], labels[part], "%s/%s.libsvm" % (sys.argv[1], name))
"""
# Trains as the job did, and tells how far the two models' predictions are from each other, and what the job's model is.
COMPARE = """
import json, pickle, sys, numpy, xgboost
folder, asked = sys.argv[1], json.loads(sys.argv[2])
rounds = int(asked.pop("num_round"))
if "eval_metric" in asked: asked["eval_metric"] = asked["eval_metric"].split(",")
def matrix(name):
    table = numpy.loadtxt("%s/%s.csv" % (folder, name), delimiter=",")
    return xgboost.DMatrix(table[:, 1:], label=table[:, 0])
train, validation = matrix("train"), matrix("validation")
here = xgboost.train(asked, train, rounds, evals=[(train, "train"), (validation, "validation")], verbose_eval=False)
with open(folder + "/xgboost-model", "rb") as file: start = file.read(4)
pickled = start[:1] == b"\\x80"
if pickled:
    with open(folder + "/xgboost-model", "rb") as file: model = pickle.load(file)
else:
    model = xgboost.Booster()
    model.load_model(folder + "/xgboost-model")
found, expected = model.predict(validation), here.predict(validation)
print(json.dumps({"version": xgboost.__version__, "pickled": pickled, "start": start.decode("latin-1"), "trees": len(model.get_dump()),
                  "difference": float(abs(found - expected).max()), "wrong": float(((found > 0.5) != validation.get_label()).mean()),
                  "attributes": {name: str(getattr(model, name)) for name in ("best_iteration", "best_score", "best_ntree_limit")
                                 if pickled and hasattr(model, name)}}))
"""


def last_line(python, script, *arguments):
    done = subprocess.run([python, "-W", "ignore", "-c", script, *map(str, arguments)], stdout=subprocess.PIPE, check=True, timeout=300)
    lines = done.stdout.decode().splitlines()
    return lines[-1] if lines else ""


class Algorithm:
    """Built-in training of one version on one server."""

    def __init__(self, platform, server, tag, folder):
        self.platform, self.folder = platform, pathlib.Path(folder)
        self.image = REGISTRY + tag if "/" not in tag else tag
        self.python = python_of(server, "xgboost:" + tag.split(":")[-1].split("-cpu")[0])
        last_line(self.python, WRITE, self.folder)

    def channel(self, name, files, content_type="text/csv", **source):
        """A channel of {key below it: bytes}."""
        prefix = f"{name}-{uuid.uuid4().hex[:8]}"
        for key, body in files.items():
            self.platform.put(f"{prefix}/{key}", body)
        channel = {"ChannelName": name, "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": f"s3://{self.platform.bucket}/{prefix}/", "S3DataDistributionType": "FullyReplicated", **source}}}
        return {**channel, "ContentType": content_type} if content_type else channel

    def read(self, name):
        return (self.folder / name).read_bytes()

    def channels(self):
        """The training rows in two files, one in a folder below; and the validation rows."""
        lines = self.read("train.csv").splitlines(True)
        return [self.channel("train", {"part-0.csv": b"".join(lines[:150]), "under/part-1.csv": b"".join(lines[150:])}),
                self.channel("validation", {"rows.csv": self.read("validation.csv")})]

    def submit(self, hyperparameters, channels, instances=1, **request):
        name = "xgb-" + uuid.uuid4().hex[:12]
        self.platform.sagemaker.create_training_job(
            TrainingJobName=name, RoleArn=self.platform.role, HyperParameters=hyperparameters, InputDataConfig=channels,
            AlgorithmSpecification={"TrainingImage": self.image, "TrainingInputMode": "File"},
            OutputDataConfig={"S3OutputPath": f"s3://{self.platform.bucket}/output"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 600}, **request)
        return name

    def train(self, hyperparameters, channels, **options):
        return self.platform.wait(self.submit(hyperparameters, channels, **options), seconds=300)

    def model(self, job):
        """{name: bytes} of model.tar.gz."""
        bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"][len("s3://"):].split("/", 1)
        data = self.platform.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return {member.name.lstrip("./"): archive.extractfile(member).read() for member in archive if member.isfile()}

    def compare(self, job, hyperparameters):
        files = self.model(job)
        assert list(files) == ["xgboost-model"]
        return self.compare_file(files["xgboost-model"], hyperparameters)

    def compare_file(self, data, hyperparameters):
        (self.folder / "xgboost-model").write_bytes(data)
        return json.loads(last_line(self.python, COMPARE, self.folder, json.dumps(hyperparameters)))
