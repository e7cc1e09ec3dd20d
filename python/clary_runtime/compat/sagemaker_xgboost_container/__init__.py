"""What scripts import of the XGBoost image's own package."""

import clary_compat  # noqa: F401 (so that clary_runtime is found)
