"""Training over several hosts, which XGBoost does by Rabit."""


def rabit_run(exec_fun, args, include_in_training, hosts, current_host, first_port=None, second_port=None, max_connect_attempts=None,
              connect_retry_timeout=3, update_rabit_args=False):  # fmt: skip
    """One host trains by itself, as in the image."""
    if len(hosts) > 1:
        raise NotImplementedError("XGBoost's training over several hosts (Rabit) is not available here: use one instance")
    if include_in_training:
        exec_fun(**dict(args, **({"is_master": True} if update_rabit_args else {})))
