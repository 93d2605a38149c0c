"""What several tests share: small examples, files, servers and runs."""
