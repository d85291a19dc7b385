"""The arithmetic of a release's price: by hand, and that nothing is free by a mistake."""

import json

import pytest

from bench.release import Bill, Usage, lines, usage


def report(request: str, billed: int, memory: int = 512) -> str:
    return (
        f"REPORT RequestId: {request}\tDuration: {billed} ms\tBilled Duration: {billed} ms\t"
        f"Memory Size: {memory} MB\tMax Memory Used: 60 MB"
    )


def line(request: str, name: str) -> str:
    said = {"message": "Asked", "function_name": name, "function_request_id": request}
    return json.dumps(said)


def test_each_invocation_is_billed_as_reported_and_named_by_its_own_lines() -> None:
    messages = [
        "START RequestId: r1 Version: $LATEST", line("r1", "ask"), line("r1", "ask"),
        "END RequestId: r1", report("r1", 101), line("r2", "ask"), report("r2", 20),
        report("r3", 7, 1024),
    ]  # fmt: skip

    assert usage(messages) == {"ask": Usage(2, 121, 512), "(wrote no line)": Usage(1, 7, 1024)}


def test_a_gigabyte_second_is_time_by_memory() -> None:
    assert Usage(3, 104, 512).gb_seconds == pytest.approx(0.104 * 0.5)


def test_a_release_is_priced_by_transitions_requests_and_gigabyte_seconds() -> None:
    bill = Bill(
        {"Release r": 18, "DeployEndpoint s": 13, "DeployEndpoint p": 16},
        {"a": Usage(10, 1000, 1024), "b": Usage(10, 2000, 256)},
    )

    assert bill.prices == {
        "transitions": pytest.approx(47 * 0.000025),
        "requests": pytest.approx(20 * 0.0000002),
        "duration": pytest.approx((1.0 + 2.0 / 4) * 0.0000133334),
    }


def test_the_result_names_machine_command_source_and_what_is_not_in_it() -> None:
    text = "\n".join(lines(Bill({"Release r": 4}, {"f": Usage(1, 10, 512)}), 1200))

    for words in ("CPUs", "bench.release", "copied on 20", "Caveats", "Not in it", "$0.000100"):
        assert words in text
