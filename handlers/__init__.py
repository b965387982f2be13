"""What a service task may do: one file an operation, found by itself."""
