"""A commit becomes a pipeline: what is read from it, checked, stored and passed on.

`rendered.json` is written by `make pipeline` beside `pipeline.json`; it names the sources that the
definition was rendered from, the files each step needs, the settings and the image table. No code
of the repository is run here.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.errors import InvalidSettingsError, StaleDefinitionError
from domain.stages import Stages, parse_stages

FORMAT = 1
MEND = "run make pipeline, and commit pipeline.json and rendered.json with the change"


@dataclass(frozen=True)
class Rendered:
    """`rendered.json`, checked for shape. `files` is every path that the build reads."""

    project: str
    problem: str
    sources: Mapping[str, str]
    sources_digest: str
    settings_digest: str
    definition_sha256: str
    code: Mapping[str, Mapping[str, Any]]
    images: Mapping[str, Mapping[str, str]]
    stages: Mapping[str, Any]
    monitor_sha256: str = ""  # empty in what was rendered before there was a monitor

    @property
    def files(self) -> list[str]:
        """The paths, from the top of the repository, of all sources and step files."""
        steps = {path for entry in self.code.values() for path in entry["files"].values()}
        return sorted(set(self.sources) | steps)


@dataclass(frozen=True)
class Bundle:
    """The code of one step, under its digest: objects to store and the parameter's value."""

    parameter: str
    objects: Mapping[str, bytes]
    uri_key: str


def parse_rendered(folder: str, content: bytes) -> Rendered:
    """`rendered.json` → `Rendered`. Raises `StaleDefinitionError` when it is not one of ours."""
    try:
        raw = json.loads(content)
        if raw["format"] != FORMAT:
            raise StaleDefinitionError(
                f"{folder}/rendered.json has format {raw['format']}, this Slipway reads {FORMAT}: "
                f"{MEND}"
            )
        rendered = Rendered(
            project=raw["project"],
            problem=raw["problem"],
            sources=raw["sources"]["files"],
            sources_digest=raw["sources"]["digest"],
            settings_digest=raw["settings_digest"],
            definition_sha256=raw["definition_sha256"],
            code=raw["code"],
            images=raw["images"],
            stages=raw["stages"],
            monitor_sha256=raw.get("monitor_sha256", ""),
        )
        _ = rendered.files  # every path is named, or the file is refused
        return rendered
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StaleDefinitionError(
            f"{folder}/rendered.json cannot be read ({type(error).__name__}: {error}): {MEND}"
        ) from error


def check_fresh(
    folder: str, rendered: Rendered, definition: bytes, files: Mapping[str, bytes]
) -> None:
    """Raise `StaleDefinitionError` unless definition and sources are the rendered ones."""
    if hashlib.sha256(definition).hexdigest() != rendered.definition_sha256:
        raise StaleDefinitionError(
            f"{folder}/pipeline.json is not the one that rendered.json describes: {MEND}"
        )
    for path, expected in sorted(rendered.sources.items()):
        if hashlib.sha256(files[path]).hexdigest() != expected:
            raise StaleDefinitionError(
                f"{path} changed after {folder}/pipeline.json was rendered: {MEND}"
            )


def check_monitor(folder: str, rendered: Rendered, monitor: bytes | None) -> None:
    """Raise `StaleDefinitionError` unless the monitor's definition is the rendered one."""
    found = hashlib.sha256(monitor).hexdigest() if monitor is not None else ""
    if found != rendered.monitor_sha256:
        raise StaleDefinitionError(
            f"{folder}/monitor.json is not the one that rendered.json describes: {MEND}"
        )


def check_settings(rendered: Rendered) -> Stages:
    """The stage settings. Raises `InvalidSettingsError` for those that a release could not use."""
    return parse_stages(rendered.stages)


def image_parameters(rendered: Rendered, region: str) -> dict[str, str]:
    """The image of each image parameter in `region`."""
    chosen = {}
    for parameter, table in rendered.images.items():
        if region not in table:
            raise InvalidSettingsError(
                f"rendered.json knows no {parameter} for region {region}; "
                f"known are {', '.join(sorted(table))}"
            )
        chosen[parameter] = table[region]
    return chosen


def bundles(rendered: Rendered, files: Mapping[str, bytes]) -> list[Bundle]:
    """The code of each step as S3 objects under `code/<digest>/`; same content, same place."""
    return [_bundle(name, entry, files) for name, entry in sorted(rendered.code.items())]


def _bundle(parameter: str, entry: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    content = {name: files[path] for name, path in entry["files"].items()}
    settings = json.dumps(entry["settings"], sort_keys=True, indent=1, ensure_ascii=False)
    content["settings.json"] = settings.encode()
    listing = "\n".join(
        f"{name} {hashlib.sha256(data).hexdigest()}" for name, data in sorted(content.items())
    )
    prefix = f"code/{hashlib.sha256(listing.encode()).hexdigest()[:32]}"
    objects = {f"{prefix}/{name}": data for name, data in content.items()}
    if entry["layout"] == "sourcedir":
        key = f"{prefix}/sourcedir.tar.gz"
        return Bundle(parameter, {key: _sourcedir(content)}, key)
    return Bundle(parameter, objects, prefix)


def _sourcedir(content: Mapping[str, bytes]) -> bytes:
    """A gzipped tar whose bytes depend on `content` alone."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in sorted(content.items()):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


def with_defaults(definition: bytes, values: Mapping[str, str]) -> bytes:
    """A definition as SageMaker gets it: compact, without our `Metadata`, with what is known.

    The values become defaults, so that a run is started with what belongs to that run alone, by an
    event or by hand.
    """
    document = json.loads(definition)
    document["Metadata"] = {}
    for parameter in document["Parameters"]:
        if parameter["Name"] in values:
            parameter["DefaultValue"] = values[parameter["Name"]]
    return json.dumps(document, separators=(",", ":")).encode()


def pipeline_definition(definition: bytes, values: Mapping[str, str]) -> bytes:
    """The pipeline's definition for whoever starts it; a hand says what the data are.

    Data change without a build. Their digest as a default would name data that are gone, and
    SageMaker's cache would answer with the models of those.
    """
    known = {name: value for name, value in values.items() if name != "DataDigest"}
    return with_defaults(definition, known)


def declared_parameters(definition: bytes) -> set[str]:
    """The names of the parameters that a definition declares."""
    return {parameter["Name"] for parameter in json.loads(definition)["Parameters"]}


def pipeline_parameters(definition: bytes, values: Mapping[str, str]) -> list[dict[str, str]]:
    """`values` for StartPipelineExecution, without those the definition does not declare."""
    declared = declared_parameters(definition)
    return [
        {"Name": name, "Value": value} for name, value in sorted(values.items()) if name in declared
    ]


def sources_digest(definition: bytes, rendered: bytes, files: Mapping[str, bytes]) -> str:
    """One digest over all files that the build of a project reads."""
    together = {**files, "/pipeline.json": definition, "/rendered.json": rendered}
    listing = "\n".join(
        f"{hashlib.sha256(data).hexdigest()} {path}" for path, data in sorted(together.items())
    )
    return hashlib.sha256(listing.encode()).hexdigest()


def data_digest(objects: Mapping[str, str]) -> str:
    """One digest over a listing of S3 keys and ETags: other data, other digest."""
    listing = "\n".join(f"{key} {etag}" for key, etag in sorted(objects.items()))
    return hashlib.sha256(listing.encode()).hexdigest()
