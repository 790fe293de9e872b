"""The integrated calendar: milestones, national events, approved versions, slip."""
