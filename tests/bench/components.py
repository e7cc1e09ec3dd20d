"""Trial components by the hundred thousand: requests that are signed together and sent together."""

import hashlib
import hmac
import json
import random
import time

from load import send

CLIENTS = 8
BATCH = 5_000  # components whose requests are signed and sent together
RANDOM = random.Random(7)


class Signer:
    """Whole requests, signed by a key that is made once: a few hundred thousand of them in a minute."""

    def __init__(self, ground):
        self.ground = ground
        self.day, self.key = None, None

    def _key_of(self, day):
        if day != self.day:
            self.day, self.key = day, ("AWS4" + self.ground.secret_key).encode()
            for part in (day, "us-east-1", "sagemaker", "aws4_request"):
                self.key = hmac.digest(self.key, part.encode(), "sha256")
        return self.key

    def request(self, method, path, operation, document):
        body = json.dumps(document).encode()
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {"host": self.ground.address, "x-amz-date": now}
        if operation:
            headers["x-amz-target"] = "SageMaker." + operation
        names = ";".join(headers)
        canonical = "\n".join([method, path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names,
                               hashlib.sha256(body).hexdigest()])
        scope = f"{now[:8]}/us-east-1/sagemaker/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(self._key_of(now[:8]), text.encode(), hashlib.sha256).hexdigest()
        kind = "application/x-amz-json-1.1" if operation else "application/json"
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), f"content-type: {kind}",
                 f"authorization: AWS4-HMAC-SHA256 Credential={self.ground.access_key}/{scope}, SignedHeaders={names}, Signature={signature}",
                 f"content-length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def calls_of(signer, name, trial):
    """A component with all its values: what it takes to make one."""
    now = time.time()
    values = [RANDOM.random() for _ in range(20)]
    yield signer.request("POST", "/", "CreateTrialComponent", {
        "TrialComponentName": name, "DisplayName": "Training", "Status": {"PrimaryStatus": "Completed"},
        "Parameters": {f"p{i}": {"StringValue": f"v{RANDOM.randrange(10)}"} if i < 10 else {"NumberValue": RANDOM.random()} for i in range(20)}})
    for first in (0, 10):
        yield signer.request("PUT", "/BatchPutMetrics", None, {"TrialComponentName": name, "MetricData": [
            {"MetricName": f"m{i}", "Value": values[i], "Step": 0, "Timestamp": now} for i in range(first, first + 10)]})
    if trial:
        yield signer.request("POST", "/", "AssociateTrialComponent", {"TrialComponentName": name, "TrialName": trial})


def create(ground, signer, folder, first, count, trial="trial-{}"):
    """Components a second; each connection makes whole components, one after the other. trial: theirs, with the last digit of their number; or None."""
    took = 0.0
    for start in range(first, first + count, BATCH):
        made = [list(calls_of(signer, f"c-{number}", trial and trial.format(number % 10)))
                for number in range(start, min(start + BATCH, first + count))]
        requests = [calls[i] for group in range(0, len(made), CLIENTS) for i in range(len(made[0])) for calls in made[group:group + CLIENTS]]
        began = time.perf_counter()
        send(ground, folder, requests, CLIENTS, 0)
        took += time.perf_counter() - began
    return count / took
