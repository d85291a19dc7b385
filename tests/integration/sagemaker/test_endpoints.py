"""Endpoints as real servers: create, invoke, update without a gap, delete."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from botocore.exceptions import ClientError

from tests.integration.sagemaker.conftest import Studio, answering
from tests.support.waiting import wait_until


def serverless(model: str) -> dict[str, object]:
    """A serverless variant."""
    size = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    return {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": size}


def test_an_endpoint_answers_with_the_model_it_was_made_from(studio: Studio) -> None:
    studio.endpoint("plain", answering("hello"))
    assert studio.ask("plain") == "hello"


def test_a_second_version_replaces_the_first_with_no_failed_request(studio: Studio) -> None:
    name = studio.endpoint("swap", answering("one"))
    second = studio.config("swap-2", studio.model("swap-2", answering("two")))
    answers: list[str] = []
    failures: list[Exception] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                answers.append(studio.ask(name))
            except Exception as error:
                failures.append(error)

    clients = [threading.Thread(target=keep_asking) for _ in range(4)]
    for client in clients:
        client.start()
    studio.sm.update_endpoint(EndpointName=name, EndpointConfigName=second)
    doc = studio.settled(name)
    wait_until(lambda: answers[-1] == "two")
    stop.set()
    for client in clients:
        client.join()
    assert failures == []
    assert doc["EndpointConfigName"] == second
    assert answers[0] == "one"
    assert set(answers) == {"one", "two"}


def test_an_error_of_the_model_reaches_the_caller_as_model_error(studio: Studio) -> None:
    script = answering("x").replace("return body", "raise ValueError('bad row')")
    name = studio.endpoint("faulty", script)
    with pytest.raises(ClientError) as caught:
        studio.ask(name)
    answer = caught.value.response
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == 500
    assert "Internal Server Error" in answer["OriginalMessage"]


def test_a_script_chooses_its_status_by_returning_a_response(studio: Studio) -> None:
    script = answering("x", "from sagemaker_containers.beta.framework import worker").replace(
        "return prediction, accept", "return worker.Response('no such column', status=400)"
    )
    name = studio.endpoint("refusing", script)
    with pytest.raises(ClientError) as caught:
        studio.ask(name)
    assert caught.value.response["OriginalStatusCode"] == 400
    assert caught.value.response["OriginalMessage"] == "no such column"


def test_a_container_that_does_not_start_fails_the_endpoint_in_sagemakers_words(
    studio: Studio,
) -> None:
    config = studio.config("broken", studio.model("broken", "import nothing_like_this"))
    studio.sm.create_endpoint(EndpointName="broken", EndpointConfigName=config)
    doc = studio.settled("broken")
    assert doc["EndpointStatus"] == "Failed"
    assert doc["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health "
        "check. Please check CloudWatch logs for this endpoint."
    )
    with pytest.raises(ClientError, match="Cannot update failed endpoint"):
        studio.sm.update_endpoint(EndpointName="broken", EndpointConfigName=config)


def test_a_killed_serving_process_is_replaced_and_waited_for(studio: Studio) -> None:
    script = answering("x").replace("return model", "return str(os.getpid())")
    name = studio.endpoint("mortal", script)
    first = int(studio.ask(name))
    os.kill(first, signal.SIGKILL)
    assert int(studio.ask(name)) != first


def test_what_the_server_prints_is_in_its_log_group(studio: Studio) -> None:
    script = answering("x").replace("return body", "print('row seen'); return body")
    name = studio.endpoint("talking", script)
    studio.ask(name)
    logs = studio.context.client("logs")

    def seen() -> bool:
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}")
        except logs.exceptions.ResourceNotFoundException:
            return False
        return any("row seen" in event["message"] for event in found["events"])

    wait_until(seen, 15)


def test_an_endpoint_on_instances_is_not_turned_into_a_serverless_one(studio: Studio) -> None:
    name = studio.endpoint("sized", answering("here"))
    studio.sm.create_endpoint_config(
        EndpointConfigName="unsized", ProductionVariants=[serverless("sized-1")]
    )
    with pytest.raises(ClientError, match="to serverless") as caught:
        studio.sm.update_endpoint(EndpointName=name, EndpointConfigName="unsized")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert studio.settled(name)["EndpointStatus"] == "InService"
    assert studio.ask(name) == "here"


def test_a_serverless_variant_has_neither_a_network_nor_captured_data(studio: Studio) -> None:
    model = studio.model("plainly", answering("x"))
    sent = {
        "EnableCapture": True, "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://models/captured", "CaptureOptions": [{"CaptureMode": "Input"}],
    }  # fmt: skip
    described = studio.sm.describe_model(ModelName=model)
    studio.sm.create_model(
        ModelName="networked", ExecutionRoleArn=described["ExecutionRoleArn"],
        PrimaryContainer=described["PrimaryContainer"],
        VpcConfig={"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
    )  # fmt: skip
    for model_name, more in [("networked", {}), (model, {"DataCaptureConfig": sent})]:
        with pytest.raises(ClientError, match="not supported"):
            studio.sm.create_endpoint_config(
                EndpointConfigName="neither", ProductionVariants=[serverless(model_name)], **more
            )


def test_a_deleted_endpoint_is_gone_for_both_apis(studio: Studio) -> None:
    name = studio.endpoint("passing", answering("x"))
    studio.sm.delete_endpoint(EndpointName=name)
    with pytest.raises(ClientError, match="Endpoint passing of account 000000000000 not found"):
        studio.ask(name)

    def gone() -> bool:
        try:
            studio.sm.describe_endpoint(EndpointName=name)
        except ClientError as error:
            return "Could not find endpoint" in str(error)
        return False

    wait_until(gone)


def test_an_invocation_adds_little_to_what_the_model_takes(studio: Studio) -> None:
    name = studio.endpoint("quick", answering("x"))
    studio.ask(name)
    spent = []
    for _ in range(50):
        began = time.perf_counter()
        studio.ask(name)
        spent.append(time.perf_counter() - began)
    assert sorted(spent)[25] < 0.05


def test_a_request_that_kills_the_server_is_a_server_error_and_the_endpoint_heals(
    studio: Studio,
) -> None:
    script = answering("x").replace("return body", "body == 'poison' and os._exit(1); return body")
    name = studio.endpoint("poisoned", script)
    with pytest.raises(ClientError) as caught:
        studio.ask(name, "poison")
    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert studio.ask(name, "fine") == "x"
