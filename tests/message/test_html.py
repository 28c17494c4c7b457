"""HTML to text: what is kept, what is dropped, what the markup gives away."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailroom.message.html import render
from mailroom.message.model import SpanKind

CASES = {
    "paragraphs": ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
    "lines": ("<div>a</div><div><br></div><div>b<br></div><div>c</div>", "a\n\nb\nc"),
    "white space": ("  a \n\t b<b> c</b>d ", "a b cd"),
    "entities": (
        "&lt;b&gt; &amp; &eacute; &#233; &#x20AC; &nope;",
        "<b> & é é € &nope;",
    ),
    "huge entity": ("a&#99999999999999999999;b", "a\ufffdb"),
    "list": ("<ul><li>one<li>two<ul><li>in</ul></ul>x", "- one\n- two\n  - in\n\nx"),
    "numbers": ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
    "numbers from three": (
        '<ol start="3"><li>c<li value=7>g<li>h</ol>',
        "3. c\n7. g\n8. h",
    ),
    "numbers that are none": ('<ol start="x"><li value="">a</ol>', "1. a"),
    "emoji": ('Hi <img alt="\U0001f600" src="x">', "Hi \U0001f600"),
    "named picture": ('Hi <img alt="a photo" src="x">', "Hi [a photo]"),
    "pixel": ('Hi <img alt="tracker" width="1" height="1" src="x">', "Hi"),
    "wide picture": (
        'Hi <img alt="photo" width="100" height="10" src="x">',
        "Hi [photo]",
    ),
    "preheader": (
        '<div style="max-height:0px; overflow:hidden">look inside</div>Hi'
        '<div style="opacity: 0">x</div><p style="line-max-height:0;opacity:0.9">a</p>',
        "Hi\n\na",
    ),
    "table": (
        "<table><tr><th>A</th><th>B</th></tr><tr><td><p>1</p></td><td>2</td></tr></table>",
        "A\tB\n1\t2",
    ),
    "link": (
        'see <a href="https://a.example/x">the page</a>.',
        "see the page <https://a.example/x>.",
    ),
    "link shown": ('<a href="https://a.example/">a.example</a>', "a.example"),
    "mailto": ('<a href="mailto:j@a.example">j@a.example</a>', "j@a.example"),
    "script": ("a<script>if (1 < 2) x()</script>b<style>p{}</style>c", "abc"),
    "comment": ("a<!-- <b>x</b> -->b<!--[if mso]>no<![endif]-->c", "abc"),
    "revealed": ("<![if !mso]>yes<![endif]>", "yes"),
    "hidden": ('<div style="display: none">no</div>yes<span hidden>no</span>', "yes"),
    "all hidden": (
        '<div style="display:none">words never lost</div>',
        "words never lost",
    ),
    "less than": ("1 < 2 and 3<4 <3 </3", "1 < 2 and 3<4 <3 </3"),
    "open quote": ('<a href="x>link</a> after', "link after"),
    "open tag": ("before <b", "before <b"),
    "preformatted": ("<pre>  a\n    b\n</pre>c", "  a\n    b\n\nc"),
    "nested inline": ("<b><div>a</b></div>b", "a\nb"),
    "image": ('<img src="cid:1" alt="Logo"> text', "[Logo] text"),
    "outlook": (
        "<p class=MsoNormal>a</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>b</p>",
        "a\n\nb",
    ),
    "unclosed script": ("a<script>never", "a"),
    "title": ("<head><title>T</title></head><body>b", "b"),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("markup", "text"), CASES.values(), ids=CASES)
def test_html_reads_as(markup: str, text: str) -> None:
    shown = render(markup).text
    assert [line.rstrip() for line in shown.split("\n")] == text.split("\n")


MARKS = {
    "gmail_quote": ('<div class="gmail_quote">q</div>', SpanKind.QUOTE),
    "gmail_attr": ('<div class="gmail_attr">q</div>', SpanKind.QUOTE),
    "blockquote-cite": ("<BLOCKQUOTE TYPE=cite>q</BLOCKQUOTE>", SpanKind.QUOTE),
    "moz-cite-prefix": ('<div class="moz-cite-prefix">q</div>', SpanKind.QUOTE),
    "moz-signature": (
        '<pre class="moz-signature" cols="72">q</pre>',
        SpanKind.SIGNATURE,
    ),
    "gmail_signature": ('<div class="x gmail_signature">q</div>', SpanKind.SIGNATURE),
    "OLK_SRC_BODY_SECTION": (
        '<span id="OLK_SRC_BODY_SECTION">q</span>',
        SpanKind.QUOTE,
    ),
    "yahoo_quoted": (
        '<div class="yahoo_quoted" id="yahoo_quoted_1">q</div>',
        SpanKind.QUOTE,
    ),
    "protonmail_quote": ('<div class="protonmail_quote">q</div>', SpanKind.QUOTE),
    "zmail_extra": ('<div class="zmail_extra">q</div>', SpanKind.QUOTE),
    "moz-forward-container": (
        '<div class="moz-forward-container">q</div>',
        SpanKind.FORWARD,
    ),
    "divRplyFwdMsg": ('<div id="x_divRplyFwdMsg">q</div>', SpanKind.QUOTE),
    "Signature": ('<div id="Signature">q</div>', SpanKind.SIGNATURE),
}


@pytest.mark.parametrize(("evidence", "case"), MARKS.items(), ids=MARKS)
def test_markup_gives_a_range_away(evidence: str, case: tuple[str, SpanKind]) -> None:
    markup, kind = case
    rendered = render(f"<div>new</div>{markup}")
    mark = rendered.marks[-1]
    assert (mark.evidence, mark.kind) == (evidence, kind)
    assert rendered.text[mark.start : mark.end] == "q"


def test_outlooks_separator_marks_all_that_follows() -> None:
    rendered = render('<p>new</p><hr><div id="appendonsend"></div><p>a</p><p>b</p>')
    assert (
        rendered.text[rendered.marks[0].start : rendered.marks[0].end].strip()
        == "a\n\nb"
    )


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                "<div> </div> <p class=gmail_quote> <blockquote type=cite> </blockquote> "
                "<td> <tr> <table> </table> <li> <ul> <a href=x> </a> <pre> <!-- --> < > "
                '<br> &nbsp; &#0; &#xD800; <span style="display:none"> </span> <hr '
                "<div id=appendonsend> <style> </style> \" '".split()
            ),
            st.text(max_size=12),
        )
    )
)
def test_no_markup_raises_and_marks_lie_within(pieces: list[str]) -> None:
    rendered = render("".join(pieces))
    assert all(0 <= m.start <= m.end <= len(rendered.text) for m in rendered.marks)


def _seconds(markup: str) -> float:
    """CPU time, the better of two runs: other work on the machine counts little."""
    took = []
    for _ in range(2):
        start = process_time()
        render(markup)
        took.append(process_time() - start)
    return min(took)


@pytest.mark.parametrize(
    "unit",
    [
        *("<div>", "<", "<b></i>", '<a "', "<a href=x>", "<td>", "<table><tr><td>x"),
        *(
            "<ul><li>a",
            "<blockquote type=cite>x",
            "<div class=gmail_quote>",
            "<!--",
            "&#1",
        ),
        *("<!-- -- >", "<!--[if mso]>", "<![CDATA[", "<!DOCTYPE"),
        *("<p hidden>", "<pre>", "<style", "a<b ", "</div>", "<img alt=x>", "<br>"),
    ],
)
def test_time_is_linear_in_the_markup(unit: str) -> None:
    whole = unit * (400_000 // len(unit))
    quarter, full = _seconds(whole[: len(whole) // 4]), _seconds(whole)
    assert full < 1.5
    assert full < 8 * quarter + 0.2
