"""SDK 3 with the XGBoost image: a script of one's own, a model object that ModelBuilder packs, and the image's own serving."""

import io
import json
import uuid

import numpy as np
import pytest
import xgboost

from jobs import INSTANCE

TRAIN = """
import argparse, os
import numpy as np
import xgboost

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int)
args = parser.parse_args()
table = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.csv"), delimiter=",")
rows, labels = table[::2, 1:], table[::2, 0]
model = xgboost.train({"objective": "multi:softprob", "num_class": 10, "max_depth": 3}, xgboost.DMatrix(rows, labels), args.rounds)
accuracy = (model.predict(xgboost.DMatrix(table[1::2, 1:])).argmax(1) == table[1::2, 0]).mean()
print("xgboost %s accuracy: %.6f" % (xgboost.__version__, accuracy))
model.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "xgboost-model"))
"""


@pytest.fixture(scope="module")
def xgboost_image(session):
    from sagemaker.core import image_uris

    return image_uris.retrieve("xgboost", "us-east-1", version="3.2-0", instance_type=INSTANCE)


@pytest.fixture(scope="module")
def trained(session, xgboost_image, digits, ended, log_of, tmp_path_factory):
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, InputData, MetricDefinition, SourceCode

    folder = tmp_path_factory.mktemp("xgboost")
    (folder / "source").mkdir()
    (folder / "source" / "train.py").write_text(TRAIN)
    (folder / "data").mkdir()
    np.savetxt(folder / "data" / "digits.csv", np.column_stack([digits[1], digits[0]]), delimiter=",", fmt="%g")
    trainer = ModelTrainer(training_image=xgboost_image, base_job_name="sdk3-xgboost-" + uuid.uuid4().hex[:8],
                           source_code=SourceCode(source_dir=str(folder / "source"), entry_script="train.py"),
                           compute=Compute(instance_type=INSTANCE, instance_count=1), hyperparameters={"rounds": 20})
    trainer.with_metric_definitions([MetricDefinition(name="accuracy", regex="accuracy: ([0-9.]+)")])
    trainer.train(input_data_config=[InputData(channel_name="train", data_source=str(folder / "data"))], wait=False)
    described = ended(trainer)
    assert described["TrainingJobStatus"] == "Completed", log_of(described["TrainingJobName"])[-40:]
    return described


@pytest.fixture(scope="module")
def booster(trained, read, tmp_path_factory):
    path = tmp_path_factory.mktemp("booster") / "xgboost-model"
    path.write_bytes(read(trained["ModelArtifacts"]["S3ModelArtifacts"], "xgboost-model"))
    return xgboost.Booster(model_file=str(path))


@pytest.fixture
def serve(session, role, xgboost_image, in_service):
    """serve(**options): an endpoint of a ModelBuilder with these options."""
    from sagemaker.core.training.configs import Compute
    from sagemaker.serve import ModelBuilder

    made = []

    def up(**options):
        name = "sdk3-xgboost-" + uuid.uuid4().hex[:8]
        builder = ModelBuilder(image_uri=xgboost_image, role_arn=role, sagemaker_session=session,
                               compute=Compute(instance_type=INSTANCE), **options)
        builder.build(model_name=name)
        made.append(name)
        endpoint = builder.deploy(endpoint_name=name, initial_instance_count=1, instance_type=INSTANCE, wait=False)
        in_service(name)
        return endpoint
    yield up
    for name in made:
        session.sagemaker_client.delete_endpoint(EndpointName=name)


def test_a_script_of_ones_own(trained, booster, digits):
    accuracy = trained["FinalMetricDataList"][0]["Value"]
    own = (booster.predict(xgboost.DMatrix(digits[0][1::2])).argmax(1) == digits[1][1::2]).mean()
    assert own == pytest.approx(accuracy, abs=1e-6) and accuracy > 0.9


def test_the_images_own_serving(trained, booster, serve, digits):

    endpoint = serve(s3_model_data_url=trained["ModelArtifacts"]["S3ModelArtifacts"])
    rows = digits[0][:5]
    answer = endpoint.invoke(body="\n".join(",".join("%g" % pixel for pixel in row) for row in rows).encode(), content_type="text/csv",
                             accept="text/csv")
    found = json.loads("[%s]" % answer.body.read().decode())  # the algorithm writes a list in brackets for each row
    np.testing.assert_allclose(found, booster.predict(xgboost.DMatrix(rows)), atol=1e-6)


def test_a_model_object(serve, digits, tmp_path):
    """The object is saved as JSON, and loaded by the name of its class."""
    from sagemaker.serve import ModelServer
    from sagemaker.serve.builder.schema_builder import SchemaBuilder

    rows, labels = digits
    model = xgboost.XGBClassifier(n_estimators=10, max_depth=3).fit(rows[::2], labels[::2])
    endpoint = serve(model=model, model_server=ModelServer.TORCHSERVE, model_path=str(tmp_path / "packed"), dependencies={"auto": False},
                     schema_builder=SchemaBuilder(rows[:2], model.predict(rows[:2])))
    body = io.BytesIO()
    np.save(body, rows[1::2][:50])
    answer = endpoint.invoke(body=body.getvalue(), content_type="application/x-npy", accept="application/x-npy")
    np.testing.assert_array_equal(np.load(io.BytesIO(answer.body.read())), model.predict(rows[1::2][:50]))


def test_the_algorithm_itself_trains_without_a_script(session, xgboost_image, digits, ended, read, tmp_path):
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, InputData

    rows, labels = digits
    for name, part in (("train", slice(0, None, 2)), ("validation", slice(1, None, 2))):
        (tmp_path / name).mkdir()
        np.savetxt(tmp_path / name / "digits.csv", np.column_stack([labels[part], rows[part]]), delimiter=",", fmt="%g")
    trainer = ModelTrainer(training_image=xgboost_image, base_job_name="sdk3-algorithm-" + uuid.uuid4().hex[:8],
                           compute=Compute(instance_type=INSTANCE, instance_count=1),
                           hyperparameters={"num_round": 20, "objective": "multi:softmax", "num_class": 10, "max_depth": 3})
    trainer.train(input_data_config=[InputData(channel_name=name, data_source=str(tmp_path / name), content_type="text/csv")
                                     for name in ("train", "validation")], wait=False)
    described = ended(trainer)
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    (tmp_path / "xgboost-model").write_bytes(read(described["ModelArtifacts"]["S3ModelArtifacts"], "xgboost-model"))
    wrong = (xgboost.Booster(model_file=str(tmp_path / "xgboost-model")).predict(xgboost.DMatrix(rows[1::2])) != labels[1::2]).mean()
    final = {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]}
    assert wrong < 0.1 and final["validation:mlogloss"] < 0.5
