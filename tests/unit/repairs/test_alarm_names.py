"""IAM decides about the alarm that a request names."""

from __future__ import annotations

import json

import pytest

from localcloud.repairs.alarm_names import alarm_of

pytestmark = pytest.mark.unit


def test_a_list_of_alarms_is_decided_by_its_first() -> None:
    request = {"AlarmNames": ["shop-5xx", "shop-latency"]}
    assert alarm_of(json.dumps(request).encode()) == "shop-5xx"


def test_a_request_without_a_list_is_left_to_the_base() -> None:
    assert alarm_of(b'{"AlarmName": "shop-5xx"}') is None
    assert alarm_of(b'{"AlarmNames": []}') is None
    assert alarm_of(b"AlarmName=shop-5xx") is None
