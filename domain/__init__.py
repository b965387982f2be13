"""The province's modules: organisations, instruments, booking, documents."""
