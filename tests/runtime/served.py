"""clary-model-server under test, in a folder of its own."""

import json
import os

import pytest
from conftest import ROOT
from replica import Replica

PROGRAM = os.environ.get("CLARY_MODEL_SERVER", str(ROOT / "build" / "clary-model-server"))


class Served(Replica):
    """A model server of its own for one model file; `python` is that of its version."""

    def command(self, python):
        environment = os.path.dirname(os.path.dirname(python))
        return [PROGRAM, "--framework", self.framework, "--socket", self.socket, "--model", str(self.folder / "model"), "--environment", environment,
                "--threads", "2"]

    def holding(self, model, name="xgboost-model"):
        (self.folder / "model" / name).write_bytes(model if isinstance(model, bytes) else model.read_bytes())
        return self

    def ask(self, method, path, body=None, **headers):
        connection = self.connect()
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()

    def infer(self, rows, **more):
        """The only output that the Open Inference Protocol gives for these rows."""
        request = {"inputs": [{"name": "x", "shape": [len(rows), len(rows[0])], "datatype": "FP64", "data": rows}], **more}
        status, _, answer = self.ask("POST", "/v2/models/model/infer", json.dumps(request), content_type="application/json")
        assert status == 200, answer
        (output,) = json.loads(answer)["outputs"]
        return output


def refused(one, python):
    """Why the model server ended."""
    one.start(python, wait=False, CLARY_PREFIX=str(one.folder))
    assert one.process.wait(timeout=60) != 0
    assert not os.path.exists(one.socket)
    return one.log


def close(found, wanted):
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted):
        assert one == pytest.approx(other, abs=1e-6)
