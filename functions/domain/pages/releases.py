"""The release page: what runs where, what is under way and waits for whom, why for each version.

Everything on it comes from the ledger and the registry; the page decides nothing but what to show
first. Its forms find the versions that were made of a commit or of data, and bring the last known
good version back.
"""

from urllib.parse import urlencode

from domain.figures import duration, label, moment, show
from domain.pages.background import timeline
from domain.pages.dag import dag_chart
from domain.pages.layout import document, main_area, missing, note, pill, section
from domain.pages.markup import Child, Safe, join, link, tag
from domain.pages.view import Flight, ReleasesView, Rollback, Search, StageNow, VersionRow

_REASON_MOST = 1000
_TONES = {"Approved": "good", "Rejected": "bad", "PendingManualApproval": "wait"}
_WORDS = {"PendingManualApproval": "Waits for review"}
_FIRST = ("auc", "f1", "rmse", "mae")


def render_releases(view: ReleasesView) -> str:
    """The whole page; versions and flights are shown in the order given, newest first."""
    who = view.person.label if view.person and view.person.label else ""
    aside = tag("p", f"Seen by {who}" if who else moment(view.now))
    main = main_area(
        tag("h1", "Releases"),
        note(view.problem, "bad", role="alert") if view.problem else None,
        _now(view),
        _under_way(view),
        _versions(view),
        _rollback(view.rollback) if view.rollback else None,
    )
    return document("Releases", main, project=view.project, aside=aside)


def _now(view: ReleasesView) -> Safe:
    cards = [_stage(stage, view) for stage in view.stages]
    body = tag("div", *cards, class_="stages") if cards else missing("No stage is known yet.")
    return section("Running now", body, name="now")


def _stage(stage: StageNow, view: ReleasesView) -> Safe:
    since = f"since {moment(stage.since)}" if stage.since else ""
    version = f"Version {stage.version}" if stage.version is not None else "Nothing"
    below = " · ".join(part for part in (stage.capacity, since) if part)
    return tag(
        "div",
        tag("h3", stage.name),
        tag("p", version, class_="big"),
        tag("p", tag("code", stage.endpoint), class_="small"),
        tag("p", below, class_="soft small") if below else None,
        tag("p", stage.note, class_="soft small") if stage.note else None,
        class_="stage" if stage.version is not None else "stage idle",
    )


def _under_way(view: ReleasesView) -> Safe:
    if not view.flights:
        words = "No release is under way. The next approval in the registry starts one."
        return section("Under way", tag("p", words, class_="soft"), name="flights")
    items = [_flight(flight, view) for flight in view.flights]
    return section("Under way", tag("ul", *items, class_="checks"), name="flights")


def _flight(flight: Flight, view: ReleasesView) -> Safe:
    waiting: list[Child] = []
    if flight.waits_for:
        whom = f" by {', '.join(flight.waits_for_whom)}" if flight.waits_for_whom else ""
        left = ""
        if flight.until:
            left = f", for another {duration(max(0.0, (flight.until - view.now).total_seconds()))}"
        waiting.append(tag("p", f"Waits for {flight.waits_for}{whom}{left}."))
    age = duration(max(0.0, (view.now - flight.since).total_seconds()))
    if flight.approval_url:
        waiting.append(tag("p", link("See the evidence and decide", flight.approval_url)))
    head = tag(
        "div",
        tag("strong", f"Version {flight.version}"),
        pill(flight.state, "wait" if flight.waits_for else ""),
    )
    return tag("li", head, *waiting, tag("p", f"In this state for {age}.", class_="soft small"))


def _versions(view: ReleasesView) -> Safe:
    search = view.search
    if not view.versions and not (search and search.wanted):
        words = "No version is registered yet. A push to the watched branch trains the first one."
        return section("Versions", tag("p", words, class_="soft"), name="versions")
    items = [_version(row, search) for row in view.versions]
    listed = tag("div", *items, class_="versions") if items else None
    find = _find(search) if search else None
    first, last = (find, listed) if search and search.wanted else (listed, find)
    return section("Versions", first, last, name="versions")


def _version(row: VersionRow, search: Search | None) -> Safe:
    pills = [pill(stage, "good") for stage in row.stages]
    pills.append(pill(_WORDS.get(row.status, row.status), _TONES.get(row.status, "")))
    figures = row.figures or {}
    shown = [f"{label(name)} {show(figures[name])}" for name in _FIRST if name in figures]
    about: list[Child] = [*shown, _commit_words(row, search)]
    about += [join("data ", _origin(row.data, search))] if row.data else []
    words = [(part, " · ") for part in about]
    head = tag(
        "div",
        tag("h3", f"Version {row.version}"),
        tag("span", *pills, class_="meta"),
        class_="head",
    )
    more = None
    if row.timeline or row.steps:
        picture = dag_chart(f"dag-{row.version}", row.steps) if row.steps else None
        times = tag("figure", tag("h4", "Pipeline"), picture) if picture else None
        lines = tag("div", tag("h4", "From commit to now"), timeline(row.timeline))
        inside = tag("div", lines if row.timeline else None, times, class_="story")
        more = tag("details", tag("summary", f"The story of version {row.version}"), inside)
    why = tag("p", row.why) if row.why else None
    facts = tag("p", *words, moment(row.registered_at), class_="soft small num")
    return tag("article", head, facts, why, more)


def _commit_words(row: VersionRow, search: Search | None) -> Child:
    if row.commit is None:
        return "registered by hand"
    first = row.commit.message.strip().partition("\n")[0]
    return join(_origin(row.commit.id, search), f" {first}".rstrip())


def _origin(name: str, search: Search | None) -> Child:
    """A commit or a data digest, short; its link leads to all versions that were made of it."""
    return link(name[:8], _address(search, name), title=name) if search else name[:8]


def _address(search: Search, wanted: str) -> str:
    return "/?" + urlencode({**search.query, **({search.parameter: wanted} if wanted else {})})


def _find(search: Search) -> Safe:
    """The way back: whoever has a commit or a digest finds the versions that were made of it."""
    hidden = [tag("input", type="hidden", name=n, value=v) for n, v in search.query.items()]
    box = tag("input", id="made-of", name=search.parameter, value=search.wanted, maxlength=128)
    asked = tag("label", "Made of commit, or data digest", for_="made-of")
    press = tag("button", "Find", type="submit", class_="quiet")
    fields = join(hidden, tag("div", asked, box), press)
    # Below all versions, or above those that were found.
    place = "stack" if search.wanted else "stack find"
    form = tag("form", fields, method="get", action="/", class_=place, autocomplete="off")
    if not search.wanted:
        return form
    many = "1 version was" if search.found == 1 else f"{search.found or 'No'} versions were"
    words = f"{many} made of {search.wanted}."
    return join(form, tag("p", words, " ", link("Show all versions", _address(search, ""))))


def _rollback(form: Rollback) -> Safe:
    words = (
        f"Production goes back from version {form.from_version} to version {form.to_version} "
        "within one update, through the same guardrails. No model is built."
    )
    reason = tag(
        "textarea", id="reason", name="reason", required=True, maxlength=_REASON_MOST, rows=2
    )
    label_ = tag("label", "Reason", for_="reason")
    target = tag("input", type="hidden", name="version", value=form.to_version)
    press = tag("button", f"Roll back to version {form.to_version}", type="submit", class_="no")
    fields = join(tag("div", label_, reason), target, press)
    body = tag(
        "form", fields, method="post", action=form.action, class_="stack", autocomplete="off"
    )
    return section("Roll back", tag("p", words), body, name="rollback")
