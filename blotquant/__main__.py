"""``python -m blotquant`` is the command ``blotquant``."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":  # workers of a process pool import this file again and must not start a run
    sys.exit(main())
