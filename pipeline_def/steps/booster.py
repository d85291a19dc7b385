"""XGBoost: imported without what it does not need here, its files refused if they do not fit.

Models saved by another version of xgboost can load and predict *silently wrong*, so a file is only
taken from the version that this container runs (docs: "XGBoost versions do not mix").
"""

import importlib
import sys
from pathlib import Path
from typing import Any

OPTIONAL = ("pandas", "sklearn")


class ModelVersionError(Exception):
    """The model file was written by another xgboost than the one that shall read it."""


def import_xgboost() -> Any:
    """Return the module xgboost, hiding pandas and scikit-learn from it while it is imported.

    Both are optional for xgboost and only wrap its types; importing them takes four times as long
    as xgboost itself, at every job and at every start of an endpoint.
    """
    hidden = [name for name in OPTIONAL if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: import refuses it
    try:
        xgboost = importlib.import_module("xgboost")
    finally:
        for name in hidden:
            del sys.modules[name]
    data: Any = importlib.import_module("xgboost.data")
    if hasattr(data, "_is_pandas_series"):  # it would import pandas at the first prediction
        data._is_pandas_series = _is_pandas_series
    return xgboost


def _is_pandas_series(data: Any) -> bool:
    """Return what xgboost's own function does; who never imported pandas can have no Series."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.Series)


def file_version(model: bytes) -> str:
    """Return the version of xgboost that wrote a `.ubj` model, such as "3.0.5".

    UBJSON, at the end of the file: key "version", an array of three small integers.
    """
    at = model.rfind(b"version[#L")
    numbers = model[at + len(b"version[#L") + 8 :]
    if at < 0 or len(numbers) < 6 or numbers[0:1] != b"i":
        raise ModelVersionError("this is not a model that xgboost saved as .ubj")
    return f"{numbers[1]}.{numbers[3]}.{numbers[5]}"


def load(path: Path) -> Any:
    """Return the Booster in `path`; raise ModelVersionError if another xgboost wrote it."""
    xgboost = import_xgboost()
    content = path.read_bytes()
    version = file_version(content)
    if version != xgboost.__version__:
        raise ModelVersionError(
            f"{path.name} was saved by xgboost {version}, this container runs"
            f" {xgboost.__version__}, and models do not move between versions safely; train again"
            " with this image, or serve with the image of that version."
        )
    booster = xgboost.Booster()
    booster.load_model(bytearray(content))
    return booster
