"""The colours of the pages, for light and for dark: pairs that reach WCAG AA.

Each name is a CSS variable (`--ink`); a name with `-bg` is the ground under its namesake.
"""

LIGHT = {
    "bg": "#f3f5f7", "card": "#ffffff", "ink": "#14202b", "soft": "#4f5d6b", "line": "#d6dde4",
    "accent": "#0a58a6", "accent-bg": "#e6f0fa", "good": "#14653a", "good-bg": "#e3f3e9",
    "bad": "#a3241a", "bad-bg": "#fcebe8", "even": "#754800", "even-bg": "#fcf2da",
    "on-good": "#ffffff", "bar": "#3b82c4", "grid": "#e4e9ee",
}  # fmt: skip
DARK = {
    "bg": "#0c1218", "card": "#141c25", "ink": "#e8eef4", "soft": "#a5b3c1", "line": "#2b3846",
    "accent": "#82bcff", "accent-bg": "#12263b", "good": "#74d99b", "good-bg": "#112c1d",
    "bad": "#ffa197", "bad-bg": "#381714", "even": "#f2c76e", "even-bg": "#30250d",
    "on-good": "#04210f", "bar": "#5aa2e6", "grid": "#222d38",
}  # fmt: skip
