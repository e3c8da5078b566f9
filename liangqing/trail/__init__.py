"""The trail: the append-only memory. Every act tells one entry; entries are sealed in hash-chained blocks."""
