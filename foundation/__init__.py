"""The ground floor: ids, environment, money, envelope crypto and the egress policy.

It holds no models and no words of the domain, and imports none of the other packages.
"""
