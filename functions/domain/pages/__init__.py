"""The pages a person sees: HTML and SVG made of plain values."""
