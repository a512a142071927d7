"""Mails: what each is about when it is sent, how it reads, giving it to the mail server, and who gets it.

Which mails there are is decided by the events (`domain.alert_entries`); here they become letters.
"""
