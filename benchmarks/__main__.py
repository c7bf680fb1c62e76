"""`python -m benchmarks [PREFIX]`: measures, prints a table, writes `.bench/results.json`."""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.measure import Benchmark, Measured, NotMeasured, significant

RESULTS = Path(".bench") / "results.json"


def found() -> list[Benchmark]:
    """Every benchmark of this folder, by name."""
    names = (found.name for found in iter_modules(benchmarks.__path__) if found.name != "__main__")
    modules = (import_module(f"benchmarks.{name}") for name in names)
    every = [benchmark for module in modules for benchmark in getattr(module, "BENCHMARKS", ())]
    return sorted(every, key=lambda benchmark: benchmark.name)


def main(arguments: Sequence[str]) -> int:
    """0 when something was measured, 1 when nothing could be, 64 for a prefix that no benchmark has."""
    console, prefix = Console(stderr=True), arguments[0] if arguments else ""
    chosen = [benchmark for benchmark in found() if benchmark.name.startswith(prefix)]
    if not chosen:
        names = ", ".join(benchmark.name for benchmark in found())
        console.print(f"no benchmark begins with {prefix}, there are {names}", style="red")
        return 64
    results: dict[str, Measured] = {}
    for benchmark in chosen:
        try:
            with console.status(f"{benchmark.name} …"):
                results[benchmark.name] = benchmark.measure()
        except NotMeasured as missing:
            console.print(f"{benchmark.name}: not measured: {missing}", style="yellow")
    out = Console()
    if results:
        out.print(table(results))
    for name, result in results.items():
        out.print(f"{name}: {result.note}", style="dim", highlight=False, soft_wrap=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([result.to_json(name) for name, result in results.items()], indent=2) + "\n")
    return 0 if results else 1


def table(results: dict[str, Measured]) -> Table:
    """One line a benchmark."""
    lines = Table("benchmark", "ours", "floor", "ours ÷ floor", "ours ÷ peer")
    for name, result in results.items():
        lines.add_row(
            name,
            f"{significant(result.value):g} {result.unit}",
            "" if result.floor is None else f"{significant(result.floor):g}",
            "" if result.ratio is None else f"{significant(result.ratio):g}",
            "\n".join(f"{significant(ratio):g} × {package}" for package, ratio in result.peers.items()),
        )
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
