"""Errors of the serving contract."""


class ClientError(Exception):
    """An exception of the user's own functions."""


class UnsupportedFormatError(Exception):
    """A content type that the default functions do not read or write."""

    def __init__(self, content_type: str) -> None:
        self.message = (
            f"Content type {content_type} is not supported by this framework.\n\n"
            "Please implement input_fn to to deserialize the request data or an output_fn to\n"
            "serialize the response. For more information, see the SageMaker Python SDK README."
        )
        super().__init__(self.message)
