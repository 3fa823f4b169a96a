"""The benchmark that `make bench` runs.

It measures each row of the speed contract as a ratio within one run. It is not a test.
"""
