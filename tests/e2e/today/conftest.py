import pytest

from jobs import Platform


@pytest.fixture(scope="session")
def platform(server):
    return Platform(server)
