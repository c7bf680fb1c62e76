"""`python -m node` is `ler-node`."""

import sys

from node.cli import main

sys.exit(main())
