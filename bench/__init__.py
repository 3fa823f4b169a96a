"""What `make bench` runs: each row of the speed contract, as a ratio within one run."""
