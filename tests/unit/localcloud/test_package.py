"""Packaging replaces local paths and nothing else, and always makes the same zip."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from localcloud.package import PackageError, local_paths, package, pinned, zip_functions

TEMPLATE = """# a comment that stays
Globals:
  Function:
    CodeUri: functions/   # and this one
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: "machine.asl.yaml"
      Name: !Sub "${AWS::StackName}-functions/"
  Other:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://elsewhere/code.zip
"""


class FakeS3:
    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.stored[f"s3://{Bucket}/{Key}"] = Body


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "machine.asl.yaml").write_text("StartAt: Here\n")
    (tmp_path / "functions" / "__pycache__").mkdir(parents=True)
    (tmp_path / "functions" / "handler.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "functions" / "__pycache__" / "handler.pyc").write_bytes(b"no")
    return tmp_path


def test_only_the_local_paths_change_in_the_template(app: Path) -> None:
    s3 = FakeS3()
    text = package(app / "template.yaml", s3, "bucket")
    code, machine = sorted(s3.stored, key=lambda uri: uri.endswith(".yaml"))
    expected = TEMPLATE.replace("functions/   #", f"{code}   #").replace(
        '"machine.asl.yaml"', machine
    )
    assert text == expected


def test_a_definition_is_stored_as_it_is(app: Path) -> None:
    s3 = FakeS3()
    package(app / "template.yaml", s3, "bucket")
    assert b"StartAt: Here\n" in s3.stored.values()


def test_a_path_that_does_not_exist_is_named_with_its_line(app: Path) -> None:
    (app / "machine.asl.yaml").unlink()
    with pytest.raises(PackageError, match=r"line 9: DefinitionUri machine\.asl\.yaml does not"):
        local_paths(TEMPLATE, app)


def _names(zipped: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(zipped)).namelist()


def test_the_zip_holds_sources_and_no_caches(app: Path) -> None:
    assert _names(zip_functions(app / "functions")) == ["handler.py"]


def test_the_same_sources_give_the_same_bytes(app: Path) -> None:
    first = zip_functions(app / "functions")
    (app / "functions" / "handler.py").touch()
    assert zip_functions(app / "functions") == first


def test_pinned_packages_are_taken_from_this_environment(app: Path) -> None:
    import jmespath

    (app / "functions" / "requirements.txt").write_text(
        f"jmespath=={jmespath.__version__} \\\n    --hash=sha256:00\n"
    )
    assert "jmespath/parser.py" in _names(zip_functions(app / "functions"))


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("jmespath==0.0.1", r"jmespath .* is installed, but the functions pin 0\.0\.1"),
        ("no-such-package==1.0", "no-such-package is not installed here"),
        ("PyYAML==6.0.3", r"PyYAML is not pure Python \(_yaml"),
    ],
)
def test_a_package_that_cannot_go_to_lambda_is_refused(
    app: Path, requirement: str, words: str
) -> None:
    (app / "functions" / "requirements.txt").write_text(requirement + "\n")
    with pytest.raises(PackageError, match=words):
        zip_functions(app / "functions")


def test_only_pinned_lines_of_a_requirements_file_count(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# made by\na-b==1.2 \\\n    --hash=sha256:ff\nc_d==3 ; python_version > '3'\n")
    assert pinned(file) == [("a-b", "1.2"), ("c_d", "3")]


def test_a_folder_without_requirements_needs_no_packages(tmp_path: Path) -> None:
    assert pinned(tmp_path / "requirements.txt") == []
