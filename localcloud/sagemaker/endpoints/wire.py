"""A small HTTP/1.1 client on asyncio that keeps its connections: what carries each invocation.

Only serving processes of our own are at the other end: plain HTTP, bodies with a Content-Length.
"""

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple


class Response(NamedTuple):
    """Status, headers (names in lower case) and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class UnreachableError(Exception):
    """The connection ended before an answer came."""


class RefusedError(UnreachableError):
    """Nobody listens: the request was not sent."""


@dataclass
class Connections:
    """Idle connections to one port; used on one event loop only."""

    port: int
    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> Response:
        """Send one request and read its answer. Raises UnreachableError.

        A connection that was idle may be closed by then: such a request goes out once more on a
        fresh one. One that failed on a fresh connection is not repeated.
        """
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        message = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}\r\n\r\n"
        ).encode("latin-1") + body
        while self._idle:
            reader, writer = self._idle.pop()
            try:
                return await self._exchange(reader, writer, message)
            except UnreachableError:
                continue
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError as error:
            raise RefusedError(str(error)) from error
        return await self._exchange(reader, writer, message)

    def close(self) -> None:
        """Close what is idle; a request under way keeps its connection until it is answered."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes
    ) -> Response:
        try:
            writer.write(message)
            await writer.drain()
            response = await _read(reader)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            writer.close()
            raise UnreachableError(repr(error)) from error
        except BaseException:
            writer.close()  # a time limit: nobody may read the rest of the answer later
            raise
        if response.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return response


async def _read(reader: asyncio.StreamReader) -> Response:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status_line, *lines = head.rstrip("\r\n").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = await reader.readexactly(length) if length else b""
    return Response(int(status_line.split(" ", 2)[1]), headers, body)
