"""An organization's line before it counts: as it will be printed, among those around it.

Whoever may sign sees two names of the list that is to be published, and no more: neither how many
there are, nor anybody who is not named in public.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from outreach.domain.errors import CampaignNotOpen, DeadlinePassed
from outreach.domain.privacy import Privacy
from outreach.domain.views import Signatory
from outreach.services.answer_form import checked_line
from outreach.services.clean_typing import LineForm
from outreach.services.view_invitation import find_answer_page
from outreach.statement.order import neighbours
from outreach.store import signatures


@dataclass(frozen=True)
class LineProof:
    """``before`` and ``after`` are None at an end of the list, and where it is not printed."""

    line: Signatory
    is_printed: bool
    before: Signatory | None = None
    after: Signatory | None = None


def prove_line(
    session: Session, *, link_id: str, form: LineForm, privacy: str, now: datetime
) -> LineProof:
    """Raises FieldErrors, LinkRefused; DeadlinePassed, CampaignNotOpen where no line can be given
    any more."""
    page = find_answer_page(session.connection(), link_id=link_id, now=now)
    if not page.takes_answers:
        if now >= page.campaign.deadline:
            raise DeadlinePassed(deadline=page.campaign.deadline)
        raise CampaignNotOpen(state=page.campaign.state)
    wanted = checked_line(form, privacy=privacy)
    line = Signatory(wanted.line.printed, wanted.line.sort_name, wanted.line.url)
    if wanted.privacy is not Privacy.PUBLIC:
        return LineProof(line, is_printed=False)
    before, after = neighbours(line, signatures.signatories_beside(session, link_id))
    return LineProof(line, is_printed=True, before=before, after=after)
