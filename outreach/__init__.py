"""Outreach: e-mail outreach and sign-on workflow for coalitions."""
