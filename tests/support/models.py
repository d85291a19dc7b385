"""Copies of `pipeline_def/` that a test changes, rendered and pushed as a person would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.cloud import REPOSITORY
from pipeline_def import rendered
from pipeline_def.project import load


@dataclass(frozen=True)
class Models:
    """A folder that holds a `pipeline_def/` of its own."""

    root: Path

    @classmethod
    def copy(cls, root: Path) -> Models:
        """Return the repository's pipelines, copied into `root` and consistent."""
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / "pipeline_def", root / "pipeline_def", ignore=ignored)
        models = cls(root)
        models.render()
        return models

    @property
    def source(self) -> Path:
        """The folder to push."""
        return self.root / "pipeline_def"

    def edit(self, file: str, before: str, after: str) -> None:
        """Replace a text that must occur exactly once in a file below `pipeline_def/`."""
        path = self.source / file
        text = path.read_text()
        assert text.count(before) == 1, f"{file} has {before!r} {text.count(before)} times"
        path.write_text(text.replace(before, after))

    def render(self, name: str = "churn") -> None:
        """Write what `make pipeline` does after changed settings.

        Without the SDK: the definition keeps its steps, and gets the bounds of the gate and the
        hyperparameters anew.
        """
        project = load(self.source / name)
        folder = self.source / name
        definition = json.loads((folder / "pipeline.json").read_text())
        _set_gate(definition, project.parameters["gate"])
        _set_training(definition, project.parameters["training"])
        files = rendered.sources(self.root, project)
        definition["Metadata"] = {"slipway": {"sources_digest": rendered.digest(files)}}
        monitor = json.loads((folder / "monitor.json").read_text())
        monitor["Metadata"] = definition["Metadata"]
        images = json.loads((folder / "rendered.json").read_text())["images"]
        content = [
            (json.dumps(one, indent=1, ensure_ascii=False) + "\n").encode()
            for one in (definition, monitor)
        ]
        for name, text in zip(rendered.DEFINITIONS, content, strict=True):
            (folder / name).write_bytes(text)
        description = rendered.describe(self.root, project, content[0], content[1], images)
        (folder / "rendered.json").write_bytes(rendered.text(description))


def _set_gate(definition: Any, gate: Mapping[str, Mapping[str, float]]) -> None:
    """Write the bounds into the conditions, and into the words of the step that fails."""
    for value in _objects(definition):
        path = value.get("LeftValue", {}).get("Std:JsonGet", {}).get("Path", "")
        figure = path.split(".")[-2] if path.endswith(".value") else ""
        if figure in gate:
            (value["RightValue"],) = gate[figure].values()
        if value.get("Type") == "Fail":
            words = value["Arguments"]["ErrorMessage"]["Std:Join"]["Values"]
            for index, word in enumerate(words[:-2]):
                if isinstance(word, str) and word in gate:
                    (bound,) = gate[word].values()
                    words[index + 2] = f"(at least {bound})"


def _set_training(definition: Any, training: Mapping[str, Any]) -> None:
    """Write the settings of XGBoost into the step that trains."""
    for value in _objects(definition):
        if value.get("Type") == "Training":
            known = value["Arguments"]["HyperParameters"]
            container = {name: known[name] for name in known if name.startswith("sagemaker_")}
            settings = {name: str(setting) for name, setting in training.items()}
            value["Arguments"]["HyperParameters"] = {**settings, **container}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _objects(inner)
