"""Messages that must leave: claim, deliver, back off."""
