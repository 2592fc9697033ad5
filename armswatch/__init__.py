"""The program: command line, wiring, logging."""
