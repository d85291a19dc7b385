"""CodeCommit's errors: AWS's exception names, as botocore's model of the service lists them."""


class CodeCommitError(Exception):
    """An error that the caller sees. `code` is the modelled name, such as
    `BranchDoesNotExistException`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class GitError(Exception):
    """git refused a command; the text is what it said."""
