"""Pages and API: one package a reader."""
