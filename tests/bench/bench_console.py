"""The console's pages in headless Chromium with 100,000 trial components, 10,000 of them in a trial, beside MLflow's page of 10,000 runs
(console/bench/pages.mjs measures)."""

import json
import pathlib
import subprocess
import tempfile
import time

import peers
from components import CLIENTS, Signer, create
from figures import against, figure, side_by_side, wait_for_calm
from ground import ROOT, Ground
from load import send

RUNS = 5
LINES, POINTS = 20, 10_000  # of the chart


def measure(*words):
    """What pages.mjs says, a line of JSON for each run."""
    wait_for_calm()
    done = subprocess.run(["node", ROOT / "console" / "bench" / "pages.mjs", *map(str, words)], stdout=subprocess.PIPE, check=True, timeout=600)
    return json.loads(done.stdout)


def put_points(ground, signer, folder):
    """Components of the trial "charted" with a metric of many points each."""
    ground.sagemaker.create_trial(TrialName="charted", ExperimentName="others")
    now, requests = time.time(), []
    for line in range(LINES):
        name = f"line-{line}"
        ground.sagemaker.create_trial_component(TrialComponentName=name, DisplayName=name, Status={"PrimaryStatus": "Completed"})
        ground.sagemaker.associate_trial_component(TrialComponentName=name, TrialName="charted")
        for first in range(0, POINTS, 10):
            requests.append(signer.request("PUT", "/BatchPutMetrics", None, {"TrialComponentName": name, "MetricData": [
                {"MetricName": "loss", "Step": step, "Timestamp": now - 7200 + step * 0.5, "Value": 1 / (1 + step / 100) + (step * 7919 + line * 31) % 97 / 500}
                for step in range(first, first + 10)]}))
    send(ground, folder, requests, CLIENTS, 0)


def link(ground):
    return ground.clary("console").strip()


def experiments(ground, count):
    runs = measure("experiments", link(ground), RUNS)
    figure("console", f"{count:,} trial components: the experiment list shows, from the address to its rows", runs, "ms", at_most=1000 if count == 100_000 else None)
    return runs


def table(ground):
    runs = measure("table", link(ground), RUNS)
    figure("console", "comparison of 1,000 components: shown", [run["shown"] for run in runs], "ms")
    figure("console", "comparison of 1,000 components: sorted by another column", [ms for run in runs for ms in run["sorts"]], "ms", at_most=200)
    figure("console", "comparison of 1,000 components: the longest pause of a frame while all of it scrolls by", [run["longest"] for run in runs], "ms",
           at_most=1000)


def chart(ground):
    runs = measure("chart", link(ground), RUNS)
    what = f"a chart of {LINES} runs with {POINTS:,} points each"
    figure("console", f"{what}: drawn", [ms for run in runs for ms in run["draws"]], "ms", at_most=500)
    figure("console", f"{what}: asked for, fetched and drawn", [run["whole"] for run in runs], "ms")


def beside_mlflow(ours):
    """Its page of an experiment with 10,000 runs, all that its server has, and ours in turn."""
    tracking = peers.load("mlflow_tracking")
    if tracking is None:
        return peers.skip("the pages of MLflow")
    python, kept = peers.mlflow_with_runs(tracking)
    database = tracking.c.TMP / "bench-content.db"
    database.write_bytes(kept.read_bytes())
    with tracking.serve(python, database, "bench-mlflow-pages") as server:
        found = json.loads(tracking.Conn(server.port)("GET", tracking.API + "/experiments/get-by-name?experiment_name=content"))
        address = f"{server.url}/#/experiments/{found['experiment']['experiment_id']}/runs"
        return side_by_side(RUNS, ours=ours, theirs=lambda: measure("mlflow", address, 1)[0])


def components(ground):
    """The first of a trial with 10,000 of the components, from the address to its rows."""
    def ours():
        return measure("components", link(ground), 1)[0]

    got = beside_mlflow(ours) or {"ours": [ours() for _ in range(RUNS)]}
    milliseconds = {name: [run["shown"] for run in runs] for name, runs in got.items()}
    figure("console", "100,000 trial components: the first of a trial of 10,000 show", milliseconds["ours"], "ms", note=shown(got["ours"]))
    if "theirs" in got:
        figure("console", "10,000 runs: the first of an experiment of 10,000 show, MLflow", milliseconds["theirs"], "ms", note=shown(got["theirs"]))
        against("console", "the first of 10,000 runs show, Clary's beside 90,000 others", "times a second", [1000 / ms for ms in milliseconds["ours"]],
                [1000 / ms for ms in milliseconds["theirs"]], "MLflow", at_least=1)


def shown(runs):
    """What a page shows, as its last run has it."""
    return f"{runs[-1]['rows']} rows of {runs[-1]['cells']} cells"


with Ground(log_level="warn") as ground, tempfile.TemporaryDirectory(prefix="clary-bench-") as name:
    folder, signer = pathlib.Path(name), Signer(ground)
    ground.sagemaker.create_experiment(ExperimentName="bench")
    for number in range(10):
        ground.sagemaker.create_trial(TrialName=f"trial-{number}", ExperimentName="bench")
    for number in range(50):
        ground.sagemaker.create_experiment(ExperimentName=f"empty-{number}")
    ground.sagemaker.create_experiment(ExperimentName="others")
    create(ground, signer, folder, 0, 10_000)
    experiments(ground, 10_000)
    create(ground, signer, folder, 10_000, 90_000)
    experiments(ground, 100_000)
    components(ground)
    ground.sagemaker.create_trial(TrialName="thousand", ExperimentName="others")
    create(ground, signer, folder, 200_000, 1000, trial="thousand")
    table(ground)
    put_points(ground, signer, folder)
    chart(ground)
