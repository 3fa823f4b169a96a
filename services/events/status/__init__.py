"""Status: how far the counting of events is."""
