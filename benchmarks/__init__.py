"""How fast the node is, always beside something: `make bench`, or `python -m benchmarks [PREFIX]`.

Every figure is the median of interleaved runs, next to a floor measured in the same run: the same primitives in a
bare loop, or what the note says. A ratio is ours ÷ theirs in speed, so more is always better. Timings of one machine
say little on another; ratios say more.

    measure.py      interleaving, medians, ratios
    peers.py        other implementations, each in an environment of its own
    <subject>.py    the benchmarks; every one in a `BENCHMARKS` is found by a scan
"""
