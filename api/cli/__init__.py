"""The command line: data on stdout, talk and progress on stderr."""
