"""Stand-ins for the payment provider: the sandbox, and one within the process."""
