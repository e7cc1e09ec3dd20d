from sagemaker.core.deserializers.base import *  # noqa: F401,F403
