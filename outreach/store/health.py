"""Whether the database answers."""

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session


def is_reachable(session: Session) -> bool:
    try:
        return session.connection().scalar(select(1)) == 1
    except SQLAlchemyError:
        return False
