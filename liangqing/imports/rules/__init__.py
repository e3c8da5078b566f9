"""Rules of typing: what a header means and what a cell says. Pure; each SQL form has its Python twin beside it."""
