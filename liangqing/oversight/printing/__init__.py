"""The institution's own policy as a document: its text with the numbers of one version in it, and annexes.

``document`` composes it once; ``pdf`` and ``docx`` and the workbench's page show the same document.
"""
