"""Practice waves: respondents that are nobody, drawn from a population that is known exactly."""
