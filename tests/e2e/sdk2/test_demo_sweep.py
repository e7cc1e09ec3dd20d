"""examples/digits/sweep.py, which `./dev demo` runs: three trials of one experiment, compared by what the script prints."""

import pathlib
import re
import subprocess
import sys

from runtime_python import python_of

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "examples" / "digits"


def test_the_table_and_the_best_trial_are_printed(server):
    import boto3

    python_of(server, "sklearn:1.2-1")  # made before, so that no job waits for it
    done = subprocess.run([sys.executable, "sweep.py"], cwd=FOLDER, env=server.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    experiment = re.search(r"inside the experiment (\S+):", done.stdout).group(1)
    rows = [line.split() for line in done.stdout.splitlines() if "-aws-training-job" in line]
    print(done.stdout[done.stdout.index("--- their analytics"):])
    # TrialComponentName, hidden-units, epochs, train:loss - Last, test:accuracy - Max, - Last, - Count
    assert sorted(float(row[1]) for row in rows) == [2, 5, 10]
    assert [float(row[2]) for row in rows] == [20] * 3 == [float(row[6]) for row in rows]
    accuracy = [float(row[4]) for row in rows]
    assert accuracy == sorted(accuracy, reverse=True) and accuracy[0] > 0.85
    best = re.search(r"the best trial: (\S+), ([0-9.]+) of the unseen digits with (\d+) hidden units", done.stdout)
    assert best.group(1) == f"{experiment}-{best.group(3)}-units" and float(best.group(2)) == accuracy[0]

    trials = boto3.client("sagemaker").list_trials(ExperimentName=experiment)["TrialSummaries"]
    assert {trial["TrialName"] for trial in trials} == {f"{experiment}-{units}-units" for units in (2, 5, 10)}
