"""The service layer: each service owns one subject. It reads from AWS, applies rules, and writes.

Handlers call the services. The other packages hold the rules, which take and return values only.
"""
