"""What the XGBoost image brings along: its two ways of scoring and the libraries scripts import."""
