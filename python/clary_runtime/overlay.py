"""A writable Python environment over the read-only one that jobs share.

It is a virtual environment made by hand (a link, a pyvenv.cfg and a .pth file: a millisecond) whose packages
come first and that sees all packages of the environment below. So `pip install` of a requirements.txt, or of the script itself, has
somewhere to write, takes only what is missing or must differ, and finds the rest installed: `pip install --target`, the
other way, would install numpy again under every package that needs it. Console scripts land in its bin folder, which
comes first on PATH."""

import os
import sys

COMPAT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "compat")
SHELL_SCRIPT = '#!/bin/sh\nexec "%s" -m %s "$@"\n'
# Console scripts whose children must see what the overlay holds; the environment's own name its own interpreter.
SCRIPTS = {"pip": "pip", "pip3": "pip", "torchrun": "torch.distributed.run"}


def _write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


class Overlay:
    def __init__(self, folder):
        self.below = _site_packages(sys.prefix)
        self.folder = _writable(folder)
        self.bin = os.path.join(self.folder, "bin")
        self.python = os.path.join(self.bin, "python")
        self.packages = _site_packages(self.folder)
        if not os.path.exists(os.path.join(self.folder, "pyvenv.cfg")):
            self._make()

    def _make(self):
        base = os.path.realpath(sys.executable)
        os.makedirs(self.bin, exist_ok=True)
        os.makedirs(self.packages, exist_ok=True)
        for name in ("python", "python3", "python%d.%d" % sys.version_info[:2]):
            link = os.path.join(self.bin, name)
            if not os.path.lexists(link):
                os.symlink(base, link)
        for name, module in SCRIPTS.items():
            if name != "torchrun" or os.path.exists(os.path.join(self.below, "torch", "distributed", "run.py")):
                _write(os.path.join(self.bin, name), SHELL_SCRIPT % (self.python, module), 0o755)
        # The name sorts before others', so that the environment's own .pth files are read first.
        _write(os.path.join(self.packages, "_below.pth"), "import site; site.addsitedir(%r)\n" % self.below)
        # And this one after them: on the path of whatever a script starts, behind all else.
        _write(os.path.join(self.packages, "zzz_compat.pth"), COMPAT + "\n")
        _write(
            os.path.join(self.folder, "pyvenv.cfg"),
            "home = %s\ninclude-system-site-packages = false\nversion = %d.%d.%d\n"
            % ((os.path.dirname(base),) + sys.version_info[:3]),
        )

    def enter(self):
        """Makes this process, and what it starts, use the overlay as if it had been started with it."""
        sys.executable = self.python
        sys.prefix = sys.exec_prefix = self.folder
        where = sys.path.index(self.below) if self.below in sys.path else len(sys.path)
        sys.path.insert(where, self.packages)
        os.environ["VIRTUAL_ENV"] = self.folder
        os.environ["PATH"] = self.bin + os.pathsep + os.environ.get("PATH", os.defpath)


def _site_packages(prefix):
    return os.path.join(prefix, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")


def _writable(folder):
    try:
        os.makedirs(folder, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    import tempfile

    return tempfile.mkdtemp(prefix="overlay-")
