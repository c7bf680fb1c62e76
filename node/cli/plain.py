"""Plain text: what others wrote, as a terminal shows it and does not obey it; and errors in one line of it."""

import sys

from protocols.errors import Explained


def show_error(error: Explained) -> None:
    """Prints an error as its one line on stderr."""
    print(f"ler-node: {printable(error.sentence)}", file=sys.stderr)


def printable(text: str) -> str:
    """`text` without what a terminal would obey: any space is a plain one, other non-printing characters are gone."""
    return "".join(character if character.isprintable() else " " if character.isspace() else "" for character in text)
