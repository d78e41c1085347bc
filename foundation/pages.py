"""Whether this process serves pages. The gateway doesn't, and says so before Django is set up."""

are_served = True
