"""Validation in SageMaker's words, the store, and the paging of lists."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.sagemaker.api import AnswerError, ApiError, call, error_reply
from localcloud.sagemaker.paging import page
from localcloud.sagemaker.store import Store
from tests.unit.localcloud.sagemaker.conftest import Desk


def refusal(desk: Desk, operation: str, **request: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        desk.call(operation, **request)
    return caught.value


def test_a_missing_member_is_named_as_sagemaker_names_it(desk: Desk) -> None:
    error = refusal(desk, "DescribeEndpointConfig")
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value null at 'endpointConfigName' failed to satisfy "
        "constraint: Member must not be null"
    )


def test_all_faults_of_a_request_are_told_at_once(desk: Desk) -> None:
    error = refusal(
        desk,
        "CreateEndpointConfig",
        EndpointConfigName="-no-",
        ProductionVariants=[
            {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 0},
        ],
    )
    assert error.message.startswith("2 validation errors detected: ")
    assert "'-no-' at 'endpointConfigName' failed to satisfy constraint" in error.message
    assert "at 'productionVariants.1.member.initialInstanceCount'" in error.message
    assert "Member must have value greater than or equal to 1" in error.message


def test_a_value_of_another_type_is_a_serialization_error(desk: Desk) -> None:
    error = refusal(desk, "DescribeModel", ModelName=3)
    assert error.code == "SerializationException"
    assert error.message.startswith("NUMBER_VALUE can not be converted to a String")


def test_a_member_that_sagemaker_does_not_have_is_refused(desk: Desk) -> None:
    assert "Unknown member 'Nmae'" in refusal(desk, "ListModels", Nmae="x").message


def test_an_operation_that_is_not_here_says_so(desk: Desk) -> None:
    assert refusal(desk, "CreateNotebookInstance").code == "UnknownOperationException"


def test_an_error_travels_in_the_form_that_sdks_read() -> None:
    status, headers, body = error_reply(ApiError("ResourceNotFound", "no such thing"))
    assert (status, headers["x-amzn-ErrorType"]) == (400, "ResourceNotFound")
    assert body == b'{"__type": "ResourceNotFound", "message": "no such thing"}'


def test_an_answer_of_our_own_that_does_not_fit_the_model_is_a_fault(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from localcloud.sagemaker import api

    wrong = {("sagemaker", "ListModels"): lambda _svc, _request: {"Moddels": []}}
    monkeypatch.setattr(api, "_operations", wrong)
    with pytest.raises(AnswerError, match="Moddels"):
        call(desk.svc, "ListModels", {})


def test_a_next_token_that_was_never_given_is_refused() -> None:
    with pytest.raises(ApiError, match="NextToken"):
        page([1, 2], {"NextToken": "???"}, "Items")


@given(st.integers(0, 60), st.integers(1, 20))
def test_pages_hold_every_item_once_and_in_order(count: int, size: int) -> None:
    items, seen, request = list(range(count)), [], {"MaxResults": size}
    while True:
        answer = page(items, request, "Items")
        seen += answer["Items"]
        if "NextToken" not in answer:
            break
        request = {"MaxResults": size, "NextToken": answer["NextToken"]}
    assert seen == items


def test_a_stored_document_changes_only_when_it_is_put_back() -> None:
    store = Store(":memory:")
    store.put("kind", "a", {"n": 1})
    found = store.get("kind", "a")
    assert found is not None
    found["n"] = 2
    assert store.get("kind", "a") == {"n": 1}


def test_an_update_that_fails_leaves_the_document_as_it_was() -> None:
    store = Store(":memory:")
    store.put("kind", "a", {"n": 1})

    def fail(doc: dict[str, Any]) -> None:
        doc["n"] = 2
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        store.update("kind", "a", fail)
    assert store.get("kind", "a") == {"n": 1}


def test_listing_keeps_the_order_of_creation_and_takes_the_prefix_literally() -> None:
    store = Store(":memory:")
    for key in ("b_1", "a", "b_2", "bx1"):
        store.put("kind", key, {"key": key})
    store.put("kind", "b_1", {"key": "b_1", "again": True})
    assert [doc["key"] for doc in store.list("kind", "b_")] == ["b_1", "b_2"]


def test_concurrent_updates_and_versions_lose_nothing(tmp_path: Any) -> None:
    store = Store(tmp_path / "store.sqlite")
    store.put("kind", "a", {"n": 0})
    versions: list[int] = []

    def work() -> None:
        for _ in range(50):
            store.update("kind", "a", lambda doc: {"n": doc["n"] + 1})
            versions.append(store.next_version("kind", "a"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("kind", "a") == {"n": 200}
    assert sorted(versions) == list(range(1, 201))
