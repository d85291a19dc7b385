"""What the loop's tests do: push, read mails, press buttons, follow releases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters import approvals
from domain import naming
from localcloud.cloud import REPOSITORY
from localcloud.reviewer import Page, link_in, open_page, press
from localcloud.watch import inbox
from tests.support.deployed import WAIT, Deployed, Run, ask
from tests.support.waiting import wait_until

__all__ = ["Loop", "Run", "ask", "number", "promotion_id", "review_id"]


class Loop(Deployed):
    """A deployed stack, and short words for what people do with it."""

    # -- from a commit to a version ---------------------------------------------------------------

    def push(self, source: Path = REPOSITORY / "pipeline_def", message: str = "Train") -> str:
        """Commit a `pipeline_def` folder and push it; the commit."""
        return self.application.repository.push(source, message)

    def builds(self, commit: str) -> list[Run]:
        """The builds of a commit."""
        return self.runs("build", lambda given: given["commit_id"] == commit)

    def build(self, commit: str) -> Run:
        """The build of a commit, ended."""
        return self.ended(wait_until(lambda: self.builds(commit), WAIT, 0.1)[0])

    def pipeline(self, commit: str) -> dict[str, Any]:
        """The pipeline execution of a commit, ended."""
        arn = self.build(commit).output["pipeline_execution_arn"]

        def probe() -> dict[str, Any] | None:
            found = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            moving = found["PipelineExecutionStatus"] in ("Executing", "Stopping")
            return None if moving else dict(found)

        return wait_until(probe, WAIT, 0.1)

    def steps(self, execution: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The steps of a pipeline execution by name."""
        pages = self.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=execution["PipelineExecutionArn"]
        )
        return {step["StepName"]: step for page in pages for step in page["PipelineExecutionSteps"]}

    def versions(self) -> list[str]:
        """The ARNs of all registered versions, newest first."""
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.outputs["ModelPackageGroupName"],
            SortBy="CreationTime",
            SortOrder="Descending",
        )
        return [one["ModelPackageArn"] for page in pages for one in page["ModelPackageSummaryList"]]

    def version(self, commit: str) -> dict[str, Any] | None:
        """What the registry says of the version that was made from a commit."""
        for arn in self.versions():
            found = self.sagemaker.describe_model_package(ModelPackageName=arn)
            if found["CustomerMetadataProperties"].get("commit") == commit:
                return dict(found)
        return None

    def registered(self, commit: str) -> str:
        """The ARN of the version that a commit became; people have been asked to review it."""
        assert self.build(commit).status == "SUCCEEDED"
        execution = self.pipeline(commit)
        assert execution["PipelineExecutionStatus"] == "Succeeded", execution
        found = self.version(commit)
        assert found is not None
        self.asked(review_id(found["ModelPackageArn"]))
        return str(found["ModelPackageArn"])

    def status(self, arn: str) -> str:
        """The approval status of a version."""
        found = self.sagemaker.describe_model_package(ModelPackageName=arn)
        return str(found["ModelApprovalStatus"])

    # -- people -----------------------------------------------------------------------------------

    def mails(self, words: str) -> list[dict[str, Any]]:
        """The mails that have `words` in subject or text, oldest first."""
        found = inbox(self.cloud)
        return [mail for mail in reversed(found) if words in f"{mail['subject']}\n{mail['text']}"]

    def asked(self, approval_id: str) -> list[str]:
        """Wait until both approvers were asked; their links."""
        mails = wait_until(lambda: self._of(approval_id), WAIT, 0.1)
        links = [link_in(mail["text"]) for mail in mails]
        return [link for link in links if link]

    def _of(self, approval_id: str) -> list[dict[str, Any]] | None:
        mails = self.mails(f"/approvals/{approval_id}?")
        return mails if len(mails) >= 2 else None

    def decide(self, approval_id: str, verdict: str, reason: str = "Looked at") -> Page:
        """Open the first approver's link and press a button."""
        page = open_page(self.asked(approval_id)[0])
        return press(page, "decision", verdict, {"reason": reason})

    # -- releases ---------------------------------------------------------------------------------

    def releases(self, arn: str) -> list[Run]:
        """The releases of a version."""
        return self.runs("release", lambda given: given["model_package_arn"] == arn)

    def release(self, arn: str) -> Run:
        """The release of a version, once it has begun."""
        return wait_until(lambda: self.releases(arn), WAIT, 0.1)[0]

    def deployments(self, release: Run) -> dict[str, Run]:
        """The deployments of a release by stage."""
        found = self.runs("deploy", lambda given: given["release_id"] == release.name)
        return {run.input["stage"]: run for run in found}


def review_id(arn: str) -> str:
    """The approval that decides whether a version may be released."""
    return approvals.review_id(arn)


def promotion_id(release: Run) -> str:
    """The approval that decides whether a release goes to production."""
    return approvals.promotion_id(release.name)


def number(arn: str) -> int:
    """The version's number."""
    return naming.version_of(arn)
