"""Every page in every state, by name: what the preview draws and the page tests look through.

`PAGES` are those of the API; the mails are beside them in `GALLERY`. Run as a module it writes them
all to the folder that is named.
"""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from domain.approval import Kind, Verdict
from domain.deciding import decide, void
from domain.evidence import Evidence
from domain.pages import messages
from domain.pages.approval import render_approval
from domain.pages.releases import render_releases
from domain.pages.view import Search
from domain.people import Person
from tests.support.sample_mails import MAILS
from tests.support.sample_pages import (
    ADA,
    NOW,
    REPORT,
    STAGING,
    approval,
    evidence,
    promotion_view,
    review_view,
)
from tests.support.sample_releases import VERSIONS, releases_view

FAILED = {
    **STAGING,
    "passed": False,
    "checks": [
        *STAGING["checks"][:3],
        {
            "name": "parity",
            "passed": False,
            "detail": "AUC 0.8120 on the endpoint, 0.9213 registered.",
            "request": "OH,107,415,371-7191,no,yes,26,161.6,123,27.47,195.5,103,16.62,254.4",
            "response": "0.913 (registered 0.022)",
        },
        *STAGING["checks"][4:],
    ],
}
WORSE = {
    **REPORT,
    "champion": {
        **REPORT["champion"],
        "differences": {"auc": {"value": -0.012, "low": -0.020, "high": -0.004}},
    },
}


def _decided() -> str:
    done = decide(
        approval(Kind.PROMOTION), Person(ADA), Verdict.APPROVE, "Beats 6 where it matters.", NOW
    )
    return render_approval(promotion_view(approval=done))


def _void() -> str:
    gone = void(approval(Kind.PROMOTION), "version 8 superseded it", NOW)
    return render_approval(promotion_view(approval=gone))


def _counted() -> str:
    done = decide(approval(Kind.PROMOTION), Person(ADA), Verdict.APPROVE, "", NOW)
    return messages.render_decided(promotion_view(approval=done))


def _opened(page: str) -> str:
    return page.replace("<details>", "<details open>")


GALLERY: dict[str, Callable[[], str]] = {
    "review": lambda: render_approval(review_view()),
    "promotion": lambda: render_approval(promotion_view()),
    "shared": lambda: render_approval(
        review_view(
            person=Person("*"),
            approval=approval(Kind.REVIEW, yeses=2),
            problem="A no needs a reason. Nothing was decided yet.",
            typed={"name": "Ada Lovelace", "reason": ""},
        )
    ),
    "committer": lambda: render_approval(
        promotion_view(
            person=Person("bob@example.com"), approval=approval(Kind.PROMOTION, four_eyes=True)
        )
    ),
    "failed": lambda: render_approval(promotion_view(evidence=evidence(staging=FAILED))),
    "worse": lambda: render_approval(review_view(evidence=evidence(report=WORSE, staging=None))),
    "bare": lambda: render_approval(
        review_view(
            evidence=Evidence(),
            commit=None, lineage=(), cost=None, history=(),
        )
    ),
    "decided": _decided,
    "void": _void,
    "expired": lambda: render_approval(review_view(now=NOW + timedelta(days=3))),
    "releases": lambda: render_releases(releases_view()),
    "releases-open": lambda: _opened(render_releases(releases_view())),
    "releases-found": lambda: render_releases(
        releases_view(
            search=Search("made_of", {"p": "a", "s": "x"}, "9f3e9f3e", 1), versions=VERSIONS[1:2]
        )
    ),
    "releases-empty": lambda: render_releases(
        releases_view(stages=(), flights=(), versions=(), rollback=None, person=None)
    ),
    "counted": _counted,
    "forged": messages.render_forged,
    "link-expired": messages.render_link_expired,
    "unknown": messages.render_unknown,
    "not-allowed": lambda: messages.render_not_allowed("eve@example.com may not decide this."),
    "unreadable": lambda: messages.render_unreadable("It has no decision."),
}  # fmt: skip
PAGES = tuple(GALLERY)
GALLERY |= {f"mail-{name}": lambda made=made: made().html for name, made in MAILS.items()}


def write(folder: Path) -> None:
    """Write every page and mail into `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, render in GALLERY.items():
        (folder / f"{name}.html").write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
