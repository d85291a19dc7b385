"""GitHub's webhook against the deployed stack: what starts a build, and what does not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import cloud as clouds
from localcloud.cloud import REPOSITORY
from localcloud.github.hosting import NO_COMMIT, Hosted, api_url, host, push_payload
from localcloud.modelrepo import ModelRepository
from tests.support.sam import shell
from tests.support.stacks import Stack, deploy_stack

NAME = "acme/churn"
MAIN = "refs/heads/main"


class GitHub:
    """A repository on GitHub whose webhook is set up as the stack's outputs say."""

    def __init__(self, stack: Stack, hosted: Hosted, folder: Path) -> None:
        self.stack = stack
        self.hosted = hosted
        self.secrets = stack.cloud.client("secretsmanager")
        self.arn = stack.outputs["GitHubSecretArn"]
        self.work = ModelRepository(folder / "work", hosted.remote)

    @property
    def secret(self) -> dict[str, str]:
        stored = self.secrets.get_secret_value(SecretId=self.arn)
        document: dict[str, str] = json.loads(stored["SecretString"])
        return document

    def set_token(self, token: str) -> None:
        document = json.dumps({**self.secret, "token": token})
        self.secrets.put_secret_value(SecretId=self.arn, SecretString=document)

    def commit(self, message: str) -> str:
        return self.work.push(REPOSITORY / "pipeline_def", message)

    def tell(self, payload: Any, **headers: str) -> int:
        """Deliver to the API's own door, as its address on AWS would."""
        webhook = f"{self.stack.cloud.api_url}/webhooks/github"
        secret = self.secret["webhook_secret"]
        return self.hosted.deliver(webhook, secret, payload, **headers)[0]

    def pushed(self, commit: str, ref: str = MAIN) -> dict[str, Any]:
        return push_payload(NAME, ref, NO_COMMIT, commit, "Cap the depth")


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    folder = tmp_path_factory.mktemp("github")
    with clouds.start(folder / "cloud") as cloud:
        parameters = {"GitHubRepository": NAME, "GitHubApiUrl": api_url(cloud)}
        stack = deploy_stack(cloud, folder, parameters)
        yield GitHub(stack, host(cloud, NAME), folder)


def test_a_signed_push_is_built_once_however_often_it_is_delivered(github: GitHub) -> None:
    commit = github.commit("Cap the depth")
    payload = github.pushed(commit)
    for delivery in ("one", "one", "two"):
        assert github.tell(payload, x_github_delivery=delivery) == 202
    done = github.stack.built(commit)
    assert done["status"] == "SUCCEEDED", done
    assert github.tell(payload, x_github_delivery="one") == 202

    # A later push has been built: so would have been a second run of the first, which came before.
    second = github.commit("Again")
    assert github.tell(github.pushed(second)) == 202
    assert github.stack.built(second)["status"] == "SUCCEEDED"
    assert len(github.stack.builds(commit)) == 1
    assert github.stack.commits_run() == [commit, second]
    described = github.stack.parameters(github.stack.runs()[0]["PipelineExecutionArn"])
    assert described["Repository"] == NAME
    key = f"definitions/{commit}/commit.json"
    bucket = github.stack.outputs["ArtifactBucketName"]
    stored = github.stack.cloud.client("s3").get_object(Bucket=bucket, Key=key)
    facts = json.loads(stored["Body"].read())
    assert facts["url"] == f"https://github.com/{NAME}/commit/{commit}"
    assert "pipeline_def/churn/pipeline.json" in facts["files"]
    github.stack.stop_runs()


def test_what_is_no_push_to_the_watched_branch_is_answered_and_starts_nothing(
    github: GitHub,
) -> None:
    commit = github.commit("Not told of")
    before = len(github.stack.builds())
    assert github.tell({"zen": "Keep it logically awesome."}, x_github_event="ping") == 200
    assert github.tell(github.pushed(commit, "refs/heads/topic")) == 202
    assert github.tell(github.pushed(commit, "refs/tags/v1")) == 202
    assert github.tell(github.pushed(NO_COMMIT)) == 202
    assert github.tell({**github.pushed(commit), "after": 7}) == 400
    assert github.tell(b"{") == 400
    assert github.tell(github.pushed(commit), content_type="application/xml") == 415
    assert github.tell(github.pushed(commit), x_hub_signature_256="sha256=0") == 401
    for size in (1 << 20, 30 << 20):
        big = json.dumps({**github.pushed(commit), "x": "x" * size}).encode()
        assert github.tell(big) == 413
    assert len(github.stack.builds()) == before


def commands(holding: str) -> str:
    """The block of commands of the page that holds a text."""
    page = (REPOSITORY / "docs" / "github.md").read_text()
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return next(block for block in blocks if holding in block)


def test_the_page_s_commands_print_what_github_wants_and_take_the_token(github: GitHub) -> None:
    stack, cloud = github.stack.outputs["PipelineName"], github.stack.cloud
    printed = commands("get-secret-value")

    address, _, secret = shell(cloud, printed, STACK=stack).partition("\n")
    assert address == github.stack.outputs["GitHubWebhookUrl"]
    kept = json.loads(secret)["webhook_secret"]
    told = github.hosted.deliver(
        f"{cloud.api_url}/webhooks/github", kept, {"zen": "Non-blocking."}, x_github_event="ping"
    )
    assert told[0] == 200

    function = printed[: printed.index("of GitHubWebhookUrl")]
    given = {"STACK": stack, "WEBHOOK_SECRET": kept, "TOKEN": "github_pat_1"}
    shell(cloud, function + commands("put-secret-value"), **given)
    assert github.secret == {"webhook_secret": kept, "token": "github_pat_1"}
    github.set_token("")


def test_a_private_repository_needs_the_token_and_the_mail_says_so(github: GitHub) -> None:
    (github.stack.cloud.home / "github" / "token").write_text("ghp_right")
    refused = github.commit("Without a token")
    assert github.tell(github.pushed(refused)) == 202
    done = github.stack.built(refused)
    assert (done["status"], done["error"]) == ("FAILED", "SourceUnavailableError")
    (mail,) = {m["text"] for m in github.stack.mails(refused[:8])}
    assert "GitHubSecret" in mail
    assert github.secret["webhook_secret"] not in mail

    github.set_token("ghp_right")
    built = github.commit("With the token")
    assert github.tell(github.pushed(built)) == 202
    assert github.stack.built(built)["status"] == "SUCCEEDED"
    github.stack.stop_runs()
