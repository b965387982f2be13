"""Where the parts meet: settings, wiring, command line, worker."""
