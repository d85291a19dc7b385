"""`sam build && sam deploy` works against a running local cloud as it does against AWS."""

from __future__ import annotations

import shutil
from pathlib import Path

from localcloud import cloud as clouds
from tests.support.clouds import get_json
from tests.support.sam import sam

APP = Path(__file__).parent / "sam_app"
DEPLOY = ("deploy", "--stack-name", "hello", "--resolve-s3", "--no-confirm-changeset")
MAY = ("--capabilities", "CAPABILITY_IAM")


def test_sam_builds_deploys_and_deploys_a_change(tmp_path: Path) -> None:
    app = tmp_path / "app"
    shutil.copytree(APP, app)
    with clouds.start(tmp_path / "cloud") as cloud:
        sam(cloud, app, "build", "--beta-features")
        sam(cloud, app, *DEPLOY, *MAY, "--parameter-overrides", "Greeting=ciao")
        assert get_json(f"{cloud.api_url}/hello/ada")["greeting"] == "ciao, ada"
        changed = sam(cloud, app, *DEPLOY, *MAY, "--parameter-overrides", "Greeting=salut")
        assert "Successfully created/updated stack" in changed
        assert get_json(f"{cloud.api_url}/hello/ada")["greeting"] == "salut, ada"
