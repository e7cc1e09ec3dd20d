"""Several processes behind one socket. The parent takes the connections and hands them on in turn: were the children to
accept for themselves, the quickest would get most, and a kept connection never moves."""

import array
import os
import signal
import socket
import threading


class Channel:
    """The child's end: a listener whose connections come from the parent."""

    def __init__(self, end):
        self._end = end
        self._shut = False
        self.close = end.close

    def shutdown(self, how):
        self._shut = True
        self._end.shutdown(how)

    def accept(self):
        descriptors = array.array("i")
        size = descriptors.itemsize
        message, ancillary, _, _ = self._end.recvmsg(1, socket.CMSG_SPACE(size))
        if not message or not ancillary:
            if not self._shut:
                os.kill(os.getpid(), signal.SIGTERM)  # without its parent a worker has no way to be reached
            raise EOFError("no more connections")
        descriptors.frombytes(ancillary[0][2][:size])
        return socket.socket(fileno=descriptors[0]), None


def hand_on(listener, ends):
    """Runs until the listener is shut down."""
    turn = 0
    while True:
        try:
            connection = listener.accept()[0]
            with connection:
                ends[turn % len(ends)].sendmsg(
                    [b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connection.fileno()]))]
                )
        except OSError:
            return
        turn += 1


class Family:
    """Starts `count` children that run `work(channel, ready)`, and ends them all when one ends or we are told to."""

    def __init__(self, count, work):
        self._children = []
        self._ends = []
        self._told_to_stop = False
        self._ready, told = os.pipe()
        for _ in range(count):
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                os.close(self._ready)
                ours.close()
                work(Channel(theirs), told)
                os._exit(1)  # work exits by itself
            theirs.close()
            self._children.append(pid)
            self._ends.append(ours)
        os.close(told)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, _number, _frame):
        self._told_to_stop = True
        self._end_all()

    def wait_until_ready(self):
        """Whether all are; False when one has ended before."""
        seen = 0
        while seen < len(self._children):
            part = os.read(self._ready, len(self._children))
            if not part:
                return False
            seen += len(part)
        return True

    def serve(self, listener):
        threading.Thread(target=hand_on, args=(listener, self._ends), daemon=True).start()

    def wait(self):
        """The exit code of the first to end, 0 when that was asked for."""
        pid, status = os.wait()
        self._children.remove(pid)
        self._end_all()
        while self._children:
            self._children.remove(os.wait()[0])
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        return 0 if self._told_to_stop else code or 1

    def _end_all(self):
        for pid in self._children:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
