"""Four formats of one snapshot: the same names in the same order, none of them harmful."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from outreach.domain.views import PublishedStatement
from outreach.statement.export import (
    EXPORTS,
    export_csv,
    export_html,
    export_json,
    export_markdown,
)
from tests.statement.signing import a_published_statement, a_signatory

NAMES = ["Beta", "alpha", "Ärzte", "École", "人權", "مركز الأرشيف", "Zoë & Co", "Hong Kong Watch"]
HOSTILE = [
    "<script>alert(1)</script>", "<b>bold</b>", "A & B &lt;i&gt; &copy;", "*stars* _and_ `ticks`",
    "[link](javascript:alert(1))", "![x](https://evil.example/p.png)", "# heading", "> quote",
    "- dash", "+ plus", "* star", "-", "+", "1. first", "12) second", "1986. Verein", "---", "===",
    "***", "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "+1", "＝1+1", "a|b|c", "~~gone~~",
    "back\\slash", "\\", "tab\\*", "{{ 7*7 }}", "{% raw %}", '"quoted", with comma', "'single'",
    "<https://evil.example>", "https://evil.example", "</li></ol>", "``` fence",
    "a^b", "!bang", ":::", "1\\. done", "２. fullwidth",
]  # fmt: skip


class _Items(HTMLParser):
    """The text of each list item after the heading of the list; and every tag seen."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[str] = []
        self.tags: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "li":
            self.items.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "li":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.items[-1] += data


def _from_html(html: str) -> list[str]:
    parser = _Items()
    parser.feed(html.partition("Signed by")[2])
    return [item.strip() for item in parser.items]


def _from_markdown(markdown: str) -> list[str]:
    """As a reader of CommonMark sees them."""
    return _from_html("Signed by" + MarkdownIt("commonmark").render(_list_of(markdown)))


def _list_of(markdown: str) -> str:
    return markdown.partition("## Signed by")[2]


def _from_csv(text: str) -> list[str]:
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return [re.sub(r"\A'(?=[=+\-@＝＋－＠])", "", row["organization"]) for row in rows]


def _from_json(text: str) -> list[str]:
    return [one["organization"] for one in json.loads(text)["signatories"]]


READ = {"html": _from_html, "markdown": _from_markdown, "csv": _from_csv, "json": _from_json}


@pytest.mark.parametrize("names", [NAMES, HOSTILE], ids=["plain", "hostile"])
def test_all_four_hold_the_same_names_in_the_same_order(names: list[str]) -> None:
    published = a_published_statement(*map(a_signatory, names))
    expected = [one.credit_line.strip() for one in published.signatories]
    assert sorted(expected) == sorted(name.strip() for name in names)
    assert set(READ) == set(EXPORTS)
    for name, export in EXPORTS.items():
        assert [one.strip() for one in READ[name](export(published))] == expected, name


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_printed_as_it_is_and_is_nothing_else(name: str) -> None:
    published = a_published_statement(a_signatory("Before"), a_signatory(name, sort_name="Between"))
    html = export_html(published)
    assert _from_html(html) == ["Before", name.strip()]
    tags = _Items()
    tags.feed(html)
    assert not {"script", "img", "b", "i", "iframe"} & set(tags.tags)
    rendered = MarkdownIt("commonmark").render(_list_of(export_markdown(published)))
    tags = _Items()
    tags.feed(rendered)
    assert tags.tags == ["p", "ol", "li", "li", "hr", "p", "code"]
    assert _from_markdown(export_markdown(published)) == ["Before", name.strip()]


def test_no_cell_of_the_csv_starts_a_formula() -> None:
    signatories = [a_signatory(name, sort_name=name) for name in [*HOSTILE, "\t=1", "\r=1"]]
    text = export_csv(a_published_statement(*signatories))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    cells = [cell for row in rows[1:] for cell in row]
    assert len(rows) == len(signatories) + 1
    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))] == []


def test_the_csv_opens_right_in_a_spreadsheet() -> None:
    text = export_csv(a_published_statement(a_signatory("Ärzte")))
    assert text == ("\ufeffposition,organization,sort_name,url\r\n1,Ärzte,,\r\n")


def test_the_json_is_stable_and_says_what_the_list_is_of() -> None:
    published = a_published_statement(a_signatory("Ärzte"), a_signatory("Beta"))
    text = export_json(published)
    assert text == export_json(published)
    assert "Ärzte" in text
    content = json.loads(text)
    assert list(content) == ["campaign", "statement", "as_of", "signatories", "unnamed", "total"]
    assert content["campaign"]["deadline"] == "2026-12-01T17:00:00+00:00"
    assert content["campaign"]["zone"] == "Europe/Berlin"
    assert content["statement"]["sha256"] == "0f" * 32
    assert content["statement"]["asks"] == ["Open the archives.", "Publish the lists."]
    assert content["statement"]["markdown"] == published.statement_body
    assert content["signatories"][0] == {
        "position": 1,
        "organization": "Ärzte",
        "sort_name": None,
        "url": None,
    }


def test_a_signatory_is_a_name_and_its_place_in_every_file() -> None:
    published = a_published_statement(a_signatory("Beta", sort_name="B"))
    (entry,) = json.loads(export_json(published))["signatories"]
    assert set(entry) == {"position", "organization", "sort_name", "url"}


def test_nobody_but_the_organization_is_named() -> None:
    published = a_published_statement(a_signatory("Beta"))
    for export in EXPORTS.values():
        assert "@" not in export(published).replace("@media", "")


@pytest.mark.parametrize("export", [export_html, export_markdown])
def test_a_page_shows_text_version_digest_and_date(export: object) -> None:
    assert callable(export)
    text = export(a_published_statement(a_signatory("Beta")))
    for fact in ("Let the archives be opened", "open the archives.", "0f" * 32, "2026-12-01 17:05"):
        assert fact in text


@pytest.mark.parametrize("export", [export_html, export_markdown])
@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "Signed by 0 organizations, in alphabetical order"),
        (["Beta"], "Signed by 1 organization"),
        (["Beta", "Gamma"], "Signed by 2 organizations, in alphabetical order"),
    ],
)
def test_one_is_no_plural_and_has_no_order(
    export: Callable[[PublishedStatement], str], names: list[str], words: str
) -> None:
    text = export(a_published_statement(*map(a_signatory, names)))
    assert re.findall(r"Signed by [^<\n]*", text) == [words]


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("ug", "rtl"), ("de", "ltr")])
def test_the_html_reads_in_the_direction_of_its_language(language: str, direction: str) -> None:
    published = a_published_statement(a_signatory("Beta"))
    campaign = replace(published.campaign, language=language)
    html = export_html(replace(published, campaign=campaign))
    assert f'<html lang="{language}" dir="{direction}">' in html
    # Our own words are English in every language: they say so.
    for words in ("To <bdi>the Minister", "Signed by 1", "Text version"):
        assert re.search(rf'<(p|h2|footer)[^>]* lang="en" dir="ltr">{words}', html), words


def test_the_html_needs_nothing_else_and_runs_nothing() -> None:
    body = "Dear <script>alert(1)</script> ![x](https://evil.example/p.png)\n"
    published = _titled(a_published_statement(a_signatory("Beta"), body=body), "<script>x</script>")
    html = export_html(published)
    tags = _Items()
    tags.feed(html)
    assert not {"script", "img", "link", "iframe", "object"} & set(tags.tags)
    assert "&lt;script&gt;x&lt;/script&gt;" in html
    assert "https://" not in html


def test_an_empty_list_is_published_as_one() -> None:
    published = a_published_statement()
    assert [READ[name](export(published)) for name, export in EXPORTS.items()] == [[], [], [], []]


def _titled(published: PublishedStatement, title: str) -> PublishedStatement:
    return replace(published, campaign=replace(published.campaign, title=title))


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS.keys())
def test_every_format_ends_the_list_with_the_number_of_those_not_named(
    export: Callable[[PublishedStatement], str],
) -> None:
    named = a_published_statement(a_signatory("Alpha"), a_signatory("Beta"))
    text = export(replace(named, unnamed=4))
    if export is export_json:
        content = json.loads(text)
        assert (content["unnamed"], content["total"]) == (4, 6)
    else:
        line = "and 4 organizations that are not named"
        assert text.index("Alpha") < text.index("Beta") < text.index(line)
    assert "not named" not in export(named)


def test_the_headings_count_all_who_signed() -> None:
    published = replace(a_published_statement(a_signatory("Alpha")), unnamed=4)
    for export in (export_html, export_markdown):
        assert "Signed by 5 organizations" in export(published)
    nobody = replace(a_published_statement(), unnamed=1)
    for export in (export_html, export_markdown):
        assert "Signed by 1 organization\n" in export(nobody).replace("</h2>", "\n")
        assert "\n1 organization that is not named" in export(nobody).replace(">", "\n")


def test_a_line_leads_to_the_website_that_its_signer_gave() -> None:
    linked = a_signatory("Archive [Watch] (AW)", url="https://aw.example/%28de%29?a=b&c")
    published = a_published_statement(linked, a_signatory("Beta"))
    tokens = MarkdownIt().parse(export_markdown(published))
    links = [
        (str(child.attrs["href"]), token.children[place + 1].content)
        for token in tokens
        if token.children
        for place, child in enumerate(token.children)
        if child.type == "link_open"
    ]
    assert links == [(linked.url, linked.credit_line)]
    assert (
        '<li><bdi><a href="https://aw.example/%28de%29?a=b&amp;c" rel="nofollow noopener">'
        "Archive [Watch] (AW)</a></bdi></li>" in export_html(published)
    )
    rows = list(csv.DictReader(io.StringIO(export_csv(published).removeprefix("\ufeff"))))
    assert [row["url"] for row in rows] == [linked.url, ""]
    listed = json.loads(export_json(published))["signatories"]
    assert [one["url"] for one in listed] == [linked.url, None]
