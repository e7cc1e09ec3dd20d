"""SageMaker Python SDK 3, unmodified, with the environment of `clary env` alone: what its tests share."""

import io
import json
import tarfile
import textwrap
import uuid

import pytest
from sklearn.datasets import load_digits

from jobs import INSTANCE, wait_until


@pytest.fixture(scope="session")
def session(server):
    """The SDK's own session; `server` has put the variables of `clary env` into this process's environment."""
    from sagemaker.core.helper.session_helper import Session

    return Session()


@pytest.fixture(scope="session")
def boto(session):
    """boto(service): a client as anybody makes one."""
    clients = {}

    def client(service):
        if service not in clients:
            clients[service] = session.boto_session.client(service)
        return clients[service]
    return client


@pytest.fixture(scope="session")
def role(session):
    from sagemaker.core.helper.session_helper import get_execution_role

    return get_execution_role()


@pytest.fixture(scope="session")
def image(session):
    """The scikit-learn image with this environment's own Python, so that what is pickled here is loaded there."""
    from sagemaker.core import image_uris

    uri = image_uris.retrieve("sklearn", "us-east-1", version="1.4-2-py312", py_version="py3", instance_type=INSTANCE)
    assert uri == "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312-cpu-py3"
    return uri


@pytest.fixture(scope="session")
def digits():
    """(rows, labels): 1,797 images of handwritten digits."""
    bunch = load_digits()
    return bunch.data, bunch.target


@pytest.fixture
def source(tmp_path):
    """source({name: text}) writes a folder of source code; its path."""
    def write(files, folder="source"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / folder / name).write_text(textwrap.dedent(text))
        return str(tmp_path / folder)
    return write


@pytest.fixture(scope="session")
def read(boto):
    """read(uri): an object's bytes; read(uri, member): a member of the archive that it is; JSON where the name says so."""
    def get(uri, member=None):
        bucket, key = uri[len("s3://"):].split("/", 1)
        data = boto("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        if member:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                data = archive.extractfile(member).read()
        return json.loads(data) if (member or uri).endswith(".json") else data
    return get


@pytest.fixture(scope="session")
def log_of(boto):
    """log_of(name, group): all lines of a job's or an endpoint's log."""
    def lines(name, group="/aws/sagemaker/TrainingJobs"):
        pages = boto("logs").get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNamePrefix=name)
        return [event["message"] for page in pages for event in page["events"]]
    return lines


@pytest.fixture(scope="session")
def ended(boto):
    """ended(trainer or name): the job's description once it has ended. The SDK's own wait looks every 5 s."""
    def wait(job):
        name = job if isinstance(job, str) else job._latest_training_job.training_job_name

        def look():
            found = boto("sagemaker").describe_training_job(TrainingJobName=name)
            return found if found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None
        return wait_until(look, 120, f"the end of {name}")
    return wait


@pytest.fixture(scope="session")
def in_service(boto):
    """in_service(name): an endpoint's description once it serves. deploy(wait=True) sleeps 30 s before it looks."""
    def wait(name, seconds=120):
        def look():
            found = boto("sagemaker").describe_endpoint(EndpointName=name)
            assert found["EndpointStatus"] != "Failed", found.get("FailureReason")
            return found if found["EndpointStatus"] == "InService" else None
        return wait_until(look, seconds, f"{name} in service")
    return wait


@pytest.fixture
def trainer(session, image, source):
    """trainer(files, entry_script=..., **options): a ModelTrainer of these source files."""
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, SourceCode

    def make(files, code=None, **options):
        code = {"entry_script": "train.py", **({"source_dir": source(files)} if files else {}), **(code or {})}
        options = {"training_image": image, "sagemaker_session": session, "base_job_name": "sdk3-" + uuid.uuid4().hex[:8],
                   "compute": Compute(instance_type=INSTANCE, instance_count=1, volume_size_in_gb=1), **options}
        return ModelTrainer(source_code=SourceCode(**code), **options)
    return make
