"""Models packed by SageMaker SDK 3's ModelBuilder: code/inference.py of the SDK's, code/serve.pkl of the user's.

They expect three things of the image: cloudpickle; the SDK's own classes, which stand in compat_sdk3 here; and a writable
/lib, into which inference.py copies the folder shared_libs, always, also where it is empty."""

import importlib.util
import os
import sys

from . import requirements

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM_LIBRARIES = "/lib"


def is_packed(code):
    return all(os.path.isfile(os.path.join(code, name)) for name in ("serve.pkl", "metadata.json", "inference.py"))


def prepare(overlay, code):
    """Before inference.py is loaded, and after the code's requirements."""
    if not is_packed(code):
        return
    # At the end: an SDK that the requirements installed comes first, and is completed by what it lacks.
    sys.path.append(os.path.join(HERE, "compat_sdk3"))
    if importlib.util.find_spec("cloudpickle") is None:
        requirements.run_pip(["cloudpickle"], code, overlay)
    redirect_system_libraries(os.path.join(overlay.folder, "lib", "shared_libs"))


def redirect_system_libraries(folder):
    """Copies to /lib go to `folder`, and what was copied is loaded, so that whoever needs it by its name finds it."""
    import shutil

    copytree = shutil.copytree

    def copy(source, target, *arguments, **options):
        if os.path.normpath(str(target)) != SYSTEM_LIBRARIES:
            return copytree(source, target, *arguments, **options)
        copytree(source, folder, *arguments, **options)
        load_libraries(folder)
        return target

    shutil.copytree = copy


def load_libraries(folder):
    """In whatever order they need one another."""
    import ctypes

    left = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names if ".so" in name)
    while left:
        failed = []
        for path in left:
            try:
                ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
            except OSError as error:
                failed.append((path, error))
        if len(failed) == len(left):
            print("clary: a shared library cannot be loaded: %s" % failed[0][1], file=sys.stderr, flush=True)
            return
        left = [path for path, _ in failed]
