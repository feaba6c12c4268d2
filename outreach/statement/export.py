"""The published statement in four formats, all from the same snapshot."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from outreach.domain.views import CampaignFacts, PublishedStatement, Signatory
from outreach.languages import text_direction
from outreach.resources import template_folder
from outreach.statement.markdown import render_html

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def export_markdown(published: PublishedStatement) -> str:
    return (
        export_templates()
        .get_template("statement.md")
        .render(published=published, escaped=markdown_text, line=markdown_line)
    )


def export_html(published: PublishedStatement) -> str:
    """One file that needs nothing else."""
    return (
        export_templates()
        .get_template("statement.html")
        .render(
            published=published,
            direction=text_direction(published.campaign.language),
            body=Markup(render_html(published.statement_body)),  # noqa: S704 - sanitised just above
        )
    )


def export_csv(published: PublishedStatement) -> str:
    """With a BOM, so that a spreadsheet reads the names right; no cell starts a formula.

    Names and their order only, as the sign page promises: not whence, not when, not who.
    """
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["position", "organization", "sort_name", "url"])
    for position, signatory in enumerate(published.signatories, start=1):
        writer.writerow(
            [
                position,
                safe_cell(signatory.credit_line),
                safe_cell(signatory.sort_name),
                signatory.url,
            ]
        )
    if published.unnamed:
        writer.writerow(["", published.unnamed_line, "", ""])
    return out.getvalue()


def export_json(published: PublishedStatement) -> str:
    content: dict[str, Any] = {
        "campaign": _campaign_facts(published.campaign),
        "statement": {
            "version": published.statement_version,
            "sha256": published.statement_sha256,
            "asks": list(published.asks),
            "markdown": published.statement_body,
        },
        "as_of": _instant(published.as_of),
        "signatories": [
            {"position": position, **_signatory_facts(signatory)}
            for position, signatory in enumerate(published.signatories, start=1)
        ],
        "unnamed": published.unnamed,
        "total": published.total,
    }
    if published.checkpoint:
        content["ledger"] = {"checkpoint": published.checkpoint, "key": published.checkpoint_key}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _campaign_facts(campaign: CampaignFacts) -> dict[str, str]:
    return {
        "slug": campaign.slug,
        "state": campaign.state.value,
        "title": campaign.title,
        "addressee": campaign.addressee,
        "occasion": campaign.occasion,
        "occasion_date": campaign.occasion_date.isoformat(),
        "language": campaign.language,
        "deadline": _instant(campaign.deadline),
        "zone": campaign.zone,
    }


def _signatory_facts(signatory: Signatory) -> dict[str, str | None]:
    return {
        "organization": signatory.credit_line,
        "sort_name": signatory.sort_name or None,
        "url": signatory.url or None,
    }


EXPORTS: MappingProxyType[str, Callable[[PublishedStatement], str]] = MappingProxyType(
    {
        "markdown": export_markdown,
        "html": export_html,
        "csv": export_csv,
        "json": export_json,
    }
)


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def safe_cell(value: str) -> str:
    """What a spreadsheet shows and does not reckon with: an apostrophe before what would start a
    formula."""
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def markdown_text(value: str) -> str:
    """A name as Markdown prints it, none of its characters read as markup.

    At its start, - + = and a number with . or ) would open a list or a rule.
    """
    escaped = re.sub(r"[\\`*_{}\[\]<>#|~&]", r"\\\g<0>", value)
    return re.sub(r"\A([-+=]|[0-9]+(?=[.)]))", _escaped_start, escaped)


def markdown_line(signatory: Signatory) -> str:
    """The line, a link where the organization has given an address."""
    text = markdown_text(signatory.credit_line)
    return f"[{text}]({signatory.url})" if signatory.url else text


def _escaped_start(found: re.Match[str]) -> str:
    start = found[1]
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def export_templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(template_folder("statement")),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
