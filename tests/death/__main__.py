"""`make death`: an institution closes, its domain and keys are stolen, and the clock is put on by many years."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.death.scenes import scenes
from tests.death.test_death import EXPECTED

YEARS = (1, 10, 30)


async def play() -> int:
    """Prints what each try comes to; how many came to something else than they should."""
    wrong = 0
    for years in YEARS:
        print(f"\nA college closes. Its domain and all of its keys are stolen. {years} years go by.")
        print(f"  {'':66}{'verdict':16}signed           status           standing then")
        with TemporaryDirectory(prefix="ler-death-") as folder:
            number = 0
            async for found in scenes(Path(folder), years):
                is_right = found == EXPECTED[number]
                wrong += not is_right
                number += 1
                steps = "".join(f"{step:17}" for step in found.steps)
                print(f"{'' if is_right else 'WRONG':5} {found.what:63} {found.verdict:15} {steps}".rstrip())
            wrong += number != len(EXPECTED)
    print(f"\n{len(YEARS) * len(EXPECTED)} tries, {wrong} came to something else than they should.")
    return wrong


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(play()) else 0)
