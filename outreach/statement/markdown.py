"""Markdown as HTML that cannot harm, and as plain text that reads well."""

from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "li", "ol", "p", "pre", "strong", "s", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@lru_cache(maxsize=64)  # one wording goes into thousands of mails
def render_html(markdown: str) -> str:
    """Sanitised HTML: no script, style, image or raw HTML of the author's."""
    return nh3.clean(
        _parser().render(markdown),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def render_text(markdown: str) -> str:
    """The Markdown as written, which is made to be read as plain text; outer blank lines off."""
    return markdown.strip("\n") + "\n"


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
