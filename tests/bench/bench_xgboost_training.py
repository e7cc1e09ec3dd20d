"""The built-in XGBoost as a job, against the same training in Python: the same version, data and threads, as SageMaker's container does it."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

from figures import figure, ratios, side_by_side
from ground import BUCKET, Ground
from runtime_python import python_of

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:"
RUNS = 3
ASKED = {"num_round": "100", "objective": "binary:logistic", "max_depth": "6", "eta": "0.1", "tree_method": "hist", "eval_metric": "auc",
         "nthread": str(os.cpu_count())}
WRITE = """
import sys, numpy
rng = numpy.random.RandomState(1)
for name, rows in (("train", 200000), ("validation", 50000)):
    x = rng.normal(size=(rows, 30))
    y = (x[:, 0] * x[:, 1] + x[:, 2] - x[:, 3] ** 2 + rng.normal(size=rows) > 0).astype(int)
    numpy.savetxt("%s/%s.csv" % (sys.argv[1], name), numpy.column_stack([y, x]), delimiter=",", fmt="%.6g")
"""
TRAIN = """
import sys, json, time, xgboost
asked = json.loads(sys.argv[2])
rounds = int(asked.pop("num_round"))
sets = [(xgboost.DMatrix("%s/%s.csv?format=csv&label_column=0" % (sys.argv[1], name)), name) for name in ("train", "validation")]
began = time.time()
model = xgboost.train(asked, sets[0][0], rounds, evals=sets, verbose_eval=True)
print("training took", time.time() - began)
model.save_model(sys.argv[1] + "/model")
"""
# clary-train's part of the job: from the line before the first round to the last round's.
BEGUN, LAST = "Validation matrix has", "[99]#011"


def by_hand(python, folder):
    """(seconds of the process, seconds of xgboost.train)"""
    began = time.time()
    done = subprocess.run([python, "-W", "ignore", "-c", TRAIN, folder, json.dumps(ASKED)], stdout=subprocess.PIPE, check=True, timeout=600)
    return time.time() - began, float(done.stdout.decode().split("training took ")[1].split()[0])


def as_a_job(ground, image, prefix):
    """(seconds from Create to Completed, seconds of training by the log)"""
    name, began, ended = ground.train_algorithm(image, ASKED, {part: f"{prefix}/{part}.csv" for part in ("train", "validation")})
    [stream] = ground.logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=name + "/")["logStreams"]
    events = ground.logs.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"], startFromHead=True)["events"]
    times = [[event["timestamp"] for event in events if mark in event["message"]][0] for mark in (BEGUN, LAST)]
    return ended - began, (times[1] - times[0]) / 1000


with Ground() as ground, tempfile.TemporaryDirectory(prefix="clary-bench-xgboost-") as folder:
    pythons = {tag: python_of(ground, "xgboost:" + tag) for tag in ("1.7-1", "0.90-2")}
    subprocess.run([pythons["1.7-1"], "-c", WRITE, folder], check=True)
    for part in ("train", "validation"):
        ground.put(f"xgboost/{part}.csv", pathlib.Path(folder, part + ".csv").read_bytes())
    for tag, python in pythons.items():
        image = IMAGE + tag + ("-cpu-py3" if tag.startswith("0") else "")
        as_a_job(ground, image, f"s3://{BUCKET}/xgboost")  # warms the caches of both
        got = side_by_side(RUNS, job=lambda: as_a_job(ground, image, f"s3://{BUCKET}/xgboost"), hand=lambda: by_hand(python, folder))
        what = f"XGBoost {tag}, 200,000 rows of 30, 100 rounds"
        job, hand = ([[run[i] for run in got[name]] for i in (0, 1)] for name in ("job", "hand"))
        figure("xgboost_training", what + ", the built-in algorithm as a job", job[0], "s", note="Create to Completed, inputs and outputs included")
        figure("xgboost_training", what + ", Python by hand", hand[0], "s")
        figure("xgboost_training", what + ", job / by hand", ratios(job[0], hand[0]), "x", at_most=1.03)
        figure("xgboost_training", what + ", its training alone", job[1], "s")
        figure("xgboost_training", what + ", xgboost.train alone", hand[1], "s")
        figure("xgboost_training", what + ", training alone / xgboost.train", ratios(job[1], hand[1]), "x", at_most=1.03)
