"""The environment that SageMaker's training toolkit documents (its ENVIRONMENT_VARIABLES.md), variable by variable, on the document's own
example: two hosts, the channels testing and training, the hyperparameters batch-size, learning-rate and communicator."""

import json

import pytest
from test_launch import two_hosts
from test_train import job  # noqa: F401 (a fixture)

CHANNEL = {"RecordWrapperType": "None", "S3DistributionType": "FullyReplicated", "TrainingInputMode": "File"}
FRAMEWORK = "sagemaker_pytorch_container.training:main"
# What the toolkit puts into the environment, beside SM_CHANNEL_* and SM_HP_*.
NAMES = """CHANNELS CURRENT_HOST CURRENT_INSTANCE_GROUP CURRENT_INSTANCE_GROUP_HOSTS CURRENT_INSTANCE_TYPE DISTRIBUTION_INSTANCE_GROUPS
FRAMEWORK_MODULE FRAMEWORK_PARAMS HOSTS HPS INPUT_CONFIG_DIR INPUT_DATA_CONFIG INPUT_DIR INSTANCE_GROUPS INSTANCE_GROUPS_DICT IS_HETERO
LOG_LEVEL MODEL_DIR MODULE_DIR MODULE_NAME NETWORK_INTERFACE_NAME NUM_CPUS NUM_GPUS OUTPUT_DATA_DIR OUTPUT_DIR OUTPUT_INTERMEDIATE_DIR
RESOURCE_CONFIG TRAINING_ENV USER_ARGS USER_ENTRY_POINT""".split()


@pytest.fixture
def told(job):
    two_hosts(job, "algo-2")
    job.config("inputdataconfig", {"testing": CHANNEL, "training": CHANNEL})
    job.hyperparameters(
        **{
            "batch-size": "256",
            "learning-rate": "0.0001",
            "communicator": '"pure_nccl"',
            "sagemaker_program": '"user_script.py"',
            "sagemaker_submit_directory": '"s3://b/job/source/sourcedir.tar.gz"',
            "sagemaker_container_log_level": "20",
            "sagemaker_job_name": '"job-1"',
            "sagemaker_region": '"us-east-1"',
            "sagemaker_parameter_server_enabled": "true",
        }
    )
    job.script("", "user_script.py")
    script = job.folder / "code/user_script.py"
    script.write_text("import json, os\njson.dump(dict(os.environ), open(os.environ['SM_MODEL_DIR'] + '/seen', 'w'))\n")
    code, output = job.run(SM_NUM_CPUS="32", SM_NUM_GPUS="1", SAGEMAKER_TRAINING_MODULE=FRAMEWORK.replace("pytorch", "chainer"))
    assert code == 0, output
    return json.loads((job.folder / "model/seen").read_text()), str(job.folder)


def test_each_documented_variable(told):
    told, at = told
    expected = {
        "SM_MODEL_DIR": at + "/model",
        "SM_CHANNEL_TRAINING": at + "/input/data/training",
        "SM_CHANNEL_TESTING": at + "/input/data/testing",
        "SM_HP_LEARNING-RATE": "0.0001",
        "SM_HP_BATCH-SIZE": "256",
        "SM_HP_COMMUNICATOR": "pure_nccl",
        "SM_CURRENT_HOST": "algo-2",
        "SM_NUM_GPUS": "1",
        "SM_NUM_CPUS": "32",
        "SM_LOG_LEVEL": "20",
        "SM_NETWORK_INTERFACE_NAME": "eth7",
        "SM_INPUT_DIR": at + "/input",
        "SM_INPUT_CONFIG_DIR": at + "/input/config",
    }
    assert {name: told.get(name) for name in expected} == expected
    as_json = {
        "SM_CHANNELS": ["testing", "training"],
        "SM_HPS": {"batch-size": 256, "learning-rate": 0.0001, "communicator": "pure_nccl"},
        "SM_HOSTS": ["algo-1", "algo-2"],
        "SM_USER_ARGS": ["--batch-size", "256", "--communicator", "pure_nccl", "--learning-rate", "0.0001"],
        "SM_INPUT_DATA_CONFIG": {"testing": CHANNEL, "training": CHANNEL},
        "SM_DISTRIBUTION_INSTANCE_GROUPS": ["homogeneousCluster"],
        "SM_FRAMEWORK_PARAMS": {"sagemaker_parameter_server_enabled": True},
    }
    assert {name: json.loads(told[name]) for name in as_json} == as_json
    resources = json.loads(told["SM_RESOURCE_CONFIG"])
    assert (resources["current_host"], resources["hosts"]) == ("algo-2", ["algo-1", "algo-2"])


def test_no_variable_is_missing_and_none_is_made_up(told):
    told, _ = told
    names = {name[3:] for name in told if name.startswith("SM_") and not name.startswith(("SM_CHANNEL_", "SM_HP_"))}
    assert names == set(NAMES)


def test_the_training_environment_as_one_object(told):
    told, at = told
    env = json.loads(told["SM_TRAINING_ENV"])
    expected = {
        "channel_input_dirs": {"testing": at + "/input/data/testing", "training": at + "/input/data/training"},
        "current_host": "algo-2",
        "framework_module": "sagemaker_chainer_container.training:main",
        "hosts": ["algo-1", "algo-2"],
        "hyperparameters": {"batch-size": 256, "learning-rate": 0.0001, "communicator": "pure_nccl"},
        "input_config_dir": at + "/input/config",
        "input_data_config": {"testing": CHANNEL, "training": CHANNEL},
        "input_dir": at + "/input",
        "job_name": "job-1",
        "log_level": 20,
        "model_dir": at + "/model",
        "module_dir": "s3://b/job/source/sourcedir.tar.gz",
        "module_name": "user_script",
        "network_interface_name": "eth7",
        "num_cpus": 32,
        "num_gpus": 1,
        "output_data_dir": at + "/output/data",
        "output_dir": at + "/output",
        "output_intermediate_dir": at + "/output/intermediate",
        "resource_config": json.loads(told["SM_RESOURCE_CONFIG"]),
        "user_entry_point": "user_script.py",
        "is_master": False,
        "master_hostname": "algo-1",
        "distribution_hosts": ["algo-1", "algo-2"],
        "additional_framework_parameters": {"sagemaker_parameter_server_enabled": True},
    }
    assert {name: env.get(name) for name in expected} == expected
