"""The province's modules: organisations, instruments, booking, payments, documents."""
