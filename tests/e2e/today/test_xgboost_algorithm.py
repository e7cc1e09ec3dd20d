"""XGBoost as a built-in algorithm: no script, trained in C++ by the library of the image's version, equal to Python's training."""

import pytest
from xgboost_algorithm import Algorithm, last_line

ASKED = {"num_round": "12", "objective": "binary:logistic", "max_depth": "3", "eta": "0.2", "eval_metric": "error,auc", "subsample": "0.8", "seed": "7"}
PARQUET = """
import sys, pandas
for name in ("train", "validation"):
    pandas.read_csv("%s/%s.csv" % (sys.argv[1], name), header=None).rename(columns=str).to_parquet("%s/%s.parquet" % (sys.argv[1], name))
"""
FORMS = {"0.90-2-cpu-py3": (True, "0.90"), "1.7-1": (False, "1.7.4"), "3.2-0": (False, "3.2.0")}
IMAGES = {"1": "811284229777.dkr.ecr.us-east-1.amazonaws.com/xgboost:1"}


@pytest.fixture(scope="module")
def of(platform, server, tmp_path_factory):
    """of(tag): the built-in algorithm of that image tag, its environment made and its data written once."""
    made = {}

    def get(tag):
        if tag not in made:
            made[tag] = Algorithm(platform, server, IMAGES.get(tag, tag), tmp_path_factory.mktemp("xgboost"))
        return made[tag]

    return get


def completed(algorithm, job):
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), algorithm.platform.log(job["TrainingJobName"])[-20:])
    return job


def failure(algorithm, hyperparameters, channels=None, **options):
    job = algorithm.train(hyperparameters, algorithm.channels() if channels is None else channels, **options)
    assert job["TrainingJobStatus"] == "Failed"
    return job["FailureReason"]


@pytest.mark.parametrize("tag", FORMS)
def test_it_trains_as_python_does(of, tag):
    algorithm = of(tag)
    job = completed(algorithm, algorithm.train(ASKED, algorithm.channels()))
    about = algorithm.compare(job, ASKED)
    pickled, version = FORMS[tag]
    assert about["version"] == version and about["pickled"] == pickled and about["trees"] == 12
    assert about["difference"] <= 1e-6 and about["wrong"] < 0.1

    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert set(final) == {"train:error", "train:auc", "validation:error", "validation:auc"}
    assert final["validation:auc"] > 0.95 and final["validation:error"] == pytest.approx(about["wrong"], abs=1e-5)
    lines = algorithm.platform.log(job["TrainingJobName"])
    rounds = [line for line in lines if line.startswith("[") and "#011" in line]
    assert [line.split("#011")[0] for line in rounds] == ["[%d]" % i for i in range(12)]
    assert [part.split(":")[0] for part in rounds[-1].split("#011")[1:]] == ["train-error", "train-auc", "validation-error", "validation-auc"]
    assert any(line.endswith("Train matrix has 285 rows and 30 columns") for line in lines)


@pytest.mark.parametrize("tag", ["0.90-2-cpu-py3", "3.2-0"])
def test_the_metrics_that_containers_add(of, tag):
    algorithm = of(tag)
    job = completed(algorithm, algorithm.train({**ASKED, "eval_metric": "error,accuracy,f1"}, algorithm.channels()))
    final = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert set(final) == {f"{part}:{metric}" for part in ("train", "validation") for metric in ("error", "accuracy", "f1")}
    for part in ("train", "validation"):
        assert final[part + ":accuracy"] == pytest.approx(1 - final[part + ":error"], abs=2e-5)
        assert 0.8 < final[part + ":f1"] <= 1


def test_the_first_algorithm_is_0_72(of):
    algorithm = of("1")
    job = completed(algorithm, algorithm.train(ASKED, algorithm.channels()))
    about = algorithm.compare(job, ASKED)
    assert about["version"] == "0.72.1" and about["pickled"] and about["difference"] <= 1e-6
    assert "nearest" in algorithm.platform.log(job["TrainingJobName"])[0]


def test_libsvm_is_what_a_channel_without_a_content_type_has(of):
    algorithm = of("1.7-1")
    channels = [algorithm.channel(name, {"rows": algorithm.read(name + ".libsvm")}, content_type) for name, content_type in
                (("train", None), ("validation", "text/x-libsvm"))]
    job = completed(algorithm, algorithm.train(ASKED, channels))
    assert algorithm.compare(job, ASKED)["wrong"] < 0.1


def test_parquet_has_the_label_first(of):
    algorithm = of("1.7-1")
    last_line(algorithm.python, PARQUET, algorithm.folder)
    channels = [algorithm.channel(name, {"rows.parquet": algorithm.read(name + ".parquet")}, "application/x-parquet") for name in ("train", "validation")]
    job = completed(algorithm, algorithm.train(ASKED, channels))
    assert algorithm.compare(job, ASKED)["difference"] <= 1e-6


def test_weights_stand_in_the_second_column(of):
    algorithm = of("1.7-1")
    # A record of weight 0 counts for nothing: with its label turned round, the model is what it is without it.
    lines = algorithm.read("train.csv").decode().splitlines()
    rows = [line.split(",", 1) for line in lines]
    weighted = ["%s,1,%s" % (label, rest) for label, rest in rows] + ["%d,0,%s" % (1 - int(label), rest) for label, rest in rows]
    asked = {"num_round": "3", "objective": "binary:logistic", "tree_method": "exact"}
    validation = ["%s,1,%s" % tuple(line.split(",", 1)) for line in algorithm.read("validation.csv").decode().splitlines()]
    channels = [algorithm.channel("train", {"w.csv": "\n".join(weighted).encode()}),
                algorithm.channel("validation", {"v.csv": "\n".join(validation).encode()})]
    job = completed(algorithm, algorithm.train({**asked, "csv_weights": "1"}, channels))
    assert algorithm.compare(job, asked)["difference"] < 0.05


def test_a_wrong_request_says_what_is_wrong_with_it(of):
    algorithm = of("1.7-1")
    assert failure(algorithm, {"eta": "0.1"}) == "ClientError: Missing required hyperparameter: num_round, exit code: 1"
    assert failure(algorithm, {**ASKED, "max_depth": "deep"}) == (
        "ClientError: Hyperparameter max_depth: could not parse value (caused by ValueError), exit code: 1")
    assert failure(algorithm, {**ASKED, "eta": "2"}) == "ClientError: Hyperparameter eta: 2 is not in [0, 1], exit code: 1"
    assert "Extraneous hyperparameter found: depth" in failure(algorithm, {**ASKED, "depth": "3"})
    assert "Missing required channel: train" in failure(algorithm, ASKED, [algorithm.channels()[1]])


def test_wrong_data_is_named_by_file_and_line(of):
    algorithm = of("1.7-1")

    def trained_on(text, content_type="text/csv"):
        return failure(algorithm, ASKED, [algorithm.channel("train", {"day/rows.csv": text}, content_type)])

    assert "day/rows.csv, line 1: 'label' is not a number; the file must not have a header" in trained_on(b"label,a\n1,2\n")
    assert "day/rows.csv, line 2: 3 columns, where the first record has 2" in trained_on(b"1,2\n1,2,3\n")
    assert "is not 'LIBSVM' format" in trained_on(b"1,2\n", None)
    assert "No data in training channel path" in trained_on(b"")
    assert "label must be in [0,1] for logistic regression" in trained_on(b"7,2\n3,4\n")
    assert "recordio-protobuf is not served here" in trained_on(b"x", "application/x-recordio-protobuf")
    assert "is not an accepted ContentType" in trained_on(b"x", "image/png")


def test_early_stopping_keeps_the_best(of):
    algorithm = of("1.7-1")
    asked = {**ASKED, "num_round": "200", "eta": "0.5", "eval_metric": "auc,logloss"}
    job = completed(algorithm, algorithm.train({**asked, "early_stopping_rounds": "5"}, algorithm.channels()))
    rounds = [line for line in algorithm.platform.log(job["TrainingJobName"]) if line.startswith("[") and "validation-logloss" in line]
    losses = [float(line.rsplit(":", 1)[1]) for line in rounds]
    best = losses.index(min(losses))
    assert len(rounds) == best + 6 < 200
    about = algorithm.compare(job, {**asked, "num_round": str(best + 1)})
    assert about["trees"] == best + 1 and about["difference"] <= 1e-6


def test_early_stopping_of_0_90_keeps_all_trees_and_tells_the_best(of):
    algorithm = of("0.90-2-cpu-py3")
    asked = {**ASKED, "num_round": "200", "eta": "0.5", "eval_metric": "logloss"}
    job = completed(algorithm, algorithm.train({**asked, "early_stopping_rounds": "4"}, algorithm.channels()))
    lines = algorithm.platform.log(job["TrainingJobName"])
    assert any("Will train until validation-logloss hasn't improved in 4 rounds." in line for line in lines)
    losses = [float(line.rsplit(":", 1)[1]) for line in lines if line.startswith("[") and line.count("#011") == 2 and "Best" not in line]
    about = algorithm.compare(job, asked)
    best = int(about["attributes"]["best_iteration"])
    assert about["trees"] == best + 5 and about["attributes"]["best_ntree_limit"] == str(best + 1)
    assert float(about["attributes"]["best_score"]) == pytest.approx(min(losses))


ENDLESS = {**ASKED, "num_round": "1000000", "max_depth": "2"}


def stopped(algorithm, hyperparameters, **options):
    """The files that a job leaves which was stopped once it was at work."""
    name = algorithm.submit(hyperparameters, algorithm.channels(), **options)
    algorithm.platform.wait_for_line(name, "[20]#011", seconds=120)
    algorithm.platform.sagemaker.stop_training_job(TrainingJobName=name)
    job = algorithm.platform.wait(name, seconds=120)
    assert job["TrainingJobStatus"] == "Stopped"
    return algorithm.model(job)


def test_a_stopped_job_leaves_what_its_container_would(of):
    algorithm = of("1.7-1")
    files = stopped(algorithm, {**ENDLESS, "save_model_on_termination": "true"})
    assert list(files) == ["xgboost-model"]
    assert algorithm.compare_file(files["xgboost-model"], ASKED)["trees"] > 20

    algorithm = of("0.90-2-cpu-py3")
    [(name, model)] = stopped(algorithm, ENDLESS).items()
    assert name.startswith("xgboost-checkpoint.") and int(name.split(".")[1]) >= 20
    assert algorithm.compare_file(model, ASKED)["trees"] == int(name.split(".")[1]) + 1


def test_a_job_that_is_stopped_before_its_first_round_leaves_no_model(of):
    algorithm, platform = of("1.7-1"), of("1.7-1").platform
    # So many rows that the signal usually comes while they are read. What is told below holds whenever it comes.
    train = algorithm.channel("train", {"rows.csv": algorithm.read("train.csv") * 200})
    asked = {**ENDLESS, "save_model_on_termination": "true"}
    name = algorithm.submit(asked, [train, algorithm.channels()[1]])
    platform.wait_for_line(name, "Running XGBoost Sagemaker in algorithm mode", seconds=120)
    platform.sagemaker.stop_training_job(TrainingJobName=name)
    job = platform.wait(name, seconds=120)
    assert job["TrainingJobStatus"] == "Stopped" and "FailureReason" not in job
    rounds = [line for line in platform.log(name) if line.startswith("[") and "#011" in line]
    left = platform.s3.list_objects_v2(Bucket=platform.bucket, Prefix=f"output/{name}/").get("Contents", [])
    assert [entry["Key"].rsplit("/", 1)[1] for entry in left] == (["model.tar.gz"] if rounds else [])
    if rounds:
        assert algorithm.compare_file(algorithm.model(job)["xgboost-model"], ASKED)["trees"] == len(rounds)


@pytest.mark.parametrize("tag", ["0.90-2-cpu-py3", "3.2-0"])
def test_a_job_goes_on_from_the_newest_checkpoint(of, tag):
    algorithm = of(tag)
    prefix = "checkpoints-" + algorithm.folder.name
    config = {"CheckpointConfig": {"S3Uri": f"s3://{algorithm.platform.bucket}/{prefix}"}}
    asked = {name: value for name, value in ASKED.items() if name != "subsample"}  # nothing random: two halves are a whole
    completed(algorithm, algorithm.train({**asked, "num_round": "7"}, algorithm.channels(), **config))

    def kept():
        listing = algorithm.platform.s3.list_objects_v2(Bucket=algorithm.platform.bucket, Prefix=prefix + "/").get("Contents", [])
        return sorted(entry["Key"].rsplit("/", 1)[1] for entry in listing)

    assert kept() == ["xgboost-checkpoint.%d" % i for i in range(2, 7)]
    job = completed(algorithm, algorithm.train(asked, algorithm.channels(), **config))
    lines = algorithm.platform.log(job["TrainingJobName"])
    assert any(line.endswith("Resuming from iteration 7") for line in lines)
    assert [line.split("#011")[0] for line in lines if line.startswith("[") and "#011" in line] == ["[%d]" % i for i in range(7, 12)]
    about = algorithm.compare(job, asked)
    assert about["trees"] == 12 and about["difference"] <= 1e-5


@pytest.mark.parametrize("tag", FORMS)
def test_hosts_train_one_model_together(of, tag):
    algorithm = of(tag)
    lines = algorithm.read("train.csv").splitlines(True)
    train = algorithm.channel("train", {"part-%d.csv" % i: b"".join(lines[i::4]) for i in range(4)}, S3DataDistributionType="ShardedByS3Key")
    validation = algorithm.channel("validation", {"rows.csv": algorithm.read("validation.csv")})
    asked = {"num_round": "12", "objective": "binary:logistic", "max_depth": "3", "eta": "0.2", "eval_metric": "error", "tree_method": "hist"}
    job = completed(algorithm, algorithm.train(asked, [train, validation], instances=2))
    about = algorithm.compare(job, asked)
    assert about["trees"] == 12 and about["wrong"] < 0.1
    log = algorithm.platform.log(job["TrainingJobName"])
    halves = [int(line.split(" has ")[1].split(" rows")[0]) for line in log if "Train matrix has" in line]
    assert len(halves) == 2 and sum(halves) == len(lines) and min(halves) > 100
    rounds = [line for line in log if line.startswith("[") and "#011" in line]
    assert len(rounds) == 12  # told once, and of all records: the error of a half would be a multiple of one in a half
    error = float(rounds[-1].split("#011train-error:")[1].split("#011")[0])
    assert error * len(lines) == pytest.approx(round(error * len(lines)), abs=0.01)


def test_a_host_without_data_is_left_out(of):
    algorithm = of("0.90-2-cpu-py3")
    train = algorithm.channel("train", {"rows.csv": algorithm.read("train.csv")}, S3DataDistributionType="ShardedByS3Key")
    asked = {name: value for name, value in ASKED.items() if name != "eval_metric"}
    job = completed(algorithm, algorithm.train(asked, [train], instances=2))
    assert algorithm.compare(job, asked)["difference"] <= 1e-6
    assert any("does not have training data" in line for line in algorithm.platform.log(job["TrainingJobName"]))


@pytest.mark.parametrize("tag, asked, file", [("0.90-2-cpu-py3", {}, "xgboost-checkpoint."), ("3.2-0", {"save_model_on_termination": "true"}, "xgboost-model")])
def test_a_stopped_job_of_two_hosts_leaves_its_model_too(of, tag, asked, file):
    algorithm = of(tag)
    [(name, model)] = stopped(algorithm, {**ENDLESS, **asked}, instances=2).items()
    assert name.startswith(file)
    assert algorithm.compare_file(model, ASKED)["trees"] > 20
