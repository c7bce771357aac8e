"""What every other package builds on: errors, environment, files, programs, streams, topology."""
