"""What a change means for the pipelines, in the few lines that a pull request wants.

    python -m pipeline_def.diff [--base main] [project …]

Compares pipeline.json, monitor.json and rendered.json of a base with those of the work tree: steps
that were added, removed or changed, parameters, code, settings and stages. Prints Markdown.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline_def.checking import ProjectError
from pipeline_def.project import find, load
from pipeline_def.rendered import stale

ROOT = Path(__file__).parent.parent
FILES = ("pipeline", "monitor", "rendered")  # .json, of each project
MOST = 12  # lines of one step or section; the rest is in the diff itself


def steps(definition: dict[str, Any]) -> dict[str, Any]:
    """Return {name: step} of all steps, those inside conditions without their own branches."""
    found: dict[str, Any] = {}
    for step in definition.get("Steps", []):
        arguments = step.get("Arguments", {})
        branches = {key: arguments.get(key, []) for key in ("IfSteps", "ElseSteps")}
        names = {key: [inner["Name"] for inner in inside] for key, inside in branches.items()}
        outer = {**arguments, **{key: value for key, value in names.items() if value}}
        found[step["Name"]] = {**step, "Arguments": outer}
        for inside in branches.values():
            found.update(steps({"Steps": inside}))
    return found


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, JSON of the leaf); lists of named things by name."""
    if isinstance(value, dict) and value and not _is_expression(value):
        for key in value:
            yield from flat(value[key], f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for at, item in enumerate(value):
            name = next((item[key] for key in item if key.endswith("Name")), at)
            name = item.get("name", item.get("Key", name))
            yield from flat(item, f"{path}[{name if isinstance(name, str) else at}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _is_expression(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in ("Get", "Std:Join", "Std:JsonGet")


def changes(before: Any, after: Any) -> list[str]:
    """Return one line for each leaf that differs."""
    old, new = dict(flat(before)), dict(flat(after))
    lines = []
    for path in [*old, *(path for path in new if path not in old)]:
        if old.get(path) == new.get(path):
            continue
        was, now = old.get(path, "absent"), new.get(path, "absent")
        lines.append(f"`{path}`: {was} → {now}")
    return lines


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the summary of one project; each side is {"pipeline": …, "rendered": …} and, where it
    is known, "scripts": {path: content} of all that its steps run.
    """
    lines = _compare_steps(*(_all_steps(side) for side in (before, after)))
    old, new = before["rendered"], after["rendered"]
    parameters = [
        {one["Name"]: one for one in side["pipeline"].get("Parameters", [])}
        for side in (before, after)
    ]
    sections = {
        "parameters": parameters,
        "settings": [_settings(side.get("code", {})) for side in (old, new)],
        "stages": [side.get("stages", {}) for side in (old, new)],
    }
    for name, (was, now) in sections.items():
        lines += _nested(f"**{name}** changed", changes(was, now))
    files = [side.get("scripts", {}) for side in (before, after)]
    scripts = sorted(
        Path(path).name
        for path in {*files[0], *files[1]}
        if files[0].get(path) != files[1].get(path)
    )
    if scripts:
        lines.append(f"- **code** changed: {', '.join(scripts)}")
    return lines or ["- nothing changed"]


def _all_steps(side: dict[str, Any]) -> dict[str, Any]:
    """Return the steps of both pipelines; a side from before there were two has one."""
    return {**steps(side["pipeline"]), **steps(side.get("monitor", {}))}


def _settings(code: dict[str, Any]) -> dict[str, Any]:
    """Return the sections that the steps read, once each."""
    return {key: value for entry in code.values() for key, value in entry["settings"].items()}


def _compare_steps(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    lines = [f"- step **{name}** added ({new[name]['Type']})" for name in new if name not in old]
    lines += [f"- step **{name}** removed" for name in old if name not in new]
    for name in new:
        if name in old:
            lines += _nested(f"step **{name}** changed", changes(old[name], new[name]))
    return lines


def _nested(title: str, inner: list[str]) -> list[str]:
    if not inner:
        return []
    more = [f"  - … and {len(inner) - MOST} more"] if len(inner) > MOST else []
    return [f"- {title}", *(f"  - {line}" for line in inner[:MOST]), *more]


def committed(base: str, project: str) -> dict[str, Any]:
    """Return the files of a project at `base`; empty ones if it was not there."""
    folder = f"pipeline_def/{project}"
    found = {name: json.loads(_show(base, f"{folder}/{name}.json") or "{}") for name in FILES}
    return {**found, "scripts": {path: _show(base, path) for path in scripts(found["rendered"])}}


def scripts(rendered: dict[str, Any]) -> list[str]:
    """Return the paths of all files that the steps of a rendering run."""
    code = rendered.get("code", {}).values()
    return sorted({path for entry in code for path in entry["files"].values()})


def _show(base: str, path: str) -> str:
    done = subprocess.run(
        ["git", "show", f"{base}:{path}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else ""


def present(project: str) -> dict[str, Any]:
    """Return the files of a project in the work tree; empty ones if it was not rendered."""
    paths = {name: ROOT / "pipeline_def" / project / f"{name}.json" for name in FILES}
    found = {
        name: json.loads(path.read_bytes()) if path.is_file() else {}
        for name, path in paths.items()
    }
    files = [path for path in scripts(found["rendered"]) if (ROOT / path).is_file()]
    return {**found, "scripts": {path: (ROOT / path).read_text("utf-8") for path in files}}


def projects(base: str) -> list[str]:
    """Return the names of the projects in the work tree and at `base`."""
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", base, "pipeline_def/"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    before = {Path(path).parent.name for path in listed if path.endswith("/parameters.yaml")}
    return sorted(before | {path.name for path in find(ROOT / "pipeline_def")})


def summary(base: str, project: str) -> list[str]:
    """Return what changed of one project, and what the files that were rendered do not show."""
    folder = ROOT / "pipeline_def" / project
    if not (folder / "parameters.yaml").is_file():
        return ["- **removed**"]
    try:
        reasons = list(stale(ROOT, load(folder)))
    except ProjectError as error:
        reasons = [str(error)]
    notes = [f"- **not rendered**: {reason}; run make pipeline" for reason in reasons]
    lines = compare(committed(base, project), present(project))
    return notes + [line for line in lines if not notes or line != "- nothing changed"]


def main() -> int:
    """Print the summary as the command line asks."""
    parser = argparse.ArgumentParser(description="Summarize what changed in the pipelines.")
    parser.add_argument("--base", default="HEAD", help="the commit to compare with")
    parser.add_argument("projects", nargs="*", help="names below pipeline_def (default: all)")
    options = parser.parse_args()
    known = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", f"{options.base}^{{commit}}"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if known.returncode:
        print(f"there is no commit {options.base} to compare with", file=sys.stderr)
        return 2
    for project in options.projects or projects(options.base):
        print(f"### {project}\n")
        print("\n".join(summary(options.base, project)), "\n", sep="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
