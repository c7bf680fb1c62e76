"""The wallet's command, ended by SIGKILL when it reaches a named point for the nth time. Run as a script.

python -m tests.support.dying_wallet POINT N -- ARGUMENTS
"""

import os
import signal
import sys

from node.demo.wallet.cli import main


class Killer:
    """Implements `node.demo.wallet.storage.Points`."""

    def __init__(self, point: str, count: int) -> None:
        self._point = point
        self._left = count

    def reached(self, name: str) -> None:
        if name == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    point, count, _, *arguments = sys.argv[1:]
    sys.exit(main(arguments, points=Killer(point, int(count))))
