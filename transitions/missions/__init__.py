"""Missions, mandate instruments, transitions, phases, pillars, sectors, areas, offices."""
