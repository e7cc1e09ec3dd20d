"""Requests that are made beforehand and sent by load_client."""

import json
import subprocess

from ground import PROGRAMS


def write_requests(file, requests):
    with open(file, "wb") as out:
        for request in requests:
            out.write(b"%d\n" % len(request) + request)


def send_file(ground, file, connections, seconds):
    """For so many seconds over and over, or each once (0). No answer may tell of errors."""
    return json.loads(subprocess.check_output([PROGRAMS / "load_client", ground.address, file, str(connections), str(seconds), '"Errors"'], timeout=900))


def send(ground, folder, requests, connections, seconds):
    file = folder / "requests"
    write_requests(file, requests)
    return send_file(ground, file, connections, seconds)
