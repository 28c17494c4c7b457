"""The site, built for one desk: routes, templates, headers, errors."""

import logging
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, render_template
from werkzeug.exceptions import HTTPException

from mailroom.app import App
from mailroom.errors import StoreError
from mailroom.gateway.limits import Networks
from web import (
    acts,
    events,
    formats,
    guard,
    report_view,
    report_words,
    texts,
    words,
)
from web.agents import agents
from web.counts import Counts
from web.errands import Errands
from web.metrics import metrics
from web.place import plain
from web.proxy import BehindProxies
from web.reports import reports
from web.views import public

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"


def create_app(app: App) -> Flask:
    """Build the site of a desk."""
    site = Flask("web", root_path=str(Path(__file__).parent))
    site.config.update(
        MAX_CONTENT_LENGTH=64_000,
        MAX_FORM_MEMORY_SIZE=16_000,
        MAX_FORM_PARTS=20,
        TRUSTED_HOSTS=guard.trusted_hosts(app.config),
        SEND_FILE_MAX_AGE_DEFAULT=guard.SECONDS_A_YEAR,
    )
    site.extensions["mailroom"] = app
    site.extensions["errands"] = Errands()
    site.extensions["counts"] = Counts()
    site.url_map.strict_slashes = False
    site.json.ensure_ascii = False  # type: ignore[attr-defined]
    site.json.sort_keys = False  # type: ignore[attr-defined]
    guard.install(site, app.config)
    _templates(site, app)
    site.register_blueprint(public)
    site.register_blueprint(agents)
    site.register_blueprint(metrics)
    site.register_blueprint(reports)
    site.register_error_handler(HTTPException, _explain)
    site.register_error_handler(StoreError, _unavailable)
    networks = Networks(map(str, app.config.web.proxies), key="[web] proxies")
    inner = site.wsgi_app
    site.wsgi_app = BehindProxies(inner, networks)  # type: ignore[assignment]
    return site


def _templates(site: Flask, app: App) -> None:
    env = site.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(  # type: ignore[attr-defined]
        texts.gettext, texts.ngettext, newstyle=True
    )
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        desk_name=app.config.name,
        asset=_asset,
        language=texts.language,
        words=words,
        formats=formats,
        acts=acts,
        events=events,
        report=report_view,
        report_words=report_words,
    )
    for name in ("paragraphs", "size", "span", "iso", "file_name"):
        env.filters[name] = getattr(formats, name)
    env.filters["plain"] = plain


@cache
def _asset(name: str) -> str:
    """Return a static file's address, which changes with its content."""
    version = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"


def _unavailable(error: StoreError) -> tuple[str, int, dict[str, str]]:
    log.error("%s", error)
    return render_template("error.html", code=503), 503, {"Retry-After": "5"}


def _explain(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    return render_template("error.html", code=code), code
