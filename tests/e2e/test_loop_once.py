"""Events come twice, late or never, links are opened by scanners: each thing happens once."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

from localcloud.reviewer import open_page
from tests.e2e.conftest import Released
from tests.support.clouds import descendants
from tests.support.loop import Loop, Run, ask, promotion_id, review_id
from tests.support.models import Models
from tests.support.waiting import wait_until


def test_a_commit_that_is_told_again_is_built_once(loop: Loop, first: Released) -> None:
    loop.registered(loop.push(message="A newer commit, so that a force push goes back"))
    builds = loop.runs("build", lambda _: True)
    handled = len(loop.said("Build"))
    for _ in range(2):
        answer = loop.invoke("StartBuildFunction", commit_event(loop, first.commit))
        assert answer["started"] is False
    repository = loop.application.repository
    head = repository.git("rev-parse", "HEAD")
    repository.git("push", "--quiet", "--force", "origin", f"{first.commit}:refs/heads/main")
    repository.git("push", "--quiet", "origin", f"{head}:refs/heads/main")
    wait_until(lambda: len(loop.said("Build")) >= handled + 4)
    assert loop.runs("build", lambda _: True) == builds
    pages = loop.sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=loop.outputs["PipelineName"]
    )
    executions = [one for page in pages for one in page["PipelineExecutionSummaries"]]
    told = [one.get("PipelineExecutionDescription", "") for one in executions]
    assert len([text for text in told if text.startswith(first.commit[:10])]) == 1


def test_an_approval_in_studio_settles_the_review_and_releases_once(
    loop: Loop, first: Released
) -> None:
    version = loop.registered(loop.push(message="Approved in Studio"))
    loop.sagemaker.update_model_package(
        ModelPackageArn=version,
        ModelApprovalStatus="Approved",
        ApprovalDescription="Looked at in Studio",
    )
    release = loop.release(version)
    review = f"APPROVAL#{review_id(version)}"
    wait_until(lambda: loop.item(review)["state"] == "approved")

    ignored = len(loop.said("Not about an approval"))
    for value in ("a", "b"):
        loop.sagemaker.update_model_package(
            ModelPackageArn=version, CustomerMetadataProperties={"note": value}
        )
    loop.sagemaker.update_model_package(ModelPackageArn=version, ModelApprovalStatus="Approved")
    wait_until(lambda: len(loop.said("Not about an approval")) >= ignored + 2)

    loop.decide(promotion_id(release), "approve")
    assert loop.path(loop.ended(release))[-1] == "Released"
    assert [run.name for run in loop.releases(version)] == [release.name]
    assert loop.serves() == version


def test_looking_at_a_link_changes_nothing_and_deciding_twice_shows_the_first(
    loop: Loop, first: Released
) -> None:
    version = loop.registered(loop.push(message="Looked at by scanners"))
    ada, grace = loop.asked(review_id(version))
    # The mail goes out before it is noted.
    timeline = f"TIMELINE#{version}"
    wait_until(lambda: "review_asked" in {item["kind"] for item in loop.ledger(timeline)})
    before = loop.ledger()
    for agent in ("Mozilla/5.0", "BarracudaSentinel", "Microsoft Office SafeLinks", "curl/8.7"):
        assert ask("GET", ada, agent=agent)[0] == 200
        ask("HEAD", ada, agent=agent)
    assert ask("GET", f"{ada}&decision=approve")[0] == 403
    forged = ada.replace("ada%40example.com", "eve%40example.com")
    assert forged != ada
    assert ask("GET", forged)[0] == 403
    assert loop.ledger() == before
    assert ask("POST", forged, {"decision": "approve", "reason": "me"})[0] == 403
    assert loop.item(f"APPROVAL#{review_id(version)}")["state"] == "pending"
    assert loop.status(version) == "PendingManualApproval"

    loop.decide(review_id(version), "reject", "The first word")
    status, page = ask("POST", grace, {"decision": "approve", "reason": "The second word"})
    assert status == 409
    assert "The first word" in page
    assert "ada@example.com" in page
    assert open_page(grace).forms == []
    assert loop.status(version) == "Rejected"
    assert loop.releases(version) == []


def test_a_lost_endpoint_event_is_made_good_by_reconcile(loop: Loop, first: Released) -> None:
    version = loop.registered(loop.push(message="Its endpoint's event is lost"))
    rule = loop.resource("ResumeEndpointFunctionEndpointChanged")
    events = loop.cloud.client("events")
    events.disable_rule(Name=rule)
    try:
        loop.decide(review_id(version), "approve")
        release = loop.release(version)
        waits = f"WAIT#endpoint:{loop.outputs['StagingEndpointName']}"
        wait_until(lambda: loop.ledger(waits), 60)
        wait_until(
            lambda: (loop.endpoint("staging") or {}).get("EndpointStatus") == "InService", 60
        )
        deployment = loop.deployments(release)["staging"]
        assert loop.is_in(deployment, "Await Endpoint")
        found = loop.invoke("ReconcileFunction", {})
    finally:
        events.enable_rule(Name=rule)
    assert found["endpoints"] == [loop.outputs["StagingEndpointName"]]
    assert loop.path(loop.ended(deployment))[-1] == "Deployed"
    loop.decide(promotion_id(release), "reject", "Enough seen")
    assert loop.path(loop.ended(release))[-1] == "Rejected"
    again = loop.invoke("ReconcileFunction", {})
    assert all(again[kind] == [] for kind in ("builds", "approvals", "endpoints", "releases"))


def test_a_killed_worker_is_retried_and_the_release_goes_on(
    loop: Loop, first: Released, models: Models
) -> None:
    models.edit("churn/stages.yaml", "requests: 200", "requests: 1000")
    models.render()
    version = loop.registered(loop.push(models.source, "Its tester is killed"))
    loop.decide(review_id(version), "approve")
    release = loop.release(version)
    wait_until(lambda: loop.is_in(release, "Test Staging"), 60, 0.02)
    wait_until(lambda: failed(loop, release) or kill_workers(loop), 60, 0.2)
    loop.decide(promotion_id(release), "reject", "Enough seen")
    ended = loop.ended(release)
    assert loop.path(ended).count("Test Staging") == 1
    assert loop.path(ended)[-1] == "Rejected"


def failed(loop: Loop, run: Run) -> bool:
    """Whether a task of an execution has failed at least once."""
    return any(event["type"] == "TaskFailed" for event in loop.history(run))


def kill_workers(loop: Loop) -> None:
    """Kill the processes of all Lambda environments; the process that forks them stays."""
    for parent, children in forked(loop.cloud.pid).items():
        for pid in children - {parent}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def forked(pid: int) -> dict[int, set[int]]:
    """The fork servers below a process, and the processes they forked."""
    servers = {}
    for child in descendants(pid):
        with contextlib.suppress(FileNotFoundError):
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            if b"lambda_forkserver.py" in command and (below := descendants(child)):
                servers[child] = below
    return servers


def commit_event(loop: Loop, commit: str) -> dict[str, Any]:
    """CodeCommit's event about a commit, as EventBridge delivers it."""
    name = loop.outputs["RepositoryName"]
    return {
        "version": "0",
        "id": "0f1e2d3c-0000-4000-8000-000000000000",
        "detail-type": "CodeCommit Repository State Change",
        "source": "aws.codecommit",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:codecommit:us-east-1:000000000000:{name}"],
        "detail": {
            "event": "referenceUpdated",
            "repositoryName": name,
            "referenceType": "branch",
            "referenceName": "main",
            "referenceFullName": "refs/heads/main",
            "commitId": commit,
        },
    }
