"""For those who lead: how old the debts are and become, how they move, who carries how much, and what comes of it.

Four pages of one overview, so that each asks only for what it shows: ageing, roll, load, results. All figures are those
of ``liangqing.cases.queries.overview``; here they are only added up by department and laid out.
"""
