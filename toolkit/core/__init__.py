"""The ground floor: errors, environment, files, programs, streams, topology. Imports nothing above it."""
