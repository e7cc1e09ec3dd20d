"""pytest fixtures: `server` is shared by a session's tests, `make_server` gives a test servers of its own. No test hangs for ever."""

import signal

import pytest

from clary_server import ClaryServer

TEST_SECONDS = 800  # above every wait of a test, an environment of 6 GB included: a test that hangs fails by its name, and the others still run


class HangingTest(BaseException):
    """Not an Exception: a client that tries again after any error must not swallow it."""


def _end(_signal, _frame):
    raise HangingTest("the test is not done after %d s" % TEST_SECONDS)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    before = signal.signal(signal.SIGALRM, _end)
    signal.alarm(TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def server():
    with ClaryServer() as running:
        running.apply()
        yield running


@pytest.fixture
def make_server():
    """make_server(**settings) starts a server that ends with the test."""
    started = []

    def make(data_dir=None, **settings):
        running = ClaryServer(data_dir, **settings)
        started.append(running)
        return running.start()

    yield make
    for running in reversed(started):
        running.__exit__(None, None, None)
