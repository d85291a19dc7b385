"""The version that a new one must not be worse than, as parameters of the pipeline.

A processing job needs an address that exists for each of its inputs, so a folder with one small
file stands for "there is none".
"""

from adapters import objects, registry
from adapters.ledger import Ledger
from domain import ledger as keys
from domain.release import Version

NONE = "none"
EMPTY = "champion/none/"
_WORDS = b"There is no champion, or it left nothing here. The steps look for its files by name.\n"


def parameters(bucket: str, group: str, endpoint: str, ledger: Ledger) -> dict[str, str]:
    """The pipeline's parameters about the champion; all of them, also when there is none."""
    empty = f"s3://{bucket}/{EMPTY}"
    objects.write(f"{empty}none.txt", _WORDS, "text/plain")
    found = find(group, endpoint, ledger)
    if found is None:
        return _values(NONE, empty, empty)
    # Without its file the version stays named: the report then says what could not be compared.
    model = found.model_data_uri if _is_there(found.model_data_uri, bucket) else empty
    folder = found.metadata.get("statistics_uri", "").rstrip("/")
    known = folder and _is_there(f"{folder}/profile.json", bucket)
    return _values(str(found.number), model, folder if known else empty)


def find(group: str, endpoint: str, ledger: Ledger) -> Version | None:
    """The version that production runs, else the newest that is Approved, else none."""
    stage = ledger.get(keys.stage_key(endpoint)) or {}
    live = str(stage.get("model_package_arn") or "")
    version = registry.version_if_there(live) if live else None
    if version is None and (approved := registry.newest_approved(group)):
        version = registry.version_if_there(approved)
    return version


def _values(version: str, model: str, statistics: str) -> dict[str, str]:
    return {
        "ChampionVersion": version,
        "ChampionModelUri": model,
        "ChampionStatisticsUri": statistics,
    }


def _is_there(uri: str, bucket: str) -> bool:
    """Whether it is an object of this stack's bucket; the jobs may read no other."""
    return uri.startswith(f"s3://{bucket}/") and objects.etag(uri) is not None
