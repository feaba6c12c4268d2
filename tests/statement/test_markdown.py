"""Markdown that cannot harm: nothing in it runs, loads or frames."""

import re
import time

import pytest

from outreach.statement.markdown import render_html, render_text

_HARMLESS_TAG = re.compile(r"</?(?:a|blockquote|br|code|em|h[1-6]|hr|li|ol|p|pre|strong|s|table"
                           r"|tbody|td|th|thead|tr|ul)(?: (?:href|title|rel|start)=\"[^\"<>]*\")*"
                           r" ?/?>")  # fmt: skip


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>"),
        ("# Title", "<h1>Title</h1>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>c</li>\n</ol>'),
        ("~~no~~", "<p><s>no</s></p>"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>"),
        ("人權 ≠ privilege & more", "<p>人權 ≠ privilege &amp; more</p>"),
    ],
)
def test_what_a_statement_needs_is_rendered(markdown: str, html: str) -> None:
    assert render_html(markdown).strip() == html


def test_html_of_the_author_is_shown_as_text() -> None:
    html = render_html("<em>not</em> *soft*\n\n<h1>no</h1>")
    assert html.count("<em>") == 1
    assert "&lt;em&gt;not&lt;/em&gt;" in html
    assert "<h1>" not in html


def test_links_lead_out_without_telling_where_from() -> None:
    html = render_html('[us](https://example.org "The site") or <mailto:a@example.org>')
    assert 'href="https://example.org"' in html
    assert 'title="The site"' in html
    assert html.count('rel="noopener noreferrer"') == 2


def test_a_table_is_rendered_without_styles() -> None:
    html = render_html("| a | b |\n|:-:|--:|\n| 1 | 2 |")
    assert "<td>1</td>" in html
    assert "style" not in html


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "a <script src=https://evil.example/x.js></script> b",
        "<img src=x onerror=alert(1)>",
        "![alt](https://evil.example/pixel.png)",
        "![alt](javascript:alert(1))",
        "[![x](https://evil.example/p.png)](https://example.org)",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java\tscript:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](vbscript:x)",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "[a]: javascript:alert(1)\n\n[a]",
        '[a](https://example.org" onmouseover="alert(1))',
        "[a](https://example.org '\"><script>alert(1)</script>')",
        "<iframe src=https://evil.example></iframe>",
        "<style>body{display:none}</style>",
        "<form action=https://evil.example><button>Sign</button></form>",
        "<a href=https://evil.example onclick=alert(1)>x</a>",
        "<!-- <script> --><p onload=x>",
        "<svg/onload=alert(1)>",
        "<math><mtext><style><img src onerror=alert(1)>",
        "```html\n<script>alert(1)</script>\n```",
        '``` " onload=alert(1)\nx\n```',
        "`<script>`",
        "<meta http-equiv=refresh content=0;url=https://evil.example>",
    ],
)
def test_nothing_an_author_writes_can_run_or_load(markdown: str) -> None:
    html = render_html(markdown)
    assert "<" not in _HARMLESS_TAG.sub("", html)
    assert not re.search(r'href="(?!https?://|mailto:)', html)


@pytest.mark.parametrize(
    "markdown",
    [">" * 20_000, "[" * 20_000, "*a" * 10_000, "`" * 20_000, "- " * 5_000, "<" * 20_000],
)
def test_a_hostile_text_is_rendered_in_time(markdown: str) -> None:
    start = time.thread_time()
    render_html(markdown)
    assert time.thread_time() - start < 2


def test_the_plain_text_is_the_text_as_written() -> None:
    assert render_text("\n\nDear *Sir*,\n\n  verse\n\n\n") == "Dear *Sir*,\n\n  verse\n"
