"""How the story is shown: a line a step, a moving one for the step under way; plain lines where nobody watches."""

import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Screen:
    """Writes to stdout."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True, emoji=False)

    @contextmanager
    def working(self, title: str) -> Generator[None]:
        """Shows that `title` is under way; without a terminal, nothing moves."""
        on = self._console.status(escape(title)) if self._console.is_terminal else nullcontext()
        with on:
            yield

    def act(self, title: str) -> None:
        self._console.print(f"\n[bold]{escape(title)}[/bold]")

    def done(self, title: str, happened: str, took_ms: float) -> None:
        took = f"{took_ms / 1000:.1f} s" if took_ms >= 950 else f"{took_ms:.0f} ms"
        self._console.print(f"  [green]✓[/green] {escape(title)} [dim]({took})[/dim]")
        for line in happened.splitlines():
            self._console.print(f"    [dim]{escape(line)}[/dim]" if self._console.is_terminal else f"    {line}")

    def failed(self, title: str, reason: str) -> None:
        self._console.print(f"  [red]✗ {escape(title)}[/red]")
        self._console.print(f"    {escape(reason)}")

    def say(self, text: str = "") -> None:
        self._console.print(escape(text))

    def pairs(self, rows: list[tuple[str, str]]) -> None:
        """Names and what belongs to them, aligned."""
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
        for name, value in rows:
            table.add_row(escape(name), escape(value))
        console = self._console
        if not console.is_terminal:
            console.width = 200
        console.print(table)


class Stopwatch:
    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def ms(self) -> float:
        return (time.monotonic() - self._began) * 1000
