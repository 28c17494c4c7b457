"""The desk's pages for agents: queue, tickets, search, ledger, quarantine.

They show; what an agent does from here goes by mail, so every action is a `mailto:`.
The only POSTs ask for a login link, use it up and end sessions.
"""

from collections import Counter

from flask import (
    Blueprint,
    Response,
    abort,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from mailroom.desk.ledger import described, described_inbound
from mailroom.desk.pages import login
from mailroom.desk.pages.login import SESSION_LIFE, Visitor, digest
from mailroom.desk.pages.ticket_file import TicketFile, open_file
from mailroom.errors import StoreError
from mailroom.message.parse import parse
from mailroom.store.contract import Hit
from mailroom.ticket.model import Comment, CommentId, InboundId, TicketId
from mailroom.ticket.token import is_signed, sign
from web import charts, guard, queue
from web.conversation import conversation
from web.place import desk, mail_soon, plain
from web.sanitize import clean
from web.views import raw_of, send_attachment

agents = Blueprint("agents", __name__, url_prefix="/desk")
COOKIE = "mailroom_session"
OPEN_ENDPOINTS = {"agents.queue_page", "agents.ask", "agents.confirm", "agents.enter"}
PER_PAGE = 50
MOST_EVENTS = 15  # beside the ticket; the log shows all
MOST_LANES = 4
LOG_PAGE = 100


@agents.before_request
def only_for_agents() -> AnyResponse | None:
    """Let nobody in but agents with a session; everybody else sees the form."""
    office = desk().office
    g.now = office.now()
    g.session = request.cookies.get(COOKIE, "")
    g.visitor = login.visitor(office, g.session)
    if g.visitor is None and request.endpoint not in OPEN_ENDPOINTS:
        return make_response(render_template("desk_login.html"), 401)
    if g.visitor is not None:
        g.form_key = sign("form", digest(g.session), office.keys.current)
    return None


@agents.get("/")
def queue_page() -> str:
    """Show the queue by next deadline; the form to those who are not logged in."""
    if g.visitor is None:
        return render_template("desk_login.html")
    asked = queue.asked(request.args, me().person)
    found = queue.read(desk().office, asked, PER_PAGE)
    return render_template("desk_queue.html", asked=asked, queue=found)


@agents.post("/")
def ask() -> str:
    """Mail a login link; answer and time are the same for every address."""
    address = request.form.get("address", "").strip()[:320]
    if "@" in address:
        mail_soon(desk().visit.ask_to_log_in, address, request.remote_addr or "")
    return render_template("desk_asked.html")


@agents.get("/login/<secret>")
def confirm(secret: str) -> tuple[str, int]:
    """Ask for the click that uses the link up; scanners that follow links do not."""
    good = login.is_open(desk().office, secret)
    page = render_template("desk_confirm.html", secret=secret, good=good)
    return page, 200 if good else 404


@agents.post("/login/<secret>")
def enter(secret: str) -> AnyResponse:
    """Use the link up and begin a session."""
    session = login.log_in(desk().office, secret)
    if session is None:
        page = render_template("desk_confirm.html", secret=secret, good=False)
        return make_response(page, 404)
    answer = redirect(url_for("agents.queue_page"), 303)
    answer.set_cookie(
        COOKIE,
        session,
        max_age=SESSION_LIFE,
        path="/desk",
        secure=desk().config.web.url.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )
    return answer


@agents.post("/logout")
def leave() -> AnyResponse:
    """End this session, or all sessions of its agent."""
    keys = desk().office.keys.accepted(g.now)
    if not is_signed("form", digest(g.session), request.form.get("key", ""), keys):
        abort(403)
    everywhere = request.form.get("everywhere") == "yes"
    login.log_out(desk().office, g.session, everywhere=everywhere)
    answer = redirect(url_for("agents.queue_page"), 303)
    answer.delete_cookie(COOKIE, path="/desk")
    return answer


@agents.get("/search")
def search() -> AnyResponse | str:
    """Find tickets by number, by address, or by the words of their messages."""
    text = request.args.get("q", "").strip()[:200]
    number = text.strip("[]#")
    if number.isascii() and number.isdigit() and len(number) < 16:
        id = TicketId(int(number))
        if desk().store.ticket(id) is not None:
            return redirect(url_for("agents.ticket", id=id))
    before = request.args.get("before", type=int)
    start = CommentId(before) if before is not None else None
    hits = desk().store.search(text, PER_PAGE, start) if text else []
    tickets = {id: desk().store.ticket(id) for id in {hit.ticket for hit in hits}}
    latest: dict[TicketId, Hit] = {}
    for hit in hits:
        latest.setdefault(hit.ticket, hit)
    return render_template(
        "desk_search.html",
        text=text,
        hits=latest.values(),
        counts=Counter(hit.ticket for hit in hits),
        tickets=tickets,
        theirs=queue.of_address(desk().office, text, PER_PAGE),
        more=hits[-1].comment if len(hits) == PER_PAGE else None,
    )


@agents.get("/t/<int:id>")
def ticket(id: int) -> str:
    """Show all of one ticket."""
    file = _file(id)
    before = request.args.get("before", type=int)
    start = CommentId(before) if before is not None else None
    messages, older = conversation(file.comments, raw_of, start)
    current = [clock for clock in file.clocks if clock.current]
    return render_template(
        "desk_ticket.html",
        file=file,
        messages=messages,
        lanes=[charts.lane(clock, file.now) for clock in current[:MOST_LANES]],
        older=older,
        before=start,
        events_shown=file.events[-MOST_EVENTS:],
    )


@agents.get("/t/<int:id>/log")
def log(id: int) -> str:
    """Show all events of a ticket, and all who received a letter, newest first."""
    file, page = _file(id), max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * LOG_PAGE
    longest = max(len(file.events), len(file.receipts))
    return render_template(
        "desk_log.html",
        file=file,
        events_shown=file.events[::-1][first : first + LOG_PAGE],
        receipts=file.receipts[::-1][first : first + LOG_PAGE],
        page=page,
        more=longest > first + LOG_PAGE,
    )


@agents.get("/t/<int:id>/m/<int:number>/<int:place>")
def attachment(id: int, number: int, place: int) -> AnyResponse:
    """Send an attachment as a download."""
    return send_attachment(_comment(id, number), place)


@agents.get("/t/<int:id>/m/<int:number>/formatted")
def formatted(id: int, number: int) -> Response:
    """Show a message with its own formatting, in a document that runs nothing."""
    comment = _comment(id, number)
    raw = raw_of(comment)
    html = parse(raw).html if raw is not None else None
    if html is None:
        abort(404)
    images = {
        a.content_id: url_for("agents.attachment", id=id, number=number, place=place)
        for place, a in enumerate(comment.attachments)
        if a.content_id
    }
    body = Markup(clean(plain(html), images))  # noqa: S704 - nh3 made it safe
    title = f"#{id}"
    made = Response(render_template("formatted.html", title=title, body=body))
    made.headers["Content-Security-Policy"] = guard.SEALED
    return made


@agents.get("/messages")
def messages() -> str:
    """Show the message ledger, one direction, newest first."""
    direction = "out" if request.args.get("direction") == "out" else "in"
    disposition = request.args.get("disposition") or None
    before = request.args.get("before", type=int)
    lines = desk().store.latest_messages(
        direction, PER_PAGE, disposition=disposition, before=before
    )
    return render_template(
        "desk_messages.html",
        lines=described(desk().store, lines),
        direction=direction,
        disposition=disposition,
        more=lines[-1].id if len(lines) == PER_PAGE else None,
    )


@agents.get("/quarantine")
def quarantine() -> str:
    """Show what could not be processed, and agents' mail that is held."""
    before = request.args.get("before", type=int)
    lines = desk().store.latest_messages(
        "in", PER_PAGE, disposition="QUARANTINED", before=before
    )
    more = lines[-1].id if len(lines) == PER_PAGE else None
    box = desk().office.book.mailboxes[0].address
    return render_template("desk_quarantine.html", lines=lines, more=more, box=box)


@agents.get("/messages/<int:id>")
def message(id: int) -> str:
    """Show how one inbound mail was understood, and what it says."""
    inbound = desk().store.inbound(InboundId(id))
    if inbound is None:
        abort(404)
    inbound = described_inbound(desk().store, inbound)
    raw = _raw(id)
    read = parse(raw) if raw is not None else None
    return render_template("desk_message.html", inbound=inbound, read=read)


@agents.get("/messages/<int:id>/raw")
def source(id: int) -> Response:
    """Send the bytes as received, as a download."""
    raw = _raw(id)
    if raw is None:
        abort(404)
    made = Response(raw, mimetype="application/octet-stream")
    made.headers["Content-Disposition"] = f"attachment; filename=message-{id}.eml"
    return made


def me() -> Visitor:
    """Return the agent who asks."""
    found: Visitor = g.visitor
    return found


def _file(id: int) -> TicketFile:
    found = open_file(desk().office, TicketId(id), me().person)
    if found is None:
        abort(404)
    return found


def _comment(id: int, number: int) -> Comment:
    comments = desk().store.comments(TicketId(id))
    found = [comment for comment in comments if comment.id == number]
    if not found:
        abort(404)
    return found[0]


def _raw(id: int) -> bytes | None:
    try:
        return desk().store.inbound_raw(InboundId(id))
    except StoreError:
        return None
