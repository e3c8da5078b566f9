"""The API: programs of the institution push and read over HTTP, and are told what happened by webhooks."""
