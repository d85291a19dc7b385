"""Render each project to pipeline.json, monitor.json and rendered.json, offline.

    python -m pipeline_def.render [project …]          write the files (needs the SageMaker SDK)
    python -m pipeline_def.render --check [project …]  exit 1 if they are stale

Without the SDK, --check compares digests; with it, it renders again and compares every byte.
"""

import argparse
import importlib
import importlib.util
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

from pipeline_def import offline, rendered
from pipeline_def.checking import ProjectError
from pipeline_def.project import Project, find, load

ROOT = Path(__file__).parent.parent
IMAGES = {"XGBoostImage": ("xgboost", "3.0-5")}
#: What the SDK adds on its own and a definition for any account must not hold.
UNWANTED = {"SAGEMAKER_REGION"}


def has_sdk() -> bool:
    """Return whether the SageMaker SDK is installed in this interpreter."""
    return importlib.util.find_spec("sagemaker") is not None


def definitions(project: Project, sources_digest: str) -> dict[str, bytes]:
    """Return pipeline.json and monitor.json, each with the digest of its sources."""
    offline.prepare()
    logging.disable(logging.WARNING)  # the SDK talks about each default that it applies
    warnings.simplefilter("ignore")
    if (project.folder / "pipeline.py").is_file():
        pipeline = importlib.import_module(f"pipeline_def.{project.name}.pipeline").pipeline
    else:
        pipeline = importlib.import_module("pipeline_def.tabular").tabular_pipeline
    monitor = importlib.import_module("pipeline_def.monitoring").monitor_pipeline
    made = {"pipeline.json": pipeline(project), "monitor.json": monitor(project)}
    return {name: _text(one.definition(), sources_digest) for name, one in made.items()}


def _text(definition: str, sources_digest: str) -> bytes:
    """Return the SDK's definition, cleaned, as it is committed."""
    content = clean(json.loads(definition))
    content["Metadata"] = {"slipway": {"sources_digest": sources_digest}}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def clean(value: Any) -> Any:
    """Return the definition without empty values, and with parameters where the SDK took constants.

    An empty SAGEMAKER_PROGRAM, for one, would make the container serve an empty module.
    """
    if value == offline.ROLE:
        return {"Get": "Parameters.ExecutionRoleArn"}
    if isinstance(value, list):
        return [clean(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: clean(item) for key, item in value.items() if key not in UNWANTED}
    return {key: item for key, item in kept.items() if item is not None and item not in ("", {})}


def images() -> dict[str, dict[str, str]]:
    """Return the address of each image in each region that has it."""
    offline.prepare()
    image_uris = importlib.import_module("sagemaker.core.image_uris")
    table = {}
    for parameter, (framework, version) in IMAGES.items():
        scope = image_uris.config_for_framework(framework)["inference"]  # training has the same
        known = scope["versions"][version]["registries"]
        table[parameter] = {
            region: image_uris.retrieve(
                framework, region=region, version=version, image_scope="inference"
            )
            for region in sorted(known)
        }
    return table


def render(project: Project) -> dict[str, bytes]:
    """Return the content of all files of a project."""
    digest = rendered.digest(rendered.sources(ROOT, project))
    made = definitions(project, digest)
    pair = [made[name] for name in rendered.DEFINITIONS]
    description = rendered.describe(ROOT, project, pair[0], pair[1], images())
    return {**made, "rendered.json": rendered.text(description)}


def check(project: Project) -> str:
    """Return why the committed files are stale, '' if they are not."""
    reasons = list(rendered.stale(ROOT, project))
    if not reasons and has_sdk():
        for name, content in render(project).items():
            if (project.folder / name).read_bytes() != content:
                reasons.append(f"{name} is not what the SDK renders now")
    return "; ".join(reasons)


def main() -> int:
    """Render or check as the command line asks."""
    parser = argparse.ArgumentParser(description="Render the pipelines of pipeline_def.")
    parser.add_argument("--check", action="store_true", help="only say whether they are stale")
    parser.add_argument("projects", nargs="*", help="names below pipeline_def (default: all)")
    options = parser.parse_args()
    folders = [ROOT / "pipeline_def" / name for name in options.projects]
    try:
        projects = [load(folder) for folder in folders or find(ROOT / "pipeline_def")]
    except ProjectError as error:
        print(error, file=sys.stderr)
        return 2
    return check_all(projects) if options.check else render_all(projects)


def check_all(projects: list[Project]) -> int:
    """Say which projects are stale; return the exit code."""
    code = 0
    for project in projects:
        reason = check(project)
        print(f"{project.name}: {f'stale ({reason}): run make pipeline' if reason else 'fresh'}")
        code |= bool(reason)
    return code


def render_all(projects: list[Project]) -> int:
    """Write the files of each project; return the exit code."""
    if not has_sdk():
        print("the SageMaker SDK is not installed here: run make pipeline", file=sys.stderr)
        return 2
    for project in projects:
        for name, content in render(project).items():
            (project.folder / name).write_bytes(content)
        print(f"{project.name}: rendered")
    return 0


if __name__ == "__main__":
    sys.exit(main())
