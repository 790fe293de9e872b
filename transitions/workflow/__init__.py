"""The engine: states, steps, guards, blockers, history."""
