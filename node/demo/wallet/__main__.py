"""`python -m node.demo.wallet --data DIR COMMAND`."""

import sys

from node.demo.wallet.cli import main

sys.exit(main())
