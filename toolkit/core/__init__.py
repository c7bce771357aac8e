"""The base of all other packages: errors, environment, files, programs, streams, topology."""
