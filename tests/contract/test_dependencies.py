"""Who may import whom, read from the sources."""

import ast
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
SHARED = {"domain", "adapters"}
HANDLERS = {path.parent.name for path in FUNCTIONS.glob("*/handler.py")}
POWERTOOLS = "aws_lambda_powertools"
# What one function needs of another one is shared on purpose, and named here.
BETWEEN_FUNCTIONS = {
    ("close_release", "start_release"),
    ("end_release", "close_release"),
    ("reconcile", "close_release"),
    ("reconcile", "start_release"),
}
SIZE = 300


def _sources(folder: str) -> list[Path]:
    return sorted((FUNCTIONS / folder).rglob("*.py"))


def _imports(path: Path, everywhere: bool = True) -> set[str]:
    """The modules that a file names; only those at the top unless `everywhere`."""
    tree = ast.parse(path.read_text())
    found: set[str] = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(node.module or "")
    return found


def _tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in _imports(path)}


def _id(path: Path) -> str:
    return str(path.relative_to(FUNCTIONS))


@pytest.mark.parametrize("path", _sources("domain"), ids=_id)
def test_the_domain_knows_only_itself_and_the_standard_library(path: Path) -> None:
    assert _tops(path) <= set(sys.stdlib_module_names) | {"domain"}


IMPURE = {
    "logging", "os", "random", "secrets", "socket", "subprocess", "time", "urllib.request", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input"}
CLOCKS = (".now", ".utcnow", ".today")


@pytest.mark.parametrize("path", _sources("domain"), ids=_id)
def test_the_domain_has_no_clock_no_environment_and_no_network(path: Path) -> None:
    """Time, ids and randomness are handed in."""
    assert not _imports(path) & IMPURE
    nodes = ast.walk(ast.parse(path.read_text()))
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    assert not calls & IMPURE_CALLS
    assert not {call for call in calls if call.endswith(CLOCKS)}


@pytest.mark.parametrize("path", _sources("adapters"), ids=_id)
def test_adapters_know_the_domain_and_aws_but_no_handler(path: Path) -> None:
    allowed = set(sys.stdlib_module_names) | SHARED | {"boto3", "botocore"}

    assert _tops(path) <= allowed


@pytest.mark.parametrize("path", [p for f in sorted(HANDLERS) for p in _sources(f)], ids=_id)
def test_a_function_knows_domain_adapters_powertools_and_its_own_folder(path: Path) -> None:
    folder = path.relative_to(FUNCTIONS).parts[0]
    others = {(folder, other) for other in _tops(path) & HANDLERS - {folder}}

    assert others <= BETWEEN_FUNCTIONS
    assert _tops(path) <= set(sys.stdlib_module_names) | SHARED | HANDLERS | {POWERTOOLS}


def test_what_is_named_as_shared_between_functions_is_still_needed() -> None:
    found = {
        (folder, other)
        for folder in HANDLERS
        for path in _sources(folder)
        for other in _tops(path) & HANDLERS - {folder}
    }

    assert found == BETWEEN_FUNCTIONS


@pytest.mark.parametrize("path", _sources("."), ids=_id)
def test_aws_is_reached_by_adapters_alone_and_only_when_needed(path: Path) -> None:
    top = {name.split(".")[0] for name in _imports(path, everywhere=False)}

    assert not top & {"boto3", "botocore"}
    if path.relative_to(FUNCTIONS).parts[0] != "adapters":
        assert not _tops(path) & {"boto3", "botocore"}


@pytest.mark.parametrize("path", [FUNCTIONS / f / "handler.py" for f in sorted(HANDLERS)], ids=_id)
def test_a_handler_reads_like_a_sentence(path: Path) -> None:
    (handler,) = [
        node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name == "handler"
    ]

    assert handler.end_lineno
    assert handler.end_lineno - handler.lineno < 30


@pytest.mark.parametrize("path", _sources("."), ids=_id)
def test_no_module_is_too_long_to_be_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= SIZE


def test_nothing_is_deployed_but_what_runs_everywhere() -> None:
    """No compiled package: one zip serves every architecture, and is built without Docker."""
    lines = (FUNCTIONS / "requirements.txt").read_text().splitlines()
    names = {line.split("==")[0].strip() for line in lines if "==" in line}

    assert names <= {"aws-lambda-powertools", "jmespath", "typing-extensions", "typing_extensions"}
