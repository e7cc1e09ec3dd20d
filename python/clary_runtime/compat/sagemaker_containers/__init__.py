"""The part of the package sagemaker_containers that scripts import from the container: on the path behind all else, so
that the real one wins where it is installed."""

import clary_compat  # noqa: F401 (so that clary_runtime is found)
