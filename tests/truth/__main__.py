"""``python -m tests.truth [PICTURES] [--lanes]``: print the error budget."""

from __future__ import annotations

import argparse

from tests.truth.budget import budget


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description="Print the error budget.")
    parser.add_argument("pictures", type=int, nargs="?", default=14, help="pictures a level and family")
    parser.add_argument("--first", type=int, default=1000, help="first seed")
    parser.add_argument("--lanes", action="store_true", help="5 to 18 lanes instead of 10")
    options = parser.parse_args()
    table = budget(range(options.first, options.first + options.pictures), vary_lanes=options.lanes)
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
