"""Metrics from a log: how many lines a second are taken in where every line matches each of three definitions, and where none does."""

from figures import figure, wait_for_calm
from ground import Ground, archive

RUNS = 3
LINES, OTHER_LINES = 1_000_000, 3_000_000
METRICS = [{"Name": "train:loss", "Regex": "Train Loss: (.*?);"}, {"Name": "test:loss", "Regex": "Test Average loss: (.*?),"},
           {"Name": "test:accuracy", "Regex": "Test Accuracy: (.*?)%;"}]

# It writes as fast as it can, so that what is measured is the taking in.
SCRIPT = """
import sys
lines = b"".join({line} % i for i in range(1000))
for _ in range({lines} // 1000):
    sys.stdout.buffer.write(lines)
sys.stdout.flush()
"""
MATCHING = b"Epoch 3 Train Loss: 0.%06d; Test Average loss: 0.25, Test Accuracy: 97.5%%; of 60000\n"
OTHER = b"step %04d of the epoch: reading, computing, writing what was computed, to the end\n"


def rate(ground, line, lines):
    """Lines a second from Training to Uploading, and the metrics of the job's trial component."""
    code = ground.put("code/scraping.tar.gz", archive(**{"script.py": SCRIPT.format(line=line, lines=lines).encode()}))
    wait_for_calm()
    name, _, _ = ground.train(code, metrics=METRICS)
    job = ground.sagemaker.describe_training_job(TrainingJobName=name)
    started = {transition["Status"]: transition["StartTime"] for transition in job["SecondaryStatusTransitions"]}
    component = ground.sagemaker.describe_trial_component(TrialComponentName=name + "-aws-training-job")
    counts = {metric["MetricName"]: metric["Count"] for metric in component["Metrics"]}
    return lines / (started["Uploading"] - started["Training"]).total_seconds(), counts


with Ground() as ground:
    ground.train(ground.put("code/empty.tar.gz", archive(**{"script.py": b"pass\n"})))  # makes the environment, where it is not there yet
    matching, other = [], []
    for _ in range(RUNS):
        value, counts = rate(ground, MATCHING, LINES)
        if counts != {metric["Name"]: LINES for metric in METRICS}:
            raise RuntimeError(f"{LINES} lines gave {counts}")
        matching.append(value)
        value, counts = rate(ground, OTHER, OTHER_LINES)
        if counts:
            raise RuntimeError(f"lines that match nothing gave {counts}")
        other.append(value)

figure("scraping", f"a log of {LINES:,} lines, each matching three metric definitions", matching, "lines/s", at_least=100_000,
       note="from Training to Uploading; each match is a point of the trial component")
figure("scraping", f"a log of {OTHER_LINES:,} lines that match none of them", other, "lines/s", at_least=300_000)
