"""The domain's present: one row (the rehearsal's offset) and one function."""
