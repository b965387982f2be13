"""The public pages: finding an instrument and booking it."""
