"""What scripts import of it to wait for the other hosts."""


def wait_hosts(hosts):
    from clary_runtime.launching import wait_for_names

    wait_for_names(hosts)
