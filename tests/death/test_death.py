"""An institution dies: what it signed lives on, and nobody signs in its name."""

from pathlib import Path

import pytest

from tests.death.scenes import Found, scenes

YES = ("yes", "yes", "yes")
EXPECTED = [
    Found("while the college lives: a diploma", "verified", YES),
    Found("while the college lives: one that it revoked", "not_verified", ("yes", "no", "yes")),
    Found("the diploma, years later", "verified", YES),
    Found("the revoked one, though the old address says that it is clear", "not_verified", ("yes", "no", "yes")),
    Found("the diploma without its date", "could_not_tell", ("yes", "yes", "could_not_tell")),
    Found("forged with the old key, dated back", "could_not_tell", ("yes", "yes", "could_not_tell")),
    Found("the same with the diploma's date", "could_not_tell", ("yes", "yes", "could_not_tell")),
    Found("the same with a date from a log of its own", "could_not_tell", ("yes", "yes", "could_not_tell")),
    Found("the same, cosigned in the anchor's name", "could_not_tell", ("yes", "yes", "could_not_tell")),
    Found("the same, cosigned by the anchor alone", "could_not_tell", ("yes", "yes", "could_not_tell")),
    Found("forged with the old key, dated today", "not_verified", ("yes", "yes", "no")),
    Found("forged with a key that the domain shows now", "not_verified", ("no", "yes", "could_not_tell")),
    Found("a new head of the college's log, shown to witnesses", "Unauthorized"),
    Found("another custodian named with the old key", "refused"),
    Found("the diploma, once the custodian revoked it", "not_verified", ("yes", "no", "yes")),
]
"""Written by hand. Nothing that was forged is ever verified, and nothing that is genuine and dated is ever lost."""


@pytest.mark.parametrize("years", [1, 10, 30])
async def test_after_an_institutions_end_its_diplomas_hold_and_no_forgery_does(tmp_path: Path, years: int) -> None:
    assert [found async for found in scenes(tmp_path, years)] == EXPECTED
