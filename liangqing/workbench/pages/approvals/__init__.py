"""Approvals: the lists, one request with its whole way, and who stands in for whom; a file a story."""
