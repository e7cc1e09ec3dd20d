"""The training job as its script sees it: hyperparameters, SM_* variables and arguments, by the rules of
SageMaker's training toolkit (its ENVIRONMENT_VARIABLES.md)."""

import json
import os

from .failure import WorkerError

PREFIX = "sagemaker_"
OWN = {
    "sagemaker_program",
    "sagemaker_submit_directory",
    "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_region",
    "sagemaker_container_log_level",
    "sagemaker_job_name",
    "default_user_module_name",
    "_tuning_objective_metric",
    "sagemaker_s3_output",
}

LAUNCHERS = (
    "sagemaker_mpi_enabled",
    "sagemaker_parameter_server_enabled",
    "sagemaker_distributed_dataparallel_enabled",
    "sagemaker_pytorch_ddp_enabled",
    "sagemaker_torch_distributed_enabled",
    "sagemaker_pytorch_xla_multi_worker_enabled",
    "sagemaker_multi_worker_mirrored_strategy_enabled",
)


def read_config(layout, name, default):
    path = os.path.join(layout.config, name)
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except FileNotFoundError:
        return default
    except ValueError as error:
        raise WorkerError("ConfigurationError", "%s is not valid JSON: %s" % (path, error))
    if not isinstance(value, dict):
        raise WorkerError("ConfigurationError", "%s is not a JSON object" % path)
    return value


def decode_hyperparameters(raw):
    """SDK 1 and 2 send values as JSON text, the tuner and people some plain: what is not JSON stays as it is."""
    decoded = {}
    for name, value in raw.items():
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                pass
        decoded[name] = value
    return decoded


def to_text(value):
    """A value as an environment variable."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def to_arguments(hyperparameters):
    """--name value, sorted by name; -n for a name of one letter."""
    arguments = []
    for name in sorted(hyperparameters):
        value = hyperparameters[name]
        if isinstance(value, dict):
            value = ",".join("%s=%s" % item for item in sorted(value.items()))
        arguments.append(("--" if len(name) > 1 else "-") + name if name else "")
        arguments.append("" if value is None else str(value))
    return arguments


def is_true(value):
    """Whether a hyperparameter of the SDK's own is switched on."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def count_cpus():
    given = os.environ.get("SM_NUM_CPUS", "")
    return int(given) if given.isdigit() else len(os.sched_getaffinity(0))


def count_gpus():
    given = os.environ.get("SM_NUM_GPUS", "")
    if given.isdigit():
        return int(given)
    try:
        return sum(1 for name in os.listdir("/dev") if name.startswith("nvidia") and name[6:].isdigit())
    except OSError:
        return 0


class TrainingEnv:
    def __init__(self, layout):
        host = os.uname().nodename
        raw = decode_hyperparameters(read_config(layout, "hyperparameters.json", {}))
        self.layout = layout
        self.resources = read_config(layout, "resourceconfig.json", {})
        self.channels = read_config(layout, "inputdataconfig.json", {})
        self.own = {name: value for name, value in raw.items() if name in OWN or name.startswith(PREFIX)}
        self.hyperparameters = {name: value for name, value in raw.items() if name not in self.own}
        self.current_host = self.resources.get("current_host", host)
        self.hosts = self.resources.get("hosts", [self.current_host])
        self.program = os.environ.get("SAGEMAKER_PROGRAM") or self.own.get("sagemaker_program") or ""
        if not isinstance(self.program, str):
            raise WorkerError("ConfigurationError", "the hyperparameter sagemaker_program is not a string")
        self.arguments = to_arguments(self.hyperparameters)
        self.network_interface = self.resources.get("network_interface_name", "eth0")
        self.num_gpus = count_gpus()
        self.distribution_groups = self._distribution_groups()
        self.distribution_hosts = self._distribution_hosts()
        self.master = (self.distribution_hosts or self.hosts or [self.current_host])[0]

    def _distribution_groups(self):
        """The instance groups that a launcher of the SDK runs on: those that it names, else the job's only one."""
        named = self.own.get("sagemaker_distribution_instance_groups")
        if isinstance(named, list):
            return named
        if any(is_true(self.own.get(name)) for name in LAUNCHERS):
            return [self.resources.get("current_group_name", "homogeneousCluster")]
        return []

    def _distribution_hosts(self):
        groups = self.resources.get("instance_groups", [])
        if not groups:
            return list(self.hosts)
        return [
            host
            for group in groups
            if group.get("instance_group_name") in self.distribution_groups
            for host in group.get("hosts", [])
        ]

    def _groups(self):
        groups = self.resources.get("instance_groups", [])
        current = self.resources.get("current_group_name", "homogeneousCluster")
        names = [group.get("instance_group_name") for group in groups]
        hosts = next((g.get("hosts", []) for g in groups if g.get("instance_group_name") == current), [])
        return groups, current, names, hosts

    def describe(self):
        """What SM_TRAINING_ENV tells: the whole of it in one JSON object."""
        layout = self.layout
        groups, group, names, group_hosts = self._groups()
        module = self.program[:-3] if self.program.endswith(".py") else self.program
        return {
            "additional_framework_parameters": {k: v for k, v in self.own.items() if k not in OWN},
            "channel_input_dirs": {name: os.path.join(layout.data, name) for name in self.channels},
            "current_host": self.current_host,
            "current_instance_group": group,
            "current_instance_group_hosts": group_hosts,
            "current_instance_type": self.resources.get("current_instance_type", "local"),
            "distribution_hosts": self.distribution_hosts,
            "distribution_instance_groups": self.distribution_groups,
            "framework_module": os.environ.get("SAGEMAKER_TRAINING_MODULE"),
            "hosts": self.hosts,
            "hyperparameters": self.hyperparameters,
            "input_config_dir": layout.config,
            "input_data_config": self.channels,
            "input_dir": layout.input,
            "instance_groups": names,
            "instance_groups_dict": {g.get("instance_group_name"): g for g in groups},
            "is_hetero": len(names) > 1,
            "is_master": self.current_host == self.master,
            "is_modelparallel_enabled": None,
            "job_name": os.environ.get("TRAINING_JOB_NAME") or self.own.get("sagemaker_job_name"),
            "log_level": self.own.get("sagemaker_container_log_level", 20),
            "master_hostname": self.master,
            "model_dir": layout.model,
            "module_dir": str(
                self.own.get("sagemaker_submit_directory")
                or os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
                or layout.code
            ),
            "module_name": module,
            "network_interface_name": self.network_interface,
            "num_cpus": count_cpus(),
            "num_gpus": self.num_gpus,
            "output_data_dir": layout.output_data,
            "output_dir": layout.output,
            "output_intermediate_dir": layout.intermediate,
            "resource_config": self.resources,
            "user_entry_point": self.program,
        }

    def variables(self):
        told = self.describe()
        values = {
            name: told[name]
            for name in told
            if name
            not in (
                "additional_framework_parameters",
                "channel_input_dirs",
                "distribution_hosts",
                "hyperparameters",
                "is_master",
                "is_modelparallel_enabled",
                "job_name",
                "master_hostname",
            )
        }
        values.update(
            channels=sorted(self.channels),
            framework_params=told["additional_framework_parameters"],
            hps=self.hyperparameters,
            training_env=told,
            user_args=self.arguments,
        )
        for name, folder in told["channel_input_dirs"].items():
            values["channel_" + name] = folder
        for name, value in self.hyperparameters.items():
            values["hp_" + name] = value
        variables = {"SM_" + name.upper(): to_text(value) for name, value in values.items()}
        variables["CURRENT_HOST"] = self.current_host
        variables["SAGEMAKER_JOB_NAME"] = to_text(self.own.get("sagemaker_job_name"))
        variables["SAGEMAKER_REGION"] = to_text(self.own.get("sagemaker_region") or os.environ.get("AWS_REGION"))
        return variables
