"""Addresses of providers outside the admin."""
