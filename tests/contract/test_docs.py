"""The pages say what the code does: tables are made of it, examples read by it, links lead on."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from domain import policy, stages
from domain.policy import parse_policy
from domain.stages import parse_stages
from tests.support import reference_page, template

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS = ROOT / "docs" / "settings.md"


def test_the_reference_is_what_template_and_code_give() -> None:
    assert reference_page.PATH.read_text() == reference_page.page(), "run make docs"


def accepted_keys(path: Path) -> set[str]:
    """Every key that a settings module asks for by name in a call or takes as allowed."""
    tree = ast.parse(path.read_text())
    sets = [node for node in ast.walk(tree) if isinstance(node, ast.Set)]
    texts = [item for node in sets for item in node.elts if isinstance(item, ast.Constant)]
    return {str(item.value) for item in texts}


@pytest.mark.parametrize("module", [stages, policy])
def test_each_setting_is_on_the_page_of_settings(module: object) -> None:
    said = SETTINGS.read_text()
    keys = accepted_keys(Path(str(getattr(module, "__file__", ""))))
    assert keys
    missing = {key for key in keys if not re.search(rf"\b{key}\b", said)}
    assert not missing, f"docs/settings.md does not say what {missing} are"


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", SETTINGS.read_text(), re.S)


def test_the_examples_of_settings_are_taken_as_they_stand() -> None:
    found = examples()
    assert found
    for text in found:
        document = yaml.safe_load(text)
        parse_stages(document)
        parse_policy(document, ["ada@example.com"])


def test_the_example_of_settings_sets_everything_there_is() -> None:
    said = "".join(examples())
    keys = accepted_keys(Path(str(stages.__file__))) | accepted_keys(Path(str(policy.__file__)))
    missing = {key for key in keys if not re.search(rf"\b{key}:", said)}
    assert not missing - {"value"}, f"no example sets {missing}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    for target in targets:
        if "://" not in target:
            assert (page.parent / target).exists(), f"{target} is not there"


def test_each_command_of_the_readme_is_a_target_of_make() -> None:
    listed = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = set(re.findall(r"make ([a-z-]+)", listed))
    said = set(re.findall(r"`make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert said <= targets, f"the README names {said - targets}"


def test_the_readme_counts_what_costs_money_while_nothing_happens() -> None:
    """List prices of us-east-1: $0.40 a secret and $0.10 an alarm, each month."""
    secrets = len(template.resources("AWS::SecretsManager::Secret"))
    alarms = len(template.resources("AWS::CloudWatch::Alarm"))
    said = " ".join((ROOT / "README.md").read_text().split())
    cost = 0.40 * secrets + 0.10 * alarms

    assert f"what idles is {secrets} secrets and {alarms} alarms (${cost:.2f} a month)" in said


def test_the_readme_says_how_long_a_stacks_name_may_be() -> None:
    """`<stack>-<logical id>-<13 characters>`: CloudFormation cuts what is longer than IAM's 64."""
    named = re.findall(r"role/\$\{AWS::StackName\}-(\w+)-\*", template.PATH.read_text())
    longest = 64 - max(len(f"--{'x' * 13}{name}") for name in named)

    assert f"has at most {longest} characters" in " ".join((ROOT / "README.md").read_text().split())
