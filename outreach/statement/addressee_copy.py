"""The addressee's copy in three formats: marked confidential, and never public."""

import csv
import io
from collections.abc import Callable
from types import MappingProxyType

from markupsafe import Markup

from outreach.domain.views import AddresseeCopy
from outreach.languages import text_direction
from outreach.statement.export import export_templates, markdown_line, markdown_text, safe_cell
from outreach.statement.markdown import render_html

_EVERYBODY, _ADDRESSEE = "everybody", "the addressee only: confidential"


def copy_markdown(copy: AddresseeCopy) -> str:
    template = export_templates().get_template("addressee.md")
    return template.render(
        copy=copy, published=copy.published, escaped=markdown_text, line=markdown_line
    )


def copy_html(copy: AddresseeCopy) -> str:
    """One file that needs nothing else."""
    published = copy.published
    template = export_templates().get_template("addressee.html")
    return template.render(
        copy=copy,
        published=published,
        direction=text_direction(published.campaign.language),
        body=Markup(render_html(published.statement_body)),  # noqa: S704 - sanitised just above
    )


def copy_csv(copy: AddresseeCopy) -> str:
    """With a BOM, so that a spreadsheet reads the names right; no cell starts a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["organization", "sort_name", "url", "named_to"])
    for signatories, named_to in (
        (copy.published.signatories, _EVERYBODY),
        (copy.confidential, _ADDRESSEE),
    ):
        for one in signatories:
            cells = [safe_cell(one.credit_line), safe_cell(one.sort_name), one.url, named_to]
            writer.writerow(cells)
    if copy.counted:
        writer.writerow([copy.counted_line, "", "", "nobody"])
    return out.getvalue()


COPIES: MappingProxyType[str, Callable[[AddresseeCopy], str]] = MappingProxyType(
    {"html": copy_html, "md": copy_markdown, "csv": copy_csv}
)
