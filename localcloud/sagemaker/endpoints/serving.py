"""The server inside an endpoint's container: ``GET /ping`` and ``POST /invocations``.

Run as a program by the interpreter that stands in for the XGBoost image, inside the container's
``/opt/ml``. It answers as that image's server does (gunicorn with sagemaker-containers): script
mode when SAGEMAKER_PROGRAM is set, the algorithm's own scoring otherwise. It listens on a free port
of 127.0.0.1 and writes the number to the file SLIPWAY_PORT_FILE once the model is loaded.
Standard library only; what needs numpy or xgboost is imported when a request needs it.
"""

import http.server
import os
import signal
import socketserver
import sys
import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE / "image"))  # the libraries of SageMaker's that scripts may import
MODEL_DIR = "/opt/ml/model"
LONGEST_BODY = 20 * 1024 * 1024  # the image's nginx: client_max_body_size


class Answer(NamedTuple):
    """What goes back: status, body and content type."""

    status: int
    body: bytes
    content_type: str


class Question(NamedTuple):
    """What came in: body, Content-Type and Accept as sent ("" when absent)."""

    body: bytes
    content_type: str
    accept: str


Scorer = Callable[[Question], Answer]


def load_scorer(environment: dict[str, str]) -> Scorer:
    """Load the model, by the user's script or by the algorithm's own rules."""
    program = environment.get("SAGEMAKER_PROGRAM")
    if program is None:
        import algorithm  # type: ignore[import-not-found]  # beside this program, in image/

        algorithm_scorer: Scorer = algorithm.scorer(MODEL_DIR, environment, Answer)
        return algorithm_scorer
    import script_mode  # type: ignore[import-not-found]

    folder = environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    script_scorer: Scorer = script_mode.scorer(program, folder, MODEL_DIR, environment, Answer)
    return script_scorer


def internal_error() -> Answer:
    """What Flask answers for an exception that nobody caught."""
    page = (
        "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n"
        "<h1>Internal Server Error</h1>\n<p>The server encountered an internal error and was "
        "unable to complete your request. Either the server is overloaded or there is an error "
        "in the application.</p>\n"
    )
    return Answer(500, page.encode(), "text/html; charset=utf-8")


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection; SageMaker keeps it open for many requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # head and body leave in one packet
    disable_nagle_algorithm = True
    scorer: Scorer

    def do_GET(self) -> None:
        """Answer the health check."""
        known = self.path.partition("?")[0] == "/ping"
        self._send(Answer(200 if known else 404, b"", "application/json"))

    def do_POST(self) -> None:
        """Score one request."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            self.close_connection = True
            self._send(Answer(413, b"Request Entity Too Large", "text/html"))
            return
        body = self.rfile.read(length)
        if self.path.partition("?")[0] != "/invocations":
            self._send(Answer(404, b"", "text/html"))
            return
        headers = self.headers
        question = Question(body, headers.get("Content-Type", ""), headers.get("Accept", ""))
        try:
            answer = type(self).scorer(question)
        except Exception:
            traceback.print_exc()
            answer = internal_error()
        self._send(answer)
        print(
            f'"POST /invocations HTTP/1.1" {answer.status} {len(answer.body)} '
            f'"{question.content_type}"',
            flush=True,
        )

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        self.send_header("Content-Type", answer.content_type)
        if answer.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status != HTTPStatus.NO_CONTENT:
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing per packet: requests are logged once, with their outcome."""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A thread per connection, as many as SageMaker opens."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        """Bind without asking for this host's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]


def announce(path: Path, port: int) -> None:
    """Write the port for whoever waits for it, in one step."""
    draft = path.with_suffix(".new")
    draft.write_text(str(port))
    draft.replace(path)


def main() -> None:
    """Load the model, listen, tell the port, serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    port_file = Path(os.environ.pop("SLIPWAY_PORT_FILE"))
    Handler.scorer = staticmethod(load_scorer(dict(os.environ)))
    server = Server(("127.0.0.1", 0), Handler)
    print(f"Listening at: http://127.0.0.1:{server.server_port}", flush=True)
    announce(port_file, server.server_port)
    server.serve_forever(poll_interval=60)


if __name__ == "__main__":
    main()
