import pytest

from outreach.domain.message import MessageEvent
from outreach.services.delivery_report import DeliveryReport


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (MessageEvent.ACCEPTED, DeliveryReport(sent=1)),
        (MessageEvent.DEFERRED, DeliveryReport(deferred=1)),
        (MessageEvent.REJECTED, DeliveryReport(failed=1)),
        (MessageEvent.CANCEL, DeliveryReport(cancelled=1)),
        (MessageEvent.LAPSED_AFTER_DATA, DeliveryReport(uncertain=1)),
    ],
)
def test_each_end_of_a_message_has_its_count(event: MessageEvent, expected: DeliveryReport) -> None:
    report = DeliveryReport()
    report.note(event)
    assert report == expected
