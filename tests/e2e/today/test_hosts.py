"""Jobs with several instances: hosts with names and addresses of their own, linked to each other and to nothing else."""

import contextlib
import json
import os
import re
import signal
import socket

import pytest

from jobs import INSTANCE, Platform, nothing_runs, processes_of, wait_until

THIS_MACHINE = socket.gethostbyname(socket.gethostname())

# What each host's script begins with. `meet` waits for all hosts at a port of the first: each says a word, all hear all words.
WORDS = """
import fcntl, json, os, socket, struct, time, urllib.request
config = json.load(open("/opt/ml/input/config/resourceconfig.json"))
me, hosts = config["current_host"], config["hosts"]

def address_of(interface):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        return socket.inet_ntoa(fcntl.ioctl(any_socket, 0x8915, struct.pack("256s", interface.encode()))[20:24])

def meet(port, word):
    if me == hosts[0]:
        words, guests = {me: word}, []
        with socket.create_server(("0.0.0.0", port)) as door:
            while len(words) < len(hosts):
                guest, peer = door.accept()
                name, text = json.loads(guest.makefile().readline())
                words[name] = [text, peer[0]]
                guests.append(guest)
        for guest in guests:
            guest.sendall((json.dumps(words) + "\\n").encode())
        return words
    while True:
        try:
            with socket.create_connection((hosts[0], port), 10) as door:
                door.sendall((json.dumps([me, word]) + "\\n").encode())
                return json.loads(door.makefile().readline())
        except OSError:
            time.sleep(0.02)

def dial(host, port):
    try:
        socket.create_connection((host, port), 0.5).close()
        return "reached"
    except OSError as error:
        return type(error).__name__

def told(what):
    print("TOLD " + json.dumps(what), flush=True)
"""


@pytest.fixture
def place(make_server):
    return Platform(make_server(first_look_seconds=0))


def submit(platform, script, hosts=2, **request):
    return platform.submit(WORDS + script, ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": hosts, "VolumeSizeInGB": 1}, **request)


def told(platform, name):
    """What each host told, in the order of its telling; from its own log stream."""
    found = {}
    for stream in platform.logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=name + "/")["logStreams"]:
        host = re.search(r"algo-\d+", stream["logStreamName"]).group()
        events = platform.logs.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"],
                                              startFromHead=True)["events"]
        found[host] = [json.loads(event["message"][len("TOLD "):]) for event in events if event["message"].startswith("TOLD ")]
    return found


def completed(platform, name):
    job = platform.wait(name)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), platform.log(name)[-20:])
    return job


def test_hosts_meet_by_name_at_addresses_of_their_own(platform):
    name = submit(platform, """
told([config["network_interface_name"], address_of("eth0"), socket.gethostname(), socket.gethostbyname(me), socket.gethostbyname("localhost")])
told(meet(2222, "I am " + me))
told(sorted(name for _, name in socket.if_nameindex()))
told([os.environ["SM_HOSTS"], os.environ["SM_CURRENT_HOST"], os.environ["SM_NETWORK_INTERFACE_NAME"]])
""", hosts=3)
    completed(platform, name)
    by_host = told(platform, name)
    assert sorted(by_host) == ["algo-1", "algo-2", "algo-3"]
    for number, host in enumerate(("algo-1", "algo-2", "algo-3"), 1):
        names, words, interfaces, variables = by_host[host]
        assert names == ["eth0", f"10.32.0.{number}", host, f"10.32.0.{number}", "127.0.0.1"]
        assert words == {"algo-1": "I am algo-1", "algo-2": ["I am algo-2", "10.32.0.2"], "algo-3": ["I am algo-3", "10.32.0.3"]}
        assert interfaces == ["eth0", "lo"]
        assert variables == ['["algo-1","algo-2","algo-3"]', host, "eth0"]


def test_clary_is_reached_and_nothing_else(platform):
    """Neither a port of this machine, nor an address that is no host's, nor a peer's way to Clary."""
    with socket.create_server(("0.0.0.0", 0)) as listener:
        listener.settimeout(0.1)
        name = submit(platform, f"""
meet(2222, "here")
other, clary = hosts[1 - hosts.index(me)], os.environ["AWS_ENDPOINT_URL"]
clary_port = int(clary.rpartition(":")[2])
told([dial("127.0.0.1", clary_port), dial("127.0.0.1", {listener.getsockname()[1]}), dial("{THIS_MACHINE}", {listener.getsockname()[1]}),
      dial("10.32.255.254", {listener.getsockname()[1]}), dial(other, clary_port)])
told(urllib.request.urlopen(clary + "/-/health", timeout=5).status)
meet(3333, "done")
""")
        completed(platform, name)
        with pytest.raises(OSError):
            listener.accept()
    for host, (dialled, health) in told(platform, name).items():
        assert dialled[0] == "reached" and health == 200, host
        assert "reached" not in dialled[1:], (host, dialled)


def test_peers_are_not_asked_through_the_proxy(platform):
    name = submit(platform, """
import http.server, threading
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("page of " + me).encode())
    def log_message(self, *_):
        pass
threading.Thread(target=http.server.HTTPServer(("0.0.0.0", 8000), Page).serve_forever, daemon=True).start()
meet(2222, "serving")
told([urllib.request.urlopen("http://%s:8000/" % at, timeout=5).read().decode() for host in hosts for at in (host, socket.gethostbyname(host))])
meet(3333, "done")
""")
    completed(platform, name)
    pages = ["page of algo-1", "page of algo-1", "page of algo-2", "page of algo-2"]
    assert told(platform, name) == {"algo-1": [pages], "algo-2": [pages]}


def test_isolated_hosts_have_each_other_alone(platform):
    own_port = int(platform.server.address.rpartition(":")[2])
    name = submit(platform, f"""
told(meet(2222, "here")["algo-1"])
clary = os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:9080")
told([dial("127.0.0.1", int(clary.rpartition(":")[2])), dial("127.0.0.1", {own_port}), dial("{THIS_MACHINE}", {own_port})])
""", EnableNetworkIsolation=True)
    completed(platform, name)
    for host, (word, dialled) in told(platform, name).items():
        assert word == "here" and "reached" not in dialled, (host, dialled)


def test_a_network_outlives_the_server_and_leaves_nothing(place):
    server = place.server
    name = submit(place, """
meet(2222, "before")
print("met", flush=True)
while not os.path.exists("/tmp/go"):
    time.sleep(0.01)
told(meet(3333, "after"))
""")
    place.wait_for_line(name, "met")
    server.kill()
    server.start()
    workers = wait_until(lambda: sorted((server.data_dir / "workers").glob("*algo-*")), what="the workers")
    assert len(workers) == 2
    for worker in workers:
        (worker / "tmp" / "go").touch()
    completed(place, name)
    assert told(place, name)["algo-1"] == [{"algo-1": "after", "algo-2": ["after", "10.32.0.2"]}]
    nothing_runs(server)


def test_a_network_whose_job_is_stopped_while_the_server_is_down_is_cleared(place):
    server = place.server
    name = submit(place, "meet(2222, 'here')\nprint('met', flush=True)\ntime.sleep(300)\n")
    place.wait_for_line(name, "met")
    holders = {pid for pid, command in processes_of(server.data_dir).items() if " hold " in command}
    assert len(holders) == 1
    server.kill()
    # Its hosts end meanwhile, as on a machine that runs out of memory.
    for pid, command in processes_of(server.data_dir).items():
        if pid not in holders:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    server.start()
    job = place.wait(name)
    assert job["TrainingJobStatus"] == "Failed"
    nothing_runs(server)
