"""Response, the one way for a script to choose the status of its answer."""


class Response:
    """A body with a status and a type; the members of Flask's class that scripts use."""

    default_mimetype = "application/json"

    def __init__(
        self,
        response: str | bytes | None = None,
        accept: str | None = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
        mimetype: str | None = None,
    ) -> None:
        self._data = response.encode() if isinstance(response, str) else bytes(response or b"")
        self.status_code = int(status)
        self.headers = dict(headers or {})
        self.mimetype = mimetype or self.default_mimetype

    @property
    def content_type(self) -> str:
        """The type as sent: texts carry their charset, as Flask's do."""
        charset = "; charset=utf-8" if self.mimetype.startswith("text/") else ""
        return self.mimetype + charset

    def get_data(self) -> bytes:
        """The body."""
        return self._data
