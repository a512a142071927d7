"""Tests of mails: what they say, to whom they go, and what happens when the mail server misbehaves."""
