"""Clients of those who carry a contact: mail, text message, telephone. They know no debt and no rule."""
