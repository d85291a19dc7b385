"""What lies beside pipeline.json: rendered.json: digests, code, settings, stages, images.

Pure: no SDK. `build` refuses a commit whose sources do not have the digests in it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline_def.project import CODE, STEPS_FOLDER, Project, stages_file

#: What rendering reads, next to the project's own files. Not the step scripts: `build` packs them
#: as they are in the commit, and their content decides under which digest.
RENDERER = (
    *("checking.py", "monitoring.py", "offline.py", "outcomes.py", "project.py", "render.py"),
    *("rendered.py", "sdk.py", "tabular.py"),
)


DEFINITIONS = ("pipeline.json", "monitor.json")

#: Filled by `build` for each commit and account: the definition names none of them.
PARAMETERS = (
    *("ArtifactBucket", "ExecutionRoleArn", "XGBoostImage", "ModelPackageGroupName"),
    *("ProjectName", "ProjectId", "Repository", "Branch", "CommitId"),
    *("InputDataUri", "DataDigest", "SettingsDigest"),
    *("ChampionVersion", "ChampionModelUri", "ChampionStatisticsUri"),
    *("CheckDataCode", "PreprocessCode", "TrainCode", "EvaluateCode"),
)

#: Of monitor.json: what `build` knows becomes a default, the last three come with each run.
MONITOR_PARAMETERS = (
    *("ArtifactBucket", "ExecutionRoleArn", "XGBoostImage", "ProjectName", "ProjectId"),
    *("MonitorCode", "CaptureManifestUri", "ChampionVersion", "ChampionStatisticsUri"),
)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def canonical(value: Any) -> bytes:
    """Return the one JSON text of `value` that digests are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def sources(root: Path, project: Project) -> dict[str, str]:
    """Return {path below the repository: SHA-256} of every file that rendering the project reads.

    `root` is the repository's root (the parent of pipeline_def).
    """
    own = {project.folder / "parameters.yaml", stages_file(project.folder)}
    own |= {path for path in (project.folder / "pipeline.py",) if path.is_file()}
    paths = {path.relative_to(root).as_posix() for path in own}
    paths |= {f"pipeline_def/{name}" for name in RENDERER}
    return {path: sha256((root / path).read_bytes()) for path in sorted(paths)}


def digest(files: Mapping[str, str]) -> str:
    """Return the digest of a listing {path: SHA-256}: of its lines `<sha256>  <path>`, by path."""
    lines = "".join(f"{files[path]}  {path}\n" for path in sorted(files))
    return sha256(lines.encode())


def code(project: Project) -> dict[str, Any]:
    """Return, for each code parameter, what `build` packs for it: files and settings."""
    return {
        name: {
            "layout": layout,
            "files": {script: f"{STEPS_FOLDER}/{script}" for script in sorted(scripts)},
            "settings": project.settings(name),
        }
        for name, (layout, scripts, _) in CODE.items()
    }


def describe(
    root: Path,
    project: Project,
    definition: bytes,
    monitor: bytes,
    images: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Return the content of rendered.json."""
    files = sources(root, project)
    return {
        "format": 1,
        "project": project.name,
        "problem": project.problem,
        "sources": {"digest": digest(files), "files": files},
        "definition_sha256": sha256(definition),
        "monitor_sha256": sha256(monitor),
        "settings_digest": sha256(canonical(project.parameters)),
        "code": code(project),
        "stages": project.stages,
        "images": images,
    }


def text(content: Any) -> bytes:
    """Return JSON as it is committed: indented, keys sorted, one newline at the end."""
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def stale(root: Path, project: Project) -> Iterable[str]:
    """Yield why the committed pair of files does not belong to the sources; nothing if it does."""
    folder = root / "pipeline_def" / project.name
    try:
        definition, monitor = ((folder / name).read_bytes() for name in DEFINITIONS)
        committed = json.loads((folder / "rendered.json").read_bytes())
        marked = json.loads(definition)["Metadata"]["slipway"]["sources_digest"]
    except FileNotFoundError as error:
        yield f"{Path(error.filename).name} is missing"
        return
    except (ValueError, KeyError, TypeError):
        yield "pipeline.json or rendered.json is not what the renderer writes"
        return
    wanted = describe(root, project, definition, monitor, committed.get("images", {}))
    was, now = committed.get("sources", {}).get("files", {}), wanted["sources"]["files"]
    changed = sorted(path for path in {*was, *now} if was.get(path) != now.get(path))
    if changed:
        yield f"{', '.join(changed[:3])}{' …' if len(changed) > 3 else ''} changed since"
    elif marked != wanted["sources"]["digest"]:
        yield "pipeline.json was rendered from other sources than rendered.json"
    elif committed.get("definition_sha256") != wanted["definition_sha256"]:
        yield "pipeline.json was changed by hand"
    elif committed.get("monitor_sha256") != wanted["monitor_sha256"]:
        yield "monitor.json was changed by hand"
    elif committed != wanted:
        yield "rendered.json was changed by hand"
