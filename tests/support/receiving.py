"""The receiver of examples/receive_answers as a user starts it, and a host of the survey's pages."""

import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from support.examples import ROOT

PROGRAM = ROOT / "examples/receive_answers/receive.py"
START_S = 120


def free_port():
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def receiving(plan, folder, origin, port):
    """Receive exports of a plan's file into a folder, from pages of an origin, until the end of the body."""
    command = [sys.executable, PROGRAM, plan, folder, origin, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield
        finally:
            process.terminate()


def wait_for(port):
    """Wait until somebody listens."""
    for _ in range(START_S * 10):
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(f"nobody listens at port {port}")


@contextmanager
def hosting(folder, port):
    """Host the files of a folder."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            """Keep the test output free of the server's log."""

    server = ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
