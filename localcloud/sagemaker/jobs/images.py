"""Which container images the local cloud can stand in for, and by which interpreter."""

from __future__ import annotations

import re
from pathlib import Path

from localcloud.context import Context

STOOD_IN_FOR = ("sagemaker-xgboost:3.0-5",)
_XGBOOST = re.compile(r"(^|/)sagemaker-xgboost:3\.0-5(-[\w.-]+)?$")


class ImageNotStoodInError(Exception):
    """The job asks for an image that only AWS can run."""


def interpreter(context: Context, image: str) -> Path:
    """The Python that stands in for ``image`` (a full ECR address).

    Raises ImageNotStoodInError, worded for a job's FailureReason, for every other image.
    """
    if _XGBOOST.search(image):
        return context.image_python
    raise ImageNotStoodInError(
        f"ClientError: Cannot pull algorithm container '{image}': the local cloud stands in for "
        f"{', '.join(STOOD_IN_FOR)} only; other images run on AWS only."
    )
