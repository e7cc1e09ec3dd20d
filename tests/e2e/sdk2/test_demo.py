"""What `./dev demo` runs beside the main job: the three trials of examples/digits/sweep.py, the batch transform of examples/tumours/transform.py."""

import pathlib
import re
import subprocess
import sys

from runtime_python import python_of

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"


def run(server, folder, script):
    done = subprocess.run([sys.executable, script], cwd=EXAMPLES / folder, env=server.environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, universal_newlines=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def test_the_table_and_the_best_trial_are_printed(server):
    import boto3

    python_of(server, "sklearn:1.2-1")  # made before, so that no job waits for it
    printed = run(server, "digits", "sweep.py")
    experiment = re.search(r"inside the experiment (\S+):", printed).group(1)
    rows = [line.split() for line in printed.splitlines() if "-aws-training-job" in line]
    print(printed[printed.index("--- their analytics"):])
    # TrialComponentName, hidden-units, epochs, train:loss - Last, test:accuracy - Max, - Last, - Count
    assert sorted(float(row[1]) for row in rows) == [2, 5, 10]
    assert [float(row[2]) for row in rows] == [20] * 3 == [float(row[6]) for row in rows]
    accuracy = [float(row[4]) for row in rows]
    assert accuracy == sorted(accuracy, reverse=True) and accuracy[0] > 0.85
    best = re.search(r"the best trial: (\S+), ([0-9.]+) of the unseen digits with (\d+) hidden units", printed)
    assert best.group(1) == f"{experiment}-{best.group(3)}-units" and float(best.group(2)) == accuracy[0]

    trials = boto3.client("sagemaker").list_trials(ExperimentName=experiment)["TrialSummaries"]
    assert {trial["TrialName"] for trial in trials} == {f"{experiment}-{units}-units" for units in (2, 5, 10)}


def test_the_first_lines_of_a_batch_transform_are_printed(server):
    python_of(server, "xgboost:3.0-5")  # made before, so that no job waits for it
    printed = run(server, "tumours", "transform.py")
    print(printed[printed.index("--- a batch transform"):])
    lines = printed.split("test-batch.csv.out\n")[1].splitlines()[:5]
    assert all(0 < float(line) < 1 for line in lines) and len(set(lines)) > 1
    assert float(re.search(r"accuracy on the 143 tumours: ([0-9.]+)", printed).group(1)) > 0.93
