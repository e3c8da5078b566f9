"""The people of the institution: departments, positions, duties, skills and how much each can carry."""
