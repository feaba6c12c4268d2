"""A task is a doorbell: one call, and no argument that could carry a name or a link."""

from celery.signals import worker_init, worker_shutdown

from outreach.domain.delivery import Share
from workers.app import app, outreach, stopping
from workers.lane import Aside, Lane
from workers.pulse import Pulse

answers = Lane(lambda: outreach.delivery(share=Share.ANSWERS, should_stop=stopping).deliver_due())
bulk = Lane(lambda: outreach.delivery(share=Share.BULK, should_stop=stopping).deliver_due())

# Others' servers may be slow: neither mails nor those who ring wait for them.
webhooks = Aside("webhooks", lambda: outreach.webhook_caller(should_stop=stopping).call_due())

notices = Aside("notices", lambda: outreach.notice_sender(should_stop=stopping).send_due())


@app.task
def deliver() -> None:
    """Look now: send what is due. Answers to a person go first and wait behind no bulk."""
    webhooks.look()
    notices.look()
    answers.look()
    bulk.look()


@app.task
def sweep() -> None:
    """Recover, close and remind; then send what that brought about."""
    pulse.note()
    try:
        outreach.sweep()
    finally:
        deliver()


pulse = Pulse(sweep)
worker_init.connect(lambda **_: pulse.start(), weak=False)
worker_shutdown.connect(lambda **_: pulse.stop(), weak=False)
# What is in hand aside is finished first, as far as whoever stops the worker gives it time.
worker_shutdown.connect(lambda **_: notices.wait(), weak=False)
worker_shutdown.connect(lambda **_: webhooks.wait(), weak=False)
