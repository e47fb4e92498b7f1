"""Everything of one sitting, as values and as plain dicts."""
