"""`python -m node.demo [--keep]`."""

import os
import sys

from node.demo.story import main

if __name__ == "__main__":
    sys.exit(main(keep="--keep" in sys.argv[1:] or bool(os.environ.get("KEEP"))))
