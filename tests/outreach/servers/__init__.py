"""Local servers that speak the real protocols: mail, mailbox, text messages, telephone exchange.

Each runs in a thread (``with SmtpServer(folder) as server: server.port``) or as a process of its own::

    python -m tests.outreach.servers smtp|imap|sms|call --port 2525 --dir /tmp/x [--callback URL]

What arrives is recorded as lines of JSON in ``<dir>/<kind>.jsonl``, written before anything is answered. How a server
behaves is chosen by whom one writes to or calls, as its module says.
"""
