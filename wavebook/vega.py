"""What those who make charts and those who draw them agree on."""

MIME = "application/vnd.vegalite.v6+json"  # of the Vega-Lite that Altair writes
FONT = "'Source Sans 3', sans-serif"  # quoted: a family's name that holds a number is no bare word
