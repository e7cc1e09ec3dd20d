"""CONNECT and TLS on the one port: Amazon's own addresses end here, other hosts are tunnelled, this host is refused."""

import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import threading
import uuid

import boto3
import pytest
import requests
from botocore.client import Config
from botocore.exceptions import ClientError

from jobs import Platform
from test_isolation import aliases

ECHO = """
import socket, sys
listener = socket.create_server((sys.argv[1], 8000))
print("listening", flush=True)
while True:
    connection, _ = listener.accept()
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.close()
"""


def run_with(server, code, *variables):
    """Runs Python code with the environment of `clary env` and nothing else that AWS clients read."""
    environment = server.environment()
    for name in variables:
        environment.pop(name, None)
    done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask_connect(server, target, headers=None):
    """(status, what it said or the open connection)."""
    host, port = server.address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=20)
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", *(headers or []), "", ""]
    connection.sendall("\r\n".join(lines).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)  # one by one: what follows the head is the tunnel's
        if not byte:
            raise AssertionError(f"the connection ended within the answer's head: {head}")
        head += byte
    status = int(head.split()[1])
    if status == 200:
        return 200, connection
    text = b""
    while piece := connection.recv(4096):
        text += piece
    connection.close()
    return status, text.decode()


def trust(server):
    return ssl.create_default_context(cafile=server.env()["AWS_CA_BUNDLE"])


@pytest.mark.parametrize("host", ["sts.us-east-1.amazonaws.com", "sts.eu-central-1.amazonaws.com", "sts.amazonaws.com"])
def test_sts_at_amazons_address(server, host):
    code = f"import boto3; print(boto3.client('sts', endpoint_url='https://{host}').get_caller_identity()['Arn'])"
    assert run_with(server, code).startswith("arn:aws:sts::000000000000:assumed-role/")


def test_every_service_without_an_endpoint_variable(server):
    code = """
import boto3
print(boto3.client("sts").get_caller_identity()["Account"])
print(len(boto3.client("iam").list_roles()["Roles"]))
print(boto3.client("sagemaker").list_training_jobs(NameContains="nothing")["TrainingJobSummaries"])
print(boto3.client("logs", region_name="eu-west-1").describe_log_groups()["logGroups"])
try:
    boto3.client("sagemaker-runtime").invoke_endpoint(EndpointName="none", Body=b"x")
except Exception as error:
    print(error.response["Error"]["Message"])
"""
    lines = run_with(server, code, "AWS_ENDPOINT_URL").splitlines()
    assert lines[0] == "000000000000" and int(lines[1]) >= 1 and lines[2:4] == ["[]", "[]"]
    assert "none" in lines[4] and "not found" in lines[4]


def test_s3_by_bucket_names_of_buckets_that_exist(server, platform):
    bucket = "named-" + uuid.uuid4().hex[:8]
    platform.s3.create_bucket(Bucket=bucket)
    code = f"""
import boto3
from botocore.client import Config
virtual = boto3.client("s3", config=Config(s3={{"addressing_style": "virtual"}}))
virtual.put_object(Bucket="{bucket}", Key="k", Body=b"v" * 100000)
print(virtual.meta.endpoint_url, len(virtual.get_object(Bucket="{bucket}", Key="k")["Body"].read()))
"""
    assert "amazonaws.com 100000" in run_with(server, code, "AWS_ENDPOINT_URL")


def test_the_aws_cli(server):
    cli = pathlib.Path(sys.executable).with_name("aws")
    for arguments in (["sts", "get-caller-identity"], ["sts", "get-caller-identity", "--endpoint-url", "https://sts.us-east-1.amazonaws.com"], ["s3", "ls"]):
        done = subprocess.run([str(cli), *arguments], env=server.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, timeout=60)
        assert done.returncode == 0, done.stderr


def test_requests_trusts_what_ends_here(server):
    variables = server.env()
    answer = requests.get("https://sts.us-east-1.amazonaws.com/", proxies={"https": server.url}, verify=variables["REQUESTS_CA_BUNDLE"], timeout=20)
    assert answer.status_code == 403 and "<Code>MissingAuthenticationToken</Code>" in answer.text


def test_https_on_the_same_port(server):
    port = int(server.address.rsplit(":", 1)[1])
    for host in ("127.0.0.1", "localhost"):
        connection = http.client.HTTPSConnection(host, port, context=trust(server), timeout=20)
        connection.request("GET", "/-/health")
        assert connection.getresponse().status == 200
    variables = server.env()
    sts = boto3.client("sts", endpoint_url="https://" + server.address, region_name="us-east-1", verify=variables["AWS_CA_BUNDLE"], config=Config(proxies={}),
                       aws_access_key_id=variables["AWS_ACCESS_KEY_ID"], aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"])
    assert sts.get_caller_identity()["Account"] == "000000000000"
    with pytest.raises(ssl.SSLCertVerificationError):
        http.client.HTTPSConnection(*server.address.split(":"), context=ssl.create_default_context(), timeout=20).connect()


def test_connect_sni_and_host_must_agree(server):
    name = "sts.us-east-1.amazonaws.com"
    status, connection = ask_connect(server, name + ":443")
    assert status == 200
    with pytest.raises((ssl.SSLError, OSError)):
        trust(server).wrap_socket(connection, server_hostname="logs.us-east-1.amazonaws.com")
    connection.close()
    status, connection = ask_connect(server, name + ":443")
    secure = trust(server).wrap_socket(connection, server_hostname=name)
    secure.sendall(b"GET / HTTP/1.1\r\nHost: logs.us-east-1.amazonaws.com\r\n\r\n")
    assert secure.recv(1000).startswith(b"HTTP/1.1 421 ")
    secure.close()


def test_the_ca_is_constrained_and_its_key_is_closed(server):
    tls = server.data_dir / "tls"
    text = subprocess.run(["openssl", "x509", "-in", str(tls / "ca.pem"), "-noout", "-text"], stdout=subprocess.PIPE, universal_newlines=True, check=True).stdout
    assert "X509v3 Name Constraints: critical" in text and "DNS:amazonaws.com" in text and "CA:TRUE" in text
    for path in [*tls.iterdir(), *(server.data_dir / "keys").iterdir()]:
        if b"PRIVATE KEY" in path.read_bytes() or path.parent.name == "keys":
            assert path.stat().st_mode & 0o077 == 0, path


def test_this_host_is_refused_by_any_alias(server):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0)
    own, other = int(server.address.rsplit(":", 1)[1]), listener.getsockname()[1]
    for target in aliases(own) + aliases(other) + ["169.254.169.254:80", "[fd00:ec2::254]:80", "224.0.0.1:80", "255.255.255.255:80",
                                                   f"{socket.gethostbyname(socket.gethostname())}:{own}"]:
        status, text = ask_connect(server, target)
        assert status in (403, 502), (target, text)
        assert "CONNECT to" in text or "resolved" in text or "own addresses" in text, (target, text)
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()


def test_broken_targets(server):
    for target in ("nonsense", ":443", "sts.us-east-1.amazonaws.com", "x:0", "x:65536", "x:-1", "http://x/:443", "[::1:80", "x" * 300 + ":443"):
        status, text = ask_connect(server, target)
        assert status == 400, (target, status, text)
    status, _ = ask_connect(server, "sts.us-east-1.amazonaws.com:443", ["Content-Length: 5"])
    assert status == 400


@pytest.fixture(scope="module")
def namespace():
    """A network namespace with one other host: 10.213.77.2, which this host reaches from 10.213.77.1."""
    if os.geteuid() != 0:
        pytest.skip("only root makes network namespaces")
    name, link = "clary-test-%d" % os.getpid(), "cl%d" % os.getpid()

    def ip(*arguments, check=True):
        subprocess.run(["ip", *arguments], check=check)

    ip("netns", "add", name)
    try:
        ip("link", "add", link, "type", "veth", "peer", "name", "other", "netns", name)
        ip("addr", "add", "10.213.77.1/30", "dev", link)
        ip("link", "set", link, "up")
        ip("-n", name, "addr", "add", "10.213.77.2/30", "dev", "other")
        ip("-n", name, "link", "set", "other", "up")
        echo = subprocess.Popen(["ip", "netns", "exec", name, sys.executable, "-c", ECHO, "10.213.77.2"], stdout=subprocess.PIPE)
        assert echo.stdout.readline() == b"listening\n"
        yield name
        echo.kill()
        echo.wait()
    finally:
        ip("netns", "del", name)
        ip("link", "del", link, check=False)


def test_another_host_is_tunnelled(server, namespace):
    status, connection = ask_connect(server, "10.213.77.2:8000")
    assert status == 200
    sent = os.urandom(3 << 20)
    sender = threading.Thread(target=connection.sendall, args=(sent,))
    sender.start()
    received = b""
    while len(received) < len(sent):
        received += connection.recv(1 << 20)
    sender.join()
    assert received == sent
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(10) == b""
    connection.close()


def test_a_closed_port_of_another_host_is_told(server, namespace):
    status, text = ask_connect(server, "10.213.77.2:8001")
    assert status == 502 and "refused" in text


def test_a_job_reaches_other_hosts_through_connect_alone(server, platform, namespace):
    script = """
import http.client, os, socket, urllib.parse
proxy = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["HTTPS_PROXY"]).netloc, timeout=10)
proxy.set_tunnel("10.213.77.2", 8000)
proxy.connect()
proxy.sock.sendall(b"hello there")
print("ECHO", proxy.sock.recv(100).decode())
try:
    socket.create_connection(("10.213.77.2", 8000), timeout=3)
    print("REACHED")
except OSError as error:
    print("DIRECTLY", error)
"""
    name = platform.run(script)["TrainingJobName"]
    lines = platform.log(name)
    assert "ECHO hello there" in lines and any(line.startswith("DIRECTLY ") for line in lines), lines
    isolated = platform.run("import os, socket\ntry:\n    socket.create_connection(('127.0.0.1', int(os.environ.get('AWS_ENDPOINT_URL', ':9080').rsplit(':')[-1])), timeout=3)\n"
                            "    print('REACHED')\nexcept OSError as error:\n    print('ALONE', error)\n", EnableNetworkIsolation=True)
    assert any(line.startswith("ALONE ") for line in platform.log(isolated["TrainingJobName"]))


def test_connect_is_for_this_host_alone(make_server, namespace):
    server = make_server(listen="127.0.0.1:0,10.213.77.1:0")
    addresses = json.loads((server.data_dir / "run" / "server.json").read_text())["addresses"]
    port = addresses[1].rsplit(":", 1)[1]
    ask = ("import socket, sys; c = socket.create_connection(('10.213.77.1', %s), timeout=10); c.sendall(sys.argv[1].encode().decode('unicode_escape').encode()); "
           "print(c.recv(4000).decode())" % port)

    def from_there(request):
        return subprocess.run(["ip", "netns", "exec", namespace, sys.executable, "-c", ask, request], stdout=subprocess.PIPE, universal_newlines=True,
                              check=True, timeout=20).stdout

    assert from_there(r"GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n").startswith("HTTP/1.1 200")
    for target in ("sts.us-east-1.amazonaws.com:443", "10.213.77.2:8000"):
        assert from_there(rf"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").startswith("HTTP/1.1 403")


@pytest.fixture
def upstream():
    """A proxy as companies have them: notes what it is asked for, and answers in the name of all."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            asked.append(head.split(b"\r\n")[0].decode())
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhello from outside")
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield "http://127.0.0.1:%d" % listener.getsockname()[1], asked
    listener.close()


def test_tunnels_go_through_the_proxy_of_the_servers_own_environment(make_server, upstream):
    proxy, asked = upstream
    server = make_server(variables={"HTTPS_PROXY": proxy})
    # Amazon's names that are not ours to answer leave the machine like any other: a bucket that does not exist, a service that is not served.
    for target in ("pypi.example:443", "no-such-bucket-here.s3.us-east-1.amazonaws.com:443", "ec2.us-east-1.amazonaws.com:443", "sts.us-east-1.amazonaws.com:8443"):
        status, connection = ask_connect(server, target)
        assert status == 200, connection
        assert connection.recv(100) == b"hello from outside"
        assert asked[-1].startswith(f"CONNECT {target} ")
        connection.close()
    count = len(asked)
    for target in ("127.0.0.1:80", "localhost:80", "[::1]:80", "169.254.169.254:80", "2130706433:80"):
        assert ask_connect(server, target)[0] == 403
    assert ask_connect(server, "sts.us-east-1.amazonaws.com:443")[0] == 200
    assert len(asked) == count


def test_connect_can_be_turned_off(make_server):
    server = make_server(connect="off")
    status, text = ask_connect(server, "sts.us-east-1.amazonaws.com:443")
    assert status == 405 and "connect" in text
    # A proxy that refuses everything would cut the shell off.
    variables = server.env()
    assert "HTTPS_PROXY" not in variables and "https_proxy" not in variables
    assert Platform(server).run("import os\nprint('PROXY', os.environ.get('HTTPS_PROXY'))\n")["TrainingJobStatus"] == "Completed"


def test_all_of_amazon_can_end_here(make_server):
    server = make_server(connect_all_amazon="on")
    variables = server.env()
    client = boto3.client("dynamodb", region_name="us-east-1", verify=variables["AWS_CA_BUNDLE"], endpoint_url="https://dynamodb.us-east-1.amazonaws.com",
                          aws_access_key_id=variables["AWS_ACCESS_KEY_ID"], aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                          config=Config(proxies={"https": server.url}, retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError, match="dynamodb is not served by Clary"):
        client.list_tables()
