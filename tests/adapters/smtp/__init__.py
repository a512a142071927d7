"""Tests of giving mails to mail servers, good and bad ones."""
