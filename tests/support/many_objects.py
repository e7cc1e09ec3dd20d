"""Hundreds of thousands of objects in seconds, where boto3 takes minutes: for tests and benchmarks of large prefixes."""

import concurrent.futures
import datetime
import hashlib
import hmac
import socket
import urllib.parse


class Puts:
    """PUTs in a pipeline into one bucket, signed by hand."""

    def __init__(self, address, access_key, secret_key, bucket):
        self.host, self.access_key, self.bucket = address, access_key, bucket
        self.now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.now[:8]}/us-east-1/s3/aws4_request"
        key = ("AWS4" + secret_key).encode()
        for part in self.scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        self.key = key

    def request(self, key, body):
        path = "/" + urllib.parse.quote(f"{self.bucket}/{key}")
        headers = f"host:{self.host}\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:{self.now}\n"
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = f"PUT\n{path}\n\n{headers}\n{names}\nUNSIGNED-PAYLOAD"
        told = f"AWS4-HMAC-SHA256\n{self.now}\n{self.scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self.key, told.encode(), "sha256").hex()
        return (f"PUT {path} HTTP/1.1\r\nHost: {self.host}\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\nx-amz-date: {self.now}\r\n"
                f"Authorization: AWS4-HMAC-SHA256 Credential={self.access_key}/{self.scope}, SignedHeaders={names}, "
                f"Signature={signature}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body

    def send(self, pairs):
        host, port = self.host.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)))
        answers = connection.makefile("rb")
        for at in range(0, len(pairs), 32):
            some = pairs[at:at + 32]
            connection.sendall(b"".join(self.request(*pair) for pair in some))
            for _ in some:
                status, length = answers.readline(), 0
                assert b" 200 " in status, status
                while (line := answers.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                answers.read(length)
        connection.close()

    def all(self, pairs, connections=16):
        """Puts each (key, body); AssertionError where one is refused."""
        with concurrent.futures.ThreadPoolExecutor(connections) as pool:
            list(pool.map(self.send, [pairs[i::connections] for i in range(connections)]))
