"""Who takes over what, with what, until when: mandated tasks and sites, and their handovers."""
