"""The XGBoost image's own package, as AWS's examples import it."""

import json
import subprocess

from runtime_python import python_of
from test_serve_xgboost import recordio
from test_train import Job, end

SCRIPT = """
import json, os
from sagemaker_containers import entry_point
from sagemaker_xgboost_container import distributed
from sagemaker_xgboost_container.data_utils import get_dmatrix
found = []
def train(matrix, is_master):
    found.append([matrix.num_row(), matrix.num_col(), matrix.get_label().tolist(), matrix.get_weight().tolist(), is_master])
for content_type in ("libsvm", "text/csv", "application/x-parquet", "recordio-protobuf"):
    matrix = get_dmatrix(os.environ["SM_CHANNEL_TRAIN"] + "/" + content_type.split("/")[-1], content_type)
    distributed.rabit_run(exec_fun=train, args={"matrix": matrix}, include_in_training=True, hosts=["algo-1"], current_host="algo-1",
                          update_rabit_args=True)
weighted = get_dmatrix(os.environ["SM_CHANNEL_TRAIN"] + "/csv", "csv", csv_weights=1)
found.append([weighted.num_col(), weighted.get_weight().tolist()])
found.append(get_dmatrix("/nowhere", "csv"))
for wrong in (lambda: get_dmatrix("/", "text/html"), lambda: get_dmatrix("/", "csv", is_pipe=True)):
    try:
        wrong()
    except ValueError as error:
        found.append(str(error))
json.dump(found, open(os.environ["SM_MODEL_DIR"] + "/found", "w"))
"""
PARQUET = """
import sys, pandas
pandas.DataFrame([[1.0, 2.0, 3.0], [0.0, 4.0, 5.0]], columns=list("abc")).to_parquet(sys.argv[1])
"""


def test_channels_in_every_format(server, tmp_path):
    python = python_of(server, "xgboost:1.7-1")
    job = Job(python, tmp_path / "ml")
    train = job.folder / "input/data/train"
    for name in ("libsvm", "csv", "x-parquet", "recordio-protobuf"):
        (train / name).mkdir()
    (train / "libsvm/a").write_text("1 0:2 1:3\n")
    (train / "libsvm/b").write_text("0 1:5 # a comment\n")
    (train / "csv/a.csv").write_text("1,2,3\n0,4,\n")
    (train / "csv/.hidden").write_text("nothing")
    (train / "recordio-protobuf/a").write_bytes(recordio([[2.0, 3.0], [4.0, 5.0]], False))
    subprocess.run([python, "-c", PARQUET, str(train / "x-parquet/a.parquet")], check=True)
    job.script(SCRIPT)
    try:
        code, output = job.run(SAGEMAKER_TRAINING_MODULE="sagemaker_xgboost_container.training:main")
    finally:
        for process in job.started:
            end(process)
    assert code == 0, output
    found = json.loads((job.folder / "model/found").read_text())
    assert [entry[:3] + entry[4:] for entry in found[:3]] == [[2, 2, [1.0, 0.0], True]] * 3
    assert found[3][:3] == [2, 2, [1.0, 1.0]]
    assert found[4] == [1, [2.0, 4.0]]
    assert found[5] is None
    assert "not a content type" in found[6] and "Pipe mode" in found[7]
