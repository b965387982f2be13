"""The process studio: officials read, check, compare and publish what the platform runs."""
