"""What every response says to the browser, and which requests are heard at all.

No inline script or style, nothing from other hosts, no frames, no referrer (a link is a
capability), nothing kept by caches or found by search engines.
"""

from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, request

from mailroom.config import Config

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
SEALED = "; ".join(  # for what strangers made; same origin only for its pictures
    [
        "sandbox allow-same-origin",
        "default-src 'none'",
        "script-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
SECONDS_A_YEAR = 31_536_000
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def trusted_hosts(config: Config) -> list[str]:
    """Return the hosts that requests may name: the pages' own and the loopback."""
    hosts = ["localhost", "127.0.0.1", "[::1]"]
    named = urlsplit(config.web.url).hostname
    if named:
        hosts.append(f"[{named}]" if ":" in named else named)
    place = config.web.listen
    if place is not None and place.host not in ("", "0.0.0.0", "::"):  # noqa: S104
        hosts.append(f"[{place.host}]" if ":" in place.host else place.host)
    return list(dict.fromkeys(hosts))


def install(site: Flask, config: Config) -> None:
    """Put the headers on every response of a site, and refuse other sites' forms."""
    under_tls = config.web.url.startswith("https:")
    ours = _origin(config.web.url)

    @site.before_request
    def refuse_forms_of_other_sites() -> None:
        if request.method == "POST" and not _is_our_form(request, ours):
            abort(403)

    @site.after_request
    def say_what_is_allowed(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        if under_tls:
            value = f"max-age={SECONDS_A_YEAR}"
            response.headers["Strict-Transport-Security"] = value
        return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_our_form(request: Request, ours: str) -> bool:
    """Whether a POST comes from our own page, as far as the browser says.

    With `no-referrer` browsers send `Origin: null` for our own forms; Sec-Fetch-Site
    tells those from a stranger's, where the page is served over TLS or from loopback.
    """
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin", "null").lower()
    return origin in ("null", ours, _origin(request.host_url))
