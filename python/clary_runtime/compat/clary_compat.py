"""Imported by the packages beside it, which stand on the path of every process that a script starts, while the folder of
clary_runtime, which they need, does not."""

import importlib.util
import os
import sys

if importlib.util.find_spec("clary_runtime") is None:
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
