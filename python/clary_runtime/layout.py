"""Where the container contract has its files. The prefix is /opt/ml; tests and runs outside a sandbox set another."""

import os


class Layout:
    def __init__(self, prefix=None):
        self.prefix = prefix or os.environ.get("CLARY_PREFIX") or "/opt/ml"
        self.input = self._in("input")
        self.config = self._in("input", "config")
        self.data = self._in("input", "data")
        self.model = self._in("model")
        self.code = self._in("code")
        self.output = self._in("output")
        self.output_data = self._in("output", "data")
        self.intermediate = self._in("output", "intermediate")
        self.failure = self._in("output", "failure")
        self.overlay = os.environ.get("CLARY_OVERLAY") or self._in("overlay")

    def _in(self, *names):
        return os.path.join(self.prefix, *names)

    def make_output(self):
        for folder in (self.model, self.output_data, self.intermediate):
            try:
                os.makedirs(folder, exist_ok=True)
            except OSError:
                pass  # read-only on purpose; the script's own write will say so
