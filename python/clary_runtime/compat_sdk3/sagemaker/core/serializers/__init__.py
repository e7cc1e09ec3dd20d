from sagemaker.core.serializers.base import *  # noqa: F401,F403
