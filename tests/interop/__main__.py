"""`python -m tests.interop`, which is `make interop`."""

import sys

from tests.interop.run import main

sys.exit(main())
