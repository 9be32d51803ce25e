"""A draft of a mapping: which column of an export answers which question, and how sure that is."""
