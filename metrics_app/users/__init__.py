"""The Users page: what each user's requests come to, who is new and who comes back, and one user's page."""
