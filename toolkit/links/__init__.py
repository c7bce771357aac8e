"""One folder per link: how a host and the accelerators on a chip talk to each other."""
