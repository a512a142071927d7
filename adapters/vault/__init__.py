"""The vault: what is secret or personal is sealed here, and only here do tokens live.

AES-256-GCM under a keyring held outside the database; one key per account for personal data; grants with their tokens;
the pending consents of people who are just now connecting. No role, endpoint or command reads a token.
"""
