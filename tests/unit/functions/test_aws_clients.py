"""How AWS clients are made: quickly, and still the same clients."""

import gc

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.session import get_session

from adapters import aws


@pytest.fixture(autouse=True)
def somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    aws.client.cache_clear()
    aws._session.cache_clear()


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager", "sagemaker", "stepfunctions"])
def test_a_client_speaks_the_newest_model_of_its_service(service: str) -> None:
    made, usual = aws.client(service), get_session().create_client(service)

    assert made.meta.service_model.api_version == usual.meta.service_model.api_version
    assert made.meta.endpoint_url == usual.meta.endpoint_url
    assert made.meta.service_model.operation_names == usual.meta.service_model.operation_names


def test_a_service_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownServiceError, match="sagemakr"):
        aws.client("sagemakr")


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_is_looked_for_again_as_before(was_on: bool) -> None:
    (gc.enable if was_on else gc.disable)()
    try:
        aws.client("sns")
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


def test_garbage_is_looked_for_again_after_a_failure() -> None:
    with pytest.raises(UnknownServiceError):
        aws.client("sagemakr")
    assert gc.isenabled()
