"""The Report screen: what many sessions add up to."""
