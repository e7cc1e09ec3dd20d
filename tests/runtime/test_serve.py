import http.client
import json
import os
import re
import signal
import socket
import threading
import time

import pytest

ECHO = """
    def model_fn(model_dir):
        return model_dir
    def input_fn(body, content_type):
        return [type(body).__name__, content_type, len(body)]
    def predict_fn(data, model):
        return data + [model]
    def output_fn(prediction, accept):
        import json
        return json.dumps(prediction + [accept]), "application/json"
"""


@pytest.fixture
def echo(replica, python):
    return replica.start(python, ECHO)


def test_functions_get_the_body_its_type_and_the_accept_header(echo):
    model = str(echo.folder / "model")
    assert echo.invoke(b"[1, 2]") == (
        200,
        "application/json",
        json.dumps(["str", "application/json", 6, model, "application/json"]).encode(),
    )
    assert json.loads(echo.invoke(b"\x93\xff", "application/x-npy", Accept="application/x-npy")[2]) == [
        "bytes",
        "application/x-npy",
        2,
        model,
        "application/x-npy",
    ]
    assert json.loads(echo.invoke("é,1".encode(), "text/csv; charset=utf-8", Accept="*/*")[2])[:3] == [
        "str",
        "text/csv; charset=utf-8",
        3,
    ]
    assert json.loads(echo.invoke(b"x", None)[2])[1] == "application/json"


def test_ping_and_other_paths(echo):
    connection = echo.connect()
    for method, path, status in (
        ("GET", "/ping", 200),
        ("GET", "/other", 404),
        ("GET", "/invocations", 405),
        ("POST", "/ping", 405),
        ("GET", "/execution-parameters", 404),
        ("GET", "/ping?x=1", 200),
    ):
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
        assert (answer.status, body == b"") == (status, status == 200)
    assert "/ping" not in echo.log and '"GET /invocations HTTP/1.1" 405' in echo.log


def test_the_socket_appears_when_the_model_is_loaded(replica, python, tmp_path):
    gate = tmp_path / "gate"
    replica.start(
        python,
        """
        import os, time
        def model_fn(model_dir):
            print("loading")
            while not os.path.exists(%r):
                time.sleep(0.01)
    """ % str(gate),
        wait=False,
    )
    while "loading" not in replica.log:
        assert replica.process.poll() is None
        time.sleep(0.01)
    assert not os.path.exists(replica.socket)
    gate.touch()
    end = time.monotonic() + 20
    while not os.path.exists(replica.socket):
        assert time.monotonic() < end
        time.sleep(0.01)
    connection = replica.connect()
    connection.request("GET", "/ping")
    assert connection.getresponse().status == 200


@pytest.mark.parametrize("size", [0, 1, 65536, 7 * 1024 * 1024 + 3])
def test_bodies_by_length_and_by_chunks(echo, size):
    body = os.urandom(size)
    for form in (body, iter([body[at : at + 100000] for at in range(0, size, 100000)])):
        assert json.loads(echo.invoke(form, "application/x-npy")[2])[2] == size


def test_large_answers(replica, python):
    replica.start(
        python,
        """
        def model_fn(model_dir): pass
        def transform_fn(model, body, content_type, accept):
            return body * 3, "application/octet-stream"
    """,
    )
    body = os.urandom(3 * 1024 * 1024)
    assert replica.invoke(body, "application/octet-stream") == (200, "application/octet-stream", body * 3)


def test_a_connection_is_kept_and_requests_may_follow_each_other(echo):
    request = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]"
    got = echo.raw(request * 5 + request.replace(b"Host: x", b"Connection: close"))
    assert got.count(b"HTTP/1.1 200 OK") == 6
    assert echo.raw(b"GET /ping HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 OK")


def test_expect_continue(echo):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(echo.socket)
        connection.sendall(b"POST /invocations HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"[]")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "request_bytes, status",
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET /ping HTTP/2.0\r\n\r\n", 505),
        (b"GET /ping HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"POST /invocations HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /invocations HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST /invocations HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n", 413),
        (b"POST /invocations HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
        (b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n", 413),
        (b"GET /ping HTTP/1.1\r\nX: " + b"x" * 70000 + b"\r\n\r\n", 431),
    ],
)
def test_malformed_requests_are_refused_and_the_server_goes_on(echo, request_bytes, status):
    assert echo.raw(request_bytes).startswith(b"HTTP/1.1 %d " % status)
    assert echo.invoke(b"[]")[0] == 200


def test_a_client_that_goes_away_in_the_middle(echo):
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(echo.socket)
            connection.sendall(b"POST /invocations HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
    assert echo.invoke(b"[]")[0] == 200


def test_calls_run_one_at_a_time_on_the_loading_thread_and_pings_beside_them(replica, python):
    replica.start(
        python,
        """
        import threading, time
        running = []
        def model_fn(model_dir):
            return threading.get_ident()
        def transform_fn(model, body, content_type, accept):
            assert threading.get_ident() == model and threading.current_thread() is threading.main_thread()
            running.append(1)
            assert len(running) == 1
            time.sleep(0.25)
            running.pop()
            return body
    """,
    )
    answers = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append((n, replica.invoke(str(n).encode())))) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    connection = replica.connect()
    connection.request("GET", "/ping")
    assert connection.getresponse().status == 200
    assert len(answers) < 20  # all calls take five seconds
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(n, (200, "application/json", str(n).encode())) for n in range(20)]


def test_an_exception_is_500_with_its_message_and_trace(replica, python):
    replica.start(
        python,
        """
        def model_fn(model_dir): pass
        def predict_fn(data, model): raise KeyError("no column x")
        def input_fn(body, content_type): return body
    """,
    )
    status, content_type, body = replica.invoke(b"[]")
    assert (status, content_type) == (500, "text/plain; charset=utf-8")
    assert body.startswith(b"'no column x'\nTraceback") and b"inference.py" in body
    assert "no column x" in replica.log and '"POST /invocations HTTP/1.1" 500' in replica.log


def test_an_exception_may_carry_its_status(replica, python):
    replica.start(
        python,
        """
        class Mine(Exception):
            status_code = 422
        def model_fn(model_dir): pass
        def input_fn(body, content_type): raise Mine("too short")
    """,
    )
    assert replica.invoke(b"[]")[0] == 422


def test_sys_exit_in_a_function_ends_the_worker(replica, python):
    replica.start(
        python,
        """
        import os
        def model_fn(model_dir): pass
        def transform_fn(model, body, content_type, accept): os._exit(9)
    """,
    )
    with pytest.raises(http.client.HTTPException):
        replica.invoke(b"[]")
    assert replica.process.wait(timeout=20) == 9


def test_functions_that_take_a_context(replica, python):
    replica.start(
        python,
        """
        def model_fn(model_dir, context): return context.system_properties["model_dir"]
        def transform_fn(model, body, content_type, accept, context):
            return model + "|" + context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes")
    """,
    )
    assert (
        replica.invoke(b"", X_Amzn_SageMaker_Custom_Attributes="a=1")[2]
        == (str(replica.folder / "model") + "|a=1").encode()
    )


@pytest.mark.parametrize(
    "result, status, content_type, body",
    [
        ("'a'", 200, "application/json", b"a"),
        ("b'a'", 200, "application/json", b"a"),
        ("('a,b', 'text/csv')", 200, "text/csv; charset=utf-8", b"a,b"),
        ("{'a': 1}", 200, "application/json", b'{"a": 1}'),
        ("Response()", 201, "text/csv; charset=utf-8", b"from flask"),
        ("object()", 500, "text/plain; charset=utf-8", None),
    ],
)
def test_what_output_functions_return(replica, python, result, status, content_type, body):
    replica.start(
        python,
        """
        class Response:
            status_code, content_type = 201, "text/csv"
            def get_data(self): return b"from flask"
        def model_fn(model_dir): pass
        def transform_fn(model, b, content_type, accept): return %s
    """ % result,
    )
    answer = replica.invoke(b"x")
    assert answer[:2] == (status, content_type)
    assert body is None or answer[2] == body


@pytest.mark.parametrize(
    "script, environment, reason",
    [
        ("def model_fn(d): raise OSError('no model.joblib')", {}, "OSError: no model.joblib"),
        ("x = 1", {}, "Please provide a model_fn implementation"),
        ("import nothing_like_it", {}, "No module named 'nothing_like_it'"),
        ("x = 1", {"SAGEMAKER_PROGRAM": "other.py"}, "other.py is not in"),
        ("x = 1", {"SAGEMAKER_PROGRAM": ""}, "Please provide a model_fn implementation"),
        ("def model_fn(d): pass\ndef transform_fn(*a): pass\ndef output_fn(*a): pass", {}, "Cannot use transform_fn"),
        ("def model_fn(d): pass", {"SAGEMAKER_MODEL_SERVER_WORKERS": "x"}, "SAGEMAKER_MODEL_SERVER_WORKERS"),
    ],
)
def test_what_cannot_be_loaded_says_why(replica, python, script, environment, reason):
    replica.start(python, script, wait=False, **environment)
    assert replica.process.wait(timeout=60) == 1
    assert reason in replica.log and reason in (replica.folder / "output/failure").read_text()
    assert not os.path.exists(replica.socket)


def test_code_inside_the_model_archive(replica, python):
    (replica.folder / "model/code").mkdir()
    (replica.folder / "model/code/serve_me.py").write_text(
        "import beside\ndef model_fn(d): pass\n" "def transform_fn(m, b, c, a): return beside.WORD\n"
    )
    (replica.folder / "model/code/beside.py").write_text("WORD = 'beside'\n")
    replica.start(
        python, SAGEMAKER_PROGRAM="serve_me.py", SAGEMAKER_SUBMIT_DIRECTORY=str(replica.folder / "model/code")
    )
    assert replica.invoke(b"x")[2] == b"beside"


def test_sigterm_answers_what_is_under_way(replica, python):
    replica.start(
        python,
        """
        import time
        def model_fn(model_dir): pass
        def transform_fn(model, body, content_type, accept):
            print("began"); time.sleep(0.5); return "done"
    """,
    )
    answers = []
    thread = threading.Thread(target=lambda: answers.append(replica.invoke(b"x")))
    thread.start()
    while "began" not in replica.log:
        time.sleep(0.01)
    assert replica.stop() == 0
    thread.join()
    assert answers[0][2] == b"done"


def test_several_workers_each_with_its_model(replica, python):
    replica.start(
        python,
        """
        import os, time
        def model_fn(model_dir):
            print("loaded by", os.getpid())
            return os.getpid()
        def transform_fn(model, body, content_type, accept):
            time.sleep(0.1)
            assert model == os.getpid()
            return str(model)
    """,
        SAGEMAKER_MODEL_SERVER_WORKERS="3",
    )
    assert replica.log.count("loaded by") == 3
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(replica.invoke(b"x"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _, _ in answers} == {200} and len({body for _, _, body in answers}) > 1
    assert replica.stop() == 0


def test_workers_end_with_their_parent(replica, python):
    replica.start(
        python,
        """
        import os
        def model_fn(model_dir): print("loaded by %d." % os.getpid())
        def transform_fn(model, body, content_type, accept): return body
    """,
        SAGEMAKER_MODEL_SERVER_WORKERS="2",
    )
    # Not line by line: a worker's text and its line's end are two writes, between which the other's may come.
    workers = [int(worker) for worker in re.findall(r"loaded by (\d+)\.", replica.log)]
    assert len(workers) == 2
    replica.stop(signal.SIGKILL)
    end = time.monotonic() + 30
    while any(os.path.exists("/proc/%d" % worker) for worker in workers):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_worker_that_ends_ends_all(replica, python):
    replica.start(
        python,
        """
        import os
        def model_fn(model_dir): pass
        def transform_fn(model, body, content_type, accept): os.kill(os.getpid(), 9)
    """,
        SAGEMAKER_MODEL_SERVER_WORKERS="2",
    )
    with pytest.raises((http.client.HTTPException, OSError)):
        replica.invoke(b"x")
    assert replica.process.wait(timeout=40) == 128 + 9


# From here on with scikit-learn and numpy: the oldest environment and the newest.
