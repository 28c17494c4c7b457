"""The desk's reports: figures of a period with charts, and what each number counts.

They are those of `mailroom report`. What takes long to count is counted beside the page
(`web.counts`), which says so and looks again.
"""

from collections.abc import Callable
from typing import TypeVar

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    make_response,
    render_template,
    request,
)
from werkzeug.wrappers import Response as AnyResponse

from mailroom.app import App
from mailroom.report.figures import Figures, figures
from web import report_view
from web.agents import only_for_agents
from web.counts import Counts
from web.place import desk
from web.report_list import PER_PAGE, Listing, listing
from web.report_query import Asked, asked
from web.report_sheets import SHEETS

reports = Blueprint("reports", __name__, url_prefix="/desk/reports")
reports.before_request(only_for_agents)
SECONDS_BETWEEN_LOOKS = 1
_Count = TypeVar("_Count")


@reports.get("/")
def page() -> AnyResponse:
    """Show the figures of a period."""
    what = asked(request.args, g.now)
    found = _counted(what, _figures)
    if found is None:
        return _still_counting(what)
    view = report_view.view(what, found)
    return make_response(render_template("desk_reports.html", asked=what, view=view))


@reports.get("/list")
def entries() -> AnyResponse:
    """Show what a number of the figures counts, one by one."""
    what = asked(request.args, g.now)
    found = _counted(what, _listing)
    if found is None:
        return _still_counting(what)
    return make_response(
        render_template(
            "desk_report_list.html",
            asked=what,
            listing=found,
            more=found.count > what.page * PER_PAGE,
        )
    )


@reports.get("/<name>.csv")
def sheet(name: str) -> AnyResponse:
    """Send one table of the figures as CSV."""
    if name not in SHEETS:
        abort(404)
    what = asked(request.args, g.now)
    found = _counted(what, _figures)
    if found is None:
        return _still_counting(what)
    made = Response(SHEETS[name](found), mimetype="text/csv")
    file = f"{name}-{what.start}-{what.weeks}-weeks.csv"
    made.headers["Content-Disposition"] = f"attachment; filename={file}"
    return made


def _counted(what: Asked, count: Callable[[App, Asked], _Count]) -> _Count | None:
    """Return what was counted; None while it is being counted."""
    counts: Counts = current_app.extensions["counts"]
    app = desk()
    return counts.ask((count, what), g.now, lambda: count(app, what))


def _figures(app: App, what: Asked) -> Figures:
    return figures(
        app.store,
        _organization_of(app),
        what.period,
        app.office.now(),
        by=what.by,
        metric=what.metric,
    )


def _listing(app: App, what: Asked) -> Listing:
    return listing(app, what, app.office.now(), _organization_of(app))


def _organization_of(app: App) -> Callable[[str], str | None]:
    rules = app.office.rules.edition.ruleset

    def organization_of(address: str) -> str | None:
        company = rules.organization_of(address)
        return company.key if company is not None else None

    return organization_of


def _still_counting(what: Asked) -> AnyResponse:
    answer = make_response(render_template("desk_counting.html", asked=what), 202)
    answer.headers["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
    return answer
