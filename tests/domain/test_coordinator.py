"""What each role may do."""

import pytest

from outreach.domain.coordinator import Role


@pytest.mark.parametrize(
    ("role", "may_edit", "may_own"),
    [(Role.OWNER, True, True), (Role.EDITOR, True, False), (Role.VIEWER, False, False)],
)
def test_each_role_may_do_what_the_table_says(role: Role, may_edit: bool, may_own: bool) -> None:
    assert (role.may_edit, role.may_own) == (may_edit, may_own)
