"""What a training script sees of its world: prints one line of JSON for test_isolation.py. Runs inside a job, standard library alone."""

import ctypes
import glob
import hashlib
import hmac
import http.client
import json
import os
import socket
import time
import urllib.parse
import urllib.request

QUESTIONS = json.load(open("questions.json"))
PROXY = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"]).netloc


def how(call, *arguments):
    """What came of it: the result's text, or the error's."""
    try:
        return str(call(*arguments))
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


def dial(address):
    with socket.create_connection(address, timeout=3):
        return "connected"


def dial_abstract(name):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + name)
        return "connected"


def ask_connect(target):
    connection = http.client.HTTPConnection(PROXY, timeout=10)
    try:
        connection.request("CONNECT", target, headers={"Host": target})
        answer = connection.getresponse()
        return [answer.status, answer.read().decode(errors="replace")]
    finally:
        connection.close()


def fetch_credentials(token):
    request = urllib.request.Request(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers={"Authorization": token})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.load(opener.open(request, timeout=10))


def who_am_i(keys):
    """STS GetCallerIdentity, signed by hand."""
    url = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
    body, now = b"Action=GetCallerIdentity&Version=2011-06-15", time.gmtime()
    date, day = time.strftime("%Y%m%dT%H%M%SZ", now), time.strftime("%Y%m%d", now)
    scope = day + "/us-east-1/sts/aws4_request"
    headers = [("content-type", "application/x-www-form-urlencoded"), ("host", url.netloc), ("x-amz-date", date),
               ("x-amz-security-token", keys["Token"])]
    names = ";".join(name for name, _ in headers)
    canonical = "\n".join(["POST", "/", ""] + ["%s:%s" % pair for pair in headers] + ["", names, hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in scope.split("/") + [text]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    sent = dict(headers, authorization="AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
                % (keys["AccessKeyId"], scope, names, key.hex()))
    connection = http.client.HTTPConnection(url.netloc, timeout=10)
    connection.request("POST", "/", body, sent)
    return connection.getresponse().read().decode()


def read(path):
    with open(path, "rb") as file:
        return file.read(100)


def write(path):
    with open(path, "w") as file:
        file.write("x")
    return "written"


libc = ctypes.CDLL(None, use_errno=True)


def system_call(function, *arguments):
    result = getattr(libc, function)(*arguments)
    return "done" if result == 0 else os.strerror(ctypes.get_errno())


keys = fetch_credentials(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
commands = {}
for path in glob.glob("/proc/[0-9]*/cmdline"):
    with open(path, "rb") as file:
        commands[path.split("/")[2]] = file.read().replace(b"\0", b" ").decode(errors="replace")
seen = {
    "uid": [os.getuid(), os.geteuid(), os.getgid()],
    "groups": os.getgroups(),
    "capabilities": [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm", "CapBnd"))],
    "setuid": how(os.setuid, 0),
    "mount": system_call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "hostname": socket.gethostname(),
    "processes": commands,
    "environment": dict(os.environ),
    "root": sorted(os.listdir("/")),
    "read": {path: how(read, path) for path in QUESTIONS["read"]},
    "list": {path: how(os.listdir, path) for path in QUESTIONS["list"]},
    "write": {path: how(write, path) for path in QUESTIONS["write"]},
    "dial": {"%s:%s" % tuple(address): how(dial, tuple(address)) for address in QUESTIONS["dial"]},
    "abstract": {name: how(dial_abstract, name) for name in QUESTIONS["abstract"]},
    "connect": {target: ask_connect(target) for target in QUESTIONS["connect"]},
    "interfaces": sorted(name for _, name in socket.if_nameindex()),
    "bad_token": how(fetch_credentials, "nonsense"),
    "role": keys["RoleArn"],
    "identity": who_am_i(keys),
}
print("SEEN " + json.dumps(seen))
