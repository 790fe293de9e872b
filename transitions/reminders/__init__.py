"""What is due to whom: rules, sweep, escalation."""
