"""How a worker says why it ended: a line on stderr and the file /opt/ml/output/failure, in the form that
SageMaker's training toolkit gives it, which SDKs and people look for."""

import os
import sys

MESSAGE_LIMIT = 800  # FailureReason has room for 1,024 characters, the command included


class WorkerError(Exception):
    """Ends the worker. `kind` is the toolkit's name for it."""

    def __init__(self, kind, message, exit_code=1, command=None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.exit_code = exit_code
        self.command = command

    def __str__(self):
        return describe(self.kind, self.exit_code, self.message, self.command)


def shorten(message):
    if len(message) <= MESSAGE_LIMIT:
        return message
    half = MESSAGE_LIMIT // 2 - 3
    return message[:half] + " [...] " + message[-half:]


def describe(kind, exit_code, message, command):
    text = '%s:\nExitCode %s\nErrorMessage "%s"' % (kind, exit_code, shorten(message))
    return text + '\nCommand "%s"' % command if command else text


def write(path, text):
    """A failure file that the script itself wrote is its own word and stays."""
    try:
        if os.path.exists(path) and os.path.getsize(path) > 0:
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        print("clary: the failure file could not be written: %s" % error, file=sys.stderr)


def report(path, error):
    print(str(error), file=sys.stderr, flush=True)
    write(path, str(error))
