"""The book as one accessible PDF, by way of Typst; `wavebook.pdf.builder` is the door."""
