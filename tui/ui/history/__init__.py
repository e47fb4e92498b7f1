"""The History screen: what was kept."""
