"""What the server adds to an invocation, and how many it passes on beside nginx. The worker echoes and is not Python."""

import json
import pathlib
import subprocess
import tempfile

import peers
from figures import against, figure, side_by_side
from ground import PROGRAMS, Ground

ROUNDS, REQUESTS = 7, 4000
RUNS, SECONDS = 5, 4
BODY = ",".join(f"{value / 7:.4f}" for value in range(30))


def signed_request(ground, endpoint):
    """Path and headers as boto3 sends them: signed once, believed for 15 minutes."""
    seen = []
    ground.runtime.meta.events.register_last("before-send.sagemaker-runtime", lambda request, **_: seen.append(request) and None)
    answer = ground.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body=BODY)
    assert answer["Body"].read().decode() == BODY
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in seen[0].headers.items()}
    headers.pop("Content-Length", None)
    return f"/endpoints/{endpoint}/invocations", headers


def as_bytes(path, headers, body=BODY):
    lines = [f"POST {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()] + [f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def quantiles(address, request):
    return json.loads(subprocess.check_output([str(PROGRAMS / "latency_client"), str(address), str(request), str(REQUESTS)]))


def latency(ground, path, headers, folder):
    signed, direct = folder / "signed", folder / "direct"
    signed.write_bytes(as_bytes(path, {"Host": ground.address, **headers}))
    direct.write_bytes(as_bytes("/invocations", {"Host": "model", "Content-Type": "text/csv", "Accept": "text/csv"}))
    socket = ground.worker_sockets()[0]
    got = side_by_side(ROUNDS, ours=lambda: quantiles(ground.address, signed), worker=lambda: quantiles(socket, direct))
    figure("invoke", "InvokeEndpoint, 1 client, p50", [run["p50"] for run in got["ours"]], "us")
    figure("invoke", "the worker's own socket, 1 client, p50", [run["p50"] for run in got["worker"]], "us")
    figure("invoke", "added by the server, p50", [a["p50"] - b["p50"] for a, b in zip(got["ours"], got["worker"])], "us", at_most=200)


def throughput(ground, path, headers, folder):
    common = peers.load("common")
    if common is None:
        return peers.skip("64 clients beside nginx")
    socket, port = folder / "constant.sock", common.free_port()
    passing = (f"upstream b {{ server unix:{socket}; keepalive 64; }}\nserver {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://b; "
               "proxy_http_version 1.1; proxy_set_header Connection ''; } }\n")
    constant = f"server {{ listen unix:{socket}; location / {{ return 200 \"0.123456\\n\"; }} }}"
    with common.Server(common.nginx_conf("bench", passing + constant), "bench-nginx") as nginx:
        nginx.wait_http(f"http://127.0.0.1:{port}/ping")
        lua = common.lua_post(path, BODY, headers, folder / "invoke.lua")

        def rate(url, connections):
            run = common.wrk(url, connections, SECONDS, lua)
            assert run["status_errors"] == run["sock_errors"] == 0, run
            return run["rps"]

        for connections, at_least in ((64, 0.45), (1, None)):
            got = side_by_side(RUNS, ours=lambda: rate(ground.url, connections), nginx=lambda: rate(f"http://127.0.0.1:{port}", connections))
            against("invoke", f"InvokeEndpoint, {connections} keep-alive clients", "requests/s", got["ours"], got["nginx"],
                    "nginx proxying a constant", at_least)


if __name__ == "__main__":
    with Ground(log_level="warn") as ground, tempfile.TemporaryDirectory(prefix="clary-bench-") as folder:
        endpoint, _, _ = ground.deploy_echo()
        path, headers = signed_request(ground, endpoint)
        latency(ground, path, headers, pathlib.Path(folder))
        throughput(ground, path, headers, pathlib.Path(folder))
