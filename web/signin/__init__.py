"""Signing in and out: accounts, sessions, limits on guessing."""
