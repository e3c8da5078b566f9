"""Looking at the whole: which control runs each clause, with its evidence; the policy as printed text."""
