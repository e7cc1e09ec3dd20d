"""HTTP/1.1 for one model server: requests are read and answers written by a thread a connection, over a Unix socket.
It speaks to one trusted proxy, yet takes nothing on trust: sizes are bounded and framing is strict.
Parsing by hand, because http.server takes longer for the headers than a small model takes to predict."""

import os
import socket
import struct
import threading
import time

HEAD_LIMIT = 64 * 1024
STALL = 65  # seconds that a started request may stand still; above the 60 s that an invocation may take
REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Closed(Exception):
    """The peer has gone, or never said anything."""


class Reader:
    """Buffered reads of one connection."""

    def __init__(self, connection):
        self._connection = connection
        self._buffer = bytearray()

    def _fill(self, size=65536):
        data = self._connection.recv(size)
        if not data:
            raise Closed()
        self._buffer += data

    def head(self):
        """The bytes of a request's head without its last blank line; waits for its first byte as long as it takes."""
        while not self._buffer:
            try:
                self._fill()
            except BlockingIOError:
                pass
        searched = 0
        while True:
            end = self._buffer.find(b"\r\n\r\n", searched)
            if end >= 0:
                break
            if len(self._buffer) > HEAD_LIMIT:
                raise Refused(431, "the head is longer than %d bytes" % HEAD_LIMIT)
            searched = max(0, len(self._buffer) - 3)
            self._fill()
        if end > HEAD_LIMIT:
            raise Refused(431, "the head is longer than %d bytes" % HEAD_LIMIT)
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        return head

    def line(self, limit=1024):
        while True:
            end = self._buffer.find(b"\r\n")
            if 0 <= end <= limit:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 2]
                return line
            if end > limit or len(self._buffer) > limit + 2:
                raise Refused(400, "a line of the chunked body is too long")
            self._fill()

    def exactly(self, size):
        if len(self._buffer) >= size:
            data = bytes(self._buffer[:size])
            del self._buffer[:size]
            return data
        parts = [bytes(self._buffer)]
        left = size - len(self._buffer)
        self._buffer.clear()
        while left:  # a wrong Content-Length costs no memory
            part = self._connection.recv(min(left, 1 << 20))
            if not part:
                raise Closed()
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def parse_head(head):
    """(method, path, version, headers with lower-case names)"""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[0].isalpha() or not parts[1].startswith("/"):
        raise Refused(400, "the request line is malformed")
    if parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise Refused(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Refused(400, "a header line is malformed")
        name, value = name.lower(), value.strip(" \t")
        if name in headers and name in ("content-length", "transfer-encoding") and headers[name] != value:
            raise Refused(400, "two %s headers disagree" % name)
        headers[name] = value if name not in headers or headers[name] == value else headers[name] + ", " + value
    return parts[0], parts[1].split("?", 1)[0], parts[2], headers


def read_body(reader, headers, limit):
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        if length is not None:
            raise Refused(400, "both Content-Length and Transfer-Encoding are given")
        if coding.lower() != "chunked":
            raise Refused(501, "the transfer coding %s is not spoken here" % coding)
        return read_chunks(reader, limit)
    if length is None:
        return b""
    if not (length.isascii() if hasattr(length, "isascii") else True) or not length.isdigit():
        raise Refused(400, "Content-Length is not a number")
    if len(length) > 15 or int(length) > limit:
        raise Refused(413, "the body is longer than %d bytes" % limit)
    return reader.exactly(int(length))


def read_chunks(reader, limit):
    body = bytearray()
    while True:
        text = reader.line().split(b";", 1)[0].strip()
        if not text or len(text) > 15 or text.strip(b"0123456789abcdefABCDEF"):
            raise Refused(400, "a chunk's size is malformed")
        size = int(text, 16)
        if len(body) + size > limit:
            raise Refused(413, "the body is longer than %d bytes" % limit)
        if size == 0:
            for _ in range(100):
                if not reader.line():
                    return bytes(body)
            raise Refused(400, "the chunked body has too many trailers")
        body += reader.exactly(size)
        if reader.exactly(2) != b"\r\n":
            raise Refused(400, "a chunk does not end where it says")


def format_head(status, content_type, length, close):
    return (
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
        % (
            status,
            REASONS.get(status, "Status"),
            content_type.replace("\r", "").replace("\n", ""),
            length,
            "Connection: close\r\n" if close else "",
        )
    ).encode("latin-1", "replace")


class Server:
    """`route(method, path, headers, body)` gives (status, content type, body); it is called from many threads."""

    def __init__(self, listener, route, body_limit, connections=512):
        self._listener = listener
        self._route = route
        self._body_limit = body_limit
        self._places = threading.BoundedSemaphore(connections)
        self._busy = 0
        self._idle = threading.Condition()
        self._stopping = False

    def start(self):
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def _accept(self):
        while not self._stopping:
            self._places.acquire()
            try:
                connection = self._listener.accept()[0]
            except EOFError:
                return
            except OSError:
                self._places.release()
                if self._stopping:
                    return
                time.sleep(0.05)  # out of descriptors; others close
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            wait = struct.pack("ll", STALL, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
            reader = Reader(connection)
            while self._one(connection, reader):
                pass
        except (Closed, OSError):
            pass
        finally:
            connection.close()
            self._places.release()

    def _one(self, connection, reader):
        """One request and its answer; whether the connection goes on."""
        try:
            method, path, version, headers = parse_head(reader.head())
            if headers.get("expect", "").lower() == "100-continue":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = read_body(reader, headers, self._body_limit)
        except BlockingIOError:
            self._answer(connection, 408, "text/plain", b"the request stood still", True)
            return False
        except Refused as refused:
            self._answer(connection, refused.status, "text/plain", str(refused).encode(), True)
            return False
        with self._idle:
            self._busy += 1
        try:
            said = headers.get("connection", "").lower()
            close = self._stopping or said == "close" or (version == "HTTP/1.0" and said != "keep-alive")
            status, content_type, answer = self._route(method, path, headers, body)
            self._answer(connection, status, content_type, answer, close)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()
        return not close

    def _answer(self, connection, status, content_type, body, close):
        head = format_head(status, content_type, len(body), close)
        if len(body) <= 65536:
            connection.sendall(head + body)
        else:
            connection.sendall(head)
            connection.sendall(body)

    def stop(self, patience):
        """Takes no more connections and waits until the answers under way are written."""
        self._stopping = True
        try:
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass
        self._listener.close()
        end = time.monotonic() + patience
        with self._idle:
            while self._busy and time.monotonic() < end:
                self._idle.wait(end - time.monotonic())


def log_access(method, path, status, length):
    os.write(
        1,
        (
            '%s "%s %s HTTP/1.1" %d %d\n'
            % (time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime()), method, path, status, length)
        ).encode("utf-8", "replace"),
    )
