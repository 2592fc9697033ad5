"""One module per command: reads options, calls the program, prints. No logic."""
