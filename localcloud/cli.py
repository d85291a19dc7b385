"""What `make up`, `make push`, `make predict`, `make status`, `make down` and `make demo` run."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path

from botocore.exceptions import ClientError

from localcloud import cloud as clouds
from localcloud.application import (
    Application,
    DataError,
    bring_up,
    checked_table,
    customers,
    deployed,
    predict,
)
from localcloud.cloud import REPOSITORY, CloudError, RunningCloud
from localcloud.deploy import DeployError
from localcloud.modelrepo import PushError
from localcloud.report import described

STATE = Path(os.environ.get("SLIPWAY_STATE", REPOSITORY / ".slipway"))
HOME = STATE / "cloud" / "up"
MODELS = STATE / "model-repo"
ENV_FILE = STATE / "env"


class UsageError(Exception):
    """A person asked for something that cannot be done now; one line that says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns 0, or 1 after one line on standard error that says what failed."""
    options = _options(arguments)
    try:
        return int(options.run(options) or 0)
    except (CloudError, DataError, DeployError, PushError, UsageError) as error:
        print(f"slipway: {error}", file=sys.stderr)
    except ClientError as error:
        print(f"slipway: AWS says: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("slipway: stopped", file=sys.stderr)
        return 130
    return 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="slipway", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    up = commands.add_parser("up", help="start a local cloud with Slipway in it")
    up.add_argument(
        "--port", type=int, default=0, help="port of AWS's services; 0 takes a free one"
    )
    up.add_argument("--api-port", type=int, default=0, help="port of Slipway's pages")
    up.add_argument("--data", type=Path, help="the table to train on")
    up.set_defaults(run=_up)
    down = commands.add_parser("down", help="stop it")
    down.add_argument("--quiet", action="store_true")
    down.set_defaults(run=_down)
    commands.add_parser("status", help="say what runs").set_defaults(run=_status)
    push = commands.add_parser("push", help="commit pipeline_def/ and push it")
    push.add_argument("--message", default="Train again")
    push.set_defaults(run=_push)
    commands.add_parser("predict", help="ask production").set_defaults(run=_predict)
    demo = commands.add_parser("demo", help="the whole loop, from a commit to production")
    demo.add_argument("--data", type=Path, help="the table to train on")
    demo.set_defaults(run=_demo)
    return parser.parse_args(arguments)


def _up(options: argparse.Namespace) -> int:
    running = clouds.attach(HOME)
    if running is not None:
        print("Slipway's local cloud is already running.\n")
        _show(deployed(running, MODELS))
        return 0
    table = checked_table(options.data) if options.data else None
    shutil.rmtree(HOME, ignore_errors=True)
    shutil.rmtree(MODELS, ignore_errors=True)
    print("Starting the local cloud ...", flush=True)
    running = clouds.start(HOME, port=options.port, api_port=options.api_port, leash=False)
    try:
        print("Deploying template.yaml ...", flush=True)
        application = bring_up(running, table, MODELS)
    except BaseException:
        running.stop()
        raise
    _write_env(application)
    print()
    _show(application)
    return 0


def _down(options: argparse.Namespace) -> int:
    running = clouds.attach(HOME)
    if running is not None:
        running.stop()
    ENV_FILE.unlink(missing_ok=True) if ENV_FILE.is_file() else None
    if not options.quiet:
        print("Stopped." if running is not None else "Nothing was running.")
    return 0


def _status(_options: argparse.Namespace) -> int:
    _show(deployed(_running(), MODELS))
    return 0


def _push(options: argparse.Namespace) -> int:
    application = deployed(_running(), MODELS)
    commit = application.push(options.message)
    print(f"Pushed {commit[:8]} to {application.repository.remote}")
    print(f"Releases: {application.release_page}")
    print(f"Mails:    {application.cloud.inbox_url}")
    return 0


def _predict(_options: argparse.Namespace) -> int:
    application = deployed(_running(), MODELS)
    rows = customers(application)
    try:
        scores = predict(application, rows)
    except ClientError as error:
        if "not found" in str(error) or "Could not find" in str(error):
            raise UsageError(
                "production runs no model yet: make push, then approve what the mails ask"
            ) from None
        raise
    for row, score in zip(rows, scores, strict=True):
        print(f"{score:8.3f}  {described(row)}")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from localcloud.demo import run

    return run(checked_table(options.data) if options.data else None)


def _running() -> RunningCloud:
    running = clouds.attach(HOME)
    if running is None:
        raise UsageError("no local cloud is running: make up")
    return running


def _write_env(application: Application) -> None:
    cloud = application.cloud
    variables = {
        **{key: cloud.env[key] for key in _EXPORTED},
        "SLIPWAY_URL": application.outputs["ApiUrl"],
        "SLIPWAY_RELEASES_URL": application.release_page,
        "SLIPWAY_INBOX_URL": cloud.inbox_url,
        "SLIPWAY_GIT_REMOTE": application.repository.remote,
    }
    lines = [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
    ENV_FILE.write_text("\n".join(["# . .slipway/env", *lines]) + "\n")


_EXPORTED = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
)


def _show(application: Application) -> None:
    cloud = application.cloud
    print(f"Releases     {application.release_page}")
    print(f"Mails        {cloud.inbox_url}")
    print(f"Git remote   {application.repository.remote}")
    print(f"AWS          {cloud.endpoint_url}   (. .slipway/env for aws, boto3 and sam)")
    print()
    print("make push      commits pipeline_def/ and pushes it: a training run starts")
    print("make predict   asks production about five customers")
    print("make down      stops it")


if __name__ == "__main__":
    sys.exit(main())
