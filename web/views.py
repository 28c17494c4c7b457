"""What customers see: the page of a ticket, and the form that mails one's links."""

from collections.abc import Callable
from io import BytesIO

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from mailroom.desk.pages.status_page import StatusPage, open_page
from mailroom.errors import StoreError
from mailroom.message.parse import parse
from mailroom.ticket.model import Comment, CommentId
from web import charts, guard
from web.conversation import conversation, file_of, safe_type, shown
from web.formats import honest
from web.place import desk, mail_soon, plain
from web.sanitize import clean
from web.shape import page_json

public = Blueprint("public", __name__)
SCORES = range(1, 6)


def page_of(token: str) -> StatusPage:
    """Return what a link shows; 404 for any link that is not good."""
    page = open_page(desk().office, token)
    if page is None:
        abort(404)
    g.now = page.now
    return page


@public.get("/")
def ask() -> str:
    """Show the form that asks for an address."""
    return render_template("ask.html")


@public.post("/")
def send_links() -> str:
    """Mail somebody their links; answer and time are the same for every address."""
    address = request.form.get("address", "").strip()[:320]
    if "@" in address:
        mail_soon(desk().visit.ask_for_links, address, request.remote_addr or "")
    return render_template("asked.html")


@public.get("/t/<token>")
def ticket(token: str) -> str:
    """Show the state of a ticket, its promises and its conversation."""
    page = page_of(token)
    before = request.args.get("before", type=int)
    start = CommentId(before) if before is not None else None
    messages, older = conversation(page.comments, _raw_for(page), start)
    lanes = [charts.lane(clock, page.now) for clock in page.promised[:3]]
    return render_template(
        "ticket.html",
        page=page,
        token=token,
        messages=messages,
        older=older,
        before=start,
        lanes=lanes,
        scores=SCORES,
    )


@public.get("/t/<token>.json")
def ticket_json(token: str) -> Response:
    """Return the same as JSON."""
    return jsonify(page_json(page_of(token)))


@public.get("/t/<token>/m/<int:number>")
def message(token: str, number: int) -> str:
    """Show one message as a whole."""
    page = page_of(token)
    found = shown(_comment(page, number), _raw_for(page), whole=True)
    return render_template("message.html", page=page, token=token, message=found)


@public.get("/t/<token>/m/<int:number>/text")
def text(token: str, number: int) -> Response:
    """Send the whole text of a message, its history included, as a download."""
    page = page_of(token)
    comment = _comment(page, number)
    raw = _raw_for(page)(comment)
    whole = parse(raw).text if raw is not None else comment.text
    made = Response(plain(whole), mimetype="text/plain")
    name = f"message-{page.ticket.id}-{number}.txt"
    made.headers["Content-Disposition"] = f"attachment; filename={name}"
    return made


@public.get("/t/<token>/m/<int:number>/formatted")
def formatted(token: str, number: int) -> Response:
    """Show a message with its own formatting, in a document that runs nothing."""
    page = page_of(token)
    comment = _comment(page, number)
    raw = _raw_for(page)(comment)
    html = parse(raw).html if raw is not None else None
    if html is None:
        abort(404)
    images = {
        file.content_id: url_for("public.file", token=token, number=number, place=place)
        for place, file in enumerate(comment.attachments)
        if file.content_id
    }
    body = Markup(clean(plain(html), images))  # noqa: S704 - nh3 made it safe
    title = f"{page.number} {page.ticket.subject[:120]}"
    made = Response(render_template("formatted.html", title=title, body=body))
    made.headers["Content-Security-Policy"] = guard.SEALED
    return made


@public.get("/t/<token>/m/<int:number>/<int:place>")
def file(token: str, number: int, place: int) -> AnyResponse:
    """Send an attachment as a download, under a type that no browser runs."""
    page = page_of(token)
    return send_attachment(_comment(page, number), place)


@public.post("/t/<token>/rating")
def rate(token: str) -> AnyResponse:
    """Take an answer to "how did we do?"."""
    score = request.form.get("score", type=int)
    if score is None or score not in SCORES:
        abort(400)
    if not desk().visit.rate(token, score):
        abort(404)
    return redirect(url_for("public.ticket", token=token, _anchor="rating"), 303)


@public.get("/favicon.ico")
def icon() -> AnyResponse:
    """Send the icon to browsers that ask without having read a page."""
    return current_app.send_static_file("icon.svg")


@public.get("/healthz")
def healthz() -> Response:
    """Say that the pages are served and the database answers."""
    desk().store.recall("healthz")
    return Response("ok\n", mimetype="text/plain")


def send_attachment(comment: Comment, place: int) -> AnyResponse:
    """Return the answer with a comment's attachment; 404 where it is gone."""
    raw = raw_of(comment)
    found = file_of(raw, comment, place) if raw is not None else None
    if found is None:
        abort(404)
    made = send_file(
        BytesIO(found.content),
        mimetype=safe_type(found),
        as_attachment=True,
        download_name=honest(found.filename) or "attachment",
    )
    made.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return made


def raw_of(comment: Comment) -> bytes | None:
    """Return the mail of a comment; None where it is no longer kept."""
    if comment.inbound is None:
        return None
    try:
        return desk().store.inbound_raw(comment.inbound)
    except StoreError:
        return None


def _raw_for(page: StatusPage) -> Callable[[Comment], bytes | None]:
    return lambda comment: raw_of(comment) if page.may_unfold(comment) else None


def _comment(page: StatusPage, number: int) -> Comment:
    """Return one of the page's public messages; 404 for any other."""
    found = [c for c in page.comments if c.id == number]
    if not found:
        abort(404)
    return found[0]
