"""The counters: carries pull totals of the events service into the columns that lists sort by."""
