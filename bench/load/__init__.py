"""Load generators: `wrk` for plain calls where it is installed, our own for the rest."""
