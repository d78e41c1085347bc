"""The one-command start: every part of an installation under one supervisor.

`parts` is the table of what runs, `supervision` the story of one run.
"""
