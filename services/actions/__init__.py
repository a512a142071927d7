"""What people do with invoices: try again, leave out, bring back, settle a review, void; one, many, or all that fit.

An action decides about one invoice; `perform` carries it out on as many as are chosen, in batches, or shows what it
would do. Here are no words of a command line and no pages: all doors use this room.
"""
