"""What the TensorFlow containers do: the variables of TensorFlow's S3 and of its strategies, and a parameter server beside a
training script; SavedModels behind TensorFlow Serving's REST protocol (clary_runtime.tfs) for an endpoint."""

import json
import os
import sys

from .. import content
from ..transform import Answer

ANSWERS_AS_FLASK = False  # its handlers' type is told as it is
WORKER_PORT, SERVER_PORT, MIRRORED_PORT = 2222, 2223, 8890
LOOK_EVERY = 0.5  # seconds between two looks whether the master is up

# On the CPU alone: several processes on one GPU get in each other's way.
PARAMETER_SERVER = """
import json, os
import tensorflow
config = json.loads(os.environ["TF_CONFIG"])
v1 = tensorflow.compat.v1
v1.train.Server(config["cluster"], job_name="ps", task_index=config["task"]["index"],
                config=v1.ConfigProto(device_count={"GPU": 0})).join()
"""


def launch(job):
    from ..launching import wait_for_names

    env = job.env
    job.variables.update(s3_variables(env))
    separate_model_dir(job)
    serves_parameters = job.asked_for("sagemaker_parameter_server_enabled") and len(env.hosts) > 1
    if serves_parameters:
        wait_for_names(env.hosts)
        job.variables["TF_CONFIG"] = json.dumps(parameter_server_config(env))
        told = json.dumps(parameter_server_config(env, "ps"))
        job.beside.append(([sys.executable, "-c", PARAMETER_SERVER], {"TF_CONFIG": told}))
    elif job.asked_for("sagemaker_multi_worker_mirrored_strategy_enabled"):
        wait_for_names(env.hosts)
        job.variables["TF_CONFIG"] = json.dumps(mirrored_config(env))

    def ended(code):
        if code != 0:
            return
        if serves_parameters and env.current_host != env.hosts[0]:
            wait_until_down(env.hosts[0])
        tell_of_model(job.layout.model)

    job.finish = ended


def s3_variables(env):
    """TensorFlow's own S3 file system, which takes a model_dir of s3://, knows no AWS_ENDPOINT_URL."""
    variables = {"TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "1")}
    region = env.own.get("sagemaker_region") or os.environ.get("AWS_REGION")
    if region:
        variables["S3_REGION"] = str(region)
    scheme, separator, place = os.environ.get("AWS_ENDPOINT_URL", "").partition("://")
    if separator:
        variables.update(S3_ENDPOINT=place.rstrip("/"), S3_USE_HTTPS="1" if scheme == "https" else "0", S3_VERIFY_SSL="0")
    return variables


def separate_model_dir(job):
    """A tuning job's trainings would write over one another's model_dir."""
    from ..launching import command_line
    from ..training_env import to_arguments

    env = job.env
    given = env.hyperparameters.get("model_dir")
    if "_tuning_objective_metric" not in env.own or not isinstance(given, str) or not given or given.startswith("/opt/ml"):
        return
    own = "%s/%s/model" % (given, env.describe()["job_name"])
    env.hyperparameters["model_dir"] = own
    env.arguments = to_arguments(env.hyperparameters)
    job.command = command_line(job.entry, env)
    job.variables.update(env.variables())


def addresses(hosts, port):
    return ["%s:%d" % (host, port) for host in hosts]


def parameter_server_config(env, task=None):
    """A worker and a parameter server on each host; the first host's worker is the master."""
    hosts = env.hosts
    index = hosts.index(env.current_host)
    cluster = {"master": addresses(hosts[:1], WORKER_PORT), "ps": addresses(hosts, SERVER_PORT)}
    if hosts[1:]:
        cluster["worker"] = addresses(hosts[1:], WORKER_PORT)
    if task == "ps":
        task = {"index": index, "type": "ps"}
    else:
        task = {"index": index - 1, "type": "worker"} if index else {"index": 0, "type": "master"}
    return {"cluster": cluster, "environment": "cloud", "task": task}


def mirrored_config(env):
    return {
        "cluster": {"worker": addresses(env.hosts, MIRRORED_PORT)},
        "environment": "cloud",
        "task": {"index": env.hosts.index(env.current_host), "type": "worker"},
    }


def wait_until_down(master):
    """The parameters that this host holds are needed until the master has ended; the job's end is the limit."""
    import socket
    import time

    while True:
        try:
            socket.create_connection((master, WORKER_PORT), timeout=5).close()
        except OSError:
            return
        time.sleep(LOOK_EVERY)


def tell_of_model(folder):
    """The container's own warnings of what its serving image will not take."""
    saved = [here for here, _, files in os.walk(folder) if {"saved_model.pb", "saved_model.pbtxt"} & set(files)]
    if not os.path.isdir(folder) or not any(files for _, _, files in os.walk(folder)):
        print("No model artifact is saved under path %s: the job will leave no model." % folder, flush=True)
    elif not saved:
        print("The model will not be servable with TensorFlow Serving: there is no SavedModel in it.", flush=True)
    for place in saved:
        if not os.path.basename(place).isdigit():
            print("The model will not be servable with TensorFlow Serving: the SavedModel is in the folder %s, whose name "
                  "is no number." % os.path.relpath(place, folder), flush=True)


def model_fn(model_dir):
    from ..tfs.service import Service

    return Service(model_dir)


def input_fn(body, content_type):
    return body, content_type


def predict_fn(request, service, context):
    return service.answer(request[0], request[1], context.headers)


def output_fn(answer, accept):
    return answer


def error_answer(error):
    """As TensorFlow Serving tells errors, for those that come before the service or after it."""
    status = 400 if isinstance(error, content.BadContent) else 500
    return Answer(status, content.JSON, json.dumps({"error": str(error)}).encode())
