"""Mail over SMTP: the server mails are given to, what may go wrong, and a server of our own where none is set."""
