"""Respondents who bear out what a report states; `wavebook.reconstruct.respondents` is the door."""
