"""A canary that is healthy, and one that is not, while customers go on asking."""

from __future__ import annotations

from pathlib import Path

from tests.support.harbour import Harbour

CANARY = {
    "endpoint": {"instances": {"type": "ml.m5.large", "count": 2}},
    "rollout": {"type": "canary", "canary_percent": 50, "bake_seconds": 300},
}


def test_a_healthy_canary_takes_over_and_no_request_fails(harbour: Harbour, folder: Path) -> None:
    version = harbour.register(harbour.settings(**CANARY))
    with harbour.steady(folder) as client:
        release = harbour.released(version)
        after = len(client.calls)
    assert release.status == "SUCCEEDED", release.cause
    assert harbour.loop.serves("production") == version
    assert [call for call in client.calls if call.status != 200] == []
    marks = harbour.answered_by(client.calls)
    assert set(marks[-10:]) == {harbour.marks[version]}
    assert after > 0
