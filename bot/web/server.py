"""Serves a WSGI app until the process is asked to stop, and then lets requests under way end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from flask import Flask
from waitress.server import create_server

from bot.errors import UserError
from bot.web.delivery import LARGEST_BODY


def serve_http(app: Flask, *, host: str, port: int, threads: int, listening: Callable[[str], None]) -> None:
    """Blocks until SIGTERM or SIGINT. `listening` is told the base URL, once requests are answered.

    Raises UserError when the address cannot be had.
    """
    try:
        server = create_server(
            app, host=host, port=port, threads=threads, ident=None, max_request_body_size=LARGEST_BODY + 1
        )
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(
            f"Cannot listen on {host} port {port}: {said}.",
            fix="Choose another with ROADCREW_HOST and ROADCREW_PORT.",
        ) from None
    try:
        with _stopped_by_signals():
            listening(_address(server))
            # waitress ends its loop, and waits for requests under way, when SystemExit comes.
            server.run()
    finally:
        server.close()


def _address(server: Any) -> str:
    # A name such as localhost may be several sockets.
    host, port = (
        server.effective_listen[0]
        if hasattr(server, "effective_listen")
        else (server.effective_host, server.effective_port)
    )
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
