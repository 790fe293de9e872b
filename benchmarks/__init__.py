"""What must be true for the exit: benchmarks, indicators, what was measured and judged, and where it leaves us."""
