"""What customers see: the page of a ticket, and the form that mails one's links."""

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    render_template,
    request,
)

from mailroom.app import App
from mailroom.desk.status_page import StatusPage, open_page
from web.shape import page_json

public = Blueprint("public", __name__)


def desk() -> App:
    """Return the desk that this site belongs to."""
    found: App = current_app.extensions["mailroom"]
    return found


def page_of(token: str) -> StatusPage:
    """Return what a link shows; 404 for any link that is not good."""
    page = open_page(desk().office, token)
    if page is None:
        abort(404)
    return page


@public.get("/")
def ask() -> str:
    """Show the form that asks for an address."""
    return render_template("ask.html")


@public.post("/")
def send_links() -> str:
    """Mail somebody their links; the answer is the same for every address."""
    address = request.form.get("address", "").strip()[:320]
    if "@" in address:
        desk().visit.ask_for_links(address, request.remote_addr or "")
    return render_template("asked.html", address=address)


@public.get("/t/<token>")
def ticket(token: str) -> str:
    """Show the state of a ticket, its promises and its conversation."""
    return render_template("ticket.html", page=page_of(token), token=token)


@public.get("/t/<token>.json")
def ticket_json(token: str) -> Response:
    """Return the same as JSON."""
    return jsonify(page_json(page_of(token)))


@public.get("/healthz")
def healthz() -> Response:
    """Say that the pages are served and the database answers."""
    desk().store.recall("healthz")
    return Response("ok\n", mimetype="text/plain")
